//! Timetables, feed-forward, age, forecasts, the oracle, PID.

use super::metrics::tracked;
use super::{Body, Builder, Code, Item, Scaled};
use crate::model::Distribution;
use crate::model::scaling::{
    AgeScaling, Forecast, Oracle, Pid, Predictive, RateScaling, Schedule, Staffing, Strategy, Workforce,
};
use crate::units::show_duration;

/// Longest season that is remembered, in periods.
const MAX_SEASON: f64 = 1e6;

impl Scaled<'_> {
    /// What one replica of the group does, at the speed that it has at t = 0.
    fn workforce(&self) -> Workforce {
        let group = &self.model.groups[self.group];
        let now = group.speed.as_ref().map_or(1.0, |speed| speed.at(0.0));
        // A group that pauses at first works at its own speed later.
        let now = if now > 0.0 { now } else { 1.0 };
        let replicas = group.speeds.len() as f64;
        let each = if group.speeds.is_empty() { 1.0 } else { group.speeds.iter().sum::<f64>() / replicas };
        let overhead_s = group.overhead.as_ref().map_or(0.0, Distribution::mean);
        let occupied_s = self.model.mean_work_s(group) / (now * each) + overhead_s;
        Workforce { slots: group.slots_per_replica(), per_slot_per_s: occupied_s.recip() }
    }

    /// Mean time from launch to the first message.
    fn startup_s(&self) -> f64 {
        self.model.groups[self.group].startup.as_ref().map_or(0.0, Distribution::mean)
    }
}

/// What one replica does: as written, or as the group says.
fn workforce(item: &Item, scaled: &Scaled<'_>) -> Option<Workforce> {
    let own = scaled.workforce();
    let given = item.maybe("replica_rate")?;
    Some(given.map_or(own, |per_s| Workforce { per_slot_per_s: per_s / f64::from(own.slots), ..own }))
}

fn staffing(item: &Item) -> Option<Staffing> {
    let Some(given) = item.field("staffing") else { return Some(Staffing::default()) };
    let Body::Chosen(rule, settings) = &given.body else { return None };
    Some(match *rule {
        "utilization" => Staffing::Utilization(settings.number()?),
        "square_root" => Staffing::SquareRoot { beta: settings.number()? },
        "erlang_c" => Staffing::ErlangC { within_s: settings.needed("within")?, share: settings.needed("share")? },
        _ => unreachable!("the table of keys lists no rule of staffing {rule}"),
    })
}

fn forecast(item: &Item) -> Option<Forecast> {
    let Some(given) = item.field("forecast") else { return Some(Forecast::default()) };
    match &given.body {
        Body::Text(_) => Some(Forecast::SeasonalNaive),
        Body::Chosen(_, winters) => Some(Forecast::HoltWinters {
            level: winters.needed("level")?,
            trend: winters.needed("trend")?,
            season: winters.needed("season")?,
        }),
        _ => None,
    }
}

impl Builder<'_> {
    pub(super) fn schedule(&mut self, item: &Item) -> Option<Strategy> {
        if let Some(given) = item.field("steps") {
            let steps = self.steps(given)?;
            self.late_steps(given, &steps);
            let steps = steps.into_iter().map(|(at_s, replicas)| (at_s, replicas as u32)).collect();
            return Some(Strategy::Schedule(Schedule::Steps(steps)));
        }
        let windows: Vec<_> = item.field("cron")?.list()?.iter().map(|window| self.cron_window(window)).collect();
        let otherwise = item.needed("otherwise")? as u32;
        Some(Strategy::Schedule(Schedule::Cron { otherwise, windows: windows.into_iter().collect::<Option<_>>()? }))
    }

    pub(super) fn rate_scaling(&mut self, item: &Item, scaled: Option<&Scaled<'_>>) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None)?;
        let workforce = workforce(item, scaled?)?;
        let default = RateScaling::new(bounds, workforce.per_slot_per_s * f64::from(workforce.slots));
        Some(Strategy::Rate(RateScaling {
            period_s: item.or("period", default.period_s)?,
            utilization: item.or("utilization", default.utilization)?,
            drain_s: item.or("drain", default.drain_s)?,
            down_window_s: item.or("stabilization_window", default.down_window_s)?,
            ..default
        }))
    }

    pub(super) fn age_scaling(&mut self, item: &Item) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None)?;
        let default = AgeScaling::new(bounds, item.needed("target")?);
        Some(Strategy::Age(AgeScaling {
            period_s: item.or("period", default.period_s)?,
            tolerance: item.or("tolerance", default.tolerance)?,
            growth: item.or("growth", default.growth)?,
            low: item.or("low", default.low)?,
            down_after_s: item.or("down_after", default.down_after_s)?,
            ..default
        }))
    }

    pub(super) fn pid(&mut self, item: &Item) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None)?;
        let (signal, _, set_point) = tracked(item.field("metric")?)?;
        let default = Pid::new(bounds, signal, set_point, item.needed("proportional")?);
        Some(Strategy::Pid(Pid {
            period_s: item.or("period", default.period_s)?,
            integral: item.or("integral", default.integral)?,
            derivative: item.or("derivative", default.derivative)?,
            ..default
        }))
    }

    pub(super) fn predictive(&mut self, item: &Item, scaled: Option<&Scaled<'_>>) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None);
        // The defaults do not depend on the group.
        let nobody = Workforce { slots: 1, per_slot_per_s: 1.0 };
        let default = Predictive::new(bounds?, 0.0, nobody);
        let period_s = item.or("period", default.period_s)?;
        let season_s = item.or("season", default.season_s)?;
        self.whole_season(item, period_s, season_s);
        let scaled = scaled?;
        Some(Strategy::Predictive(Predictive {
            period_s,
            season_s,
            forecast: forecast(item)?,
            lead_s: item.or("lead", scaled.startup_s())?,
            staffing: staffing(item)?,
            workforce: workforce(item, scaled)?,
            drain_s: item.maybe("drain")?,
            ..default
        }))
    }

    /// A season is a whole number of periods, and not more than are remembered.
    fn whole_season(&mut self, item: &Item, period_s: f64, season_s: f64) {
        let periods = season_s / period_s;
        let at = item.field("season").or(item.field("period")).unwrap_or(item);
        let (season, period) = (show_duration(season_s), show_duration(period_s));
        if periods > MAX_SEASON {
            let message = format!("a season of {season} has {periods:.0} periods of {period}");
            self.fault(Code::OutOfRange, at, message).help =
                Some("at most a million are remembered: write a longer `period`".to_owned());
        } else if periods < 0.5 || (periods - periods.round()).abs() > 1e-6 * periods {
            let message = format!("a season of {season} is no whole number of periods of {period}");
            self.fault(Code::Contradiction, at, message).help =
                Some("write a `period` that divides the `season`".to_owned());
        }
    }

    pub(super) fn oracle(&mut self, item: &Item, scaled: Option<&Scaled<'_>>) -> Option<Strategy> {
        let bounds = self.bounds(item, 1, None)?;
        let scaled = scaled?;
        let default = Oracle::new(bounds, item.or("lead", scaled.startup_s())?, workforce(item, scaled)?);
        Some(Strategy::Oracle(Oracle {
            period_s: item.or("period", default.period_s)?,
            staffing: staffing(item)?,
            drain_s: item.maybe("drain")?,
            ..default
        }))
    }
}
