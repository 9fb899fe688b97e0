//! `sweep.csv`: one row per point and queue.

use super::super::series::{number_cell, text_cell};
use crate::measure::Estimate;
use crate::study::Sweep;
use crate::study::compare::KeptShare;
use crate::study::sweep::{QueueFigure, QueuePoint, SweepPoint};

/// The whole file: the axes by their paths, the queue, its figures, each with the ends of its interval, and what holds
/// for the point as a whole: the share of runs that kept all promises, and promise by promise the statistic and the
/// share of runs that kept it.
pub(super) fn sweep_csv(sweep: &Sweep) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    let promises = promises(sweep);
    let with_ends = |name: &str| [name.to_owned(), format!("{name}_low"), format!("{name}_high")];
    let mut columns: Vec<String> = sweep.grid.axes.iter().map(|axis| text_cell(&axis.path)).collect();
    columns.extend(["queue".to_owned(), "replications".to_owned()]);
    columns.extend(QueueFigure::ALL.into_iter().flat_map(|figure| with_ends(figure.key())));
    columns.extend(with_ends("kept_all_share"));
    for name in &promises {
        columns.extend(with_ends(&format!("slo.{name}")));
        columns.extend(with_ends(&format!("slo.{name}.kept_share")));
    }
    writer.write_record(&columns).expect(in_memory);
    for point in &sweep.points {
        for queue in &point.queues {
            writer.write_record(row(sweep, point, queue, &promises)).expect(in_memory);
        }
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}

/// Names of all promises of all points, in the order in which they appear.
fn promises(sweep: &Sweep) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for promise in sweep.points.iter().flat_map(|point| &point.promises) {
        if !names.contains(&promise.verdict.name.as_str()) {
            names.push(&promise.verdict.name);
        }
    }
    names
}

fn row(sweep: &Sweep, point: &SweepPoint, queue: &QueuePoint, promises: &[&str]) -> Vec<String> {
    let mut cells: Vec<String> =
        sweep.grid.changes(point.point).iter().map(|change| text_cell(&change.value)).collect();
    let runs = (point.replications > 0).then(|| f64::from(point.replications));
    cells.extend([text_cell(&queue.name), number_cell(runs)]);
    cells.extend(queue.figures.iter().flat_map(estimate));
    cells.extend(kept(point.kept_all));
    for name in promises {
        match point.promise(name) {
            Some(promise) => {
                cells.extend(estimate(&promise.verdict.value));
                cells.extend(kept(promise.kept));
            }
            None => cells.extend(std::iter::repeat_n(String::new(), 6)),
        }
    }
    cells
}

fn estimate(of: &Estimate) -> [String; 3] {
    [of.value, of.low, of.high].map(number_cell)
}

fn kept(share: Option<KeptShare>) -> [String; 3] {
    let of = |end: fn(KeptShare) -> f64| number_cell(share.map(end));
    [of(|kept| kept.share()), of(|kept| kept.low), of(|kept| kept.high)]
}
