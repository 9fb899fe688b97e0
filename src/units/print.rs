//! Quantities as text that a person reads and the reader of this module accepts again.

use std::fmt::Write as _;

use super::{PerSecond, Seconds};

/// A number with at most `digits` significant digits and no trailing zeros.
fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = value.abs().log10().floor() as i32;
    if magnitude >= digits as i32 {
        return format!("{value:.0}");
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A duration: `0s`, `250ms`, `1h30m`, `2d`, `83.4s`. Seconds are rounded to 4 significant digits of the whole.
pub fn show_duration(seconds: Seconds) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let size = seconds.abs();
    if size == 0.0 {
        return "0s".to_owned();
    }
    if size < 0.9995 {
        return format!("{sign}{}ms", significant(size * 1e3, 4));
    }
    if size < 119.95 {
        return format!("{sign}{}s", significant(size, 4));
    }
    let mut rest = size.round();
    let mut text = sign.to_owned();
    for (unit, length) in [("d", 86_400.0), ("h", 3_600.0), ("m", 60.0), ("s", 1.0)] {
        let whole = (rest / length).floor();
        if whole > 0.0 {
            let _ = write!(text, "{whole:.0}{unit}");
            rest -= whole * length;
        }
    }
    text
}

/// A rate per second: `40/s`, `1.2k/s`, `0.02/s`.
pub fn show_rate(per_s: PerSecond) -> String {
    format!("{}/s", show_count(per_s))
}

/// A number of messages: `950`, `12.5k`, `3.4M`.
pub fn show_count(count: f64) -> String {
    let size = count.abs();
    if size >= 999_950.0 {
        format!("{}M", significant(count / 1e6, 4))
    } else if size >= 9_999.5 {
        format!("{}k", significant(count / 1e3, 4))
    } else {
        significant(count, 4)
    }
}

/// An amount of memory in decimal units, with three digits (whole megabytes, rounded up): `25 MB`, `3.46 GB`, `480 TB`.
pub fn show_bytes(bytes: f64) -> String {
    let units = [("MB", 1e6), ("GB", 1e9), ("TB", 1e12), ("PB", 1e15)];
    // From 999.5 on, three digits would be those of the next unit.
    let fits = |length: f64| bytes < 999.5 * length;
    let (unit, length) = units.into_iter().find(|(_, length)| fits(*length)).unwrap_or(units[3]);
    let amount = bytes / length;
    if unit == "MB" { format!("{:.0} MB", amount.ceil()) } else { format!("{} {unit}", significant(amount, 3)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{read_count, read_duration, read_rate};

    #[test]
    fn durations_read_naturally() {
        for (seconds, text) in [
            (0.0, "0s"),
            (0.25, "250ms"),
            (0.000_02, "0.02ms"),
            (1.0, "1s"),
            (83.44, "83.44s"),
            (5_400.0, "1h30m"),
            (172_800.0, "2d"),
            (7_200.0, "2h"),
            (-600.0, "-10m"),
            (90_061.0, "1d1h1m1s"),
        ] {
            assert_eq!(show_duration(seconds), text);
        }
    }

    #[test]
    fn memory_is_printed_in_its_own_unit() {
        for (bytes, text) in [
            (0.0, "0 MB"),
            (24.2e6, "25 MB"),
            (999.6e6, "1 GB"),
            (25.28e9, "25.3 GB"),
            (4.8e14, "480 TB"),
            (2e19, "20000 PB"),
        ] {
            assert_eq!(show_bytes(bytes), text);
        }
    }

    #[test]
    fn what_is_printed_can_be_read_again() {
        for value in [0.002, 0.5, 17.0, 130.0, 3_700.0, 1.0e6] {
            let back = read_duration(&show_duration(value)).unwrap();
            assert!((back - value).abs() <= 1e-3 * value, "{value} became {back}");
            let back = read_rate(&show_rate(value)).unwrap();
            assert!((back - value).abs() <= 1e-3 * value, "{value} became {back}");
        }
        assert_eq!(read_count(&show_count(12_500.0)).unwrap(), 12_500.0);
    }
}
