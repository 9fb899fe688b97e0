//! KEDA's `ScaledObject` and `ScaledJob`.

use super::hpa::{behavior, controller};
use super::{Builder, Code, Item, is_section};
use crate::model::scaling::{
    DEFAULT_MAX, Fallback, FallbackBehavior, Formula, FormulaError, JobStrategy, MetricType, Modifiers,
    MultipleScalers, Operator, Paused, ScaledJob, ScaledObject, Strategy, Trigger,
};
use crate::scenario::source::Span;

impl Builder<'_> {
    pub(super) fn scaled_object(&mut self, item: &Item) -> Option<Strategy> {
        let default = Operator::default();
        let bounds = self.bounds(item, default.min, Some(DEFAULT_MAX));
        let triggers = self.triggers(item);
        let idle = self.idle(item, default.min);
        let modifiers = match item.field("scaling_modifiers") {
            None => Some(None),
            Some(given) => self.modifiers(given, triggers.as_deref()).map(Some),
        };
        let fallback = item.field("fallback").map_or(Some(None), |given| fallback(given).map(Some));
        let at_replicas = item.maybe("paused_replicas")?.map(|replicas| replicas as u32);
        let bounds = bounds?;
        let operator = Operator {
            polling_interval_s: item.or("polling_interval", default.polling_interval_s)?,
            cooldown_s: item.or("cooldown_period", default.cooldown_s)?,
            initial_cooldown_s: item.or("initial_cooldown_period", default.initial_cooldown_s)?,
            min: bounds.min,
            idle: idle?,
            paused: Paused {
                all: item.flag_or("paused", false)? || at_replicas.is_some(),
                at_replicas,
                scale_in: item.flag_or("paused_scale_in", false)?,
                scale_out: item.flag_or("paused_scale_out", false)?,
            },
            force_activation: item.flag_or("force_activation", default.force_activation)?,
        };
        Some(Strategy::Keda(ScaledObject {
            operator,
            max: bounds.max,
            modifiers: modifiers?,
            fallback: fallback?,
            behavior: behavior(item)?,
            controller: controller(item)?,
            ..ScaledObject::new(triggers?)
        }))
    }

    /// The size while nothing is active: below the minimum.
    fn idle(&mut self, item: &Item, default_min: u32) -> Option<Option<u32>> {
        let (idle, min) = (item.maybe("idle")?, item.or("min", f64::from(default_min))?);
        if let (Some(at), Some(idle)) = (item.field("idle"), idle)
            && idle >= min
        {
            let message = format!("the idle size {idle} is not below the minimum, which is {min}");
            self.fault(Code::Contradiction, at, message).help =
                Some("KEDA wants `idle` below `min`, and only 0 works: write `idle: 0` and a `min` above".to_owned());
            return None;
        }
        Some(idle.map(|idle| idle as u32))
    }

    /// The triggers under either key; their names are unique.
    fn triggers(&mut self, item: &Item) -> Option<Vec<Trigger>> {
        let given: Vec<&Item> = match (item.field("trigger"), item.field("triggers")) {
            (Some(one), _) => vec![one],
            (None, several) => several?.list()?.iter().collect(),
        };
        let built: Vec<Option<Trigger>> =
            given.iter().enumerate().map(|(position, item)| self.trigger(item, position)).collect();
        let triggers: Vec<Trigger> = built.into_iter().collect::<Option<_>>()?;
        for (k, trigger) in triggers.iter().enumerate() {
            if triggers[..k].iter().any(|other| other.name == trigger.name) {
                let at = given[k].field("name").unwrap_or(given[k]);
                let message = format!("two triggers are named `{}`", trigger.name);
                self.fault(Code::Contradiction, at, message).help = Some("formulas go by these names".to_owned());
            }
        }
        Some(triggers)
    }

    fn modifiers(&mut self, item: &Item, triggers: Option<&[Trigger]>) -> Option<Modifiers> {
        if !is_section(item) {
            return None;
        }
        let names: Vec<&str> = triggers?.iter().map(|trigger| trigger.name.as_str()).collect();
        let written = item.field("formula")?;
        let text = written.text()?;
        let formula = match Formula::parse(text, &names) {
            Ok(formula) => Some(formula),
            Err(error) => {
                let span = place_of(&error, text, written.span);
                let known: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let help = format!(
                    "arithmetic, comparisons, `? :`, `??`, min, max, sum, mean, count, abs, ceil, floor and round over \
                     {}",
                    known.join(", ")
                );
                self.collector.add(Code::Expression, span, &written.path, error.to_string()).help = Some(help);
                None
            }
        };
        Some(Modifiers {
            formula: formula?,
            target: item.needed("target")?,
            activation_target: item.or("activation_target", 0.0)?,
            metric_type: metric_type(item)?,
        })
    }

    pub(super) fn scaled_job(&mut self, item: &Item) -> Option<Strategy> {
        let triggers = self.triggers(item);
        let default = ScaledJob::new(Vec::new());
        let bounds = self.bounds(item, default.min, Some(default.max));
        let strategy = match item.field("scaling_strategy") {
            None => Some((default.strategy, default.multiple)),
            Some(given) => self.job_strategy(given),
        };
        let (bounds, (strategy, multiple)) = (bounds?, strategy?);
        Some(Strategy::KedaJob(ScaledJob {
            polling_interval_s: item.or("polling_interval", default.polling_interval_s)?,
            min: bounds.min,
            max: bounds.max,
            triggers: triggers?,
            strategy,
            multiple,
        }))
    }

    fn job_strategy(&mut self, item: &Item) -> Option<(JobStrategy, MultipleScalers)> {
        if !is_section(item) {
            return None;
        }
        let word = item.field("strategy").map_or(Some("default"), Item::text)?;
        let keys = ["custom_scaling_queue_length_deduction", "custom_scaling_running_job_percentage"];
        if let (true, Some(at)) = (word != "custom", keys.iter().find_map(|key| item.field(key))) {
            let message = "this belongs to `strategy: custom` alone";
            self.fault(Code::Contradiction, at, message).help =
                Some("write `strategy: custom`, or leave it out".to_owned());
        }
        let strategy = match word {
            "custom" => {
                JobStrategy::Custom { deduction: item.or(keys[0], 0.0)? as i64, running_share: item.maybe(keys[1])? }
            }
            "accurate" => JobStrategy::Accurate,
            "eager" => JobStrategy::Eager,
            _ => JobStrategy::Default,
        };
        let multiple = item.word_or("multiple_scalers_calculation", MultipleScalers::default(), |word| match word {
            "min" => MultipleScalers::Min,
            "avg" => MultipleScalers::Avg,
            "sum" => MultipleScalers::Sum,
            _ => MultipleScalers::Max,
        });
        Some((strategy, multiple?))
    }
}

fn fallback(item: &Item) -> Option<Fallback> {
    let (failures, replicas) = (item.needed("failure_threshold")?, item.needed("replicas")?);
    let behavior = item.word_or("behavior", FallbackBehavior::default(), |word| match word {
        "current_replicas" => FallbackBehavior::CurrentReplicas,
        "current_replicas_if_higher" => FallbackBehavior::CurrentReplicasIfHigher,
        "current_replicas_if_lower" => FallbackBehavior::CurrentReplicasIfLower,
        "scaling_modifiers" => FallbackBehavior::ScalingModifiers,
        _ => FallbackBehavior::Static,
    });
    Some(Fallback { failure_threshold: failures as u32, replicas: replicas as u32, behavior: behavior? })
}

pub(super) fn metric_type(item: &Item) -> Option<MetricType> {
    item.word_or("metric_type", MetricType::default(), |word| match word {
        "value" => MetricType::Value,
        _ => MetricType::AverageValue,
    })
}

/// The character of a formula that an error speaks of, where the text stands as it was written.
fn place_of(error: &FormulaError, text: &str, whole: Span) -> Span {
    let length = (whole.end - whole.start) as usize;
    let quote = match length.checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) => 1,
        // Escapes and folded lines move characters.
        _ => return whole,
    };
    let Some((at, sign)) = text.char_indices().nth(error.at.saturating_sub(1)) else { return whole };
    let start = whole.start + quote + at as u32;
    Span { start, end: start + sign.len_utf8() as u32, ..whole }
}
