//! Quasi-birth–death processes: levels that go up and down by one, each with phases, all the same from one level on.
//!
//! π(c + j) = π(c)·Rʲ, with R from the matrix G of first passages, which logarithmic reduction finds (Latouche and
//! Ramaswami 1993); the levels before by elimination from 0 on, which only adds up positive numbers (Grassmann, Taksar
//! and Heyman 1985): from above it would lose λ digits. Nothing is truncated. Not here: what levels and phases mean
//! (`mphc`, `mmppmc`).

use super::matrix::{Matrix, Transient, dot};

/// Rates between the states of one level and its neighbours.
pub(super) struct Level {
    /// To the level above.
    pub(super) up: Matrix,
    /// Within the level, with minus all that leaves a state on the diagonal.
    pub(super) within: Matrix,
    /// From the level above back to this one.
    pub(super) back: Matrix,
}

/// The stationary law at the first of the equal levels and above.
pub(super) struct Stationary {
    /// π(c).
    pub(super) first: Vec<f64>,
    /// R.
    pub(super) ratio: Matrix,
}

/// Each round of logarithmic reduction doubles the levels that it sees: this many are more than there are numbers.
const MOST_ROUNDS: usize = 64;
/// Weights are scaled down before they overflow.
const LARGE: f64 = 1e100;

/// The stationary law of a positive recurrent process whose levels from `first` on are all `repeating` and whose levels
/// before are `below(level)`. `None` where rounding leaves no answer.
pub(super) fn stationary(first: usize, repeating: &Level, below: &dyn Fn(usize) -> Level) -> Option<Stationary> {
    let ratio = ratio(repeating)?;
    // Eliminated from level 0 on, each level is left upwards only; what comes back to it from the next one is kept.
    let mut levels = Vec::with_capacity(first);
    let mut returns: Option<Matrix> = None;
    for level in 0..first {
        let Level { up, within, back } = below(level);
        let rates = returns.map_or(within.clone(), |returns| within.plus(&returns));
        let exits = up.right(&vec![1.0; up.columns()]);
        let transient = Transient::of(rates, exits);
        returns = Some(back.times(&transient.solve(&up)));
        levels.push((transient, back));
    }
    let above = ratio.times(&repeating.back);
    let returns = returns.unwrap_or_else(|| Matrix::zeros(ratio.rows(), ratio.rows()));
    let mut at_first = Transient::null_vector(&repeating.within.clone().plus(&above).plus(&returns));
    let sojourns = Matrix::identity(ratio.rows()).minus(&ratio).solve_vector(&vec![1.0; ratio.rows()])?;
    let mut total = dot(&at_first, &sojourns);
    let mut current = at_first.clone();
    for (transient, back) in levels.iter().rev() {
        current = transient.solve_left(&back.left(&current));
        let weight: f64 = current.iter().sum();
        total += weight;
        if weight > LARGE {
            for weight in current.iter_mut().chain(&mut at_first) {
                *weight /= LARGE;
            }
            total /= LARGE;
        }
    }
    for weight in &mut at_first {
        *weight /= total;
    }
    let sound = total > 0.0 && at_first.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
    sound.then_some(Stationary { first: at_first, ratio })
}

/// R = A₀·(−A₁ − A₀·G)⁻¹.
fn ratio(level: &Level) -> Option<Matrix> {
    let size = level.within.rows();
    let leaves = level.within.clone().scaled(-1.0);
    let (mut up, mut down) = (leaves.solve(&level.up)?, leaves.solve(&level.back)?);
    let (mut passage, mut reach) = (down.clone(), up.clone());
    for _ in 0..MOST_ROUNDS {
        let stays = Matrix::identity(size).minus(&up.times(&down).plus(&down.times(&up)));
        (up, down) = (stays.solve(&up.times(&up))?, stays.solve(&down.times(&down))?);
        let more = reach.times(&down);
        passage = passage.plus(&more);
        if more.largest() < 1e-17 {
            // What passes down for good leaves at the rates down.
            let rates = level.within.clone().plus(&level.up.times(&passage));
            let open = Transient::of(rates, level.back.right(&vec![1.0; size]));
            return Some(level.up.times(&open.solve(&Matrix::identity(size))));
        }
        reach = reach.times(&up);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// M/M/c as the process with one phase.
    #[test]
    fn one_phase_is_erlang_c() {
        let rate = |value: f64| Matrix::diagonal(&[value]);
        for (load, servers) in [(0.5, 1_usize), (8.0, 10), (1.1, 150), (949.3, 1000)] {
            let c = servers as f64;
            let repeating = Level { up: rate(load), within: rate(-load - c), back: rate(c) };
            let below = |n: usize| Level { up: rate(load), within: rate(-load - n as f64), back: rate((n + 1) as f64) };
            let found = stationary(servers, &repeating, &below).expect("stable");
            let waits = found.first[0] / (1.0 - found.ratio.at(0, 0));
            assert!((waits / super::super::erlang_c(servers as u64, load) - 1.0).abs() < 1e-11, "{load}");
        }
    }
}
