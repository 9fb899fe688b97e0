//! Standard output and standard error: what goes where, in which width and colour.
//!
//! Answers go to standard output, everything else to standard error. A reader who has seen enough (`| head`) is no
//! fault; a full disk behind standard output is one. Not here: what is said.

use std::env;
use std::io::{self, ErrorKind, IsTerminal, Write};

use super::input::Problem;

/// Columns of a table that does not go to a terminal.
const COLUMNS_ELSEWHERE: usize = 80;

/// Prints an answer to standard output, ending in one line break.
///
/// # Errors
/// Standard output cannot be written for another reason than a reader who left.
pub fn say(answer: &str) -> Result<(), Problem> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(answer.trim_end_matches('\n').as_bytes());
    match written.and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Problem::new(
            format!("standard output cannot be written: {error}"),
            "free some space where it is redirected to, or redirect it elsewhere",
        )),
        _ => Ok(()),
    }
}

/// Prints a diagnostic and a line break to standard error; there is nobody left to tell when that fails.
pub fn remark(diagnostic: &str) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{diagnostic}");
}

/// Prints what prevented an answer to standard error.
pub fn complain(problem: &str) {
    let label = if colour(&io::stderr()) { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
    remark(&format!("{label}: {problem}"));
}

/// Whether a stream gets colours: `NO_COLOR` forbids, `CLICOLOR_FORCE` demands, otherwise only a capable terminal.
pub fn colour(stream: &impl IsTerminal) -> bool {
    wants_colour(|name| env::var(name).ok(), stream.is_terminal())
}

fn wants_colour(variable: impl Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    let forced = set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE").as_deref() != Some("0");
    forced || (terminal && variable("TERM").as_deref() != Some("dumb"))
}

/// Columns that a table on standard output may take.
pub fn columns() -> usize {
    let stdout = io::stdout();
    let seen = if stdout.is_terminal() { terminal_size::terminal_size_of(&stdout) } else { None };
    seen.map_or(COLUMNS_ELSEWHERE, |(width, _)| usize::from(width.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour_with(variables: &[(&str, &str)], terminal: bool) -> bool {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        wants_colour(find, terminal)
    }

    #[test]
    fn colour_is_for_terminals_unless_the_environment_says_otherwise() {
        assert!(colour_with(&[], true));
        assert!(!colour_with(&[], false));
        assert!(!colour_with(&[("TERM", "dumb")], true));
        assert!(!colour_with(&[("NO_COLOR", "1")], true));
        assert!(colour_with(&[("NO_COLOR", "")], true), "an empty NO_COLOR is an absent one");
        assert!(colour_with(&[("CLICOLOR_FORCE", "1")], false));
        assert!(!colour_with(&[("CLICOLOR_FORCE", "0")], false));
        assert!(!colour_with(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false));
    }
}
