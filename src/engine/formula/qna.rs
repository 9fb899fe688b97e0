//! The queueing network analyzer's calculus of streams: squared coefficients of variation of what is joined, split and
//! has passed a queue (Whitt 1983, eq. 24–39). Not here: which streams a model has (`network`), waits (`two_moment`).

/// c² of what leaves a queue of `servers` slots with utilization ρ:
/// 1 + (1 − ρ²)(c²ₐ − 1) + ρ²/√c·(max(c²ₛ, 0.2) − 1) (Whitt 1983, eq. 38–39).
pub fn departure_scv(arrival_scv: f64, service_scv: f64, utilization: f64, servers: u64) -> f64 {
    let busy = utilization * utilization;
    1.0 + (1.0 - busy) * (arrival_scv - 1.0) + busy / (servers as f64).sqrt() * (service_scv.max(0.2) - 1.0)
}

/// c² of a stream of which each message is kept with probability `share`: p·c² + 1 − p; exact for a renewal process
/// (Whitt 1983, eq. 36).
pub fn split_scv(scv: f64, share: f64) -> f64 {
    share * scv + 1.0 - share
}

/// c² of several streams, each of `(rate, c²)`, in front of a queue of utilization ρ: w·Σ(λᵢ/λ)cᵢ² + 1 − w with
/// w = 1/(1 + 4(1 − ρ)²(v − 1)) and v = 1/Σ(λᵢ/λ)² (Whitt 1983, eq. 29–33). A single stream keeps its own.
pub fn superposed_scv(streams: &[(f64, f64)], utilization: f64) -> f64 {
    let total: f64 = streams.iter().map(|(rate, _)| rate).sum();
    let shares = || streams.iter().map(|(rate, scv)| (rate / total, scv));
    let streams_like = 1.0 / shares().map(|(share, _)| share * share).sum::<f64>();
    let weight = 1.0 / (1.0 + 4.0 * (1.0 - utilization).powi(2) * (streams_like - 1.0));
    weight * shares().map(|(share, scv)| share * scv).sum::<f64>() + 1.0 - weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_stays_poisson_through_all_of_it() {
        assert!((departure_scv(1.0, 1.0, 0.9, 7) - 1.0).abs() < 1e-15);
        assert!((split_scv(1.0, 0.3) - 1.0).abs() < 1e-15);
        assert!((superposed_scv(&[(1.0, 1.0), (5.0, 1.0)], 0.4) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn limits_are_those_of_the_parts() {
        // An idle queue hands its arrivals on, a busy one its services.
        assert!((departure_scv(3.0, 0.5, 0.0, 1) - 3.0).abs() < 1e-15);
        assert!((departure_scv(3.0, 0.5, 1.0, 1) - 0.5).abs() < 1e-15);
        assert!((superposed_scv(&[(2.0, 3.0)], 0.4) - 3.0).abs() < 1e-15);
        assert!((split_scv(4.0, 0.0) - 1.0).abs() < 1e-15);
        // Many streams in front of an idle queue look Poisson.
        assert!((superposed_scv(&vec![(1.0, 9.0); 10_000], 0.0) - 1.0).abs() < 1e-3);
    }
}
