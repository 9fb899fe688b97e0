//! `timeseries.csv`: long form, one row per queue and interval, queue by queue.

use super::number;
use super::view::QueueView;
use crate::measure::Outcome;

/// The columns, in order: a contract with whoever reads the file.
pub(super) const COLUMNS: [&str; 23] = [
    "time_s",
    "queue",
    "publish_rate",
    "capacity_rate",
    "ack_rate",
    "depth_mean",
    "depth_se",
    "depth_p05",
    "depth_p50",
    "depth_p95",
    "ready_mean",
    "ready_se",
    "oldest_age_s",
    "wait_mean_s",
    "wait_p99_s",
    "replicas_mean",
    "utilization",
    "fluid_backlog",
    "fluid_delay_s",
    "replicas_wanted",
    "replicas_ready",
    "transient_depth",
    "transient_delay_probability",
];

/// The whole file. Without the events engine the rates are those of the fluid engine; a cell without a value is empty.
pub(super) fn timeseries_csv(outcome: &Outcome) -> String {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let in_memory = "writing rows of equal length to memory cannot fail";
    writer.write_record(COLUMNS).expect(in_memory);
    for view in QueueView::all(outcome) {
        let has_law = view.transient.is_some_and(|law| !law.series.time_s.is_empty());
        if view.series.is_none() && view.fluid_backlog().is_none() && !has_law {
            continue;
        }
        for k in 0..view.time_s.len() {
            writer.write_record(row(&view, k)).expect(in_memory);
        }
    }
    let bytes = writer.into_inner().expect(in_memory);
    String::from_utf8(bytes).expect("the cells were UTF-8")
}

/// One interval of one queue.
fn row(view: &QueueView, k: usize) -> [String; COLUMNS.len()] {
    let series = view.series;
    let fluid = view.fluid;
    let measured = |column: fn(&crate::measure::QueueSeries) -> &Vec<f64>| {
        number_cell(series.and_then(|series| column(series).get(k).copied()))
    };
    let optional = |column: fn(&crate::measure::QueueSeries) -> &Vec<Option<f64>>| {
        number_cell(series.and_then(|series| column(series).get(k).copied().flatten()))
    };
    let rate = |measured: Option<&Vec<f64>>, exact: Option<&Vec<f64>>| {
        number_cell(measured.or(exact).and_then(|rates| rates.get(k).copied()))
    };
    [
        number_cell(view.time_s.get(k).copied()),
        text_cell(&view.queue.name),
        rate(series.map(|series| &series.publish_rate), fluid.map(|fluid| &fluid.publish_rate)),
        rate(series.map(|series| &series.capacity_rate), fluid.map(|fluid| &fluid.capacity_rate)),
        measured(|series| &series.ack_rate),
        measured(|series| &series.depth_mean),
        optional(|series| &series.depth_se),
        measured(|series| &series.depth_p05),
        measured(|series| &series.depth_p50),
        measured(|series| &series.depth_p95),
        measured(|series| &series.ready_mean),
        optional(|series| &series.ready_se),
        measured(|series| &series.oldest_age_s),
        optional(|series| &series.wait_mean_s),
        optional(|series| &series.wait_p99_s),
        measured(|series| &series.replicas_mean),
        optional(|series| &series.utilization),
        number_cell(fluid.and_then(|fluid| fluid.backlog.get(k).copied())),
        number_cell(fluid.and_then(|fluid| fluid.delay_s.get(k).copied().flatten())),
        measured(|series| &series.replicas_wanted),
        measured(|series| &series.replicas_ready),
        number_cell(view.transient.and_then(|law| law.series.depth_mean.get(k).copied())),
        number_cell(view.transient.and_then(|law| law.series.delay_probability.get(k).copied())),
    ]
}

/// The shortest digits that read back as the same number; empty for what does not exist.
pub(super) fn number_cell(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map(number::round_trip).unwrap_or_default()
}

/// A text that no spreadsheet takes for a formula.
pub(super) fn text_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn rows(text: &str) -> Vec<csv::StringRecord> {
        csv::Reader::from_reader(text.as_bytes()).records().map(|record| record.unwrap()).collect()
    }

    #[test]
    fn the_header_is_the_contract() {
        let text = timeseries_csv(&fixture::flash_sale());
        assert_eq!(
            text.lines().next().unwrap(),
            "time_s,queue,publish_rate,capacity_rate,ack_rate,depth_mean,depth_se,depth_p05,depth_p50,depth_p95,\
             ready_mean,ready_se,oldest_age_s,wait_mean_s,wait_p99_s,replicas_mean,utilization,\
             fluid_backlog,fluid_delay_s,replicas_wanted,replicas_ready,\
             transient_depth,transient_delay_probability"
        );
    }

    #[test]
    fn there_is_one_row_per_interval_the_first_at_the_resolution_the_last_at_the_horizon() {
        let rows = rows(&timeseries_csv(&fixture::flash_sale()));
        assert_eq!(rows.len(), 360);
        assert_eq!((&rows[0][0], &rows[359][0]), ("20", "7200"));
        assert_eq!(&rows[0][1], "orders");
        assert_eq!(&rows[179][17], "72000", "the fluid backlog peaks at the end of the spike");
    }

    #[test]
    fn what_does_not_exist_is_an_empty_cell() {
        let mut outcome = fixture::flash_sale();
        let series = &mut outcome.events.as_mut().unwrap().series[0];
        series.wait_mean_s[3] = None;
        series.depth_mean[3] = f64::NAN;
        let rows = rows(&timeseries_csv(&outcome));
        assert_eq!((&rows[3][13], &rows[3][5]), ("", ""));
    }

    #[test]
    fn the_fluid_engine_alone_fills_its_own_columns_and_the_rates() {
        let mut outcome = fixture::flash_sale();
        outcome.events = None;
        let rows = rows(&timeseries_csv(&outcome));
        assert_eq!(rows.len(), 360);
        assert_eq!((&rows[100][2], &rows[100][3], &rows[100][5], &rows[100][15]), ("240", "200", "", ""));
    }

    #[test]
    fn without_any_series_only_the_header_is_left() {
        let mut outcome = fixture::flash_sale();
        (outcome.events, outcome.fluid) = (None, None);
        assert_eq!(timeseries_csv(&outcome).lines().count(), 1);
    }

    #[test]
    fn no_text_becomes_a_formula() {
        assert_eq!(text_cell("=1+1"), "'=1+1");
        assert_eq!(text_cell("orders"), "orders");
    }
}
