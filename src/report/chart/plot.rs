//! A chart as data: a title that states the finding, panels over one time axis, and what is drawn in them.
//!
//! Here is what a chart is; `paint` is how it gets onto paper.

use super::axis::Axis;
use super::theme::Stroke;

/// A whole chart.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    /// The finding, with numbers.
    pub title: String,
    /// Scenario, queue, what is drawn.
    pub subtitle: String,
    /// The horizontal axis: time, unless the caption says otherwise.
    pub time: Axis,
    /// What the horizontal axis shows.
    pub time_caption: String,
    /// From top to bottom, of equal height.
    pub panels: Vec<Panel>,
}

/// One vertical axis and what is drawn against it, from the back to the front.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    /// What the axis counts, in its unit.
    pub heading: String,
    pub axis: Axis,
    pub layers: Vec<Layer>,
}

/// One thing in a panel. All points are (seconds, value).
#[derive(Clone, Debug)]
pub(super) enum Layer {
    /// The area between two curves over the same times.
    Band { low: Vec<(f64, f64)>, high: Vec<(f64, f64)>, stroke: Stroke, label: String },
    /// A line with gaps where there is nothing; a lone point is a dot.
    Line { pieces: Vec<Vec<(f64, f64)>>, stroke: Stroke, label: String },
    /// A point with its name beside it.
    Mark { at: (f64, f64), stroke: Stroke, label: String },
    /// A bar from 0 to `value` along the horizontal axis, half of `height` on each side of `at`, its number at its end.
    Bar { at: f64, value: f64, height: f64, stroke: Stroke, label: String },
}

impl Layer {
    /// A line without gaps.
    pub fn line(points: Vec<(f64, f64)>, stroke: Stroke, label: impl Into<String>) -> Self {
        Layer::Line { pieces: vec![points], stroke, label: label.into() }
    }

    /// A horizontal line.
    pub fn level(value: f64, from_s: f64, until_s: f64, stroke: Stroke, label: impl Into<String>) -> Self {
        Self::line(vec![(from_s, value), (until_s, value)], stroke, label)
    }

    pub fn stroke(&self) -> Stroke {
        match self {
            Layer::Band { stroke, .. }
            | Layer::Line { stroke, .. }
            | Layer::Mark { stroke, .. }
            | Layer::Bar { stroke, .. } => *stroke,
        }
    }

    /// The name of what is drawn.
    pub fn label(&self) -> &str {
        match self {
            Layer::Band { label, .. }
            | Layer::Line { label, .. }
            | Layer::Mark { label, .. }
            | Layer::Bar { label, .. } => label,
        }
    }

    /// The name as it stands in the margin on the right; none for what is named where it is.
    pub fn margin_label(&self) -> &str {
        match self {
            Layer::Band { label, .. } | Layer::Line { label, .. } => label,
            Layer::Mark { .. } | Layer::Bar { .. } => "",
        }
    }

    /// The value at which the layer ends on the right, if it has any point.
    pub fn end(&self) -> Option<f64> {
        match self {
            Layer::Band { high, .. } => high.last().map(|(_, value)| *value),
            Layer::Line { pieces, .. } => pieces.last().and_then(|piece| piece.last()).map(|(_, value)| *value),
            Layer::Mark { at, .. } => Some(at.1),
            Layer::Bar { at, .. } => Some(*at),
        }
    }
}

/// Averages over intervals as a staircase, interval by interval.
pub(super) fn staircase(ends_s: &[f64], values: &[f64]) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(2 * values.len());
    let mut from_s = 0.0;
    for (end_s, value) in ends_s.iter().zip(values) {
        points.extend([(from_s, *value), (*end_s, *value)]);
        from_s = *end_s;
    }
    points
}

/// Levels at the ends of intervals, after the level at t = 0.
pub(super) fn curve(at_zero: f64, ends_s: &[f64], values: &[f64]) -> Vec<(f64, f64)> {
    std::iter::once((0.0, at_zero)).chain(ends_s.iter().copied().zip(values.iter().copied())).collect()
}

/// Pieces of a line whose values are missing in places.
pub(super) fn pieces(times_s: &[f64], values: &[Option<f64>]) -> Vec<Vec<(f64, f64)>> {
    let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut open = false;
    for (time_s, value) in times_s.iter().zip(values) {
        let known = value.filter(|value| value.is_finite());
        match (known, pieces.last_mut()) {
            (Some(value), Some(piece)) if open => piece.push((*time_s, value)),
            (Some(value), _) => pieces.push(vec![(*time_s, value)]),
            (None, _) => {}
        }
        open = known.is_some();
    }
    pieces
}

/// At most a few points per column of `columns`: its first, lowest, highest and last, so that no peak is lost.
pub(super) fn thinned(points: &[(f64, f64)], columns: usize) -> Vec<(f64, f64)> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    if points.len() <= 4 * columns || last.0 <= first.0 {
        return points.to_vec();
    }
    let column = |time_s: f64| ((time_s - first.0) / (last.0 - first.0) * columns as f64) as usize;
    let mut kept = Vec::new();
    for group in points.chunk_by(|a, b| column(a.0) == column(b.0)) {
        let extreme = |better: fn(f64, f64) -> bool| {
            (1..group.len()).fold(0, |best, k| if better(group[k].1, group[best].1) { k } else { best })
        };
        let mut keep = [0, extreme(|a, b| a < b), extreme(|a, b| a > b), group.len() - 1];
        keep.sort_unstable();
        for k in 0..keep.len() {
            if k == 0 || keep[k] != keep[k - 1] {
                kept.push(group[keep[k]]);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staircase_holds_each_average_over_its_interval() {
        assert_eq!(staircase(&[1.0, 3.0], &[5.0, 7.0]), [(0.0, 5.0), (1.0, 5.0), (1.0, 7.0), (3.0, 7.0)]);
    }

    #[test]
    fn a_missing_value_is_a_gap() {
        let pieces = pieces(&[1.0, 2.0, 3.0, 4.0], &[Some(1.0), Some(2.0), None, Some(4.0)]);
        assert_eq!(pieces, [vec![(1.0, 1.0), (2.0, 2.0)], vec![(4.0, 4.0)]]);
    }

    #[test]
    fn thinning_keeps_every_peak() {
        let points: Vec<(f64, f64)> =
            (0..100_000).map(|k| (f64::from(k), if k == 54_321 { 9.0 } else { 1.0 })).collect();
        let thin = thinned(&points, 700);
        assert!(thin.len() <= 2900, "{}", thin.len());
        assert!(thin.contains(&(54_321.0, 9.0)) && thin.first() == points.first() && thin.last() == points.last());
        assert_eq!(thinned(&points[..50], 700).len(), 50);
    }
}
