//! What a plan or a sweep varies: paths into the scenario and the values that stand there, one after the other.
//!
//! Not here: whether a path or a value is legal; loading the scenario with it finds that out like for any `--set`.

use super::Override;
use crate::units::quoted;

/// Most values of one axis: more are a slip of the keyboard.
const MOST_VALUES: u64 = 100_000;

/// One thing that varies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Path of the value, as in `--set`: `consumers.workers.replicas`.
    pub path: String,
    /// The values as YAML, in the order in which they were written; at least one.
    pub values: Vec<String>,
}

/// Why a text is no axis: what is wrong and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct NoAxis {
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub help: String,
}

impl NoAxis {
    fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        NoAxis { what: what.into(), help: help.into() }
    }
}

impl Axis {
    /// Reads `PATH=VALUES` as [`Axis::values_of`] does.
    ///
    /// # Errors
    /// [`NoAxis`] without a path, an `=`, or values.
    pub fn read(text: &str) -> Result<Axis, NoAxis> {
        let help = "write a path, `=` and values: consumers.workers.replicas=1..20 or =2,4,8";
        match text.split_once('=') {
            Some((path, values)) if !path.trim().is_empty() => {
                Ok(Axis { path: path.trim().to_owned(), values: Axis::values_of(values)? })
            }
            _ => Err(NoAxis::new(format!("{} names no value to vary", quoted(text)), help)),
        }
    }

    /// The values of `1..20` (both ends), `10..100 step 10`, or `a, b, c` (commas inside brackets belong to a value).
    ///
    /// # Errors
    /// [`NoAxis`] when a range is empty, has no whole numbers or very many, or a value of a list is missing or there
    /// twice.
    pub fn values_of(text: &str) -> Result<Vec<String>, NoAxis> {
        let text = text.trim();
        // Two dots inside of a list or of a path of files are none of ours.
        let is_range = text.starts_with(|sign: char| sign.is_ascii_digit()) && !text.contains(['/', ',', '[', '{']);
        if let Some((first, rest)) = text.split_once("..").filter(|_| is_range) {
            return range(text, first.trim(), rest.trim());
        }
        let values: Vec<String> = split(text).iter().map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(NoAxis::new(format!("a value is missing in {}", quoted(text)), "write values as in `2,4,8`"));
        }
        Axis::without_twins(values)
    }

    /// The values, each of them once.
    ///
    /// # Errors
    /// [`NoAxis`] when a value is there twice.
    pub fn without_twins(values: Vec<String>) -> Result<Vec<String>, NoAxis> {
        let twin = values.iter().enumerate().find(|(k, value)| values[..*k].contains(value));
        match twin {
            Some((_, twin)) => Err(NoAxis::new(format!("the value {} is there twice", quoted(twin)), "leave one out")),
            None => Ok(values),
        }
    }

    /// One of its values as a change to the scenario.
    ///
    /// # Panics
    /// When there is no such value.
    pub fn change(&self, place: usize) -> Override {
        Override { path: self.path.clone(), value: self.values[place].clone() }
    }

    /// The last part of the path that says what varies: `replicas` of `consumers.workers.replicas`.
    pub fn short_name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

/// Whole numbers from one to the other, both included.
fn range(text: &str, first: &str, rest: &str) -> Result<Vec<String>, NoAxis> {
    let help = "write whole numbers as in `1..20` or `10..100 step 10`";
    let (last, step) = match rest.split_once("step") {
        Some((last, step)) => (last.trim(), step.trim()),
        None => (rest.strip_prefix('=').unwrap_or(rest).trim(), "1"),
    };
    let whole = |part: &str| part.parse::<u64>().ok();
    let (Some(first), Some(last), Some(step)) = (whole(first), whole(last), whole(step)) else {
        return Err(NoAxis::new(format!("{} is no range of whole numbers", quoted(text)), help));
    };
    if first > last || step == 0 {
        return Err(NoAxis::new(format!("the range {} is empty", quoted(text)), help));
    }
    if (last - first) / step >= MOST_VALUES {
        return Err(NoAxis::new(format!("the range {} has more than {MOST_VALUES} values", quoted(text)), help));
    }
    Ok((0..=(last - first) / step).map(|k| (first + k * step).to_string()).collect())
}

/// Parts between commas that stand in no brackets or quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, sign) in text.char_indices() {
        match (quote, sign) {
            (Some(open), _) if open == sign => quote = None,
            (None, '"' | '\'') => quote = Some(sign),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            (Some(_) | None, _) => {}
        }
    }
    parts.push(&text[begin..]);
    parts
}

/// Every combination of the axes' values; the last axis moves fastest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// What varies.
    pub axes: Vec<Axis>,
}

impl Grid {
    /// How many points there are; `None` beyond any number that could be run.
    pub fn points(&self) -> Option<u64> {
        self.axes.iter().try_fold(1_u64, |points, axis| points.checked_mul(axis.values.len() as u64))
    }

    /// The place on each axis of one of the points.
    ///
    /// # Panics
    /// When there is no such point.
    pub fn places(&self, point: u64) -> Vec<usize> {
        let mut rest = point;
        let mut places = vec![0; self.axes.len()];
        for (place, axis) in places.iter_mut().zip(&self.axes).rev() {
            let values = axis.values.len() as u64;
            *place = (rest % values) as usize;
            rest /= values;
        }
        assert_eq!(rest, 0, "a point of the grid");
        places
    }

    /// The changes that make one of the points out of the scenario.
    ///
    /// # Panics
    /// When there is no such point.
    pub fn changes(&self, point: u64) -> Vec<Override> {
        self.axes.iter().zip(self.places(point)).map(|(axis, place)| axis.change(place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Axis::values_of(text).unwrap()
    }

    #[test]
    fn ranges_have_both_ends_and_steps_stop_before_the_last() {
        assert_eq!(values("3..6"), ["3", "4", "5", "6"]);
        assert_eq!(values("10..35 step 10"), ["10", "20", "30"]);
        assert_eq!(values("7..7"), ["7"]);
    }

    #[test]
    fn lists_split_at_commas_outside_of_brackets() {
        assert_eq!(values("10, 20 ,50"), ["10", "20", "50"]);
        assert_eq!(values("{a: [1, 2]}, \"x, y\""), ["{a: [1, 2]}", "\"x, y\""]);
        assert_eq!(values("{file: ../a.csv},{file: ../b.csv}"), ["{file: ../a.csv}", "{file: ../b.csv}"]);
    }

    #[test]
    fn what_is_no_axis_says_why() {
        for (text, why) in [
            ("replicas", "names no value to vary"),
            ("=1..3", "names no value to vary"),
            ("a=5..3", "is empty"),
            ("a=1..5 step 0", "is empty"),
            ("a=1..x", "no range of whole numbers"),
            ("a=0..9999999", "more than 100000 values"),
            ("a=1,,2", "a value is missing"),
            ("a=", "a value is missing"),
            ("a=1,2,1", "there twice"),
        ] {
            let fault = Axis::read(text).unwrap_err();
            assert!(fault.what.contains(why), "{text}: {}", fault.what);
            assert!(!fault.help.is_empty());
        }
    }

    #[test]
    fn a_grid_counts_like_an_odometer() {
        let axes = vec![Axis::read("a=1..2").unwrap(), Axis::read("b=x,y,z").unwrap()];
        let grid = Grid { axes };
        assert_eq!(grid.points(), Some(6));
        let written: Vec<String> =
            (0..6).map(|point| grid.changes(point).iter().map(|change| change.value.clone()).collect()).collect();
        assert_eq!(written, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(Grid { axes: vec![grid.axes[0].clone(); 70] }.points(), None);
    }
}
