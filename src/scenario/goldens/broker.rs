//! Faults of queues as brokers run them, of what happens to deliveries, and of what connects queues.

use super::*;

/// A group with more keys.
fn consumer(keys: &str) -> String {
    group(&format!("{GROUP}\n    {keys}"))
}

/// A second queue, and keys of both.
fn queues(orders: &str, other: &str) -> String {
    queue(orders).replace("consumers:", &format!("  other: {{{other}}}\nconsumers:"))
}

/// The group publishes to a second queue, whose group has these keys.
fn pipeline(emits: &str, second: &str) -> String {
    let text = queues("", "").replace(GROUP, &format!("{GROUP}\n    emits: {emits}"));
    format!("{text}  second:\n    from: other\n    {GROUP}\n    {second}\n")
}

fn topic(to: &str) -> String {
    let text = queues("", "").replace("to: orders", "to: events");
    format!("{text}  second:\n    from: other\n    {GROUP}\ntopics: {{events: {{to: {to}}}}}\n")
}

pub(super) fn queue_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (NoUnit, queue("message_size: 2000")),
        (WrongUnit, queue("message_size: 2kb")),
        (WrongShape, queue("durable: yes")),
        (UnknownKey, queue("ttl: {after: 10m, where: head}")),
        (UnknownChoice, queue("ttl: {exponentail: {mean: 10m}}")),
        (UnknownChoice, queue("overflow: drop-tail")),
        (UnknownChoice, queue("preset: rabbitmq")),
        (OutOfRange, queue("delivery_limit: 0")),
        (OutOfRange, queue("priorities: 1")),
        (OutOfRange, queue("partitions: {count: 1000M}")),
        (OutOfRange, queue("ttl: {pareto: {mean: 10m, shape: 1}}")),
        (MissingKey, queue("retention: {}")),
        (MissingKey, queue("retention: {size: 10GB}")),
        (Contradiction, queue("retention: {size: 1KB}, message_size: 2KB")),
        (Contradiction, queue("priorities: {shares: [10%, 80%]}")),
        (Contradiction, queue("partitions: 12, groups: 5")),
        (Contradiction, queue("partitions: 12, single_active: true")),
        (NotAscending, queue("broker_outages: [[20m, 10m]]")),
        (BeyondHorizon, more("broker_outages: [[3h, 4h]]\n")),
        (UnknownReference, queue("dead_letter: ordres")),
        (DeadLetterLoop, queue("dead_letter: orders")),
        (DeadLetterLoop, {
            let loops = queues("dead_letter: other", "dead_letter: third, ttl: 1m");
            loops.replace("consumers:", "  third: {dead_letter: other, ttl: 1m}\nconsumers:")
        }),
        (DeadLetterLoop, queues("ttl: 0s, dead_letter: other", "ttl: 0s, dead_letter: orders")),
        (Contradiction, queues("dead_letter: other", "capacity: 10, overflow: block")),
        (NotOfThisBroker, queue("preset: rabbitmq-classic, partitions: 12")),
        (NotOfThisBroker, queue("preset: kafka, priorities: 3")),
        (NotOfThisBroker, queue("preset: rabbitmq-quorum, overflow: block, durable: false")),
        (Contradiction, queue("preset: zeromq-pub, initial: 5")),
    ]
}

pub(super) fn group_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (OutOfRange, consumer("prefetch: 0")),
        (Contradiction, consumer("ack: before\n    ack_timeout: 30s")),
        (MissingKey, consumer("failures: {}")),
        (OutOfRange, consumer("failures: {poison: 130%}")),
        (Contradiction, consumer("failures: {probability: 10%, then: dead-letter}")),
        (Contradiction, consumer("failures: {probability: 10%, partial: true}")),
        (Contradiction, consumer("ack: before\n    failures: {probability: 10%, then: requeue}")),
        (Contradiction, consumer("retry: {delay: 5s}")),
        (Contradiction, consumer("failures: {probability: 10%, then: drop}\n    retry: {delay: 5s}")),
        (Contradiction, consumer("failures: {probability: 10%}\n    retry: {delay: {backoff: {first: 1m, max: 1s}}}")),
        (UnknownChoice, consumer("failures: {probability: 10%}\n    retry: {delay: {backof: {first: 1m, max: 1s}}}")),
        (Contradiction, consumer("prefetch: 5\n    batch: {size: 10}")),
        (Contradiction, consumer("in_flight_limit: 5\n    batch: {size: 10}")),
        (Contradiction, consumer("rebalance: {kind: eager, pause: 3s}")),
        (OutOfRange, consumer("contention: {sigma: 1.0}")),
        (UnknownReference, consumer("uses: {databse: 1}\nresources: {database: {slots: 40}}")),
        (UnknownReference, consumer("uses: {database: 1}")),
        (Contradiction, consumer("uses: {database: 41}\nresources: {database: {slots: 40}}")),
        (Contradiction, {
            let two = queue("partitions: 12")
                .replace("  workers:", "  first: {from: orders, replicas: 1, service: 1s}\n  workers:");
            two.replace("workers:", "others:")
        }),
        (EndlessReturns, consumer("failures: {poison: 3%}")),
        (BatchNeverFills, queue("groups: 3").replace("service:", "batch: {size: 10, linger: 1s}\n    service:")),
        (Contradiction, rate("40/s\n    priority: 0")),
        (OutOfRange, scenario("40/s\n    priority: 3", "priorities: 3", GROUP, "")),
    ]
}

pub(super) fn topology_cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (UnknownReference, topic("[orders, other]").replace("to: events", "to: evnets")),
        (UnknownReference, topic("[orders, another]")),
        (UnknownReference, topic("[orders, other]").replace("from: orders", "from: events")),
        (Contradiction, topic("[{queue: orders, share: 70%}, {queue: other, share: 40%}]")),
        (Contradiction, topic("[{queue: orders, share: 70%}, other]")),
        (Contradiction, topic("[orders, orders, other]")),
        (Contradiction, topic("[orders, other]").replace("  other:", "  events:").replace("other", "events")),
        (NoConsumers, topic("[orders, other]").replace("from: other", "from: orders")),
        (NoConsumers, pipeline("[{to: other}]", "").replace("from: other", "from: orders")),
        (UnstableCycle, consumer("emits: [{to: orders}]")),
        (UnstableCycle, pipeline("[{to: other, per_message: 3}]", "emits: [{to: orders, per_message: 0.5}]")),
        (UnknownReference, pipeline("[{to: othre}]", "")),
        (Contradiction, pipeline("[{to: other}]", "").replace("other: {}", "other: {capacity: 5, overflow: block}")),
        (Contradiction, {
            let text = pipeline("[{to: orders, per_message: 0.1}, {to: both}]", "");
            let text = text.replace("other: {}", "other: {capacity: 5, overflow: block}");
            format!("{text}topics: {{both: {{to: [{{queue: orders, share: 50%}}, {{queue: other, share: 50%}}]}}}}\n")
        }),
        (
            NotConnected,
            format!(
                "{}slo: {{s: {{path: [other, orders], latency: p99, below: 5s}}}}\n",
                pipeline("[{to: other}]", "")
            ),
        ),
        (NotConnected, format!("{}paths: {{way: [other, orders]}}\n", pipeline("[{to: other}]", ""))),
        (
            Contradiction,
            format!("{}slo: {{s: {{path: [orders, other], wait: p99, below: 5s}}}}\n", pipeline("[{to: other}]", "")),
        ),
        (Contradiction, more("paths: {way: [orders, orders]}\n")),
        (UnknownReference, more("slo: {s: {path: way, latency: p99, below: 5s}}\n")),
        (MissingKey, more("slo: {s: {latency: p99, below: 5s}}\n")),
        (Empty, more("slo: {s: {path: [orders], latency: p99, below: 5s}}\n")),
    ]
}
