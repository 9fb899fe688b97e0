//! Every hpa and keda strategy of a scenario as manifests, and what of it they cannot say.
//!
//! Not here: the text of one manifest (`write`), and printing.

use thiserror::Error;

use super::super::suggest;
use super::write::{dns_name, write};
use crate::model::scaling::{
    Behavior, Hpa, HpaController, MetricTarget, Phase, ScaledJob, ScaledObject, Strategy, Trigger, TriggerSource,
};
use crate::model::{Model, Scaling};

/// Manifests of a scenario's strategies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The manifests, with `---` between them.
    pub text: String,
    /// What they cannot say, and what is left to fill in or to choose; one sentence each.
    pub remarks: Vec<String>,
}

/// Why there is no manifest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NothingToExport {
    /// The scenario has no strategy at all.
    #[error("{0} has no strategies: write some under `strategies`, or one under `scaling` of a consumer group")]
    NoStrategy(String),
    /// None of its strategies has a manifest.
    #[error("no strategy of {0} has a manifest: only `hpa`, `keda` and `keda_job` strategies do")]
    NoManifest(String),
    /// There is no strategy of this name.
    #[error("there is no strategy {name}: {help}")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all of them.
        help: String,
    },
}

/// Something that scales a group, under the name that it goes by.
struct Candidate<'m> {
    name: &'m str,
    group: &'m str,
    scaling: &'m Scaling,
}

/// The manifests of all strategies of a model, or of the one with this name: that of a named strategy, or that of a
/// group with its own. A strategy scales the deployment named as its group.
///
/// # Errors
/// When there is nothing that could be a manifest.
pub fn export(model: &Model, only: Option<&str>) -> Result<Exported, NothingToExport> {
    let all = candidates(model);
    if all.is_empty() {
        return Err(NothingToExport::NoStrategy(model.name.clone()));
    }
    let chosen: Vec<&Candidate<'_>> = all.iter().filter(|one| only.is_none_or(|name| one.name == name)).collect();
    if let (true, Some(name)) = (chosen.is_empty(), only) {
        let names: Vec<&str> = all.iter().map(|one| one.name).collect();
        let help = suggest::did_you_mean(name, &names).unwrap_or_else(|| "look under `strategies`".to_owned());
        return Err(NothingToExport::Unknown { name: name.to_owned(), help });
    }
    let mut documents = Vec::new();
    let mut remarks = Vec::new();
    let mut written: Vec<&Candidate<'_>> = Vec::new();
    for one in chosen {
        let Some(text) = write(one.name, one.group, &one.scaling.strategy) else {
            remarks.push(format!("{}: a `{}` strategy has no manifest", one.name, one.scaling.strategy.name()));
            continue;
        };
        remarks.extend(unsaid(one.scaling).into_iter().map(|what| format!("{}: {what}", one.name)));
        remarks.extend(clash(&written, one));
        written.push(one);
        documents.push(text);
    }
    if documents.is_empty() {
        return Err(NothingToExport::NoManifest(model.name.clone()));
    }
    let text = documents.join("---\n");
    if text.contains("FILL-IN") {
        remarks.push("whom to connect to is not part of a scenario: fill it in where it says FILL-IN".to_owned());
    }
    Ok(Exported { text, remarks })
}

fn candidates(model: &Model) -> Vec<Candidate<'_>> {
    let named = model.strategies.iter().map(|strategy| Candidate {
        name: &strategy.name,
        group: &model.groups[strategy.group].name,
        scaling: &strategy.scaling,
    });
    let mut all: Vec<Candidate<'_>> = named.collect();
    for (id, group) in model.groups.iter().enumerate() {
        // A group that runs under one of its named strategies has no other one.
        let named = |scaling: &Scaling| {
            model.strategies.iter().any(|strategy| strategy.group == id && strategy.scaling == *scaling)
        };
        if let Some(scaling) = group.scaling.as_ref().filter(|scaling| !named(scaling)) {
            all.push(Candidate { name: &group.name, group: &group.name, scaling });
        }
    }
    all
}

/// Two manifests that cannot be applied beside one another.
fn clash(written: &[&Candidate<'_>], one: &Candidate<'_>) -> Option<String> {
    if let Some(other) = written.iter().find(|other| other.group == one.group) {
        return Some(format!("{} and {} scale the same deployment: apply one of them", other.name, one.name));
    }
    let same = written.iter().find(|other| dns_name(other.name) == dns_name(one.name))?;
    Some(format!("{} and {} get the same name in a cluster: rename one of them", same.name, one.name))
}

/// What a manifest cannot say about a strategy.
fn unsaid(scaling: &Scaling) -> Vec<String> {
    let default = Scaling::new(scaling.strategy.clone());
    let delays = [
        ("metric_age", scaling.metric_age_s != default.metric_age_s),
        ("sampling", scaling.sampling_s != default.sampling_s),
        ("phase", scaling.phase != Phase::Random),
    ];
    let set: Vec<&str> = delays.iter().filter(|(_, set)| *set).map(|(key, _)| *key).collect();
    let mut unsaid = Vec::new();
    if !set.is_empty() {
        unsaid.push(format!("not part of a manifest but of the cluster: {}", set.join(", ")));
    }
    match &scaling.strategy {
        Strategy::Hpa(hpa) => of_hpa(hpa, &mut unsaid),
        Strategy::Keda(keda) => of_scaled_object(keda, &mut unsaid),
        Strategy::KedaJob(jobs) => of_scaled_job(jobs, &mut unsaid),
        _ => {}
    }
    unsaid
}

fn of_hpa(hpa: &Hpa, unsaid: &mut Vec<String>) {
    of_controller(&hpa.rules.controller, unsaid);
    if hpa.rules.min == 0 {
        unsaid.push("`minReplicas: 0` needs the feature gate HPAScaleToZero".to_owned());
    }
    for metric in &hpa.metrics {
        let (MetricTarget::Value(target) | MetricTarget::AverageValue(target) | MetricTarget::PodsAverage(target)) =
            metric.target;
        in_thousandths(&metric.name, target, unsaid);
    }
    of_behavior(hpa.rules.behavior.as_ref(), unsaid);
}

fn of_scaled_object(keda: &ScaledObject, unsaid: &mut Vec<String>) {
    of_controller(&keda.controller, unsaid);
    whole("pollingInterval", keda.operator.polling_interval_s, unsaid);
    whole("cooldownPeriod", keda.operator.cooldown_s, unsaid);
    whole("initialCooldownPeriod", keda.operator.initial_cooldown_s, unsaid);
    of_behavior(keda.behavior.as_ref(), unsaid);
    if let Some(modifiers) = &keda.modifiers {
        in_thousandths("target", modifiers.target, unsaid);
        in_thousandths("activationTarget", modifiers.activation_target, unsaid);
    }
    of_triggers(&keda.triggers, unsaid);
}

fn of_scaled_job(jobs: &ScaledJob, unsaid: &mut Vec<String>) {
    whole("pollingInterval", jobs.polling_interval_s, unsaid);
    of_triggers(&jobs.triggers, unsaid);
}

fn of_controller(controller: &HpaController, unsaid: &mut Vec<String>) {
    if *controller != HpaController::default() {
        unsaid.push("flags of the controller manager hold for the whole cluster: a comment names them".to_owned());
    }
}

fn of_behavior(behavior: Option<&Behavior>, unsaid: &mut Vec<String>) {
    for rules in behavior.into_iter().flat_map(|behavior| [&behavior.up, &behavior.down]) {
        if let Some(window_s) = rules.window_s {
            whole("stabilizationWindowSeconds", window_s, unsaid);
        }
        for policy in &rules.policies {
            whole("periodSeconds", policy.period_s, unsaid);
        }
        if let Some(tolerance) = rules.tolerance {
            unsaid.push(format!("`tolerance: {tolerance}` needs the feature gate HPAConfigurableTolerance"));
        }
    }
}

fn of_triggers(triggers: &[Trigger], unsaid: &mut Vec<String>) {
    for trigger in triggers {
        let (target, activation) = match &trigger.source {
            TriggerSource::RabbitMq(rabbit) => (rabbit.value, rabbit.activation),
            TriggerSource::Sqs(sqs) => (sqs.queue_length, sqs.activation),
            TriggerSource::Prometheus(prometheus) => {
                let name = &trigger.name;
                unsaid.push(format!("the query of `{name}` is a placeholder: write the one that shows the queue"));
                (prometheus.threshold, prometheus.activation)
            }
            TriggerSource::Kafka(_) | TriggerSource::Cron(_) => continue,
        };
        in_thousandths(&trigger.name, target, unsaid);
        in_thousandths(&trigger.name, activation, unsaid);
    }
}

fn whole(field: &str, seconds: f64, unsaid: &mut Vec<String>) {
    if seconds.fract() != 0.0 {
        unsaid.push(format!("`{field}` is a whole number of seconds: {seconds} is rounded up"));
    }
}

fn in_thousandths(field: &str, value: f64, unsaid: &mut Vec<String>) {
    let thousandths = value * 1000.0;
    if (thousandths - thousandths.round()).abs() > 1e-6 * thousandths.abs() {
        unsaid.push(format!("quantities have three decimals: {value} of `{field}` is rounded"));
    }
}
