//! Whether something happens in at least a demanded share of runs.
//!
//! A. Wald, "Sequential tests of statistical hypotheses", Annals of Mathematical Statistics 16 (1945), 117–186: the
//! sequential probability ratio test for a Bernoulli share. Not here: what happens in a run.

/// Half of the zone in which either verdict is right is this much of what is missing to all runs, …
const ZONE_OF_REST: f64 = 0.8;
/// … and at most this.
const WIDEST_ZONE: f64 = 0.1;

/// The test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareTest {
    demanded: f64,
    zone: f64,
    error: f64,
}

/// What the runs so far say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareVerdict {
    /// The share is reached.
    Reached,
    /// The share is missed.
    Missed,
    /// More runs are needed.
    Open,
}

impl ShareTest {
    /// Tests for a share `demanded` in (0, 1). A true share of at least [`ShareTest::surely`] is recognised, and one of
    /// at most [`ShareTest::hardly`] refused, each with a probability of at least 1 − `error`; between them either
    /// verdict is right.
    pub fn new(demanded: f64, error: f64) -> Self {
        let zone = (ZONE_OF_REST * (1.0 - demanded)).min(WIDEST_ZONE).min(0.5 * demanded);
        ShareTest { demanded, zone, error }
    }

    /// From this share on it counts as reached: p₁.
    pub fn surely(&self) -> f64 {
        self.demanded + self.zone
    }

    /// Up to this share it counts as missed: p₀.
    pub fn hardly(&self) -> f64 {
        self.demanded - self.zone
    }

    /// The verdict after `runs`, looked at one by one until one is reached; runs that say nothing are left out.
    pub fn judge(&self, runs: impl IntoIterator<Item = Option<bool>>) -> ShareVerdict {
        let (p1, p0) = (self.surely(), self.hardly());
        let (success, failure) = ((p1 / p0).ln(), ((1.0 - p1) / (1.0 - p0)).ln());
        let limit = ((1.0 - self.error) / self.error).ln();
        let mut ratio = 0.0;
        for happened in runs.into_iter().flatten() {
            ratio += if happened { success } else { failure };
            if ratio >= limit {
                return ShareVerdict::Reached;
            }
            if ratio <= -limit {
                return ShareVerdict::Missed;
            }
        }
        ShareVerdict::Open
    }

    /// Runs without a single failure that reach a verdict.
    pub fn fewest_runs(&self) -> u32 {
        let success = (self.surely() / self.hardly()).ln();
        (((1.0 - self.error) / self.error).ln() / success).ceil() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

    #[test]
    fn runs_without_a_failure_reach_it_and_failures_alone_miss_it_quickly() {
        let test = ShareTest::new(0.95, 0.0125);
        let fewest = test.fewest_runs() as usize;
        assert_eq!(fewest, 52);
        assert_eq!(test.judge(vec![Some(true); fewest]), ShareVerdict::Reached);
        assert_eq!(test.judge(vec![Some(true); fewest - 1]), ShareVerdict::Open);
        assert_eq!(test.judge(vec![Some(false); 2]), ShareVerdict::Missed);
        assert_eq!(test.judge(vec![None; 500]), ShareVerdict::Open);
    }

    #[test]
    fn the_zone_lies_within_the_possible_shares() {
        for demanded in [0.01, 0.5, 0.9, 0.95, 0.999] {
            let test = ShareTest::new(demanded, 0.01);
            assert!(0.0 < test.hardly() && test.hardly() < demanded && demanded < test.surely() && test.surely() < 1.0);
        }
    }

    #[test]
    fn verdicts_are_wrong_no_more_often_than_allowed() {
        let test = ShareTest::new(0.9, 0.05);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut wrong = |share: f64, verdict: ShareVerdict| {
            (0..2000).filter(|_| test.judge((0..3000).map(|_| Some(random.random_bool(share)))) != verdict).count()
        };
        // 5 % of 2000 are 100; three standard deviations of such a count are 29.
        assert!(wrong(test.surely(), ShareVerdict::Reached) <= 129);
        assert!(wrong(test.hardly(), ShareVerdict::Missed) <= 129);
    }
}
