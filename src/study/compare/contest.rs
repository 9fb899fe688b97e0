//! Who may still win, and whether it is decided.
//!
//! The best is the cheapest among those that keep their promises often enough. A strategy is refused by a sequential
//! test of its share of runs (`ShareTest`), and beaten by one that keeps its promises and is cheaper by the procedure
//! of Kim and Nelson (`KimNelson`), as in S. Andradóttir and S.-H. Kim (2010), "Fully sequential procedures for
//! comparing constrained systems via simulation", Naval Research Logistics 57. Half of the allowed error goes to each,
//! and the tests' half is divided by the number of strategies (Bonferroni).

use super::rounds::Rounds;
use super::{CompareOptions, Objective};
use crate::measure::selection::{KimNelson, Lead, ShareTest, ShareVerdict};

/// The procedures of one comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Contest {
    pub objective: Objective,
    pub kim_nelson: KimNelson,
    pub share: ShareTest,
}

/// Which of two strategies is preferred for its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The first one.
    First,
    /// The second one.
    Second,
    /// Not known yet.
    Open,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    /// Whether each strategy keeps its promises often enough.
    pub verdicts: Vec<ShareVerdict>,
    /// Strategies that are not refused and that no other such strategy beats; empty when all are refused.
    pub leaders: Vec<usize>,
}

impl Standing {
    /// Nobody is left, or one that has proven itself.
    pub fn is_decided(&self) -> bool {
        match self.leaders.as_slice() {
            [] => true,
            [winner] => self.verdicts[*winner] == ShareVerdict::Reached,
            _ => false,
        }
    }
}

/// What the procedures see of one strategy: its cost and whether all promises were kept, run by run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    pub costs: Vec<f64>,
    pub kept: Vec<Option<bool>>,
}

impl Contest {
    /// Fixes the constants after the first stage: the indifference is a share of the cost of the strategy that leads
    /// then, the cheapest of those that kept their promises as often as demanded.
    pub fn new(rounds: &Rounds, options: &CompareOptions, first: u32) -> Self {
        let objective = Objective::of(rounds);
        let histories = histories(rounds, objective);
        Contest::over(&histories, objective, options, first)
    }

    pub fn over(histories: &[History], objective: Objective, options: &CompareOptions, first: u32) -> Self {
        let strategies = histories.len();
        let error = 0.5 * (1.0 - options.confidence);
        let leading = leading_cost(histories, options.kept_in);
        // Where nothing costs anything, every difference matters and none is there.
        let indifference = (options.indifference * leading).max(1e-9);
        Contest {
            objective,
            kim_nelson: KimNelson::new(strategies, first as usize, error, indifference),
            share: ShareTest::new(options.kept_in, error / strategies as f64),
        }
    }

    /// How it stands after these replications.
    pub fn look(&self, rounds: &Rounds) -> Standing {
        self.standing(&histories(rounds, self.objective))
    }

    pub fn standing(&self, histories: &[History]) -> Standing {
        let verdicts: Vec<ShareVerdict> =
            histories.iter().map(|history| self.share.judge(history.kept.iter().copied())).collect();
        let possible: Vec<usize> = (0..histories.len()).filter(|k| verdicts[*k] != ShareVerdict::Missed).collect();
        let is_beaten = |k: usize| {
            possible.iter().any(|other| *other != k && self.prefers(histories, *other, k) == Preference::First)
        };
        let mut leaders: Vec<usize> = possible.iter().copied().filter(|k| !is_beaten(*k)).collect();
        if leaders.is_empty() {
            // Three strategies may beat each other in a circle, decided after different numbers of runs.
            leaders.extend(possible.iter().copied().min_by(|a, b| mean(histories, *a).total_cmp(&mean(histories, *b))));
        }
        Standing { verdicts, leaders }
    }

    /// Of two strategies that cost the same, the one that comes first in the scenario is preferred.
    pub fn prefers(&self, histories: &[History], a: usize, b: usize) -> Preference {
        match self.kim_nelson.lead(&histories[a].costs, &histories[b].costs) {
            Lead::First => Preference::First,
            Lead::Tie if a < b => Preference::First,
            Lead::Second | Lead::Tie => Preference::Second,
            Lead::Open => Preference::Open,
        }
    }
}

/// What the procedures see of all strategies.
pub(super) fn histories(rounds: &Rounds, objective: Objective) -> Vec<History> {
    let history = |runs: &Vec<super::rounds::Run>| History {
        costs: runs.iter().map(|run| run.figures.get(objective.figure()).unwrap_or(0.0)).collect(),
        kept: runs.iter().map(|run| run.kept_all).collect(),
    };
    rounds.runs.iter().map(history).collect()
}

fn mean(histories: &[History], k: usize) -> f64 {
    let costs = &histories[k].costs;
    costs.iter().sum::<f64>() / costs.len().max(1) as f64
}

fn leading_cost(histories: &[History], kept_in: f64) -> f64 {
    let keeps = |k: &usize| {
        let judged = histories[*k].kept.iter().flatten();
        let (kept, runs) = judged.fold((0, 0), |(kept, runs), is_kept| (kept + u32::from(*is_kept), runs + 1));
        runs > 0 && f64::from(kept) >= kept_in * f64::from(runs)
    };
    let least = |who: Vec<usize>| who.into_iter().map(|k| mean(histories, k)).min_by(f64::total_cmp);
    let keeping = least((0..histories.len()).filter(keeps).collect());
    keeping.or_else(|| least((0..histories.len()).collect())).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(cost: f64, kept: usize, runs: usize) -> History {
        let costs = (0..runs).map(|k| cost + 0.001 * (k % 3) as f64).collect();
        History { costs, kept: (0..runs).map(|k| Some(k < kept)).collect() }
    }

    fn standing(histories: &[History]) -> Standing {
        Contest::over(histories, Objective::ReplicaHours, &CompareOptions::default(), 20).standing(histories)
    }

    #[test]
    fn the_cheapest_that_keeps_its_promises_wins() {
        let found = standing(&[history(9.0, 100, 100), history(5.0, 100, 100), history(1.0, 0, 20)]);
        assert_eq!(found.leaders, [1]);
        assert!(found.is_decided());
        assert_eq!(found.verdicts[2], ShareVerdict::Missed);
    }

    #[test]
    fn a_cheap_strategy_that_has_not_proven_itself_keeps_it_open() {
        let found = standing(&[history(9.0, 100, 100), history(5.0, 20, 20)]);
        assert_eq!((found.leaders.as_slice(), found.is_decided()), (&[1][..], false));
    }

    #[test]
    fn nobody_is_left_when_all_miss() {
        let found = standing(&[history(9.0, 0, 20), history(5.0, 0, 20)]);
        assert!(found.leaders.is_empty() && found.is_decided());
    }

    #[test]
    fn equal_strategies_are_not_compared_for_ever() {
        let found = standing(&[history(5.0, 100, 100), history(5.0, 100, 100)]);
        assert_eq!(found.leaders, [0]);
        assert!(found.is_decided());
    }

    #[test]
    fn the_indifference_is_a_share_of_the_cheapest_that_keeps() {
        let histories = [history(9.0, 100, 100), history(5.0, 100, 100), history(1.0, 0, 20)];
        let contest = Contest::over(&histories, Objective::ReplicaHours, &CompareOptions::default(), 20);
        assert!((contest.kim_nelson.indifference() - 0.05).abs() < 1e-4);
    }
}
