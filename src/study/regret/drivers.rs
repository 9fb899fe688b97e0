//! Which uncertain input an answer depends on most.
//!
//! The first-order sensitivity index of an input is the share of the answer's variance that knowing this input alone
//! would take away, `Var(E[Y | X]) / Var(Y)` (I. M. Sobol', "Sensitivity estimates for nonlinear mathematical models",
//! Mathematical Modelling and Computational Experiments 1 (1993), 407–414). E[Y | X] is estimated by least squares on
//! polynomials of the input's normal score up to the third degree (B. Sudret, "Global sensitivity analysis using
//! polynomial chaos expansions", Reliability Engineering and System Safety 93 (2008), 964–979, eq. 30), adjusted for
//! the number of terms. Not here: the draws, and what the answer is.

use rand::RngExt;

use crate::engine::events::streams::{Purpose, stream};
use crate::measure::sorted_quantile;

/// Highest power of the score.
const DEGREE: usize = 3;
/// Fewer answers than this tell nothing about polynomials of that degree.
const FEWEST: usize = 20;
/// Resamples for the intervals.
const RESAMPLES: usize = 400;

/// How much of the answer's variance goes with one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// Path of the input.
    pub path: String,
    /// Its first-order index, in `[0, 1]`.
    pub share: f64,
    /// Lower end of the index's 95 % interval (bootstrap, percentiles).
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Whether the answer grows with the input (the sign of their correlation).
    pub grows: bool,
}

/// The indices of all inputs, the largest first. `scores[k]` are the scores of input `k`, in the order of `answers`.
///
/// # Errors
/// A reason, in words, when there is nothing to explain: too few answers, or all of them the same.
pub fn drivers(paths: &[String], scores: &[Vec<f64>], answers: &[f64], seed: u64) -> Result<Vec<Driver>, String> {
    if answers.len() < FEWEST {
        return Err(format!("{} draws are too few to tell; {FEWEST} are needed", answers.len()));
    }
    if answers.iter().all(|answer| *answer == answers[0]) {
        return Err("the answer is the same in every draw: no input matters to it".to_owned());
    }
    let mut random = stream(seed, 1, Purpose::Uncertain, "");
    let resamples: Vec<Vec<usize>> =
        (0..RESAMPLES).map(|_| (0..answers.len()).map(|_| random.random_range(0..answers.len())).collect()).collect();
    let mut found: Vec<Driver> = paths
        .iter()
        .zip(scores)
        .map(|(path, scores)| {
            let mut again: Vec<f64> = resamples
                .iter()
                .filter_map(|rows| {
                    let pick = |from: &[f64]| rows.iter().map(|row| from[*row]).collect::<Vec<f64>>();
                    index(&pick(scores), &pick(answers))
                })
                .collect();
            again.sort_by(f64::total_cmp);
            let share = index(scores, answers).unwrap_or(0.0);
            let (low, high) = match again.as_slice() {
                [] => (0.0, 1.0),
                again => (sorted_quantile(again, 0.025), sorted_quantile(again, 0.975)),
            };
            Driver {
                path: path.clone(),
                share,
                low: low.min(share),
                high: high.max(share),
                grows: covariance(scores, answers) >= 0.0,
            }
        })
        .collect();
    found.sort_by(|one, other| other.share.total_cmp(&one.share));
    Ok(found)
}

/// The share of the variance of `answers` that polynomials of `scores` explain, adjusted for their number; `None`
/// without variance.
fn index(scores: &[f64], answers: &[f64]) -> Option<f64> {
    let n = answers.len() as f64;
    let mut basis: Vec<Vec<f64>> = vec![vec![1.0 / n.sqrt(); answers.len()]];
    for power in 1..=DEGREE {
        let column = scores.iter().map(|score| score.powi(power as i32)).collect();
        basis.extend(orthogonal(column, &basis));
    }
    let mean = answers.iter().sum::<f64>() / n;
    let total: f64 = answers.iter().map(|answer| (answer - mean).powi(2)).sum();
    if total <= 0.0 {
        return None;
    }
    let explained: f64 = basis[1..].iter().map(|column| product(column, answers).powi(2)).sum();
    let terms = (basis.len() - 1) as f64;
    let unexplained = (1.0 - explained / total).max(0.0);
    Some((1.0 - unexplained * (n - 1.0) / (n - 1.0 - terms)).clamp(0.0, 1.0))
}

/// What is left of a column beside those of an orthonormal basis, of length 1; `None` if nothing is.
fn orthogonal(mut column: Vec<f64>, basis: &[Vec<f64>]) -> Option<Vec<f64>> {
    let before = product(&column, &column).sqrt();
    // Twice is enough (Giraud, Langou and Rozložník 2005).
    for _ in 0..2 {
        for other in basis {
            let common = product(&column, other);
            column.iter_mut().zip(other).for_each(|(entry, other)| *entry -= common * other);
        }
    }
    let length = product(&column, &column).sqrt();
    (length > 1e-9 * before).then(|| column.into_iter().map(|entry| entry / length).collect())
}

fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn covariance(left: &[f64], right: &[f64]) -> f64 {
    let mean = right.iter().sum::<f64>() / right.len() as f64;
    left.iter().zip(right).map(|(left, right)| left * (right - mean)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Uncertain;
    use crate::study::uncertain::draws;

    fn scores(inputs: usize, count: u32, seed: u64) -> (Vec<String>, Vec<Vec<f64>>) {
        let paths: Vec<String> = (0..inputs).map(|k| format!("input{k}")).collect();
        let input = |path: &String| Uncertain {
            path: path.clone(),
            also: Vec::new(),
            low: "1".to_owned(),
            high: "2".to_owned(),
            confidence: 0.9,
            interval: [1.0, 2.0],
            unit: String::new(),
        };
        let inputs: Vec<Uncertain> = paths.iter().map(input).collect();
        let draws = draws(&inputs, count, seed);
        let columns = (0..inputs.len()).map(|k| draws.iter().map(|draw| draw.scores[k]).collect());
        (paths, columns.collect())
    }

    #[test]
    fn an_additive_answer_is_shared_out_as_its_variances_are() {
        let (paths, scores) = scores(3, 256, 5);
        // Variances 9, 4 and, of x² − 1 times √(3/2), 3: shares 9/16, 1/4 and 3/16.
        let answers: Vec<f64> = (0..256)
            .map(|k| {
                let [a, b, c] = [scores[0][k], scores[1][k], scores[2][k]];
                3.0 * a - 2.0 * b + 1.5_f64.sqrt() * (c * c - 1.0)
            })
            .collect();
        let found = drivers(&paths, &scores, &answers, 5).unwrap();
        for (path, share, grows) in [("input0", 9.0 / 16.0, true), ("input1", 4.0 / 16.0, false)] {
            let driver = found.iter().find(|driver| driver.path == path).unwrap();
            assert!((driver.share - share).abs() < 0.08, "{driver:?}");
            assert!(driver.low <= share && share <= driver.high, "{driver:?}");
            assert_eq!(driver.grows, grows);
        }
        assert_eq!(found[0].path, "input0");
        let curved = found.iter().find(|driver| driver.path == "input2").unwrap();
        assert!((curved.share - 3.0 / 16.0).abs() < 0.08, "a curve without slope counts too: {curved:?}");
    }

    #[test]
    fn an_input_that_does_nothing_has_next_to_no_share() {
        let (paths, scores) = scores(2, 128, 11);
        let answers: Vec<f64> = scores[0].iter().map(|score| (8.0 * (0.2 * score).exp()).ceil()).collect();
        let found = drivers(&paths, &scores, &answers, 11).unwrap();
        assert_eq!(found[0].path, "input0");
        assert!(found[0].share > 0.9 && found[1].share < 0.1, "{found:?}");
    }

    #[test]
    fn without_variance_there_is_nothing_to_explain() {
        let (paths, scores) = scores(1, 64, 1);
        assert!(drivers(&paths, &scores, &[3.0; 64], 1).unwrap_err().contains("same in every draw"));
        assert!(drivers(&paths, &scores, &[1.0, 2.0], 1).unwrap_err().contains("too few"));
    }
}
