//! Finished points of a sweep that is not finished: what an interrupted sweep goes on from.
//!
//! One line per point behind a line that names the question, each with the hash of its text before it, so that a line
//! that was cut off or damaged is known and found again. Numbers are written as texts, digit by digit, so that a point
//! that was kept gives the same bytes as one that was just found.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::ReportError;
use super::super::stage::fault;
use crate::measure::Estimate;
use crate::measure::summary::SloVerdict;
use crate::study::compare::KeptShare;
use crate::study::sweep::{PromisePoint, QueueFigure, QueuePoint, SweepPoint, checksum};

/// Name of the file.
pub(super) const FILE: &str = "sweep.partial";
/// A power failure may cost the points of this long; the end of the process costs none.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The file, open for further points.
#[derive(Debug)]
pub struct PartialSweep {
    path: PathBuf,
    file: Mutex<(File, Instant)>,
}

/// What an earlier sweep has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// Nothing.
    Nothing,
    /// The same question, and some of its points.
    Same,
    /// Another question, whose points are of no use now.
    Other,
    /// The same question, but its points were to be forgotten.
    Forgotten,
}

/// A sweep that begins, or goes on.
#[derive(Debug)]
pub struct Resumed {
    /// Where further points go.
    pub partial: PartialSweep,
    /// Points that are there already.
    pub points: Vec<SweepPoint>,
    /// What was left.
    pub earlier: Earlier,
}

impl PartialSweep {
    /// Opens the file of `folder`, which is created if need be, for the question with this `fingerprint`. Points of the
    /// same question are kept unless they are to be forgotten (`fresh`); damaged lines are dropped.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn open(folder: &Path, fingerprint: u128, fresh: bool) -> Result<Resumed, ReportError> {
        fs::create_dir_all(folder).map_err(|source| fault(folder, source))?;
        let path = folder.join(FILE);
        let left = read(&path).map_err(|source| fault(&path, source))?;
        let is_same = left.as_ref().is_some_and(|(question, _)| *question == Some(fingerprint));
        let earlier = match (&left, is_same) {
            (None, _) => Earlier::Nothing,
            (Some(_), true) if fresh => Earlier::Forgotten,
            (Some(_), true) => Earlier::Same,
            (Some(_), false) => Earlier::Other,
        };
        let points = left.filter(|_| earlier == Earlier::Same).map_or_else(Vec::new, |(_, points)| points);
        let begin = json!({ "question": format!("{fingerprint:032x}") });
        let lines: String = std::iter::once(begin).chain(points.iter().map(encode)).map(|value| line(&value)).collect();
        let file = begin_file(&path, &lines).map_err(|source| fault(&path, source))?;
        let partial = PartialSweep { path, file: Mutex::new((file, Instant::now())) };
        Ok(Resumed { partial, points, earlier })
    }

    /// Keeps one more point.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn keep(&self, point: &SweepPoint) -> Result<(), ReportError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let (file, synced) = &mut *file;
        let mut written = file.write_all(line(&encode(point)).as_bytes());
        if synced.elapsed() >= SYNC_EVERY {
            written = written.and_then(|()| file.sync_data());
            *synced = Instant::now();
        }
        written.map_err(|source| fault(&self.path, source))
    }
}

/// A file of these lines in place of an older one, all at once, open at its end.
fn begin_file(path: &Path, lines: &str) -> io::Result<File> {
    let beside = path.with_extension(format!("partial-{}", std::process::id()));
    let begun = File::create(&beside).and_then(|mut file| {
        file.write_all(lines.as_bytes())?;
        file.sync_data()?;
        fs::rename(&beside, path)
    });
    if begun.is_err() {
        // What could not be written is of no use to anybody.
        let _ = fs::remove_file(&beside);
    }
    begun.and_then(|()| OpenOptions::new().append(true).open(path))
}

/// The question and the points of a file, if there is one.
fn read(path: &Path) -> io::Result<Option<(Option<u128>, Vec<SweepPoint>)>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(checked);
    let question = lines.next().flatten().and_then(|begin| u128::from_str_radix(begin["question"].as_str()?, 16).ok());
    Ok(Some((question, lines.flatten().filter_map(|value| decode(&value)).collect())))
}

fn line(value: &Value) -> String {
    let text = value.to_string();
    format!("{:032x} {text}\n", checksum(&text))
}

/// The value of a line, if it is as it was written.
fn checked(line: &str) -> Option<Value> {
    let (hash, text) = line.split_once(' ')?;
    let is_whole = u128::from_str_radix(hash, 16).ok()? == checksum(text);
    if is_whole { serde_json::from_str(text).ok() } else { None }
}

/// The digits that read back as the same number, which a JSON number does not promise.
fn digits(value: Option<f64>) -> Value {
    json!(value.map(|value| format!("{value:?}")))
}

#[expect(clippy::option_option, reason = "outside, `None` is a damaged line; inside, a number that is missing")]
fn number(value: &Value) -> Option<Option<f64>> {
    match value {
        Value::Null => Some(None),
        value => value.as_str()?.parse().ok().map(Some),
    }
}

fn encode(point: &SweepPoint) -> Value {
    let kept = |kept: &Option<KeptShare>| json!(kept.map(|kept| [kept.kept, kept.runs]));
    let estimate = |of: &Estimate| json!([digits(of.value), digits(of.low), digits(of.high), of.why_not]);
    let queue = |queue: &QueuePoint| json!([queue.name, queue.figures.iter().map(estimate).collect::<Vec<_>>()]);
    let promise = |one: &PromisePoint| {
        let verdict = &one.verdict;
        json!({
            "name": verdict.name, "promise": verdict.promise, "met": verdict.met,
            "value": estimate(&verdict.value), "limit": digits(Some(verdict.limit)), "kept": kept(&one.kept),
            "share": digits(verdict.probability_met),
        })
    };
    json!({
        "point": point.point, "replications": point.replications, "events": point.events,
        "kept": kept(&point.kept_all),
        "queues": point.queues.iter().map(queue).collect::<Vec<_>>(),
        "promises": point.promises.iter().map(promise).collect::<Vec<_>>(),
    })
}

fn decode(value: &Value) -> Option<SweepPoint> {
    Some(SweepPoint {
        point: value["point"].as_u64()?,
        replications: u32::try_from(value["replications"].as_u64()?).ok()?,
        events: value["events"].as_u64()?,
        queues: value["queues"].as_array()?.iter().map(queue_of).collect::<Option<_>>()?,
        promises: value["promises"].as_array()?.iter().map(promise_of).collect::<Option<_>>()?,
        kept_all: kept_of(&value["kept"])?,
    })
}

#[expect(clippy::option_option, reason = "outside, `None` is a damaged line; inside, a share that is missing")]
fn kept_of(value: &Value) -> Option<Option<KeptShare>> {
    if value.is_null() {
        return Some(None);
    }
    let count = |place: usize| u32::try_from(value[place].as_u64()?).ok();
    let (kept, runs) = (count(0)?, count(1)?);
    (runs > 0 && kept <= runs).then(|| Some(KeptShare::new(kept, runs)))
}

fn estimate_of(value: &Value) -> Option<Estimate> {
    Some(Estimate {
        value: number(&value[0])?,
        low: number(&value[1])?,
        high: number(&value[2])?,
        why_not: value[3].as_str().map(str::to_owned),
    })
}

fn queue_of(value: &Value) -> Option<QueuePoint> {
    let figures: Vec<Estimate> = value[1].as_array()?.iter().map(estimate_of).collect::<Option<_>>()?;
    let is_whole = figures.len() == QueueFigure::ALL.len();
    is_whole.then_some(QueuePoint { name: value[0].as_str()?.to_owned(), figures })
}

fn promise_of(value: &Value) -> Option<PromisePoint> {
    let verdict = SloVerdict {
        name: value["name"].as_str()?.to_owned(),
        promise: value["promise"].as_str()?.to_owned(),
        met: value["met"].as_bool(),
        value: estimate_of(&value["value"])?,
        limit: number(&value["limit"])??,
        probability_met: number(&value["share"])?,
    };
    Some(PromisePoint { verdict, kept: kept_of(&value["kept"])? })
}
