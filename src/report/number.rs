//! Numbers as people read them: three significant digits, a unit that fits, no trailing zeros.
//!
//! Only for tables and charts; files carry full precision. Instants on a clock are in `clock`.

/// Rounds to three significant digits.
fn three_digits(x: f64) -> f64 {
    rounded(x, 3)
}

/// Rounds to significant digits.
pub(super) fn rounded(x: f64, digits: i32) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let scale = 10f64.powi(digits - 1 - x.abs().log10().floor() as i32);
    // A very small number has a scale beyond f64; such a number has no digits to lose.
    if scale.is_finite() { (x * scale).round() / scale } else { x }
}

/// Three significant digits, without an exponent where a reader can do without one.
pub(super) fn plain(x: f64) -> String {
    let rounded = three_digits(x) + 0.0;
    let size = rounded.abs();
    if !rounded.is_finite() {
        "?".to_owned()
    } else if size != 0.0 && !(1e-6..1e15).contains(&size) {
        let digits = format!("{x:.2e}");
        let (digits, exponent) = digits.split_once('e').expect("an exponent was asked for");
        format!("{}e{exponent}", trim_zeros(digits))
    } else {
        // Shortest digits that round-trip: three at most, because the number was rounded to three.
        let decimals = if size == 0.0 { 0 } else { (2 - size.log10().floor() as i32).max(0) as usize };
        trim_zeros(&format!("{rounded:.decimals$}"))
    }
}

fn trim_zeros(digits: &str) -> String {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.').to_owned() } else { digits.to_owned() }
}

/// The shortest digits that read back as the same number: for files, not for people.
pub(super) fn round_trip(x: f64) -> String {
    let x = x + 0.0;
    if x != 0.0 && !(1e-7..1e17).contains(&x.abs()) { format!("{x:e}") } else { format!("{x}") }
}

/// A number of messages: `3`, `12.4`, `72.1k`, `2.4M`.
pub(super) fn count(x: f64) -> String {
    let rounded = three_digits(x);
    let (divisor, suffix) = match rounded.abs() {
        size if size >= 1e12 => (1e12, "T"),
        size if size >= 1e9 => (1e9, "G"),
        size if size >= 1e6 => (1e6, "M"),
        size if size >= 1e3 => (1e3, "k"),
        _ => (1.0, ""),
    };
    format!("{}{suffix}", plain(rounded / divisor))
}

/// `1 message`, `72.1k messages`.
pub(super) fn messages(x: f64) -> String {
    plural(x, "message")
}

/// A count with its noun.
pub(super) fn plural(x: f64, noun: &str) -> String {
    let digits = count(x);
    let ending = if digits == "1" { "" } else { "s" };
    format!("{digits} {noun}{ending}")
}

/// A duration: `350 ms`, `1.24 s`, `6m 2s`, `1h 12m`, `3d 4h`.
pub(super) fn duration(seconds: f64) -> String {
    let rounded = three_digits(seconds);
    let size = rounded.abs();
    if size == 0.0 {
        "0 s".to_owned()
    } else if size < 60.0 {
        let (factor, unit) = short_unit(size);
        format!("{} {unit}", plain(rounded * factor))
    } else {
        let sign = if seconds < 0.0 { "-" } else { "" };
        format!("{sign}{}", long_duration(seconds.abs()))
    }
}

/// Factor and name of the unit in which a duration below a minute has one to three digits before the point.
fn short_unit(seconds: f64) -> (f64, &'static str) {
    match seconds {
        size if size >= 1.0 => (1.0, "s"),
        size if size >= 1e-3 => (1e3, "ms"),
        size if size >= 1e-6 => (1e6, "µs"),
        _ => (1e9, "ns"),
    }
}

/// At least a minute: the two largest units, the second one rounded.
fn long_duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 3600.0;
    const DAY: f64 = 86_400.0;
    let pair = |whole: f64, part: f64, name: &str, part_name: &str| {
        let (units, rest) = ((whole / part).floor(), whole % part);
        if rest == 0.0 {
            format!("{}{name}", grouped(units))
        } else {
            format!("{}{name} {rest}{part_name}", grouped(units))
        }
    };
    let in_seconds = seconds.round();
    let in_minutes = (seconds / MINUTE).round();
    let in_hours = (seconds / HOUR).round();
    if in_seconds < HOUR {
        pair(in_seconds, 60.0, "m", "s")
    } else if in_minutes * MINUTE < DAY {
        pair(in_minutes, 60.0, "h", "m")
    } else if seconds < 100.0 * DAY {
        pair(in_hours, 24.0, "d", "h")
    } else {
        format!("{}d", count(seconds / DAY))
    }
}

fn grouped(units: f64) -> String {
    format!("{units}")
}

/// A rate in the unit in which it is at least 1: `240/s`, `1.2k/s`, `36/h`.
pub(super) fn rate(per_s: f64) -> String {
    let (factor, unit) = rate_unit(per_s);
    let short = match unit {
        "second" => "s",
        "minute" => "min",
        "hour" => "h",
        _ => "d",
    };
    format!("{}/{short}", count(per_s * factor))
}

/// Factor and name of the unit of time in which a rate is at least 1.
pub(super) fn rate_unit(per_s: f64) -> (f64, &'static str) {
    match three_digits(per_s.abs()) {
        size if size == 0.0 || size >= 1.0 => (1.0, "second"),
        size if size * 60.0 >= 1.0 => (60.0, "minute"),
        size if size * 3600.0 >= 1.0 => (3600.0, "hour"),
        _ => (86_400.0, "day"),
    }
}

/// A share of one: `64 %`, `0.1 %`, `99.96 %`.
pub(super) fn share(x: f64) -> String {
    let missing = 1.0 - x;
    if missing > 0.0 && missing < 0.01 {
        // Two digits of what is missing: "100 %" would claim too much.
        let decimals = (-(missing * 100.0).log10().floor()).clamp(0.0, 4.0) as usize + 1;
        let digits = format!("{:.decimals$}", x * 100.0);
        return format!("{} %", trim_zeros(&digits));
    }
    format!("{} %", plain(x * 100.0))
}

/// An amount of money with two decimals while it is small enough to need them.
pub(super) fn money(amount: f64, currency: &str) -> String {
    let digits = if amount.abs() < 1000.0 { format!("{amount:.2}") } else { count(amount) };
    format!("{digits} {currency}")
}

/// `value ± half-width`, both in the unit of the value where that is a single one: `12.4 ± 1.2 s`, `6m 1s ± 3.6 s`.
pub(super) fn with_half_width(value: f64, half_width: f64, show: impl Fn(f64) -> String) -> String {
    let (text, half_width) = (show(value), half_width_digits(half_width, value));
    // Below this an interval is the rounding of a sum of equal values.
    if half_width <= 1e-9 * value.abs() {
        return text;
    }
    let margin = show(half_width);
    match (text.split_once(' '), margin.split_once(' ')) {
        (Some((digits, unit)), Some((margin, margin_unit))) if unit == margin_unit => {
            format!("{digits} ± {margin} {unit}")
        }
        (Some((digits, unit)), Some(_)) if per_second(unit).is_some() => {
            let factor = per_second(unit).unwrap_or(1.0);
            format!("{digits} ± {} {unit}", plain(half_width * factor))
        }
        _ => format!("{text} ± {margin}"),
    }
}

/// How many of a short unit make a second.
fn per_second(unit: &str) -> Option<f64> {
    [("s", 1.0), ("ms", 1e3), ("µs", 1e6), ("ns", 1e9)].into_iter().find(|(name, _)| *name == unit).map(|(_, n)| n)
}

/// Half-widths are themselves uncertain: a third digit would be noise, and a second one too where the value beside it
/// has none in that place.
fn half_width_digits(half_width: f64, value: f64) -> f64 {
    let digits = if half_width < value.abs() * 0.002 { 1 } else { 2 };
    rounded(half_width, digits)
}

/// At most `width` characters: a longer text loses its begin to an ellipsis, because its end tells more.
pub(super) fn shorten_start(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().skip(length + 1 - width.max(1)).collect();
    format!("…{}", kept.trim_start())
}

/// At most `width` characters: a longer text loses its end to an ellipsis.
pub(super) fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(show: impl Fn(f64) -> String, of: &[f64]) -> Vec<String> {
        of.iter().map(|x| show(*x)).collect()
    }

    #[test]
    fn durations_have_three_digits_and_a_unit_that_fits() {
        let of = [0.0, 2.5e-7, 0.000_35, 0.35, 1.2449, 59.96, 60.0, 362.4, 3599.7, 4320.0, 86_399.0, 273_600.0, 9.0e6];
        let shown =
            ["0 s", "250 ns", "350 µs", "350 ms", "1.24 s", "1m", "1m", "6m 2s", "1h", "1h 12m", "1d", "3d 4h", "104d"];
        assert_eq!(all(duration, &of), shown);
        assert_eq!(duration(-0.25), "-250 ms");
    }

    #[test]
    fn counts_have_three_digits_and_a_suffix() {
        let of = [0.0, 1.0, 3.0, 12.44, 999.6, 1234.0, 72_000.0, 999_700.0, 2_400_000.0, 0.012_34, 5e9];
        assert_eq!(all(count, &of), ["0", "1", "3", "12.4", "1k", "1.23k", "72k", "1M", "2.4M", "0.0123", "5G"]);
        assert_eq!(all(messages, &[1.0, 0.0, 1.004]), ["1 message", "0 messages", "1 message"]);
    }

    #[test]
    fn rates_choose_a_unit_that_leaves_them_above_one() {
        assert_eq!(
            all(rate, &[0.0, 240.0, 1200.0, 0.5, 0.01, 0.0001]),
            ["0/s", "240/s", "1.2k/s", "30/min", "36/h", "8.64/d"]
        );
    }

    #[test]
    fn a_share_just_below_one_is_not_rounded_to_all() {
        assert_eq!(
            all(share, &[0.0, 0.001, 0.64, 0.999_6, 0.999_999, 1.0]),
            ["0 %", "0.1 %", "64 %", "99.96 %", "99.9999 %", "100 %"]
        );
    }

    #[test]
    fn a_half_width_is_shown_in_the_unit_of_its_value_when_it_can_be() {
        assert_eq!(with_half_width(1.2449, 0.0312, duration), "1.24 ± 0.031 s");
        assert_eq!(with_half_width(12.44, 1.23, duration), "12.4 ± 1.2 s");
        assert_eq!(with_half_width(72_000.0, 123.0, count), "72k ± 100");
        assert_eq!(with_half_width(72_000.0, 1234.0, count), "72k ± 1.2k");
        assert_eq!(with_half_width(3.0, 0.0, count), "3");
        assert_eq!(with_half_width(3.0, 1e-16, count), "3", "equal values differ by rounding only");
    }

    #[test]
    fn extremes_are_still_numbers() {
        assert_eq!(all(plain, &[1e-300, 1e300, -0.0, f64::NAN]), ["1e-300", "1e300", "0", "?"]);
        assert_eq!(all(plain, &[0.001_234, 100.0, 1234.0]), ["0.00123", "100", "1230"]);
    }

    #[test]
    fn files_carry_full_precision() {
        assert_eq!(
            all(round_trip, &[0.1 + 0.2, 7200.0, 1e-9, 3e20, -0.0]),
            ["0.30000000000000004", "7200", "1e-9", "3e20", "0"]
        );
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis_and_fits() {
        assert_eq!(shorten("orders", 6), "orders");
        assert_eq!(shorten("orders-of-the-day", 9), "orders-o…");
    }
}
