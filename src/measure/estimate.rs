//! One reported number with its 95 % interval.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The mean over replications of a replication's statistic, with its 95 % t-interval.
///
/// `low` and `high` are `None` with one replication; `value` is `None` when the number does not exist, and then
/// `why_not` says why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Mean over replications.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// Why there is no value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

impl Estimate {
    /// A number that does not exist.
    pub fn missing(why_not: impl Into<String>) -> Estimate {
        Estimate { why_not: Some(why_not.into()), ..Estimate::default() }
    }

    /// The mean of `samples` and its 95 % t-interval; without samples, a missing number.
    pub fn of(samples: &[f64], why_not: &str) -> Estimate {
        match mean_and_error(samples) {
            None => Estimate::missing(why_not),
            Some((mean, None)) => Estimate { value: Some(mean), ..Estimate::default() },
            Some((mean, Some(error))) => {
                let half = error * t_quantile(0.975, samples.len() - 1);
                Estimate { value: Some(mean), low: Some(mean - half), high: Some(mean + half), why_not: None }
            }
        }
    }

    /// Half the width of the interval, if there is one.
    pub fn half_width(&self) -> Option<f64> {
        Some(0.5 * (self.high? - self.low?))
    }
}

/// Mean, and standard error of the mean if there is more than one sample.
pub(crate) fn mean_and_error(samples: &[f64]) -> Option<(f64, Option<f64>)> {
    let n = samples.len() as f64;
    if samples.is_empty() {
        return None;
    }
    let mean = samples.iter().sum::<f64>() / n;
    if samples.len() == 1 {
        return Some((mean, None));
    }
    let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    Some((mean, Some((squares / (n - 1.0) / n).sqrt())))
}

/// Quantile of Student's t with `freedom` degrees of freedom.
pub(crate) fn t_quantile(share: f64, freedom: usize) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom.max(1) as f64).expect("a positive number of degrees of freedom");
    t.inverse_cdf(share)
}

/// The empirical quantile of `sorted` values, interpolated (Hyndman and Fan 1996, type 7).
pub(crate) fn sorted_quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reproduces_the_oracle_of_independent_replications() {
        let samples = [12.1, 11.4, 13.0, 12.6, 11.9, 12.8, 12.2, 11.7, 12.5, 12.0];
        let half_width = Estimate::of(&samples, "").half_width().unwrap();
        assert!((half_width / 0.359_739_103_710_475_1 - 1.0).abs() < 1e-9, "{half_width}");
    }

    #[test]
    fn one_replication_has_no_interval() {
        let estimate = Estimate::of(&[3.0], "");
        assert_eq!((estimate.value, estimate.low, estimate.high), (Some(3.0), None, None));
    }

    #[test]
    fn no_sample_is_a_missing_number_with_its_reason() {
        assert_eq!(Estimate::of(&[], "nothing was published").why_not.as_deref(), Some("nothing was published"));
    }
}
