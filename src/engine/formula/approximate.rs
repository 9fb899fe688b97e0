//! Answers where no law is exact: named approximations of the mean, each with its known error, never a quantile.
//!
//! Errors were measured against the exact laws here: constant, Erlang and hyperexponential services, 2 to 50 slots,
//! utilizations 0.5 to 0.98. Not here: the formulas (`two_moment`, `qna`).

use super::answer::{Approximation, FormulaQueue};
use super::classify::{Gaps, Setting, scv_of};
use super::network::Feed;
use super::two_moment::TwoMoment;
use crate::model::Distribution;

/// Kimura's error for services of a regular shape: 3 % was measured for constant and Erlang ones.
const KIMURA_ERROR: f64 = 0.05;
/// Below it waits are next to nothing, and Cosmetatos's correction is off by up to a third of that.
const KIMURA_UTILIZATION: f64 = 0.7;

const MEANS_ONLY: &str = "an approximation by two moments gives means only: neither quantiles nor the share that waits";

/// The two-moment approximation of a queue with unlimited room and patience.
///
/// # Errors
/// Why there is none.
pub(super) fn approximate(setting: &Setting) -> Result<FormulaQueue, String> {
    let station = &setting.station;
    let (slots, busy_s, scv) = (station.slots, station.occupancy_s(), station.occupancy_scv());
    if !scv.is_finite() {
        return Err("the variance of the service is infinite, which no approximation by two moments allows".to_owned());
    }
    let utilization = setting.rate_per_s * busy_s / slots as f64;
    let gap_scv = scv_of(&setting.gaps, utilization);
    let Some(gap_scv) = gap_scv.filter(|scv| scv.is_finite()) else {
        return Err("the gaps between arrivals have no finite variance, which two moments need".to_owned());
    };
    let queue = TwoMoment::new(setting.rate_per_s, gap_scv, busy_s, scv, slots).map_err(|reason| reason.to_string())?;
    let is_poisson = setting.gaps == Gaps::Poisson;
    let wait_s = if is_poisson { queue.kimura_s() } else { queue.general_s() };
    Ok(FormulaQueue {
        model: Some(if is_poisson { "M/G/c approx." } else { "G/G/c approx." }.to_owned()),
        approximation: Some(name(setting, is_regular(setting) && utilization >= KIMURA_UTILIZATION)),
        utilization: Some(setting.rate_per_s * station.service.mean() / slots as f64),
        ready_mean: Some(setting.rate_per_s * wait_s),
        wait_mean_s: Some(wait_s),
        latency_mean_s: Some(wait_s + station.service.mean()),
        loss: Some(0.0),
        why_not: Some(MEANS_ONLY.to_owned()),
        ..Default::default()
    })
}

/// Whether a slot is kept for times without rare long ones, as far as the kind of law can tell.
fn is_regular(setting: &Setting) -> bool {
    let station = &setting.station;
    [Some(&station.service), station.overhead.as_ref()].into_iter().flatten().all(|law| match law {
        Distribution::Constant(_)
        | Distribution::Exponential { .. }
        | Distribution::Erlang { .. }
        | Distribution::Gamma { .. }
        | Distribution::Weibull { .. }
        | Distribution::Uniform { .. } => law.scv() <= 1.0,
        _ => false,
    })
}

fn name(setting: &Setting, is_bounded: bool) -> Approximation {
    let known = |name: &str, error: &str, relative_error: Option<f64>| Approximation {
        name: name.to_owned(),
        error: error.to_owned(),
        relative_error,
    };
    let rough = "two-moment: an error of ±25 % or worse is normal at 10 slots";
    let kimura = "Kimura 1986 (M/G/c)";
    match (&setting.gaps, setting.feed) {
        (Gaps::Poisson, _) if is_bounded => {
            known(kimura, "within 5 % for a service of this shape at this utilization", Some(KIMURA_ERROR))
        }
        (Gaps::Poisson, _) => known(
            kimura,
            "a few % at 10 slots, without a bound: ±30 % or worse where waits are short or long services rare",
            None,
        ),
        (_, Feed::Approximate) => known("QNA (Whitt 1983), Allen-Cunneen and Krämer-Langenbach-Belz", rough, None),
        _ => known("Allen-Cunneen and Krämer-Langenbach-Belz (GI/G/c)", rough, None),
    }
}
