//! Joint draws of uncertain inputs.
//!
//! A Latin hypercube (M. D. `McKay`, R. J. Beckman, W. J. Conover, "A comparison of three methods for selecting values
//! of input variables in the analysis of output from a computer code", Technometrics 21 (1979), 239–245): every input
//! takes one value from each of as many equally likely strata as there are draws, in an order of its own. The order and
//! the places within the strata come from a random stream of the input's own path, so that an input more moves no draw
//! of the others. Not here: what is made of the draws (`regret`), and the distribution of a value (`scenario`).

use rand::RngExt;
use rand::seq::SliceRandom;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::engine::events::streams::{Purpose, stream};
use crate::scenario::{Override, Uncertain};

/// One joint draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Draw {
    /// For each input, how many standard deviations of its logarithm it lies above its median.
    pub scores: Vec<f64>,
    /// The changes that put the drawn values into the scenario.
    pub changes: Vec<Override>,
}

impl Draw {
    /// The draw in which every input has its median.
    pub fn of_medians(inputs: &[Uncertain]) -> Draw {
        Draw::at(inputs, vec![0.0; inputs.len()])
    }

    fn at(inputs: &[Uncertain], scores: Vec<f64>) -> Draw {
        let changes = inputs.iter().zip(&scores).flat_map(|(input, score)| input.changes(input.quantile(*score)));
        Draw { changes: changes.collect(), scores }
    }
}

/// `count` joint draws of `inputs`, which are independent of one another. The same seed gives the same draws.
pub fn draws(inputs: &[Uncertain], count: u32, seed: u64) -> Vec<Draw> {
    let columns: Vec<Vec<f64>> = inputs.iter().map(|input| scores(&input.path, count, seed)).collect();
    (0..count as usize).map(|draw| Draw::at(inputs, columns.iter().map(|scores| scores[draw]).collect())).collect()
}

/// Standard normal scores of one input, one from each stratum.
fn scores(path: &str, count: u32, seed: u64) -> Vec<f64> {
    let mut random = stream(seed, 0, Purpose::Uncertain, path);
    let mut strata: Vec<u32> = (0..count).collect();
    strata.shuffle(&mut random);
    let normal = Normal::standard();
    let score = |stratum: u32| {
        let within: f64 = random.random();
        // Half a step of the generator away from 0: the lowest stratum has no end.
        let share = (f64::from(stratum) + within.max(f64::EPSILON)) / f64::from(count);
        normal.inverse_cdf(share)
    };
    strata.into_iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(path: &str, low: f64, high: f64, confidence: f64) -> Uncertain {
        Uncertain {
            path: path.to_owned(),
            also: Vec::new(),
            low: format!("{low}/s"),
            high: format!("{high}/s"),
            confidence,
            interval: [low, high],
            unit: "/s".to_owned(),
        }
    }

    fn values(inputs: &[Uncertain], count: u32, seed: u64) -> Vec<Vec<f64>> {
        let draws = draws(inputs, count, seed);
        let number = |change: &Override| change.value.trim_end_matches("/s").parse::<f64>().unwrap();
        (0..inputs.len()).map(|k| draws.iter().map(|draw| number(&draw.changes[k])).collect()).collect()
    }

    #[test]
    fn every_stratum_of_the_lognormal_has_one_value() {
        for (low, high, confidence) in [(90.0, 140.0, 0.9), (0.001, 5.0, 0.5), (1.0, 1.01, 0.99)] {
            let one = input("a", low, high, confidence);
            let mut found = values(std::slice::from_ref(&one), 200, 1).remove(0);
            found.sort_by(f64::total_cmp);
            for (k, value) in found.iter().enumerate() {
                let edge = |share: f64| one.quantile(Normal::standard().inverse_cdf(share));
                let (from, until) = (edge(k as f64 / 200.0), edge((k as f64 + 1.0) / 200.0));
                assert!(
                    from * (1.0 - 1e-12) <= *value && *value <= until * (1.0 + 1e-12),
                    "{k}: {from} {value} {until}"
                );
            }
            let inside = found.iter().filter(|value| (low..=high).contains(*value)).count() as f64 / 200.0;
            assert!((inside - confidence).abs() <= 0.01, "{inside}");
        }
    }

    #[test]
    fn inputs_are_independent_of_one_another() {
        let inputs: Vec<Uncertain> = ["a", "b", "c", "d"].iter().map(|path| input(path, 1.0, 4.0, 0.9)).collect();
        let draws = draws(&inputs, 1_000, 3);
        for first in 0..4 {
            for second in 0..first {
                let products = draws.iter().map(|draw| draw.scores[first] * draw.scores[second]);
                let correlation = products.sum::<f64>() / 1_000.0;
                // Four standard errors of the correlation of independent scores.
                assert!(correlation.abs() < 4.0 / 1_000_f64.sqrt(), "{first} {second}: {correlation}");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_draws_and_an_input_more_moves_none() {
        let two = [input("a", 1.0, 4.0, 0.9), input("b", 1.0, 4.0, 0.9)];
        let three = [input("c", 2.0, 3.0, 0.8), two[0].clone(), two[1].clone()];
        let (before, after) = (values(&two, 50, 7), values(&three, 50, 7));
        assert_eq!(before, values(&two, 50, 7));
        assert_eq!(before[0], after[1]);
        assert_eq!(before[1], after[2]);
        assert_ne!(before[0], before[1]);
        assert_ne!(before, values(&two, 50, 8));
    }

    #[test]
    fn the_medians_are_a_draw_too() {
        let draw = Draw::of_medians(&[input("a", 90.0, 160.0, 0.9)]);
        assert_eq!(draw.scores, [0.0]);
        assert!(draw.changes[0].value.starts_with("120") || draw.changes[0].value.starts_with("119.99999"));
    }
}
