//! A review as a document: sections with a finding, charts, tables and notes, free of any format.
//!
//! What the HTML page, the Markdown page and the JSON block are all made of. Not here: what a section says
//! (`sections`), and how it looks (`html`, `svg`, `markdown`).

use crate::measure::KeptShare;
use crate::report::clock::Clock;
use crate::report::number;

/// Everything that a reader sees, in the order in which it is read.
#[derive(Clone, Debug)]
pub(in crate::report) struct Review {
    /// The scenario's name.
    pub name: String,
    /// Its title, or its name: free text.
    pub title: String,
    /// Its description: free text.
    pub description: Option<String>,
    /// The first screen.
    pub lead: Lead,
    /// The sections that the scenario asks for.
    pub sections: Vec<Section>,
}

/// The question, the verdict and the most important numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Lead {
    /// What was looked at, in one sentence.
    pub asked: String,
    /// The answer in one sentence.
    pub finding: String,
    /// Promise by promise.
    pub verdicts: Vec<Verdict>,
    /// What a reader takes along.
    pub numbers: Vec<KeyNumber>,
    /// What must not be missed before a number is believed.
    pub notes: Vec<String>,
}

/// What became of a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Holding {
    Kept,
    Broken,
    Unknown,
}

impl Holding {
    pub fn of(met: Option<bool>) -> Self {
        match met {
            Some(true) => Holding::Kept,
            Some(false) => Holding::Broken,
            None => Holding::Unknown,
        }
    }

    /// The word beside the sentence, and the class in the page.
    pub fn word(self) -> &'static str {
        match self {
            Holding::Kept => "kept",
            Holding::Broken => "broken",
            Holding::Unknown => "unknown",
        }
    }
}

/// One promise in one sentence.
#[derive(Clone, Debug)]
pub(in crate::report) struct Verdict {
    pub holding: Holding,
    pub name: String,
    pub sentence: String,
}

/// A number with its name and what qualifies it.
#[derive(Clone, Debug)]
pub(in crate::report) struct KeyNumber {
    pub name: String,
    pub value: String,
    pub note: String,
}

/// One question and its answer.
#[derive(Clone, Debug, Default)]
pub(in crate::report) struct Section {
    /// Anchor in the page.
    pub id: &'static str,
    pub heading: &'static str,
    /// The answer in one sentence, with its number.
    pub finding: String,
    /// What else there is to know, a sentence each.
    pub notes: Vec<String>,
    pub charts: Vec<ReviewChart>,
    pub tables: Vec<ReviewTable>,
    /// Texts shown as they are.
    pub texts: Vec<Verbatim>,
}

/// A text shown as it is.
#[derive(Clone, Debug)]
pub(in crate::report) struct Verbatim {
    pub caption: String,
    pub text: String,
}

/// One chart: series over one axis, everything in base units (seconds, messages, per second, shares of one).
#[derive(Clone, Debug)]
pub(in crate::report) struct ReviewChart {
    /// Unique in the page; letters, digits, `._-` only.
    pub id: String,
    /// The finding that it shows.
    pub title: String,
    /// What is drawn, for those who do not see it.
    pub description: String,
    pub x: XAxis,
    /// What the vertical axis counts.
    pub y_label: String,
    pub y_unit: Unit,
    /// Whether it is logarithmic.
    pub y_log: bool,
    pub series: Vec<Series>,
    /// Horizontal lines that must not be crossed.
    pub limits: Vec<Limit>,
    /// Instants with a name; on time axes only.
    pub marks: Vec<Mark>,
    /// What was left out to keep the file small.
    pub thinned: Option<String>,
}

/// What stands along a chart.
#[derive(Clone, Debug)]
pub(in crate::report) enum XAxis {
    /// Seconds since the start; the end of each interval.
    Time { ends_s: Vec<f64>, clock: Clock },
    /// One place for each name.
    Category { label: String, names: Vec<String> },
    /// Numbers, in ascending order.
    Number { label: String, unit: Unit, values: Vec<f64> },
}

impl XAxis {
    /// How many places it has.
    pub fn len(&self) -> usize {
        match self {
            XAxis::Time { ends_s, .. } => ends_s.len(),
            XAxis::Category { names, .. } => names.len(),
            XAxis::Number { values, .. } => values.len(),
        }
    }
}

/// What a number counts; base units everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report) enum Unit {
    Messages,
    PerSecond,
    Seconds,
    /// A share of one.
    Share,
    Replicas,
    ReplicaHours,
    /// With the currency.
    Money(String),
    /// A bare number.
    Plain,
}

impl Unit {
    /// The word in the data block.
    pub fn key(&self) -> &str {
        match self {
            Unit::Messages => "messages",
            Unit::PerSecond => "per_s",
            Unit::Seconds => "s",
            Unit::Share => "share",
            Unit::Replicas => "replicas",
            Unit::ReplicaHours => "replica_h",
            Unit::Money(currency) => currency,
            Unit::Plain => "",
        }
    }

    /// A number as people read it.
    pub fn show(&self, value: f64) -> String {
        match self {
            Unit::Messages | Unit::Replicas | Unit::Plain | Unit::ReplicaHours => number::count(value),
            Unit::PerSecond => number::rate(value),
            Unit::Seconds => number::duration(value),
            Unit::Share => number::share(value),
            Unit::Money(currency) => super::super::compare::words::cash(value, currency),
        }
    }
}

/// One line, staircase, or set of points; a value per place of the x axis.
#[derive(Clone, Debug)]
pub(in crate::report) struct Series {
    /// Unique in the chart.
    pub id: String,
    pub name: String,
    pub unit: Unit,
    pub shape: Shape,
    pub style: Style,
    pub values: Vec<Option<f64>>,
    pub band: Option<Band>,
}

impl Series {
    /// The share of runs that keep all promises, with its interval; nothing where no run could tell.
    pub fn kept(shape: Shape, shares: &[Option<KeptShare>]) -> Self {
        let of = |value: fn(KeptShare) -> f64| shares.iter().map(|kept| kept.map(value)).collect();
        Series {
            id: "kept".to_owned(),
            name: "runs that keep all promises".to_owned(),
            unit: Unit::Share,
            shape,
            style: Style::MAIN,
            values: of(|kept| kept.share()),
            band: Some(Band {
                name: "95 % confidence".to_owned(),
                low: of(|kept| kept.low),
                high: of(|kept| kept.high),
            }),
        }
    }
}

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Shape {
    /// A level at the end of each interval, joined by lines.
    Line,
    /// An average over the interval that ends at its place.
    Step,
    /// Marks with error bars.
    Points,
}

impl Shape {
    pub fn key(self) -> &'static str {
        match self {
            Shape::Line => "line",
            Shape::Step => "step",
            Shape::Points => "points",
        }
    }
}

/// Colour and dashes, both of which tell lines apart, so that a grey copy is still readable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct Style {
    /// Number of the style sheet's variable: `--c0` to `--c6`.
    pub colour: usize,
    /// Lengths of dashes and gaps in pixels; none for a solid line.
    pub dash: &'static [f64],
}

impl Style {
    /// The chart's main line.
    pub const MAIN: Style = Style { colour: 0, dash: &[] };
    /// What is possible rather than what happened.
    pub const CAPACITY: Style = Style { colour: 1, dash: &[10.0, 4.0] };
    /// A second measured line.
    pub const SECOND: Style = Style { colour: 2, dash: &[2.0, 2.5] };
    /// A higher quantile of the main line.
    pub const TAIL: Style = Style { colour: 3, dash: &[6.0, 2.0] };
    /// The equation's curve.
    pub const FLUID: Style = Style { colour: 6, dash: &[6.0, 4.0] };

    /// The k-th of several things of the same kind: colours repeat after seven, dashes go on.
    pub fn of_kind(k: usize) -> Style {
        const DASHES: [&[f64]; 5] = [&[], &[10.0, 4.0], &[2.0, 2.5], &[6.0, 2.0], &[14.0, 3.0]];
        Style { colour: k % 7, dash: DASHES[k % DASHES.len()] }
    }
}

/// An interval around each value.
#[derive(Clone, Debug)]
pub(in crate::report) struct Band {
    /// What it holds, with its level: `5–95 % of runs`.
    pub name: String,
    pub low: Vec<Option<f64>>,
    pub high: Vec<Option<f64>>,
}

/// A line that must not be crossed.
#[derive(Clone, Debug)]
pub(in crate::report) struct Limit {
    pub name: String,
    pub value: f64,
}

/// A named instant.
#[derive(Clone, Debug)]
pub(in crate::report) struct Mark {
    pub name: String,
    pub x: f64,
}

/// A table; the first column names the row.
#[derive(Clone, Debug)]
pub(in crate::report) struct ReviewTable {
    /// Unique in the page.
    pub id: String,
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

/// What a column holds.
#[derive(Clone, Debug)]
pub(in crate::report) struct Column {
    pub name: String,
    /// The unit of the cells' values, if they have one.
    pub unit: Option<Unit>,
}

impl Column {
    pub fn text(name: impl Into<String>) -> Self {
        Column { name: name.into(), unit: None }
    }

    pub fn number(name: impl Into<String>, unit: Unit) -> Self {
        Column { name: name.into(), unit: Some(unit) }
    }
}

/// What a cell shows, and the number behind it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Cell {
    pub text: String,
    pub value: Option<f64>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Cell { text: text.into(), value: None }
    }

    /// A number in its unit; a dash where there is none.
    pub fn number(value: Option<f64>, unit: &Unit) -> Self {
        let value = value.filter(|value| value.is_finite());
        Cell { text: value.map_or_else(|| "–".to_owned(), |value| unit.show(value)), value }
    }
}

impl ReviewChart {
    /// The chart's own table: at most `most_rows` places, evenly chosen, with the last.
    pub fn table(&self, most_rows: usize) -> ReviewTable {
        let places = self.x.len();
        let step = places.div_ceil(most_rows.max(1)).max(1);
        let first = places.saturating_sub(1) % step;
        let rows = (first..places).step_by(step).map(|place| self.row(place)).collect();
        let mut columns = vec![match &self.x {
            XAxis::Time { .. } => Column::number("until", Unit::Seconds),
            XAxis::Category { label, .. } => Column::text(label.clone()),
            XAxis::Number { label, unit, .. } => Column::number(label.clone(), unit.clone()),
        }];
        for series in &self.series {
            columns.push(Column::number(series.name.clone(), series.unit.clone()));
            if let Some(band) = &series.band {
                columns.push(Column::number(format!("{}, {}: low", series.name, band.name), series.unit.clone()));
                columns.push(Column::number(format!("{}, {}: high", series.name, band.name), series.unit.clone()));
            }
        }
        let part = if step > 1 {
            format!(" (every {step} intervals; the download holds all {places})")
        } else {
            String::new()
        };
        ReviewTable { id: format!("{}-table", self.id), caption: format!("{}{part}", self.title), columns, rows }
    }

    fn row(&self, place: usize) -> Vec<Cell> {
        let mut row = vec![match &self.x {
            XAxis::Time { ends_s, clock } => Cell { text: clock.instant(ends_s[place]), value: Some(ends_s[place]) },
            XAxis::Category { names, .. } => Cell::text(names[place].clone()),
            XAxis::Number { unit, values, .. } => Cell::number(Some(values[place]), unit),
        }];
        for series in &self.series {
            row.push(Cell::number(series.values[place], &series.unit));
            if let Some(band) = &series.band {
                row.push(Cell::number(band.low[place], &series.unit));
                row.push(Cell::number(band.high[place], &series.unit));
            }
        }
        row
    }

    /// Keeps at most `most` places of a time axis: of every few neighbours the one at which the first series is
    /// largest, so that no peak is lost, and says so.
    pub fn thin(&mut self, most: usize) {
        let XAxis::Time { ends_s, .. } = &mut self.x else { return };
        let places = ends_s.len();
        let step = places.div_ceil(most.max(1));
        if step <= 1 {
            return;
        }
        let lead: Vec<f64> = match self.series.first() {
            Some(series) => series.values.iter().map(|value| value.unwrap_or(f64::NEG_INFINITY)).collect(),
            None => return,
        };
        let largest = |from: usize| {
            let until = (from + step).min(places);
            (from..until).fold(from, |best, place| if lead[place] > lead[best] { place } else { best })
        };
        let kept: Vec<usize> = (0..places).step_by(step).map(largest).collect();
        let chosen = |values: &[Option<f64>]| kept.iter().map(|place| values[*place]).collect();
        *ends_s = kept.iter().map(|place| ends_s[*place]).collect();
        for series in &mut self.series {
            series.values = chosen(&series.values);
            if let Some(band) = &mut series.band {
                (band.low, band.high) = (chosen(&band.low), chosen(&band.high));
            }
        }
        let name = self.series[0].name.clone();
        self.thinned = Some(format!(
            "Of every {step} intervals the one with the largest value of “{name}” is shown: {} of {places}.",
            kept.len()
        ));
    }
}

/// Numbers that the page holds at most; about seven bytes each.
const MOST_NUMBERS: usize = 120_000;

/// Thins charts over time until the page is small enough to be forwarded.
pub(super) fn fit(review: &mut Review) {
    let charts = || review.sections.iter().flat_map(|section| &section.charts);
    let columns = |chart: &ReviewChart| {
        1 + chart.series.iter().map(|series| if series.band.is_some() { 3 } else { 1 }).sum::<usize>()
    };
    let all: usize = charts().map(columns).sum();
    let most = MOST_NUMBERS / all.max(1);
    for chart in review.sections.iter_mut().flat_map(|section| &mut section.charts) {
        chart.thin(most);
    }
}
