//! The equation dM/dt = P − C with 0 ≤ M ≤ capacity, integrated from cut to cut.
//!
//! Every stretch between breakpoints of P and C is cut where P − C (and P and C less the token rate) changes sign, so
//! that M is monotone between cuts and reaches a bound at most once: the instant is the root of a monotone function.
//! Not here: where P and C come from.

mod patience;

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
    /// Where messages expire after a constant time: what has left the head beyond what is as old as that.
    slack: Option<Messages>,
    /// Where messages are impatient: the rate at which each of those that wait is given up.
    patience: Option<f64>,
}

/// The rates on an interval, which all of them cover.
#[derive(Clone, Copy, Debug)]
pub struct Rates<'c> {
    /// P(t), as it becomes deliverable.
    pub inflow: &'c Curve,
    /// What all slots could take.
    pub slots: &'c Curve,
    /// What reaches the age at which it expires, if it still waits then.
    pub due: Option<&'c Curve>,
}

/// The same on a stretch on which they are smooth.
#[derive(Clone, Debug)]
struct Smooth {
    p: Shape,
    k: Shape,
    q: Option<Shape>,
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
    /// What expires.
    expired: Option<Shape>,
    /// Net flow into the slack.
    slack: Option<Shape>,
}

impl Integrator {
    /// Starts with `initial` messages, of which those beyond `capacity` are lost, and a full bucket.
    pub fn new(initial: Messages, capacity: Option<Messages>, limit: Option<RateLimit>) -> Self {
        let capacity = capacity.unwrap_or(f64::INFINITY);
        let bucket = limit.map(|limit| Bucket { rate: limit.rate_per_s, size: limit.burst, tokens: limit.burst });
        let totals = Totals { lost: (initial - capacity).max(0.0), ..Totals::default() };
        Self {
            pieces: Vec::new(),
            backlog: initial.min(capacity),
            totals,
            capacity,
            bucket,
            slack: None,
            patience: None,
        }
    }

    /// Each message that waits is given up at this rate.
    pub fn set_patience(&mut self, per_s: f64) {
        self.patience = Some(per_s);
    }

    /// Whether messages are given up.
    pub fn is_impatient(&self) -> bool {
        self.patience.is_some()
    }

    /// Messages expire from now on; what is there at the begin does so by [`Integrator::expire`].
    pub fn begin_expiry(&mut self) {
        self.slack = Some(0.0);
    }

    /// The messages that were there at t = 0 have reached the age at which they expire: what is left of them does.
    pub fn expire(&mut self, initial: Messages, lost_at_start: Messages) {
        let left = initial - (self.totals.served + self.totals.lost - lost_at_start);
        let expired = left.clamp(0.0, self.backlog);
        self.backlog -= expired;
        self.totals.lost += expired;
        self.slack = Some((-left).max(0.0));
    }

    /// Goes on under these rates, which cover the same interval.
    ///
    /// # Errors
    ///
    /// [`Unanswered::TooManyPieces`], [`Unanswered::NotFinite`].
    pub fn run(&mut self, rates: Rates<'_>) -> Result<(), Unanswered> {
        let mut cuts = Vec::new();
        let mut outcome = Ok(());
        for_common_pieces(rates.inflow, rates.slots, |from_s, until_s, p, k| {
            if outcome.is_ok() {
                outcome = match rates.due {
                    None => self.stretch(&Smooth::new(p, k, None, from_s), from_s, until_s, &mut cuts),
                    Some(due) => due
                        .between(from_s, until_s)
                        .pieces()
                        .try_for_each(|(a, b, q)| self.stretch(&Smooth::new(p, k, Some(q), a), a, b, &mut cuts)),
                };
            }
        });
        outcome?;
        let totals = [self.totals.arrived, self.totals.served, self.totals.area, self.backlog];
        if totals.iter().all(|total| total.is_finite()) { Ok(()) } else { Err(Unanswered::NotFinite) }
    }

    /// The same, after a cut at which nothing need have changed: pieces that go on are not cut there.
    ///
    /// # Errors
    ///
    /// Those of [`Integrator::run`].
    pub fn go_on(&mut self, rates: Rates<'_>) -> Result<(), Unanswered> {
        let seam = self.pieces.len();
        self.run(rates)?;
        if let Some(before) = seam.checked_sub(1)
            && let Some(joined) = self.pieces.get(seam).and_then(|next| self.pieces[before].joined(next))
        {
            self.pieces[before] = joined;
            self.pieces.remove(seam);
        }
        Ok(())
    }

    /// One stretch on which all rates are smooth.
    fn stretch(&mut self, rates: &Smooth, a: f64, b: f64, cuts: &mut Vec<f64>) -> Result<(), Unanswered> {
        let noise = 4.0 * f64::EPSILON * rates.magnitude(a, b);
        if !noise.is_finite() {
            return Err(Unanswered::NotFinite);
        }
        cuts.clear();
        for (first, second) in rates.rivals(self.bucket.as_ref().map(|bucket| bucket.rate)) {
            sign_changes(&first.minus(&second, a), a, b, noise, cuts);
        }
        cuts.sort_by(f64::total_cmp);
        affordable((self.pieces.len() + cuts.len()) as f64)?;
        let mut from_s = a;
        for until_s in cuts.iter().copied().chain(std::iter::once(b)) {
            if until_s > from_s {
                match self.patience {
                    None => self.monotone(rates, from_s, until_s)?,
                    Some(patience) => self.impatient(rates, patience, from_s, until_s)?,
                }
                from_s = until_s;
            }
        }
        Ok(())
    }

    /// One stretch on which the signs of all differences stay the same.
    fn monotone(&mut self, rates: &Smooth, a: Seconds, b: Seconds) -> Result<(), Unanswered> {
        let mut t = a;
        while t < b {
            let phase = self.phase(rates, t, b);
            let events =
                [self.backlog_event(&phase, t, b), self.token_event(&phase, t, b), self.slack_event(&phase, t, b)];
            let until_s = events.iter().flatten().map(|(at_s, _)| *at_s).fold(b, f64::min);
            let levels = events.map(|event| event.filter(|(at_s, _)| *at_s <= until_s).map(|(_, level)| level));
            self.advance(phase, &rates.p, t, until_s, levels);
            affordable(self.pieces.len() as f64)?;
            t = until_s;
        }
        Ok(())
    }

    /// What holds from `t` on.
    fn phase(&self, rates: &Smooth, t: Seconds, b: Seconds) -> Phase {
        let Smooth { p, k, q } = rates;
        // Differences keep their sign until `b`, so their integrals have it too; a value might underflow to 0.
        let excess = |shape: &Shape, rate: f64| shape.minus(&Shape::constant(rate), t).integral(t, b);
        let capacity = match &self.bucket {
            Some(bucket) if bucket.is_binding(self.backlog, excess(p, bucket.rate), excess(k, bucket.rate)) => {
                Shape::constant(bucket.rate)
            }
            _ => k.clone(),
        };
        let expired = match (self.slack, q) {
            (Some(slack), Some(q)) if slack <= 0.0 && self.backlog > 0.0 => {
                Some(q.minus(&capacity, t)).filter(|expired| expired.integral(t, b) > 0.0)
            }
            _ => None,
        };
        // What leaves the head while something waits.
        let removed = if expired.is_some() { q.as_ref().unwrap_or(&capacity) } else { &capacity };
        let net = p.minus(removed, t);
        let gain = net.integral(t, b);
        let is_full = self.backlog >= self.capacity;
        let regime = if is_full && (gain > 0.0 || (gain == 0.0 && self.capacity > 0.0)) {
            Regime::Full
        } else if expired.is_some() {
            Regime::Expiring
        } else if self.backlog > 0.0 || gain > 0.0 {
            Regime::Waiting
        } else {
            Regime::Empty
        };
        let (left, served) = match regime {
            Regime::Empty => (p, p),
            Regime::Full => (p, &capacity),
            Regime::Waiting | Regime::Expiring => (removed, &capacity),
        };
        let tokens = self.bucket.as_ref().map(|bucket| Shape::constant(bucket.rate).minus(served, t));
        let slack = self.slack.and(q.as_ref()).map(|q| left.minus(q, t));
        let moves = matches!(regime, Regime::Waiting | Regime::Expiring);
        let net = if moves { net } else { Shape::constant(0.0) };
        let expired = if regime == Regime::Expiring { expired } else { None };
        Phase { regime, capacity, net, gain, tokens, expired, slack }
    }

    /// When M reaches 0 or the capacity before `b`, and which of them.
    fn backlog_event(&self, phase: &Phase, t: Seconds, b: Seconds) -> Option<(Seconds, Messages)> {
        let gain = phase.gain;
        if !matches!(phase.regime, Regime::Waiting | Regime::Expiring) || gain == 0.0 {
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

    /// When the head reaches the age at which it expires, before `b`.
    fn slack_event(&self, phase: &Phase, t: Seconds, b: Seconds) -> Option<(Seconds, f64)> {
        let (slack, flow) = (self.slack?, phase.slack.as_ref()?);
        let gain = flow.integral(t, b);
        let dust = 16.0 * f64::EPSILON * (self.totals.arrived + self.totals.served + self.totals.lost);
        if gain >= 0.0 || slack <= 0.0 || slack + gain > dust {
            return None;
        }
        Some((if slack + gain > 0.0 { b } else { reaches(flow, t, b, -slack) }, 0.0))
    }

    /// Closes the piece `[t, until_s]`; a level (of backlog, tokens, slack) that was reached is set exactly.
    fn advance(&mut self, phase: Phase, p: &Shape, t: f64, until_s: f64, levels: [Option<f64>; 3]) {
        let [backlog, tokens, slack] = levels;
        let mut piece = Piece {
            from_s: t,
            until_s,
            regime: phase.regime,
            inflow: p.clone(),
            capacity: phase.capacity,
            net: phase.net,
            expired: phase.expired,
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
        if let (Some(level), Some(flow)) = (&mut self.slack, phase.slack) {
            *level = slack.unwrap_or((*level + flow.integral(t, until_s)).max(0.0));
        }
        if until_s > t {
            self.pieces.push(piece);
        }
    }
}

impl Smooth {
    /// The rates around the origin `a`.
    fn new(p: &Shape, k: &Shape, q: Option<&Shape>, a: Seconds) -> Self {
        Self { p: p.rebased(a), k: k.rebased(a), q: q.map(|q| q.rebased(a)) }
    }

    fn magnitude(&self, a: Seconds, b: Seconds) -> f64 {
        let due = self.q.as_ref().map_or(0.0, |q| q.magnitude(a, b));
        self.p.magnitude(a, b) + self.k.magnitude(a, b) + due
    }

    /// Pairs of rates of which the larger one decides what happens.
    fn rivals(&self, tokens: Option<f64>) -> Vec<(Shape, Shape)> {
        let mut pairs = vec![(self.p.clone(), self.k.clone())];
        if let Some(rate) = tokens {
            pairs.push((self.p.clone(), Shape::constant(rate)));
            pairs.push((self.k.clone(), Shape::constant(rate)));
        }
        if let Some(q) = &self.q {
            pairs.push((self.p.clone(), q.clone()));
            pairs.push((self.k.clone(), q.clone()));
        }
        pairs
    }
}

impl Bucket {
    /// Whether the tokens, not the slots, limit what is taken, with what P and the slots have beyond the token rate.
    fn is_binding(&self, backlog: Messages, p_excess: f64, k_excess: f64) -> bool {
        self.tokens <= 0.0 && k_excess > 0.0 && (backlog > 0.0 || p_excess >= 0.0)
    }
}
