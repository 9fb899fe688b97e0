//! The chart of a plan under uncertainty: expected regret, and the share of draws for which each candidate is enough.

use super::super::regret::words;
use super::super::{ReportError, number};
use super::Picture;
use super::axis::Axis;
use super::plot::{Chart, Layer, Panel};
use super::theme::Stroke;
use super::{paint, raster};
use crate::study::RegretPlan;

/// The file's name without its ending.
const NAME: &str = "regret-expected";
/// Candidates that are drawn beyond those that the draws need.
const MARGIN: usize = 3;

/// Names and contents of the chart, SVG before PNG.
pub(in crate::report) fn regret_charts(plan: &RegretPlan) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let picture = draw(plan).map_err(|reason| ReportError::Chart { name: NAME.to_owned(), reason })?;
    Ok(vec![(format!("{NAME}.svg"), picture.svg.into_bytes()), (format!("{NAME}.png"), picture.png)])
}

/// Whether a file's name is that of the chart.
pub(in crate::report) fn is_regrets(name: &str) -> bool {
    name.strip_suffix(".svg").or_else(|| name.strip_suffix(".png")) == Some(NAME)
}

fn draw(plan: &RegretPlan) -> Result<Picture, String> {
    let chart = chart(plan);
    raster::finish(&paint::paint(&chart)?, &chart.title)
}

/// Where the candidates stand: at their values if all of them are numbers in ascending order, at their ranks otherwise.
fn positions(plan: &RegretPlan) -> (Vec<f64>, bool) {
    let values: Option<Vec<f64>> =
        plan.candidates.iter().map(|one| one.setting.parse().ok().filter(|value| *value >= 0.0)).collect();
    match values.filter(|values| values.windows(2).all(|pair| pair[0] < pair[1])) {
        Some(values) => (values, true),
        None => ((1..=plan.candidates.len()).map(|rank| rank as f64).collect(), false),
    }
}

fn chart(plan: &RegretPlan) -> Chart {
    let (at, are_values) = positions(plan);
    let last = plan.candidates.len() - 1;
    let needs = plan.requirement;
    let from = needs.p05.unwrap_or(last).min(plan.chosen.unwrap_or(last)).saturating_sub(MARGIN);
    let until = (needs.p95.unwrap_or(last).max(plan.chosen.unwrap_or(last)) + MARGIN).min(last);
    let drawn = || (from..=until).map(|place| (at[place], &plan.candidates[place]));
    let line = |value: fn(&crate::study::regret::RegretCandidate) -> Option<f64>| {
        drawn().filter_map(|(at, one)| Some((at, value(one)?))).collect::<Vec<(f64, f64)>>()
    };
    let low = line(|one| one.expected_regret.low.or(one.expected_regret.value).map(|low| low.max(0.0)));
    let high = line(|one| one.expected_regret.high.or(one.expected_regret.value));
    let most = high.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let mut regret = vec![
        Layer::Band { low, high, stroke: Stroke::MAIN, label: "95 % interval".to_owned() },
        Layer::line(line(|one| one.expected_regret.value), Stroke::MAIN, "expected regret"),
    ];
    let mut enough = vec![
        Layer::Band {
            low: line(|one| Some(one.enough.low)),
            high: line(|one| Some(one.enough.high)),
            stroke: Stroke::SECOND,
            label: "95 % interval".to_owned(),
        },
        Layer::line(line(|one| Some(one.enough.share())), Stroke::SECOND, "enough"),
    ];
    if let Some(chosen) = plan.chosen {
        let one = &plan.candidates[chosen];
        let label = number::shorten(&one.setting, 24);
        if let Some(value) = one.expected_regret.value {
            regret.push(Layer::Mark { at: (at[chosen], value), stroke: Stroke::MAIN, label: label.clone() });
        }
        enough.push(Layer::Mark { at: (at[chosen], one.enough.share()), stroke: Stroke::SECOND, label });
    }
    let unit = words::currency(plan).map_or_else(|| "replica-hours".to_owned(), ToOwned::to_owned);
    let name = number::shorten(plan.axis.short_name(), 40);
    Chart {
        title: title(plan),
        subtitle: subtitle(plan),
        time: Axis::whole_counts(at[until], 8.0),
        time_caption: if are_values { name } else { format!("{name}, by rank of its cost") },
        panels: vec![
            Panel { heading: format!("expected regret, {unit}"), axis: Axis::counts(most, 3.0), layers: regret },
            Panel { heading: "share of draws for which it is enough".to_owned(), axis: Axis::shares(), layers: enough },
        ],
    }
}

fn title(plan: &RegretPlan) -> String {
    match plan.chosen {
        None => format!("Not even {} is enough", words::setting(plan, plan.candidates.len() - 1)),
        Some(chosen) => {
            let enough = number::share(plan.candidates[chosen].enough.share());
            format!("{} will be regretted least: enough for {enough} of the draws", words::setting(plan, chosen))
        }
    }
}

fn subtitle(plan: &RegretPlan) -> String {
    let model = &plan.model;
    let title = number::shorten(model.title.as_ref().unwrap_or(&model.name), 48);
    let inputs = number::plural(plan.inputs.len() as f64, "uncertain input");
    let draws = number::plural(plan.draws.len() as f64, "joint draw");
    let price = plan.options.price;
    let prices = format!("too little {} : too much {}", number::plain(price.too_little), number::plain(price.too_much));
    [title, inputs, draws, prices].join(" · ")
}
