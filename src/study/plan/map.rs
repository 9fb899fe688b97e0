//! The candidates as lines, with a guess for each where its first good one stands.
//!
//! Not here: runs (`search`).

use super::PlanError;
use super::bench::Bench;
use super::guide::{by_fluid, by_formula};
use super::question::Question;
use super::search::Line;

/// Lines and guesses.
#[derive(Clone, Debug)]
pub(super) struct Map {
    /// The lines that are searched.
    pub lines: Vec<Line>,
    /// Candidates in lines that the equation refuses as a whole, so that no run was spent on them.
    pub left_out: u64,
    /// The law that is exact for the promises, and the first place at which its steady state keeps them; only with a
    /// single line.
    pub formula: Option<(String, Option<usize>)>,
    /// The first place at which the equation breaks no promise; only with a single line.
    pub fluid: Option<usize>,
}

impl Map {
    /// Lays the candidates out.
    ///
    /// # Errors
    /// A candidate cannot be loaded.
    pub fn of(question: &Question, bench: &mut Bench) -> Result<Self, PlanError> {
        let rows = rows(question)?;
        let is_single = rows.len() == 1;
        let mut map = Map { lines: Vec::new(), left_out: 0, formula: None, fluid: None };
        let mut refused = Vec::new();
        for points in rows {
            let mut law = None;
            let formula = first(points.len(), |place| {
                let found = by_formula(&bench.tried(points[place])?.model);
                law = found.as_ref().and_then(|(name, _)| name.clone()).or(law.take());
                Ok(found.map(|(_, keeps)| keeps))
            })?;
            let known = law.zip(formula);
            let fluid = match &known {
                Some(_) if points.len() > 1 => None,
                _ => first(points.len(), |place| Ok(by_fluid(&bench.tried(points[place])?.model)))?,
            };
            let found = known.as_ref().map(|(_, place)| *place).or(fluid);
            let count = points.len();
            let line = Line::new(points, found.unwrap_or(count / 2).min(count - 1));
            // Theory speaks of the steady state: only the equation, which follows the day, may refuse a line.
            if !is_single && fluid == Some(count) {
                refused.push(line);
                continue;
            }
            map.lines.push(line);
            if is_single {
                map.formula = known.map(|(law, place)| (law, (place < count).then_some(place)));
                map.fluid = fluid.filter(|place| *place < count);
            }
        }
        if map.lines.is_empty() {
            map.lines = refused;
        } else {
            map.left_out = refused.iter().map(|line| line.points.len() as u64).sum();
        }
        Ok(map)
    }

    /// Events of one run of the dearest candidate of the first line, as estimated before it runs.
    ///
    /// # Errors
    /// The candidate cannot be loaded.
    pub fn events_per_run(&self, bench: &mut Bench) -> Result<f64, PlanError> {
        let line = &self.lines[0];
        let model = &bench.tried(line.points[line.points.len() - 1])?.model;
        Ok(model.expected_cost().events / f64::from(model.replications.at_most().max(1)))
    }
}

/// More candidates than this are not laid out.
const MOST_POINTS: u64 = 1_000_000;

/// The points of the grid, line by line: along the ordered axis, or each by itself.
fn rows(question: &Question) -> Result<Vec<Vec<u64>>, PlanError> {
    let grid = &question.grid;
    let points = grid.points().filter(|points| *points <= MOST_POINTS);
    let Some(points) = points else {
        let candidates = grid.points().unwrap_or(u64::MAX);
        return Err(PlanError::TooMany { candidates, events: f64::INFINITY, budget: MOST_POINTS as f64 });
    };
    let Some(ordered) = question.ordered else { return Ok((0..points).map(|point| vec![point]).collect()) };
    let stride: u64 = grid.axes[ordered + 1..].iter().map(|axis| axis.values.len() as u64).product();
    let length = grid.axes[ordered].values.len() as u64;
    let begins = (0..points).filter(|point| grid.places(*point)[ordered] == 0);
    Ok(begins.map(|begin| (0..length).map(|k| begin + k * stride).collect()).collect())
}

/// The first of `count` places at which something holds that holds from there on; `count` if it never does, `None` if
/// nobody can tell.
fn first(
    count: usize,
    mut holds: impl FnMut(usize) -> Result<Option<bool>, PlanError>,
) -> Result<Option<usize>, PlanError> {
    let (mut low, mut high) = (0, count - 1);
    match holds(high)? {
        None => return Ok(None),
        Some(false) => return Ok(Some(count)),
        Some(true) => {}
    }
    while low < high {
        let middle = low + (high - low) / 2;
        match holds(middle)? {
            None => return Ok(None),
            Some(true) => high = middle,
            Some(false) => low = middle + 1,
        }
    }
    Ok(Some(high))
}
