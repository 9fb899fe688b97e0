//! How many replicas a known rate needs: by utilization, by the square root, or by Erlang's formula.
//!
//! Only what scalers need; the formulas engine has the complete theory.

use super::plain::PlainReason;
use super::reason::{Reasons, show};
use crate::model::scaling::{Staffing, Workforce};
use crate::units::PerSecond;

/// Replicas for `rate_per_s`, at most `most`, with the line of arithmetic.
pub(super) fn staff(
    staffing: Staffing,
    workforce: Workforce,
    rate_per_s: PerSecond,
    most: u32,
    reasons: &mut Reasons,
) -> u32 {
    let load = rate_per_s.max(0.0) / workforce.per_slot_per_s;
    let slots = match staffing {
        Staffing::Utilization(utilization) => load / utilization,
        Staffing::SquareRoot { beta } => load + beta * load.sqrt(),
        Staffing::ErlangC { within_s, share } => {
            let limit = u64::from(most) * u64::from(workforce.slots);
            erlang_c_slots(load, within_s * workforce.per_slot_per_s, share, limit) as f64
        }
    };
    let replicas = (slots / f64::from(workforce.slots)).ceil().min(f64::from(u32::MAX)) as u32;
    reasons.say(|| {
        let (rate, load, slots) = (show(rate_per_s), show(load), show(slots));
        let law = match staffing {
            Staffing::Utilization(utilization) => format!("at utilization {}", show(utilization)),
            Staffing::SquareRoot { beta } => format!("by square-root staffing with β {}", show(beta)),
            Staffing::ErlangC { within_s, share } => {
                format!("by Erlang C, P(W > {} s) ≤ {}", show(within_s), show(share))
            }
        };
        let each = workforce.slots;
        PlainReason::computed(format!("{rate}/s are {load} busy slots; {law}: {slots} slots, {each} each: {replicas}"))
    });
    replicas
}

/// The fewest slots c > a with P(W > t) = C(c, a)·e^(−(c − a)·t/s) ≤ share, at most `limit`; `time` is t/s in mean
/// service times. C by Erlang's recursion for B and C = B / (1 − ρ(1 − B)) (Erlang, 1917).
fn erlang_c_slots(load: f64, time: f64, share: f64, limit: u64) -> u64 {
    if load <= 0.0 {
        return 0;
    }
    let mut blocking = 1.0;
    for slots in 1..=limit {
        let servers = slots as f64;
        blocking = load * blocking / (servers + load * blocking);
        if servers > load {
            let waiting = blocking / (1.0 - load / servers * (1.0 - blocking));
            if waiting * (-(servers - load) * time).exp() <= share {
                return slots;
            }
        }
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicas(staffing: Staffing, rate_per_s: f64, slots: u32) -> u32 {
        let workforce = Workforce { slots, per_slot_per_s: 1.0 };
        staff(staffing, workforce, rate_per_s, 1000, &mut Reasons::skipped())
    }

    #[test]
    fn laws_of_staffing() {
        assert_eq!(replicas(Staffing::Utilization(0.8), 80.0, 1), 100);
        assert_eq!(replicas(Staffing::Utilization(0.8), 80.0, 3), 34);
        assert_eq!(replicas(Staffing::SquareRoot { beta: 1.0 }, 100.0, 1), 110);
        assert_eq!(replicas(Staffing::Utilization(0.8), 0.0, 1), 0);
    }

    #[test]
    fn erlang_c_staffs_the_classical_example() {
        // M/M/2 with a = 1: C = 1/3; M/M/3 with a = 1: C = 1/11; M/M/4: 1/49.
        let at = |share| replicas(Staffing::ErlangC { within_s: 0.0, share }, 1.0, 1);
        assert_eq!([at(0.34), at(0.33), at(0.091), at(0.0909), at(0.0205), at(0.0204)], [2, 3, 3, 4, 4, 5]);
        // M/M/2, a = 1: P(W > t) = e^(−t)/3, so 5 % within t = ln(20/3).
        let later = |within_s: f64| replicas(Staffing::ErlangC { within_s, share: 0.05 }, 1.0, 1);
        assert_eq!([later((20.0_f64 / 3.0).ln() + 1e-9), later((20.0_f64 / 3.0).ln() - 1e-9)], [2, 3]);
    }

    #[test]
    fn a_load_beyond_the_limit_takes_what_there_is() {
        assert_eq!(replicas(Staffing::ErlangC { within_s: 1.0, share: 0.1 }, 5000.0, 1), 1000);
    }
}
