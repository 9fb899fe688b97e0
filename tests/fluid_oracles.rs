//! The fluid cases of `tests/data/oracles.json`, computed by hand or to high precision.
#![allow(clippy::unwrap_used)]

#[path = "support/fluid_model.rs"]
mod fluid_model;

use fluid_model::{answer, model, path};
use forebay::engine::fluid::Regime;
use forebay::model::{Distribution, Overflow, Rate, Replicas};
use serde_json::Value;

struct Oracle(Value);

impl Oracle {
    fn named(name: &str) -> Self {
        let cases: Vec<Value> = serde_json::from_str(include_str!("data/oracles.json")).unwrap();
        Self(cases.into_iter().find(|case| case["name"] == name).unwrap_or_else(|| panic!("no case {name}")))
    }

    fn parameter(&self, key: &str) -> f64 {
        self.0["params"][key].as_f64().unwrap_or_else(|| panic!("no parameter {key}"))
    }

    fn fixed(&self, key: &str) -> Replicas {
        Replicas::Fixed(self.parameter(key) as u32)
    }

    /// P0, and P1 during the spike.
    fn spike(&self) -> Rate {
        let from_s = self.0["params"]["spike_start"].as_f64().unwrap_or(0.0);
        let (low, high) = (self.parameter("P0"), self.parameter("P1"));
        Rate::Steps(vec![(0.0, low), (from_s, high), (from_s + self.parameter("spike_len"), low)])
    }

    fn check(&self, computed: f64) {
        let (value, tolerance) = (self.0["value"].as_f64().unwrap(), self.0["tolerance"].as_f64().unwrap());
        let error = (computed - value).abs();
        assert!(error <= tolerance * value.abs(), "{}: computed {computed}, expected {value}", self.0["name"]);
    }
}

#[test]
fn ramp() {
    let oracle = Oracle::named("fluid_ramp_backlog");
    let end_s = oracle.parameter("T");
    let ramp = Rate::Points(vec![(0.0, 60.0), (end_s, 60.0 + 2.0 * end_s)]);
    oracle.check(path(&model(ramp, oracle.fixed("C"), end_s)).backlog_at(end_s));
}

#[test]
fn spike() {
    let oracle = Oracle::named("fluid_spike_peak");
    let answer = answer(&model(oracle.spike(), oracle.fixed("C"), 600.0));
    oracle.check(answer.max_backlog.unwrap());
    Oracle::named("fluid_spike_maxdelay").check(answer.max_delay_s.unwrap());
    assert_eq!(answer.max_at_s, Some(160.0));
    assert_eq!(answer.drained_at_s, Some(355.0));
    assert!((answer.backlog_area.unwrap() - 994_500.0).abs() < 1e-6);
    assert_eq!(answer.lost, Some(0.0));
}

#[test]
fn spike_with_a_late_scale_up() {
    let oracle = Oracle::named("fluid_spike_scaleup_peak");
    let (few, many) = (oracle.parameter("C0") as u32, oracle.parameter("C1") as u32);
    let replicas = Replicas::Steps(vec![(0.0, few), (oracle.parameter("scale_at"), many)]);
    let answer = answer(&model(oracle.spike(), replicas, 600.0));
    oracle.check(answer.max_backlog.unwrap());
    Oracle::named("fluid_spike_scaleup_maxdelay").check(answer.max_delay_s.unwrap());
}

#[test]
fn start_up_time_is_the_lag_of_a_scale_up() {
    let oracle = Oracle::named("fluid_spike_scaleup_maxdelay");
    let (few, many) = (oracle.parameter("C0") as u32, oracle.parameter("C1") as u32);
    let replicas = Replicas::Steps(vec![(0.0, few), (oracle.parameter("scale_at") - 20.0, many)]);
    let mut model = model(oracle.spike(), replicas, 600.0);
    model.groups[0].startup = Some(Distribution::Constant(20.0));
    oracle.check(answer(&model).max_delay_s.unwrap());
}

#[test]
fn sinusoid() {
    let oracle = Oracle::named("fluid_sin_onset");
    let rate = Rate::Sine { mean: 100.0, amplitude: 50.0, period_s: 24.0, phase_s: 0.0 };
    let model = model(rate, oracle.fixed("C"), 24.0);
    let path = path(&model);
    let onset = path.pieces().iter().find(|piece| piece.regime == Regime::Waiting).map(|piece| piece.from_s);
    oracle.check(onset.unwrap());
    let answer = answer(&model);
    Oracle::named("fluid_sin_empty").check(answer.drained_at_s.unwrap());
    assert!((answer.max_backlog.unwrap() / 172.958_138_1 - 1.0).abs() < 1e-9);
}

#[test]
fn overloaded_many_servers_relax_linearly() {
    let oracle = Oracle::named("fluid_mmc_relax");
    let mut model = model(Rate::Constant(oracle.parameter("lambda")), oracle.fixed("c"), 100.0);
    model.queues[0].initial = (oracle.parameter("m0") - oracle.parameter("c")) as u64;
    oracle.check(answer(&model).drained_at_s.unwrap());
}

#[test]
fn first_stage_of_a_tandem() {
    let oracle = Oracle::named("fluid_tandem_q1");
    let rate = Rate::Pulse { height: 150.0, from_s: 0.0, until_s: 100.0 };
    oracle.check(answer(&model(rate, oracle.fixed("C1"), 200.0)).max_backlog.unwrap());
}

#[test]
fn finite_buffer() {
    let oracle = Oracle::named("fluid_finite_buffer_drop");
    for overflow in [Overflow::Reject, Overflow::DropHead] {
        let mut model = model(oracle.spike(), oracle.fixed("C"), 600.0);
        model.queues[0].capacity = Some(oracle.parameter("capacity") as u64);
        model.queues[0].overflow = overflow;
        oracle.check(answer(&model).lost.unwrap());
    }
}
