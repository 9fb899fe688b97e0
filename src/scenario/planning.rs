//! What a scenario asks beyond its run: what to plan, how it grows, which part of it may fail, what is uncertain.
//!
//! None of it changes how the model runs. Not here: the answers (`study`).

use statrs::distribution::{ContinuousCDF, Normal};

use super::Override;
use super::vary::Axis;
use crate::units::Seconds;

/// The questions of one scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Planning {
    /// `plan`: what may be chosen, and by what it is chosen.
    pub plan: Option<PlanQuestion>,
    /// `growth`: how the load is expected to grow.
    pub growth: Option<Growth>,
    /// `zones`: over how many zones the replicas of every group are spread evenly, at least 2.
    pub zones: Option<u32>,
    /// Values that are known only to lie between two others, in the order of the text.
    pub uncertain: Vec<Uncertain>,
}

/// `plan`: the setting that is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanQuestion {
    /// What may be chosen, from the outermost to the innermost; empty if only the rest is written.
    pub vary: Vec<Axis>,
    /// What is to be as small as possible.
    pub minimise: Minimise,
    /// Share of runs in which all promises must be kept, in (0, 1).
    pub confidence: f64,
    /// What it costs to have chosen too little or too much, where inputs are uncertain.
    pub regret: RegretPrice,
}

/// `plan.regret`: what it costs to have chosen too little or too much for what turns out to be true.
///
/// The regret of a setting that costs `c`, where one that costs `r` would have been just enough, is `too_much` ·
/// (c − r)^`exponent` if c ≥ r and `too_little` · (r − c)^`exponent` otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegretPrice {
    /// Price of what is missing, above 0.
    pub too_little: f64,
    /// Price of what is not needed, above 0.
    pub too_much: f64,
    /// Above 1, large mistakes weigh more than many small ones; above 0.
    pub exponent: f64,
}

impl Default for RegretPrice {
    fn default() -> Self {
        RegretPrice { too_little: 4.0, too_much: 1.0, exponent: 1.0 }
    }
}

impl RegretPrice {
    /// The regret of a setting that costs `cost` where `required` would have been enough.
    pub fn regret(&self, cost: f64, required: f64) -> f64 {
        let price = if cost >= required { self.too_much } else { self.too_little };
        price * (cost - required).abs().powf(self.exponent)
    }
}

/// What a plan makes small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minimise {
    /// The cost of all groups that have a price, and replica-hours where none has.
    #[default]
    Cost,
    /// Replica-hours.
    ReplicaHours,
}

/// `growth`: by which share the load grows, every so often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Growth of one period as a share, above 0 (0.04 for 4 %).
    pub share: f64,
    /// The period, above 0.
    pub every_s: Seconds,
}

impl Growth {
    /// After how long the load has grown by `factor` ≥ 1.
    pub fn time_to(self, factor: f64) -> Seconds {
        factor.ln() / self.share.ln_1p() * self.every_s
    }
}

/// A value that is known only to lie between two others: lognormal, with those as the ends of its central interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertain {
    /// Its path, as in `--set`.
    pub path: String,
    /// Paths of the same value at other places: aliases of it.
    pub also: Vec<String>,
    /// The value below it, as it was written: `90/s`.
    pub low: String,
    /// The value above it, as it was written.
    pub high: String,
    /// Probability that the truth lies between the two, in (0, 1).
    pub confidence: f64,
    /// The two values in the base unit (per second, seconds, 1, an amount per hour), ascending and above 0.
    pub interval: [f64; 2],
    /// What follows a number of the base unit in a text: `/s`, `s`, nothing, ` USD/h`.
    pub unit: String,
}

impl Uncertain {
    /// The value in the middle, in the base unit: √(low · high).
    pub fn median(&self) -> f64 {
        self.quantile(0.0)
    }

    /// The value that lies `score` standard deviations of its logarithm above the median, in the base unit.
    ///
    /// With ends a < b and confidence γ the logarithm is normal with mean ln √(ab) and standard deviation
    /// ln(b/a) / (2 Φ⁻¹((1 + γ)/2)).
    pub fn quantile(&self, score: f64) -> f64 {
        let [low, high] = self.interval.map(f64::ln);
        let half_width = Normal::standard().inverse_cdf(0.5 + 0.5 * self.confidence);
        (0.5 * (low + high) + score * 0.5 * (high - low) / half_width).exp()
    }

    /// Changes that put an amount of the base unit in its place, and in that of its aliases.
    pub fn changes(&self, amount: f64) -> impl Iterator<Item = Override> + '_ {
        let paths = std::iter::once(&self.path).chain(&self.also);
        paths.map(move |path| Override { path: path.clone(), value: format!("{amount}{}", self.unit) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_compounds() {
        let growth = Growth { share: 0.05, every_s: 30.0 * 86_400.0 };
        assert!((growth.time_to(1.05_f64.powi(12)) / (360.0 * 86_400.0) - 1.0).abs() < 1e-12);
        assert_eq!(growth.time_to(1.0), 0.0);
    }

    fn rate(confidence: f64) -> Uncertain {
        Uncertain {
            path: "producers.shop.rate".to_owned(),
            also: vec!["producers.app.rate".to_owned()],
            low: "90/s".to_owned(),
            high: "160/s".to_owned(),
            confidence,
            interval: [90.0, 160.0],
            unit: "/s".to_owned(),
        }
    }

    #[test]
    fn an_uncertain_value_lies_within_its_interval_as_often_as_its_confidence_says() {
        assert!((rate(0.9).median() - 120.0).abs() < 1e-9);
        for confidence in [0.5, 0.8, 0.9, 0.99] {
            let value = rate(confidence);
            let score = Normal::standard().inverse_cdf(0.5 + 0.5 * confidence);
            assert!((value.quantile(score) / 160.0 - 1.0).abs() < 1e-12);
            assert!((value.quantile(-score) / 90.0 - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn its_aliases_are_changed_with_it() {
        let changes: Vec<String> =
            rate(0.9).changes(0.1).map(|change| format!("{}={}", change.path, change.value)).collect();
        assert_eq!(changes, ["producers.shop.rate=0.1/s", "producers.app.rate=0.1/s"]);
    }
}
