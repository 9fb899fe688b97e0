//! What a scenario says about its future: how the load grows, and over how many zones its replicas are spread.
//!
//! Neither changes how the model runs. Not here: what may be planned.

use super::{Body, Code, Item};
use crate::scenario::Growth;
use crate::scenario::collect::Collector;
use crate::units::{Misread, quoted, read_duration, read_share};

const EXAMPLE: &str = "write the growth of one period and the period: `growth: 4% per 30d`";

/// `growth` and `zones`; `None` for what is absent or faulty.
pub(in crate::scenario) fn growth_and_zones(root: &Item, collector: &mut Collector) -> (Option<Growth>, Option<u32>) {
    let growth = root.field("growth").and_then(|item| growth(item, collector));
    let zones = root.field("zones").and_then(Item::number).map(|zones| zones as u32);
    (growth, zones)
}

fn growth(item: &Item, collector: &mut Collector) -> Option<Growth> {
    match &item.body {
        Body::Text(text) => match read_growth(text) {
            Ok(growth) => Some(growth),
            Err((code, message, help)) => {
                collector.add(code, item.span, &item.path, message).help = Some(help);
                None
            }
        },
        Body::Fields(_) => Some(Growth { share: item.needed("by")?, every_s: item.needed("every")? }),
        _ => None,
    }
}

/// A fault in the text: its code, what is wrong, what to write.
type NoGrowth = (Code, String, String);

fn read_growth(text: &str) -> Result<Growth, NoGrowth> {
    let misread = |code: Code, misread: Misread| (code, misread.message, EXAMPLE.to_owned());
    let mut words = text.split_whitespace();
    let (share, per, every) = (words.next().unwrap_or_default(), words.next(), words.next());
    let share = read_share(share).map_err(|fault| misread(Code::WrongUnit, fault))?;
    let (Some("per" | "every"), Some(every), None) = (per, every, words.next()) else {
        let message = format!("{} is a growth without its period", quoted(text));
        return Err((Code::NotAQuantity, message, EXAMPLE.to_owned()));
    };
    let every_s = read_duration(every).map_err(|fault| misread(Code::WrongUnit, fault))?;
    if share <= 0.0 || share > 10.0 {
        let message = format!("a growth of {} has no date: it lies above 0% and at most at 1000%", quoted(text));
        return Err((Code::OutOfRange, message, format!("{EXAMPLE}, or leave `growth` out")));
    }
    if !(60.0..=crate::scenario::table::MAX_DURATION_S).contains(&every_s) {
        let message = format!("the period of the growth {} lies between a minute and a hundred years", quoted(text));
        return Err((Code::OutOfRange, message, EXAMPLE.to_owned()));
    }
    Ok(Growth { share, every_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Faults, Limits, Loaded, Source, load};

    fn loaded(lines: &str) -> Result<Loaded, Faults> {
        let text = format!(
            "horizon: 1h\nproducers: {{p: {{to: q, rate: 1/s}}}}\nqueues: {{q: {{}}}}\n\
             consumers: {{g: {{from: q, replicas: 2, service: 100ms}}}}\n{lines}"
        );
        load(&Source::from_text("s.yaml", text), &[], &Limits::default())
    }

    #[test]
    fn growth_and_zones_are_read() {
        let planning = loaded("growth: 4% per 30d\nzones: 3\n").unwrap().planning;
        assert_eq!(planning.growth, Some(Growth { share: 0.04, every_s: 30.0 * 86_400.0 }));
        assert_eq!(planning.zones, Some(3));
        let as_map = loaded("growth: {by: 4%, every: 30d}\n").unwrap().planning;
        assert_eq!((as_map.growth, as_map.zones), (planning.growth, None));
        assert_eq!(loaded("").unwrap().planning.growth, None);
    }

    #[test]
    fn nonsense_says_what_to_write() {
        for (lines, why) in [
            ("growth: 4%", "without its period"),
            ("growth: 0% per 30d", "has no date"),
            ("growth: -4% per 30d", "has no date"),
            ("growth: 4 per 30d", "has no unit"),
            ("growth: 4% per 30", "has no unit"),
            ("growth: 4% per month", "is not a duration"),
            ("growth: 4% per 1s", "between a minute"),
            ("growth: soon", "is not a share"),
        ] {
            let faults = loaded(lines).unwrap_err();
            assert_eq!(faults.0.len(), 1, "{lines}: {faults:?}");
            assert!(faults.0[0].message.contains(why), "{lines}: {}", faults.0[0].message);
            assert!(faults.0[0].help.as_ref().is_some_and(|help| help.contains("growth: 4% per 30d")), "{lines}");
        }
        assert!(loaded("zones: 1").is_err() && loaded("zones: 2.5").is_err());
        assert!(loaded("growth: {by: 0%, every: 30d}").is_err() && loaded("growth: {by: 4%}").is_err());
    }
}
