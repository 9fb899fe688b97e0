//! Every case of `tests/data/oracles.json` that an exact stationary formula covers, within the case's own tolerance.
//!
//! The test walks over the file: a case of a covered model that no arm below answers is a failure, so that cases added
//! later run or are noticed.

use forebay::engine::formula::{
    ErlangA, GiMc, Mdc, Mg1, Mmc, Mmck, Mmpp, MmppMc, Mphc, TwoMoment, departure_scv, erlang_b, erlang_b_real,
    erlang_c, garnett_delay, halfin_whitt_beta, halfin_whitt_delay, load_for_blocking, servers_for_blocking,
    servers_for_wait, superposed_scv,
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

fn mphc(metric: &str, params: &Params) -> Option<f64> {
    let service = law(params.0.get("service")?, None)?;
    let queue = Mphc::new(params.number("lambda")?, &service, params.count("c")?).ok()?;
    (metric == "mean_wait").then(|| queue.wait_mean_s())
}

fn mmpp(params: &Params) -> Option<Mmpp> {
    let state = |rate: &str, leave: &str| Some((params.number(rate)?, params.number(leave)?));
    Mmpp::new(&[state("lambda1", "rate_leave_1")?, state("lambda2", "rate_leave_2")?]).ok()
}

fn modulated(metric: &str, params: &Params) -> Option<f64> {
    let process = mmpp(params)?;
    match metric {
        "mean_rate" => return Some(process.mean_per_s()),
        "index_of_dispersion_counts" => return process.dispersion(params.number("t")?),
        "index_of_dispersion_counts_limit" => return process.dispersion_limit(),
        _ => {}
    }
    let queue = MmppMc::new(&process, params.number("mu")?, params.count("c")?).ok()?;
    Some(match metric {
        "mean_wait" => queue.wait_mean_s(),
        "fraction_of_time_all_busy" => queue.all_busy(),
        "prob_wait_seen_by_arrivals" => queue.wait_probability(),
        _ => return None,
    })
}

fn approximation(model: &str, params: &Params) -> Option<f64> {
    let queue = match model {
        "G/G/1 KLB approx" => {
            TwoMoment::new(params.number("rho")?, params.number("ca2")?, 1.0, params.number("cs2")?, 1)
        }
        "M/D/c approx" => TwoMoment::new(params.number("lambda")?, 1.0, params.number("D")?, 0.0, params.count("c")?),
        _ => {
            let (gaps, service) = (params.number("ca2")?, params.number("cs2")?);
            TwoMoment::new(params.number("lambda")?, gaps, 1.0 / params.number("mu")?, service, params.count("c")?)
        }
    };
    let queue = queue.ok()?;
    Some(match model {
        "G/G/1 KLB approx" => queue.general_s(),
        "M/D/c approx" => queue.cosmetatos_s(),
        _ => queue.allen_cunneen_s(),
    })
}

fn streams(metric: &str, params: &Params) -> Option<f64> {
    let rho = params.number("rho")?;
    if metric == "cd2" {
        return Some(departure_scv(params.number("ca2")?, params.number("cs2")?, rho, params.count("servers")?));
    }
    let numbers = |key: &str| params.0[key].as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<f64>>>();
    let streams: Vec<(f64, f64)> = numbers("rates")?.into_iter().zip(numbers("c2")?).collect();
    (metric == "ca2").then(|| superposed_scv(&streams, rho))
}

fn staffing(params: &Params) -> Option<f64> {
    let arrival = params.number("arrivals_per_30min")? / 1800.0;
    let service = 1.0 / params.number("service_mean_s")?;
    let (wait_s, level) = (params.number("target_wait_s")?, params.number("target_service_level")?);
    servers_for_wait(arrival, service, wait_s, level).map(|servers| servers as f64)
}

/// Whether cases of this model must be answered here.
const COVERED: [&str; 27] = [
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
    "M/E2/c",
    "M/H2/c",
    "MMPP(2)/M/c",
    "MMPP(2)",
    "G/G/c approx",
    "G/G/1 KLB approx",
    "M/D/c approx",
    "QNA",
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
        ("M/E2/c" | "M/H2/c", _) => mphc(metric, params),
        ("MMPP(2)/M/c" | "MMPP(2)", _) => modulated(metric, params),
        ("G/G/c approx" | "G/G/1 KLB approx" | "M/D/c approx", "mean_wait") => approximation(model, params),
        ("QNA", _) => streams(metric, params),
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
    assert!(covered.len() >= 126, "only {} cases were found", covered.len());
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

/// And on five per cent fewer arrivals where there is no such rate.
#[test]
fn fewer_arrivals_are_noticed_by_the_wider_laws() {
    let mut changed = 0;
    for mut case in cases() {
        let model = case["model"].as_str().expect("a text").to_owned();
        let key = ["lambda", "rho", "lambda1"].into_iter().find(|key| case["params"][*key].is_number());
        if let (true, Some(key)) = (COVERED[19..].contains(&model.as_str()), key) {
            case["params"][key] = Value::from(0.95 * case["params"][key].as_f64().expect("a number"));
            assert!(complaint(&case).is_some(), "{} did not notice", case["name"]);
            changed += 1;
        }
    }
    assert_eq!(changed, 21);
}

/// Errors of the approximations against exact laws, in per cent: Allen and Cunneen, Sakasegawa, with the factor of
/// Krämer and Langenbach-Belz, Kimura with Cosmetatos. They are what answers say of themselves.
#[test]
fn approximations_are_as_wrong_as_they_are_said_to_be() {
    let balanced = |mean_s: f64| Distribution::hyperexponential_balanced(mean_s, 2.0);
    let erlang = |mean_s: f64| Distribution::Erlang { mean_s, stages: 2 };
    let exponential = Distribution::Exponential { mean_s: 1.0 };
    let served = |load: f64, service: Distribution, c: u64, errors: [f64; 4]| {
        let exact_s = match service.constant_value() {
            Some(service_s) => Mdc::new(load, service_s, c).expect("stable").wait_mean_s(),
            None => Mphc::new(load, &service, c).expect("stable").wait_mean_s(),
        };
        (load, 1.0, service.scv(), c, exact_s, errors.to_vec())
    };
    let spaced = |load: f64, gaps: Distribution, c: u64, errors: [f64; 3]| {
        let exact_s = GiMc::new(&gaps, 1.0, c).expect("stable").wait().mean_s();
        (load, gaps.scv(), exponential.scv(), c, exact_s, errors.to_vec())
    };
    let rows = [
        served(1.6, Distribution::Constant(1.0), 2, [-1.6, 0.1, -1.6, -0.3]),
        served(8.0, Distribution::Constant(1.0), 10, [-6.9, -0.1, -6.9, 0.1]),
        served(90.0, Distribution::Constant(1.0), 100, [-12.1, 0.8, -12.1, 0.3]),
        served(8.0, erlang(1.0), 10, [-3.0, 4.1, -3.0, 0.6]),
        served(8.0, balanced(1.0), 10, [18.3, 26.9, 18.3, -2.2]),
        spaced(1.6, Distribution::Constant(1.0 / 1.6), 2, [25.0, 27.2, 5.8]),
        spaced(8.0, Distribution::Constant(1.0 / 8.0), 10, [68.9, 81.2, 43.0]),
        spaced(8.0, erlang(1.0 / 8.0), 10, [20.2, 28.9, 16.9]),
        spaced(1.6, balanced(1.0 / 1.6), 2, [-3.9, -2.2, -3.9]),
        spaced(8.0, balanced(1.0 / 8.0), 10, [-24.5, -19.1, -24.5]),
    ];
    for (load, gap_scv, service_scv, c, exact_s, errors) in rows {
        let queue = TwoMoment::new(load, gap_scv, 1.0, service_scv, c).expect("stable");
        let found = [queue.allen_cunneen_s(), queue.sakasegawa_s(), queue.general_s(), queue.kimura_s()];
        for (found_s, error) in found.into_iter().zip(errors) {
            let off = 100.0 * (found_s / exact_s - 1.0);
            assert!((off - error).abs() < 0.051, "{gap_scv} {service_scv} {c}: {off} is not {error}");
        }
    }
}
