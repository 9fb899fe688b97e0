//! A heat map: a cell per pair of values, its number as a colour of even lightness steps, its promise as hatching.
//!
//! Colours darken as numbers grow, so that a grey copy says the same; what breaks a promise is hatched and framed, and
//! cells with room say their number. Not here: what is shown (`sweep`).

use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::axis::Axis;
use super::paint::{Area, Drawn, Frame, on_paper, paint_head, width_of, write};
use super::theme::{GRID, HEAT, INK, MUTED, PAPER, THEME, heat_colour, text, zoomed};

/// A whole heat map.
#[derive(Clone, Debug)]
pub(super) struct HeatMap {
    /// The finding, with numbers.
    pub title: String,
    pub subtitle: String,
    /// From the left to the right.
    pub columns: Vec<String>,
    /// From the top to the bottom.
    pub rows: Vec<String>,
    pub column_caption: String,
    pub row_caption: String,
    /// Row by row.
    pub cells: Vec<Vec<Cell>>,
    /// The numbers that colours stand for.
    pub scale: Axis,
    pub scale_heading: String,
}

/// One cell.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub value: Option<f64>,
    pub label: String,
    /// Whether a promise is broken there.
    pub is_broken: bool,
}

/// The heat map as plotters' SVG, text as text.
///
/// # Errors
/// When plotters cannot draw, which is a bug.
pub(super) fn paint(map: &HeatMap) -> Result<String, String> {
    on_paper(|paper| {
        paint_head(paper, &map.title, &map.subtitle)?;
        let frame = frame(paper, map);
        paint_cells(paper, map, &frame)?;
        paint_border(paper, map, &frame)?;
        paint_axes(paper, map, &frame)?;
        paint_scale(paper, map, &frame)
    })
}

/// Where the cells lie.
fn frame(paper: &Area, map: &HeatMap) -> Frame {
    let style = text(THEME.text_size, MUTED);
    let widest = |labels: &mut dyn Iterator<Item = &String>| {
        labels.map(|label| width_of(paper, label, &style)).fold(0.0, f64::max)
    };
    let scale = widest(&mut map.scale.ticks.iter().map(|(_, label)| label));
    let rows = widest(&mut map.rows.iter()).min(THEME.label_width);
    Frame {
        left: THEME.margin + rows + THEME.tick_gap,
        right: THEME.width - THEME.margin - scale - THEME.tick_gap - HEAT.scale_width - HEAT.scale_gap,
        top: THEME.plot_top,
        bottom: THEME.height - THEME.below_plot,
    }
}

/// Left, right, top and bottom of a cell, in pixels.
fn place(map: &HeatMap, frame: &Frame, row: usize, column: usize) -> (f64, f64, f64, f64) {
    let width = (frame.right - frame.left) / map.columns.len() as f64;
    let height = (frame.bottom - frame.top) / map.rows.len() as f64;
    let (left, top) = (frame.left + column as f64 * width, frame.top + row as f64 * height);
    (left, left + width, top, top + height)
}

fn colour(map: &HeatMap, cell: &Cell) -> RGBColor {
    cell.value.map_or(PAPER, |value| heat_colour(map.scale.position(value)))
}

fn paint_cells(paper: &Area, map: &HeatMap, frame: &Frame) -> Drawn {
    let is_labelled = has_room_for_labels(paper, map, frame);
    for (row, cells) in map.cells.iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            let (left, right, top, bottom) = place(map, frame, row, column);
            let corners = [(zoomed(left), zoomed(top)), (zoomed(right), zoomed(bottom))];
            let fill = colour(map, cell);
            paper.draw(&Rectangle::new(corners, fill.filled()))?;
            let ink = if is_dark(fill) { PAPER } else { INK };
            if cell.is_broken {
                hatch(paper, (left, right, top, bottom), ink)?;
            }
            if is_labelled {
                let style = text(THEME.text_size, ink).pos(Pos::new(HPos::Center, VPos::Center));
                let (x, y) = (0.5 * (left + right), 0.5 * (top + bottom));
                let half = 0.5 * width_of(paper, &cell.label, &style) + HEAT.label_gap;
                let high = 0.5 * THEME.text_size + HEAT.label_gap;
                // Hatching must not run through a number.
                let behind = [(zoomed(x - half), zoomed(y - high)), (zoomed(x + half), zoomed(y + high))];
                paper.draw(&Rectangle::new(behind, fill.filled()))?;
                write(paper, &cell.label, &style, x, y)?;
            }
        }
    }
    Ok(())
}

fn has_room_for_labels(paper: &Area, map: &HeatMap, frame: &Frame) -> bool {
    let (left, right, top, bottom) = place(map, frame, 0, 0);
    let style = text(THEME.text_size, INK);
    let room = right - left - 2.0 * HEAT.label_gap;
    let fits = |cell: &Cell| width_of(paper, &cell.label, &style) <= room;
    bottom - top >= HEAT.least_height && map.cells.iter().flatten().all(fits)
}

/// Relative luminance (ITU-R BT.709) below which light text is easier to read.
fn is_dark(colour: RGBColor) -> bool {
    let linear = |part: u8| (f64::from(part) / 255.0).powf(2.2);
    0.2126 * linear(colour.0) + 0.7152 * linear(colour.1) + 0.0722 * linear(colour.2) < HEAT.dark
}

/// Diagonals through a rectangle, on one grid for the whole map so that they join.
fn hatch(paper: &Area, (left, right, top, bottom): (f64, f64, f64, f64), ink: RGBColor) -> Drawn {
    let stroke = ink.mix(HEAT.hatch_alpha).stroke_width(zoomed(THEME.hairline) as u32);
    // Points on one diagonal have the same x + y.
    let first = ((left + top) / HEAT.hatch_pitch).ceil() as i64;
    let last = ((right + bottom) / HEAT.hatch_pitch).floor() as i64;
    for k in first..=last {
        let sum = k as f64 * HEAT.hatch_pitch;
        let x_from = (sum - bottom).max(left);
        let x_until = (sum - top).min(right);
        let ends = vec![(zoomed(x_from), zoomed(sum - x_from)), (zoomed(x_until), zoomed(sum - x_until))];
        paper.draw(&PathElement::new(ends, stroke))?;
    }
    Ok(())
}

/// A line between what keeps its promise and what does not: dark on light, so that it stands out on every colour.
fn paint_border(paper: &Area, map: &HeatMap, frame: &Frame) -> Drawn {
    let mut edges = Vec::new();
    for row in 0..map.rows.len() {
        for column in 0..map.columns.len() {
            let (left, right, top, bottom) = place(map, frame, row, column);
            let is_broken = |row: usize, column: usize| {
                map.cells.get(row).and_then(|cells| cells.get(column)).map(|cell| cell.is_broken)
            };
            let here = is_broken(row, column);
            if is_broken(row, column + 1).is_some_and(|other| Some(other) != here) {
                edges.push(((right, top), (right, bottom)));
            }
            if is_broken(row + 1, column).is_some_and(|other| Some(other) != here) {
                edges.push(((left, bottom), (right, bottom)));
            }
        }
    }
    for (colour, width) in [(PAPER, HEAT.border_halo), (INK, HEAT.border)] {
        for ((x0, y0), (x1, y1)) in &edges {
            let ends = vec![(zoomed(*x0), zoomed(*y0)), (zoomed(*x1), zoomed(*y1))];
            paper.draw(&PathElement::new(ends, colour.stroke_width(zoomed(width) as u32)))?;
        }
    }
    Ok(())
}

/// As many labels as have room, the first one always.
fn paint_axes(paper: &Area, map: &HeatMap, frame: &Frame) -> Drawn {
    let style = text(THEME.text_size, MUTED);
    let centred = style.pos(Pos::new(HPos::Center, VPos::Center));
    let widest = map.columns.iter().map(|label| width_of(paper, label, &centred)).fold(1.0, f64::max);
    let column_width = (frame.right - frame.left) / map.columns.len() as f64;
    let every = ((widest + HEAT.label_pitch) / column_width).ceil().max(1.0) as usize;
    for (k, label) in map.columns.iter().enumerate().step_by(every) {
        let x = frame.left + (k as f64 + 0.5) * column_width;
        write(paper, label, &centred, x, frame.bottom + THEME.tick_length + THEME.text_size)?;
    }
    let caption_y = THEME.height - THEME.text_size - THEME.hairline;
    write(paper, &map.column_caption, &centred, 0.5 * (frame.left + frame.right), caption_y)?;
    let heading = text(THEME.text_size, MUTED).pos(Pos::new(HPos::Left, VPos::Center));
    write(paper, &map.row_caption, &heading, THEME.margin, frame.top - THEME.heading_gap)?;
    let right = text(THEME.text_size, MUTED).pos(Pos::new(HPos::Right, VPos::Center));
    let row_height = (frame.bottom - frame.top) / map.rows.len() as f64;
    let every = (THEME.label_pitch / row_height).ceil().max(1.0) as usize;
    // The rows are counted from below, where numbers begin.
    for (k, label) in map.rows.iter().enumerate().rev().step_by(every) {
        let label = super::paint::fitted(paper, label, &right, THEME.label_width);
        write(paper, &label, &right, frame.left - THEME.tick_gap, frame.top + (k as f64 + 0.5) * row_height)?;
    }
    Ok(())
}

/// The colours with their numbers.
fn paint_scale(paper: &Area, map: &HeatMap, frame: &Frame) -> Drawn {
    let left = frame.right + HEAT.scale_gap;
    let right = left + HEAT.scale_width;
    let height = frame.bottom - frame.top;
    for k in 0..HEAT.scale_steps {
        let share = |k: usize| k as f64 / HEAT.scale_steps as f64;
        let (low, high) = (frame.bottom - share(k) * height, frame.bottom - share(k + 1) * height);
        let corners = [(zoomed(left), zoomed(high)), (zoomed(right), zoomed(low))];
        paper.draw(&Rectangle::new(corners, heat_colour(0.5 * (share(k) + share(k + 1))).filled()))?;
    }
    let style = text(THEME.text_size, MUTED).pos(Pos::new(HPos::Left, VPos::Center));
    for (value, label) in &map.scale.ticks {
        let y = frame.bottom - map.scale.position(*value) * height;
        let tick = vec![(zoomed(right), zoomed(y)), (zoomed(right + THEME.tick_length), zoomed(y))];
        paper.draw(&PathElement::new(tick, GRID.stroke_width(zoomed(THEME.hairline) as u32)))?;
        write(paper, label, &style, right + THEME.tick_gap, y)?;
    }
    let heading = text(THEME.text_size, MUTED).pos(Pos::new(HPos::Right, VPos::Center));
    write(paper, &map.scale_heading, &heading, THEME.width - THEME.margin, frame.top - THEME.heading_gap)
}
