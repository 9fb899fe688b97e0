//! What every review must hold, whatever the scenario says.

use super::*;
use crate::measure::Outcome;
use crate::report::fixture::{self, Setup};
use crate::scenario::Planning;

/// Everything that a title can do to a page.
const HOSTILE: &str = "</title></script><script>alert(1)</script><img src=x onerror=alert(2)> \" ' & שלום عالم 🚀";

fn findings(outcome: Outcome) -> Findings {
    Findings {
        outcome,
        judged: None,
        planning: Planning::default(),
        comparison: None,
        plan: None,
        headroom: None,
        outage: None,
        left_out: Vec::new(),
    }
}

fn source<'a>(findings: &'a Findings, text: &'a str) -> ReviewSource<'a> {
    ReviewSource { findings, file: "sale.yaml", text, changes: &[], presets: &[], warnings: &[], former: None }
}

fn ids(review: &Review) -> Vec<&str> {
    review.sections.iter().map(|section| section.id).collect()
}

fn block(page: &str) -> &str {
    let begin = page.find("id=\"review-data\">").unwrap() + "id=\"review-data\">".len();
    &page[begin..begin + page[begin..].find("</script>").unwrap()]
}

#[test]
fn sections_that_nobody_asked_for_are_left_out() {
    let findings = findings(fixture::flash_sale());
    let review = document_of(&source(&findings, "name: sale"));
    assert_eq!(ids(&review), ["traffic", "backlog", "latency", "cost", "certainty", "assumptions", "scenario"]);
}

#[test]
fn every_section_opens_with_a_sentence_that_has_its_number() {
    let findings = findings(fixture::outcome(&Setup { start: Some("2026-11-27T08:00:00Z"), ..Setup::default() }));
    let review = document_of(&source(&findings, "name: sale"));
    for section in review.sections.iter().filter(|section| section.id != "assumptions") {
        assert!(section.finding.ends_with('.'), "{}", section.finding);
        assert!(section.finding.contains(|sign: char| sign.is_ascii_digit()), "{}", section.finding);
    }
    assert_eq!(
        review.lead.finding,
        "1 of 2 promises is broken: fresh. Depth peaks at 71.8k messages at 09:00 and the backlog is gone at 09:08; \
         one message in a hundred waits more than 5m 58s."
    );
}

#[test]
fn hostile_texts_are_shown_as_text() {
    let mut outcome = fixture::flash_sale();
    outcome.model.title = Some(HOSTILE.to_owned());
    outcome.model.description = Some(HOSTILE.repeat(20));
    let findings = findings(outcome);
    let page = review_html(&source(&findings, HOSTILE));
    assert!(!page.contains("<script>alert") && !page.contains("<img"), "markup got through");
    assert!(page.contains("&lt;img src=x onerror=alert(2)&gt;") && page.contains("שלום عالم 🚀"));
    // Two scripts of ours, one block of data, and nothing else.
    assert_eq!(page.matches("<script").count(), 3);
    let data: Value = serde_json::from_str(block(&page)).unwrap();
    assert_eq!(data["name"], json!("flash-sale"));
}

#[test]
fn a_name_cannot_leave_the_data_block() {
    let mut outcome = fixture::flash_sale();
    // The language forbids such names; the page does not rely on it.
    outcome.model.slos[1].name = HOSTILE.to_owned();
    outcome.model.slos[1].promise = crate::model::Promise::Depth(crate::model::Level::Max, 80_000.0);
    outcome.slos[1].name = HOSTILE.to_owned();
    let findings = findings(outcome);
    let page = review_html(&source(&findings, ""));
    assert!(!block(&page).contains(['<', '>', '&']));
    let data: Value = serde_json::from_str(block(&page)).unwrap();
    let name = data["charts"]["depth-0"]["limits"][0]["name"].as_str().unwrap();
    assert!(name.starts_with(HOSTILE), "{name}");
}

#[test]
fn the_page_allows_itself_what_it_holds_and_nothing_else() {
    let findings = findings(fixture::flash_sale());
    let page = review_html(&source(&findings, "name: sale"));
    let policy = &page[page.find("default-src").unwrap()..];
    let policy = &policy[..policy.find('"').unwrap()];
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    for place in ["src=", "href=\"http", "url(", "@import", " style=", " onclick="] {
        let markup = page.split("<script").next().unwrap();
        let body = &markup[markup.find("<body").unwrap()..];
        assert!(!body.contains(place), "{place}");
    }
}

#[test]
fn headings_are_in_order_and_ids_are_unique() {
    let findings = findings(fixture::flash_sale());
    let page = review_html(&source(&findings, "name: sale"));
    let page = page.split("<script").next().unwrap();
    assert_eq!(page.matches("<h1").count(), 1);
    let mut before = 0;
    for (at, _) in page.match_indices("<h") {
        let Some(level) = page[at + 2..].chars().next().and_then(|sign| sign.to_digit(10)) else { continue };
        assert!(level <= before + 1, "h{level} after h{before}");
        before = level;
    }
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn a_scenario_without_promises_gets_no_verdict() {
    let findings = findings(fixture::outcome(&Setup { slos: Vec::new(), ..Setup::default() }));
    let review = document_of(&source(&findings, "name: sale"));
    assert!(review.lead.finding.starts_with("The scenario promises nothing, so there is no verdict."));
    assert!(review.lead.asked.starts_with("How deep do the queues get"));
    assert!(review.lead.verdicts.is_empty());
}

#[test]
fn one_run_has_no_intervals_and_says_so() {
    let findings = findings(fixture::outcome(&Setup { replications: 1, ..Setup::default() }));
    let review = document_of(&source(&findings, "name: sale"));
    let certainty = review.sections.iter().find(|section| section.id == "certainty").unwrap();
    assert!(certainty.finding.starts_with("One run only: there is no interval"), "{}", certainty.finding);
    let depth = review.sections.iter().flat_map(|section| &section.charts).find(|chart| chart.id == "depth-0").unwrap();
    assert!(depth.series.iter().all(|series| series.band.is_none()));
}

#[test]
fn a_run_in_which_nothing_happens_is_told_as_that() {
    let findings = findings(fixture::outcome(&Setup { publish: |_| 0.0, ..Setup::default() }));
    let review = document_of(&source(&findings, "name: sale"));
    assert!(review.lead.finding.starts_with("No message was published, so no promise could be tested."));
}

#[test]
fn long_runs_are_thinned_without_losing_their_peak() {
    let setup = Setup { rows: 40_000, horizon_s: 31_536_000.0, ..Setup::default() };
    let findings = findings(fixture::outcome(&setup));
    let source = source(&findings, "name: sale");
    let review = document_of(&source);
    let depth = review.sections.iter().flat_map(|section| &section.charts).find(|chart| chart.id == "depth-0").unwrap();
    assert!(depth.x.len() < 20_000 && depth.thinned.is_some());
    let most = |values: &[Option<f64>]| values.iter().flatten().copied().fold(0.0, f64::max);
    let whole = &findings.outcome.events.as_ref().unwrap().series[0].depth_mean;
    assert_eq!(most(&depth.series[0].values), whole.iter().copied().fold(0.0, f64::max));
    assert!(review_html(&source).len() < 2_000_000);
}

#[test]
fn markdown_stays_text() {
    assert_eq!(markdown::text("a|b *c* _d_ `e` [f](g)"), "a\\|b \\*c\\* \\_d\\_ \\`e\\` \\[f\\]\\(g)");
    assert_eq!(markdown::text("<img src=x>\n# no heading"), "&lt;img src=x&gt; \\# no heading");
    assert_eq!(markdown::text("https://example.org"), "https\\://example.org");
    assert_eq!(markdown::text("- 12 messages"), "\\- 12 messages");
    let mut outcome = fixture::flash_sale();
    outcome.model.title = Some(HOSTILE.to_owned());
    let findings = findings(outcome);
    let page = markdown::page(&document_of(&source(&findings, "```\n<script>\n```")), true);
    assert!(!page.split("````").next().unwrap().contains("<script>"));
    assert!(page.contains("````\n```\n<script>\n```\n````"), "the fence is longer than any inside");
    assert!(page.contains("](charts/review-depth-0.png)"));
}

#[test]
fn a_former_answer_shows_what_changed_with_intervals() {
    let before = findings(fixture::flash_sale());
    let json = review_json(&source(&before, "replicas: 4\n")).to_string();
    let former = Former::read("last-month", &json).unwrap();
    let slower = Setup { per_replica: 45.0, ..Setup::default() };
    let after = findings(fixture::outcome(&slower));
    let review = document_of(&ReviewSource { former: Some(&former), ..source(&after, "replicas: 3\n") });
    let changes = &review.sections[0];
    assert_eq!(changes.id, "changes");
    assert!(changes.finding.starts_with("Since last-month, 1 of 2 promises changed"), "{}", changes.finding);
    let depth = &changes.tables[0].rows[0];
    assert_eq!((depth[0].text.as_str(), depth[6].text.as_str()), ("orders: largest depth", "higher"));
    assert!(depth[4].value < depth[3].value && depth[3].value < depth[5].value);
    assert!(changes.texts[0].text.contains("-replicas: 4\n+replicas: 3"), "{}", changes.texts[0].text);
}
