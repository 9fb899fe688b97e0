//! Faults of uncertain values.

use super::*;

fn between(values: &str) -> String {
    rate(&format!("{{between: [{values}], confidence: 90%}}"))
}

pub(super) fn cases() -> Vec<(Code, String)> {
    use Code::*;
    vec![
        (Contradiction, between("140/s, 90/s")),
        (Contradiction, between("90/s, 90/s")),
        (OutOfRange, between("0/s, 90/s")),
        (OutOfRange, between("-5/s, 90/s")),
        (WrongUnit, between("90/s, 140ms")),
        (NoUnit, between("90, 140")),
        (WrongShape, between("90/s, 120/s, 140/s")),
        (WrongShape, rate("{between: 90/s, confidence: 90%}")),
        (MissingKey, rate("{between: [90/s, 140/s]}")),
        (OutOfRange, rate("{between: [90/s, 140/s], confidence: 100%}")),
        (OutOfRange, rate("{between: [90/s, 140/s], confidence: 0%}")),
        (UnknownKey, rate("{betwen: [90/s, 140/s], confidence: 90%}")),
        (UnknownKey, rate("{between: [90/s, 140/s], confidence: 90%, shape: 3}")),
        (TwoCurrencies, group(&format!("{GROUP}\n    cost: {{between: [1 USD/h, 2 EUR/h], confidence: 90%}}"))),
        (WrongShape, group("replicas: {between: [2, 5], confidence: 90%}\n    service: 20ms")),
        (WrongShape, rate("40/s").replace("horizon: 2h", "horizon: {between: [1h, 2h], confidence: 90%}")),
        (WrongShape, slo("latency: p99, below: {between: [1s, 2s], confidence: 90%}")),
        (WrongShape, group("replicas: 4\n    service: {gamma: {mean: 20ms, cv: {between: [1, 2], confidence: 90%}}}")),
    ]
}
