//! Failures, retries, limits and dead letters in worlds so small that every instant is known.

use crate::engine::events::SimulationError;
use crate::engine::events::diary::{at, diary, fault, model, queue, worker};
use crate::model::{
    AfterFailure, ConsumerGroup, Destination, Distribution, Emission, Failures, Model, Overflow, Queue,
    RequeuePosition, Retry, Ttl, TtlPlace,
};

fn failures(probability: f64, then: AfterFailure) -> Failures {
    Failures { probability, poison: 0.0, then, retry: Retry::AtOnce, partial: false }
}

/// One message and a worker that always fails.
fn hopeless(failures: Failures, queue: Queue) -> Model {
    let group = ConsumerGroup { failures: Some(failures), ..worker(0, 1.0) };
    model(vec![at(0, &[1.0])], vec![queue], vec![group])
}

#[test]
fn a_message_is_delivered_as_often_as_its_queue_allows() {
    let limited = Queue { delivery_limit: Some(3), ..queue(0) };
    let (diary, ledger) = diary(&hopeless(failures(1.0, AfterFailure::Requeue), limited));
    let expected = [
        "1 q0 started 1",
        "2 q0 failed 1",
        "2 q0 redelivered",
        "3 q0 failed 1",
        "3 q0 redelivered",
        "4 q0 failed 1",
        "4 q0 DeliveryLimit 1",
    ];
    assert_eq!(diary.lines, expected);
    assert_eq!((ledger.lost, diary.wasted_s), (1, 3.0));
}

#[test]
fn a_failed_message_is_dropped_or_dead_lettered_as_its_group_says() {
    let (dropped, _) = diary(&hopeless(failures(1.0, AfterFailure::Drop), queue(0)));
    assert_eq!(dropped.lines, ["1 q0 started 1", "2 q0 failed 1", "2 q0 Failed 1"]);

    let mut world = hopeless(failures(1.0, AfterFailure::DeadLetter), Queue { dead_letter: Some(1), ..queue(0) });
    world.queues.push(queue(1));
    world.groups.push(worker(1, 5.0));
    let (diary, ledger) = diary(&world);
    let expected = ["1 q0 started 1", "2 q0 failed 1", "2 q0 dead Rejected 1", "2 q1 started 2", "7 q1 acked 2"];
    assert_eq!(diary.lines, expected);
    assert_eq!((ledger.published, ledger.dead_lettered, ledger.acked), (2, 1, 1));
}

#[test]
fn rests_grow_by_their_factor_up_to_the_longest() {
    let retry = Retry::Backoff { first_s: 1.0, factor: 3.0, max_s: 5.0, jitter: 0.0 };
    let limited = Queue { delivery_limit: Some(5), ..queue(0) };
    let (diary, _) = diary(&hopeless(Failures { retry, ..failures(1.0, AfterFailure::Requeue) }, limited));
    // Rests of 1, 3, 5 and 5 s after attempts of 1 s.
    assert_eq!(
        diary.of(&["redelivered"]),
        ["3 q0 redelivered", "7 q0 redelivered", "13 q0 redelivered", "19 q0 redelivered"]
    );
    assert_eq!(diary.of(&["DeliveryLimit"]), ["20 q0 DeliveryLimit 1"]);
}

#[test]
fn jitter_takes_away_at_most_its_share() {
    let retry = Retry::Backoff { first_s: 2.0, factor: 1.0, max_s: 2.0, jitter: 0.5 };
    let limited = Queue { delivery_limit: Some(30), ..queue(0) };
    let (diary, _) = diary(&hopeless(Failures { retry, ..failures(1.0, AfterFailure::Requeue) }, limited));
    let times_s: Vec<f64> =
        diary.of(&["failed"]).iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    let rests_s: Vec<f64> = times_s.windows(2).map(|pair| pair[1] - pair[0] - 1.0).collect();
    assert!(rests_s.len() > 20);
    assert!(rests_s.iter().all(|rest_s| (1.0 - 1e-9..=2.0 + 1e-9).contains(rest_s)), "{rests_s:?}");
    assert!(rests_s.iter().any(|rest_s| *rest_s < 1.3) && rests_s.iter().any(|rest_s| *rest_s > 1.7));
}

#[test]
fn a_returned_message_goes_where_its_queue_puts_it() {
    let starts = |requeue| {
        let mut world = hopeless(failures(1.0, AfterFailure::Requeue), Queue { requeue, ..queue(0) });
        world.queues[0].delivery_limit = Some(2);
        world.producers = vec![at(0, &[1.0, 1.25, 1.5])];
        let (diary, _) = diary(&world);
        diary.of(&["failed"]).iter().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(starts(RequeuePosition::Original), ["1", "1", "1.25", "1.25", "1.5", "1.5"]);
    assert_eq!(starts(RequeuePosition::Front), ["1", "1", "1.25", "1.25", "1.5", "1.5"]);
    assert_eq!(starts(RequeuePosition::Back), ["1", "1.25", "1.5", "1", "1.25", "1.5"]);
}

#[test]
fn overhead_follows_a_failure_as_it_follows_an_ack_and_another_consumer_takes_over() {
    let group = |replicas| {
        let replicas = crate::model::Replicas::Fixed(replicas);
        let overhead = Some(Distribution::Constant(0.5));
        let failures = Some(failures(1.0, AfterFailure::Requeue));
        ConsumerGroup { replicas, overhead, failures, ..worker(0, 1.0) }
    };
    let world = |replicas| {
        let queue = Queue { delivery_limit: Some(2), ..queue(0) };
        model(vec![at(0, &[1.0])], vec![queue], vec![group(replicas)])
    };
    assert_eq!(diary(&world(1)).0.of(&["redelivered"]), ["2.5 q0 redelivered"]);
    assert_eq!(diary(&world(2)).0.of(&["redelivered"]), ["2 q0 redelivered"]);
}

#[test]
fn poison_fails_every_time_and_the_rest_never() {
    let group = ConsumerGroup {
        failures: Some(Failures { poison: 0.3, ..failures(0.0, AfterFailure::Requeue) }),
        ..worker(0, 0.01)
    };
    for requeue in [RequeuePosition::Original, RequeuePosition::Back] {
        let limited = Queue { delivery_limit: Some(4), requeue, initial: 1000, ..queue(0) };
        let (diary, ledger) = diary(&model(Vec::new(), vec![limited], vec![group.clone()]));
        assert_eq!(ledger.acked + ledger.lost, 1000);
        assert!((250..350).contains(&ledger.lost), "{ledger:?}");
        assert_eq!(diary.count("failed") as u64, 4 * ledger.lost);
    }
}

/// Through a queue that knows nothing of poison: exactly what failed once fails again, each time.
#[test]
fn poison_stays_poison_on_its_way_through_a_dead_letter_queue() {
    let poisonous = Failures { poison: 0.5, ..failures(0.0, AfterFailure::DeadLetter) };
    let group = ConsumerGroup { failures: Some(poisonous), ..worker(0, 0.01) };
    let first = Queue { initial: 1000, dead_letter: Some(1), ..queue(0) };
    let ttl = Some(Ttl { after: Distribution::Constant(20.0), at: TtlPlace::Anywhere });
    let rest = Queue { ttl, dead_letter: Some(0), ..queue(1) };
    let (diary, ledger) = diary(&model(Vec::new(), vec![first, rest], vec![group]));
    let at_first = 1000 - ledger.acked;
    assert!((450..550).contains(&at_first), "{ledger:?}");
    let failed = diary.count("failed") as u64;
    assert!(failed > 3 * at_first && ledger.in_system == at_first, "{failed} {ledger:?}");
}

#[test]
fn failures_come_as_often_as_they_should() {
    let group = ConsumerGroup { failures: Some(failures(0.2, AfterFailure::Requeue)), ..worker(0, 0.001) };
    let (diary, ledger) = diary(&model(Vec::new(), vec![Queue { initial: 20_000, ..queue(0) }], vec![group]));
    assert_eq!(ledger.acked, 20_000);
    // Geometric: 0.2 / 0.8 failures per message, standard deviation 0.56 of one.
    let per_message = diary.count("failed") as f64 / 20_000.0;
    assert!((per_message - 0.25).abs() < 0.012, "{per_message}");
}

#[test]
fn a_full_queue_dead_letters_its_head_but_not_what_it_refuses() {
    let world = |overflow| {
        let full = Queue { capacity: Some(1), overflow, dead_letter: Some(1), ..queue(0) };
        model(vec![at(0, &[1.0, 2.0, 3.0])], vec![full, queue(1)], vec![worker(0, 10.0)])
    };
    let (head, ledger) = diary(&world(Overflow::DropHead));
    assert_eq!(head.of(&["q0 dead"]), ["3 q0 dead Overflow 2"]);
    assert_eq!((ledger.dead_lettered, ledger.dropped, ledger.in_system), (1, 0, 1));
    let (refused, ledger) = diary(&world(Overflow::Reject));
    assert_eq!(refused.of(&["q0 Rejected"]), ["3 q0 Rejected 3"]);
    assert_eq!((ledger.dead_lettered, ledger.rejected), (0, 1));
}

#[test]
fn a_long_chain_of_full_dead_letter_queues_is_no_recursion() {
    let mut queues: Vec<Queue> = (0..50)
        .map(|place| Queue {
            capacity: Some(0),
            overflow: Overflow::DropHead,
            dead_letter: Some(place + 1),
            ..queue(place)
        })
        .collect();
    queues.push(queue(50));
    let (_, ledger) = diary(&model(vec![at(0, &[1.0])], queues, Vec::new()));
    assert_eq!((ledger.published, ledger.dead_lettered, ledger.in_system), (51, 50, 1));
}

#[test]
fn circles_in_which_no_time_passes_are_an_error() {
    let zero_work = ConsumerGroup { failures: Some(failures(1.0, AfterFailure::Requeue)), ..worker(0, 0.0) };
    let requeues = model(vec![at(0, &[1.0])], vec![queue(0)], vec![zero_work]);
    let dies = |to| Queue {
        ttl: Some(Ttl { after: Distribution::Constant(0.0), at: TtlPlace::Anywhere }),
        dead_letter: Some(to),
        ..queue(1 - to)
    };
    let letters = model(vec![at(0, &[1.0])], vec![dies(1), dies(0)], Vec::new());
    let emits = vec![Emission { to: Destination::Queue(0), per_message: 1.0 }];
    let echo = ConsumerGroup { emits, ..worker(0, 0.0) };
    let echoes = model(vec![at(0, &[1.0])], vec![queue(0)], vec![echo]);
    for world in [requeues, letters, echoes] {
        assert_eq!(fault(&world), Some(SimulationError::Livelock { at_s: 1.0 }));
        assert!(fault(&world).is_some_and(|fault| fault.to_string().starts_with("at 1s messages come back")));
    }
}

#[test]
fn a_storm_that_never_settles_ends_with_the_run() {
    let always = hopeless(failures(1.0, AfterFailure::Requeue), queue(0));
    let (diary, ledger) = diary(&always);
    assert_eq!(ledger.in_system, 1);
    assert_eq!(diary.count("failed"), 99);
}

#[test]
fn an_ack_publishes_whole_messages_and_one_more_by_chance() {
    let emits = vec![
        Emission { to: Destination::Queue(1), per_message: 2.0 },
        Emission { to: Destination::Queue(2), per_message: 0.25 },
    ];
    let group = ConsumerGroup { emits, ..worker(0, 0.001) };
    let first = Queue { initial: 10_000, ..queue(0) };
    let (_, ledger) = diary(&model(Vec::new(), vec![first, queue(1), queue(2)], vec![group]));
    assert_eq!(ledger.acked, 10_000);
    let more = ledger.in_system - 20_000;
    assert!((2370..2630).contains(&more), "{more}");
}

#[test]
fn stages_follow_one_another_without_delay() {
    let next = |to| vec![Emission { to: Destination::Queue(to), per_message: 1.0 }];
    let first = ConsumerGroup { emits: next(1), ..worker(0, 1.0) };
    let world = model(vec![at(0, &[1.0, 1.5])], vec![queue(0), queue(1)], vec![first, worker(1, 2.0)]);
    assert_eq!(
        diary(&world).0.lines,
        [
            "1 q0 started 1",
            "2 q0 acked 1",
            "2 q1 started 2",
            "2 q0 started 1.5",
            "3 q0 acked 1.5",
            "4 q1 acked 2",
            "4 q1 started 3",
            "6 q1 acked 3"
        ]
    );
}
