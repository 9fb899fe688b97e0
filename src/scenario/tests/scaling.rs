//! What strategies mean, from text to settings.

use super::*;
use crate::model::scaling::{
    AdjustmentType, AgeScaling, Behavior, Bounds, Cron, CronWindow, DirectionRules, Fallback, FallbackBehavior,
    Forecast, Formula, Hpa, HpaController, HpaMetric, HpaRules, JobStrategy, Kafka, Ladder, LambdaSqs, MetricTarget,
    MetricType, Modifiers, MultipleScalers, OffsetReset, Oracle, Phase, Pid, Policy, PolicyAmount, Predictive,
    Prometheus, RabbitMode, RabbitMq, RabbitProtocol, RateScaling, ScaledJob, ScaledObject, Schedule, SelectPolicy,
    Signal, Sqs, Staffing, Step, StepScaling, Strategy, TargetTracking, Trigger, TriggerSource, Workforce,
};
use crate::model::{Model, Scaling, Shutdown};

/// Four slots that serve 50/s each, or whatever the group says, and these strategies.
fn text_with(group: &str, strategies: &str) -> String {
    format!(
        "name: s\nhorizon: 2h\nstart: 2026-11-27T00:00:00Z\nproducers: {{p: {{to: orders, rate: 40/s}}}}\nqueues: \
         {{orders: {{}}}}\nconsumers:\n  workers: {{from: orders, service: 20ms{group}}}\n{strategies}"
    )
}

fn with_strategy(strategy: &str) -> Model {
    loaded(&text_with(", concurrency: 4", &format!("strategies:\n  it: {{{strategy}}}\n")))
}

fn meant(strategy: &str) -> Strategy {
    with_strategy(strategy).strategies[0].scaling.strategy.clone()
}

const BOUNDS: Bounds = Bounds { min: 1, max: 20 };
const WORKFORCE: Workforce = Workforce { slots: 4, per_slot_per_s: 50.0 };

fn ready(target: MetricTarget) -> HpaMetric {
    HpaMetric { name: "queue_messages_ready".to_owned(), signal: Signal::Ready, target }
}

#[test]
fn the_four_examples_of_the_design_mean_what_they_say() {
    let model = loaded(&text_with(
        "",
        "strategies:
  four:      {static: 4}
  timetable: {schedule: {steps: [[0s, 4], [25m, 12], [70m, 4]]}}
  hpa:       {hpa: {min: 2, max: 20, metric: {ready_per_replica: 50}, behavior: {}}}
  keda:      {keda: {min: 0, max: 20, trigger: {rabbitmq: {value: 50, activation: 5}}}}
",
    ));
    let rabbit = RabbitMq { value: 50.0, activation: 5.0, ..RabbitMq::default() };
    let keda =
        ScaledObject { max: 20, ..ScaledObject::new(vec![Trigger::new("trigger1", TriggerSource::RabbitMq(rabbit))]) };
    let rules = HpaRules { behavior: Some(Behavior::default()), ..HpaRules::new(2, 20) };
    let expected = [
        ("four", 4, Strategy::Static(4)),
        ("timetable", 4, Strategy::Schedule(Schedule::Steps(vec![(0.0, 4), (1_500.0, 12), (4_200.0, 4)]))),
        ("hpa", 2, Strategy::Hpa(Hpa { rules, metrics: vec![ready(MetricTarget::AverageValue(50.0))] })),
        ("keda", 0, Strategy::Keda(keda)),
    ];
    for (named, (name, initial, strategy)) in model.strategies.iter().zip(expected) {
        assert_eq!((named.name.as_str(), named.group, named.initial), (name, 0, Some(initial)));
        assert_eq!(named.scaling, Scaling::new(strategy), "{name}");
    }
    assert_eq!(model.strategies.len(), 4);
    assert_eq!(model.groups[0].scaling.as_ref().map(|scaling| scaling.strategy.name()), Some("static"));
    assert_eq!(model.groups[0].replicas, Replicas::Fixed(4), "the first of them, where nothing else is said");
}

#[test]
fn timetables_by_cron_keep_their_zone() {
    let strategy = meant(
        "schedule: {otherwise: 2, cron: [{start: 0 8 * * 1-5, end: 0 18 * * 1-5, timezone: Europe/Kyiv, \
         desired_replicas: 9}]}",
    );
    assert_eq!(strategy, Strategy::Schedule(Schedule::Cron { otherwise: 2, windows: vec![workdays()] }));
}

fn workdays() -> CronWindow {
    CronWindow {
        start: Cron::parse("0 8 * * 1-5").unwrap(),
        end: Cron::parse("0 18 * * 1-5").unwrap(),
        timezone: jiff::tz::TimeZone::get("Europe/Kyiv").unwrap(),
        desired: 9,
    }
}

#[test]
fn ladders_are_in_the_unit_of_their_metric() {
    let strategy = meant(
        "step: {max: 20, metric: oldest_age, period: 30s, scale_out: {threshold: 10s, adjustment_type: \
         percent_change_in_capacity, min_adjustment_magnitude: 2, steps: [{lower_bound: 0s, upper_bound: 20s, \
         adjustment: 10}, {lower_bound: 20s, adjustment: 50}]}, scale_in: {threshold: 2s, evaluation_periods: 3, \
         cooldown: 1m, steps: [{upper_bound: 0s, adjustment: -1}]}}",
    );
    let step = |lower, upper, by| Step { lower, upper, by };
    let outward = Ladder {
        adjustment: AdjustmentType::PercentChangeInCapacity,
        least_change: 2,
        ..Ladder::new(10.0, vec![step(Some(0.0), Some(20.0), 10.0), step(Some(20.0), None, 50.0)])
    };
    let inward =
        Ladder { evaluation_periods: 3, cooldown_s: 60.0, ..Ladder::new(2.0, vec![step(None, Some(0.0), -1.0)]) };
    let expected = StepScaling {
        period_s: 30.0,
        signal: Signal::OldestAge,
        outward: Some(outward),
        inward: Some(inward),
        ..StepScaling::new(BOUNDS)
    };
    assert_eq!(strategy, Strategy::Step(expected));
    let per_replica = meant(
        "step: {max: 20, metric: lag_per_replica, scale_out: {threshold: 9, steps: [{lower_bound: 0, adjustment: 1}]}}",
    );
    let Strategy::Step(step) = per_replica else { panic!("a step scaling policy") };
    assert_eq!((step.signal, step.per_replica), (Signal::Depth, true));
}

#[test]
fn aws_strategies_have_their_settings() {
    let tracking = TargetTracking::backlog_per_instance(BOUNDS, 50.0);
    assert_eq!(
        meant("target_tracking: {max: 20, metric: {ready_per_replica: 50}}"),
        Strategy::TargetTracking(tracking)
    );
    let strategy = meant(
        "target_tracking: {min: 2, max: 9, metric: {utilization: 70%}, period: 30s, out_periods: 2, in_periods: 5, \
         in_margin: 20%, scale_out_cooldown: 1m, scale_in_cooldown: 2m, disable_scale_in: true}",
    );
    let expected = TargetTracking {
        bounds: Bounds { min: 2, max: 9 },
        signal: Signal::Utilization,
        per_replica: false,
        target: 0.7,
        period_s: 30.0,
        out_periods: 2,
        in_periods: 5,
        in_margin: 0.2,
        out_cooldown_s: 60.0,
        in_cooldown_s: 120.0,
        disable_scale_in: true,
    };
    assert_eq!(strategy, Strategy::TargetTracking(expected));
    assert_eq!(meant("lambda_sqs: {}"), Strategy::LambdaSqs(LambdaSqs::default()));
    let expected = LambdaSqs { period_s: 5.0, least: 2, added_per_minute: 60.0, most: 50, batch_size: 1, fifo: true };
    assert_eq!(
        meant("lambda_sqs: {period: 5s, min: 2, max: 50, added_per_minute: 60, batch_size: 1, fifo: true}"),
        Strategy::LambdaSqs(expected)
    );
}

#[test]
fn an_hpa_compares_its_metrics_in_three_ways() {
    let metrics = |text: &str| match meant(&format!("hpa: {{max: 20, {text}}}")) {
        Strategy::Hpa(hpa) => hpa.metrics,
        other => panic!("{other:?}"),
    };
    assert_eq!(metrics("metric: {ready: 500}"), [ready(MetricTarget::Value(500.0))]);
    assert_eq!(metrics("metric: {ready: {average_value: 50}}"), [ready(MetricTarget::AverageValue(50.0))]);
    assert_eq!(metrics("metric: {ready: {pods_average: 50}}"), [ready(MetricTarget::PodsAverage(50.0))]);
    let named = |name: &str, signal, target| HpaMetric { name: name.to_owned(), signal, target };
    let expected = [
        named("rabbitmq_queue_messages", Signal::Depth, MetricTarget::AverageValue(30.0)),
        named("queue_oldest_message_age_seconds", Signal::OldestAge, MetricTarget::Value(10.0)),
        named("consumer_utilization", Signal::Utilization, MetricTarget::PodsAverage(0.7)),
        named("queue_publish_rate", Signal::PublishRate, MetricTarget::AverageValue(40.0)),
    ];
    assert_eq!(
        metrics(
            "metrics: [{lag: {average_value: 30, name: rabbitmq_queue_messages}}, {oldest_age: 10s}, {utilization: \
             70%}, {publish_rate_per_replica: 40/s}]"
        ),
        expected
    );
}

#[test]
fn behavior_and_its_absence_are_two_things() {
    let rules = |text: &str| match meant(&format!("hpa: {{max: 20, metric: {{ready: 5}}{text}}}")) {
        Strategy::Hpa(hpa) => hpa.rules,
        other => panic!("{other:?}"),
    };
    assert_eq!(rules(""), HpaRules::new(1, 20));
    assert_eq!(rules(", behavior: {}"), HpaRules { behavior: Some(Behavior::default()), ..HpaRules::new(1, 20) });
    let up = DirectionRules {
        window_s: Some(30.0),
        policies: vec![
            Policy { amount: PolicyAmount::Pods(2), period_s: 60.0 },
            Policy { amount: PolicyAmount::Percent(50), period_s: 30.0 },
        ],
        select: SelectPolicy::Min,
        tolerance: Some(0.05),
    };
    let down = DirectionRules { select: SelectPolicy::Disabled, ..DirectionRules::default_down() };
    let given = rules(
        ", sync_period: 5s, tolerance: 20%, downscale_stabilization: 1m, behavior: {scale_up: {stabilization_window: \
         30s, select_policy: min, tolerance: 5%, policies: [{pods: 2, period: 60s}, {percent: 50, period: 30s}]}, \
         scale_down: {select_policy: disabled}}",
    );
    let controller = HpaController { sync_period_s: 5.0, tolerance: 0.2, down_window_s: 60.0 };
    assert_eq!(given, HpaRules { behavior: Some(Behavior { up, down }), controller, ..HpaRules::new(1, 20) });
}

fn scaled_object(text: &str) -> ScaledObject {
    match meant(&format!("keda: {{{text}}}")) {
        Strategy::Keda(keda) => keda,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_trigger_is_built() {
    let source = |text: &str| scaled_object(&format!("trigger: {{{text}}}")).triggers[0].source.clone();
    assert_eq!(source("rabbitmq: {}"), TriggerSource::RabbitMq(RabbitMq::default()));
    let rabbit = RabbitMq {
        mode: RabbitMode::ExpectedQueueConsumptionTime,
        value: 30.0,
        activation: 5.0,
        exclude_unacknowledged: true,
        ..RabbitMq::default()
    };
    assert_eq!(
        source(
            "rabbitmq: {mode: expected_queue_consumption_time, value: 30s, activation: 5s, exclude_unacknowledged: \
             true}"
        ),
        TriggerSource::RabbitMq(rabbit)
    );
    let rabbit = RabbitMq { protocol: RabbitProtocol::Amqp, ..RabbitMq::default() };
    assert_eq!(source("rabbitmq: {protocol: amqp}"), TriggerSource::RabbitMq(rabbit));
    assert_eq!(source("kafka: {}"), TriggerSource::Kafka(Kafka::default()));
    let kafka = Kafka {
        lag_threshold: 50,
        activation_lag_threshold: 5,
        allow_idle_consumers: true,
        limit_to_partitions_with_lag: false,
        ensure_even_distribution: true,
        exclude_persistent_lag: true,
        offset_reset: OffsetReset::Earliest,
        scale_to_zero_on_invalid_offset: true,
    };
    assert_eq!(
        source(
            "kafka: {lag_threshold: 50, activation_lag_threshold: 5, allow_idle_consumers: true, \
             ensure_even_distribution_of_partitions: true, exclude_persistent_lag: true, offset_reset_policy: \
             earliest, scale_to_zero_on_invalid_offset: true}"
        ),
        TriggerSource::Kafka(kafka)
    );
    assert_eq!(source("sqs: {}"), TriggerSource::Sqs(Sqs::default()));
    let sqs = Sqs { queue_length: 50.0, activation: 5.0, scale_on_in_flight: false, scale_on_delayed: true };
    assert_eq!(
        source(
            "sqs: {queue_length: 50, activation_queue_length: 5, scale_on_in_flight: false, scale_on_delayed: true}"
        ),
        TriggerSource::Sqs(sqs)
    );
    let prometheus =
        Prometheus { signal: Signal::PublishRate, threshold: 40.0, activation: 1.0, ignore_null_values: false };
    assert_eq!(
        source(
            "prometheus: {metric: publish_rate, threshold: 40/s, activation_threshold: 1/s, ignore_null_values: false}"
        ),
        TriggerSource::Prometheus(prometheus)
    );
    assert_eq!(
        source("cron: {start: 0 8 * * 1-5, end: 0 18 * * 1-5, timezone: Europe/Kyiv, desired_replicas: 9}"),
        TriggerSource::Cron(workdays())
    );
}

#[test]
fn a_scaled_object_has_all_its_settings() {
    let keda = scaled_object(
        "polling_interval: 15s, cooldown_period: 1m, initial_cooldown_period: 30s, min: 2, max: 40, idle: 0, triggers: \
         [{rabbitmq: {}, name: orders, metric_type: value, use_cached_metrics: true}, {sqs: {}}], scaling_modifiers: \
         {formula: \"orders + trigger2\", target: 5, activation_target: 2, metric_type: value}, fallback: \
         {failure_threshold: 3, replicas: 6, behavior: current_replicas_if_higher}, behavior: {}, paused_replicas: 7, \
         paused_scale_in: true, paused_scale_out: true, force_activation: true, sync_period: 30s",
    );
    let orders = Trigger {
        metric_type: MetricType::Value,
        use_cached_metrics: true,
        ..Trigger::new("orders", TriggerSource::RabbitMq(RabbitMq::default()))
    };
    let mut expected = ScaledObject::new(vec![orders, Trigger::new("trigger2", TriggerSource::Sqs(Sqs::default()))]);
    expected.operator.polling_interval_s = 15.0;
    expected.operator.cooldown_s = 60.0;
    expected.operator.initial_cooldown_s = 30.0;
    expected.operator.min = 2;
    expected.operator.idle = Some(0);
    expected.operator.paused.all = true;
    expected.operator.paused.at_replicas = Some(7);
    expected.operator.paused.scale_in = true;
    expected.operator.paused.scale_out = true;
    expected.operator.force_activation = true;
    expected.max = 40;
    expected.modifiers = Some(Modifiers {
        formula: Formula::parse("orders + trigger2", &["orders", "trigger2"]).unwrap(),
        target: 5.0,
        activation_target: 2.0,
        metric_type: MetricType::Value,
    });
    expected.fallback =
        Some(Fallback { failure_threshold: 3, replicas: 6, behavior: FallbackBehavior::CurrentReplicasIfHigher });
    expected.behavior = Some(Behavior::default());
    expected.controller.sync_period_s = 30.0;
    assert_eq!(keda, expected);
}

#[test]
fn scaled_jobs_have_their_strategies() {
    let triggers = || vec![Trigger::new("trigger1", TriggerSource::Sqs(Sqs::default()))];
    assert_eq!(meant("keda_job: {trigger: {sqs: {}}}"), Strategy::KedaJob(ScaledJob::new(triggers())));
    let expected = ScaledJob {
        polling_interval_s: 10.0,
        min: 1,
        max: 9,
        strategy: JobStrategy::Custom { deduction: -2, running_share: Some(0.5) },
        multiple: MultipleScalers::Sum,
        ..ScaledJob::new(triggers())
    };
    let strategy = meant(
        "keda_job: {trigger: {sqs: {}}, polling_interval: 10s, min: 1, max: 9, scaling_strategy: {strategy: custom, \
         custom_scaling_queue_length_deduction: -2, custom_scaling_running_job_percentage: 50%, \
         multiple_scalers_calculation: sum}}",
    );
    assert_eq!(strategy, Strategy::KedaJob(expected));
}

#[test]
fn what_a_replica_serves_is_taken_from_its_group() {
    assert_eq!(meant("rate: {max: 20}"), Strategy::Rate(RateScaling::new(BOUNDS, 200.0)));
    let expected = RateScaling {
        period_s: 5.0,
        utilization: 0.5,
        drain_s: 300.0,
        down_window_s: 0.0,
        ..RateScaling::new(BOUNDS, 7.0)
    };
    let given =
        meant("rate: {max: 20, period: 5s, replica_rate: 7/s, utilization: 50%, drain: 5m, stabilization_window: 0s}");
    assert_eq!(given, Strategy::Rate(expected));
    // Two slots by prefetch; 20 ms at speed 2 · 0.75, and 5 ms after each message.
    let model = loaded(&text_with(
        ", concurrency: 4, prefetch: 2, overhead: 5ms, startup: {uniform: {low: 10s, high: 50s}}, speed: {steps: [[0s, \
         2], [1h, 1]]}, speeds: [1, 0.5]",
        "strategies: {it: {oracle: {max: 20}}, fixed: {oracle: {max: 20, replica_rate: 8/s, lead: 1m}}}\n",
    ));
    let per_slot_per_s = 1.0 / (0.02 / 1.5 + 0.005);
    let expected = Oracle::new(BOUNDS, 30.0, Workforce { slots: 2, per_slot_per_s });
    assert_eq!(model.strategies[0].scaling.strategy, Strategy::Oracle(expected));
    let expected = Oracle::new(BOUNDS, 60.0, Workforce { slots: 2, per_slot_per_s: 4.0 });
    assert_eq!(model.strategies[1].scaling.strategy, Strategy::Oracle(expected));
}

#[test]
fn strategies_of_no_product_have_their_settings() {
    assert_eq!(meant("age: {max: 20, target: 10s}"), Strategy::Age(AgeScaling::new(BOUNDS, 10.0)));
    let expected = AgeScaling {
        period_s: 5.0,
        tolerance: 0.2,
        growth: 1.5,
        low: 0.3,
        down_after_s: 120.0,
        ..AgeScaling::new(BOUNDS, 10.0)
    };
    assert_eq!(
        meant("age: {max: 20, target: 10s, period: 5s, tolerance: 20%, growth: 1.5, low: 30%, down_after: 2m}"),
        Strategy::Age(expected)
    );
    let expected =
        Pid { period_s: 5.0, integral: 0.001, derivative: 0.1, ..Pid::new(BOUNDS, Signal::Ready, 100.0, 0.01) };
    assert_eq!(
        meant("pid: {max: 20, period: 5s, metric: {ready: 100}, proportional: 0.01, integral: 0.001, derivative: 0.1}"),
        Strategy::Pid(expected)
    );
    let default = Predictive::new(BOUNDS, 0.0, WORKFORCE);
    assert_eq!(meant("predictive: {max: 20}"), Strategy::Predictive(default));
    let expected = Predictive {
        period_s: 300.0,
        forecast: Forecast::HoltWinters { level: 0.3, trend: 0.05, season: 0.2 },
        season_s: 604_800.0,
        lead_s: 45.0,
        staffing: Staffing::ErlangC { within_s: 1.0, share: 0.05 },
        drain_s: Some(60.0),
        ..default
    };
    assert_eq!(
        meant(
            "predictive: {max: 20, period: 5m, season: 7d, lead: 45s, drain: 1m, forecast: {holt_winters: {level: 0.3, \
             trend: 0.05, season: 0.2}}, staffing: {erlang_c: {within: 1s, share: 5%}}}"
        ),
        Strategy::Predictive(expected)
    );
    let expected =
        Oracle { staffing: Staffing::SquareRoot { beta: 1.5 }, period_s: 5.0, ..Oracle::new(BOUNDS, 0.0, WORKFORCE) };
    assert_eq!(meant("oracle: {max: 20, period: 5s, staffing: {square_root: 1.5}}"), Strategy::Oracle(expected));
}

#[test]
fn delays_stand_beside_the_strategy() {
    let model = with_strategy("static: 4, metric_age: 30s, sampling: 5s, phase: 3s");
    let expected =
        Scaling { strategy: Strategy::Static(4), metric_age_s: 30.0, sampling_s: 5.0, phase: Phase::At(3.0) };
    assert_eq!(model.strategies[0].scaling, expected);
    let model = loaded(&text_with(", scaling: {static: 4, metric_age: 30s, sampling: 5s, phase: 3s}", ""));
    assert_eq!(model.groups[0].scaling, Some(expected));
}

#[test]
fn replicas_at_first_are_those_written_or_what_the_strategy_begins_with() {
    let at_first = |group: &str| loaded(&text_with(group, "")).groups[0].replicas.clone();
    assert_eq!(at_first(", scaling: {rate: {min: 3, max: 9}}"), Replicas::Fixed(3));
    assert_eq!(at_first(", scaling: {keda: {trigger: {sqs: {}}}}"), Replicas::Fixed(0));
    assert_eq!(at_first(", scaling: {schedule: {steps: [[0s, 5], [1h, 2]]}}"), Replicas::Fixed(5));
    assert_eq!(at_first(", replicas: 7, scaling: {rate: {min: 3, max: 9}}"), Replicas::Fixed(7));
    let named = "strategies: {a: {rate: {min: 3, max: 9}}, b: {static: 4, replicas: 2}}\n";
    let model = loaded(&text_with(", replicas: 7", named));
    assert_eq!(model.groups[0].scaling, None, "a group with replicas stays as it is");
    assert_eq!(model.strategies.iter().map(|strategy| strategy.initial).collect::<Vec<_>>(), [None, Some(2)]);
    assert_eq!(model.with_strategy(0).groups[0].replicas, Replicas::Fixed(7));
    assert_eq!(model.with_strategy(1).groups[0].replicas, Replicas::Fixed(2));
    let model = loaded(&text_with("", named));
    assert_eq!(model.strategies.iter().map(|strategy| strategy.initial).collect::<Vec<_>>(), [Some(3), Some(2)]);
    assert_eq!(model.groups[0].replicas, Replicas::Fixed(3));
}

#[test]
fn a_strategy_names_its_group_where_there_are_several() {
    let more = "  others: {from: orders, service: 1s}\nstrategies: {a: {static: 4, group: others}, b: {static: 2, \
                group: workers}}\n";
    let model = loaded(&text_with("", more));
    assert_eq!(model.strategies.iter().map(|strategy| strategy.group).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(model.groups[1].replicas, Replicas::Fixed(4));
}

#[test]
fn overrides_reach_into_strategies() {
    let text = text_with("", "strategies:\n  keda: {keda: {trigger: {rabbitmq: {value: 50}}}}\n");
    let set = |path: &str, value: &str| {
        let change = Override { path: path.to_owned(), value: value.to_owned() };
        load(&Source::from_text("test.yaml", text.as_str()), &[change], &Limits::default())
    };
    let model = set("strategies.keda.keda.trigger.rabbitmq.value", "80").unwrap().model;
    let Strategy::Keda(keda) = &model.strategies[0].scaling.strategy else { panic!("a ScaledObject") };
    assert_eq!(keda.triggers[0].source.target(), 80.0);
    assert_eq!(set("strategies.keda.metric_age", "1m").unwrap().model.strategies[0].scaling.metric_age_s, 60.0);
    let faults = set("strategies.kead.keda.max", "80").unwrap_err();
    assert_eq!(faults.0[0].help.as_deref(), Some("did you mean `keda`?"));
}

#[test]
fn a_grace_period_ends_a_shutdown() {
    let shutdown = |text: &str| loaded(&text_with(&format!(", replicas: 4{text}"), "")).groups[0].shutdown;
    assert_eq!(shutdown(", shutdown: {finish_within: 30s}"), Shutdown::FinishWithin(30.0));
    assert_eq!(shutdown(", shutdown: requeue"), Shutdown::Requeue);
    assert_eq!(shutdown(""), Shutdown::Finish);
}
