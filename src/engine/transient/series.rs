//! One step in time: the power series of e^{Λt}·p(t), term by term.
//!
//! With s = t/h in `[0, 1]`, λ(t)·h = Σ cⱼ·sʲ, a = Λh and the vectors q of p = e^{−as}·Σ qₖ·sᵏ the forward equations say
//! (k + 1)·qₖ₊₁ = (a + h·D)·qₖ + Σⱼ cⱼ·B·qₖ₋ⱼ, D the generator of the deaths and B that of births at rate 1. For a
//! constant rate this is uniformisation (Jensen 1953). Cut after K > a terms, the residual is at most
//! R·sᴷ·e^{−as} with R = a·‖qₖ‖ + 2·Σⱼ|cⱼ|·Σᵢ‖qₖ₋ᵢ‖ at k = K, i < j, and as e^{a(1−s)} ≤ s^{−a} its integral is at
//! most e^{−a}·R/(K + 1 − a).
//!
//! Not here: how long a step is, and how wide its window (`course`).

use super::window::Window;

/// Highest power of time that a rate is taken to within a step.
pub(super) const DEGREE: usize = 4;

/// Rates of one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    /// cⱼ: λ(t)·h as a polynomial in s.
    pub births: [f64; DEGREE + 1],
    /// Its degree.
    pub degree: usize,
    /// μ·h.
    pub service: f64,
    /// θ·h.
    pub patience: f64,
    /// c.
    pub slots: u64,
    /// Most messages in the system.
    pub most: Option<u64>,
}

impl Rates {
    /// Death rate × h in state `n`.
    fn deaths(&self, n: u64) -> f64 {
        let busy = n.min(self.slots);
        self.service * busy as f64 + self.patience * (n - busy) as f64
    }

    /// Σ|cⱼ| over j ≥ 1: how much the rate changes within the step, in messages.
    pub fn change(&self) -> f64 {
        self.births[1..=self.degree].iter().map(|c| c.abs()).sum()
    }

    /// Λh for a window up to `high`.
    pub fn jumps(&self, high: u64) -> f64 {
        self.births[0] + self.deaths(high)
    }
}

/// What a step found out.
#[derive(Clone, Debug, Default)]
pub(super) struct Step {
    /// Mass that left the window below and above.
    pub lost: (f64, f64),
    /// Bound on the ℓ₁ error of the truncated series.
    pub truncated: f64,
    /// Terms of the series.
    pub terms: usize,
    /// ∫₀¹ p ds, state by state of the window.
    pub time: Vec<f64>,
    /// ∫₀¹ λh·p ds, likewise.
    pub arrivals: Vec<f64>,
}

/// Buffers that are used again in every step.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    /// h·death rate; the last entry, beyond the window, is 0.
    deaths: Vec<f64>,
    /// The last vectors q, the newest first. Each has an entry on either side of the window that is always 0.
    terms: [Vec<f64>; DEGREE + 1],
    next: Vec<f64>,
    births: Vec<f64>,
    sum: Vec<f64>,
    step: Step,
    /// ∫₀¹ sᵏ·e^{−as} ds.
    moments: Vec<f64>,
    moments_of: f64,
}

impl Series {
    /// Advances `window` by one step, within `low..=high` of its states: whatever leaves them is lost. The series ends
    /// when its truncation costs at most `tolerance`.
    pub fn advance(&mut self, window: &Window, (low, high): (u64, u64), rates: &Rates, tolerance: f64) -> &Step {
        let a = rates.jumps(high);
        let width = (high - low + 1) as usize;
        self.prepare(window, low, width, rates, a);
        let is_full = rates.most == Some(high);
        let most_terms = self.moments.len() - DEGREE - 1;
        let scale = (-a).exp();
        let mut lost = (0.0, 0.0);
        let mut all_lost = (0.0, 0.0);
        for k in 0..most_terms {
            let over = 1.0 / (k + 1) as f64;
            let spill = self.collect_births(rates, k);
            let below = self.deaths[1] * self.terms[0][1];
            lost.0 = (a * lost.0 + below) * over;
            lost.1 = (a * lost.1 + if is_full { 0.0 } else { spill }) * over;
            all_lost = (all_lost.0 + lost.0, all_lost.1 + lost.1);
            self.recur(a, over);
            if is_full {
                self.next[width] += spill * over;
            }
            self.add(rates, k + 1, scale);
            self.terms.rotate_right(1);
            std::mem::swap(&mut self.terms[0], &mut self.next);
            self.step.terms = k + 1;
            let reached = (k + 1) as f64;
            if reached > a && (k % 4 == 3 || k + 1 == most_terms) {
                self.step.truncated = scale * self.residual(a, rates) / (reached + 1.0 - a);
                if self.step.truncated <= tolerance {
                    break;
                }
            }
        }
        self.step.lost = (scale * all_lost.0, scale * all_lost.1);
        &self.step
    }

    /// What the last step found out.
    pub fn told(&self) -> &Step {
        &self.step
    }

    /// The law at the end of the step, on the states that it was advanced on.
    pub fn law(&self, low: u64, high: u64) -> Window {
        let width = (high - low + 1) as usize;
        Window { low, mass: self.sum[1..=width].to_vec() }
    }

    fn prepare(&mut self, window: &Window, low: u64, width: usize, rates: &Rates, a: f64) {
        let padded = width + 2;
        for vector in self.terms.iter_mut().chain([&mut self.next, &mut self.births, &mut self.deaths]) {
            vector.clear();
            vector.resize(padded, 0.0);
        }
        for (place, deaths) in self.deaths[1..=width].iter_mut().enumerate() {
            *deaths = rates.deaths(low + place as u64);
        }
        let first = (window.low - low) as usize + 1;
        self.terms[0][first..first + window.mass.len()].copy_from_slice(&window.mass);
        self.fill_moments(a);
        self.step = Step { time: vec![0.0; padded], arrivals: vec![0.0; padded], ..Step::default() };
        self.sum = vec![0.0; padded];
        self.next.copy_from_slice(&self.terms[0]);
        self.add(rates, 0, (-a).exp());
    }

    /// Births × h in every state of the window for the coefficient k + 1; returns those at its upper edge.
    fn collect_births(&mut self, rates: &Rates, k: usize) -> f64 {
        let degree = rates.degree.min(k);
        let [q0, q1, q2, q3, q4] = &self.terms;
        let c = &rates.births;
        let births = self.births.iter_mut();
        match degree {
            0 => births.zip(q0).for_each(|(b, q)| *b = c[0] * q),
            1 => births.zip(q0.iter().zip(q1)).for_each(|(b, (q, r))| *b = c[0] * q + c[1] * r),
            2 => births.zip(q0.iter().zip(q1).zip(q2)).for_each(|(b, ((q, r), s))| *b = c[0] * q + c[1] * r + c[2] * s),
            3 => births
                .zip(q0.iter().zip(q1).zip(q2).zip(q3))
                .for_each(|(b, (((q, r), s), t))| *b = c[0] * q + c[1] * r + c[2] * s + c[3] * t),
            _ => births.zip(q0.iter().zip(q1).zip(q2).zip(q3).zip(q4)).for_each(|(b, ((((q, r), s), t), u))| {
                *b = c[0] * q + c[1] * r + c[2] * s + c[3] * t + c[4] * u;
            }),
        }
        self.births[self.births.len() - 2]
    }

    /// The next vector from the newest one and the births.
    fn recur(&mut self, a: f64, over: f64) {
        let inner = self.next.len() - 2;
        let q = &self.terms[0][1..=inner];
        let above = &self.terms[0][2..];
        let (deaths, deaths_above) = (&self.deaths[1..=inner], &self.deaths[2..]);
        let (births, births_below) = (&self.births[1..=inner], &self.births[..inner]);
        let next = &mut self.next[1..=inner];
        for i in 0..inner {
            let stays = (a - deaths[i]) * q[i] - births[i];
            next[i] = (stays + (births_below[i] + deaths_above[i] * above[i])) * over;
        }
    }

    /// Adds the vector k to the law and to its integrals.
    fn add(&mut self, rates: &Rates, k: usize, scale: f64) {
        let moment = self.moments[k];
        let arrivals: f64 = (0..=rates.degree).map(|j| rates.births[j] * self.moments[k + j]).sum();
        let Step { time, arrivals: seen, .. } = &mut self.step;
        let sums = self.sum.iter_mut().zip(time.iter_mut().zip(seen.iter_mut()));
        for (q, (sum, (time, seen))) in self.next.iter().zip(sums) {
            *sum += scale * q;
            *time += moment * q;
            *seen += arrivals * q;
        }
    }

    /// R of the residual.
    fn residual(&self, a: f64, rates: &Rates) -> f64 {
        let norm = |vector: &Vec<f64>| vector.iter().map(|q| q.abs()).sum::<f64>();
        let mut tail = norm(&self.terms[0]);
        let mut residual = a * tail;
        for j in 1..=rates.degree {
            residual += 2.0 * rates.births[j].abs() * tail;
            tail += norm(&self.terms[j]);
        }
        residual
    }

    /// ∫₀¹ sᵏ·e^{−as} ds for all k that a series may need, by parts from above: (k + 1)·mₖ = e^{−a} + a·mₖ₊₁.
    fn fill_moments(&mut self, a: f64) {
        if self.moments_of.to_bits() == a.to_bits() && !self.moments.is_empty() {
            return;
        }
        let most_terms = (a + 14.0 * a.sqrt() + 60.0).ceil() as usize;
        let scale = (-a).exp();
        let mut moments = vec![0.0; most_terms + DEGREE + 1];
        let beyond = 2 * moments.len() + 60;
        let mut moment = scale / beyond as f64;
        for k in (0..beyond).rev() {
            moment = (scale + a * moment) / (k + 1) as f64;
            if let Some(place) = moments.get_mut(k) {
                *place = moment;
            }
        }
        (self.moments, self.moments_of) = (moments, a);
    }
}
