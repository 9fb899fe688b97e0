//! Tests of `scenario::manifest`: what people apply to clusters is read, what is written is read back.

use super::*;
use crate::model::scaling::{
    Behavior, Cron, CronWindow, DirectionRules, Fallback, FallbackBehavior, Formula, Hpa, HpaController, HpaMetric,
    HpaRules, JobStrategy, Kafka, MetricTarget, MetricType, Modifiers, MultipleScalers, Operator, Paused, Policy,
    PolicyAmount, Prometheus, RabbitMode, RabbitMq, RabbitProtocol, ScaledJob, ScaledObject, SelectPolicy, Sqs,
    Trigger, TriggerSource,
};
use crate::scenario::Severity;

const FILE: &str = r#"# what a team applies
apiVersion: apps/v1
kind: Deployment
metadata: {name: workers}
spec: {replicas: 3}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: workers
  labels: {team: checkout}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: workers}
  minReplicas: 2
  maxReplicas: 20
  metrics:
    - type: External
      external:
        metric: {name: rabbitmq_queue_messages_ready, selector: {matchLabels: {queue: orders}}}
        target: {type: AverageValue, averageValue: "50"}
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 60
      policies:
        - {type: Percent, value: 10, periodSeconds: 60}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: orders
  annotations:
    autoscaling.keda.sh/paused-scale-in: "true"
spec:
  scaleTargetRef:
    name: workers
  cooldownPeriod: 30
  maxReplicaCount: 30
  advanced:
    restoreToOriginalReplicaCount: true
    horizontalPodAutoscalerConfig:
      behaviour: {}
  triggers:
    - type: rabbitmq
      metadata:
        host: http://guest:guest@rabbit:15672/
        queueName: orders
        queueLength: "20"
        activationValue: "5"
      authenticationRef: {name: rabbit}
"#;

fn read_text(text: &str) -> Result<Manifests, Faults> {
    read(&Source::from_text("m.yaml", text))
}

fn faults(text: &str) -> Vec<Fault> {
    read_text(text).unwrap_err().0
}

#[test]
fn what_a_team_applies_is_read_as_it_is() {
    let manifests = read_text(FILE).unwrap();
    let names: Vec<(&str, Option<&str>)> =
        manifests.scalers.iter().map(|scaler| (scaler.name.as_str(), scaler.target.as_deref())).collect();
    assert_eq!(names, [("workers", Some("workers")), ("orders", Some("workers"))]);
    let down = DirectionRules {
        window_s: Some(60.0),
        policies: vec![Policy { amount: PolicyAmount::Percent(10), period_s: 60.0 }],
        ..DirectionRules::default_down()
    };
    let expected = Hpa {
        rules: HpaRules { behavior: Some(Behavior { down, ..Behavior::default() }), ..HpaRules::new(2, 20) },
        metrics: vec![HpaMetric {
            name: "rabbitmq_queue_messages_ready".to_owned(),
            signal: Signal::Ready,
            target: MetricTarget::AverageValue(50.0),
        }],
    };
    assert_eq!(manifests.scalers[0].strategy, Strategy::Hpa(expected));
    let Strategy::Keda(keda) = &manifests.scalers[1].strategy else { panic!("a ScaledObject") };
    let rabbit = RabbitMq { value: 20.0, activation: 5.0, ..RabbitMq::default() };
    let mut expected = ScaledObject::new(vec![Trigger::new("trigger1", TriggerSource::RabbitMq(rabbit))]);
    expected.max = 30;
    expected.operator.cooldown_s = 30.0;
    expected.operator.paused.scale_in = true;
    assert_eq!(*keda, expected);
}

#[test]
fn what_is_left_out_is_named_with_its_line() {
    let warnings = read_text(FILE).unwrap().warnings;
    let told: Vec<(usize, &str)> = warnings
        .iter()
        .map(|warning| (warning.place.as_ref().and_then(|place| place.line).unwrap(), warning.message.as_str()))
        .collect();
    assert!(warnings.iter().all(|warning| warning.severity == Severity::Warning));
    assert_eq!(
        told,
        [
            (2, "`Deployment` is no scaler: left out"),
            (21, "a resource metric is left out"),
            (43, "`behaviour` is not known and left out")
        ]
    );
    assert_eq!(warnings[2].help.as_deref(), Some("did you mean `behavior`?"));
}

#[test]
fn a_list_as_kubectl_writes_it_is_read() {
    let indented = FILE.split("---\n").nth(1).unwrap().replace('\n', "\n    ");
    let list = format!("apiVersion: v1\nkind: List\nitems:\n  -\n    {indented}\n");
    assert_eq!(read_text(&list).unwrap().scalers.len(), 1);
}

#[test]
fn all_faults_come_at_once_with_line_and_help() {
    let text = FILE
        .replace("maxReplicas: 20", "maxReplicas: 1")
        .replace("averageValue: \"50\"", "averageValue: \"0\"")
        .replace("stabilizationWindowSeconds: 60", "stabilizationWindowSeconds: 9999")
        .replace("value: 10, periodSeconds: 60", "value: 10, periodSeconds: 9999")
        .replace("- type: rabbitmq", "- type: rabitmq");
    let faults: Vec<Fault> = faults(&text).into_iter().filter(Fault::is_error).collect();
    let told: Vec<(usize, Code)> =
        faults.iter().map(|fault| (fault.place.as_ref().and_then(|place| place.line).unwrap(), fault.code)).collect();
    assert_eq!(
        told,
        [
            (15, Code::Contradiction),
            (20, Code::OutOfRange),
            (25, Code::OutOfRange),
            (27, Code::OutOfRange),
            (45, Code::NotModelledYet),
        ],
        "{faults:#?}"
    );
    assert!(faults.iter().all(|fault| fault.help.is_some()));
    assert!(faults[4].help.as_ref().unwrap().contains("did you mean `rabbitmq`?"));
}

#[test]
fn a_file_without_a_scaler_is_a_fault() {
    for text in ["", "---\n", "apiVersion: apps/v1\nkind: Deployment\n"] {
        let faults = faults(text);
        assert!(faults[0].message.contains("no HorizontalPodAutoscaler"), "{faults:?}");
        assert_eq!(faults[0].place.as_ref().unwrap().file, "m.yaml");
    }
    assert_eq!(faults("a: [")[0].code, Code::Syntax);
    assert_eq!(faults("- a\n")[0].code, Code::WrongShape);
    let old = "apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nspec: {maxReplicas: 3}\n";
    assert_eq!(faults(old)[0].code, Code::UnknownVersion);
}

#[test]
fn a_cron_that_never_fires_and_an_unknown_zone_are_faults() {
    let text = "apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: a}
spec:
  triggers:
  - type: cron
    metadata: {timezone: Europe/Kiew, start: 0 8 31 2 *, end: 0 9 * * *, desiredReplicas: \"3\"}
";
    let faults = faults(text);
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].message.contains("no time zone") && faults[1].message.contains("never fires"), "{faults:?}");
}

#[test]
fn names_tell_what_a_metric_shows() {
    for (name, signal) in [
        ("rabbitmq_queue_messages_ready", Signal::Ready),
        ("rabbitmq_queue_messages_unacked", Signal::Unacked),
        ("rabbitmq_queue_messages", Signal::Depth),
        ("pubsub.googleapis.com|subscription|num_undelivered_messages", Signal::Depth),
        ("pubsub.googleapis.com|subscription|oldest_unacked_message_age", Signal::Unacked),
        ("ApproximateNumberOfMessagesVisible", Signal::Ready),
        ("ApproximateAgeOfOldestMessage", Signal::OldestAge),
        ("kafka_consumergroup_lag", Signal::Depth),
        ("sum(rate(rabbitmq_global_messages_delivered_total[1m]))", Signal::DeliverRate),
    ] {
        assert_eq!(signal_of(name), Some(signal), "{name}");
    }
    assert_eq!(signal_of("http_requests"), None);
}

fn behavior() -> Behavior {
    let rules = |select, tolerance| DirectionRules {
        window_s: Some(45.0),
        policies: vec![
            Policy { amount: PolicyAmount::Pods(3), period_s: 30.0 },
            Policy { amount: PolicyAmount::Percent(50), period_s: 60.0 },
        ],
        select,
        tolerance,
    };
    Behavior { up: rules(SelectPolicy::Min, Some(0.01)), down: rules(SelectPolicy::Disabled, None) }
}

fn hpa() -> Hpa {
    let metric = |name: &str, signal, target| HpaMetric { name: name.to_owned(), signal, target };
    Hpa {
        rules: HpaRules { behavior: Some(behavior()), ..HpaRules::new(0, 40) },
        metrics: vec![
            metric("queue_messages_ready", Signal::Ready, MetricTarget::AverageValue(2.5)),
            metric("queue_publish_rate", Signal::PublishRate, MetricTarget::Value(100.0)),
            metric("consumer_utilization", Signal::Utilization, MetricTarget::PodsAverage(0.75)),
        ],
    }
}

fn triggers() -> Vec<Trigger> {
    let window = CronWindow {
        start: Cron::parse("0 8 * * 1-5").unwrap(),
        end: Cron::parse("0 20 * * 1-5").unwrap(),
        timezone: jiff::tz::TimeZone::get("Europe/Kyiv").unwrap(),
        desired: 10,
    };
    let rabbit = RabbitMq {
        mode: RabbitMode::MessageRate,
        value: 12.5,
        activation: 1.0,
        protocol: RabbitProtocol::Amqp,
        exclude_unacknowledged: true,
    };
    let kafka = Kafka { lag_threshold: 1000, limit_to_partitions_with_lag: true, ..Kafka::default() };
    let prometheus =
        Prometheus { signal: Signal::OldestAge, threshold: 30.0, activation: 2.0, ignore_null_values: false };
    vec![
        Trigger {
            metric_type: MetricType::Value,
            use_cached_metrics: true,
            ..Trigger::new("rate", TriggerSource::RabbitMq(rabbit))
        },
        Trigger::new("lag", TriggerSource::Kafka(kafka)),
        Trigger::new("sqs", TriggerSource::Sqs(Sqs { scale_on_delayed: true, ..Sqs::default() })),
        Trigger::new("age", TriggerSource::Prometheus(prometheus)),
        Trigger::new("office", TriggerSource::Cron(window)),
    ]
}

fn written() -> Vec<Strategy> {
    let plain = ScaledObject::new(triggers());
    let formula = Formula::parse("rate > 3 ? lag + 1 : sqs", &["rate", "lag", "sqs", "age", "office"]).unwrap();
    let full = ScaledObject {
        operator: Operator {
            min: 2,
            idle: Some(0),
            cooldown_s: 31.0,
            paused: Paused { all: true, at_replicas: Some(4), scale_in: true, scale_out: true },
            force_activation: true,
            ..Operator::default()
        },
        modifiers: Some(Modifiers { formula, target: 7.5, activation_target: 1.0, metric_type: MetricType::Value }),
        fallback: Some(Fallback { failure_threshold: 3, replicas: 6, behavior: FallbackBehavior::CurrentReplicas }),
        behavior: Some(behavior()),
        ..plain.clone()
    };
    let custom = JobStrategy::Custom { deduction: -2, running_share: Some(0.5) };
    let jobs = |strategy, multiple| ScaledJob { min: 1, max: 9, strategy, multiple, ..ScaledJob::new(triggers()) };
    vec![
        Strategy::Hpa(hpa()),
        Strategy::Keda(plain),
        Strategy::Keda(full),
        Strategy::KedaJob(jobs(custom, MultipleScalers::Sum)),
        Strategy::KedaJob(jobs(JobStrategy::Eager, MultipleScalers::Min)),
    ]
}

#[test]
fn what_is_written_is_read_back_without_a_warning() {
    for strategy in written() {
        let text = write("Flash_Sale", "workers", &strategy).unwrap();
        let manifests = read_text(&text).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        assert_eq!(manifests.warnings, [], "{text}");
        assert_eq!(manifests.scalers[0].name, "flash-sale");
        assert_eq!(manifests.scalers[0].strategy, strategy, "{text}");
    }
    assert_eq!(write("a", "b", &Strategy::Static(3)), None);
}

#[test]
fn flags_of_the_cluster_stand_in_a_comment() {
    let mut hpa = hpa();
    hpa.rules.controller = HpaController { tolerance: 0.02, ..HpaController::default() };
    let text = write("a", "b", &Strategy::Hpa(hpa)).unwrap();
    assert!(text.contains("# --horizontal-pod-autoscaler-tolerance=0.02"), "{text}");
}

/// A scenario with every hpa and keda setting that a manifest can say.
const SCENARIO: &str = r#"
name: round
horizon: 1h
start: 2026-11-27T00:00:00Z
producers: {p: {to: orders, rate: 40/s}}
queues: {orders: {}}
consumers: {workers: {from: orders, service: 20ms}}
strategies:
  plain: {hpa: {max: 20, metric: {ready_per_replica: 50}}}
  defaults: {hpa: {min: 2, max: 20, metric: {lag: 500}, behavior: {}}}
  full:
    hpa:
      min: 2
      max: 20
      metrics: [{depth_per_replica: 12.5}, {oldest_age: 30s}, {utilization: 70%}, {publish_rate: {average_value: 40/s}}]
      behavior:
        scale_up: {stabilization_window: 30s, policies: [{pods: 4, period: 60s}, {percent: 50, period: 15s}]}
        scale_down: {select_policy: disabled, tolerance: 5%}
  keda:
    keda:
      min: 2
      max: 20
      idle: 0
      polling_interval: 15s
      cooldown_period: 1m
      initial_cooldown_period: 10s
      triggers:
        - {name: orders, rabbitmq: {value: 50, activation: 5}}
        - {name: amqp, rabbitmq: {protocol: amqp}, metric_type: value}
        - {rabbitmq: {mode: message_rate, value: 40/s, activation: 2/s}}
        - {kafka: {lag_threshold: 100, limit_to_partitions_with_lag: true, offset_reset_policy: earliest}}
        - {sqs: {scale_on_in_flight: false}, use_cached_metrics: true}
        - {prometheus: {metric: oldest_age, threshold: 30s, activation_threshold: 5s}}
        - {cron: {start: 0 8 * * 1-5, end: 0 18 * * 1-5, timezone: Europe/Kyiv, desired_replicas: 9}}
      scaling_modifiers: {formula: "max(orders, amqp) + 1", target: 7.5, activation_target: 1, metric_type: value}
      fallback: {failure_threshold: 3, replicas: 6, behavior: current_replicas_if_lower}
      behavior: {scale_down: {stabilization_window: 0s}}
      force_activation: true
      paused_scale_in: true
  paused: {keda: {trigger: {sqs: {}}, paused_replicas: 3}}
  jobs:
    keda_job:
      max: 9
      trigger: {sqs: {queue_length: 1}}
      scaling_strategy:
        strategy: custom
        custom_scaling_queue_length_deduction: 1
        custom_scaling_running_job_percentage: 50%
        multiple_scalers_calculation: avg
"#;

fn model(text: &str) -> crate::model::Model {
    crate::scenario::load(&Source::from_text("s.yaml", text), &[], &crate::scenario::Limits::default())
        .unwrap_or_else(|faults| panic!("{faults}"))
        .model
}

#[test]
fn strategies_go_to_a_manifest_and_back_unchanged() {
    let model = model(SCENARIO);
    let exported = export(&model, None).unwrap();
    let back = read_text(&exported.text).unwrap_or_else(|faults| panic!("{faults}\n{}", exported.text));
    assert_eq!(back.warnings, [], "{}", exported.text);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.yaml"), &exported.text).unwrap();
    let head = SCENARIO.split("strategies:").next().unwrap();
    let names = model.strategies.iter().map(|strategy| strategy.name.as_str());
    let entries: Vec<String> =
        names.map(|name| format!("  {name}: {{manifest: {{file: all.yaml, name: {name}}}}}\n")).collect();
    let entries = entries.concat();
    let source = Source {
        folder: folder.path().to_owned(),
        ..Source::from_text("s.yaml", format!("{head}strategies:\n{entries}"))
    };
    let again = crate::scenario::load(&source, &[], &crate::scenario::Limits::default()).unwrap();
    assert_eq!(again.warnings, []);
    assert_eq!(again.model, model);
}

#[test]
fn what_a_manifest_cannot_say_is_told() {
    let text = SCENARIO
        .replace(
            "plain: {hpa: {max: 20,",
            "four: {static: 4}\n  Plain.1: {metric_age: 30s, phase: 3s, hpa: {max: 20, sync_period: 5s, min: 0,",
        )
        .replace(
            "{ready_per_replica: 50}}}",
            "{ready_per_replica: 0.0001}, behavior: {scale_up: {stabilization_window: 1500ms}}}}",
        );
    let exported = export(&model(&text), Some("Plain.1")).unwrap();
    assert_eq!(
        exported.remarks,
        [
            "Plain.1: not part of a manifest but of the cluster: metric_age, phase",
            "Plain.1: flags of the controller manager hold for the whole cluster: a comment names them",
            "Plain.1: `minReplicas: 0` needs the feature gate HPAScaleToZero",
            "Plain.1: quantities have three decimals: 0.0001 of `queue_messages_ready` is rounded",
            "Plain.1: `stabilizationWindowSeconds` is a whole number of seconds: 1.5 is rounded up",
        ]
    );
    let all = export(&model(&text), None).unwrap();
    let told = |part: &str| all.remarks.iter().any(|remark| remark.contains(part));
    assert!(told("four: `static` strategies have no manifest"), "{:?}", all.remarks);
    assert!(told("Plain.1 and defaults scale the same deployment: apply one of them"), "{:?}", all.remarks);
    assert!(told("FILL-IN"), "{:?}", all.remarks);
}

#[test]
fn without_a_strategy_there_is_nothing_to_export() {
    let head = SCENARIO.split("strategies:").next().unwrap();
    let with = |strategies: &str| {
        model(&format!("{}{strategies}", head.replace("service: 20ms", "service: 20ms, replicas: 4")))
    };
    assert_eq!(export(&with(""), None), Err(NothingToExport::NoStrategy("round".to_owned())));
    let fixed = with("strategies: {four: {static: 4}}");
    assert_eq!(export(&fixed, None), Err(NothingToExport::NoManifest("round".to_owned())));
    let help = "did you mean `four`?".to_owned();
    assert_eq!(export(&fixed, Some("fuor")), Err(NothingToExport::Unknown { name: "fuor".to_owned(), help }));
    let own = model(&head.replace("service: 20ms", "service: 20ms, scaling: {keda: {trigger: {sqs: {}}}}"));
    assert!(export(&own, Some("workers")).unwrap().text.contains("kind: ScaledObject"));
}
