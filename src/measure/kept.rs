//! A share of runs and its interval. Not here: what is kept in a run, and sequential tests (`selection`).

use statrs::distribution::{Beta, ContinuousCDF};

/// In how many runs all promises were kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeptShare {
    /// Runs that kept all of them.
    pub kept: u32,
    /// Runs in which at least one could be judged.
    pub runs: u32,
    /// Lower end of the 95 % interval of the share (Clopper and Pearson 1934).
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl KeptShare {
    /// The share of `kept` in `runs` > 0 runs.
    pub fn new(kept: u32, runs: u32) -> Self {
        let low = if kept == 0 { 0.0 } else { beta_quantile(kept, runs - kept + 1, 0.025) };
        let high = if kept == runs { 1.0 } else { beta_quantile(kept + 1, runs - kept, 0.975) };
        KeptShare { kept, runs, low, high }
    }

    /// Half the width of the interval.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// Kept runs as a share of all.
    pub fn share(&self) -> f64 {
        f64::from(self.kept) / f64::from(self.runs)
    }
}

fn beta_quantile(a: u32, b: u32, share: f64) -> f64 {
    Beta::new(f64::from(a), f64::from(b)).expect("both parameters are positive").inverse_cdf(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_clopper_and_pearsons() {
        let all = KeptShare::new(20, 20);
        assert!((all.low - 0.025_f64.powf(1.0 / 20.0)).abs() < 1e-9 && all.high == 1.0, "{all:?}");
        let none = KeptShare::new(0, 20);
        assert!(none.low == 0.0 && (none.high - (1.0 - 0.025_f64.powf(1.0 / 20.0))).abs() < 1e-9, "{none:?}");
        let half = KeptShare::new(10, 20);
        assert!((half.low - 0.271_957).abs() < 1e-5 && (half.high - 0.728_043).abs() < 1e-5, "{half:?}");
    }
}
