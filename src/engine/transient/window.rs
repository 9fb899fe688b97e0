//! The law on the states that carry mass: from `low` on, one probability each, everything else at the edges.

use super::ledger::Ledger;

/// Probabilities of the states `low`, `low + 1`, …
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Window {
    pub low: u64,
    pub mass: Vec<f64>,
}

impl Window {
    /// Certainly `state`.
    pub fn at(state: u64) -> Self {
        Window { low: state, mass: vec![1.0] }
    }

    /// The highest state.
    pub fn high(&self) -> u64 {
        self.low + self.mass.len() as u64 - 1
    }

    /// States and their probabilities.
    pub fn states(&self) -> impl Iterator<Item = (f64, f64)> {
        let low = self.low as f64;
        self.mass.iter().enumerate().map(move |(place, mass)| (low + place as f64, *mass))
    }

    /// Cuts states at both ends off that carry at most `most` in all, and puts their mass on the edges.
    pub fn trim(&mut self, most: f64, ledger: &mut Ledger) {
        let each = 0.5 * most;
        let (from_top, top_mass) = cut(self.mass.iter().rev(), each);
        let kept = self.mass.len() - from_top;
        self.settle(from_top, kept - 1, top_mass, |mass| mass.split_off(kept).into_iter().collect(), ledger);
        let (from_bottom, bottom_mass) = cut(self.mass.iter(), each);
        let drain = |mass: &mut Vec<f64>| mass.drain(..from_bottom).rev().collect();
        self.settle(from_bottom, 0, bottom_mass, drain, ledger);
        self.low += from_bottom as u64;
    }

    /// Takes `count` states off and puts their mass on the state that `edge` is afterwards.
    fn settle(
        &mut self,
        count: usize,
        edge: usize,
        total: f64,
        take: impl FnOnce(&mut Vec<f64>) -> Vec<f64>,
        ledger: &mut Ledger,
    ) {
        if count == 0 {
            return;
        }
        let away = take(&mut self.mass);
        let distances = away.iter().enumerate().map(|(place, mass)| (place + 1) as f64 * mass.abs());
        let moved: f64 = distances.sum();
        let mass: f64 = away.iter().map(|mass| mass.abs()).sum();
        if mass > 0.0 {
            ledger.moved(mass, moved / mass);
        }
        self.mass[edge] += total;
    }
}

/// How many of these, from the first on, carry at most `most` in all, and what they carry; never the last one.
fn cut<'m>(masses: impl ExactSizeIterator<Item = &'m f64>, most: f64) -> (usize, f64) {
    let all = masses.len();
    let (mut count, mut size, mut total) = (0, 0.0, 0.0);
    for mass in masses.take(all - 1) {
        size += mass.abs();
        if size > most {
            break;
        }
        total += mass;
        count += 1;
    }
    (count, total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_stays_at_the_edges() {
        let mut window = Window { low: 5, mass: vec![1e-20, 1e-19, 0.4, 0.6, 1e-18, 1e-20] };
        let mut ledger = Ledger::default();
        window.trim(1e-15, &mut ledger);
        assert_eq!((window.low, window.mass.len(), window.high()), (7, 2, 8));
        assert!((window.mass[0] - 0.4).abs() < 1e-15 && (window.mass[1] - 0.6).abs() < 1e-15);
        let (error, mean) = (ledger.error(), ledger.mean_error(0.0));
        assert!((error - 1.12e-18).abs() < 1e-30, "{error}");
        assert!((mean - (1e-18 + 2e-20 + 1e-19 + 2e-20)).abs() < 1e-30, "{mean}");
    }

    #[test]
    fn a_single_state_is_never_cut_off() {
        let mut window = Window { low: 0, mass: vec![1e-30, 1e-30] };
        window.trim(1.0, &mut Ledger::default());
        assert_eq!(window.mass.len(), 1);
    }
}
