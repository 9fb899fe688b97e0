//! ZeroMQ, Celery and an event bus within a process.

use super::Place::{Group, Producer, Queue};
use super::{Default, Foreign, Only, Preset, Value, default, foreign};

const NO_WAITING: Default = default(
    Queue,
    "capacity",
    "0",
    "nothing waits outside the buffers of the peers",
    "ZeroMQ zmq_socket.adoc: a message is assigned to a peer when it is sent",
);
const HIGH_WATER_MARK: Default = default(
    Group,
    "prefetch",
    "2000",
    "each peer buffers what is sent to it: 1000 on the sending and 1000 on the receiving side",
    "ZeroMQ zmq_setsockopt.adoc: ZMQ_SNDHWM and ZMQ_RCVHWM are 1000, without the buffers of the system",
);
const AT_MOST_ONCE: Default = default(
    Group,
    "ack",
    "before",
    "nothing is acknowledged: what a lost peer held is lost",
    "ZeroMQ zmq_socket.adoc: no acknowledgements",
);
const IN_MEMORY: Default =
    default(Queue, "durable", "false", "messages live in memory only", "ZeroMQ zmq_socket.adoc: no broker, no disk");

const fn no_broker(place: super::Place, key: &'static str) -> Foreign {
    foreign(place, key, "there is no broker between the peers of ZeroMQ that could do this")
}

const SOCKET_FOREIGN: &[Foreign] = &[
    no_broker(Queue, "ttl"),
    no_broker(Queue, "retention"),
    no_broker(Queue, "priorities"),
    no_broker(Queue, "partitions"),
    no_broker(Queue, "groups"),
    no_broker(Queue, "single_active"),
    no_broker(Queue, "delivery_limit"),
    no_broker(Queue, "dead_letter"),
    no_broker(Queue, "requeue"),
    no_broker(Group, "ack_timeout"),
    no_broker(Group, "in_flight_limit"),
    no_broker(Group, "rebalance"),
    no_broker(Producer, "confirms"),
    Foreign { place: Queue, key: "durable", word: Some("true"), why: "ZeroMQ keeps messages in memory only" },
];

pub(super) const ZEROMQ_PUB: Preset = Preset {
    name: "zeromq-pub",
    about: "one subscriber of a ZeroMQ PUB socket",
    defaults: &[
        NO_WAITING,
        default(
            Queue,
            "overflow",
            "reject",
            "beyond the high-water mark messages are dropped, for this subscriber only",
            "ZeroMQ zmq_socket.adoc: PUB drops",
        ),
        IN_MEMORY,
        HIGH_WATER_MARK,
        AT_MOST_ONCE,
        default(
            Producer,
            "when_away",
            "lose",
            "without a connection messages are dropped",
            "ZeroMQ zmq_socket.adoc: PUB never blocks",
        ),
    ],
    foreign: SOCKET_FOREIGN,
    notes: &["Give each subscriber its own queue, and publish to a topic with copies."],
};

pub(super) const ZEROMQ_PUSH: Preset = Preset {
    name: "zeromq-push",
    about: "ZeroMQ PUSH socket with PULL workers",
    defaults: &[
        NO_WAITING,
        default(
            Queue,
            "overflow",
            "block",
            "when all peers are full, the sender waits",
            "ZeroMQ zmq_socket.adoc: PUSH blocks",
        ),
        IN_MEMORY,
        HIGH_WATER_MARK,
        AT_MOST_ONCE,
        default(
            Producer,
            "when_away",
            "block",
            "without a connection the sender waits",
            "ZeroMQ zmq_socket.adoc: PUSH blocks without peers",
        ),
    ],
    foreign: SOCKET_FOREIGN,
    notes: &["Work is assigned when it is sent, round robin: a slow worker keeps what it was given."],
};

pub(super) const CELERY: Preset = Preset {
    name: "celery",
    about: "task queue of Celery",
    defaults: &[
        Default {
            value: Value::PerSlot(4),
            ..default(
                Group,
                "prefetch",
                "",
                "each worker reserves four tasks per process: short ones wait behind long ones",
                "Celery userguide/configuration.rst: worker_prefetch_multiplier is 4",
            )
        },
        default(
            Group,
            "ack",
            "before",
            "a task that runs when its worker is killed is lost",
            "Celery userguide/configuration.rst: task_acks_late is off",
        ),
        Default {
            only: Only::AckedAfter,
            ..default(
                Group,
                "ack_timeout",
                "1h",
                "a task that is unacked for longer runs again on another worker",
                "Celery backends-and-brokers/redis.rst: visibility timeout of the Redis broker",
            )
        },
    ],
    foreign: &[
        foreign(Queue, "partitions", "a queue of Celery has no partitions: use several queues"),
        foreign(Queue, "groups", "Celery has no message groups; its `group` primitive is `emits`"),
        foreign(Queue, "retention", "a queue of Celery keeps nothing that was consumed"),
        foreign(Group, "rebalance", "workers of Celery are not rebalanced: there are no partitions"),
        foreign(Group, "in_flight_limit", "Celery limits what each worker reserves: use `prefetch`"),
    ],
    notes: &[
        "`concurrency` is the size of the worker's pool.",
        "With early acknowledgement reserved tasks go back when a worker dies; here all that it held is lost.",
        "With early acknowledgement a running task takes no place among the reserved ones: one more per process.",
        "A retry publishes the task again: `failures` with `then: requeue` need `ack: after`.",
        "`acks_late` is `ack: after`; the visibility timeout holds for Redis and SQS, not for RabbitMQ: `none`.",
    ],
};

pub(super) const EVENT_BUS: Preset = Preset {
    name: "event-bus",
    about: "subscription of an event bus within a process",
    defaults: &[
        default(
            Queue,
            "durable",
            "false",
            "events live in memory: a restart loses them",
            "the definition of an in-process bus",
        ),
        default(
            Group,
            "ack",
            "before",
            "an event is handed over once: a callback that fails does not get it again",
            "the definition of an in-process bus",
        ),
        default(
            Producer,
            "when_away",
            "lose",
            "nobody publishes while the process is down",
            "the definition of an in-process bus",
        ),
    ],
    foreign: &[
        foreign(Queue, "partitions", "an event bus has no partitions"),
        foreign(Queue, "groups", "an event bus has no message groups"),
        foreign(Queue, "retention", "an event bus keeps nothing"),
        foreign(Queue, "single_active", "a subscription has one callback: `replicas: 1`"),
        foreign(Queue, "delivery_limit", "an event is handed over once"),
        foreign(Queue, "requeue", "an event is handed over once"),
        foreign(Group, "ack_timeout", "an event is handed over once"),
        foreign(Group, "in_flight_limit", "use `concurrency`"),
        foreign(Group, "rebalance", "an event bus has no partitions"),
        Foreign { place: Queue, key: "durable", word: Some("true"), why: "events live in memory" },
    ],
    notes: &[
        "Give each subscriber its own queue, and publish to a topic with copies.",
        "Callbacks that run in the publisher's thread are `capacity: 0, overflow: block` with one slot.",
    ],
};
