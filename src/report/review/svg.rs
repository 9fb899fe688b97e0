//! A review's charts without a script: SVG whose colours come from the page's style sheet, or from its own where it
//! stands alone.
//!
//! Drawn here rather than by `chart`, because one drawing must follow the page's light and dark colours and be
//! readable in grey: every line has a class for its colour and dashes of its own. Not here: what is drawn.

use maud::{Markup, html};

use super::document::{Band, ReviewChart, Series, Shape, Unit, XAxis};
use crate::report::chart::axis::Axis;
use crate::report::number::shorten;

const WIDTH: f64 = 760.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 16.0;
const PLOT_HEIGHT: f64 = 230.0;
const BELOW: f64 = 46.0;
const LEGEND_ROW: f64 = 20.0;
/// Width of one sign of text, on average.
const SIGN: f64 = 6.4;
const SAMPLE: f64 = 26.0;
/// More places than this would not be seen.
const MOST_POINTS: usize = 500;
/// Space above the largest value.
const HEADROOM: f64 = 1.04;
/// A limit this many times above everything that happened would press it flat; it is named instead.
const LARGEST_LIMIT: f64 = 2.5;

/// Colours of a picture that stands alone: those of the page in daylight.
const ALONE: &str = "svg{background:#fff}text{font-family:Inter;font-size:12px;fill:#5b6472}\
    .tick-line,.base{stroke:#e2e5ea;fill:none}.base{stroke:#5b6472}.line{fill:none;stroke-width:2}\
    .limit{stroke:#b3261e;stroke-width:1.5;fill:none}.mark{stroke:#5b6472;stroke-width:1;fill:none}\
    .band{opacity:.18}.whisker{stroke-width:1.5;fill:none}\
    .c0{stroke:#0072b2;fill:#0072b2}.c1{stroke:#b84a00;fill:#b84a00}.c2{stroke:#007a5a;fill:#007a5a}\
    .c3{stroke:#a0467c;fill:#a0467c}.c4{stroke:#8a6100;fill:#8a6100}.c5{stroke:#2b6cb0;fill:#2b6cb0}\
    .c6{stroke:#1f2937;fill:#1f2937}.line.c0,.line.c1,.line.c2,.line.c3,.line.c4,.line.c5,.line.c6{fill:none}\
    .band{stroke:none}.legend{fill:#1f2937}";

/// Whose colours a picture has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    /// The page's.
    Page,
    /// Its own.
    Own,
}

/// Where things lie.
struct Frame<'a> {
    chart: &'a ReviewChart,
    x: Axis,
    y: Axis,
    top: f64,
}

/// The chart as an `<svg>` element.
pub(super) fn draw(chart: &ReviewChart, colours: Colours) -> Markup {
    let legend = legend_rows(chart);
    let top = 14.0 + LEGEND_ROW * legend.len() as f64 + 20.0;
    let height = top + PLOT_HEIGHT + BELOW;
    let frame = Frame { chart, x: x_axis(chart), y: y_axis(chart), top };
    let (title_id, desc_id) = (format!("{}-title", chart.id), format!("{}-desc", chart.id));
    let view = format!("-8 0 {} {height}", WIDTH + 16.0);
    let alone = colours == Colours::Own;
    html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(view) role="img" class="plot"
            width=[alone.then_some(WIDTH + 16.0)] height=[alone.then_some(height)]
            aria-labelledby={ (title_id) " " (desc_id) } {
            title id=(title_id) { (chart.title) }
            desc id=(desc_id) { (chart.description) }
            @if alone { style { (maud::PreEscaped(ALONE)) } }
            (draw_legend(&legend))
            text x="0" y=(px(top - 14.0)) { (chart.y_label) }
            (frame.grid())
            @for series in &chart.series { (frame.band(series)) }
            @for series in &chart.series { (frame.series(series)) }
            @for limit in &chart.limits { (frame.limit(limit.value)) }
            @for mark in &chart.marks { (frame.mark(mark.x)) }
            (frame.x_ticks())
        }
    }
}

fn px(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{}", rounded + 0.0)
}

fn x_axis(chart: &ReviewChart) -> Axis {
    match &chart.x {
        XAxis::Time { clock, .. } => Axis::time(*clock),
        XAxis::Category { names, .. } => Axis::names(names),
        XAxis::Number { unit, values, .. } => vertical(unit, values.iter().copied().fold(0.0, f64::max)),
    }
}

fn y_axis(chart: &ReviewChart) -> Axis {
    let bands = chart.series.iter().filter_map(|series| series.band.as_ref()).flat_map(|band| &band.high);
    let values = chart.series.iter().flat_map(|series| &series.values).chain(bands);
    let most = values.flatten().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let limits = chart.limits.iter().map(|limit| limit.value).filter(|limit| *limit <= LARGEST_LIMIT * most);
    if chart.y_log {
        let known = chart.series.iter().flat_map(|series| &series.values).flatten();
        return Axis::log_durations(known.copied().fold(f64::INFINITY, f64::min), most, false);
    }
    vertical(&chart.y_unit, limits.fold(most, f64::max) * HEADROOM)
}

fn vertical(unit: &Unit, most: f64) -> Axis {
    match unit {
        Unit::Seconds => Axis::durations(most),
        Unit::Share if most <= HEADROOM => Axis::shares(),
        Unit::Replicas => Axis::whole_counts(most, 5.0),
        _ => Axis::counts(most, 5.0),
    }
}

/// Entries of the legend in rows that fit: text, class, dashes, whether it is an area.
fn legend_rows(chart: &ReviewChart) -> Vec<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for series in &chart.series {
        let (colour, is_line) = (series.style.colour, series.shape != Shape::Points);
        if !names_points(chart) {
            let class = if is_line { format!("line c{colour}") } else { format!("c{colour}") };
            let dash = dashes(series.style.dash);
            entries.push(Entry { text: series.name.clone(), class, dash, area: false });
        }
        let known = |entries: &[Entry], name: &str| entries.iter().any(|entry| entry.text == name);
        if let Some(band) = series.band.as_ref().filter(|band| !known(&entries, &band.name)) {
            let class = if is_line { format!("band c{colour}") } else { format!("whisker c{colour}") };
            entries.push(Entry { text: band.name.clone(), class, dash: None, area: is_line });
        }
    }
    for limit in &chart.limits {
        let dash = Some("14 3".to_owned());
        entries.push(Entry { text: format!("limit, {}", limit.name), class: "limit".to_owned(), dash, area: false });
    }
    let mut rows: Vec<Vec<Entry>> = vec![Vec::new()];
    let mut used = 0.0;
    for mut entry in entries {
        entry.text = shorten(&entry.text, 60);
        let width = entry.width();
        if used + width > WIDTH && used > 0.0 {
            rows.push(Vec::new());
            used = 0.0;
        }
        used += width;
        if let Some(row) = rows.last_mut() {
            row.push(entry);
        }
    }
    rows
}

/// Points of several series on an axis of numbers: colours alone would not tell them apart.
fn names_points(chart: &ReviewChart) -> bool {
    matches!(chart.x, XAxis::Number { .. }) && chart.series.iter().all(|series| series.shape == Shape::Points)
}

struct Entry {
    text: String,
    class: String,
    dash: Option<String>,
    area: bool,
}

impl Entry {
    fn width(&self) -> f64 {
        SAMPLE + 8.0 + SIGN * self.text.chars().count() as f64 + 16.0
    }
}

fn draw_legend(rows: &[Vec<Entry>]) -> Markup {
    html! {
        @for (number, row) in rows.iter().enumerate() {
            @let y = 14.0 + LEGEND_ROW * number as f64;
            @for (place, entry) in row.iter().enumerate() {
                @let x = row[..place].iter().map(Entry::width).sum::<f64>();
                @if entry.area {
                    rect class=(entry.class) x=(px(x)) y=(px(y - 5.0)) width=(SAMPLE) height="10" {}
                } @else {
                    path class=(entry.class) stroke-dasharray=[entry.dash.as_ref()]
                        d={ "M" (px(x)) " " (px(y)) "h" (SAMPLE) } {}
                }
                text class="legend" x=(px(x + SAMPLE + 6.0)) y=(px(y + 4.0)) { (entry.text) }
            }
        }
    }
}

fn dashes(lengths: &[f64]) -> Option<String> {
    let lengths: Vec<String> = lengths.iter().map(f64::to_string).collect();
    (!lengths.is_empty()).then(|| lengths.join(" "))
}

impl Frame<'_> {
    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.position(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        self.top + (1.0 - self.y.position(value)) * PLOT_HEIGHT
    }

    /// Where a place of the axis lies, in the axis' own numbers.
    fn place(&self, place: usize) -> f64 {
        match &self.chart.x {
            XAxis::Time { ends_s, .. } => ends_s[place],
            // Names stand from left to right here, from top to bottom on the axis.
            XAxis::Category { .. } => place as f64 + 0.5,
            XAxis::Number { values, .. } => values[place],
        }
    }

    fn grid(&self) -> Markup {
        html! {
            @for (value, label) in &self.y.ticks {
                @let y = px(self.y(*value));
                @let class = if *value <= self.y.ticks[0].0 { "base" } else { "tick-line" };
                path class=(class) d={ "M" (LEFT) " " (y) "H" (WIDTH - RIGHT) } {}
                text class="tick" x=(px(LEFT - 8.0)) y=(px(self.y(*value) + 4.0)) text-anchor="end" { (label) }
            }
        }
    }

    fn x_ticks(&self) -> Markup {
        let y = self.top + PLOT_HEIGHT;
        let (ticks, caption): (Vec<(f64, String)>, String) = match &self.chart.x {
            XAxis::Time { clock, .. } => (self.x.ticks.clone(), clock.caption()),
            XAxis::Category { label, names } => {
                let room = ((WIDTH - LEFT - RIGHT) / names.len().max(1) as f64 / SIGN) as usize;
                let short = |(k, name): (usize, &String)| (k as f64 + 0.5, shorten(name, room.max(3)));
                (names.iter().enumerate().map(short).collect(), label.clone())
            }
            XAxis::Number { label, .. } => (self.x.ticks.clone(), label.clone()),
        };
        html! {
            @for (value, label) in &ticks {
                path class="base" d={ "M" (px(self.x(*value))) " " (px(y)) "v5" } {}
                text class="tick" x=(px(self.x(*value))) y=(px(y + 19.0)) text-anchor="middle" { (label) }
            }
            text x=(px(f64::midpoint(LEFT, WIDTH - RIGHT))) y=(px(y + 38.0)) text-anchor="middle" { (caption) }
        }
    }

    fn limit(&self, value: f64) -> Markup {
        let shown = value <= self.y.end();
        html! {
            @if shown {
                path class="limit" stroke-dasharray="14 3"
                    d={ "M" (LEFT) " " (px(self.y(value))) "H" (WIDTH - RIGHT) } {}
            }
        }
    }

    fn mark(&self, value: f64) -> Markup {
        html! {
            path class="mark" stroke-dasharray="2 3"
                d={ "M" (px(self.x(value))) " " (px(self.top)) "v" (PLOT_HEIGHT) } {}
        }
    }

    fn series(&self, series: &Series) -> Markup {
        let class = format!("c{}", series.style.colour);
        match series.shape {
            Shape::Line | Shape::Step => html! {
                path class={ "line " (class) } stroke-dasharray=[dashes(series.style.dash)] d=(self.path(series)) {}
            },
            Shape::Points => html! {
                @for (place, value) in known(&series.values) {
                    @let (x, y) = (self.x(self.place(place)), self.y(value));
                    circle class=(class) cx=(px(x)) cy=(px(y)) r="4.5" {}
                    @if self.names_points() {
                        // Names of points on the right would leave the drawing.
                        @let (anchor, beside) = if x > 0.75 * WIDTH { ("end", -9.0) } else { ("start", 9.0) };
                        text class="legend" x=(px(x + beside)) y=(px(y + 4.0)) text-anchor=(anchor) {
                            (shorten(&series.name, 30))
                        }
                    }
                }
            },
        }
    }

    /// Whether points have their names beside them instead of in the legend.
    fn names_points(&self) -> bool {
        names_points(self.chart)
    }

    /// The path of a line or staircase, thinned to what can be seen.
    fn path(&self, series: &Series) -> String {
        let mut path = String::new();
        let mut pen_is_up = true;
        for place in seen(series.values.len()) {
            let Some(value) = series.values[place].filter(|value| value.is_finite()) else {
                pen_is_up = true;
                continue;
            };
            let (x, y) = (px(self.x(self.place(place))), px(self.y(value)));
            let stroke = match (pen_is_up, series.shape) {
                (true, Shape::Step) => {
                    let begin = place.checked_sub(1).map_or(0.0, |before| self.place(before));
                    format!("M{} {y}H{x}", px(self.x(begin)))
                }
                (true, _) => format!("M{x} {y}"),
                (false, Shape::Step) => format!("V{y}H{x}"),
                (false, _) => format!("L{x} {y}"),
            };
            path.push_str(&stroke);
            pen_is_up = false;
        }
        path
    }

    fn band(&self, series: &Series) -> Markup {
        let Some(band) = &series.band else { return html! {} };
        let class = format!("c{}", series.style.colour);
        if matches!(series.shape, Shape::Line | Shape::Step) {
            let area = self.area(band);
            return html! { path class={ "band " (class) } d=(area) {} };
        }
        html! {
            @for (place, _) in known(&series.values) {
                @if let Some((low, high)) = band.low[place].zip(band.high[place]) {
                    @let x = self.x(self.place(place));
                    path class={ "whisker " (class) }
                        d={ "M" (px(x)) " " (px(self.y(low.max(0.0)))) "V" (px(self.y(high))) "m-4 0h8" } {}
                }
            }
        }
    }

    fn area(&self, band: &Band) -> String {
        let places: Vec<usize> =
            seen(band.low.len()).filter(|place| band.low[*place].is_some() && band.high[*place].is_some()).collect();
        let point = |place: usize, values: &[Option<f64>]| {
            format!("{} {}", px(self.x(self.place(place))), px(self.y(values[place].unwrap_or_default())))
        };
        let forth = places.iter().map(|place| point(*place, &band.high));
        let back = places.iter().rev().map(|place| point(*place, &band.low));
        let points: Vec<String> = forth.chain(back).collect();
        if points.is_empty() { String::new() } else { format!("M{}Z", points.join("L")) }
    }
}

/// Places that are drawn: all, or evenly chosen ones with the last.
fn seen(places: usize) -> impl Iterator<Item = usize> {
    let step = places.div_ceil(MOST_POINTS).max(1);
    (places.saturating_sub(1) % step..places).step_by(step)
}

fn known(values: &[Option<f64>]) -> impl Iterator<Item = (usize, f64)> {
    values.iter().enumerate().filter_map(|(place, value)| Some((place, value.filter(|value| value.is_finite())?)))
}
