//! Quantities of Kubernetes: numbers with a decimal or binary suffix (`resource.Quantity`).

const SUFFIXES: [(&str, f64); 15] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// Reads a quantity; `None` when it is none.
pub(super) fn read(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = |number: &str| {
        let digits = number.chars().next_back().is_some_and(|last| last.is_ascii_digit() || last == '.');
        number.parse::<f64>().ok().filter(|value| digits && value.is_finite())
    };
    if let Some(number) = plain(text) {
        return Some(number);
    }
    let (number, factor) = SUFFIXES.iter().find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)))?;
    let number = plain(number)?;
    // Division keeps 500m exactly one half.
    Some(if *factor < 1.0 { number / factor.recip().round() } else { number * factor })
}

/// Writes a quantity in whole units, or in thousandths; what is above 0 stays so.
pub(super) fn show(value: f64) -> String {
    let rounded = (value * 1000.0).round();
    let thousandths = if value > 0.0 { rounded.max(1.0) } else { rounded } as i64;
    if thousandths % 1000 == 0 { (thousandths / 1000).to_string() } else { format!("{thousandths}m") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_decimal_or_binary() {
        for (text, value) in [
            ("50", 50.0),
            ("500m", 0.5),
            ("2Ki", 2048.0),
            ("1.5k", 1500.0),
            ("1e3", 1000.0),
            ("3E", 3e18),
            ("-1", -1.0),
        ] {
            assert_eq!(read(text), Some(value), "{text}");
        }
        for text in ["", "m", "5 m", "5x", "inf", "NaN", "1e999", "five"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for value in [0.0, 50.0, 0.5, 2.867, 1e6] {
            assert_eq!(read(&show(value)), Some(value));
        }
        assert_eq!([show(1e-4), show(-1e-4)], ["1m", "0"]);
    }
}
