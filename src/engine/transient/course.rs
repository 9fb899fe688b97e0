//! From step to step: how long each is, how wide its window, and what it may give up.

use super::ledger::Ledger;
use super::question::{Effort, TooMuchWork};
use super::series::{DEGREE, Rates, Series, Step};
use super::setting::MarkovQueue;
use super::window::Window;
use crate::model::rate::Piece;
use crate::units::Seconds;

/// Jumps of the uniformised chain per step: more cost range in `f64`, fewer waste terms in the series' tail.
const JUMPS: f64 = 128.0;
/// Most messages by which the rate may change within a step: the negative terms of the series stay harmless.
const CHANGE: f64 = 1.0;
/// A course that would take so many times the allowed effort at the pace so far is given up early.
const HOPELESS: f64 = 5.0;
/// Shares of the allowed error: states that are cut off, states that a step leaves, remainders of rates, and series.
const CUT: f64 = 0.4;
const LEFT: f64 = 0.3;
const REMAINDER: f64 = 0.299;
const TRUNCATED: f64 = 0.001;

/// The law on its way through time.
pub(super) struct Course<'q> {
    queue: &'q MarkovQueue,
    effort: Effort,
    end_s: Seconds,
    /// Messages expected by the end: no copy of the queue ever sees more on average.
    arrivals: f64,
    pub now_s: Seconds,
    pub window: Window,
    pub ledger: Ledger,
    series: Series,
    /// A smooth stretch of the rate and its derivatives.
    piece: Vec<Piece>,
    /// States added below and above before a step.
    margin: (f64, f64),
    work: f64,
    largest_mean: f64,
}

/// The part of a step that averages are made of.
pub(super) struct Passed<'s> {
    pub length_s: Seconds,
    /// First state of the integrals.
    pub low: u64,
    /// c during the step.
    pub slots: u64,
    pub step: &'s Step,
}

impl<'q> Course<'q> {
    pub fn new(queue: &'q MarkovQueue, end_s: Seconds, effort: Effort) -> Self {
        Course {
            queue,
            effort,
            end_s,
            arrivals: queue.rate.integral(0.0, end_s),
            now_s: 0.0,
            window: Window::at(queue.initial),
            ledger: Ledger::default(),
            series: Series::default(),
            piece: Vec::new(),
            margin: (12.0, 12.0),
            work: 0.0,
            largest_mean: queue.initial as f64,
        }
    }

    /// Bounds on the errors of probabilities and of means.
    pub fn errors(&self) -> (f64, f64) {
        (self.ledger.error(), self.ledger.mean_error(self.largest_mean))
    }

    /// Goes on until `until_s`, in steps that do not pass a change of slots or service; tells each of them.
    pub fn go_to(&mut self, until_s: Seconds, tell: &mut dyn FnMut(Passed<'_>)) -> Result<(), TooMuchWork> {
        while self.now_s < until_s {
            let change_s = self.queue.next_change_s(self.now_s);
            self.step(until_s.min(change_s), tell)?;
        }
        Ok(())
    }

    /// One step, at most to `until_s`.
    fn step(&mut self, until_s: Seconds, tell: &mut dyn FnMut(Passed<'_>)) -> Result<(), TooMuchWork> {
        if self.piece.first().is_none_or(|piece| piece.until_s <= self.now_s) {
            self.piece = derivatives(self.queue.rate.piece(self.now_s));
        }
        let until_s = until_s.min(self.piece[0].until_s);
        let most = self.most();
        let (mut length_s, mut rates, mut range);
        let mut parts = 1.0;
        loop {
            length_s = (until_s - self.now_s) / parts;
            let allowed = REMAINDER * self.effort.error * length_s / self.end_s;
            let (births, degree, remainder) = self.births(length_s, allowed);
            range = self.range(most);
            rates = self.rates(births, degree, length_s, most);
            let jumps = rates.jumps(range.1);
            if jumps <= JUMPS && rates.change() <= CHANGE && remainder <= allowed {
                self.ledger.arrivals(remainder);
                break;
            }
            self.guard(parts * jumps)?;
            // Equal steps to the end of the stretch, and halves where the polynomial is not good enough.
            parts *= if jumps > JUMPS { (jumps / JUMPS).ceil() } else { 2.0 };
        }
        let share = length_s / self.end_s;
        self.advance(&rates, range, most, share, tell, length_s)?;
        // The last of equal steps ends where the stretch does, whatever rounding says.
        self.now_s = if parts == 1.0 { until_s } else { self.now_s + length_s };
        self.window.trim(CUT * self.effort.error * share, &mut self.ledger);
        let mean: f64 = self.window.states().map(|(n, mass)| n * mass).sum();
        self.largest_mean = self.largest_mean.max(mean);
        Ok(())
    }

    /// Takes the step, again with more states where it has lost too much.
    fn advance(
        &mut self,
        rates: &Rates,
        mut range: (u64, u64),
        most: Option<u64>,
        share: f64,
        tell: &mut dyn FnMut(Passed<'_>),
        length_s: Seconds,
    ) -> Result<(), TooMuchWork> {
        let allowed = 0.5 * LEFT * self.effort.error * share;
        let tolerance = TRUNCATED * self.effort.error * share;
        loop {
            let step = self.series.advance(&self.window, range, rates, tolerance);
            self.work += step.terms as f64 * (range.1 - range.0 + 1) as f64;
            let (terms, lost, truncated) = (step.terms as f64, step.lost, step.truncated);
            self.guard(0.0)?;
            let short = (lost.0 > allowed, lost.1 > allowed);
            if !short.0 && !short.1 {
                let moves = 1.0 + rates.jumps(range.1) + rates.change();
                self.ledger.moved(lost.0, moves);
                self.ledger.moved(lost.1, moves);
                self.ledger.lost(truncated, range.1 as f64, self.arrivals);
                self.ledger.rounded(terms, (2.0 * rates.change()).exp());
                self.window = self.series.law(range.0, range.1);
                self.window.mass[0] += lost.0;
                let last = self.window.mass.len() - 1;
                self.window.mass[last] += lost.1;
                let step = self.series.told();
                tell(Passed { length_s, low: range.0, slots: rates.slots, step });
                self.relax((lost.0 < 0.01 * allowed, lost.1 < 0.01 * allowed));
                return Ok(());
            }
            let widen = |margin: f64, short: bool| if short { 1.5 * margin + 4.0 } else { margin };
            self.margin = (widen(self.margin.0, short.0), widen(self.margin.1, short.1));
            range = self.range(most);
        }
    }

    /// Narrows the margins that were wider than needed.
    fn relax(&mut self, (below, above): (bool, bool)) {
        let narrow = |margin: f64, is_wide: bool| if is_wide { (0.9 * margin).max(2.0) } else { margin };
        self.margin = (narrow(self.margin.0, below), narrow(self.margin.1, above));
    }

    /// The states that the next step is taken on.
    fn range(&self, most: Option<u64>) -> (u64, u64) {
        let low = self.window.low.saturating_sub(self.margin.0.ceil() as u64);
        let high = self.window.high() + self.margin.1.ceil() as u64;
        (low, most.map_or(high, |most| high.min(most.max(self.window.high()))))
    }

    /// Most messages in the system.
    fn most(&self) -> Option<u64> {
        self.queue.room.map(|room| room + self.queue.slots_at(self.now_s))
    }

    /// λ(t)·h as a polynomial in the share of the step, its degree, and the messages that it may be wrong by. The
    /// remainder of Taylor's formula is at most the largest next derivative × h^{d+1}/(d + 1)!.
    fn births(&self, length_s: Seconds, allowed: f64) -> ([f64; DEGREE + 1], usize, f64) {
        let mut births = [0.0; DEGREE + 1];
        let end_s = self.now_s + length_s;
        let mut power = length_s;
        let mut remainder = f64::INFINITY;
        for degree in 0..=DEGREE {
            births[degree] = self.piece[degree].at(self.now_s) * power;
            power *= length_s / (degree + 1) as f64;
            let (low, high) = self.piece[degree + 1].bounds(self.now_s, end_s);
            // Integrated over the step.
            remainder = low.abs().max(high.abs()) * power / (degree + 2) as f64;
            if remainder <= allowed {
                births[0] = births[0].max(0.0);
                return (births, degree, remainder);
            }
        }
        (births, DEGREE, remainder)
    }

    fn rates(&self, births: [f64; DEGREE + 1], degree: usize, length_s: Seconds, most: Option<u64>) -> Rates {
        Rates {
            births,
            degree,
            service: self.queue.service_at(self.now_s) * length_s,
            patience: self.queue.patience_per_s * length_s,
            slots: self.queue.slots_at(self.now_s),
            most,
        }
    }

    /// Ends what takes too long, `jumps` more of them at once.
    fn guard(&self, jumps: f64) -> Result<(), TooMuchWork> {
        let allowed = self.effort.most;
        let mut needed = self.work + jumps * self.window.mass.len() as f64;
        // What a tenth of the effort has not brought far will not end within it.
        if self.work > 0.1 * allowed && self.now_s > 0.0 {
            let all = self.work * self.end_s / self.now_s;
            needed = needed.max(if all > HOPELESS * allowed { all } else { 0.0 });
        }
        if needed > allowed { Err(TooMuchWork { needed, allowed }) } else { Ok(()) }
    }
}

/// A piece and its derivatives, one more than the degree of the polynomials.
fn derivatives(piece: Piece) -> Vec<Piece> {
    let mut chain = vec![piece];
    for _ in 0..=DEGREE {
        let next = chain[chain.len() - 1].derivative();
        chain.push(next);
    }
    chain
}
