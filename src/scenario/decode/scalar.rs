//! Single values: quantities in their range, words, names, timestamps.

use super::{Body, Code, Collector, Context, Decoder, Item, Kind, Node, Path, Quantity, Span, Value, suggest};
use crate::scenario::table::{ANY, MAX_DURATION_S, MIN_DURATION_S, Span as Range, Word};
use crate::units::{self, Misread, quoted};

/// What a name is.
pub(in super::super) const NAME_RULE: &str =
    "names have up to 100 letters, digits, `.`, `_` and `-`, begin with a letter or digit and do not end in `.`";

/// Names that Windows keeps for devices, with any ending.
const RESERVED: [&str; 4] = ["con", "nul", "prn", "aux"];

/// Why a text cannot be a name, if so: it must be safe as a file name everywhere and as a spreadsheet cell.
pub(in super::super) fn illegal_name(name: &str) -> Option<String> {
    let legal = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '_' | '-');
    if name.is_empty() {
        return Some("a name is missing".to_owned());
    }
    let fits =
        name.len() <= 100 && name.chars().all(legal) && name.starts_with(|sign: char| sign.is_ascii_alphanumeric());
    if !fits || name.ends_with('.') {
        return Some(format!("{} is not a legal name", quoted(name)));
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let numbered = stem.len() == 4
        && (stem.starts_with("com") || stem.starts_with("lpt"))
        && stem.ends_with(|digit: char| digit.is_ascii_digit() && digit != '0');
    (RESERVED.contains(&stem.as_str()) || numbered)
        .then(|| format!("{} is a device on Windows, not a name", quoted(name)))
}

impl Decoder<'_> {
    pub(super) fn scalar(&mut self, node: &Node, kind: &'static Kind, at: Span, path: &Path, context: Context) -> Body {
        let Value::Scalar { text, quoted } = &node.value else {
            return self.wrong_shape(node, kind, at, path, context);
        };
        let (span, quoted) = (node.span, *quoted);
        match kind {
            Kind::Text | Kind::QueueName | Kind::DestinationName | Kind::PathName | Kind::Limit => {
                Body::Text(text.clone())
            }
            Kind::Name => match illegal_name(text) {
                None => Body::Text(text.clone()),
                Some(why) => {
                    self.collector.add(Code::IllegalName, span, path, why).help = Some(NAME_RULE.to_owned());
                    Body::Bad
                }
            },
            Kind::Timestamp => self.timestamp(text, span, path),
            Kind::ClockOrDuration | Kind::Duration(_) => self.duration(text, quoted, kind, span, path, context),
            Kind::Word(words) => self.word(text, words, span, path),
            Kind::True => self.truth(text, quoted, span, path),
            Kind::Flag => self.flag(text, quoted, span, path),
            Kind::CountOrUnlimited(range) if text == "unlimited" => Body::Number(range.high),
            Kind::Statistic => self.statistic(text, span, path),
            Kind::Money => match units::read_money(text) {
                Ok(price) => {
                    match self.in_range(price.per_hour, text, super::super::table::FROM_0, false, span, path) {
                        Body::Number(_) => Body::Money(price),
                        bad => bad,
                    }
                }
                Err(misread) => self.misread(span, path, misread),
            },
            kind => self.quantity(text, quoted, kind, span, path, context),
        }
    }

    fn misread(&mut self, span: Span, path: &Path, misread: Misread) -> Body {
        self.collector.add_misread(span, path, misread);
        Body::Bad
    }

    /// Rates, shares, counts and bare numbers.
    fn quantity(&mut self, text: &str, quoted: bool, kind: &Kind, span: Span, path: &Path, context: Context) -> Body {
        let (read, range): (Result<f64, Misread>, Range) = match kind {
            Kind::Level if context.quantity == Quantity::Rate => (units::read_rate(text), ANY),
            Kind::Level => (units::read_number(text), ANY),
            Kind::Rate(range) => (units::read_rate(text), *range),
            Kind::Share(range) => (units::read_share(text), *range),
            Kind::Count(range) | Kind::CountOrUnlimited(range) => (units::read_count(text), *range),
            Kind::Size(range) => (units::read_bytes(text), *range),
            Kind::Number(range) => (units::read_number(text), *range),
            _ => unreachable!("kinds that are not quantities are read elsewhere"),
        };
        let without_unit = matches!(kind, Kind::Count(_) | Kind::CountOrUnlimited(_) | Kind::Number(_) | Kind::Level);
        let bare = without_unit && text.parse::<f64>().is_ok();
        match read {
            Ok(_) if quoted && bare => {
                let message = format!("\"{text}\" is a text: a number is expected");
                self.collector.add(Code::QuotedNumber, span, path, message).help =
                    Some(format!("write {text} without quotes"));
                Body::Bad
            }
            Ok(0.0) if matches!(kind, Kind::CountOrUnlimited(_)) => {
                self.collector
                    .add(Code::OutOfRange, span, path, format!("{} must be at least 1", units::quoted(text)))
                    .help = Some("if no limit is meant, write `unlimited`".to_owned());
                Body::Bad
            }
            Ok(number) => self.in_range(number, text, range, matches!(kind, Kind::Share(_)), span, path),
            Err(misread) => self.misread(span, path, misread),
        }
    }

    fn in_range(&mut self, number: f64, text: &str, range: Range, share: bool, span: Span, path: &Path) -> Body {
        let too_low = number < range.low || (range.open && number <= range.low);
        if !too_low && number <= range.high {
            return Body::Number(number);
        }
        let show = |limit: f64| if share { format!("{}%", limit * 100.0) } else { plain(limit) };
        let shortest = range.low == MIN_DURATION_S;
        let rule = match (too_low, range.open && range.low == 0.0 || shortest, range.low == 0.0) {
            (true, ..) if shortest && number > 0.0 => "must be at least 0.000001ms".to_owned(),
            (true, true, _) => "must be above 0".to_owned(),
            (true, _, true) => "must not be negative".to_owned(),
            (true, ..) if range.open => format!("must be above {}", show(range.low)),
            (true, ..) => format!("must be at least {}", show(range.low)),
            _ => format!("must be at most {}", show(range.high)),
        };
        self.collector.add(Code::OutOfRange, span, path, format!("{} {rule}", quoted(text)));
        Body::Bad
    }

    fn duration(&mut self, text: &str, quoted: bool, kind: &Kind, span: Span, path: &Path, context: Context) -> Body {
        let looks_like_clock = text.contains(':') && text.starts_with(|digit: char| digit.is_ascii_digit());
        if looks_like_clock {
            return self.clock(text, quoted, kind, span, path, context);
        }
        let range = match kind {
            Kind::Duration(range) => *range,
            _ => Range { low: 0.0, open: false, high: super::super::table::MAX_DURATION_S },
        };
        match units::read_duration(text) {
            Ok(seconds) if seconds > range.high || (seconds < range.low && range.low >= 1.0) => {
                let shown = units::quoted(text);
                let message = if seconds < range.low {
                    format!("{shown} must be at least {}", units::show_duration(range.low))
                } else if range.high < MAX_DURATION_S {
                    format!("{shown} must be at most {}", units::show_duration(range.high))
                } else {
                    format!("{shown} is longer than a hundred years")
                };
                self.collector.add(Code::OutOfRange, span, path, message);
                Body::Bad
            }
            Ok(seconds) => self.in_range(seconds, text, range, false, span, path),
            Err(misread) => self.misread(span, path, misread),
        }
    }

    fn clock(&mut self, text: &str, quoted: bool, kind: &Kind, span: Span, path: &Path, context: Context) -> Body {
        let shown = units::quoted(text);
        let allowed = matches!(kind, Kind::ClockOrDuration) || context.in_day;
        let (message, help) = match units::read_clock(text) {
            Some(seconds) if allowed && quoted => {
                return if context.in_day { Body::Number(seconds) } else { Body::Clock(seconds) };
            }
            Some(_) if allowed => (format!("the clock time {shown} is not quoted"), Some(format!("write \"{text}\""))),
            Some(_) => (
                format!("{shown} is a time of day: a duration is expected here"),
                Some("times count from t = 0: `90m`, `9h30m`".to_owned()),
            ),
            None => (format!("{shown} is not a time of day"), Some("write \"09:30\" or \"09:30:15\"".to_owned())),
        };
        self.collector.add(Code::ClockTime, span, path, message).help = help;
        Body::Bad
    }

    fn word(&mut self, text: &str, words: &'static [Word], span: Span, path: &Path) -> Body {
        if words.iter().any(|word| word.text == text) {
            return Body::Text(text.to_owned());
        }
        let names: Vec<&str> = words.iter().map(|word| word.text).collect();
        let fault = self.collector.add(Code::UnknownChoice, span, path, format!("{} is not known here", quoted(text)));
        fault.help = suggest::did_you_mean(text, &names);
        Body::Bad
    }

    fn truth(&mut self, text: &str, quoted: bool, span: Span, path: &Path) -> Body {
        if text == "true" && !quoted {
            return Body::Text(text.to_owned());
        }
        self.collector.add(
            Code::WrongShape,
            span,
            path,
            format!("only `true` makes sense here, not {}", units::quoted(text)),
        );
        Body::Bad
    }

    fn flag(&mut self, text: &str, quoted: bool, span: Span, path: &Path) -> Body {
        if matches!(text, "true" | "false") && !quoted {
            return Body::Text(text.to_owned());
        }
        let message = format!("{} is neither `true` nor `false`", units::quoted(text));
        self.collector.add(Code::WrongShape, span, path, message).help = match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some("write `true`".to_owned()),
            "false" | "no" | "off" | "n" => Some("write `false`".to_owned()),
            _ => None,
        };
        Body::Bad
    }

    /// `mean`, `max` or a quantile: `p50`, `p99`, `p999`.
    fn statistic(&mut self, text: &str, span: Span, path: &Path) -> Body {
        let digits = text.strip_prefix('p').unwrap_or("");
        // p100 is no share of 0.100: nobody means p10 by it.
        let whole =
            digits.len() > 2 && digits.strip_prefix('1').is_some_and(|rest| rest.bytes().all(|zero| zero == b'0'));
        let quantile = (2..=6).contains(&digits.len())
            && !whole
            && digits.bytes().all(|digit| digit.is_ascii_digit())
            && digits.bytes().any(|digit| digit != b'0');
        if quantile || text == "mean" || text == "max" {
            return Body::Text(text.to_owned());
        }
        let fault = self.collector.add(Code::UnknownChoice, span, path, format!("{} is not a statistic", quoted(text)));
        fault.help = Some(match text {
            "median" => "the median is `p50`".to_owned(),
            "avg" | "average" => "the average is `mean`".to_owned(),
            _ if whole || matches!(text, "maximum" | "p100.0") => "the largest is `max`".to_owned(),
            _ if digits.parse::<f64>().is_ok_and(|percent| (10.0..100.0).contains(&percent))
                && digits.contains('.') =>
            {
                format!("did you mean `p{}`?", digits.replace('.', "").trim_end_matches('0'))
            }
            _ => "`mean`, `max`, or a quantile of two digits or more: `p50`, `p99`, `p999`".to_owned(),
        });
        Body::Bad
    }

    fn timestamp(&mut self, text: &str, span: Span, path: &Path) -> Body {
        let parser = jiff::fmt::temporal::DateTimeParser::new();
        let offset = parser.parse_pieces(text).ok().and_then(|pieces| pieces.to_numeric_offset());
        match (text.parse::<jiff::Timestamp>(), offset) {
            (Ok(timestamp), offset) => Body::Timestamp(timestamp, offset.map_or(0, jiff::tz::Offset::seconds)),
            (Err(_), _) => {
                let message = format!("{} is not a timestamp with its offset from UTC", quoted(text));
                self.collector.add(Code::NotAQuantity, span, path, message).help =
                    Some("write it as in `2026-11-27T08:00:00Z` or `2026-11-27T10:00:00+02:00`".to_owned());
                Body::Bad
            }
        }
    }
}

/// A limit without unit, in as few digits as it needs.
fn plain(limit: f64) -> String {
    if limit.abs() >= 1e6 { format!("{limit:e}") } else { format!("{limit}") }
}

/// What a single value is called in a message.
pub(super) fn expected(kind: &Kind, context: Context) -> String {
    match kind {
        Kind::Level if context.quantity == Quantity::Rate => "a rate such as `40/s`".to_owned(),
        Kind::Level | Kind::Number(_) => "a number such as `1.3`".to_owned(),
        Kind::Rate(_) => "a rate such as `40/s`".to_owned(),
        Kind::Duration(_) if context.in_day => "a time of day such as \"09:30\"".to_owned(),
        Kind::Duration(_) => "a duration such as `30s`".to_owned(),
        Kind::ClockOrDuration => "a duration such as `14h` or a time of day such as \"14:00\"".to_owned(),
        Kind::Share(_) => "a share such as `60%`".to_owned(),
        Kind::Count(_) => "a count such as `4` or `50k`".to_owned(),
        Kind::CountOrUnlimited(_) => "a count such as `4` or `unlimited`".to_owned(),
        Kind::Size(_) => "a size such as `2KB`".to_owned(),
        Kind::Money => "a price such as `0.10 USD/h`".to_owned(),
        Kind::Name => "a name".to_owned(),
        Kind::QueueName => "the name of a queue".to_owned(),
        Kind::DestinationName => "the name of a queue or topic".to_owned(),
        Kind::PathName => "the name of a path".to_owned(),
        Kind::Timestamp => "a timestamp such as `2026-11-27T08:00:00Z`".to_owned(),
        Kind::True => "`true`".to_owned(),
        Kind::Flag => "`true` or `false`".to_owned(),
        Kind::Statistic => "a statistic such as `p99`".to_owned(),
        Kind::Word(words) => words.iter().map(|word| format!("`{}`", word.text)).collect::<Vec<_>>().join(" or "),
        Kind::Limit => "a limit such as `2s`".to_owned(),
        Kind::Either(kinds) => kinds.iter().map(|kind| super::expected(kind, context)).collect::<Vec<_>>().join(" or "),
        _ => "a text".to_owned(),
    }
}

/// A value of the kind, for pairs.
pub(super) fn example(kind: &Kind, context: Context) -> &'static str {
    match kind {
        Kind::Uncertain(kind) => example(kind, context),
        Kind::Bound => context.bound.map_or("30s", |kind| example(kind, context)),
        Kind::Level if context.quantity == Quantity::Factor => "0.5",
        Kind::Level | Kind::Rate(_) => "40/s",
        Kind::Number(_) => "1.3",
        Kind::Money => "0.10 USD/h",
        Kind::Count(_) => "3",
        _ => "30s",
    }
}

/// Reads the limit of a promise, which has the unit of what is promised; reports what is wrong with it.
pub(in super::super) fn limit(item: &Item, kind: &'static Kind, collector: &mut Collector) -> Option<f64> {
    let Body::Text(text) = &item.body else { return None };
    let node = Node { span: item.span, value: Value::Scalar { text: text.clone(), quoted: false } };
    match super::decode(&node, kind, item.span, item.path.clone(), super::OUTSIDE, collector).body {
        Body::Number(number) => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_as_files_and_cells() {
        for name in ["orders", "lab.fast", "A", "0", "a_b-c.9", "console", "com10", "community"] {
            assert_eq!(illegal_name(name), None, "{name}");
        }
        let long = "x".repeat(101);
        let bad = [
            "", "..", ".", "=1+1", "+a", "-a", "@a", "a/b", "a\\b", "a b", "ä", "CON", "nul.txt", "Com1", "lpt9.x",
            "a.",
        ];
        for name in bad.into_iter().chain([long.as_str()]) {
            assert!(illegal_name(name).is_some(), "{name}");
        }
    }
}
