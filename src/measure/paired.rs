//! The difference of two means, with its 95 % interval.
//!
//! Runs that share their random numbers are compared pair by pair: what chance did to both cancels. Not here: more than
//! two systems (`selection`).

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::estimate::{Estimate, mean_and_error};

/// Mean of `a[k] − b[k]` and its 95 % t-interval over the pairs that both have (Law 2015, §10.2.1). Differences that
/// are all equal have an interval of no width; a single pair has none, no pair is a missing number.
pub fn paired_difference(a: &[f64], b: &[f64]) -> Estimate {
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    Estimate::of(&differences, "there is no run in which both have this number")
}

/// Mean of `a` − mean of `b` and its 95 % interval as if their runs had nothing in common (Welch 1938, with
/// Satterthwaite's degrees of freedom): what common random numbers save.
pub fn independent_difference(a: &[f64], b: &[f64]) -> Estimate {
    let (Some((mean_a, error_a)), Some((mean_b, error_b))) = (mean_and_error(a), mean_and_error(b)) else {
        return Estimate::missing("one of both has no run with this number");
    };
    let value = mean_a - mean_b;
    let (Some(error_a), Some(error_b)) = (error_a, error_b) else {
        return Estimate { value: Some(value), ..Estimate::default() };
    };
    let (square_a, square_b) = (error_a * error_a, error_b * error_b);
    let error = (square_a + square_b).sqrt();
    let half_width = if error == 0.0 {
        0.0
    } else {
        let shares = square_a.powi(2) / (a.len() - 1) as f64 + square_b.powi(2) / (b.len() - 1) as f64;
        let freedom = (square_a + square_b).powi(2) / shares;
        error * quantile(freedom)
    };
    Estimate { value: Some(value), low: Some(value - half_width), high: Some(value + half_width), why_not: None }
}

/// The same difference from what is left of each side when its runs are gone: the mean with its 95 % t-interval, and
/// how many runs it is the mean of (Welch 1938). Without an interval on either side, the difference has none.
pub fn difference_of_means((a, runs_a): (&Estimate, u32), (b, runs_b): (&Estimate, u32)) -> Estimate {
    let (Some(mean_a), Some(mean_b)) = (a.value, b.value) else {
        return Estimate::missing("one of both has no such number");
    };
    let value = mean_a - mean_b;
    let square = |estimate: &Estimate, runs: u32| {
        let freedom = f64::from(runs.checked_sub(1).filter(|freedom| *freedom > 0)?);
        Some(((estimate.half_width()? / quantile(freedom)).powi(2), freedom))
    };
    let Some(((square_a, freedom_a), (square_b, freedom_b))) = square(a, runs_a).zip(square(b, runs_b)) else {
        return Estimate { value: Some(value), ..Estimate::default() };
    };
    let sum = square_a + square_b;
    let half_width = if sum == 0.0 {
        0.0
    } else {
        sum.sqrt() * quantile(sum.powi(2) / (square_a.powi(2) / freedom_a + square_b.powi(2) / freedom_b))
    };
    Estimate { value: Some(value), low: Some(value - half_width), high: Some(value + half_width), why_not: None }
}

/// The 97.5th percentile of Student's t.
fn quantile(freedom: f64) -> f64 {
    let t = StudentsT::new(0.0, 1.0, freedom).expect("a positive number of degrees of freedom");
    t.inverse_cdf(0.975)
}

/// What an interval of a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The first is surely smaller: the whole interval lies below 0.
    Lower,
    /// The first is surely larger.
    Higher,
    /// 0 is in the interval: no difference was shown.
    Open,
}

impl Sign {
    /// What the interval of `difference` says; `None` where there is no interval.
    pub fn of(difference: &Estimate) -> Option<Sign> {
        match (difference.low?, difference.high?) {
            (_, high) if high < 0.0 => Some(Sign::Lower),
            (low, _) if low > 0.0 => Some(Sign::Higher),
            _ => Some(Sign::Open),
        }
    }

    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Sign::Lower => "lower",
            Sign::Higher => "higher",
            Sign::Open => "open",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_runs_do_not_differ() {
        let runs = [1.0, 5.0, 2.5];
        let difference = paired_difference(&runs, &runs);
        assert_eq!((difference.low, difference.high), (Some(0.0), Some(0.0)));
        assert_eq!(Sign::of(&difference), Some(Sign::Open));
    }

    #[test]
    fn a_constant_difference_is_certain() {
        let difference = paired_difference(&[1.0, 5.0, 2.5], &[2.0, 6.0, 3.5]);
        assert_eq!(Sign::of(&difference), Some(Sign::Lower));
        assert_eq!(Sign::of(&paired_difference(&[2.0, 6.0], &[1.0, 5.0])), Some(Sign::Higher));
    }

    #[test]
    fn one_pair_says_nothing() {
        let difference = paired_difference(&[1.0], &[9.0, 8.0]);
        assert_eq!((difference.value, Sign::of(&difference)), (Some(-8.0), None));
        assert!(paired_difference(&[], &[1.0]).why_not.is_some());
    }

    #[test]
    fn pairs_see_through_the_noise_that_both_share() {
        let noise = [10.0, 40.0, 25.0, 31.0, 18.0, 22.0];
        let other = noise.map(|run| run + 1.0 + 0.01 * run);
        assert_eq!(Sign::of(&paired_difference(&noise, &other)), Some(Sign::Lower));
        assert_eq!(Sign::of(&independent_difference(&noise, &other)), Some(Sign::Open));
    }

    #[test]
    fn means_with_intervals_differ_as_their_runs_do() {
        let (a, b) = ([12.1, 11.4, 13.0, 12.6, 11.9], [10.2, 9.7, 11.1, 10.4, 10.9, 9.9, 10.6]);
        let runs = independent_difference(&a, &b);
        let means = difference_of_means((&Estimate::of(&a, ""), 5), (&Estimate::of(&b, ""), 7));
        let near = |x: Option<f64>, y: Option<f64>| (x.unwrap() - y.unwrap()).abs() < 1e-9;
        assert!(near(runs.low, means.low) && near(runs.high, means.high), "{runs:?} {means:?}");
        let single = difference_of_means((&Estimate::of(&a, ""), 5), (&Estimate::of(&[3.0], ""), 1));
        assert_eq!((single.value.is_some(), single.low), (true, None));
    }
}
