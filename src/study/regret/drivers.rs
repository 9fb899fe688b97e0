//! Which uncertain input an answer depends on most.
//!
//! The first-order sensitivity index of an input is the share of the answer's variance that knowing this input alone
//! would take away, `Var(E[Y | X]) / Var(Y)` (I. M. Sobol', "Sensitivity estimates for nonlinear mathematical models",
//! Mathematical Modelling and Computational Experiments 1 (1993), 407–414). The answer is fitted by least squares with
//! Hermite polynomials of every input's normal score up to the third degree, which are orthonormal: the squares of an
//! input's coefficients are its part of the variance (B. Sudret, "Global sensitivity analysis using polynomial chaos
//! expansions", Reliability Engineering and System Safety 93 (2008), 964–979). What the sum of such polynomials leaves
//! over, joint effects among it, is nobody's part. Not here: the draws, and what the answer is.

use rand::RngExt;

use crate::engine::events::streams::{Purpose, stream};
use crate::measure::sorted_quantile;

/// Highest degree of the polynomials.
const DEGREE: usize = 3;
/// Answers for each coefficient that is fitted; with fewer the degree is lower.
const PER_COEFFICIENT: usize = 5;
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
    let degree = (answers.len() / PER_COEFFICIENT).saturating_sub(1) / paths.len().max(1);
    let degree = degree.min(DEGREE);
    if degree == 0 {
        let needed = PER_COEFFICIENT * (1 + paths.len());
        return Err(format!("{} draws are too few to tell; {needed} are needed", answers.len()));
    }
    if answers.iter().all(|answer| *answer == answers[0]) {
        return Err("the answer is the same in every draw".to_owned());
    }
    let rows: Vec<usize> = (0..answers.len()).collect();
    let Some(parts) = parts(scores, answers, &rows, degree) else {
        return Err("the draws are too much alike to tell".to_owned());
    };
    let mut random = stream(seed, 1, Purpose::Uncertain, "");
    let again: Vec<Vec<Part>> = (0..RESAMPLES)
        .filter_map(|_| {
            let rows: Vec<usize> = rows.iter().map(|_| random.random_range(0..answers.len())).collect();
            self::parts(scores, answers, &rows, degree)
        })
        .collect();
    let driver = |(input, path): (usize, &String)| {
        let share = parts[input].share;
        let mut shares: Vec<f64> = again.iter().map(|parts| parts[input].share).collect();
        shares.sort_by(f64::total_cmp);
        let end = |at: f64| if shares.is_empty() { share } else { sorted_quantile(&shares, at) };
        Driver {
            path: path.clone(),
            share,
            low: end(0.025).min(share),
            high: end(0.975).max(share),
            grows: parts[input].slope >= 0.0,
        }
    };
    let mut found: Vec<Driver> = paths.iter().enumerate().map(driver).collect();
    found.sort_by(|one, other| other.share.total_cmp(&one.share));
    Ok(found)
}

/// What one input explains.
struct Part {
    share: f64,
    slope: f64,
}

/// The parts of all inputs in the variance of the answers in some rows; `None` where they cannot be told apart.
fn parts(scores: &[Vec<f64>], answers: &[f64], rows: &[usize], degree: usize) -> Option<Vec<Part>> {
    let answers: Vec<f64> = rows.iter().map(|row| answers[*row]).collect();
    let mut columns = vec![vec![1.0; rows.len()]];
    for scores in scores {
        for power in 1..=degree {
            columns.push(rows.iter().map(|row| hermite(power, scores[*row])).collect());
        }
    }
    let (coefficients, noise) = least_squares(columns, &answers)?;
    // A coefficient's square is too large by its own variance.
    let excess = noise / rows.len() as f64;
    let own = |input: usize| {
        let own = &coefficients[(1 + input * degree)..=((input + 1) * degree)];
        own.iter().map(|coefficient| coefficient * coefficient - excess).sum::<f64>().max(0.0)
    };
    let own: Vec<f64> = (0..scores.len()).map(own).collect();
    let total = own.iter().sum::<f64>() + noise;
    let part = |(input, own): (usize, &f64)| Part {
        share: if total > 0.0 { own / total } else { 0.0 },
        slope: coefficients[1 + input * degree],
    };
    Some(own.iter().enumerate().map(part).collect())
}

/// The Hermite polynomial of a degree from 1 to 3, with variance 1 under the standard normal law.
fn hermite(degree: usize, x: f64) -> f64 {
    match degree {
        1 => x,
        2 => (x * x - 1.0) / 2_f64.sqrt(),
        _ => (x * x * x - 3.0 * x) / 6_f64.sqrt(),
    }
}

/// The coefficients with the smallest sum of squares, and the variance of what they leave over; `None` if a column is a
/// sum of others. By orthogonalisation, each column twice (Giraud, Langou and Rozložník 2005).
fn least_squares(columns: Vec<Vec<f64>>, answers: &[f64]) -> Option<(Vec<f64>, f64)> {
    let count = columns.len();
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    let mut upper = vec![vec![0.0; count]; count];
    for (k, mut column) in columns.into_iter().enumerate() {
        let before = product(&column, &column).sqrt();
        for _ in 0..2 {
            for (j, other) in basis.iter().enumerate() {
                let common = product(&column, other);
                upper[j][k] += common;
                column.iter_mut().zip(other).for_each(|(entry, other)| *entry -= common * other);
            }
        }
        let length = product(&column, &column).sqrt();
        if length <= 1e-9 * before {
            return None;
        }
        upper[k][k] = length;
        for entry in &mut column {
            *entry /= length;
        }
        basis.push(column);
    }
    let along: Vec<f64> = basis.iter().map(|column| product(column, answers)).collect();
    let mut coefficients = along.clone();
    for k in (0..count).rev() {
        let known: f64 = (k + 1..count).map(|j| upper[k][j] * coefficients[j]).sum();
        coefficients[k] = (along[k] - known) / upper[k][k];
    }
    let mut left = answers.to_vec();
    for (column, along) in basis.iter().zip(&along) {
        left.iter_mut().zip(column).for_each(|(left, entry)| *left -= along * entry);
    }
    let freedom = answers.len().saturating_sub(count).max(1) as f64;
    Some((coefficients, product(&left, &left) / freedom))
}

fn product(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
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
            assert!((driver.share - share).abs() < 1e-9, "{driver:?}");
            assert_eq!(driver.grows, grows);
        }
        assert_eq!(found[0].path, "input0");
        let curved = found.iter().find(|driver| driver.path == "input2").unwrap();
        assert!((curved.share - 3.0 / 16.0).abs() < 1e-9, "a curve without slope counts too: {curved:?}");
    }

    #[test]
    fn what_only_two_inputs_do_together_is_nobodys() {
        let (paths, scores) = scores(2, 400, 9);
        // Variances 1 and, of the product, 1.
        let answers: Vec<f64> = scores[0].iter().zip(&scores[1]).map(|(a, b)| a + a * b).collect();
        let found = drivers(&paths, &scores, &answers, 9).unwrap();
        assert!(found[0].path == "input0" && (found[0].share - 0.5).abs() < 0.12, "{found:?}");
        assert!(found[0].low <= 0.5 && 0.5 <= found[0].high, "{found:?}");
        assert!(found[1].share < 0.1, "{found:?}");
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
