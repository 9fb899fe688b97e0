//! The criterion: 4 standard errors, and an interval narrow enough to say something.

use std::fmt;

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Largest half-width of the 95 % interval, relative to the value, for means and probabilities.
pub const MEANS: f64 = 0.02;
/// The same for p99 and p999, for shares below 10 %, and for probabilities at an instant.
pub const TAILS: f64 = 0.05;
/// The same for shares below 1 %: each further digit would cost a hundred times the messages.
pub const RARE: f64 = 0.20;

/// Why a simulation does not reproduce a number.
#[derive(Clone, Debug, PartialEq)]
pub enum Miss {
    /// It gives another one.
    Wrong(String),
    /// Its interval is too wide to tell.
    Vague(String),
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Miss::Wrong(what) | Miss::Vague(what)) = self;
        f.write_str(what)
    }
}

/// Mean of the samples and its standard error.
pub fn mean_and_error(samples: &[f64]) -> (f64, f64) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let squares: f64 = samples.iter().map(|sample| (sample - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

/// Half the width of the 95 % t-interval, as a multiple of the largest one allowed: `limit` · `value`, or of the mean where
/// it is larger and thus wrong: more samples would not make it right.
pub fn vagueness(value: f64, limit: f64, samples: &[f64]) -> f64 {
    let (mean, error) = mean_and_error(samples);
    let t = StudentsT::new(0.0, 1.0, samples.len() as f64 - 1.0).unwrap().inverse_cdf(0.975);
    if error == 0.0 { 0.0 } else { t * error / (limit * value.abs().max(mean.abs())) }
}

/// Whether independent `samples` have the mean `value`.
pub fn judge(what: &str, value: f64, limit: f64, samples: &[f64]) -> Result<String, Miss> {
    let (mean, error) = mean_and_error(samples);
    let vagueness = vagueness(value, limit, samples);
    let off = if mean == value { 0.0 } else { (mean - value) / error.max(1e-9 * value.abs()) };
    let report =
        format!("{what}: simulated {mean:.6} ± {error:.6} (standard error), expected {value:.6}: {off:+.2} errors");
    if off.abs() > 4.0 {
        Err(Miss::Wrong(report))
    } else if vagueness > 1.0 {
        Err(Miss::Vague(format!("{report}; the interval is {vagueness:.2} times as wide as allowed")))
    } else {
        Ok(report)
    }
}

/// Prints every verdict and fails if there is a bad one.
pub fn assert_all(verdicts: &[Result<String, Miss>]) {
    let misses: Vec<String> =
        verdicts.iter().filter_map(|verdict| verdict.as_ref().err().map(Miss::to_string)).collect();
    verdicts.iter().flatten().for_each(|report| println!("{report}"));
    assert!(misses.is_empty(), "{} of {} are missed:\n{}", misses.len(), verdicts.len(), misses.join("\n"));
}
