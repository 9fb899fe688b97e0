//! Faults of strategies and manifests.

use super::{Code, more, scenario};

/// A scenario with this strategy beside a group without `replicas`.
fn strategy(strategy: &str) -> String {
    let strategies = format!("start: 2026-11-27T08:00:00Z\nstrategies:\n  calm: {{{strategy}}}\n");
    scenario("40/s", "", "service: 20ms", &strategies)
}

/// A scenario whose group has this under `scaling`.
fn scaling(scaling: &str) -> String {
    scenario("40/s", "", &format!("service: 20ms\n    scaling: {{{scaling}}}"), "")
}

fn cron(window: &str) -> String {
    strategy(&format!("schedule: {{otherwise: 2, cron: [{{{window}, desired_replicas: 9}}]}}"))
}

fn hpa(settings: &str) -> String {
    strategy(&format!("hpa: {{max: 20, metric: {{ready_per_replica: 50}}, {settings}}}"))
}

fn keda(settings: &str) -> String {
    strategy(&format!("keda: {{max: 20, {settings}}}"))
}

fn modifiers(formula: &str) -> String {
    keda(&format!("trigger: {{rabbitmq: {{}}, name: q}}, scaling_modifiers: {{target: 5, formula: {formula}}}"))
}

pub(super) fn strategy_cases() -> Vec<(Code, String)> {
    use Code::*;
    let steps = "replicas: {steps: [[0s, 2], [1h, 4]]}\n    service: 20ms";
    let two = "  others: {from: orders, replicas: 1, service: 1s}\n";
    vec![
        (MissingKey, strategy("metric_age: 30s")),
        (Contradiction, strategy("static: 4, rate: {max: 9}")),
        (UnknownKey, strategy("target_traking: {max: 9}")),
        (UnknownKey, scaling("static: 4, group: workers")),
        (UnknownReference, strategy("static: 4, group: wrokers")),
        (MissingKey, strategy("static: 4").replace("start:", &format!("{two}start:"))),
        (Contradiction, scenario("40/s", "", steps, "strategies:\n  four: {static: 4}\n")),
        (Contradiction, scenario("40/s", "", &format!("{steps}\n    scaling: {{static: 4}}"), "")),
        (Empty, more("strategies: {}\n")),
        (NeverAnyReplica, scaling("static: 0")),
        (TooManySlots, scaling("rate: {max: 100M}")),
        (Contradiction, scaling("rate: {min: 9, max: 3}")),
        (OutOfRange, scaling("rate: {max: 0}")),
        (OutOfRange, scaling("age: {max: 9, target: 0s}")),
        (OutOfRange, scaling("pid: {max: 9, metric: {ready: 100}, proportional: -0.1, integral: -1}")),
        (UnknownChoice, scaling("pid: {max: 9, metric: {ready_per_replica: 100}, proportional: 1}")),
        (NoUnit, scaling("target_tracking: {max: 9, metric: {oldest_age: 30}}")),
        (NoUnit, scaling("target_tracking: {max: 9, metric: {ready: 30}, in_margin: 0.1}")),
        (OutOfRange, scaling("predictive: {max: 9, period: 1ms}")),
        (Contradiction, scaling("predictive: {max: 9, period: 7m, season: 1h}")),
        (NotAscending, scaling("schedule: {steps: [[5m, 2]]}")),
        (MissingKey, scaling("step: {max: 9}")),
        (OutOfRange, scaling("step: {max: 9, scale_out: {threshold: 50, steps: [{adjustment: 1.5}]}}")),
        (
            OutOfRange,
            scaling(
                "step: {max: 9, scale_out: {threshold: 50, adjustment_type: exact_capacity, \
                     steps: [{adjustment: -2}]}}",
            ),
        ),
        (BeyondHorizon, scaling("static: 4, phase: 3h")),
        (
            NotAscending,
            scaling(
                "step: {max: 9, scale_out: {threshold: 50, steps: [{lower_bound: 0, upper_bound: 5, adjustment: 1}, \
                     {lower_bound: 6, adjustment: 2}]}}",
            ),
        ),
        (
            Contradiction,
            scaling(
                "step: {max: 9, scale_out: {threshold: 50, steps: [{lower_bound: 0, adjustment: 1}]}, \
                     scale_in: {threshold: 60, steps: [{upper_bound: 0, adjustment: -1}]}}",
            ),
        ),
    ]
}

pub(super) fn product_cases() -> Vec<(Code, String)> {
    use Code::*;
    let morning = "start: \"0 8 * * *\", end: \"0 18 * * *\"";
    vec![
        (Contradiction, strategy("hpa: {min: 9, max: 3, metric: {ready_per_replica: 50}}")),
        (OutOfRange, strategy("hpa: {max: 9, metric: {ready_per_replica: 0}}")),
        (MissingKey, strategy("hpa: {max: 9}")),
        (UnknownChoice, strategy("hpa: {max: 9, metric: {redy: 5}}")),
        (OutOfRange, hpa("behavior: {scale_down: {stabilization_window: 61m}}")),
        (OutOfRange, hpa("behavior: {scale_up: {policies: [{pods: 4, period: 31m}, {percent: 0, period: 0.5s}]}}")),
        (UnknownChoice, hpa("behavior: {scale_up: {select_policy: Max}}")),
        (UnknownKey, hpa("behaviour: {}")),
        (Contradiction, keda("idle: 0, trigger: {rabbitmq: {}}")),
        (Contradiction, strategy("keda: {min: 200, trigger: {rabbitmq: {}}}")),
        (OutOfRange, keda("trigger: {sqs: {queue_length: 0}}")),
        (OutOfRange, keda("trigger: {rabbitmq: {value: 0}}")),
        (NoUnit, keda("trigger: {rabbitmq: {mode: message_rate, value: 50}}")),
        (MissingKey, keda("trigger: {rabbitmq: {mode: message_rate}}")),
        (UnknownKey, keda("trigger: {redis: {list_length: 5}}")),
        (WrongShape, keda("trigger: {rabbitmq: {exclude_unacknowledged: yes}}")),
        (Contradiction, keda("trigger: {kafka: {limit_to_partitions_with_lag: true, allow_idle_consumers: true}}")),
        (Contradiction, keda("triggers: [{rabbitmq: {}, name: q}, {sqs: {}, name: q}]")),
        (
            Contradiction,
            strategy(
                "keda_job: {trigger: {sqs: {}}, scaling_strategy: \
                                  {custom_scaling_running_job_percentage: 50%}}",
            ),
        ),
        (Expression, modifiers("q + orders")),
        (Expression, modifiers("\"max(q, \"")),
        (Expression, cron("start: 0 8 31 2 *, end: 0 18 * * *, timezone: Europe/Kyiv")),
        (Expression, cron("start: 0 25 * * *, end: daily, timezone: Europe/Kyiv")),
        (UnknownReference, cron("start: */5 8 * * *, end: 0 18 * * *, timezone: Europe/Kyiv")),
        (UnknownZone, cron(&format!("{morning}, timezone: Kyiv"))),
        (UnknownZone, cron(&format!("{morning}, timezone: Europe/Kyjv"))),
        (Contradiction, cron("start: 0 8 * * *, end: 0 8 * * *, timezone: Europe/Kyiv")),
        (NeedsStart, cron(&format!("{morning}, timezone: UTC")).replace("start: 2026-11-27T08:00:00Z\n", "")),
        (BeyondHorizon, cron("start: 0 12 * * *, end: 0 18 * * *, timezone: UTC")),
    ]
}

pub(super) fn manifest_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (Manifest, strategy("manifest: hap.yaml")),
        (Manifest, strategy("manifest: {file: two.yaml, name: order}")),
        (Manifest, strategy("manifest: two.yaml")),
        (UnknownChoice, strategy("manifest: deployment.yaml")),
        (NotModelledYet, strategy("manifest: redis.yaml")),
        (ManifestLeftOut, strategy("manifest: unknown.yaml")),
        (Contradiction, strategy("manifest: faults.yaml")),
    ]
}

const SCALED_OBJECT: &str = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: orders}\nspec:\n  \
                             scaleTargetRef: {name: workers}\n  maxReplicaCount: 30\n  triggers:\n    - type: ";
const RABBITMQ: &str = "rabbitmq\n      metadata: {queueName: orders, value: \"20\", protocol: http}\n";
const HPA: &str = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: workers}\nspec:\n  ";

/// Writes the manifests that the cases name.
pub(super) fn write_files(folder: &std::path::Path) {
    let hpa = format!(
        "{HPA}maxReplicas: 20\n  metrics:\n    - type: External\n      external: {{metric: {{name: ready}}, target: \
         {{type: AverageValue, averageValue: \"50\"}}}}\n"
    );
    let faults = format!(
        "{HPA}minReplicas: 9\n  maxReplicas: 3\n  metrics:\n    - type: External\n      external: {{metric: {{name: \
         ready}}, target: {{type: AverageValue, averageValue: \"0\"}}}}\n  behavior: {{scaleDown: \
         {{stabilizationWindowSeconds: 4000}}}}\n"
    );
    for (name, text) in [
        ("hpa.yaml", hpa.clone()),
        ("two.yaml", format!("{hpa}---\n{SCALED_OBJECT}{RABBITMQ}")),
        ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: workers}\n".to_owned()),
        ("redis.yaml", format!("{SCALED_OBJECT}redis\n      metadata: {{listLength: \"20\"}}\n")),
        ("unknown.yaml", format!("{SCALED_OBJECT}{RABBITMQ}  coolDownPeriod: 60\n  priority: high\n")),
        ("faults.yaml", faults),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}
