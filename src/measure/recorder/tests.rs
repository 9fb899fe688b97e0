//! What brokers add to the numbers, on worlds small enough to know them.

use super::Recorder;
use crate::engine::events::simulate;
use crate::measure::EventsOutcome;
use crate::measure::summarise;
use crate::model::{
    AfterFailure, Arrivals, ConsumerGroup, Destination, Distribution, Emission, Failures, Model, Order, Path, Process,
    Producer, Promise, Quantile, Queue, Rate, Resource, Retry, Slo,
};

/// Queues in a row, each with one replica that takes `work_s` and publishes to the next.
fn tandem(publish_per_s: f64, works_s: &[f64]) -> Model {
    let mut model = Model::new("small", 100.0);
    let arrivals = Arrivals::Process { rate: Rate::Constant(publish_per_s), process: Process::Regular };
    model.producers = vec![Producer::new("p", 0, arrivals)];
    for (id, work_s) in works_s.iter().enumerate() {
        model.queues.push(Queue::new(format!("q{id}")));
        let mut group = ConsumerGroup::new(format!("c{id}"), id, 1, Distribution::Constant(*work_s));
        if id + 1 < works_s.len() {
            group.emits = vec![Emission { to: Destination::Queue(id + 1), per_message: 1.0 }];
        }
        model.groups.push(group);
    }
    model
}

fn measured(model: &Model) -> EventsOutcome {
    let mut recorder = Recorder::new(model);
    let ledger = simulate(model, 1, 0, &mut recorder).unwrap();
    summarise(model, &[(recorder.finish(), ledger)])
}

fn failing(then: AfterFailure) -> Failures {
    Failures { probability: 0.5, poison: 0.0, then, retry: Retry::AtOnce, partial: true }
}

fn promise(queue: usize, promise: Promise) -> Slo {
    Slo { name: "s".into(), queue, path: None, promise, during: None }
}

#[test]
fn a_path_takes_as_long_as_its_queues_together_and_a_promise_may_speak_of_it() {
    let mut model = tandem(1.0, &[0.25, 0.5]);
    model.paths = vec![Path { name: "both".into(), queues: vec![0, 1] }];
    let latency = promise(1, Promise::Latency(Quantile::Max, 1.0));
    model.slos = vec![Slo { path: Some(0), ..latency.clone() }, latency];
    let found = measured(&model);
    let path = &found.paths[0];
    assert!((path.latency_s.mean.value.unwrap() - 0.75).abs() < 1e-9, "{path:?}");
    assert_eq!((path.completed.value, path.broken.value, path.unsettled), (Some(99.0), Some(0.0), None));
    let values: Vec<f64> = found.slo_values.iter().map(|values| values[0].unwrap()).collect();
    assert!((values[0] - 0.75).abs() < 1e-9 && (values[1] - 0.5).abs() < 1e-9, "{values:?}");
}

#[test]
fn what_failed_for_good_is_lost_and_breaks_its_path_and_what_is_kept_is_no_loss() {
    let mut model = tandem(1.0, &[0.25, 0.25]);
    model.paths = vec![Path { name: "both".into(), queues: vec![0, 1] }];
    model.groups[0].failures = Some(failing(AfterFailure::Drop));
    model.slos = vec![promise(0, Promise::LossShare(0.1))];
    let found = measured(&model);
    let lost = found.queues[0].deliveries.as_ref().unwrap().lost.failed.value.unwrap();
    assert!((30.0..70.0).contains(&lost), "{lost}");
    assert_eq!(found.slo_values[0][0], Some(lost / found.queues[0].published.value.unwrap()));
    assert!((found.paths[0].broken.value.unwrap() - lost).abs() <= 1.0);
    let wasted_s = found.groups[0].waste.as_ref().unwrap().wasted_work_s.value.unwrap();
    assert!((wasted_s - 0.25 * lost).abs() < 0.3, "{wasted_s}");

    model.queues.push(Queue::new("parked"));
    model.queues[0].dead_letter = Some(2);
    model.groups[0].failures = Some(failing(AfterFailure::DeadLetter));
    let found = measured(&model);
    let by = &found.queues[0].deliveries.as_ref().unwrap().dead_lettered_by;
    assert_eq!(by.rejected, found.queues[0].dead_lettered);
    assert_eq!(found.slo_values[0][0], Some(0.0));
}

#[test]
fn half_of_the_attempts_in_vain_make_two_deliveries_of_each_message() {
    let mut model = tandem(1.0, &[0.1]);
    model.horizon_s = 4000.0;
    model.groups[0].failures = Some(failing(AfterFailure::Requeue));
    let times = measured(&model).queues[0].deliveries.as_ref().unwrap().per_message.value.unwrap();
    assert!((times - 2.0).abs() < 0.1, "{times}");
}

#[test]
fn the_urgent_wait_less() {
    let mut model = tandem(9.0, &[0.1]);
    model.queues[0].order = Order::Priorities(vec![0.25, 0.75]);
    model.producers[0].arrivals = Arrivals::Process { rate: Rate::Constant(9.0), process: Process::Poisson };
    let levels = &measured(&model).queues[0].levels;
    assert!((levels[0].share.value.unwrap() - 0.25).abs() < 0.06, "{levels:?}");
    assert!(levels[0].wait_s.mean.value < levels[1].wait_s.mean.value, "{levels:?}");
}

#[test]
fn a_resource_that_is_too_small_is_in_use_and_waited_for() {
    let mut model = tandem(9.5, &[0.1]);
    model.resources = vec![Resource { name: "db".into(), slots: 1 }];
    model.groups[0].replicas = crate::model::Replicas::Fixed(4);
    model.groups[0].uses = vec![(0, 1)];
    model.producers[0].arrivals = Arrivals::Process { rate: Rate::Constant(20.0), process: Process::Poisson };
    let db = &measured(&model).resources[0];
    assert!(db.utilization.value.unwrap() > 0.95 && db.in_use.max.value == Some(1.0), "{db:?}");
    assert_eq!(db.waiting.max.value, Some(3.0));
}

#[test]
fn plain_models_have_none_of_it() {
    let found = measured(&tandem(1.0, &[0.1]));
    assert_eq!(
        (&found.queues[0].deliveries, &found.queues[0].partitions, &found.groups[0].waste),
        (&None, &None, &None)
    );
    assert!(found.queues[0].levels.is_empty() && found.paths.is_empty() && found.producers.is_empty());
}
