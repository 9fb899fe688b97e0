//! From the limits of replications to the factor that a share of them bears, with its interval.
//!
//! Enough replications are counted: ranks of their limits enclose the quantile whatever their law. Of a few long ones
//! a tolerance bound is taken, as if the logarithms of their limits were normal; that is an assumption, and said so.

use statrs::distribution::{ContinuousCDF, Normal};

use super::trials::{Bracket, Range};
use super::{KeptAt, Procedure};
use crate::measure::{Estimate, KeptShare, QuantileRanks, tolerance_factor};

/// Probability with which an interval holds the true factor.
const CONFIDENCE: f64 = 0.95;

/// Replications of which so small a share can be counted: about five of them break it.
pub(super) fn counted(kept_in: f64) -> u32 {
    (5.0 / (1.0 - kept_in)).ceil() as u32
}

/// Whether so many replications have a lower rank for the demanded share.
pub(super) fn can_count(replications: u32, kept_in: f64) -> bool {
    QuantileRanks::new(replications as usize, 1.0 - kept_in, CONFIDENCE).lower.is_some()
}

/// The largest rank that matters for the interval, if it is found by counting.
pub(super) fn last_rank(replications: u32, kept_in: f64) -> Option<usize> {
    QuantileRanks::new(replications as usize, 1.0 - kept_in, CONFIDENCE).upper
}

/// The factor that `share` of the runs bear.
pub(super) fn factor(brackets: &[Bracket], share: f64, procedure: Procedure, range: Range) -> Estimate {
    if brackets.iter().all(|bracket| bracket.broken.is_none()) {
        let low = brackets.iter().filter_map(|bracket| bracket.kept).fold(range.most, f64::min);
        let why_not = format!("nothing broke in any run up to {} times the load", rounded(low));
        return Estimate { low: Some(low), why_not: Some(why_not), ..Estimate::default() };
    }
    if brackets.iter().all(|bracket| bracket.kept.is_none()) {
        let high = brackets.iter().filter_map(|bracket| bracket.broken).fold(f64::INFINITY, f64::min);
        let why_not = format!("it is broken in every run even at {} of the load", percent(high));
        return Estimate { high: Some(high), why_not: Some(why_not), ..Estimate::default() };
    }
    match procedure {
        Procedure::Counted { .. } => by_counting(brackets, share),
        Procedure::Scattered { .. } => by_scatter(brackets, share),
    }
}

fn rounded(factor: f64) -> f64 {
    (factor * 100.0).round() / 100.0
}

fn percent(factor: f64) -> String {
    format!("{} %", (factor * 1000.0).round() / 10.0)
}

/// The k-th smallest of the lower ends of limits, and of their upper ends; k counts from 1.
fn order(brackets: &[Bracket], rank: usize) -> (Option<f64>, Option<f64>) {
    let mut kept: Vec<f64> = brackets.iter().map(|bracket| bracket.kept.unwrap_or(0.0)).collect();
    let mut broken: Vec<f64> = brackets.iter().map(|bracket| bracket.broken.unwrap_or(f64::INFINITY)).collect();
    kept.sort_by(f64::total_cmp);
    broken.sort_by(f64::total_cmp);
    (
        kept.get(rank - 1).copied().filter(|low| *low > 0.0),
        broken.get(rank - 1).copied().filter(|high| high.is_finite()),
    )
}

fn by_counting(brackets: &[Bracket], share: f64) -> Estimate {
    let runs = brackets.len();
    let ranks = QuantileRanks::new(runs, 1.0 - share, CONFIDENCE);
    // With one run more broken, fewer than the demanded share would be left.
    let allowed = ((1.0 - share) * runs as f64 + 1e-9).floor() as usize;
    let (below, above) = order(brackets, (allowed + 1).min(runs));
    let value = match (below, above) {
        (Some(below), Some(above)) => Some((below * above).sqrt()),
        _ => None,
    };
    let low = ranks.lower.and_then(|rank| order(brackets, rank).0);
    let high = ranks.upper.and_then(|rank| order(brackets, rank).1);
    let why_not = value.is_none().then(|| "too few of the runs broke for a middle value".to_owned());
    Estimate { value, low, high, why_not }
}

fn by_scatter(brackets: &[Bracket], share: f64) -> Estimate {
    let ends: Option<Vec<(f64, f64)>> =
        brackets.iter().map(|bracket| Some((bracket.kept?.ln(), bracket.broken?.ln()))).collect();
    let Some(ends) = ends.filter(|ends| ends.len() >= 2) else {
        let why_not = "the limits of some runs lie beyond what was tried".to_owned();
        let low = brackets.iter().filter_map(|bracket| bracket.kept).reduce(f64::min);
        let high = brackets.iter().filter_map(|bracket| bracket.broken).reduce(f64::min);
        let (low, high) =
            if brackets.iter().any(|bracket| bracket.kept.is_none()) { (None, high) } else { (low, None) };
        return Estimate { low, high, why_not: Some(why_not), ..Estimate::default() };
    };
    let count = ends.len() as f64;
    let middles: Vec<f64> = ends.iter().map(|(low, high)| 0.5 * (low + high)).collect();
    let width = ends.iter().map(|(low, high)| high - low).sum::<f64>() / count;
    let mean = middles.iter().sum::<f64>() / count;
    let squares: f64 = middles.iter().map(|middle| (middle - mean).powi(2)).sum();
    // A limit is anywhere in its bracket: a uniform law has the variance width²/12.
    let deviation = (squares / (count - 1.0)).sqrt().max(width / 12.0_f64.sqrt());
    let tail = 0.5 * (1.0 - CONFIDENCE);
    let half = 0.5 * width;
    let at = |factor: f64| mean - factor * deviation;
    let z = Normal::new(0.0, 1.0).map_or(0.0, |law| law.inverse_cdf(share));
    Estimate {
        value: Some(at(z).exp()),
        low: Some((at(tolerance_factor(ends.len(), share, 1.0 - tail)) - half).exp()),
        high: Some((at(tolerance_factor(ends.len(), share, tail)) + half).exp()),
        why_not: None,
    }
}

/// The share of runs that keep all promises at `factor`; `None` where some run is not known well enough.
pub(super) fn kept_at(brackets: &[Bracket], factor: f64) -> Option<KeptAt> {
    let mut kept = 0;
    for bracket in brackets {
        let limit = match (bracket.kept, bracket.broken) {
            (Some(kept), Some(broken)) => (kept * broken).sqrt(),
            (None, Some(_)) => 0.0,
            (Some(kept), None) if factor <= kept => f64::INFINITY,
            (_, None) => return None,
        };
        kept += u32::from(factor < limit || bracket.kept.is_some_and(|kept| factor <= kept));
    }
    Some(KeptAt { factor, kept: KeptShare::new(kept, brackets.len() as u32) })
}

/// Points of the curve of kept shares.
const POINTS: usize = 32;

/// The curve goes on beyond the limit up to this multiple of it.
const BEYOND: f64 = 1.3;

/// The share of runs that keep all promises, from where all do to where none does. Where the limits of some runs were
/// not looked for, those that explored tell how it goes on, as far as they do not say more than all.
pub(super) fn curve(brackets: &[Bracket], explored: &[Bracket], limit: Option<f64>) -> Vec<KeptAt> {
    let mut curve = known(brackets);
    let broken = explored.iter().filter_map(|bracket| bracket.broken).reduce(f64::max);
    let (Some(last), Some(limit), Some(broken)) = (curve.last().copied(), limit, broken) else { return curve };
    let most = (BEYOND * limit).min(1.05 * broken);
    let step = (most / last.factor).powf(1.0 / POINTS as f64);
    if most > last.factor {
        let factors = (1..=POINTS).map(|k| last.factor * step.powi(k as i32));
        let beyond = factors.filter_map(|factor| kept_at(explored, factor));
        curve.extend(beyond.filter(|at| at.kept.share() <= last.kept.share()));
    }
    curve
}

/// The part of the curve for which every run's limit is known well enough.
fn known(brackets: &[Bracket]) -> Vec<KeptAt> {
    let ends = brackets.iter().flat_map(|bracket| [bracket.kept, bracket.broken]).flatten();
    let (least, most) = ends.fold((1.0_f64, 1.0_f64), |(least, most), end| (least.min(end), most.max(end)));
    let step = (most / least).powf(1.0 / POINTS as f64).max(1.0 + 1e-6);
    let mut factors: Vec<f64> = (0..=POINTS).map(|k| least * step.powi(k as i32)).collect();
    factors.extend([1.0, most]);
    factors.sort_by(f64::total_cmp);
    factors.dedup_by(|a, b| (*a / *b - 1.0).abs() < 1e-9);
    factors.into_iter().filter_map(|factor| kept_at(brackets, factor)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Range = Range { least: 0.01, most: 64.0 };

    fn bracket(limit: f64) -> Bracket {
        Bracket { kept: Some(limit * 0.99), broken: Some(limit * 1.01) }
    }

    #[test]
    fn a_hundred_runs_are_counted() {
        let brackets: Vec<Bracket> = (1..=100).map(|k| bracket(1.0 + 0.01 * f64::from(k))).collect();
        let found = factor(&brackets, 0.95, Procedure::Counted { replications: 100 }, RANGE);
        let near = |found: Option<f64>, expected: f64| (found.unwrap() / expected - 1.0).abs() < 1e-3;
        // Five of them may break: the sixth must not. Ranks 1 and 11 enclose the 5 % quantile of 100.
        assert!(near(found.value, 1.06) && near(found.low, 1.01 * 0.99) && near(found.high, 1.11 * 1.01), "{found:?}");
        let typical = factor(&brackets, 0.5, Procedure::Counted { replications: 100 }, RANGE);
        assert!(near(typical.value, 1.51), "{typical:?}");
        assert!(can_count(100, 0.95) && !can_count(71, 0.95) && counted(0.95) == 100 && counted(0.99) == 500);
    }

    #[test]
    fn a_few_runs_are_a_sample_of_a_normal_law() {
        let brackets = [1.30, 1.31, 1.29, 1.30].map(bracket);
        let found = factor(&brackets, 0.95, Procedure::Scattered { replications: 4 }, RANGE);
        let (low, value, high) = (found.low.unwrap(), found.value.unwrap(), found.high.unwrap());
        assert!(low < value && value < high && low > 1.18 && value < 1.30 && high < 1.32, "{found:?}");
    }

    #[test]
    fn what_never_breaks_or_never_holds_is_said() {
        let never = [Bracket { kept: Some(64.0), broken: None }; 3];
        let found = factor(&never, 0.95, Procedure::Counted { replications: 3 }, RANGE);
        assert_eq!((found.value, found.low, found.high), (None, Some(64.0), None));
        assert!(found.why_not.unwrap().contains("64 times"));
        let always = [Bracket { kept: None, broken: Some(0.015_625) }; 3];
        let found = factor(&always, 0.95, Procedure::Counted { replications: 3 }, RANGE);
        assert!(found.high.is_some() && found.why_not.unwrap().contains("1.6 %"));
    }

    #[test]
    fn the_curve_falls_from_all_to_none() {
        let brackets: Vec<Bracket> = (0..20).map(|k| bracket(1.2 + 0.02 * f64::from(k))).collect();
        let curve = curve(&brackets, &brackets[..5], Some(1.25));
        assert_eq!((curve[0].kept.share(), curve[curve.len() - 1].kept.share()), (1.0, 0.0));
        assert!(curve.is_sorted_by(|a, b| a.factor < b.factor && a.kept.kept >= b.kept.kept));
        let cut: Vec<Bracket> =
            (0..20).map(|k| if k < 8 { bracket(1.1) } else { Bracket { kept: Some(1.2), broken: None } }).collect();
        let beyond = super::curve(&cut, &[bracket(1.1), bracket(1.15), bracket(1.25)], Some(1.1));
        assert!(beyond.is_sorted_by(|a, b| a.factor < b.factor && a.kept.share() >= b.kept.share()), "{beyond:?}");
        let last = beyond.last().unwrap();
        assert!(last.factor > 1.25 && last.kept.share() == 0.0, "the break can be seen: {last:?}");
        let open = [bracket(1.1), Bracket { kept: Some(1.2), broken: None }];
        assert_eq!(kept_at(&open, 1.15).unwrap().kept.kept, 1);
        assert_eq!(kept_at(&open, 1.3), None);
    }
}
