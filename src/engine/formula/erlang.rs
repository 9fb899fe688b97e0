//! Erlang's two formulas and their inverses: blocking without waiting room (B), waiting with unlimited room (C).
//!
//! Both are insensitive to nothing but what they state: B holds for every service law with Poisson arrivals
//! (M/G/c/c), C for exponential service (M/M/c). Not here: the laws of the waits (`mmc`).

use super::numeric::{panels, poisson_weight, root};

/// Above this many servers the sum over about √c terms replaces the recursion over c.
const RECURSION_LIMIT: u64 = 20_000;

/// Erlang B: the share of Poisson arrivals that find all `servers` busy when nobody may wait.
///
/// `load` is a = λ/μ in erlangs; not above 0 blocks nothing. Erlang (1917), by the recursion
/// B(0) = 1, B(k) = a·B(k−1) / (k + a·B(k−1)); beyond 20 000 servers by the ratio of Poisson weights that it solves, in
/// about √c steps, so that every size is fast.
pub fn erlang_b(servers: u64, load: f64) -> f64 {
    if servers == 0 || load == f64::INFINITY {
        return 1.0;
    }
    if load.is_nan() || load <= 0.0 {
        return 0.0;
    }
    if servers <= RECURSION_LIMIT {
        return (1..=servers).fold(1.0, |blocking, k| {
            let offered = load * blocking;
            offered / (k as f64 + offered)
        });
    }
    erlang_b_by_sums(servers as f64, load)
}

/// Erlang B for a real number of servers: 1/B = a ∫ e^{−at}(1 + t)^c dt (Jagerman 1974), evaluated for the fractional
/// part of `servers` and carried up by the recursion, which holds for real c too.
///
/// `servers` must be at least 0, `load` above 0; NaN otherwise.
pub fn erlang_b_real(servers: f64, load: f64) -> f64 {
    if !(servers >= 0.0 && servers.is_finite() && load > 0.0 && load.is_finite()) {
        return f64::NAN;
    }
    let fraction = servers.fract();
    if servers > RECURSION_LIMIT as f64 {
        // The sums end long before they could notice a fraction.
        return erlang_b_by_sums(servers, load);
    }
    if fraction == 0.0 {
        return erlang_b(servers as u64, load);
    }
    // With v = ln(a t) the integrand dies like e^v on the left and double-exponentially on the right.
    let inverse: f64 = panels(-45.0, 4.5, 0.5, 16)
        .iter()
        .map(|(v, weight)| {
            let u = v.exp();
            weight * u * (-u + fraction * (u / load).ln_1p()).exp()
        })
        .sum();
    (1..=servers as u64).fold(1.0 / inverse, |blocking, k| {
        let offered = load * blocking;
        offered / (k as f64 + fraction + offered)
    })
}

/// B = w(c) / P(N ≤ c) for N Poisson(a): below the load by the falling terms (c)(c−1)…/a^j, above it by the
/// complement P(N > c), so that either sum has about √c terms, all positive.
fn erlang_b_by_sums(servers: f64, load: f64) -> f64 {
    let mut sum = 0.0;
    let mut term = 1.0;
    let mut j = 0.0;
    if load > servers {
        while term > 1e-17 * sum && j <= servers {
            sum += term;
            term *= (servers - j) / load;
            j += 1.0;
        }
        return 1.0 / sum;
    }
    loop {
        j += 1.0;
        term *= load / (servers + j);
        sum += term;
        if term <= 1e-17 * sum {
            break;
        }
    }
    let weight = poisson_weight(servers, load);
    weight / (1.0 - weight * sum)
}

/// Erlang C: the share of Poisson arrivals that wait when waiting room is unlimited and service exponential.
///
/// `load` is a = λ/μ; 1 when a ≥ c, where everybody waits. C = c·B / (c − a(1 − B)) (Erlang 1917; Cooper 1981,
/// eq. 3.9).
pub fn erlang_c(servers: u64, load: f64) -> f64 {
    let c = servers as f64;
    if load >= c {
        return 1.0;
    }
    let blocking = erlang_b(servers, load);
    c * blocking / ((c - load) + load * blocking)
}

/// The load a at which Erlang B equals `blocking`, in erlangs; `None` unless `0 < blocking < 1` and `servers` > 0.
pub fn load_for_blocking(servers: u64, blocking: f64) -> Option<f64> {
    if servers == 0 || !(blocking > 0.0 && blocking < 1.0) {
        return None;
    }
    // Carried load a(1 − B) never exceeds c, which bounds a from above.
    let highest = servers as f64 / (1.0 - blocking) * (1.0 + 1e-9);
    root(|load| erlang_b(servers, load) - blocking, 0.0, highest)
}

/// The fewest servers with Erlang B at most `blocking` for `load` erlangs; `None` unless `0 < blocking < 1` and the
/// load is finite.
pub fn servers_for_blocking(load: f64, blocking: f64) -> Option<u64> {
    if !(load.is_finite() && blocking > 0.0 && blocking < 1.0) {
        return None;
    }
    Some(fewest(0, |servers| erlang_b(servers, load) <= blocking))
}

/// The fewest servers of an M/M/c that let at least a share `level` start within `wait_s`: P(W ≤ t) ≥ level.
///
/// `None` unless the rates are positive and finite, `wait_s` ≥ 0 and `0 < level < 1`.
pub fn servers_for_wait(arrival_per_s: f64, service_per_s: f64, wait_s: f64, level: f64) -> Option<u64> {
    let load = arrival_per_s / service_per_s;
    let valid = arrival_per_s > 0.0 && service_per_s > 0.0 && load > 0.0 && load < 1e15;
    if !(valid && wait_s >= 0.0 && level > 0.0 && level < 1.0) {
        return None;
    }
    let stable = load.floor() as u64 + 1;
    Some(fewest(stable, |servers| {
        let drift_per_s = servers as f64 * service_per_s - arrival_per_s;
        1.0 - erlang_c(servers, load) * (-drift_per_s * wait_s).exp() >= level
    }))
}

/// The smallest number from `first` on that is enough, for a condition that stays true once it is.
fn fewest(first: u64, enough: impl Fn(u64) -> bool) -> u64 {
    if enough(first) {
        return first;
    }
    let (mut short, mut step) = (first, 1);
    while !enough(short + step) {
        short += step;
        step *= 2;
    }
    let mut sufficient = short + step;
    while sufficient - short > 1 {
        let middle = short + (sufficient - short) / 2;
        if enough(middle) {
            sufficient = middle;
        } else {
            short = middle;
        }
    }
    sufficient
}

/// Limit of P(wait) for c = a + β√a servers as the load grows: [1 + β·Φ(β)/φ(β)]⁻¹ (Halfin and Whitt 1981, eq. 2.5).
///
/// `beta` not above 0 gives 1: such a system has no steady state.
pub fn halfin_whitt_delay(beta: f64) -> f64 {
    if beta.is_nan() || beta <= 0.0 {
        return 1.0;
    }
    1.0 / (1.0 + beta * mills_ratio(-beta))
}

/// The β of square-root staffing c = a + β√a whose limiting P(wait) is `delay`; `None` unless `0 < delay < 1`.
pub fn halfin_whitt_beta(delay: f64) -> Option<f64> {
    if !(delay > 0.0 && delay < 1.0) {
        return None;
    }
    root(|beta| halfin_whitt_delay(beta) - delay, 0.0, 40.0)
}

/// Limit of P(wait) in M/M/c+M for c = a + β√a and patience rate θ = `ratio`·μ:
/// [1 + √r·h(β/√r)/h(−β)]⁻¹ with the normal hazard h (Garnett, Mandelbaum and Reiman 2002, theorem 4).
///
/// `ratio` must be above 0; NaN otherwise.
pub fn garnett_delay(beta: f64, ratio: f64) -> f64 {
    if ratio.is_nan() || ratio <= 0.0 {
        return f64::NAN;
    }
    let root_ratio = ratio.sqrt();
    1.0 / (1.0 + root_ratio * mills_ratio(-beta) / mills_ratio(beta / root_ratio))
}

/// (1 − Φ(x))/φ(x) of the standard normal law: from ∫₀ˣ φ = φ(x)·Σ x^{2k+1}/(2k+1)!! up to 1, where it cancels little,
/// by Laplace's continued fraction above.
fn mills_ratio(x: f64) -> f64 {
    if x > 1.0 {
        return 1.0 / (1..=500).rev().fold(x, |tail, k| x + f64::from(k) / tail);
    }
    let mut term = x;
    let mut sum = 0.0;
    let mut odd = 1.0;
    while term.abs() > 1e-18 * f64::abs(sum) && term.is_finite() {
        sum += term;
        odd += 2.0;
        term *= x * x / odd;
    }
    std::f64::consts::FRAC_PI_2.sqrt() * (0.5 * x * x).exp() - sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} is not {expected}");
    }

    #[test]
    fn sums_and_recursion_agree_where_both_are_fast() {
        for (servers, load) in [(20_000, 19_000.0), (20_000, 20_000.0), (20_000, 20_500.0), (500, 100.0), (500, 900.0)]
        {
            assert_close(erlang_b_by_sums(servers as f64, load), erlang_b(servers, load), 2e-12);
        }
    }

    #[test]
    fn a_billion_servers_are_answered_at_once() {
        let blocking = erlang_b(1_000_000_000, 1e9);
        assert_close(blocking, (2.0 / (std::f64::consts::PI * 1e9)).sqrt(), 1e-4);
        assert!(erlang_c(1_000_000_000, 0.999_999e9) > 0.9);
    }

    #[test]
    fn real_servers_meet_the_whole_ones() {
        assert_close(erlang_b_real(10.0, 8.0), erlang_b(10, 8.0), 1e-15);
        assert_close(erlang_b_real(10.0 + 1e-9, 8.0), erlang_b(10, 8.0), 1e-8);
        let just_below = erlang_b_real(11.0 - 1e-9, 8.0);
        assert_close(just_below, erlang_b(11, 8.0), 1e-8);
        assert!(erlang_b_real(0.5, 1e-6) > 0.0 && erlang_b_real(0.5, 1e-6) < 1.0);
        assert!(erlang_b_real(-1.0, 1.0).is_nan());
        let (below, above) = (erlang_b_real(19_999.999_999, 20_000.0), erlang_b_real(20_000.000_001, 20_000.0));
        assert_close(below, above, 3e-8);
    }

    #[test]
    fn edges_are_numbers() {
        assert_eq!(erlang_b(0, 3.0), 1.0);
        assert_eq!(erlang_b(3, 0.0), 0.0);
        assert_eq!(erlang_b(3, f64::INFINITY), 1.0);
        assert_eq!(erlang_c(3, 3.0), 1.0);
        assert_eq!(erlang_c(10_000, 1e-300), 0.0);
    }

    #[test]
    fn inverses_undo_the_formulas() {
        for servers in [1, 7, 1000] {
            let load = load_for_blocking(servers, 0.02).expect("within (0, 1)");
            assert_close(erlang_b(servers, load), 0.02, 1e-11);
        }
        let servers = servers_for_blocking(1000.0, 0.01).expect("valid");
        assert!(erlang_b(servers, 1000.0) <= 0.01 && erlang_b(servers - 1, 1000.0) > 0.01);
        assert_eq!(load_for_blocking(0, 0.5), None);
        assert_eq!(servers_for_wait(1.0, 0.0, 1.0, 0.5), None);
        let delay = halfin_whitt_delay(halfin_whitt_beta(0.2).expect("within (0, 1)"));
        assert_close(delay, 0.2, 1e-12);
    }

    #[test]
    fn staffing_is_the_first_that_suffices() {
        let servers = servers_for_wait(100.0, 1.0, 0.1, 0.9).expect("valid");
        let reached = |c: u64| 1.0 - erlang_c(c, 100.0) * (-(c as f64 - 100.0) * 0.1).exp();
        assert!(reached(servers) >= 0.9 && reached(servers - 1) < 0.9);
    }
}
