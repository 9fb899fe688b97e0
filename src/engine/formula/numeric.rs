//! The numerical tools that the laws share: a bracketing root finder, Poisson weights of any size, Gauss–Legendre
//! panels. Not here: anything about queues.

use statrs::function::gamma::ln_gamma;

/// Half of ln 2π.
const HALF_LN_TWO_PI: f64 = 0.918_938_533_204_672_7;

/// Root of a continuous `f` between `low` and `high`, where it has opposite signs, as precise as `f` allows; `None`
/// when the signs are equal or a value is not a number.
pub(super) fn root(f: impl FnMut(f64) -> f64, low: f64, high: f64) -> Option<f64> {
    root_within(f, low, high, 0.0)
}

/// As [`root`], to a relative `precision` (Brent 1973, ch. 4). At most 200 evaluations.
fn root_within(mut f: impl FnMut(f64) -> f64, low: f64, high: f64, precision: f64) -> Option<f64> {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 {
        return Some(a);
    }
    if fb == 0.0 {
        return Some(b);
    }
    if fa.is_nan() || fb.is_nan() || (fa > 0.0) == (fb > 0.0) {
        return None;
    }
    let (mut c, mut fc) = (a, fa);
    let (mut step, mut last_step) = (b - a, b - a);
    for _ in 0..200 {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc) = (a, fa);
            step = b - a;
            last_step = step;
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let tolerance = precision.max(2.0 * f64::EPSILON) * b.abs() + f64::MIN_POSITIVE;
        let half = 0.5 * (c - b);
        if half.abs() <= tolerance || fb == 0.0 {
            return Some(b);
        }
        let proposed = interpolated_step((a, fa), (b, fb), (c, fc));
        if last_step.abs() >= tolerance
            && fa.abs() > fb.abs()
            && proposed.is_finite()
            && proposed * half > 0.0
            && proposed.abs() < (1.5 * half).abs().min((0.5 * last_step).abs())
        {
            last_step = step;
            step = proposed;
        } else {
            step = half;
            last_step = half;
        }
        (a, fa) = (b, fb);
        b += if step.abs() > tolerance { step } else { tolerance.copysign(half) };
        fb = f(b);
        if fb.is_nan() {
            return None;
        }
    }
    Some(b)
}

/// Secant step from `b` when only two points differ, else inverse quadratic interpolation.
fn interpolated_step((a, fa): (f64, f64), (b, fb): (f64, f64), (c, fc): (f64, f64)) -> f64 {
    let s = fb / fa;
    if a == c {
        return (c - b) * s / (s - 1.0);
    }
    let (q, r) = (fa / fc, fb / fc);
    let p = s * ((c - b) * q * (q - r) - (b - a) * (r - 1.0));
    -p / ((q - 1.0) * (r - 1.0) * (s - 1.0))
}

/// The time at which a falling tail reaches `share`, to a relative `precision` (0: as precise as the tail), found on
/// the logarithm, which is nearly straight for waits. `guess` sets the scale of the search. 0 when the tail starts at
/// or below `share`; `None` when no time within 10¹⁵⁰ guesses is late enough or the tail is not a number.
pub(super) fn tail_quantile(tail: impl Fn(f64) -> f64, share: f64, guess: f64, precision: f64) -> Option<f64> {
    if tail(0.0) <= share {
        return Some(0.0);
    }
    let excess = |t: f64| tail(t).max(f64::MIN_POSITIVE).ln() - share.ln();
    let mut high = if guess.is_finite() && guess > 0.0 { guess } else { 1.0 };
    let mut low = high;
    if excess(high) > 0.0 {
        // Tails that do not end soon are searched in ever larger strides.
        let mut stride: f64 = 2.0;
        let mut strides = 0;
        while excess(high) > 0.0 {
            low = high;
            high *= stride;
            strides += 1;
            if strides > 6 {
                stride = (stride * stride).min(1e30);
            }
            if high > 1e150 * guess.max(1.0) {
                return None;
            }
        }
    } else {
        low *= 0.5;
        for halvings in 0.. {
            if excess(low) >= 0.0 {
                break;
            }
            high = low;
            low = if halvings < 60 { 0.5 * low } else { 0.0 };
        }
    }
    if low > 0.0 && high > 16.0 * low {
        return root_within(|log| excess(log.exp()), low.ln(), high.ln(), precision).map(f64::exp);
    }
    root_within(excess, low, high, precision)
}

/// Poisson weight e^{−m} m^x / Γ(x + 1), for real x ≥ 0 and mean m > 0, with nearly full relative precision at any
/// size: saddle-point form (Loader 2000).
pub(super) fn poisson_weight(x: f64, mean: f64) -> f64 {
    if x == 0.0 {
        return (-mean).exp();
    }
    (-stirling_error(x) - deviance(x, mean)).exp() / (2.0 * std::f64::consts::PI * x).sqrt()
}

/// ln Γ(x + 1) less its leading Stirling terms.
fn stirling_error(x: f64) -> f64 {
    if x < 16.0 {
        return ln_gamma(x + 1.0) - (x + 0.5) * x.ln() + x - HALF_LN_TWO_PI;
    }
    let inverse = 1.0 / (x * x);
    let series = 1.0 / 1260.0 - inverse * (1.0 / 1680.0 - inverse * (1.0 / 1188.0 - inverse * 691.0 / 360_360.0));
    (1.0 / 12.0 - inverse * (1.0 / 360.0 - inverse * series)) / x
}

/// x ln(x/m) + m − x without cancellation near x = m.
fn deviance(x: f64, mean: f64) -> f64 {
    let difference = x - mean;
    if difference.abs() >= 0.1 * (x + mean) {
        return x * (x / mean).ln() + mean - x;
    }
    let v = difference / (x + mean);
    let mut sum = difference * v;
    let mut power = 2.0 * x * v;
    for j in 1..200 {
        power *= v * v;
        let next = sum + power / f64::from(2 * j + 1);
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// 1 + x + … + x^(n−1) for x ≥ 0 and real n ≥ 0: no cancellation near x = 1.
pub(super) fn geometric_sum(x: f64, n: f64) -> f64 {
    if n <= 0.0 {
        return 0.0;
    }
    if x == 0.0 {
        return 1.0;
    }
    let log = (x - 1.0).ln_1p();
    if log == 0.0 { n } else { (n * log).exp_m1() / (x - 1.0) }
}

/// Gauss–Legendre nodes and weights on [−1, 1], by Newton's method on the Legendre polynomial.
pub(super) fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    (0..count)
        .map(|i| {
            let mut x = (std::f64::consts::PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut previous, mut current) = (1.0, x);
                for k in 2..=count {
                    let k = k as f64;
                    (previous, current) = (current, ((2.0 * k - 1.0) * x * current - (k - 1.0) * previous) / k);
                }
                slope = n * (x * current - previous) / (x * x - 1.0);
                let change = current / slope;
                x -= change;
                if change.abs() < 1e-15 {
                    break;
                }
            }
            (x, 2.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// Gauss–Legendre nodes and weights on consecutive panels of at most `width` over `[low, high]`.
pub(super) fn panels(low: f64, high: f64, width: f64, nodes_each: usize) -> Vec<(f64, f64)> {
    let rule = gauss_legendre(nodes_each);
    let count = ((high - low) / width).ceil().max(1.0) as usize;
    let half = 0.5 * (high - low) / count as f64;
    (0..count)
        .flat_map(|panel| {
            let middle = low + half * (2 * panel + 1) as f64;
            rule.iter().map(move |(x, weight)| (middle + half * x, half * weight)).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_finds_a_flat_cubic_root() {
        let found = root(|x| (x - 0.3).powi(3), -1.0, 5.0).expect("signs differ");
        assert!((found - 0.3).abs() < 1e-5);
        assert_eq!(root(|x| x * x + 1.0, -1.0, 1.0), None);
        assert_eq!(root(|_| f64::NAN, -1.0, 1.0), None);
    }

    #[test]
    fn tail_quantile_of_an_exponential_is_its_logarithm() {
        for guess in [1e-6, 1.0, 1e6] {
            let found = tail_quantile(|t| (-2.0 * t).exp(), 0.01, guess, 0.0).expect("exists");
            assert!((found - 100f64.ln() / 2.0).abs() < 1e-13, "{guess}: {found}");
        }
        assert_eq!(tail_quantile(|_| 0.001, 0.01, 1.0, 0.0), Some(0.0));
    }

    #[test]
    fn poisson_weights_sum_to_one_at_every_size() {
        for mean in [1e-3, 0.7, 15.0, 1e4, 1e6] {
            let reach = 40.0 + 12.0 * f64::sqrt(mean);
            let (low, high) = ((mean - reach).max(0.0) as u64, (mean + reach) as u64);
            let sum: f64 = (low..=high).map(|x| poisson_weight(x as f64, mean)).sum();
            assert!((sum - 1.0).abs() < 2e-14 * (1.0 + mean.sqrt()), "{mean}: {sum}");
        }
        assert!((poisson_weight(3.0, 2.0) - (-2f64).exp() * 8.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn geometric_sums_pass_through_one_smoothly() {
        assert_eq!(geometric_sum(1.0, 7.0), 7.0);
        assert!((geometric_sum(1.0 + 1e-13, 7.0) - 7.0).abs() < 1e-11);
        assert!((geometric_sum(0.5, 3.0) - 1.75).abs() < 1e-15);
        assert_eq!(geometric_sum(0.0, 3.0), 1.0);
    }

    #[test]
    fn gauss_legendre_integrates_high_powers_exactly() {
        let integral: f64 = gauss_legendre(10).iter().map(|(x, w)| w * x.powi(18)).sum();
        assert!((integral - 2.0 / 19.0).abs() < 1e-14);
        let exponential: f64 = panels(0.0, 30.0, 1.0, 12).iter().map(|(x, w)| w * (-x).exp()).sum();
        assert!((exponential - (1.0 - (-30f64).exp())).abs() < 1e-14);
    }
}
