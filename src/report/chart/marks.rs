//! Names of points and numbers of bars, written where these are, so that none covers another.

use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::paint::{Area, Drawn, Frame, Plot, fitted, width_of, write};
use super::plot::{Layer, Panel};
use super::theme::{INK, THEME, ZOOM, text};

/// A rectangle in pixels: left, right, top, bottom.
type Place = (f64, f64, f64, f64);

/// Writes the names of a panel's marks and bars.
pub(super) fn paint_names(paper: &Area, plot: &Plot, panel: &Panel, frame: &Frame) -> Drawn {
    let pixel = |at: &(f64, f64)| {
        let (x, y) = plot.backend_coord(at);
        (f64::from(x) / ZOOM, f64::from(y) / ZOOM)
    };
    let marks: Vec<(f64, f64)> = panel.layers.iter().filter_map(|layer| Some(pixel(&anchor(layer)?))).collect();
    let names = panel.layers.iter().filter(|layer| anchor(layer).is_some());
    let widest = THEME.width - frame.left - THEME.margin;
    let named: Vec<(&Layer, String)> = names
        .map(|layer| (layer, fitted(paper, layer.label(), &text(THEME.text_size, INK), widest.min(THEME.label_width))))
        .collect();
    let widths: Vec<f64> = named.iter().map(|(_, name)| width_of(paper, name, &text(THEME.text_size, INK))).collect();
    let is_bar: Vec<bool> = named.iter().map(|(layer, _)| matches!(layer, Layer::Bar { .. })).collect();
    let lines = panel.layers.iter().flat_map(|layer| match layer {
        Layer::Line { pieces, .. } => {
            pieces.iter().flat_map(|piece| along(&piece.iter().map(pixel).collect::<Vec<_>>())).collect()
        }
        _ => Vec::new(),
    });
    let places = place(&marks, &widths, &is_bar, lines.collect(), frame);
    for ((layer, name), (left, _, top, bottom)) in named.iter().zip(places) {
        let colour = if matches!(layer, Layer::Bar { .. }) { INK } else { layer.stroke().colour };
        let style = text(THEME.text_size, colour).pos(Pos::new(HPos::Left, VPos::Center));
        write(paper, name, &style, left, 0.5 * (top + bottom))?;
    }
    Ok(())
}

/// Where a layer's name belongs, if it is named where it is.
fn anchor(layer: &Layer) -> Option<(f64, f64)> {
    match layer {
        Layer::Mark { at, .. } => Some(*at),
        Layer::Bar { at, value, .. } => Some((*value, *at)),
        Layer::Band { .. } | Layer::Line { .. } => None,
    }
}

/// For each name the first free place: right of its point, left, above, below, further away. A bar's number is always
/// on its right.
fn place(points: &[(f64, f64)], widths: &[f64], is_bar: &[bool], mut taken: Vec<Place>, frame: &Frame) -> Vec<Place> {
    let half = 0.5 * THEME.label_pitch;
    taken.extend(points.iter().map(|(x, y)| around(*x, *y)));
    let mut places = Vec::new();
    for (((x, y), width), is_bar) in points.iter().zip(widths).zip(is_bar) {
        let (x, y) = (*x, *y);
        let at = |left: f64, middle: f64| (left, left + width, middle - half, middle + half);
        let beside = THEME.mark_gap;
        let apart = half + THEME.mark_radius + 1.0;
        let rows = [apart, 2.0 * apart].into_iter().flat_map(|away| {
            let columns = [x - 0.5 * width, x + beside, x - beside - width];
            columns.into_iter().flat_map(move |left| [at(left, y - away), at(left, y + away)])
        });
        let candidates: Vec<Place> = [at(x + beside, y), at(x - beside - width, y)].into_iter().chain(rows).collect();
        let inside = |place: &Place| {
            place.0 >= frame.left
                && place.1 <= THEME.width - THEME.margin
                && place.2 >= frame.top - half
                && place.3 <= frame.bottom
        };
        let free = |place: &&Place| inside(place) && !taken.iter().any(|other| overlap(place, other));
        let best = candidates.iter().find(free).copied();
        let chosen = if *is_bar { candidates[0] } else { best.unwrap_or(candidates[0]) };
        taken.push(chosen);
        places.push(chosen);
    }
    places
}

/// What a line covers, bit by bit.
fn along(points: &[(f64, f64)]) -> Vec<Place> {
    let bits = points.windows(2).flat_map(|ends| {
        let [(x0, y0), (x1, y1)] = [ends[0], ends[1]];
        let count = ((x1 - x0).hypot(y1 - y0) / THEME.mark_radius).ceil().max(1.0) as usize;
        (0..=count).map(move |k| {
            let share = k as f64 / count as f64;
            let (x, y) = (x0 + share * (x1 - x0), y0 + share * (y1 - y0));
            (x - 1.0, x + 1.0, y - 1.0, y + 1.0)
        })
    });
    bits.collect()
}

fn around(x: f64, y: f64) -> Place {
    let radius = THEME.mark_radius + 1.0;
    (x - radius, x + radius, y - radius, y + radius)
}

fn overlap(a: &Place, b: &Place) -> bool {
    a.0 < b.1 && b.0 < a.1 && a.2 < b.3 && b.2 < a.3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_neither_cover_each_other_nor_a_point() {
        let frame = Frame { left: 60.0, right: 800.0, top: 100.0, bottom: 420.0 };
        let points = [(100.0, 200.0), (112.0, 203.0), (108.0, 196.0), (860.0, 300.0)];
        let widths = [60.0, 70.0, 80.0, 60.0];
        let places = place(&points, &widths, &[false; 4], along(&[(20.0, 200.0), (100.0, 200.0)]), &frame);
        for (k, place) in places.iter().enumerate() {
            assert!(places[k + 1..].iter().all(|other| !overlap(place, other)), "{places:?}");
            assert!(points.iter().all(|(x, y)| !overlap(place, &around(*x, *y))), "{places:?}");
        }
        assert!(places[3].1 < 860.0, "it is written on the left where there is no room on the right");
    }
}
