//! What a sweep will be, before it begins: all faults of its values at once, its cost, and the fingerprint of its
//! question, by which an interrupted sweep knows itself again.
//!
//! A small grid is loaded as a whole. Of a large one every value is loaded once, and points spread evenly over the
//! grid tell its cost.

use std::fmt::{self, Write};

use rayon::prelude::*;

use super::{SweepOptions, Variant};
use crate::measure::EngineChoice;
use crate::model::Model;
use crate::scenario::{Axis, Code, Fault, Faults, Grid, Override};

/// Grids of up to this many points are loaded as a whole.
const SMALL: u64 = 500;
/// Most values that are loaded one by one, and points that tell the cost of a larger grid.
const SAMPLE: u64 = 500;
/// Most faults that are listed.
const MOST_FAULTS: usize = 20;

/// What a sweep will be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Survey {
    /// Points of the grid.
    pub points: u64,
    /// Replications of a point, if it is the same number everywhere; 0 where no message is simulated.
    pub replications: Option<u32>,
    /// Expected events of all points together; 0 where no message is simulated.
    pub events: f64,
    /// Equal for equal questions: scenario, files that it names, axes, engine and version of the program.
    pub fingerprint: u128,
}

/// Why a sweep cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The user's: two axes that are not independent.
    #[error("{what}")]
    Axes {
        /// What is wrong with them.
        what: String,
        /// What to do about it.
        help: String,
    },
    /// The user's: values with faults.
    #[error("{0}")]
    Faults(Faults),
}

/// Looks at a sweep before it begins. `question` is everything that the answer depends on and that `model` does not
/// show: the text of the scenario and what else was asked.
///
/// # Errors
/// [`SurveyError`] when axes overlap, there are too many points to be counted, or values have faults.
pub fn survey(
    model: &Model,
    grid: &Grid,
    options: SweepOptions,
    variant: &Variant,
    question: &[&str],
) -> Result<Survey, SurveyError> {
    overlap(&grid.axes)?;
    let points = grid.points().ok_or_else(|| SurveyError::Axes {
        what: "the grid has more points than can be counted".to_owned(),
        help: "vary fewer values, or fewer values of each".to_owned(),
    })?;
    let is_small = points <= SMALL;
    let sample: Vec<u64> = if is_small { (0..points).collect() } else { spread(points, SAMPLE) };
    let crossing = if is_small { Vec::new() } else { every_value_once(grid) };
    let load = |point: &u64| (*point, variant(&grid.changes(*point)));
    let crossed: Vec<_> = crossing.par_iter().map(load).collect();
    let sampled: Vec<_> = sample.par_iter().map(load).collect();
    let faults = faults(grid, crossed.iter().chain(&sampled));
    if !faults.is_empty() {
        return Err(SurveyError::Faults(Faults(faults)));
    }
    let models: Vec<&Model> = sampled.iter().filter_map(|(_, model)| model.as_ref().ok()).collect();
    let all = crossed.iter().chain(&sampled).filter_map(|(point, model)| Some((*point, model.as_ref().ok()?)));
    let simulates = !matches!(options.engine, EngineChoice::Fluid | EngineChoice::Formula);
    let events: f64 = models.iter().map(|model| model.expected_cost().events).sum();
    let mut runs: Vec<u32> = models.iter().map(|model| model.replications.at_most()).collect();
    runs.dedup();
    Ok(Survey {
        points,
        replications: if simulates { (runs.len() == 1).then(|| runs[0]) } else { Some(0) },
        events: if simulates { events * (points as f64 / models.len() as f64) } else { 0.0 },
        fingerprint: fingerprint(model, grid, options, question, all),
    })
}

/// `a=1, b=2`.
pub(super) fn told(changes: &[Override]) -> String {
    let each: Vec<String> = changes.iter().map(|change| format!("{}={}", change.path, change.value)).collect();
    each.join(", ")
}

/// Two axes of which one moves the ground of the other.
fn overlap(axes: &[Axis]) -> Result<(), SurveyError> {
    for (k, axis) in axes.iter().enumerate() {
        for other in &axes[..k] {
            let (outer, inner) = if axis.path.len() < other.path.len() { (axis, other) } else { (other, axis) };
            let Some(rest) = inner.path.strip_prefix(&outer.path) else { continue };
            let (what, help) = if rest.is_empty() {
                (format!("`{}` is varied twice", axis.path), "write all of its values after one `--vary`".to_owned())
            } else if rest.starts_with(['.', '[']) {
                (
                    format!("`{}` is a part of `{}`, which is varied too", inner.path, outer.path),
                    "vary one of them; the other's values would be lost".to_owned(),
                )
            } else {
                continue;
            };
            return Err(SurveyError::Axes { what, help });
        }
    }
    Ok(())
}

/// At most `count` points from the first to the last, evenly apart.
fn spread(points: u64, count: u64) -> Vec<u64> {
    if points <= count {
        return (0..points).collect();
    }
    (0..count).map(|k| (u128::from(k) * u128::from(points - 1) / u128::from(count - 1)) as u64).collect()
}

/// Every value of every axis (evenly chosen ones of a very long axis), the other axes at their first value.
fn every_value_once(grid: &Grid) -> Vec<u64> {
    let mut points = Vec::new();
    let mut stride = 1;
    for axis in grid.axes.iter().rev() {
        let values = axis.values.len() as u64;
        points.extend(spread(values, SAMPLE).into_iter().map(|place| place * stride));
        stride *= values;
    }
    points.sort_unstable();
    points.dedup();
    points
}

type Loaded = (u64, Result<Model, Faults>);

/// Every fault once, in the order of the points; one that is not in an axis's own text names its point.
fn faults<'l>(grid: &Grid, loaded: impl Iterator<Item = &'l Loaded>) -> Vec<Fault> {
    let mut seen: Vec<(Code, String, String)> = Vec::new();
    let mut found = Vec::new();
    for (point, result) in loaded {
        let Err(faults) = result else { continue };
        for fault in faults.0.iter().filter(|fault| fault.is_error()) {
            let key = (fault.code, fault.message.clone(), fault.path.clone());
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            found.push(named_one(fault, &grid.changes(*point)));
        }
        if found.len() > MOST_FAULTS {
            found.truncate(MOST_FAULTS);
            let message = format!("more than {MOST_FAULTS} faults: put these right first");
            found.push(Fault::new(Code::MoreFaults, message));
            break;
        }
    }
    found
}

/// All faults of one point with their axes, or with the point.
pub(super) fn named(faults: &Faults, changes: &[Override]) -> Faults {
    Faults(faults.0.iter().map(|fault| named_one(fault, changes)).collect())
}

/// The fault with the axis in whose text it stands, or with the point at which it appears.
fn named_one(fault: &Fault, changes: &[Override]) -> Fault {
    let mut fault = fault.clone();
    let is_ours = fault.place.as_ref().is_some_and(|place| {
        place.file == "--set"
            && changes.iter().any(|change| place.excerpt == format!("{}={}", change.path, change.value))
    });
    if is_ours {
        fault.message = fault.message.replace("--set ", "--vary ");
        fault.help = fault.help.map(|help| help.replace("--set ", "--vary "));
        if let Some(place) = &mut fault.place {
            "--vary".clone_into(&mut place.file);
        }
    } else {
        fault.message = format!("{} (with {})", fault.message, told(changes));
    }
    fault
}

/// FNV-1a over 128 bits (Fowler, Noll and Vo; RFC 9923): enough against chance, which is all that is against us.
struct Fnv(u128);

impl Fnv {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(Self::PRIME);
        }
        Ok(())
    }
}

/// The hash of one text.
pub(crate) fn checksum(text: &str) -> u128 {
    let mut hash = Fnv(Fnv::BASIS);
    hash.write_str(text).expect("a hash takes every text");
    hash.0
}

/// The question in 128 bits. A model holds the rows of the files that it names, so that a changed file is another
/// question; a value that may name a file brings its own model.
fn fingerprint<'m>(
    model: &Model,
    grid: &Grid,
    options: SweepOptions,
    question: &[&str],
    loaded: impl Iterator<Item = (u64, &'m Model)>,
) -> u128 {
    let mut hash = Fnv(Fnv::BASIS);
    let fed = "a hash takes every text";
    write!(hash, "{} {:?} {question:?} {grid:?} {model:?}", env!("CARGO_PKG_VERSION"), options.engine).expect(fed);
    let may_name_file = |change: &Override| {
        [&change.path, &change.value].iter().any(|text| text.contains("file") || text.contains("manifest"))
    };
    for (point, model) in loaded {
        if grid.changes(point).iter().any(may_name_file) {
            write!(hash, "{model:?}").expect(fed);
        }
    }
    hash.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(texts: &[&str]) -> Grid {
        Grid { axes: texts.iter().map(|text| Axis::read(text).unwrap()).collect() }
    }

    #[test]
    fn every_value_of_every_axis_is_met() {
        let grid = axes(&["a=1..40", "b=x,y,z", "c=1..30"]);
        let points = every_value_once(&grid);
        for (k, axis) in grid.axes.iter().enumerate() {
            for place in 0..axis.values.len() {
                assert!(points.iter().any(|point| grid.places(*point)[k] == place), "{} {place}", axis.path);
            }
        }
        assert_eq!(points.len(), 40 + 3 + 30 - 2);
    }

    #[test]
    fn a_sample_has_both_ends() {
        let points = spread(123_456, 500);
        assert_eq!((points.len(), points[0], points[499]), (500, 0, 123_455));
        assert_eq!(spread(3, 500), [0, 1, 2]);
    }

    #[test]
    fn axes_that_move_each_others_ground_are_refused() {
        for (texts, why) in [
            (["a.b=1,2", "a.b=3,4"], "varied twice"),
            (["a.b.c=1,2", "a.b={c: 1},{c: 2}"], "a part of"),
            (["a.b=1,2", "a.b[0]=1,2"], "a part of"),
        ] {
            let error = overlap(&axes(&texts).axes).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(overlap(&axes(&["a.b=1,2", "a.bc=1,2"]).axes).is_ok());
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(checksum("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }
}
