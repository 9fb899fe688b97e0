//! Reading quantities: number first, unit straight after it.

use super::{PerSecond, Seconds};

/// Why a quantity could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A number without the unit that it needs.
    NoUnit,
    /// A unit that does not exist, or one of another quantity.
    WrongUnit,
    /// Not a quantity at all.
    NotAQuantity,
    /// NaN, infinite, or too large for a number of this program.
    NotFinite,
}

/// A quantity that could not be read: why, in words, and what to write instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Misread {
    /// The class of the mistake.
    pub reason: Reason,
    /// What was found and what is expected.
    pub message: String,
    /// What to write instead, if that can be said.
    pub help: Option<String>,
}

impl Misread {
    fn new(reason: Reason, message: String, help: impl Into<Option<String>>) -> Self {
        Self { reason, message, help: help.into() }
    }
}

/// An amount of money per hour in one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Money {
    /// Amount per hour.
    pub per_hour: f64,
    /// Currency code of three capital letters.
    pub currency: String,
}

/// Units of durations in milliseconds: dividing by 1000 at the end gives the number nearest to what was written, where
/// a factor of 0.001 would not.
const DURATION_UNITS: [(&str, f64); 5] = [("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6), ("d", 8.64e7)];
const RATE_UNITS: [(&str, f64); 4] = [("s", 1.0), ("min", 60.0), ("h", 3_600.0), ("d", 86_400.0)];
/// Units of sizes: decimal ones, and those of powers of two.
const SIZE_UNITS: [(&str, f64); 9] = [
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1_024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// The text as it is quoted in a message: shortened, control characters made visible.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(48).flat_map(char::escape_debug).collect();
    if text.chars().nth(48).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Splits a text into the number at its front and the rest.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut end = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(end);
    end += whole;
    let mut fraction = 0;
    if bytes.get(end) == Some(&b'.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = bytes.get(end + 1 + sign..).map_or(0, |_| digits(end + 1 + sign));
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    text[..end].parse().ok().map(|number| (number, &text[end..]))
}

/// The number at the front of a quantity, finite; `what` is what was expected, with an example.
fn leading_number<'t>(text: &'t str, what: &str) -> Result<(f64, &'t str), Misread> {
    let bare = text.trim_start_matches(['+', '-', '.']).to_ascii_lowercase();
    if bare.starts_with("nan") || bare.starts_with("inf") {
        let message = format!("{} is not a finite number: {what} is expected", quoted(text));
        return Err(Misread::new(Reason::NotFinite, message, None));
    }
    let Some((number, rest)) = split_number(text) else {
        return Err(Misread::new(Reason::NotAQuantity, format!("{} is not {what}", quoted(text)), None));
    };
    if !number.is_finite() {
        return Err(Misread::new(Reason::NotFinite, format!("{} is larger than any number here", quoted(text)), None));
    }
    if rest.starts_with([',', '_']) && rest[1..].starts_with(|digit: char| digit.is_ascii_digit()) {
        let help = "digits are written without separators, and a decimal point is a point".to_owned();
        return Err(Misread::new(Reason::NotAQuantity, format!("{} is not {what}", quoted(text)), help));
    }
    Ok((number, rest))
}

/// Seconds of a unit that people write for one of ours.
fn foreign_duration_unit(unit: &str) -> Option<&'static str> {
    Some(match unit {
        "us" | "µs" | "μs" | "usec" => "0.001ms is one microsecond",
        "ns" => "0.000001ms is one nanosecond",
        "msec" | "millis" | "milliseconds" | "MS" => "milliseconds are written `ms`",
        "sec" | "secs" | "second" | "seconds" | "S" => "seconds are written `s`",
        "min" | "mins" | "minute" | "minutes" | "M" => "minutes are written `m`",
        "hr" | "hrs" | "hour" | "hours" | "H" => "hours are written `h`",
        "day" | "days" | "D" => "days are written `d`",
        "w" | "week" | "weeks" => "a week is `7d`",
        _ => return None,
    })
}

/// Reads a duration: `250ms`, `30s`, `1.5h`, `1h30m`, `-10m`.
///
/// # Errors
/// When a unit is missing, unknown or repeated, or when the text is no duration.
pub fn read_duration(text: &str) -> Result<Seconds, Misread> {
    const WHAT: &str = "a duration such as `250ms`, `30s` or `1h30m`";
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut total_ms = 0.0;
    let mut largest_left = f64::INFINITY;
    while !rest.is_empty() || largest_left.is_infinite() {
        if rest.starts_with(['-', '+']) {
            return Err(Misread::new(Reason::NotAQuantity, format!("{} is not {WHAT}", quoted(text)), None));
        }
        let (number, after) = leading_number(rest, WHAT)?;
        let end = after.find(|sign: char| sign.is_ascii_digit() || sign == '.').unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let Some((_, milliseconds)) = DURATION_UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(bad_duration_unit(text, &rest[..rest.len() - after.len()], unit));
        };
        if *milliseconds >= largest_left {
            let message = format!("{} is not {WHAT}", quoted(text));
            let help = "the parts go from the largest unit to the smallest, each once: `1h30m`".to_owned();
            return Err(Misread::new(Reason::NotAQuantity, message, help));
        }
        largest_left = *milliseconds;
        total_ms += number * milliseconds;
        rest = next;
    }
    if total_ms.is_finite() {
        return Ok(sign * total_ms / 1e3);
    }
    Err(Misread::new(Reason::NotFinite, format!("{} is larger than any number here", quoted(text)), None))
}

fn bad_duration_unit(text: &str, number: &str, unit: &str) -> Misread {
    if unit.is_empty() {
        let help = format!("write `{number}s` for seconds, `{number}ms`, `{number}m`, `{number}h` or `{number}d`");
        return Misread::new(Reason::NoUnit, format!("{} has no unit: a duration is expected", quoted(text)), help);
    }
    if unit.trim() != unit && DURATION_UNITS.iter().any(|(name, _)| *name == unit.trim()) {
        let help = format!("write `{number}{}`", unit.trim());
        let message = format!("{} has a space between number and unit", quoted(text));
        return Misread::new(Reason::WrongUnit, message, help);
    }
    let help = match foreign_duration_unit(unit.trim()) {
        Some(help) => help.to_owned(),
        None => "durations end in `ms`, `s`, `m`, `h` or `d`".to_owned(),
    };
    Misread::new(Reason::WrongUnit, format!("{} is not a duration: no unit {}", quoted(text), quoted(unit)), help)
}

/// The number with an optional `k` or `M`.
fn multiplied(number: f64, rest: &str) -> (f64, &str) {
    match rest.strip_prefix('k') {
        Some(rest) => (number * 1e3, rest),
        None => rest.strip_prefix('M').map_or((number, rest), |rest| (number * 1e6, rest)),
    }
}

/// Reads a rate into events per second: `40/s`, `5k/min`, `1.2M/h`.
///
/// # Errors
/// When the text is no number per `s`, `min`, `h` or `d`.
pub fn read_rate(text: &str) -> Result<PerSecond, Misread> {
    const WHAT: &str = "a rate such as `40/s`, `5k/min` or `1.2M/h`";
    let (number, rest) = leading_number(text, WHAT)?;
    let (number, rest) = multiplied(number, rest);
    let written = &text[..text.len() - rest.len()];
    if rest.is_empty() {
        let help = format!("write `{written}/s`, `{written}/min`, `{written}/h` or `{written}/d`");
        return Err(Misread::new(Reason::NoUnit, format!("{} has no unit: a rate is expected", quoted(text)), help));
    }
    let Some((_, seconds)) = RATE_UNITS.iter().find(|(name, _)| rest.strip_prefix('/') == Some(name)) else {
        let help = match rest {
            "/m" => format!("a minute of a rate is `min`: `{written}/min`"),
            "/sec" | "/second" | " /s" | "ps" | "rps" | " per second" => format!("write `{written}/s`"),
            "/minute" => format!("write `{written}/min`"),
            "/hour" => format!("write `{written}/h`"),
            "/day" => format!("write `{written}/d`"),
            "K/s" => format!("thousands are a small `k`: `{written}k/s`"),
            _ => "rates end in `/s`, `/min`, `/h` or `/d`".to_owned(),
        };
        return Err(Misread::new(Reason::WrongUnit, format!("{} is not a rate", quoted(text)), help));
    };
    Ok(number / seconds)
}

/// Reads a share: `60%` is 0.6. It may lie outside `[0, 1]`.
///
/// # Errors
/// When the text is not a number with `%`.
pub fn read_share(text: &str) -> Result<f64, Misread> {
    let (number, rest) = leading_number(text, "a share such as `60%`")?;
    match rest {
        "%" => Ok(number / 100.0),
        "" => {
            let help = format!("a share is written in per cent: `{}%`", super::show_count(number * 100.0));
            Err(Misread::new(Reason::NoUnit, format!("{} has no unit: a share is expected", quoted(text)), help))
        }
        _ => {
            let help = "a share is a number with `%`".to_owned();
            Err(Misread::new(Reason::WrongUnit, format!("{} is not a share", quoted(text)), help))
        }
    }
}

/// Reads a size into bytes: `200B`, `2KB`, `1.5MB`, `64KiB`.
///
/// # Errors
/// When the text is no number with a unit of bytes.
pub fn read_bytes(text: &str) -> Result<f64, Misread> {
    const WHAT: &str = "a size such as `200B`, `2KB` or `1.5MB`";
    let (number, rest) = leading_number(text, WHAT)?;
    let written = &text[..text.len() - rest.len()];
    if rest.is_empty() {
        let help = format!("write `{written}B`, `{written}KB` or `{written}MB`");
        return Err(Misread::new(Reason::NoUnit, format!("{} has no unit: a size is expected", quoted(text)), help));
    }
    if let Some((_, bytes)) = SIZE_UNITS.iter().find(|(name, _)| *name == rest) {
        return Ok(number * bytes);
    }
    let meant = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(rest.trim()));
    let help = match (meant, rest.trim()) {
        (Some((name, _)), _) => format!("write `{written}{name}`"),
        (None, "k" | "K") => format!("write `{written}KB`"),
        (None, "m" | "M") => format!("write `{written}MB`"),
        _ => "sizes end in `B`, `KB`, `MB`, `GB`, `TB`, or `KiB`, `MiB`, `GiB`, `TiB`".to_owned(),
    };
    Err(Misread::new(Reason::WrongUnit, format!("{} is not a size", quoted(text)), help))
}

/// Reads a bare number: a factor or a shape parameter.
///
/// # Errors
/// When anything but a finite number is there.
pub fn read_number(text: &str) -> Result<f64, Misread> {
    let (number, rest) = leading_number(text, "a number such as `1.3`")?;
    if rest.is_empty() {
        return Ok(number);
    }
    let message = format!("{} is not a plain number: no unit is expected here", quoted(text));
    Err(Misread::new(Reason::WrongUnit, message, format!("write `{}`", &text[..text.len() - rest.len()])))
}

/// Reads a count: `4`, `50k`, `1.5M`. The result is a whole number, perhaps a negative one.
///
/// # Errors
/// When the text is no whole number.
pub fn read_count(text: &str) -> Result<f64, Misread> {
    let (number, rest) = leading_number(text, "a count such as `4`, `50k` or `2M`")?;
    let (count, rest) = multiplied(number, rest);
    if !rest.is_empty() {
        let help = match rest {
            "K" => "thousands are a small `k`",
            "m" => "millions are a capital `M`",
            _ => "counts are whole numbers, with `k` for thousands or `M` for millions",
        };
        let message = format!("{} is not a count: no unit is expected here", quoted(text));
        return Err(Misread::new(Reason::WrongUnit, message, help.to_owned()));
    }
    // 1.001k is 1000.9999999999999 in binary: a count within rounding of a whole number is that number.
    let whole = count.round();
    if (count - whole).abs() <= 1e-9 * count.abs().max(1e-3) {
        return Ok(whole);
    }
    Err(Misread::new(
        Reason::NotAQuantity,
        format!("{} is not a whole number: a count is expected", quoted(text)),
        None,
    ))
}

/// Reads money per time: `0.10 USD/h`; `$0.10/h` is read as US dollars.
///
/// # Errors
/// When amount, currency or time is missing.
pub fn read_money(text: &str) -> Result<Money, Misread> {
    const WHAT: &str = "a price such as `0.10 USD/h`";
    let (dollars, amount) = match text.strip_prefix('$') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (number, rest) = leading_number(amount, WHAT)?;
    let written = &amount[..amount.len() - rest.len()];
    let misread = |reason, help: String| Err(Misread::new(reason, format!("{} is not {WHAT}", quoted(text)), help));
    let (currency, per) = if dollars {
        ("USD", rest)
    } else if rest.is_empty() {
        return misread(Reason::NoUnit, format!("write `{written} USD/h`"));
    } else {
        let code = rest.trim_start();
        match code.get(..3) {
            Some(currency) if currency.bytes().all(|letter| letter.is_ascii_uppercase()) => (currency, &code[3..]),
            _ => return misread(Reason::WrongUnit, "the currency is three capital letters, e.g. `USD`".to_owned()),
        }
    };
    match RATE_UNITS.iter().find(|(name, _)| per.strip_prefix('/') == Some(name)) {
        Some((_, seconds)) => Ok(Money { per_hour: number * 3_600.0 / seconds, currency: currency.to_owned() }),
        None => misread(Reason::WrongUnit, format!("a price is per time: `{written} {currency}/h`")),
    }
}

/// Reads a clock time, `09:30` or `09:30:15`, into seconds after midnight; `24:00` is the end of the day. `None` when
/// the text has another form.
pub fn read_clock(text: &str) -> Option<Seconds> {
    let mut parts = text.split(':').map(|part| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        if digits { part.parse::<u32>().ok() } else { None }
    });
    let (hours, minutes) = (parts.next()??, parts.next()??);
    let seconds = match parts.next() {
        Some(part) => part?,
        None => 0,
    };
    let total = hours * 3_600 + minutes * 60 + seconds;
    (parts.next().is_none() && minutes < 60 && seconds < 60 && total <= 86_400).then_some(f64::from(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason<T: std::fmt::Debug>(result: Result<T, Misread>) -> Reason {
        result.unwrap_err().reason
    }

    #[test]
    fn durations_need_their_unit() {
        for (text, seconds) in [
            ("250ms", 0.25),
            ("30s", 30.0),
            ("1.5h", 5_400.0),
            ("1h30m", 5_400.0),
            ("2d", 172_800.0),
            ("-10m", -600.0),
            ("0s", 0.0),
        ] {
            assert_eq!(read_duration(text).unwrap(), seconds, "{text}");
        }
        assert_eq!(reason(read_duration("30")), Reason::NoUnit);
        assert_eq!(reason(read_duration("1h30")), Reason::NoUnit);
        assert_eq!(reason(read_duration("30 s")), Reason::WrongUnit);
        assert_eq!(reason(read_duration("5min")), Reason::WrongUnit);
        assert_eq!(reason(read_duration("40/s")), Reason::WrongUnit);
        assert_eq!(reason(read_duration("30m1h")), Reason::NotAQuantity);
        assert_eq!(reason(read_duration("1h-30m")), Reason::WrongUnit);
        for text in ["", "soon", "-", "h", "--3s"] {
            assert_eq!(reason(read_duration(text)), Reason::NotAQuantity, "{text}");
        }
        for text in ["1e999s", "NaN", ".inf", "inf", "-.INF", "1e308d"] {
            assert_eq!(reason(read_duration(text)), Reason::NotFinite, "{text}");
        }
    }

    #[test]
    fn a_missing_unit_is_answered_with_all_that_could_be_meant() {
        let misread = read_duration("30").unwrap_err();
        assert_eq!(misread.message, "`30` has no unit: a duration is expected");
        assert_eq!(misread.help.unwrap(), "write `30s` for seconds, `30ms`, `30m`, `30h` or `30d`");
    }

    #[test]
    fn rates_are_per_time() {
        for (text, per_s) in [("40/s", 40.0), ("6k/min", 100.0), ("1.8M/h", 500.0), ("86400/d", 1.0), ("-5/s", -5.0)] {
            assert!((read_rate(text).unwrap() - per_s).abs() < 1e-12, "{text}");
        }
        assert_eq!(reason(read_rate("40")), Reason::NoUnit);
        assert_eq!(reason(read_rate("40/m")), Reason::WrongUnit);
        assert_eq!(reason(read_rate("40K/s")), Reason::WrongUnit);
        assert_eq!(reason(read_rate("30s")), Reason::WrongUnit);
        assert_eq!(reason(read_rate("fast")), Reason::NotAQuantity);
    }

    #[test]
    fn counts_are_whole() {
        for (text, count) in [("4", 4.0), ("50k", 50_000.0), ("1.5M", 1.5e6), ("1.001k", 1_001.0), ("1e3", 1_000.0)] {
            assert_eq!(read_count(text).unwrap(), count, "{text}");
        }
        assert_eq!(reason(read_count("1.5")), Reason::NotAQuantity);
        assert_eq!(reason(read_count("4 pods")), Reason::WrongUnit);
        assert_eq!(reason(read_count("1,000")), Reason::NotAQuantity);
        assert_eq!(reason(read_count("1_000")), Reason::NotAQuantity);
    }

    #[test]
    fn shares_numbers_and_money() {
        assert_eq!(read_share("60%").unwrap(), 0.6);
        assert_eq!(read_share("0.1").unwrap_err().help.unwrap(), "a share is written in per cent: `10%`");
        assert_eq!(read_number("1.3").unwrap(), 1.3);
        assert_eq!(reason(read_number("1.3x")), Reason::WrongUnit);
        let price = read_money("0.10 USD/h").unwrap();
        assert_eq!((price.per_hour, price.currency.as_str()), (0.1, "USD"));
        assert_eq!(read_money("$0.10/h").unwrap(), price);
        assert_eq!(read_money("24 EUR/d").unwrap().per_hour, 1.0);
        for text in ["0.10", "0.10 USD", "0.10 usd/h", "USD/h", "0.10 €/h"] {
            assert!(read_money(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_in_bytes() {
        for (text, bytes) in [("200B", 200.0), ("2KB", 2_000.0), ("1.5MB", 1.5e6), ("64KiB", 65_536.0)] {
            assert_eq!(read_bytes(text).unwrap(), bytes, "{text}");
        }
        assert_eq!(reason(read_bytes("200")), Reason::NoUnit);
        assert_eq!(read_bytes("2kb").unwrap_err().help.unwrap(), "write `2KB`");
        assert_eq!(read_bytes("2k").unwrap_err().help.unwrap(), "write `2KB`");
        assert_eq!(reason(read_bytes("2s")), Reason::WrongUnit);
    }

    #[test]
    fn clock_times_stay_within_a_day() {
        assert_eq!(read_clock("09:30"), Some(34_200.0));
        assert_eq!(read_clock("9:30:15"), Some(34_215.0));
        assert_eq!(read_clock("24:00"), Some(86_400.0));
        for text in ["25:00", "09:60", "0930", "09:30 pm", "1:2:3:4", "-1:00", ":30", "24:01"] {
            assert_eq!(read_clock(text), None, "{text}");
        }
    }
}
