//! Recorded publish instants, message by message.

use super::{Builder, Code, CsvFile, Item, Origin, read_amount, read_moment};
use crate::model::RecordedMessage;
use crate::units::show_duration;

/// How a recording is read.
pub(in super::super) struct RecordedSettings {
    /// Column of the publish instants.
    pub time: String,
    /// Column of the first attempt's work.
    pub service: Option<String>,
    /// Only rows whose cells equal these texts.
    pub filters: Vec<(String, String)>,
    /// Wall-clock time of t = 0.
    pub start: Option<jiff::Timestamp>,
    /// The horizon.
    pub horizon_s: Option<f64>,
}

/// The columns that matter.
struct Columns {
    time: usize,
    service: Option<usize>,
    filters: Vec<(usize, String)>,
}

impl Builder<'_> {
    /// Reads a recording; `item` is the whole `recorded` in the scenario.
    pub(in super::super) fn read_recorded(
        &mut self,
        file: &Item,
        item: &Item,
        settings: &RecordedSettings,
    ) -> Option<Vec<RecordedMessage>> {
        let mut csv = self.open_csv(file)?;
        let columns = self.columns(&csv, item, settings)?;
        let mut origin = Origin { first: None, start: settings.start, from_first: false };
        let mut rows: Vec<RecordedMessage> = Vec::new();
        let mut too_early = 0_u64;
        let mut before_s = f64::NEG_INFINITY;
        while let Some(row) = self.next_row(&mut csv, file, 48)? {
            // The first row of the file is the origin, whether it is selected or not: recordings of several queues in
            // one file keep one clock.
            let at_s = read_moment(row.cell(columns.time)).and_then(|moment| origin.seconds(moment));
            if columns.filters.iter().any(|(index, text)| row.cell(*index) != text) {
                continue;
            }
            let service = columns.service.map(|index| (index, row.cell(index))).filter(|(_, cell)| !cell.is_empty());
            let service_s = service.map(|(index, cell)| read_amount(cell).map_err(|why| (index, why))).transpose();
            if let Err((index, why)) = &service_s {
                self.row_fault(&mut csv, file, Code::CsvValue, &row, *index, why);
            }
            let published_s = match at_s {
                Ok(at_s) => at_s,
                Err(why) => {
                    self.row_fault(&mut csv, file, Code::CsvValue, &row, columns.time, &why);
                    continue;
                }
            };
            if published_s < before_s {
                self.row_fault(&mut csv, file, Code::CsvOrder, &row, columns.time, "goes back in time");
                continue;
            }
            before_s = published_s;
            if published_s < 0.0 && settings.start.is_none() {
                self.row_fault(&mut csv, file, Code::CsvValue, &row, columns.time, "is before t = 0");
            } else if published_s < 0.0 {
                too_early += 1;
            } else if let Ok(service_s) = service_s {
                rows.push(RecordedMessage { published_s, service_s });
            }
        }
        self.finish(&csv, file, rows.len() + too_early as usize)?;
        self.compare_messages(&csv.name, &rows, too_early, file, settings);
        Some(rows)
    }

    fn columns(&mut self, csv: &CsvFile, item: &Item, settings: &RecordedSettings) -> Option<Columns> {
        let time = self.column(csv, &settings.time, item.field("time").unwrap_or(item));
        let service = match &settings.service {
            None => Some(None),
            Some(name) => self.column(csv, name, item.field("service").unwrap_or(item)).map(Some),
        };
        let cells = item.field("where").map_or(&[][..], Item::named);
        let filters: Vec<Option<(usize, String)>> = settings
            .filters
            .iter()
            .map(|(name, text)| {
                let at = cells.iter().find(|(column, _)| column == name).map_or(item, |(_, cell)| cell);
                self.column(csv, name, at).map(|index| (index, text.clone()))
            })
            .collect();
        Some(Columns { time: time?, service: service?, filters: filters.into_iter().collect::<Option<_>>()? })
    }

    fn compare_messages(
        &mut self,
        name: &str,
        rows: &[RecordedMessage],
        too_early: u64,
        file: &Item,
        settings: &RecordedSettings,
    ) {
        if too_early > 0 {
            let message = format!("{too_early} rows of {name} lie before the start and are left out");
            self.fault(Code::CsvShort, file, message);
        }
        let Some(horizon_s) = settings.horizon_s else { return };
        let first_s = rows.first().map_or(f64::INFINITY, |row| row.published_s);
        if first_s >= horizon_s {
            let message = format!("no row of {name} lies before the horizon");
            self.fault(Code::CsvShort, file, message).help =
                Some(format!("the horizon is {}", show_duration(horizon_s)));
        }
    }
}
