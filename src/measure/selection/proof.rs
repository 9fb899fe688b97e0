//! Evidence that something happens in at least a demanded share of runs, valid however often it is looked at.
//!
//! Unlike `ShareTest`, which leaves a zone in which either verdict is right, this one never calls a share reached that
//! is below the demanded one, but with the stated probability: what a claim needs. The evidence is a test martingale:
//! the likelihood ratio of the runs against the demanded share, averaged over all larger shares. It exceeds 1/α at any
//! time with a probability of at most α when the share is smaller (J. Ville, Étude critique de la notion de collectif,
//! 1939; H. Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of Mathematical
//! Statistics 41 (1970), 1397–1409). Not here: what happens in a run.

use statrs::distribution::{Beta, ContinuousCDF};
use statrs::function::beta::ln_beta;

use super::ShareVerdict;
use crate::measure::KeptShare;

/// Weight of the alternative that it happens in all runs, or in none: where most settings are, and what needs the
/// fewest runs to show. The rest is spread evenly.
const EXTREME: f64 = 0.5;
/// More runs than this are never needed to show a share that is 1; beyond it the demanded share is too near to 1.
const MOST_RUNS: u32 = 10_000_000;

/// The test of one share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareProof {
    demanded: f64,
    error: f64,
}

impl ShareProof {
    /// For a share `demanded` and a probability `error` of a wrong verdict, both in (0, 1).
    pub fn new(demanded: f64, error: f64) -> Self {
        ShareProof { demanded, error }
    }

    /// The share that is tested.
    pub fn demanded(&self) -> f64 {
        self.demanded
    }

    /// The verdict when it happened in `kept` of `runs` runs. A share that is reached is also within its 95 % interval
    /// of Clopper and Pearson, so that both say the same.
    pub fn judge(&self, kept: u32, runs: u32) -> ShareVerdict {
        let limit = -self.error.ln();
        if Self::evidence_for(self.demanded, kept, runs) >= limit && KeptShare::new(kept, runs).low >= self.demanded {
            ShareVerdict::Reached
        } else if self.evidence_against(kept, runs) >= limit {
            ShareVerdict::Missed
        } else {
            ShareVerdict::Open
        }
    }

    /// The largest share that these runs show to be reached: the lower end of a one-sided interval that holds at all
    /// numbers of runs at once. 0 without any success.
    pub fn at_least(&self, kept: u32, runs: u32) -> f64 {
        let limit = -self.error.ln();
        if kept == 0 || Self::evidence_for(1e-9, kept, runs) < limit {
            return 0.0;
        }
        let (mut low, mut high) = (1e-9, f64::from(kept) / f64::from(runs));
        for _ in 0..60 {
            let middle = 0.5 * (low + high);
            if Self::evidence_for(middle, kept, runs) >= limit { low = middle } else { high = middle }
        }
        low
    }

    /// Runs without a single failure that reach the verdict; `None` if that takes too many.
    pub fn fewest_runs(&self) -> Option<u32> {
        let reaches = |runs: u32| self.judge(runs, runs) == ShareVerdict::Reached;
        let mut high = 1;
        while !reaches(high) {
            high *= 2;
            if high > MOST_RUNS {
                return None;
            }
        }
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if reaches(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }

    /// Logarithm of the evidence for a share above `share`.
    fn evidence_for(share: f64, kept: u32, runs: u32) -> f64 {
        let failed = runs - kept;
        let base = likelihood(share, kept, failed);
        let all = if failed == 0 { EXTREME.ln() - base } else { f64::NEG_INFINITY };
        let spread = (1.0 - EXTREME).ln() - (1.0 - share).ln() + mass(kept, failed, |law| law.sf(share)) - base;
        ln_sum(all, spread)
    }

    /// Logarithm of the evidence for a share below the demanded one.
    fn evidence_against(&self, kept: u32, runs: u32) -> f64 {
        let (share, failed) = (self.demanded, runs - kept);
        let base = likelihood(share, kept, failed);
        let none = if kept == 0 { EXTREME.ln() - base } else { f64::NEG_INFINITY };
        let spread = (1.0 - EXTREME).ln() - share.ln() + mass(kept, failed, |law| law.cdf(share)) - base;
        ln_sum(none, spread)
    }
}

/// ln of pᵏ(1 − p)ᶠ.
fn likelihood(share: f64, kept: u32, failed: u32) -> f64 {
    let part = |count: u32, share: f64| if count == 0 { 0.0 } else { f64::from(count) * share.ln() };
    part(kept, share) + part(failed, 1.0 - share)
}

/// ln of the integral of pᵏ(1 − p)ᶠ over a part of [0, 1] that has this probability under its beta law.
fn mass(kept: u32, failed: u32, part: impl Fn(&Beta) -> f64) -> f64 {
    let (a, b) = (f64::from(kept) + 1.0, f64::from(failed) + 1.0);
    let law = Beta::new(a, b).expect("both parameters are at least 1");
    ln_beta(a, b) + part(&law).ln()
}

/// ln(eᵃ + eᵇ).
fn ln_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

    #[test]
    fn runs_without_a_failure_prove_it_and_failures_alone_refuse_it_at_once() {
        let proof = ShareProof::new(0.95, 0.05);
        assert_eq!(proof.fewest_runs(), Some(72));
        assert_eq!(proof.judge(71, 71), ShareVerdict::Open);
        assert_eq!(proof.judge(72, 72), ShareVerdict::Reached);
        assert_eq!(proof.judge(0, 1), ShareVerdict::Open);
        assert_eq!(proof.judge(0, 2), ShareVerdict::Missed);
        assert_eq!(proof.judge(95, 100), ShareVerdict::Open);
        assert_eq!(proof.judge(0, 0), ShareVerdict::Open);
    }

    #[test]
    fn what_is_shown_grows_with_the_runs_and_meets_the_verdict() {
        let proof = ShareProof::new(0.9, 0.05);
        let shown: Vec<f64> = [5, 20, 100, 1000].map(|runs| proof.at_least(runs, runs)).to_vec();
        assert!(shown.windows(2).all(|pair| pair[0] < pair[1]) && shown[3] < 1.0, "{shown:?}");
        // Without looks in between, 20 of 20 would show 0.05^(1/20) = 86.1 %; being valid at all looks costs a little.
        assert!((0.83..0.861).contains(&shown[1]), "{shown:?}");
        assert_eq!(proof.at_least(0, 50), 0.0);
        let fewest = proof.fewest_runs().unwrap();
        assert!(proof.at_least(fewest, fewest) >= 0.9 && proof.at_least(fewest - 2, fewest - 2) < 0.91);
    }

    #[test]
    fn a_share_on_the_edge_is_called_reached_no_more_often_than_allowed_however_often_it_is_looked_at() {
        let proof = ShareProof::new(0.95, 0.05);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(11);
        let mut reached = |share: f64| {
            let study = |_: &u32| {
                let mut kept = 0;
                (1..=400).any(|runs| {
                    kept += u32::from(random.random_bool(share));
                    proof.judge(kept, runs) == ShareVerdict::Reached
                })
            };
            (0..1000).filter(study).count()
        };
        // 5 % of 1000 are 50; three standard deviations of such a count are 21.
        let on_the_edge = reached(0.95);
        assert!(on_the_edge <= 71, "{on_the_edge}");
        // And it is not blind: what is clearly better is mostly found within 400 runs.
        let better = reached(0.99);
        assert!(better > 850, "{better}");
    }
}
