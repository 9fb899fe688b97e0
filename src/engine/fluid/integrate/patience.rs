//! The equation with impatient messages: dM/dt = P − C − θM while something waits.
//!
//! Each of the messages that wait is given up at rate θ. Between cuts M relaxes towards (P − C)/θ; it turns where that
//! level passes it, so that stretches are cut there too and M is monotone on every piece. Not here: a constant time to
//! live, after which the oldest go.

use super::{Integrator, Smooth};
use crate::engine::fluid::curve::affordable;
use crate::engine::fluid::roots::{reaches, sign_changes};
use crate::engine::fluid::shape::Shape;
use crate::engine::fluid::trajectory::{Piece, Regime};
use crate::engine::fluid::unanswered::Unanswered;
use crate::units::Seconds;

/// Turns closer to the begin than this share of the stretch are the begin.
const SAME_TURN: f64 = 1e-9;

impl Integrator {
    /// One stretch on which P − C keeps its sign; messages are given up at rate `patience` each.
    pub(super) fn impatient(
        &mut self,
        rates: &Smooth,
        patience: f64,
        a: Seconds,
        b: Seconds,
    ) -> Result<(), Unanswered> {
        let excess = rates.p.minus(&rates.k, a);
        let mut t = a;
        while t < b {
            if self.backlog <= 0.0 && excess.integral(t, b) <= 0.0 {
                self.close(rates, Regime::Empty, Shape::constant(0.0), t, b, None);
                return Ok(());
            }
            let begin = excess.at(t) - patience * self.backlog;
            let net = excess.derivative().relaxing(patience, begin, t).ok_or(Unanswered::Resonance)?;
            let noise = 4.0 * f64::EPSILON * (net.magnitude(t, b) + rates.magnitude(t, b));
            let mut turns = Vec::new();
            sign_changes(&net, t, b, noise, &mut turns);
            // A turn from which it has just come is found again by rounding.
            let mut until_s = turns.into_iter().find(|turn_s| *turn_s > t + SAME_TURN * (b - t)).unwrap_or(b);
            let gain = net.integral(t, until_s);
            let mut level = None;
            let dust = 16.0 * f64::EPSILON * (self.totals.arrived + self.totals.served + self.backlog);
            if gain < 0.0 && self.backlog + gain <= dust && excess.at(until_s) <= 0.0 {
                level = Some(0.0);
                if self.backlog + gain < 0.0 {
                    until_s = reaches(&net, t, until_s, -self.backlog);
                }
            }
            self.close(rates, Regime::Expiring, net, t, until_s, level);
            affordable(self.pieces.len() as f64)?;
            t = until_s;
        }
        Ok(())
    }

    fn close(&mut self, rates: &Smooth, regime: Regime, net: Shape, t: f64, until_s: f64, level: Option<f64>) {
        if until_s <= t {
            self.backlog = level.unwrap_or(self.backlog);
            return;
        }
        let excess = rates.p.minus(&rates.k, t);
        let expired = (regime == Regime::Expiring).then(|| excess.minus(&net, t));
        let (inflow, capacity, backlog, totals) = (rates.p.clone(), rates.k.clone(), self.backlog, self.totals);
        let mut piece =
            Piece { from_s: t, until_s, regime, inflow, capacity, net, expired, backlog, backlog_until: 0.0, totals };
        self.totals = piece.totals_at(until_s);
        self.backlog = level.unwrap_or((self.backlog + piece.net.integral(t, until_s)).max(0.0));
        piece.backlog_until = self.backlog;
        self.pieces.push(piece);
    }
}
