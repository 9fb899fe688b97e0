//! The waits of messages by the time at which they were published.

use super::super::number;
use super::super::view::QueueView;
use super::super::words;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel, pieces};
use super::theme::Stroke;
use super::{LARGEST_LIMIT, chart, subtitle};
use crate::model::{Promise, Quantile};

/// A range beyond this is drawn on a logarithmic axis.
const LINEAR_RANGE: f64 = 100.0;
/// From this share of intervals without a message on, dots say more than pieces of a line.
const MOSTLY_EMPTY: f64 = 0.3;

/// The chart.
pub(super) fn wait(view: &QueueView) -> Chart {
    // The messages of an interval stand at its middle.
    let middles: Vec<f64> =
        (0..view.time_s.len()).map(|k| view.interval_s(k)).map(|(from, until)| 0.5 * (from + until)).collect();
    let mut layers = Vec::new();
    let mut values: Vec<f64> = Vec::new();
    if let Some(series) = view.series {
        for (column, stroke, label) in
            [(&series.wait_p99_s, Stroke::TAIL, "p99 wait"), (&series.wait_mean_s, Stroke::MAIN, "mean wait")]
        {
            values.extend(column.iter().flatten());
            layers.push(Layer::Line { pieces: dots_or_lines(&middles, column), stroke, label: label.to_owned() });
        }
    }
    if let Some(delays) = view.fluid.map(|fluid| &fluid.delay_s).filter(|delays| !delays.is_empty()) {
        let course = view.fluid.and_then(|fluid| fluid.course.as_ref());
        let (times, delays): (Vec<f64>, Vec<Option<f64>>) = match course {
            Some(course) => course.delay_s.iter().copied().unzip(),
            None => (view.time_s.clone(), delays.clone()),
        };
        values.extend(delays.iter().flatten());
        layers.push(Layer::Line {
            pieces: pieces(&times, &delays),
            stroke: Stroke::FLUID,
            label: "fluid delay".to_owned(),
        });
    }
    values.retain(|value| value.is_finite());
    let mut most = values.iter().copied().fold(0.0, f64::max);
    let mut least = smallest_that_matters(&values, most);
    let mut beyond = Vec::new();
    for slo in view.slos() {
        let (what, quantile, limit_s) = match slo.promise {
            Promise::Wait(quantile, limit_s) => ("wait", quantile, limit_s),
            Promise::Latency(quantile, limit_s) => ("latency", quantile, limit_s),
            _ => continue,
        };
        let name = quantile_name(quantile);
        if limit_s <= LARGEST_LIMIT * most {
            let (from_s, until_s) =
                slo.during.map_or((0.0, view.clock.horizon_s()), |window| (window.from_s, window.until_s));
            let label = format!("{name} {what} < {}", number::duration(limit_s));
            layers.push(Layer::level(limit_s, from_s, until_s.min(view.clock.horizon_s()), Stroke::LIMIT, label));
            (least, most) = (least.min(limit_s), most.max(limit_s));
        } else {
            beyond.push(format!("limit {} of the {name} {what} is above the chart", number::duration(limit_s)));
        }
    }
    let what = std::iter::once("publish to first start, by time of publishing".to_owned()).chain(beyond);
    let (axis, heading) = if most > LINEAR_RANGE * least {
        (Axis::log_durations(least, most, values.iter().any(|value| *value < least)), "wait, logarithmic")
    } else {
        (Axis::durations(most), "wait")
    };
    let panel = Panel { heading: heading.to_owned(), axis, layers };
    chart(view, words::wait(view), subtitle(view, &what.collect::<Vec<_>>().join(" · ")), vec![panel])
}

/// A logarithmic axis begins where a tenth of the positive waits lie below, not at the one shortest wait.
fn smallest_that_matters(values: &[f64], most: f64) -> f64 {
    let mut positive: Vec<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
    positive.sort_by(f64::total_cmp);
    positive.get(positive.len() / 10).copied().unwrap_or(most)
}

fn dots_or_lines(times_s: &[f64], values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let missing = values.iter().filter(|value| value.is_none()).count();
    let pieces = pieces(times_s, values);
    if missing as f64 > MOSTLY_EMPTY * values.len() as f64 {
        pieces.into_iter().flatten().map(|point| vec![point]).collect()
    } else {
        pieces
    }
}

fn quantile_name(quantile: Quantile) -> String {
    match quantile {
        Quantile::Mean => "mean".to_owned(),
        Quantile::Max => "longest".to_owned(),
        Quantile::P(share) => format!("p{}", number::plain(share * 100.0).replace('.', "")),
    }
}
