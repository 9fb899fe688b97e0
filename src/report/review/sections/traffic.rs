//! Traffic: what is published, and what could be consumed.

use super::super::document::{Mark, ReviewChart, Section, Series, Shape, Style, Unit, XAxis};
use super::{Context, sentence};
use crate::report::number;
use crate::report::view::QueueView;
use crate::report::words;

/// The section, unless nothing was published over time.
pub(super) fn section(context: &Context) -> Option<Section> {
    let charts: Vec<ReviewChart> = context.shown.iter().filter_map(|view| chart(context, view)).collect();
    let main = context.main().filter(|_| !charts.is_empty())?;
    Some(Section {
        id: "traffic",
        heading: "Traffic",
        finding: sentence(&format!("{}{}", context.prefix(main), words::rates(main))),
        notes: context.left_out().into_iter().collect(),
        charts,
        ..Section::default()
    })
}

fn chart(context: &Context, view: &QueueView) -> Option<ReviewChart> {
    let flow = view.flow();
    let resolution_s = view.outcome.model.resolution_s;
    if flow.publish.is_empty() {
        return None;
    }
    let places = flow.ends_s.len();
    let series = |id: &str, name: &str, style: Style, values: &[f64]| Series {
        id: id.to_owned(),
        name: name.to_owned(),
        unit: Unit::PerSecond,
        shape: Shape::Step,
        style,
        values: (0..places).map(|place| values.get(place).copied()).collect(),
        band: None,
    };
    let mut all = vec![
        series("published", "P, published", Style::MAIN, &flow.publish),
        series("capacity", "C, capacity", Style::CAPACITY, &flow.capacity),
    ];
    all.extend(flow.acked.as_ref().map(|acked| series("acked", "acked", Style::SECOND, acked)));
    let peak = words::peak_between_rows(view);
    let hidden = peak.map_or_else(String::new, |(at_s, most)| {
        let (most, at) = (number::rate(most), view.clock.instant(at_s));
        format!(" A row averages {}: the peak of {most} at {at} lasts less.", number::duration(resolution_s))
    });
    Some(ReviewChart {
        id: format!("traffic-{}", view.index),
        title: format!("{}{}", context.prefix(view), words::rates(view)),
        description: format!(
            "Messages published to {} per second and messages that its consumers could take per second, averaged over \
             each interval.{hidden}",
            view.queue.name
        ),
        x: XAxis::Time { ends_s: flow.ends_s, clock: view.clock },
        y_label: "messages per second".to_owned(),
        y_unit: Unit::PerSecond,
        y_log: false,
        series: all,
        limits: Vec::new(),
        marks: peak
            .map(|(at_s, most)| Mark { name: format!("peak of {}, within a row", number::rate(most)), x: at_s })
            .into_iter()
            .collect(),
        thinned: None,
    })
}
