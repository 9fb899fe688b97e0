//! Tests of the module above.

use super::*;
use crate::measure::summary::ReplicasSummary;
use crate::report::fixture::{self, Setup};

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

#[test]
fn the_first_line_answers_the_question() {
    let first = |outcome: &Outcome| table(outcome, 80, false).lines().next().unwrap().to_owned();
    let mut outcome = fixture::flash_sale();
    assert_eq!(first(&outcome), "flash-sale: NO - 1 of 2 promises is broken.");
    outcome.slos[0].met = Some(true);
    assert_eq!(first(&outcome), "flash-sale: YES - all 2 promises are kept.");
    outcome.slos[0].met = None;
    assert_eq!(first(&outcome), "flash-sale: UNDECIDED - 1 of 2 promises could not be judged.");
    outcome.slos.clear();
    assert_eq!(first(&outcome), "flash-sale: no verdict, because the scenario makes no promise (slo).");
}

#[test]
fn a_flash_sale_at_eighty_columns() {
    insta::assert_snapshot!(table(&fixture::flash_sale(), 80, false));
}

#[test]
fn a_steady_queue_with_three_engines_at_eighty_columns() {
    insta::assert_snapshot!(table(&fixture::steady(), 80, false));
}

#[test]
fn the_fluid_engine_alone_at_eighty_columns() {
    let mut outcome = fixture::flash_sale();
    outcome.events = None;
    outcome.slos.clear();
    insta::assert_snapshot!(table(&outcome, 80, false));
}

#[test]
fn every_line_fits_whatever_the_names_are() {
    let long = "a-queue-with-the-longest-name-that-the-language-allows.".repeat(2);
    for width in [80, 100, 120] {
        for setup in [Setup::default(), Setup { queue: long[..100].to_owned(), ..Setup::default() }] {
            let mut outcome = fixture::outcome(&setup);
            outcome.notes.push(format!("the queue {} is never empty", setup.queue));
            let text = table(&outcome, width, false);
            assert!(widest(&text) <= width, "{} at {width}:\n{text}", widest(&text));
        }
    }
}

#[test]
fn a_wide_terminal_has_room_for_every_half_width() {
    let outcome = fixture::flash_sale();
    let half_widths = |width| table(&outcome, width, false).matches('±').count();
    assert!(half_widths(120) > half_widths(80) + 8);
}

#[test]
fn colour_is_only_added_around_verdicts() {
    let outcome = fixture::flash_sale();
    let (plain, coloured) = (table(&outcome, 80, false), table(&outcome, 80, true));
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[1;31mNO\u{1b}[0m"));
    let stripped = ["\u{1b}[1;31m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[0m"]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(stripped, plain);
}

#[test]
fn a_group_that_a_strategy_scales_tells_three_numbers() {
    let mut outcome = fixture::flash_sale();
    let exactly = |value: f64| Estimate { value: Some(value), ..Estimate::default() };
    let replicas = |mean, max| ReplicasSummary { mean: exactly(mean), max: exactly(max) };
    let group = &mut outcome.events.as_mut().unwrap().groups[0];
    group.replicas = replicas(4.5, 12.0);
    let scaling = ScalingSummary {
        strategy: "hpa",
        wanted: replicas(4.25, 12.0),
        ready: replicas(4.0, 11.0),
        ups: exactly(3.0),
        downs: exactly(2.5),
        called_off: exactly(1.0),
    };
    group.scaling = Some(scaling);
    let text = table(&outcome, 80, false);
    let told = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "workers by hpa: wanted 4.25 (max 12), running 4.5 (max 12), ready 4 (max 11); scaled up 3× and \
                    down 2.5×, 1 replica dismissed while starting";
    assert!(told.contains(sentence), "{text}");
    assert!(widest(&text) <= 80, "{text}");
}

#[test]
fn an_approximation_says_its_name_and_error_below_its_column() {
    let mut outcome = fixture::steady();
    let formula = &mut outcome.formula.as_mut().unwrap()[0];
    formula.model = Some("M/M/c in a Jackson network".to_owned());
    let exact = table(&outcome, 80, false);
    assert!(
        exact.contains("formula M/M/c\n") && exact.contains("Formula: M/M/c in a Jackson network, exact."),
        "{exact}"
    );
    let formula = &mut outcome.formula.as_mut().unwrap()[0];
    formula.model = Some("M/G/c approx.".to_owned());
    formula.approximation = Some(crate::measure::summary::Approximation {
        name: "Kimura 1986 (M/G/c)".to_owned(),
        error: "within 3 % for services like Erlang's".to_owned(),
        relative_error: Some(0.03),
    });
    let rough = table(&outcome, 80, false);
    assert!(rough.contains("Formula: M/G/c approx., not exact, by Kimura 1986 (M/G/c); within 3 %"), "{rough}");
    assert!(widest(&rough) <= 80);
}
