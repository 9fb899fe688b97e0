//! The equation dM/dt = P − C with 0 ≤ M ≤ capacity, integrated from cut to cut.
//!
//! Every stretch between breakpoints of P and C is cut where P − C (and P and C less the token rate) changes sign, so
//! that M is monotone between cuts and reaches a bound at most once: the instant is the root of a monotone function.
//! Not here: where P and C come from.

use super::curve::{Curve, affordable, for_common_pieces};
use super::roots::{reaches, sign_changes};
use super::shape::Shape;
use super::trajectory::{Piece, Regime, Totals};
use super::unanswered::Unanswered;
use crate::model::RateLimit;
use crate::units::{Messages, Seconds};

/// The running state: where the backlog is and the pieces that led there.
#[derive(Clone, Debug)]
pub struct Integrator {
    /// Pieces so far.
    pub pieces: Vec<Piece>,
    /// M now.
    pub backlog: Messages,
    /// Totals now.
    pub totals: Totals,
    capacity: Messages,
    bucket: Option<Bucket>,
}

/// A token bucket: tokens come at `rate`, and every message that is taken costs one.
#[derive(Clone, Debug)]
struct Bucket {
    rate: f64,
    size: f64,
    tokens: f64,
}

/// What happens from now on, until the next cut or event.
struct Phase {
    regime: Regime,
    capacity: Shape,
    net: Shape,
    /// ∫(P − C) until the next cut, if nothing happens before.
    gain: f64,
    /// Net flow into the bucket.
    tokens: Option<Shape>,
}

impl Integrator {
    /// Starts with `initial` messages, of which those beyond `capacity` are lost, and a full bucket.
    pub fn new(initial: Messages, capacity: Option<Messages>, limit: Option<RateLimit>) -> Self {
        let capacity = capacity.unwrap_or(f64::INFINITY);
        let bucket = limit.map(|limit| Bucket { rate: limit.rate_per_s, size: limit.burst, tokens: limit.burst });
        let totals = Totals { lost: (initial - capacity).max(0.0), ..Totals::default() };
        Self { pieces: Vec::new(), backlog: initial.min(capacity), totals, capacity, bucket }
    }

    /// Goes on under these rates, which cover the same interval.
    ///
    /// # Errors
    ///
    /// [`Unanswered::TooManyPieces`], [`Unanswered::NotFinite`].
    pub fn run(&mut self, inflow: &Curve, slots: &Curve) -> Result<(), Unanswered> {
        self.integrate(inflow, slots)
    }

    /// The same, after a cut at which nothing need have changed: pieces that go on are not cut there.
    ///
    /// # Errors
    ///
    /// Those of [`Integrator::run`].
    pub fn go_on(&mut self, inflow: &Curve, slots: &Curve) -> Result<(), Unanswered> {
        let seam = self.pieces.len();
        self.integrate(inflow, slots)?;
        if let Some(before) = seam.checked_sub(1)
            && let Some(joined) = self.pieces.get(seam).and_then(|next| self.pieces[before].joined(next))
        {
            self.pieces[before] = joined;
            self.pieces.remove(seam);
        }
        Ok(())
    }

    fn integrate(&mut self, inflow: &Curve, slots: &Curve) -> Result<(), Unanswered> {
        let mut cuts = Vec::new();
        let mut outcome = Ok(());
        for_common_pieces(inflow, slots, |from_s, until_s, p, k| {
            if outcome.is_ok() {
                outcome = self.stretch(p, k, from_s, until_s, &mut cuts);
            }
        });
        outcome?;
        let totals = [self.totals.arrived, self.totals.served, self.totals.area, self.backlog];
        if totals.iter().all(|total| total.is_finite()) { Ok(()) } else { Err(Unanswered::NotFinite) }
    }

    /// One stretch on which P and the slots' rate are smooth.
    fn stretch(&mut self, p: &Shape, k: &Shape, a: f64, b: f64, cuts: &mut Vec<f64>) -> Result<(), Unanswered> {
        let (p, k) = (p.rebased(a), k.rebased(a));
        let noise = 4.0 * f64::EPSILON * (p.magnitude(a, b) + k.magnitude(a, b));
        if !noise.is_finite() {
            return Err(Unanswered::NotFinite);
        }
        cuts.clear();
        sign_changes(&p.minus(&k, a), a, b, noise, cuts);
        if let Some(bucket) = &self.bucket {
            let tokens = Shape::constant(bucket.rate);
            sign_changes(&p.minus(&tokens, a), a, b, noise, cuts);
            sign_changes(&k.minus(&tokens, a), a, b, noise, cuts);
            cuts.sort_by(f64::total_cmp);
        }
        affordable((self.pieces.len() + cuts.len()) as f64)?;
        let mut from_s = a;
        for until_s in cuts.iter().copied().chain(std::iter::once(b)) {
            if until_s > from_s {
                self.monotone(&p, &k, from_s, until_s)?;
                from_s = until_s;
            }
        }
        Ok(())
    }

    /// One stretch on which the signs of all differences stay the same.
    fn monotone(&mut self, p: &Shape, k: &Shape, a: Seconds, b: Seconds) -> Result<(), Unanswered> {
        let mut t = a;
        while t < b {
            let phase = self.phase(p, k, t, b);
            let backlog_at_event = self.backlog_event(&phase, t, b);
            let tokens_at_event = self.token_event(&phase, t, b);
            let event_s = |event: Option<(Seconds, f64)>| event.map_or(b, |(at_s, _)| at_s);
            let until_s = event_s(backlog_at_event).min(event_s(tokens_at_event));
            let level = |event: Option<(Seconds, f64)>| event.filter(|(at_s, _)| *at_s <= until_s).map(|e| e.1);
            self.advance(phase, p, t, until_s, level(backlog_at_event), level(tokens_at_event));
            affordable(self.pieces.len() as f64)?;
            t = until_s;
        }
        Ok(())
    }

    /// What holds from `t` on.
    fn phase(&self, p: &Shape, k: &Shape, t: Seconds, b: Seconds) -> Phase {
        // Differences keep their sign until `b`, so their integrals have it too; a value might underflow to 0.
        let excess = |shape: &Shape, rate: f64| shape.minus(&Shape::constant(rate), t).integral(t, b);
        let capacity = match &self.bucket {
            Some(bucket) if bucket.is_binding(self.backlog, excess(p, bucket.rate), excess(k, bucket.rate)) => {
                Shape::constant(bucket.rate)
            }
            _ => k.clone(),
        };
        let net = p.minus(&capacity, t);
        let gain = net.integral(t, b);
        let is_full = self.backlog >= self.capacity;
        let regime = if is_full && (gain > 0.0 || (gain == 0.0 && self.capacity > 0.0)) {
            Regime::Full
        } else if self.backlog > 0.0 || gain > 0.0 {
            Regime::Waiting
        } else {
            Regime::Empty
        };
        let served = if regime == Regime::Empty { p } else { &capacity };
        let tokens = self.bucket.as_ref().map(|bucket| Shape::constant(bucket.rate).minus(served, t));
        let net = if regime == Regime::Waiting { net } else { Shape::constant(0.0) };
        Phase { regime, capacity, net, gain, tokens }
    }

    /// When M reaches 0 or the capacity before `b`, and which of them.
    fn backlog_event(&self, phase: &Phase, t: Seconds, b: Seconds) -> Option<(Seconds, Messages)> {
        let gain = phase.gain;
        if phase.regime != Regime::Waiting || gain == 0.0 {
            return None;
        }
        let target = if gain > 0.0 { self.capacity } else { 0.0 };
        // What is below the rounding of the totals is nothing: a queue that ends empty ends at 0.
        let dust = 16.0 * f64::EPSILON * (self.totals.arrived + self.totals.served + self.backlog);
        let missing = target - self.backlog;
        let is_reached = if gain > 0.0 { gain >= missing } else { gain <= missing + dust };
        is_reached.then(|| (if gain.abs() < missing.abs() { b } else { reaches(&phase.net, t, b, missing) }, target))
    }

    /// When the bucket runs empty or full before `b`, and which of them.
    fn token_event(&self, phase: &Phase, t: Seconds, b: Seconds) -> Option<(Seconds, f64)> {
        let (bucket, flow) = (self.bucket.as_ref()?, phase.tokens.as_ref()?);
        let gain = flow.integral(t, b);
        let target = if gain > 0.0 { bucket.size } else { 0.0 };
        let missing = target - bucket.tokens;
        if gain == 0.0 || missing == 0.0 {
            return None;
        }
        (gain.abs() >= missing.abs()).then(|| (reaches(flow, t, b, missing), target))
    }

    /// Closes the piece `[t, until_s]`; a level that was reached is set exactly.
    fn advance(&mut self, phase: Phase, p: &Shape, t: f64, until_s: f64, backlog: Option<f64>, tokens: Option<f64>) {
        let mut piece = Piece {
            from_s: t,
            until_s,
            regime: phase.regime,
            inflow: p.clone(),
            capacity: phase.capacity,
            net: phase.net,
            backlog: self.backlog,
            backlog_until: self.backlog,
            totals: self.totals,
        };
        self.totals = piece.totals_at(until_s);
        let level = self.backlog + piece.net.integral(t, until_s);
        self.backlog = backlog.unwrap_or_else(|| level.clamp(0.0, self.capacity));
        piece.backlog_until = self.backlog;
        if let (Some(bucket), Some(flow)) = (&mut self.bucket, phase.tokens) {
            let level = bucket.tokens + flow.integral(t, until_s);
            bucket.tokens = tokens.unwrap_or(level.clamp(0.0, bucket.size));
        }
        if until_s > t {
            self.pieces.push(piece);
        }
    }
}

impl Bucket {
    /// Whether the tokens, not the slots, limit what is taken, with what P and the slots have beyond the token rate.
    fn is_binding(&self, backlog: Messages, p_excess: f64, k_excess: f64) -> bool {
        self.tokens <= 0.0 && k_excess > 0.0 && (backlog > 0.0 || p_excess >= 0.0)
    }
}
