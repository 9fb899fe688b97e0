//! Queues as brokers run them: from keys to the model.

use super::*;
use crate::model::{
    Ack, AfterFailure, Batch, Contention, Crashes, Destination, Emission, Order, Partitions, Path, Rebalance,
    RebalanceKind, RequeuePosition, Retention, Retry, Routing, TtlPlace, WhenAway,
};

/// The flash sale with other keys of its queue.
fn with_queue(keys: &str) -> Model {
    loaded(&with("orders: {}", &format!("orders: {{{keys}}}")))
}

/// The flash sale with more keys of its group.
fn with_group(keys: &str) -> Model {
    loaded(&with("replicas: 4", &format!("replicas: 4\n    {keys}")))
}

#[test]
fn the_literal_examples_of_the_language_work() {
    for (line, instead) in [
        ("orders: {}", "orders: {ttl: 10m, priorities: 3, delivery_limit: 5, message_size: 2KB}"),
        ("orders: {}", "orders: {partitions: {count: 12, skew: 0.8}}"),
        ("replicas: 4", "replicas: 4\n    failures: {probability: 10%, then: requeue}\n    retry: {delay: 5s}"),
        ("replicas: 4", "replicas: 4\n    batch: {size: 10, linger: 50ms}"),
        ("replicas: 4", "replicas: 4\n    crashes: {every: 6h, restart: 30s}"),
        ("replicas: 4", "replicas: 4\n    contention: {sigma: 0.02, kappa: 0.0005}"),
        ("arrivals: poisson", "arrivals: poisson\n    confirms: {latency: 2ms, window: 100}"),
        ("seed: 1", "broker_outages: [[10m, 11m]]"),
        ("to: orders", "to: events"),
        ("seed: 1", "resources: {database: {slots: 40}}"),
    ] {
        let text = with(line, instead).replace("queues:", "topics: {events: {to: [orders]}}\nqueues:");
        let answer = load_text(&text).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(answer.warnings, [], "{instead}");
    }
}

#[test]
fn lifetimes_are_durations_distributions_or_say_where_they_are_noticed() {
    let ttl = |written: &str| with_queue(&format!("ttl: {written}")).queues[0].ttl.clone();
    let of = |after, at| Some(crate::model::Ttl { after, at });
    assert_eq!(ttl("10m"), of(Distribution::Constant(600.0), TtlPlace::Anywhere));
    assert_eq!(ttl("0s"), of(Distribution::Constant(0.0), TtlPlace::Anywhere), "a loss system");
    assert_eq!(ttl("{exponential: {mean: 3s}}"), of(Distribution::Exponential { mean_s: 3.0 }, TtlPlace::Anywhere));
    let patience = "{after: {exponential: {mean: 3s}}, at: head}";
    assert_eq!(ttl(patience), of(Distribution::Exponential { mean_s: 3.0 }, TtlPlace::Head));
    assert_eq!(ttl("none"), None);
}

#[test]
fn a_retention_by_size_counts_messages() {
    let retention = |keys: &str| with_queue(keys).queues[0].retention;
    assert_eq!(retention("retention: {age: 7d}"), Retention { age_s: Some(604_800.0), messages: None });
    let by_size = retention("message_size: 2KB, retention: {size: 1MB}");
    assert_eq!(by_size, Retention { age_s: None, messages: Some(500) });
    let tightest = retention("message_size: 2KB, retention: {size: 1MB, messages: 300}");
    assert_eq!(tightest.messages, Some(300));
}

#[test]
fn orders_of_a_queue() {
    let order = |keys: &str| with_queue(keys).queues[0].order.clone();
    assert_eq!(order("priorities: 4"), Order::Priorities(vec![0.25; 4]));
    assert_eq!(order("priorities: {shares: [10%, 90%]}"), Order::Priorities(vec![0.1, 0.9]));
    assert_eq!(order("partitions: 12"), Order::Partitions(Partitions { count: 12, skew: 0.0 }));
    assert_eq!(order("groups: {count: 5, skew: 0.8}"), Order::Groups(Partitions { count: 5, skew: 0.8 }));
    let model = with_queue("requeue: back, durable: false, single_active: true, overflow: block, capacity: 0");
    let queue = &model.queues[0];
    assert_eq!((queue.requeue, queue.durable, queue.single_active), (RequeuePosition::Back, false, true));
    assert_eq!((queue.overflow, queue.capacity), (Overflow::Block, Some(0)));
}

#[test]
fn outages_of_the_broker_hold_for_every_queue_without_its_own() {
    let text = with("orders: {}", "orders: {}\n  other: {initial: 1, broker_outages: [[1m, 2m], [2m, 3m]]}")
        .replace("seed: 1", "broker_outages: [[10m, 11m]]")
        .replace("consumers:", "consumers:\n  others: {from: other, replicas: 1, service: 1s}");
    let model = loaded(&text);
    assert_eq!(model.queues[0].broker_outages, [(600.0, 660.0)]);
    assert_eq!(model.queues[1].broker_outages, [(60.0, 180.0)], "those that touch are one");
}

#[test]
fn deliveries_fail_return_and_rest() {
    let group = |keys: &str| with_group(keys).groups[0].clone();
    let failing = group("failures: {probability: 10%, poison: 3%}\n    retry: {delay: {uniform: {low: 1s, high: 2s}}}");
    let failures = failing.failures.unwrap();
    assert_eq!((failures.probability, failures.poison, failures.then), (0.1, 0.03, AfterFailure::Requeue));
    assert_eq!(failures.retry, Retry::Delay(Distribution::Uniform { low_s: 1.0, high_s: 2.0 }));
    let backoff = "failures: {probability: 10%}\n    retry: {delay: {backoff: {first: 1s, max: 1m}}}";
    let retry = Retry::Backoff { first_s: 1.0, factor: 2.0, max_s: 60.0, jitter: 0.0 };
    assert_eq!(group(backoff).failures.unwrap().retry, retry);
    let none = group("failures: {probability: 0%}").failures.unwrap();
    assert_eq!(none.probability, 0.0, "a share that is swept may be 0");
    let lost = group("ack: before\n    failures: {probability: 10%}");
    assert_eq!((lost.ack, lost.failures.unwrap().then), (Ack::Before, AfterFailure::Drop));
    assert_eq!(group("crashes: {every: 6h}").crashes, Some(Crashes { every_s: 21_600.0, restart_s: 0.0 }));
    assert_eq!(group("ack_timeout: 30s").ack_timeout_s, Some(30.0));
}

#[test]
fn a_replica_holds_what_its_slots_work_on_unless_a_prefetch_is_written() {
    let group = |keys: &str| with_group(keys).groups[0].clone();
    let batched = group("concurrency: 2\n    batch: {size: 10, linger: 50ms}");
    assert_eq!((batched.prefetch, batched.batch), (20, Some(Batch { size: 10, linger_s: 0.05 })));
    assert_eq!(group("concurrency: 2\n    prefetch: 7").prefetch, 7);
    assert_eq!(group("prefetch: unlimited").prefetch, 1_000_000_000);
    assert_eq!(group("in_flight_limit: 1000").in_flight_limit, Some(1_000));
    let contention = group("contention: {sigma: 0.02, kappa: 0.0005}").contention;
    assert_eq!(contention, Some(Contention { sigma: 0.02, kappa: 0.0005 }));
}

const PIPELINE: &str = r"name: pipeline
horizon: 1h
producers:
  shop: {to: events, rate: 10/s, priority: 1, when_away: lose, confirms: {latency: 2ms, window: 100}}
topics:
  events: {to: [orders, audit]}
  notices: {to: [{queue: mail, share: 70%}, {queue: sms, share: 30%}]}
queues:
  orders: {priorities: 2, dead_letter: failed}
  audit: {partitions: 12}
  mail: {}
  sms: {}
  failed: {}
resources: {database: {slots: 40}}
consumers:
  billers: {from: orders, replicas: 4, service: 50ms, uses: {database: 2}, emits: [{to: notices, per_message: 0.5}]}
  auditors: {from: audit, replicas: 4, service: 50ms, rebalance: {kind: cooperative, pause: 1s}}
  mailers: {from: mail, replicas: 1, service: 50ms}
  texters: {from: sms, replicas: 1, service: 50ms}
paths:
  mailed: [orders, mail]
slo:
  far: {path: [orders, sms], latency: p99, below: 5s}
  near: {path: mailed, latency: p99, below: 5s}
  same: {path: [orders, mail], latency: mean, below: 5s}
";

#[test]
fn a_pipeline_is_connected_as_it_says() {
    let model = loaded(PIPELINE);
    let shop = &model.producers[0];
    assert_eq!((shop.to, shop.priority, shop.when_away), (Destination::Topic(0), Some(1), WhenAway::Lose));
    assert_eq!(shop.confirms.as_ref().unwrap().window, 100);
    assert_eq!(model.topics[0].to, Routing::Copies(vec![0, 1]));
    assert_eq!(model.topics[1].to, Routing::Shares(vec![(2, 0.7), (3, 0.3)]));
    assert_eq!(model.queues[0].dead_letter, Some(4));
    let billers = &model.groups[0];
    assert_eq!(billers.emits, [Emission { to: Destination::Topic(1), per_message: 0.5 }]);
    assert_eq!((billers.uses.as_slice(), model.resources[0].slots), (&[(0, 2)][..], 40));
    assert_eq!(model.groups[1].rebalance, Some(Rebalance { kind: RebalanceKind::Cooperative, pause_s: 1.0 }));
    let path = |name: &str, queues: [usize; 2]| Path { name: name.to_owned(), queues: queues.to_vec() };
    assert_eq!(model.paths, [path("mailed", [0, 2]), path("orders > sms", [0, 3])]);
    let slos: Vec<(Option<usize>, usize)> = model.slos.iter().map(|slo| (slo.path, slo.queue)).collect();
    assert_eq!(slos, [(Some(1), 3), (Some(0), 2), (Some(0), 2)], "equal paths are one path");
}

#[test]
fn queues_fed_by_topics_emissions_and_dead_letters_need_no_producer() {
    let loaded = load_text(PIPELINE).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(loaded.warnings, []);
    let unfed = PIPELINE.replace("  failed: {}", "  failed: {}\n  idle: {}");
    assert_eq!(codes(load_text(&unfed)), ["W001"]);
    let unread = PIPELINE.replace("  texters: {from: sms,", "  texters: {from: mail,");
    assert_eq!(codes(load_text(&unread)), ["F035"]);
}

#[test]
fn a_queue_that_only_delays_needs_no_consumers() {
    let text =
        with("orders: {}", "orders: {ttl: 1m, dead_letter: late}\n  late: {}").replace("from: orders", "from: late");
    assert_eq!(codes(load_text(&text)), Vec::<&str>::new());
    let stays = text.replace("ttl: 1m, ", "");
    assert_eq!(codes(load_text(&stays)), ["F035"]);
}

#[test]
fn retries_through_a_delay_queue_are_no_loop() {
    let text = with("orders: {}", "orders: {dead_letter: wait}\n  wait: {ttl: 30s, dead_letter: orders}");
    let failing = text.replace("replicas: 4", "replicas: 4\n    failures: {probability: 10%, then: dead-letter}");
    assert_eq!(codes(load_text(&failing)), Vec::<&str>::new());
    let hopeless = failing.replace("10%", "100%");
    assert_eq!(codes(load_text(&hopeless)), ["F070"], "everything comes back for ever");
}

#[test]
fn a_loop_is_stable_if_less_comes_back() {
    let with_share = |share: &str| {
        let emits = format!("replicas: 4\n    emits: [{{to: orders, per_message: {share}}}]");
        codes(load_text(&with("replicas: 4", &emits)))
    };
    assert_eq!(with_share("0.99"), Vec::<&str>::new());
    assert_eq!(with_share("1"), ["F070"]);
    // Half of the deliveries are given up, so half as much is emitted.
    let halved = with(
        "replicas: 4",
        "replicas: 4\n    failures: {probability: 50%, then: drop}\n    emits: [{to: orders, per_message: 1.9}]",
    );
    assert_eq!(codes(load_text(&halved)), Vec::<&str>::new());
}

#[test]
fn more_partitions_than_memory_are_a_fault_at_their_place() {
    let text = with("orders: {}", "orders: {groups: {count: 10M}}");
    let small = Limits { memory_bytes: Some(100_000_000), ..Limits::default() };
    let faults = load(&Source::from_text("test.yaml", text.as_str()), &[], &small).unwrap_err();
    assert_eq!((faults.0[0].code, faults.0[0].path.as_str()), (Code::TooMuchMemory, "queues.orders.groups.count"));
    assert!(load_text(&text).is_ok(), "nothing is refused for memory that is not known");
    let most = |count: &str| load_text(&with("orders: {}", &format!("orders: {{partitions: {count}}}")));
    assert!(most("200000").is_ok());
    assert_eq!(codes(most("1000000")), ["F024"]);
}

#[test]
fn a_batch_of_more_messages_than_there_are_groups_never_fills() {
    let batches = |queue: &str| {
        let text = with("orders: {}", &format!("orders: {{{queue}}}"));
        codes(load_text(&text.replace("replicas: 4", "replicas: 4\n    batch: {size: 10, linger: 1s}")))
    };
    assert_eq!(batches("groups: 3"), ["W008"]);
    assert_eq!(batches("groups: 10"), Vec::<&str>::new());
    assert_eq!(batches("partitions: 3"), Vec::<&str>::new());
}

#[test]
fn dead_letters_by_expiry_at_once_go_round_in_no_time() {
    let round = |first: &str, second: &str| {
        let queues = format!("orders: {{ttl: {first}, dead_letter: d}}\n  d: {{ttl: {second}, dead_letter: orders}}");
        codes(load_text(&with("orders: {}", &queues)))
    };
    assert_eq!(round("0s", "0s"), ["F071"]);
    assert_eq!(round("0s", "1s"), Vec::<&str>::new());
}

#[test]
fn endless_returns_are_a_warning_unless_something_ends_them() {
    let poison = |queue: &str| {
        let text = with("orders: {}", &format!("orders: {{{queue}}}"));
        codes(load_text(&text.replace("replicas: 4", "replicas: 4\n    failures: {poison: 1%}")))
    };
    assert_eq!(poison(""), ["W007"]);
    for end in ["delivery_limit: 5", "ttl: 1h", "retention: {age: 1h}"] {
        assert_eq!(poison(end), Vec::<&str>::new(), "{end}");
    }
}
