//! Laplace–Stieltjes transforms of durations, in the form that the laws of waiting need: the *deficit* 1 − R(s),
//! where R(s) = (1 − E\[e^{−sX}\])/(s·E\[X\]) is the transform of the residual life of X.
//!
//! It is computed without the cancellation that 1 − R(s) suffers near s = 0, where heavy traffic lives. Closed form
//! for exponential, Erlang, gamma, hyperexponential and uniform laws; a finite sum for constants and recordings;
//! Gauss–Legendre panels over ln x, with errors below 10⁻¹⁰, for lognormal, Weibull and Pareto laws.

use super::numeric::panels;
use crate::engine::complex::Complex;
use crate::model::Distribution;

/// Below this |s|·scale the moment series replaces closed forms.
const SERIES_REACH: f64 = 0.02;
/// Below this |s·x| a node's term is expanded.
const NODE_SERIES_REACH: f64 = 0.05;
/// e^{−y} beyond this y is below the precision of 1.
const NOTHING_REACH: f64 = 42.0;
/// Powers of the node expansion.
const NODE_POWERS: usize = 9;
/// Harmonics that are always affordable with a closed form.
const CHEAP: usize = 150;
/// A sum over so few points is as good as a closed form.
const FEW_POINTS: usize = 20;
/// Recordings with more than twice as many values are summed up in about this many groups.
const GROUPS: usize = 400;

/// A duration with its transform.
#[derive(Clone, Debug)]
pub(super) struct Transform {
    mean_s: f64,
    form: Form,
    /// How many harmonics of an inversion it is fit for, in time and in resolution.
    harmonics: usize,
}

#[derive(Clone, Debug)]
enum Form {
    /// Mixture of exponentials `(share, mean)`.
    Exponentials(Vec<(f64, f64)>),
    /// Gamma with shape and scale.
    Gamma { shape: f64, scale_s: f64, moments: Vec<f64> },
    /// Uniform from a point over a width.
    Uniform { low_s: f64, width_s: f64, moments: Vec<f64> },
    /// Point masses.
    Nodes(Nodes),
    /// Sum of two independent durations.
    Sum(Box<Transform>, Box<Transform>),
}

/// Point masses `(x, weight)`, ascending, with prefix sums of weight·x^j.
#[derive(Clone, Debug)]
struct Nodes {
    points: Vec<(f64, f64)>,
    /// `prefix[i][j]`: Σ weight·(x/unit)^(j+2) over the first i points.
    prefix: Vec<[f64; NODE_POWERS]>,
    /// `suffix[i]`: Σ weight and Σ weight·x over the points from i on.
    suffix: Vec<(f64, f64)>,
    unit_s: f64,
}

impl Transform {
    /// The transform of a law with a positive, finite mean; `None` for any other, and for laws so extreme that the
    /// panels lose their mean.
    pub(super) fn of(law: &Distribution) -> Option<Self> {
        let mean_s = law.mean();
        if !(mean_s > 0.0 && mean_s.is_finite()) {
            return None;
        }
        if let Some(mean_s) = law.exponential_mean() {
            return Some(Self { mean_s, form: Form::Exponentials(vec![(1.0, mean_s)]), harmonics: CHEAP });
        }
        if let Some(value_s) = law.constant_value() {
            return Some(Self { mean_s, form: Form::Nodes(Nodes::new(vec![(value_s, 1.0)])), harmonics: CHEAP });
        }
        let moments = || (1..=8).map(|k| law.moment(k)).collect::<Option<Vec<f64>>>();
        let width = panel_width(law).unwrap_or(1.0);
        let form = match law {
            Distribution::Erlang { stages, .. } => gamma_form(mean_s, f64::from(*stages), moments()?),
            Distribution::Gamma { cv, .. } => gamma_form(mean_s, 1.0 / (cv * cv), moments()?),
            Distribution::Hyperexponential(branches) => {
                Form::Exponentials(branches.iter().copied().filter(|(share, _)| *share > 0.0).collect())
            }
            Distribution::Uniform { low_s, high_s } => {
                Form::Uniform { low_s: *low_s, width_s: high_s - low_s, moments: moments()? }
            }
            Distribution::Empirical(values_s) => Form::Nodes(Nodes::new(grouped(values_s))),
            Distribution::Lognormal { mu, sigma } => Form::Nodes(Nodes::new(lognormal_points(*mu, *sigma, width))),
            Distribution::Weibull { shape, .. } => Form::Nodes(Nodes::new(weibull_points(mean_s, *shape, width))),
            Distribution::Pareto { shape, .. } => Form::Nodes(Nodes::new(pareto_points(mean_s, *shape, width))),
            Distribution::Constant(_) | Distribution::Exponential { .. } => return None,
        };
        if matches!(&form, Form::Nodes(nodes) if (nodes.unit_s / mean_s - 1.0).abs() > 1e-9) {
            return None;
        }
        let harmonics = match (&form, panel_width(law)) {
            // A panel of 20 nodes follows waves up to about 28 radians from its middle.
            (_, Some(width)) => ((9.0 / width) as usize).clamp(35, 70),
            (Form::Nodes(nodes), None) if nodes.points.len() > FEW_POINTS => 70,
            _ => CHEAP,
        };
        Some(Self { mean_s, form, harmonics })
    }

    /// The transform of the sum of two independent durations.
    pub(super) fn sum(first: Self, second: Self) -> Self {
        let (mean_s, harmonics) = (first.mean_s + second.mean_s, first.harmonics.min(second.harmonics));
        Self { mean_s, form: Form::Sum(Box::new(first), Box::new(second)), harmonics }
    }

    pub(super) fn mean_s(&self) -> f64 {
        self.mean_s
    }

    /// How many harmonics of an inversion the transform is fit for.
    pub(super) fn harmonics(&self) -> usize {
        self.harmonics
    }

    /// Whether the transform has a closed form, which makes many evaluations cheap.
    pub(super) fn is_closed(&self) -> bool {
        match &self.form {
            Form::Nodes(nodes) => nodes.points.len() <= FEW_POINTS,
            Form::Sum(first, second) => first.is_closed() && second.is_closed(),
            _ => true,
        }
    }

    /// 1 − R(s) at s = start + k·step for k = 0..count; |s| must not fall along the way and Re s must be ≥ 0.
    pub(super) fn deficits(&self, start: Complex, step: Complex, count: usize) -> Vec<Complex> {
        let arguments = || (0..count).map(move |k| start + step.times(k as f64));
        match &self.form {
            Form::Exponentials(branches) => arguments().map(|s| self.mixture_deficit(branches, s)).collect(),
            Form::Gamma { shape, scale_s, moments } => arguments()
                .map(|s| {
                    if s.abs() * scale_s.max(self.mean_s) < SERIES_REACH {
                        return series_deficit(moments, s);
                    }
                    let loss = s.times(*scale_s).ln_1p().times(-shape).exp_m1();
                    Complex::ONE + loss * s.times(self.mean_s).recip()
                })
                .collect(),
            Form::Uniform { low_s, width_s, moments } => arguments()
                .map(|s| {
                    if s.abs() * (low_s + width_s) < SERIES_REACH {
                        return series_deficit(moments, s);
                    }
                    let spread = s.times(-width_s).exp_m1() * s.times(-width_s).recip();
                    let laplace = s.times(-low_s).exp() * spread;
                    Complex::ONE - (Complex::ONE - laplace) * s.times(self.mean_s).recip()
                })
                .collect(),
            Form::Nodes(nodes) => nodes.deficits(self.mean_s, start, step, count),
            Form::Sum(first, second) => {
                let first_deficits = first.deficits(start, step, count);
                let second_deficits = second.deficits(start, step, count);
                arguments()
                    .zip(first_deficits.into_iter().zip(second_deficits))
                    .map(|(s, (d1, d2))| {
                        // 1 − S₁·R₂ = (1 − R₂) + R₂·(1 − S₁), and 1 − S₁ = s·m₁·R₁.
                        let lost = s.times(first.mean_s) * (Complex::ONE - d1);
                        let behind = d2 + (Complex::ONE - d2) * lost;
                        (d1.times(first.mean_s) + behind.times(second.mean_s)).times(1.0 / self.mean_s)
                    })
                    .collect()
            }
        }
    }

    /// 1 − R(s) for a real s ≥ 0.
    pub(super) fn real_deficit(&self, s: f64) -> f64 {
        self.deficits(Complex::new(s, 0.0), Complex::default(), 1)[0].re
    }

    /// E\[e^{−sX}\] for a real s ≥ 0, with its relative precision.
    pub(super) fn real_laplace(&self, s: f64) -> f64 {
        match &self.form {
            Form::Exponentials(branches) => branches.iter().map(|(share, mean_s)| share / (1.0 + s * mean_s)).sum(),
            Form::Gamma { shape, scale_s, .. } => (-shape * (s * scale_s).ln_1p()).exp(),
            Form::Uniform { low_s, width_s, .. } => {
                let reach = s * width_s;
                let spread = if reach == 0.0 { 1.0 } else { -(-reach).exp_m1() / reach };
                (-s * low_s).exp() * spread
            }
            Form::Nodes(nodes) => nodes.points.iter().map(|(x, weight)| weight * (-s * x).exp()).sum(),
            Form::Sum(first, second) => first.real_laplace(s) * second.real_laplace(s),
        }
    }

    fn mixture_deficit(&self, branches: &[(f64, f64)], s: Complex) -> Complex {
        branches
            .iter()
            .map(|(share, mean_s)| {
                let scaled = s.times(*mean_s);
                (scaled * (Complex::ONE + scaled).recip()).times(share * mean_s / self.mean_s)
            })
            .fold(Complex::default(), |sum, term| sum + term)
    }
}

fn gamma_form(mean_s: f64, shape: f64, moments: Vec<f64>) -> Form {
    Form::Gamma { shape, scale_s: mean_s / shape, moments }
}

/// Σ_{j≥1} (−1)^{j+1} s^j·E\[X^{j+1}\]/((j + 1)!·E\[X\]) from the moments E\[X\], E\[X²\], ….
fn series_deficit(moments: &[f64], s: Complex) -> Complex {
    let mut power = Complex::ONE.times(-1.0);
    let mut factorial = 1.0;
    let mut sum = Complex::default();
    for (j, moment) in moments.iter().enumerate().skip(1) {
        power = power * s.times(-1.0);
        factorial *= (j + 1) as f64;
        sum = sum + power.times(moment / (factorial * moments[0]));
    }
    sum
}

impl Nodes {
    fn new(mut points: Vec<(f64, f64)>) -> Self {
        // Points that count neither for the mean nor for the second moment only cost time.
        let unit_s = points.iter().map(|(x, weight)| x * weight).sum::<f64>();
        let square_s2 = points.iter().map(|(x, weight)| x * x * weight).sum::<f64>();
        points.retain(|(x, weight)| x * weight > 1e-17 * unit_s || x * x * weight > 1e-17 * square_s2);
        let mut prefix = vec![[0.0; NODE_POWERS]];
        let mut sums = [0.0; NODE_POWERS];
        for (x, weight) in &points {
            let ratio = x / unit_s;
            let mut term = weight * ratio;
            for sum in &mut sums {
                term *= ratio;
                // Far out the powers overflow; such nodes are never expanded.
                *sum += term;
            }
            prefix.push(sums);
        }
        let mut suffix = vec![(0.0, 0.0); points.len() + 1];
        for (i, (x, weight)) in points.iter().enumerate().rev() {
            suffix[i] = (suffix[i + 1].0 + weight, suffix[i + 1].1 + weight * x);
        }
        Self { points, prefix, suffix, unit_s }
    }

    fn deficits(&self, mean_s: f64, start: Complex, step: Complex, count: usize) -> Vec<Complex> {
        let arguments: Vec<Complex> = (0..count).map(|k| start + step.times(k as f64)).collect();
        // Points before this index are close enough to 0 for the expansion at argument k; the index falls with k.
        let expanded: Vec<usize> =
            arguments.iter().map(|s| self.points.partition_point(|(x, _)| s.abs() * x < NODE_SERIES_REACH)).collect();
        let mut sums: Vec<Complex> =
            arguments.iter().zip(&expanded).map(|(s, points)| self.expansion(*s, *points)).collect();
        let inverses: Vec<Complex> = arguments.iter().map(|s| s.recip()).collect();
        // From this index on e^{−s·x} is nothing for every argument that does not expand.
        let far = self.points.partition_point(|(x, _)| start.re * x < NOTHING_REACH);
        for ((sum, inverse), near) in sums.iter_mut().zip(&inverses).zip(&expanded) {
            let (weight, first_moment) = self.suffix[far.max(*near)];
            *sum = *sum + Complex::new(first_moment, 0.0) - inverse.times(weight);
        }
        let mut begin = count;
        for (index, (x, weight)) in self.points[..far].iter().enumerate() {
            while begin > 0 && expanded[begin - 1] <= index {
                begin -= 1;
            }
            if begin == count {
                continue;
            }
            // weight·x·h(s·x) with h(y) = 1 − (1 − e^{−y})/y, stepping e^{−s·x} along the arguments.
            let mut decayed = arguments[begin].times(-x).exp();
            let factor = step.times(-x).exp();
            for k in begin..count {
                let lost = (Complex::ONE - decayed) * inverses[k];
                sums[k].re += weight * (x - lost.re);
                sums[k].im -= weight * lost.im;
                decayed = decayed * factor;
            }
        }
        sums.into_iter().map(|sum| sum.times(1.0 / mean_s)).collect()
    }

    /// Σ weight·x·h(s·x) over the first `points`, h(y) = y/2! − y²/3! + ….
    fn expansion(&self, s: Complex, points: usize) -> Complex {
        let scaled = s.times(self.unit_s);
        let mut power = Complex::ONE.times(-1.0);
        let mut factorial = 1.0;
        let mut sum = Complex::default();
        for (j, moment) in self.prefix[points].iter().enumerate() {
            power = power * scaled.times(-1.0);
            factorial *= (j + 2) as f64;
            sum = sum + power.times(moment / factorial);
        }
        sum.times(self.unit_s)
    }
}

/// A recording as point masses; one of many values becomes groups, small in number and in share of the second
/// moment, each by the two points that keep its mean and variance.
fn grouped(values_s: &[f64]) -> Vec<(f64, f64)> {
    let share = 1.0 / values_s.len() as f64;
    let square_s2 = values_s.iter().map(|x| x * x).sum::<f64>() * share;
    let groups = if values_s.len() <= 2 * GROUPS { f64::INFINITY } else { GROUPS as f64 };
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut first = 0;
    while first < values_s.len() {
        let (mut last, mut count, mut squares) = (first, 0.0, 0.0);
        while last < values_s.len() {
            let x = values_s[last];
            let full = (count + 1.0) * share * groups > 1.0 || (squares + x * x) * share * groups > square_s2;
            if last > first && full && x > values_s[first] {
                break;
            }
            count += 1.0;
            squares += x * x;
            last += 1;
        }
        let group = &values_s[first..last];
        let mean_s = group.iter().sum::<f64>() / count;
        let deviation_s = (group.iter().map(|x| (x - mean_s).powi(2)).sum::<f64>() / count).sqrt();
        if group[0] == group[group.len() - 1] {
            points.push((group[0], count * share));
        } else {
            points.push(((mean_s - deviation_s).max(0.0), 0.5 * count * share));
            points.push((mean_s + deviation_s, 0.5 * count * share));
        }
        first = last;
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    points
}

/// Width of the panels of ln X that a law is integrated over, if it is.
fn panel_width(law: &Distribution) -> Option<f64> {
    match law {
        Distribution::Lognormal { sigma, .. } => Some(0.25_f64.min(*sigma)),
        Distribution::Weibull { shape, .. } => Some(0.25_f64.min(1.0 / shape)),
        Distribution::Pareto { shape, .. } => Some(0.25_f64.min(2.0 / shape)),
        _ => None,
    }
}

/// Panels of ln X, wide enough for the second moment's weight.
fn lognormal_points(mu: f64, sigma: f64, width: f64) -> Vec<(f64, f64)> {
    let density = 1.0 / (2.0 * std::f64::consts::PI).sqrt();
    panels(-9.0, 9.0 + 2.0 * sigma, width / sigma, 20)
        .iter()
        .map(|(z, w)| ((mu + sigma * z).exp(), w * density * (-0.5 * z * z).exp()))
        .collect()
}

/// Panels of ln X; (X/scale)^shape is a unit exponential.
fn weibull_points(mean_s: f64, shape: f64, width: f64) -> Vec<(f64, f64)> {
    let scale_s = mean_s / statrs::function::gamma::gamma(1.0 + 1.0 / shape);
    let low = -40.0 / (shape + 1.0);
    // The second moment's weight v^{2/shape}·e^{−v} has its peak at 2/shape.
    let high = (60.0 + 2.0 / shape + 12.0 * (2.0 / shape).sqrt()).ln() / shape;
    panels(low, high, width, 20)
        .iter()
        .map(|(z, w)| {
            let v = (shape * z).exp();
            (scale_s * z.exp(), w * shape * v * (-v).exp())
        })
        .collect()
}

/// Panels of ln(X/scale), which is exponential with rate `shape`; wide ones far out, where nothing oscillates.
fn pareto_points(mean_s: f64, shape: f64, width: f64) -> Vec<(f64, f64)> {
    let scale_s = mean_s * (shape - 1.0) / shape;
    let end = (40.0 / (shape - 1.0)).min(600.0);
    let near = end.min(20.0);
    let mut grid = panels(0.0, near, width, 20);
    if end > near {
        grid.extend(panels(near, end, 2.0, 20));
    }
    grid.iter().map(|(z, w)| (scale_s * z.exp(), w * shape * (-shape * z).exp())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laws() -> Vec<Distribution> {
        vec![
            Distribution::Constant(0.7),
            Distribution::Exponential { mean_s: 2.0 },
            Distribution::Erlang { mean_s: 1.0, stages: 3 },
            Distribution::Gamma { mean_s: 1.0, cv: 2.0 },
            Distribution::lognormal(1.0, 1.5),
            Distribution::lognormal(1.0, 0.1),
            Distribution::Weibull { mean_s: 1.0, shape: 0.7 },
            Distribution::Weibull { mean_s: 1.0, shape: 3.0 },
            Distribution::Pareto { mean_s: 1.0, shape: 3.5 },
            Distribution::hyperexponential_balanced(1.0, 2.0),
            Distribution::Uniform { low_s: 0.2, high_s: 1.8 },
            Distribution::Empirical(vec![0.1, 0.5, 0.5, 3.0].into()),
        ]
    }

    #[test]
    fn small_arguments_see_the_second_moment() {
        for law in laws() {
            let transform = Transform::of(&law).expect("positive mean");
            let slope = law.moment(2).expect("finite") / (2.0 * law.mean());
            for s in [1e-12, 1e-9] {
                let found = transform.real_deficit(s) / s;
                assert!((found / slope - 1.0).abs() < 1e-7, "{law:?} {s}: {found} {slope}");
            }
        }
    }

    #[test]
    fn deficits_join_smoothly_where_the_method_changes() {
        for law in laws() {
            let transform = Transform::of(&law).expect("positive mean");
            for at in [0.02, 0.0199 / 4.0, 0.05, 0.011] {
                let (below, above) =
                    (transform.real_deficit(at * (1.0 - 1e-9)), transform.real_deficit(at * (1.0 + 1e-9)));
                assert!((above / below - 1.0).abs() < 1e-8, "{law:?} {at}");
            }
        }
    }

    #[test]
    fn nodes_meet_closed_forms() {
        let exponential = Transform::of(&Distribution::Exponential { mean_s: 1.0 }).expect("positive mean");
        let weibull = weibull_points(1.0, 1.0, 0.25);
        let nodes = Transform { mean_s: 1.0, form: Form::Nodes(Nodes::new(weibull)), harmonics: 35 };
        for (re, im) in [(0.5, 0.0), (0.3, 4.0), (1e-5, 0.0), (11.5, 144.0), (2.3, 29.0)] {
            let s = Complex::new(re, im);
            let expected = exponential.deficits(s, Complex::default(), 1)[0];
            let found = nodes.deficits(s, Complex::default(), 1)[0];
            assert!((found - expected).abs() < 1e-10 * (1.0 + expected.abs()), "{s:?}: {found:?} {expected:?}");
        }
    }

    #[test]
    fn a_sum_of_two_stages_is_erlang() {
        let stage = || Transform::of(&Distribution::Exponential { mean_s: 0.5 }).expect("positive mean");
        let sum = Transform::sum(stage(), stage());
        let erlang = Transform::of(&Distribution::Erlang { mean_s: 1.0, stages: 2 }).expect("positive mean");
        for (re, im) in [(0.5, 0.0), (0.3, 4.0), (1e-6, 0.0)] {
            let s = Complex::new(re, im);
            let difference = sum.deficits(s, Complex::default(), 1)[0] - erlang.deficits(s, Complex::default(), 1)[0];
            assert!(difference.abs() < 1e-14);
        }
    }

    #[test]
    fn a_large_recording_is_grouped_without_changing_it() {
        let values: Vec<f64> = (0..50_000).map(|i| -(1.0 - (f64::from(i) + 0.5) / 50_000.0).ln()).collect();
        let law = Distribution::Empirical(values.into());
        let transform = Transform::of(&law).expect("positive mean");
        let found = transform.real_deficit(0.7);
        assert!((found - 0.7 / 1.7).abs() < 1e-4, "{found}");
        let slope = transform.real_deficit(1e-9) / 1e-9;
        assert!((slope / (law.moment(2).expect("finite") / (2.0 * law.mean())) - 1.0).abs() < 1e-9);
    }
}
