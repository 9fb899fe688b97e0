//! Replicas over time beside the constant answer: rows of the table, their JSON, the title of their chart.
//!
//! Not here: how schedules come about (`study::staffing`).

use serde_json::{Value, json};

use super::super::json::plain;
use super::super::number::{count, plural, share};
use super::super::table::{Grid, paragraph};
use super::words;
use crate::measure::{Figure, KeptShare};
use crate::model::Replicas;
use crate::study::Plan;
use crate::study::plan::{Candidate, PlanAnswer};
use crate::study::staffing::{DelayRange, Staffing, StaffingOutcome, StaffingRule};

/// The constant answer.
fn constant(plan: &Plan) -> Option<&Candidate> {
    match plan.answer {
        PlanAnswer::Chosen { candidate, .. } | PlanAnswer::Bracket { candidate, .. } => plan.candidates.get(candidate),
        PlanAnswer::Infeasible { .. } => None,
    }
}

/// Lines of the table; none where there is nothing over time.
pub(super) fn lines(plan: &Plan, width: usize) -> Vec<String> {
    let (Some(staffing), Some(constant)) = (&plan.staffing, constant(plan)) else { return Vec::new() };
    let mut lines = vec![String::new()];
    lines.extend(paragraph(&format!("{}.", title(plan, staffing)), 2, width));
    lines.extend(grid(plan, staffing, constant).lines(width));
    if staffing.outcomes.iter().any(|one| one.hands_back_instead) {
        let other = "  * if replicas that leave handed their work back (shutdown: requeue), which is not what this \
                     scenario says: the law of replicas that finish it is not known exactly.";
        lines.extend(paragraph(other, 4, width));
    }
    let settings = &staffing.autoscaler;
    lines.extend(paragraph(
        &format!(
            "Staffed for {}. As settings of an autoscaler: {} to {} replicas, {} messages per replica ({}); the \
             schedule as a strategy and as cron triggers stands in plan.json.",
            staffing.target_from,
            settings.min_replicas,
            settings.max_replicas,
            count(settings.backlog_per_replica),
            settings.backlog_per_replica_from
        ),
        2,
        width,
    ));
    lines
}

fn grid(plan: &Plan, staffing: &Staffing, constant: &Candidate) -> Grid {
    let mut grid = Grid::new(2).flexible(0).right_from(1);
    let has_cost = constant.figure(Figure::Cost).value.is_some();
    let currency = words::currency(plan).unwrap_or_default();
    let mut row = |cells: [String; 5], cost: String| {
        let [name, mean, hours, kept, waits] = cells;
        let cost = if has_cost { vec![cost] } else { Vec::new() };
        grid.row([vec![name, mean, hours], cost, vec![kept, waits]].concat());
    };
    row(["replicas", "mean", "hours", "kept in", "waits at all"].map(str::to_owned), "cost".to_owned());
    let hours = plan.model.horizon_s / 3600.0;
    let measured_h = (plan.model.horizon_s - plan.model.warmup_s) / 3600.0;
    let paid = |figure: Figure| constant.figure(figure).value.map(|value| value * hours / measured_h);
    let kept = |kept: Option<KeptShare>| kept.map_or_else(|| "-".to_owned(), with_interval);
    row(
        [
            "constant".to_owned(),
            paid(Figure::ReplicaHours).map_or_else(String::new, |value| count(value / hours)),
            paid(Figure::ReplicaHours).map_or_else(String::new, count),
            kept(constant.kept),
            waits(plan.constant_delays.as_ref()),
        ],
        paid(Figure::Cost).map_or_else(String::new, |amount| words::amount(amount, currency)),
    );
    for one in &staffing.outcomes {
        row(
            [
                // The table is narrow, and its heading has said whose rule it is.
                one.rule.name().trim_end_matches(" (MOL)").to_owned(),
                count(one.mean_replicas),
                count(one.replica_hours),
                kept(one.kept),
                format!("{}{}", waits(one.delay_probability.as_ref()), if one.hands_back_instead { "*" } else { "" }),
            ],
            one.cost.map_or_else(|| "-".to_owned(), |amount| words::amount(amount, currency)),
        );
    }
    grid
}

/// `60 % (36.1 to 80.9 %)`.
fn with_interval(kept: KeptShare) -> String {
    format!("{} ({})", share(kept.share()), interval(kept))
}

fn interval(kept: KeptShare) -> String {
    format!("{} to {}", share(kept.low).trim_end_matches(" %"), share(kept.high))
}

/// `2 to 11 %` over the day.
fn waits(range: Option<&DelayRange>) -> String {
    range.map_or_else(
        || "-".to_owned(),
        |range| format!("{} to {}", share(range.min).trim_end_matches(" %"), share(range.max)),
    )
}

/// The finding: what a schedule saves, where its runs keep the promises as often as is demanded; otherwise how often
/// they do.
pub(in crate::report) fn title(plan: &Plan, staffing: &Staffing) -> String {
    let by = |rule: StaffingRule| staffing.outcomes.iter().find(|one| one.rule == rule);
    let constant = constant(plan).map_or_else(String::new, |one| words::name(plan, one));
    let Some(load) = by(StaffingRule::OfferedLoad) else { return "Replicas over time".to_owned() };
    if let [(_, only)] = steps(load)[..] {
        let replicas = plural(f64::from(only), "replica");
        return format!("The offered load asks for {replicas} all the time: a schedule has nothing to add");
    }
    let schedule = format!("Over time {} replicas on average (offered load)", count(load.mean_replicas));
    claim(&schedule, &constant, load.kept, plan.confidence)
}

fn claim(schedule: &str, constant: &str, kept: Option<KeptShare>, demanded: f64) -> String {
    let Some(kept) = kept else { return format!("{schedule}: no run could tell whether they keep the promises") };
    let (in_share, runs, interval) = (share(kept.share()), kept.runs, interval(kept));
    if kept.share() < demanded {
        let demanded = share(demanded);
        format!("{schedule} keep the promises in only {in_share} of {runs} runs ({interval}), not in {demanded}")
    } else {
        format!("{schedule} do what {constant} do: promises kept in {in_share} of {runs} runs ({interval})")
    }
}

/// Steps of a schedule.
pub(in crate::report) fn steps(one: &StaffingOutcome) -> Vec<(f64, u32)> {
    match &one.schedule {
        Replicas::Fixed(replicas) => vec![(0.0, *replicas)],
        Replicas::Steps(steps) => steps.clone(),
    }
}

/// Everything; `null` where there is nothing over time.
pub(super) fn json(plan: &Plan) -> Value {
    let Some(staffing) = &plan.staffing else { return Value::Null };
    let range = |range: Option<&DelayRange>| {
        range.map_or(Value::Null, |range| {
            json!({ "min": range.min, "min_at_s": range.min_at_s, "max": range.max, "max_at_s": range.max_at_s,
                    "mean": range.mean })
        })
    };
    let one = |one: &StaffingOutcome| {
        let slos = one.slos.iter().map(|verdict| (verdict.name.clone(), plain(verdict)));
        json!({
            "rule": one.rule.name(),
            "mean_replicas": one.mean_replicas,
            "replica_hours": one.replica_hours,
            "cost": one.cost,
            "kept": one.kept.map(|kept| json!({ "value": kept.share(), "low": kept.low, "high": kept.high })),
            "delay_probability": range(one.delay_probability.as_ref()),
            "delay_why_not": one.transient.why_not,
            "delay_if_shutdown": one.hands_back_instead.then_some("requeue"),
            "steps": steps(one).into_iter().map(|(at_s, replicas)| json!([at_s, replicas])).collect::<Vec<_>>(),
            "slo": Value::Object(slos.collect()),
        })
    };
    let settings = &staffing.autoscaler;
    json!({
        "target": staffing.target_from,
        "interval_s": staffing.interval_s,
        "constant_delay_probability": range(plan.constant_delays.as_ref()),
        "schedules": staffing.outcomes.iter().map(one).collect::<Vec<_>>(),
        "autoscaler": {
            "min_replicas": settings.min_replicas,
            "max_replicas": settings.max_replicas,
            "backlog_per_replica": settings.backlog_per_replica,
            "backlog_per_replica_from": settings.backlog_per_replica_from,
            "strategy_yaml": settings.strategy_yaml,
            "keda_cron": settings.keda_cron,
            "why_no_cron": settings.why_no_cron,
        },
        "notes": staffing.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_does_what_the_constant_does_only_where_its_runs_say_so() {
        let said = |kept| claim("Over time 113 replicas on average", "128 replicas", kept, 0.95);
        assert_eq!(
            said(Some(KeptShare::new(12, 20))),
            "Over time 113 replicas on average keep the promises in only 60 % of 20 runs (36.1 to 80.9 %), not in 95 %"
        );
        let kept = said(Some(KeptShare::new(20, 20)));
        assert!(kept.contains("do what 128 replicas do") && kept.ends_with("(83.2 to 100 %)"), "{kept}");
        assert!(said(None).ends_with("no run could tell whether they keep the promises"));
    }
}
