//! Answers where no law is exact: named approximations of the mean, each with its known error, never a quantile.
//!
//! Errors were measured against the exact laws here: constant, Erlang and hyperexponential services, 2 to 50 slots,
//! utilizations 0.5 to 0.98. Not here: the formulas (`two_moment`, `qna`).

use super::answer::{Approximation, FormulaQueue};
use super::classify::{Gaps, Setting, scv_of};
use super::network::Feed;
use super::two_moment::TwoMoment;

/// Kimura's error for services that vary no more than exponential ones: 3 % was measured for constant and Erlang ones,
/// 14 % can be reached by one that is nothing or long, at 100 slots.
const KIMURA_ERROR: f64 = 0.15;
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
        approximation: Some(name(is_poisson, setting.feed, utilization, scv)),
        utilization: Some(setting.rate_per_s * station.service.mean() / slots as f64),
        ready_mean: Some(setting.rate_per_s * wait_s),
        wait_mean_s: Some(wait_s),
        latency_mean_s: Some(wait_s + station.service.mean()),
        loss: Some(0.0),
        why_not: Some(MEANS_ONLY.to_owned()),
        ..Default::default()
    })
}

fn name(is_poisson: bool, feed: Feed, utilization: f64, service_scv: f64) -> Approximation {
    let known = |name: &str, error: &str, relative_error: Option<f64>| Approximation {
        name: name.to_owned(),
        error: error.to_owned(),
        relative_error,
    };
    let rough = "two-moment: an error of ±25 % or worse is normal at 10 slots";
    let kimura = "Kimura 1986 (M/G/c)";
    match (is_poisson, feed) {
        (true, _) if service_scv <= 1.0 && utilization >= KIMURA_UTILIZATION => {
            known(kimura, "within 3 % for services like Erlang's, 15 % for any that varies no more", Some(KIMURA_ERROR))
        }
        (true, _) if service_scv <= 1.0 => {
            known(kimura, "within 30 % of waits that are short at this utilization", None)
        }
        (true, _) => known(
            kimura,
            "2 % off where the longer services carry half of the work and cv is 2, ±30 % or worse where they are rarer \
             or commoner",
            None,
        ),
        (false, Feed::Approximate) => known("QNA (Whitt 1983), Allen-Cunneen and Krämer-Langenbach-Belz", rough, None),
        (false, _) => known("Allen-Cunneen and Krämer-Langenbach-Belz (GI/G/c)", rough, None),
    }
}
