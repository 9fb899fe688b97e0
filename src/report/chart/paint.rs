//! A chart onto paper through plotters: the layout, the axes, the layers and their labels.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, TextStyle};

use super::axis::Axis;
use super::labels::spread;
use super::marks;
use super::plot::{Chart, Layer, Panel, thinned};
use super::theme::{GRID, INK, MUTED, PAPER, Stroke, THEME, ZOOM, bold, text, zoomed};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Plot<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// The chart as plotters' SVG, text as text.
///
/// # Errors
/// When plotters cannot draw, which is a bug.
pub(super) fn paint(chart: &Chart) -> Result<String, String> {
    super::raster::register_fonts();
    let (width, height) = (zoomed(THEME.width) as u32, zoomed(THEME.height) as u32);
    let mut svg = String::new();
    {
        let paper = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        paint_all(&paper, chart).map_err(|fault| fault.to_string())?;
    }
    let zoomed_size = format!("width=\"{width}\" height=\"{height}\"");
    Ok(svg.replacen(&zoomed_size, &format!("width=\"{}\" height=\"{}\"", THEME.width, THEME.height), 1))
}

fn paint_all(paper: &Area, chart: &Chart) -> Drawn {
    paper.fill(&PAPER)?;
    let room = THEME.width - 2.0 * THEME.margin;
    let mut size = THEME.title_size;
    while size > THEME.title_size_least && width_of(paper, &chart.title, &bold(size, INK)) > room {
        size -= 0.5;
    }
    let left = Pos::new(HPos::Left, VPos::Center);
    let title = bold(size, INK);
    write(paper, &fitted(paper, &chart.title, &title, room), &title.pos(left), THEME.margin, THEME.title_y)?;
    let subtitle = text(THEME.text_size, MUTED);
    write(
        paper,
        &fitted(paper, &chart.subtitle, &subtitle, room),
        &subtitle.pos(left),
        THEME.margin,
        THEME.subtitle_y,
    )?;

    let tick_style = text(THEME.text_size, MUTED);
    let widest = |labels: &mut dyn Iterator<Item = &str>| {
        labels.map(|label| width_of(paper, label, &tick_style)).fold(0.0, f64::max)
    };
    let tick_width =
        widest(&mut chart.panels.iter().flat_map(|panel| &panel.axis.ticks).map(|(_, label)| label.as_str()));
    let label_width = widest(&mut chart.panels.iter().flat_map(|panel| &panel.layers).map(Layer::margin_label))
        .min(THEME.label_width);
    let left_px = THEME.margin + tick_width + THEME.tick_gap;
    let beside = THEME.leader + THEME.sample + THEME.label_gap + label_width;
    let right_px = THEME.width - THEME.margin - beside;

    let count = chart.panels.len().max(1) as f64;
    let all = THEME.height - THEME.below_plot - THEME.plot_top - (count - 1.0) * THEME.panel_gap;
    let height = all / count;
    for (k, panel) in chart.panels.iter().enumerate() {
        let top = THEME.plot_top + k as f64 * (height + THEME.panel_gap);
        let frame = Frame { left: left_px, right: right_px, top, bottom: top + height };
        paint_panel(paper, chart, panel, &frame)?;
        if k + 1 == chart.panels.len() {
            paint_time_axis(paper, chart, &frame)?;
        }
    }
    paper.present()
}

/// Where a panel's plot lies, in pixels.
pub(super) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

fn paint_panel(paper: &Area, chart: &Chart, panel: &Panel, frame: &Frame) -> Drawn {
    let heading = text(THEME.text_size, MUTED).pos(Pos::new(HPos::Left, VPos::Center));
    write(paper, &panel.heading, &heading, THEME.margin, frame.top - THEME.heading_gap)?;
    let mut plot = ChartBuilder::on(paper)
        .margin_left(zoomed(frame.left))
        .margin_right(zoomed(THEME.width - frame.right))
        .margin_top(zoomed(frame.top))
        .margin_bottom(zoomed(THEME.height - frame.bottom))
        .build_cartesian_2d(chart.time.clone(), panel.axis.clone())?;
    let labels = text(THEME.text_size, MUTED).pos(Pos::new(HPos::Right, VPos::Center));
    for (value, label) in &panel.axis.ticks {
        let y = plot.backend_coord(&(0.0, *value)).1;
        let colour = if *value <= panel.axis.ticks[0].0 { MUTED } else { GRID };
        if panel.axis.has_lines() || *value <= panel.axis.ticks[0].0 {
            let line = vec![(zoomed(frame.left), y), (zoomed(frame.right), y)];
            paper.draw(&PathElement::new(line, colour.stroke_width(zoomed(THEME.hairline) as u32)))?;
        }
        paper.draw_text(label, &labels, (zoomed(frame.left - THEME.tick_gap), y))?;
    }
    for layer in &panel.layers {
        paint_layer(&mut plot, layer, (frame.right - frame.left) as usize)?;
    }
    marks::paint_names(paper, &plot, panel, frame)?;
    paint_labels(paper, &plot, panel, frame)
}

fn paint_time_axis(paper: &Area, chart: &Chart, frame: &Frame) -> Drawn {
    let style = text(THEME.text_size, MUTED);
    let centred = style.pos(Pos::new(HPos::Center, VPos::Center));
    for (time_s, label) in &chart.time.ticks {
        let x = frame.left + chart.time.position(*time_s) * (frame.right - frame.left);
        let tick = vec![(zoomed(x), zoomed(frame.bottom)), (zoomed(x), zoomed(frame.bottom + THEME.tick_length))];
        paper.draw(&PathElement::new(tick, MUTED.stroke_width(zoomed(THEME.hairline) as u32)))?;
        write(paper, label, &centred, x, frame.bottom + THEME.tick_length + THEME.text_size)?;
    }
    let caption_y = THEME.height - THEME.text_size - THEME.hairline;
    write(paper, &chart.time_caption, &centred, 0.5 * (frame.left + frame.right), caption_y)
}

fn paint_layer(plot: &mut Plot, layer: &Layer, columns: usize) -> Drawn {
    match layer {
        Layer::Band { low, high, stroke, .. } => {
            let mut outline = thinned(high, columns);
            outline.extend(thinned(low, columns).into_iter().rev());
            plot.draw_series([Polygon::new(outline, stroke.colour.mix(THEME.band_alpha).filled())])?;
        }
        Layer::Mark { at, stroke, .. } => {
            plot.draw_series([Circle::new(*at, zoomed(THEME.mark_radius), stroke.colour.filled())])?;
        }
        Layer::Bar { at, value, height, stroke, .. } => {
            let corners = [(0.0, at - 0.5 * height), (*value, at + 0.5 * height)];
            plot.draw_series([Rectangle::new(corners, stroke.colour.filled())])?;
        }
        Layer::Line { pieces, stroke, .. } => {
            for piece in pieces {
                paint_piece(plot, thinned(piece, columns), *stroke)?;
            }
        }
    }
    Ok(())
}

fn paint_piece(plot: &mut Plot, points: Vec<(f64, f64)>, stroke: Stroke) -> Drawn {
    match (points.as_slice(), stroke.dash) {
        ([], _) => {}
        ([alone], _) => {
            plot.draw_series([Circle::new(*alone, zoomed(THEME.dot_radius), stroke.colour.filled())])?;
        }
        (_, Some((dash, gap))) => {
            plot.draw_series([DashedPathElement::new(points, zoomed(dash), zoomed(gap), stroke.style())])?;
        }
        (_, None) => {
            plot.draw_series([PathElement::new(points, stroke.style())])?;
        }
    }
    Ok(())
}

/// A leader, a sample of the stroke and the name of every layer, beside the place where it ends.
fn paint_labels(paper: &Area, plot: &Plot, panel: &Panel, frame: &Frame) -> Drawn {
    let layers: Vec<(&Layer, f64)> = panel
        .layers
        .iter()
        .filter(|layer| !layer.margin_label().is_empty())
        .filter_map(|layer| Some((layer, f64::from(plot.backend_coord(&(0.0, layer.end()?)).1) / ZOOM)))
        .collect();
    let wanted: Vec<f64> = layers.iter().map(|(_, y)| *y).collect();
    let placed = spread(&wanted, THEME.label_pitch, frame.top, frame.bottom);
    for ((layer, end_y), y) in layers.into_iter().zip(placed) {
        let stroke = layer.stroke();
        let from = frame.right + THEME.leader;
        let leader = vec![(zoomed(frame.right), zoomed(end_y)), (zoomed(from - 2.0), zoomed(y))];
        paper.draw(&PathElement::new(leader, GRID.stroke_width(zoomed(THEME.hairline) as u32)))?;
        paint_sample(paper, layer, from, y)?;
        let style = text(THEME.text_size, stroke.colour).pos(Pos::new(HPos::Left, VPos::Center));
        let label = fitted(paper, layer.margin_label(), &style, THEME.label_width);
        write(paper, &label, &style, from + THEME.sample + THEME.label_gap, y)?;
    }
    Ok(())
}

fn paint_sample(paper: &Area, layer: &Layer, x: f64, y: f64) -> Drawn {
    let stroke = layer.stroke();
    let ends = vec![(zoomed(x), zoomed(y)), (zoomed(x + THEME.sample), zoomed(y))];
    match (layer, stroke.dash) {
        (Layer::Band { .. }, _) => {
            let half = 0.4 * THEME.text_size;
            let corners = [(zoomed(x), zoomed(y - half)), (zoomed(x + THEME.sample), zoomed(y + half))];
            paper.draw(&Rectangle::new(corners, stroke.colour.mix(THEME.band_alpha).filled()))
        }
        (_, Some((dash, gap))) => paper.draw(&DashedPathElement::new(ends, zoomed(dash), zoomed(gap), stroke.style())),
        (_, None) => paper.draw(&PathElement::new(ends, stroke.style())),
    }
}

pub(super) fn write(paper: &Area, words: &str, style: &TextStyle, x: f64, y: f64) -> Drawn {
    paper.draw_text(words, style, (zoomed(x), zoomed(y)))
}

/// Width of a text in pixels.
pub(super) fn width_of(paper: &Area, words: &str, style: &TextStyle) -> f64 {
    let size = paper.estimate_text_size(words, style);
    f64::from(size.expect("the fonts are registered").0) / ZOOM
}

/// The text, or as much of it as has room, with an ellipsis.
pub(super) fn fitted(paper: &Area, words: &str, style: &TextStyle, room: f64) -> String {
    let mut kept = words.to_owned();
    while width_of(paper, &kept, style) > room && kept.chars().count() > 1 {
        let fewer = kept.chars().count() - 1;
        kept = super::super::number::shorten(words, fewer);
    }
    kept
}
