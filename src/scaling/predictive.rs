//! A forecast of the publish rate over the start-up time, staffed by queueing theory.
//!
//! Seasonal-naive: what it was a season ago. Holt–Winters: additive level, trend and season (Winters, 1960), begun with
//! the first whole season. Until then the rate stays what it was.

use super::Observation;
use super::plain::{PlainReason, blind, bounded};
use super::reason::{Reasons, show, show_seconds};
use super::staffing::staff;
use crate::model::scaling::{Forecast, Predictive};

/// Longest season that is remembered, in intervals.
const MAX_SEASON: f64 = 1e6;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct PredictiveState {
    /// One number per interval of a season: the rate a season ago, or the seasonal part.
    season: Vec<f64>,
    /// Intervals of a season.
    length: usize,
    /// Intervals seen so far.
    seen: u64,
    level: f64,
    trend: f64,
    last_rate: f64,
}

impl PredictiveState {
    pub fn new(settings: &Predictive) -> Self {
        let length = (settings.season_s / settings.period_s).round().clamp(1.0, MAX_SEASON) as usize;
        Self { season: Vec::new(), length, seen: 0, level: 0.0, trend: 0.0, last_rate: 0.0 }
    }

    pub fn decide(&mut self, settings: &Predictive, seen: &Observation<'_>, reasons: &mut Reasons) -> u32 {
        let Some(sight) = &seen.sight else {
            // The season goes on even where nobody looks.
            let foreseen = self.foreseen(settings.forecast, 1).unwrap_or(self.last_rate);
            self.learn(settings.forecast, foreseen);
            return blind(seen, reasons);
        };
        self.learn(settings.forecast, sight.publish_per_s);
        let ahead = (settings.lead_s / settings.period_s).ceil().clamp(0.0, MAX_SEASON) as usize + 1;
        let foreseen = (1..=ahead).map(|step| self.foreseen(settings.forecast, step));
        let highest = foreseen.fold(None, |highest: Option<f64>, rate| match (highest, rate) {
            (Some(highest), Some(rate)) => Some(highest.max(rate)),
            (highest, rate) => highest.or(rate),
        });
        let rate = highest.unwrap_or(self.last_rate).max(0.0);
        reasons.say(|| {
            let (rate, lead) = (show(rate), show_seconds(ahead as f64 * settings.period_s));
            PlainReason::computed(match (highest, settings.forecast) {
                (None, _) => format!("no whole season seen yet: {rate}/s as in the last interval"),
                (_, Forecast::SeasonalNaive) => format!("a season ago the next {lead} brought up to {rate}/s"),
                (_, Forecast::HoltWinters { .. }) => format!("Holt–Winters foresees up to {rate}/s in the next {lead}"),
            })
        });
        let draining = settings.drain_s.map_or(0.0, |drain_s| sight.ready / drain_s);
        let replicas = staff(settings.staffing, settings.workforce, rate + draining, settings.bounds.max, reasons);
        bounded(settings.bounds, f64::from(replicas), reasons)
    }

    /// Takes in the rate of the interval that has just ended.
    fn learn(&mut self, forecast: Forecast, rate: f64) {
        self.last_rate = rate;
        if self.season.len() < self.length {
            self.season.push(rate);
            self.seen += 1;
            if self.season.len() == self.length && matches!(forecast, Forecast::HoltWinters { .. }) {
                self.level = self.season.iter().sum::<f64>() / self.length as f64;
                self.season.iter_mut().for_each(|rate| *rate -= self.level);
            }
            return;
        }
        let place = (self.seen % self.length as u64) as usize;
        self.seen += 1;
        match forecast {
            Forecast::SeasonalNaive => self.season[place] = rate,
            Forecast::HoltWinters { level, trend, season } => {
                let before = self.level + self.trend;
                let seasonal = self.season[place];
                let now = level * (rate - seasonal) + (1.0 - level) * before;
                self.trend = trend * (now - self.level) + (1.0 - trend) * self.trend;
                self.season[place] = season * (rate - before) + (1.0 - season) * seasonal;
                self.level = now;
            }
        }
    }

    /// The rate `steps` intervals after the last one; `None` before a whole season was seen.
    fn foreseen(&self, forecast: Forecast, steps: usize) -> Option<f64> {
        if self.season.len() < self.length {
            return None;
        }
        let place = ((self.seen + steps as u64 - 1) % self.length as u64) as usize;
        Some(match forecast {
            Forecast::SeasonalNaive => self.season[place],
            Forecast::HoltWinters { .. } => self.level + steps as f64 * self.trend + self.season[place],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::scaling::{Bounds, Staffing, Workforce};
    use crate::scaling::Sight;

    fn settings(forecast: Forecast) -> Predictive {
        Predictive {
            bounds: Bounds { min: 1, max: 1000 },
            period_s: 60.0,
            forecast,
            season_s: 600.0,
            lead_s: 60.0,
            staffing: Staffing::Utilization(1.0),
            workforce: Workforce { slots: 1, per_slot_per_s: 1.0 },
            drain_s: None,
        }
    }

    const HOLT_WINTERS: Forecast = Forecast::HoltWinters { level: 0.3, trend: 0.1, season: 0.2 };

    /// Sizes after each interval of a rate.
    fn run(settings: &Predictive, rates: impl Iterator<Item = f64>) -> Vec<u32> {
        let mut state = PredictiveState::new(settings);
        let decide = |publish_per_s: f64| {
            let sight = Some(Sight { publish_per_s, ..Sight::default() });
            let seen = Observation { now_s: 0.0, wanted: 1, running: 1, ready: 1, sight, explain: false };
            state.decide(settings, &seen, &mut Reasons::skipped())
        };
        rates.map(decide).collect()
    }

    fn wave(k: u32) -> f64 {
        if k % 10 == 5 { 80.0 } else { 20.0 }
    }

    #[test]
    fn a_peak_of_the_last_season_is_staffed_before_it_comes() {
        for forecast in [Forecast::SeasonalNaive, HOLT_WINTERS] {
            let sizes = run(&settings(forecast), (0..20).map(wave));
            assert_eq!(sizes[4], 20, "the first peak is a surprise");
            assert_eq!((sizes[12], sizes[13], sizes[14], sizes[16]), (20, 80, 80, 20), "{forecast:?}");
        }
    }

    #[test]
    fn holt_winters_follows_a_trend_that_the_naive_forecast_misses() {
        let rising = || (0..400).map(|k| wave(k) + f64::from(k));
        let naive = run(&settings(Forecast::SeasonalNaive), rising())[399];
        let smoothed = run(&settings(HOLT_WINTERS), rising())[399];
        // The next two intervals bring 20 + 401 at most.
        assert_eq!(naive, 411);
        assert!((420..=423).contains(&smoothed), "{smoothed}");
    }

    #[test]
    fn a_backlog_is_staffed_too_if_asked_for() {
        let settings = Predictive { drain_s: Some(10.0), ..settings(Forecast::SeasonalNaive) };
        let sight = Some(Sight { publish_per_s: 5.0, ready: 100.0, ..Sight::default() });
        let seen = Observation { now_s: 0.0, wanted: 1, running: 1, ready: 1, sight, explain: false };
        assert_eq!(PredictiveState::new(&settings).decide(&settings, &seen, &mut Reasons::skipped()), 15);
    }

    #[test]
    fn a_gap_in_the_metric_does_not_shift_the_season() {
        let settings = settings(Forecast::SeasonalNaive);
        let mut state = PredictiveState::new(&settings);
        let mut size = 0;
        for k in 0..14 {
            let sight = (k != 12).then(|| Sight { publish_per_s: wave(k), ..Sight::default() });
            let seen = Observation { now_s: 0.0, wanted: 1, running: 1, ready: 1, sight, explain: false };
            size = state.decide(&settings, &seen, &mut Reasons::skipped());
        }
        assert_eq!(size, 80);
    }
}
