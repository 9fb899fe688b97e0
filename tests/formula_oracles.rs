//! Every case of `tests/data/oracles.json` that an exact stationary formula covers, within the case's own tolerance.
//!
//! The test walks over the file: a case of a covered model that no arm below answers is a failure, so that cases added
//! later run or are noticed.

use forebay::engine::formula::{
    ErlangA, GiMc, Mdc, Mg1, Mmc, Mmck, erlang_b, erlang_b_real, erlang_c, garnett_delay, halfin_whitt_beta,
    halfin_whitt_delay, load_for_blocking, servers_for_blocking, servers_for_wait,
};
use forebay::model::Distribution;
use serde_json::Value;

/// A case's parameters.
struct Params<'a>(&'a Value);

impl Params<'_> {
    fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    fn count(&self, key: &str) -> Option<u64> {
        self.number(key).map(|value| value as u64)
    }
}

/// A law of the file with its mean replaced by `mean_s`, if one is given.
fn law(description: &Value, mean_s: Option<f64>) -> Option<Distribution> {
    let number = |key: &str| description.get(key)?.as_f64();
    let mean_s = mean_s.or_else(|| number("mean"));
    Some(match description["dist"].as_str()? {
        "deterministic" => Distribution::Constant(mean_s?),
        "exponential" => Distribution::Exponential { mean_s: mean_s? },
        "erlang" => Distribution::Erlang { mean_s: mean_s?, stages: number("k")? as u32 },
        "hyperexp2_balanced" => Distribution::hyperexponential_balanced(mean_s?, number("scv")?.sqrt()),
        "lognormal" => Distribution::lognormal(mean_s?, number("scv")?.sqrt()),
        "pareto" => Distribution::Pareto { mean_s: mean_s?, shape: number("alpha")? },
        "weibull" => Distribution::Weibull { mean_s: mean_s?, shape: number("shape")? },
        "uniform" => {
            let (low_s, high_s) = (number("low")?, number("high")?);
            let scale = mean_s.map_or(1.0, |mean_s| mean_s / (0.5 * (low_s + high_s)));
            Distribution::Uniform { low_s: low_s * scale, high_s: high_s * scale }
        }
        "gamma" => {
            let shape = number("shape")?;
            Distribution::Gamma { mean_s: mean_s.or(Some(shape * number("scale")?))?, cv: shape.sqrt().recip() }
        }
        "two_point" => {
            let numbers =
                |key: &str| description[key].as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
            let (values, shares) = (numbers("values")?, numbers("probs")?);
            // A recording of a thousand values with these shares.
            let repeated = values.iter().zip(&shares).flat_map(|(x, p)| vec![*x; (1000.0 * p).round() as usize]);
            Distribution::Empirical(repeated.collect())
        }
        _ => return None,
    })
}

fn mmc(metric: &str, params: &Params, arrival: f64, service: f64, servers: u64) -> Option<f64> {
    let queue = Mmc::new(arrival, service, servers).ok()?;
    Some(match metric {
        "mean_wait" => queue.wait().mean_s(),
        "prob_wait" => queue.wait().probability,
        "mean_queue_length_waiting" => queue.waiting_mean(),
        "mean_number_in_system" => queue.number_mean(),
        "mean_sojourn" => queue.sojourn_mean_s(),
        "wait_variance" => queue.wait().variance_s2(),
        "wait_quantile" => queue.wait().quantile_s(params.number("q")?),
        "sojourn_quantile" => queue.sojourn_quantile_s(params.number("q")?)?,
        "prob_wait_exceeds_t" => queue.wait().exceeds(params.number("t")?),
        "prob_wait_le_t" => 1.0 - queue.wait().exceeds(params.number("t")?),
        "prob_sojourn_exceeds_t" => queue.sojourn_exceeds(params.number("t")?),
        "utilization" => queue.utilization(),
        _ => return None,
    })
}

fn mmck(metric: &str, params: &Params) -> Option<f64> {
    let (arrival, service) = (params.number("lambda")?, params.number("mu")?);
    let queue = Mmck::new(arrival, service, params.count("c")?, params.count("K_total")?).ok()?;
    Some(match metric {
        "loss_probability" => queue.loss(),
        "throughput" => queue.throughput_per_s(),
        "mean_wait_of_accepted" => queue.wait_mean_s(),
        "mean_queue_length_waiting" => queue.waiting_mean(),
        "mean_number_in_system" => queue.number_mean(),
        "prob_wait" | "prob_wait_of_accepted" => queue.wait_probability(),
        "wait_quantile" | "wait_quantile_of_accepted" => queue.wait_quantile_s(params.number("q")?)?,
        "prob_wait_exceeds_t" => queue.wait_exceeds(params.number("t")?),
        _ => return None,
    })
}

fn erlang_a(metric: &str, params: &Params) -> Option<f64> {
    let patience = params.number("theta")?;
    let queue = ErlangA::new(params.number("lambda")?, params.number("mu")?, patience, params.count("c")?).ok()?;
    Some(match metric {
        "abandon_probability" => queue.abandonment(),
        "mean_wait_all" => queue.wait_mean_s(),
        "mean_queue_length_waiting" => queue.waiting_mean(),
        "prob_wait" => queue.wait_probability(),
        _ => return None,
    })
}

fn mdc(metric: &str, params: &Params, servers: u64) -> Option<f64> {
    let queue = Mdc::new(params.number("lambda")?, params.number("D")?, servers).ok()?;
    Some(match metric {
        "mean_wait" => queue.wait_mean_s(),
        "prob_wait" => queue.wait_probability(),
        "mean_queue_length_waiting" => queue.waiting_mean(),
        "prob_wait_le_t" => 1.0 - queue.wait_exceeds(params.number("t")?),
        "prob_wait_exceeds_t" => queue.wait_exceeds(params.number("t")?),
        "wait_quantile" => queue.wait_quantile_s(params.number("q")?)?,
        _ => return None,
    })
}

fn mg1(metric: &str, params: &Params) -> Option<f64> {
    let service = law(params.0.get("service")?, None)?;
    let queue = Mg1::new(params.number("lambda")?, &service, None).ok()?;
    match metric {
        "mean_wait" => queue.wait_mean_s(),
        "mean_sojourn" => queue.sojourn_mean_s(),
        "mean_queue_length_waiting" => queue.waiting_mean(),
        "wait_variance" | "variance_wait" => queue.wait_variance_s2(),
        "wait_second_moment" => queue.wait_second_moment_s2(),
        "prob_wait" => Some(queue.wait_probability()),
        "prob_wait_le_t" => Some(1.0 - queue.wait_exceeds(params.number("t")?)),
        "prob_wait_exceeds_t" => Some(queue.wait_exceeds(params.number("t")?)),
        "wait_quantile" => queue.wait_quantile_s(params.number("q")?).ok(),
        "sojourn_quantile" => queue.sojourn_quantile_s(params.number("q")?).ok(),
        _ => None,
    }
}

fn gimc(metric: &str, params: &Params, gaps: &Distribution, servers: u64) -> Option<f64> {
    let queue = GiMc::new(gaps, params.number("mu")?, servers).ok()?;
    Some(match metric {
        "mean_wait" => queue.wait().mean_s(),
        "prob_wait" => queue.wait().probability,
        "sigma" => queue.root(),
        "mean_queue_length_waiting" => queue.waiting_mean(),
        "mean_number_in_system" => queue.number_mean(),
        "mean_sojourn" => queue.sojourn_mean_s(),
        "prob_wait_exceeds_t" => queue.wait().exceeds(params.number("t")?),
        "wait_quantile" => queue.wait().quantile_s(params.number("q")?),
        "sojourn_quantile" => queue.sojourn_quantile_s(params.number("q")?)?,
        _ => return None,
    })
}

fn staffing(params: &Params) -> Option<f64> {
    let arrival = params.number("arrivals_per_30min")? / 1800.0;
    let service = 1.0 / params.number("service_mean_s")?;
    let (wait_s, level) = (params.number("target_wait_s")?, params.number("target_service_level")?);
    servers_for_wait(arrival, service, wait_s, level).map(|servers| servers as f64)
}

/// Whether cases of this model must be answered here.
const COVERED: [&str; 19] = [
    "ErlangB (M/G/c/c)",
    "ErlangB continuous servers",
    "ErlangB",
    "ErlangC (M/M/c)",
    "M/M/c",
    "10 independent M/M/1",
    "M/M/c with Bernoulli feedback (redelivery)",
    "M/M/c/K",
    "Erlang-A (M/M/c+M)",
    "M/D/1",
    "M/D/c",
    "M/G/1",
    "GI/M/1",
    "GI/M/c",
    "Erlang C staffing",
    "Halfin-Whitt",
    "Garnett QED Erlang-A",
    "Erlang B inverse",
    "ErlangB inverse",
];

/// What the library says about a case; `None` when nothing here answers it.
fn answer(model: &str, metric: &str, params: &Params) -> Option<f64> {
    let rates = || Some((params.number("lambda")?, params.number("mu")?));
    match (model, metric) {
        ("ErlangB (M/G/c/c)", "blocking_probability") => Some(erlang_b(params.count("c")?, params.number("a")?)),
        ("ErlangB continuous servers", "blocking_probability") => {
            Some(erlang_b_real(params.number("c")?, params.number("a")?))
        }
        ("ErlangB" | "Erlang B inverse" | "ErlangB inverse", "offered_load") => {
            load_for_blocking(params.count("c")?, params.number("blocking")?)
        }
        ("ErlangB" | "Erlang B inverse" | "ErlangB inverse", "min_servers") => {
            servers_for_blocking(params.number("a")?, params.number("blocking")?).map(|servers| servers as f64)
        }
        ("ErlangC (M/M/c)", "prob_wait") => Some(erlang_c(params.count("c")?, params.number("a")?)),
        ("M/M/c", _) => {
            rates().and_then(|(arrival, service)| mmc(metric, params, arrival, service, params.count("c")?))
        }
        ("10 independent M/M/1", _) => {
            let arrival = params.number("lambda_total")? / params.number("partitions")?;
            mmc(metric, params, arrival, params.number("mu")?, 1)
        }
        ("M/M/c with Bernoulli feedback (redelivery)", "mean_number_in_system") => {
            // Jackson: the effective rate is λ/(1 − p).
            let (arrival, service) = rates()?;
            mmc(metric, params, arrival / (1.0 - params.number("p_fail")?), service, params.count("c")?)
        }
        ("M/M/c/K", _) => mmck(metric, params),
        ("Erlang-A (M/M/c+M)", _) => erlang_a(metric, params),
        ("M/D/1", _) => mdc(metric, params, 1),
        ("M/D/c", _) => mdc(metric, params, params.count("c")?),
        ("M/G/1", _) => mg1(metric, params),
        ("GI/M/1", _) => gimc(metric, params, &law(params.0.get("interarrival")?, None)?, 1),
        ("GI/M/c", _) => {
            let gaps = law(params.0.get("interarrival_shape")?, params.number("interarrival_mean"))?;
            gimc(metric, params, &gaps, params.count("c")?)
        }
        ("Erlang C staffing", "min_servers") => staffing(params),
        ("Halfin-Whitt", "prob_wait_limit") => Some(halfin_whitt_delay(params.number("beta")?)),
        ("Halfin-Whitt", "beta") => halfin_whitt_beta(params.number("prob_wait")?),
        ("Garnett QED Erlang-A", "prob_wait_limit") => {
            Some(garnett_delay(params.number("beta")?, params.number("theta_over_mu")?))
        }
        _ => None,
    }
}

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("data/oracles.json")).expect("the file is JSON")
}

/// The case's complaint about our answer, if it has one.
fn complaint(case: &Value) -> Option<String> {
    let text = |key: &str| case[key].as_str().expect("a text");
    let expected = case["value"].as_f64().expect("a number");
    let tolerance = case["tolerance"].as_f64().expect("a number");
    let allowed = if expected == 0.0 { 1e-12 } else { tolerance * expected.abs() };
    match answer(text("model"), text("metric"), &Params(&case["params"])) {
        Some(found) if (found - expected).abs() <= allowed => None,
        Some(found) => {
            let off = (found / expected - 1.0).abs();
            Some(format!("{}: {found} is not {expected} within {tolerance:e} (off by {off:e})", text("name")))
        }
        None => Some(format!("{}: no answer for {} of {}", text("name"), text("metric"), text("model"))),
    }
}

#[test]
fn every_covered_case_is_answered_within_its_tolerance() {
    let cases = cases();
    let covered: Vec<&Value> =
        cases.iter().filter(|case| COVERED.contains(&case["model"].as_str().expect("a text"))).collect();
    let complaints: Vec<String> = covered.iter().filter_map(|case| complaint(case)).collect();
    assert!(complaints.is_empty(), "{} of {} failed:\n{}", complaints.len(), covered.len(), complaints.join("\n"));
    assert!(covered.len() >= 105, "only {} cases were found", covered.len());
}

/// The same check must fail on a service that is five per cent slower.
#[test]
fn a_slower_service_is_noticed_by_every_case_with_a_service_rate() {
    let mut slowed = 0;
    for mut case in cases() {
        let positive = case["value"].as_f64().is_some_and(|value| value > 0.0);
        let covered = COVERED.contains(&case["model"].as_str().expect("a text"));
        if let (true, true, Some(rate)) = (positive, covered, case["params"]["mu"].as_f64()) {
            case["params"]["mu"] = Value::from(0.95 * rate);
            assert!(complaint(&case).is_some(), "{} did not notice", case["name"]);
            slowed += 1;
        }
    }
    assert!(slowed > 40, "{slowed}");
}
