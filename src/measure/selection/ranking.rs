//! Constants of two-stage selection, and how a budget of runs is best divided.
//!
//! They are solved for where they are needed: tables end. Not here: the sequential procedure (`kim_nelson`).

use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, Normal, StudentsT};

/// Constants are looked for below this.
const MOST: f64 = 1e6;
/// Halvings of the bracket: it ends below 1e-15 of its size.
const HALVINGS: usize = 100;
/// Steps of the double exponential rule, and where it ends.
const STEP: f64 = 0.05;
const STEPS: i32 = 80;

/// h of Dudewicz and Dalal's procedure for `systems` ≥ 2 systems, `first` ≥ 2 first-stage runs and a `probability` of
/// correct selection in (1/k, 1): the root of ∫ F(t + h)^(k−1) f(t) dt = P*, with Student's t of n₀ − 1 degrees of
/// freedom (Dudewicz and Dalal 1975). A system of variance S² then needs max(n₀ + 1, ⌈(h S / δ)²⌉) runs.
pub fn dudewicz_dalal_h(systems: usize, first: usize, probability: f64) -> f64 {
    let t = student(freedom(first));
    let rivals = systems as i32 - 1;
    root(probability, |h| {
        // t = sinh(π/2 · sinh s): heavy tails of few degrees of freedom are within reach (Takahasi and Mori 1974).
        let points = (-STEPS..=STEPS).map(|k| {
            let s = f64::from(k) * STEP;
            let inner = std::f64::consts::FRAC_PI_2 * s.sinh();
            let (at, slope) = (inner.sinh(), inner.cosh() * std::f64::consts::FRAC_PI_2 * s.cosh());
            let density = t.pdf(at) * slope;
            if density > 0.0 { t.cdf(at + h).powi(rivals) * density } else { 0.0 }
        });
        points.sum::<f64>() * STEP
    })
}

/// h of Rinott's procedure, with the same arguments: the root of
/// ∫ \[∫ Φ(h / √((n₀ − 1)(1/x + 1/y))) f(x) dx\]^(k−1) f(y) dy = P*, f the density of χ² with n₀ − 1 degrees of freedom
/// (Rinott 1978). A system of variance S² needs max(n₀, ⌈(h S / δ)²⌉) runs.
pub fn rinott_h(systems: usize, first: usize, probability: f64) -> f64 {
    let freedom = freedom(first);
    let chi = chi_squared(freedom);
    let normal = Normal::standard();
    let rivals = systems as i32 - 1;
    // x = ν e^u: the trapezoidal rule is exact but for rounding on a bell of width √(2/ν).
    let step = (2.0 / freedom).sqrt() / 6.0;
    let (low, high) = (-70.0 / freedom - 1.0, (1.0 + (70.0 + 14.0 * freedom.sqrt()) / freedom).ln());
    let steps = ((high - low) / step).ceil() as usize;
    let points: Vec<(f64, f64)> = (0..=steps)
        .map(|k| freedom * (low + k as f64 * step).exp())
        .map(|x| (x, chi.pdf(x) * x * step))
        .filter(|(_, weight)| *weight > 1e-18)
        .collect();
    root(probability, |h| {
        let beaten = |y: f64| -> f64 {
            points.iter().map(|(x, weight)| normal.cdf(h / (freedom * (1.0 / x + 1.0 / y)).sqrt()) * weight).sum()
        };
        points.iter().map(|(y, weight)| beaten(*y).powi(rivals) * weight).sum()
    })
}

/// Shares of a budget of runs that find the smallest of `means` with the least chance of error, given standard
/// deviations: Nᵢ ∝ (σᵢ / δᵢ)² for the others and N = σ √(Σ Nᵢ² / σᵢ²) for the best (Chen, Lin, Yücesan and Chick
/// 2000). `None` where another mean equals the best, or a deviation is not above 0: no budget tells these apart, or
/// none is needed.
pub fn ocba_shares(means: &[f64], deviations: &[f64]) -> Option<Vec<f64>> {
    let best = (0..means.len()).min_by(|a, b| means[*a].total_cmp(&means[*b]))?;
    let valid = (0..means.len()).all(|k| deviations[k] > 0.0 && (k == best || means[k] > means[best]));
    if !valid || means.len() != deviations.len() {
        return None;
    }
    let weight = |k: usize| (deviations[k] / (means[k] - means[best])).powi(2);
    let rivals = || (0..means.len()).filter(|k| *k != best);
    let of_best = deviations[best] * rivals().map(|k| (weight(k) / deviations[k]).powi(2)).sum::<f64>().sqrt();
    let weights: Vec<f64> = (0..means.len()).map(|k| if k == best { of_best } else { weight(k) }).collect();
    let total: f64 = weights.iter().sum();
    Some(weights.into_iter().map(|weight| weight / total).collect())
}

fn freedom(first: usize) -> f64 {
    (first.max(2) - 1) as f64
}

fn student(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom).expect("a positive number of degrees of freedom")
}

fn chi_squared(freedom: f64) -> ChiSquared {
    ChiSquared::new(freedom).expect("a positive number of degrees of freedom")
}

/// The h at which a rising probability reaches `wanted`.
fn root(wanted: f64, probability: impl Fn(f64) -> f64) -> f64 {
    let mut high = 1.0;
    while probability(high) < wanted && high < MOST {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if probability(middle) < wanted { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_systems_and_more_certainty_need_more_runs() {
        assert!(rinott_h(3, 20, 0.95) > rinott_h(2, 20, 0.95));
        assert!(rinott_h(2, 20, 0.99) > rinott_h(2, 20, 0.95));
        assert!(dudewicz_dalal_h(2, 5, 0.95) > dudewicz_dalal_h(2, 50, 0.95));
    }

    #[test]
    fn a_budget_cannot_tell_equal_means_apart() {
        assert_eq!(ocba_shares(&[1.0, 1.0], &[1.0, 1.0]), None);
        assert_eq!(ocba_shares(&[1.0, 2.0], &[1.0, 0.0]), None);
        assert_eq!(ocba_shares(&[], &[]), None);
        let shares = ocba_shares(&[3.0, 1.0, 2.0], &[1.0, 1.0, 4.0]).unwrap();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(shares[2] > shares[1] * 0.9 && shares[0] < shares[2]);
    }
}
