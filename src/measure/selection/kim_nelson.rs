//! Kim and Nelson's fully sequential selection of the smallest mean.
//!
//! S.-H. Kim and B. L. Nelson, "A fully sequential procedure for indifference-zone selection in simulation", ACM
//! TOMACS 11 (2001), 251–273, with c = 1. Common random numbers are allowed: variances are those of differences. Not
//! here: which systems may win at all (`share`), and who is run next.

/// η = ½ \[(2α / (k − 1))^(−2 / (n₀ − 1)) − 1\]: how wide the continuation region is for `systems` = k ≥ 2 systems,
/// n₀ = `first` ≥ 2 first-stage runs, and a probability `alpha` in (0, 1) of a wrong selection (Kim and Nelson 2001,
/// eq. 5 for c = 1).
pub fn kim_nelson_eta(systems: usize, first: usize, alpha: f64) -> f64 {
    let rivals = systems.saturating_sub(1).max(1) as f64;
    0.5 * ((2.0 * alpha / rivals).powf(-2.0 / (first.max(2) - 1) as f64) - 1.0)
}

/// The procedure's constants for one study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KimNelson {
    first: usize,
    indifference: f64,
    h_squared: f64,
}

/// Which of two systems has the smaller mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// The first one.
    First,
    /// The second one.
    Second,
    /// Both are the same, run by run, or on average once their difference is known to be below the indifference.
    Tie,
    /// More runs are needed.
    Open,
}

impl KimNelson {
    /// For `systems` ≥ 2 systems, `first` ≥ 2 first-stage runs of each, a probability `alpha` of a wrong selection, and
    /// an `indifference` above 0: differences below it do not matter.
    pub fn new(systems: usize, first: usize, alpha: f64, indifference: f64) -> Self {
        let first = first.max(2);
        let h_squared = 2.0 * kim_nelson_eta(systems, first, alpha) * (first - 1) as f64;
        KimNelson { first, indifference, h_squared }
    }

    /// The difference below which two means count as equal.
    pub fn indifference(&self) -> f64 {
        self.indifference
    }

    /// Who leads after the runs that both systems have in common. Every number of runs from the first stage on is
    /// looked at in order, so that the answer does not depend on how many runs came at a time.
    pub fn lead(&self, a: &[f64], b: &[f64]) -> Lead {
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        if differences.len() < self.first {
            return Lead::Open;
        }
        let variance = self.first_variance(&differences);
        let mut sum: f64 = differences[..self.first].iter().sum();
        for runs in self.first..=differences.len() {
            if runs > self.first {
                sum += differences[runs - 1];
            }
            let (mean, width) = (sum / runs as f64, self.width(variance, runs));
            if mean.abs() > width {
                return if mean < 0.0 { Lead::First } else { Lead::Second };
            }
            if width == 0.0 {
                return Lead::Tie;
            }
        }
        Lead::Open
    }

    /// Runs after which a pair with this history is decided whatever happens: ⌊h² S² / δ²⌋ + 1; `None` before the
    /// first stage is over.
    pub fn enough(&self, a: &[f64], b: &[f64]) -> Option<f64> {
        let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        (differences.len() >= self.first).then(|| {
            let ratio = self.h_squared * self.first_variance(&differences) / self.indifference.powi(2);
            (ratio.floor() + 1.0).max(self.first as f64)
        })
    }

    /// S²: the variance of the first-stage differences.
    fn first_variance(&self, differences: &[f64]) -> f64 {
        let first = &differences[..self.first];
        let mean = first.iter().sum::<f64>() / first.len() as f64;
        let squares: f64 = first.iter().map(|difference| (difference - mean).powi(2)).sum();
        // Differences that are equal but for rounding vary by nothing.
        let noise = (1e-12 * mean).powi(2) * first.len() as f64;
        if squares <= noise { 0.0 } else { squares / (first.len() - 1) as f64 }
    }

    /// W(r) = max(0, δ / 2r · (h² S² / δ² − r)): half the width of the continuation region.
    fn width(&self, variance: f64, runs: usize) -> f64 {
        let (delta, runs) = (self.indifference, runs as f64);
        (0.5 * (self.h_squared * variance / (delta * runs) - delta)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn procedure(first: usize, indifference: f64) -> KimNelson {
        KimNelson::new(3, first, 0.05, indifference)
    }

    #[test]
    fn equal_systems_tie_at_once() {
        let runs = [3.0, 4.0, 5.0, 3.5];
        assert_eq!(procedure(4, 0.1).lead(&runs, &runs), Lead::Tie);
    }

    #[test]
    fn a_constant_difference_decides_at_once() {
        let (a, b) = ([3.0, 4.0, 5.0, 3.5], [3.1, 4.1, 5.1, 3.6]);
        assert_eq!(procedure(4, 0.01).lead(&a, &b), Lead::First);
        assert_eq!(procedure(4, 0.01).lead(&b, &a), Lead::Second);
    }

    #[test]
    fn noise_needs_more_runs_and_they_are_looked_at_one_by_one() {
        let noisy = |runs: usize| -> Vec<f64> { (0..runs).map(|k| if k % 2 == 0 { 9.0 } else { 10.2 }).collect() };
        let flat = vec![10.0; 2000];
        let kn = procedure(10, 0.1);
        assert_eq!(kn.lead(&noisy(10), &flat), Lead::Open);
        let enough = kn.enough(&noisy(10), &flat).unwrap() as usize;
        assert!((200..500).contains(&enough), "{enough}");
        assert_eq!(kn.lead(&noisy(enough), &flat), Lead::First);
        assert_eq!(kn.lead(&noisy(enough + 500), &flat), Lead::First, "what came later changes nothing");
    }

    #[test]
    fn too_few_runs_decide_nothing() {
        assert_eq!(procedure(10, 0.5).lead(&[1.0; 9], &[2.0; 9]), Lead::Open);
        assert_eq!(procedure(10, 0.5).enough(&[1.0; 9], &[2.0; 9]), None);
    }
}
