//! Distributions of durations.

use super::{Body, Builder, Code, Item};
use crate::model::Distribution;
use crate::units::show_duration;

impl Builder<'_> {
    /// The distribution under a key that may be absent: `Some(None)` then, and `None` if it is faulty.
    pub(super) fn maybe_distribution(&mut self, item: &Item, name: &str) -> Option<Option<Distribution>> {
        match item.field(name) {
            None => Some(None),
            Some(item) => self.distribution(item).map(Some),
        }
    }

    pub(super) fn distribution(&mut self, item: &Item) -> Option<Distribution> {
        match &item.body {
            Body::Number(seconds) => Some(Distribution::Constant(*seconds)),
            Body::Chosen(law, settings) => self.law(law, settings),
            _ => None,
        }
    }

    fn law(&mut self, law: &str, item: &Item) -> Option<Distribution> {
        let mean_s = item.needed("mean");
        Some(match law {
            "constant" => Distribution::Constant(item.number()?),
            "exponential" => Distribution::Exponential { mean_s: mean_s? },
            "erlang" => {
                let stages = item.needed("stages");
                Distribution::Erlang { mean_s: mean_s?, stages: stages? as u32 }
            }
            "gamma" => {
                let cv = item.needed("cv");
                Distribution::Gamma { mean_s: mean_s?, cv: cv? }
            }
            "lognormal" => self.lognormal(item)?,
            "weibull" => {
                let shape = item.needed("shape");
                Distribution::Weibull { mean_s: mean_s?, shape: shape? }
            }
            "pareto" => {
                let shape = item.needed("shape");
                Distribution::Pareto { mean_s: mean_s?, shape: shape? }
            }
            "hyperexponential" => {
                if let Body::List(branches) = &item.body {
                    self.branches(item, branches)?
                } else {
                    let cv = item.needed("cv");
                    Distribution::hyperexponential_balanced(mean_s?, cv?)
                }
            }
            "uniform" => {
                let [low_s, high_s] = ["low", "high"].map(|key| item.needed(key));
                let (low_s, high_s) = (low_s?, high_s?);
                if low_s > high_s {
                    let message = format!("{} is above {}", show_duration(low_s), show_duration(high_s));
                    self.fault(Code::Contradiction, item.field("low")?, message);
                    return None;
                }
                Distribution::Uniform { low_s, high_s }
            }
            "empirical" => {
                Distribution::Empirical(self.read_empirical(item.field("file")?, item.field("column")?)?.into())
            }
            _ => unreachable!("the table of keys lists no distribution {law}"),
        })
    }

    fn lognormal(&mut self, item: &Item) -> Option<Distribution> {
        let [mean_s, cv, p50_s, p99_s] = ["mean", "cv", "p50", "p99"].map(|key| item.maybe(key));
        match (mean_s?, cv?, p50_s?, p99_s?) {
            (Some(mean_s), Some(cv), None, None) => Some(Distribution::lognormal(mean_s, cv)),
            (None, None, Some(p50_s), Some(p99_s)) if p99_s < p50_s => {
                self.fault(Code::Contradiction, item.field("p99")?, "the 99th percentile is below the median");
                None
            }
            (None, None, Some(p50_s), Some(p99_s)) => Some(Distribution::lognormal_from_quantiles(p50_s, p99_s)),
            _ => None,
        }
    }

    fn branches(&mut self, item: &Item, branches: &[Item]) -> Option<Distribution> {
        let read = branches.iter().map(|branch| Some((branch.needed("share")?, branch.needed("mean")?)));
        let mut branches: Vec<(f64, f64)> = read.collect::<Option<_>>()?;
        let shares = self.sum_to_one(item, branches.iter().map(|(share, _)| *share).collect())?;
        for (branch, share) in branches.iter_mut().zip(shares) {
            branch.0 = share;
        }
        Some(Distribution::Hyperexponential(branches))
    }
}
