//! The architecture, kept true: reads `src/` and fails on what DESIGN §1 and the house style do not allow.
//!
//! A module imports only from those above it in the table; nothing prints outside `cli`; what simulates has no clock, no
//! global randomness, no hash order and no `unwrap`; files, functions and lines stay short; every file says what it is.
//! The checker sees code without comments, texts and `#[cfg(test)]` items, and is itself tested on planted violations.

use std::collections::BTreeSet;
use std::path::Path;

/// DESIGN §1: each module with everything that it may import.
const MAY_IMPORT: [(&str, &[&str]); 10] = [
    ("units", &[]),
    ("model", &["units"]),
    ("scenario", &["units", "model"]),
    ("scaling", &["units", "model"]),
    ("engine", &["units", "model", "scaling"]),
    ("measure", &["units", "model", "scaling", "engine"]),
    ("study", &["units", "model", "scenario", "scaling", "engine", "measure"]),
    ("import", &["units", "model", "scenario"]),
    ("report", &["units", "model", "scenario", "measure", "study"]),
    ("cli", &["units", "model", "scenario", "scaling", "engine", "measure", "study", "import", "report"]),
];
/// Where the same input must always give the same output.
const PURE: [&str; 5] = ["model", "scaling", "engine", "measure", "study"];
const IMPURE: [&str; 9] = [
    ".unwrap()",
    "HashMap",
    "HashSet",
    "Instant::now",
    "SystemTime",
    "rand::rng(",
    "thread_rng",
    "std::fs",
    "std::env::",
];
const PRINTING: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
const UNFINISHED: [&str; 6] = ["todo!", "unimplemented!", "dbg!", "TODO", "FIXME", "XXX"];
const MOST_LINES: usize = 600;
const MOST_LINES_OF_A_FUNCTION: usize = 70;
const MOST_COLUMNS: usize = 120;

/// A file of `src/`, its path written from there: `engine/events.rs`.
struct File {
    path: String,
    text: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    /// The top-level module that the file belongs to: `engine` for `engine/events.rs`, `main` for `main.rs`.
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The path below which the file's own modules lie.
    fn folder(&self) -> &str {
        self.path.strip_suffix(".rs").unwrap_or(&self.path)
    }
}

/// Everything that is wrong, one line each: `path:line: what`.
fn violations(files: &[File]) -> Vec<String> {
    let tests = test_files(files);
    let mut found = Vec::new();
    for file in files {
        let code = without_tests(&without_texts(&file.text));
        let is_test = tests.contains(&file.path);
        check_text(file, &mut found);
        check_functions(file, &mut found);
        if !is_test {
            check_imports(file, &code, &mut found);
            check_calls(file, &code, &mut found);
        }
    }
    found
}

/// Files that are modules of tests only: `#[cfg(test)] mod name;`.
fn test_files(files: &[File]) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for file in files {
        let code = without_texts(&file.text);
        for (at, _) in code.match_indices("#[cfg(test)]") {
            let item = code[at + "#[cfg(test)]".len()..].trim_start();
            let name = item.strip_prefix("mod ").and_then(|rest| rest.split_once(';')).map(|(name, _)| name.trim());
            if let Some(name) = name.filter(|name| name.chars().all(|sign| sign.is_alphanumeric() || sign == '_')) {
                let folder = if file.path == "lib.rs" { String::new() } else { format!("{}/", file.folder()) };
                tests.insert(format!("{folder}{name}.rs"));
            }
        }
    }
    tests
}

fn check_text(file: &File, found: &mut Vec<String>) {
    let path = &file.path;
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        found.push(format!("{path}:{lines}: more than {MOST_LINES} lines"));
    }
    if !file.text.starts_with("//!") {
        found.push(format!("{path}:1: does not begin with what it is (`//!`)"));
    }
    for (number, line) in file.text.lines().enumerate() {
        let columns = line.chars().count();
        if columns > MOST_COLUMNS {
            found.push(format!("{path}:{}: {columns} columns", number + 1));
        }
        for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
            found.push(format!("{path}:{}: `{word}`", number + 1));
        }
    }
}

fn check_calls(file: &File, code: &str, found: &mut Vec<String>) {
    let may_print = ["cli", "main"].contains(&file.module());
    let is_pure = PURE.contains(&file.module());
    for (number, line) in code.lines().enumerate() {
        let printing = PRINTING.iter().filter(|_| !may_print);
        let impure = IMPURE.iter().filter(|_| is_pure);
        for word in printing.chain(impure).chain(["unsafe"].iter()).filter(|word| has_word(line, word)) {
            found.push(format!("{}:{}: `{word}`", file.path, number + 1));
        }
    }
}

fn check_imports(file: &File, code: &str, found: &mut Vec<String>) {
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == file.module()) else {
        if !["lib", "main"].contains(&file.module()) {
            found.push(format!("{}:1: the module `{}` is not in the table of DESIGN §1", file.path, file.module()));
        }
        return;
    };
    for (line, import) in imports(code) {
        let known = MAY_IMPORT.iter().any(|(module, _)| *module == import);
        if import != file.module() && (!known || !allowed.contains(&import.as_str())) {
            found.push(format!("{}:{line}: `{}` must not know `{import}`", file.path, file.module()));
        }
    }
}

/// Top-level modules of the crate that code names, with the line: `crate::a`, `crate::{a, b::c}`, `forebay::a`.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for root in ["crate::", "forebay::"] {
        for (at, _) in code.match_indices(root).filter(|(at, _)| !ends_in_word(&code[..*at])) {
            let line = code[..at].lines().count().max(1);
            let rest = &code[at + root.len()..];
            match rest.strip_prefix('{') {
                Some(list) => found.extend(heads(list).into_iter().map(|name| (line, name))),
                None => found.push((line, word_at(rest))),
            }
        }
    }
    found
}

/// First words of the members of a list such as `a, b::{c, d}, e}`.
fn heads(list: &str) -> Vec<String> {
    let mut names = vec![word_at(list.trim_start())];
    let mut depth = 0;
    for (at, sign) in list.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word_at(list[at + 1..].trim_start())),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty() && name != "self");
    names
}

fn check_functions(file: &File, found: &mut Vec<String>) {
    let code = without_texts(&file.text);
    for (at, _) in code.match_indices("fn ").filter(|(at, _)| !ends_in_word(&code[..*at])) {
        let name = word_at(&code[at + 3..]);
        // A declaration without a body ends first, and so does the type of a function pointer.
        let body = code[at..].find(['{', ';']).map(|offset| at + offset);
        let Some(open) = body.filter(|body| code[*body..].starts_with('{') && !name.is_empty()) else { continue };
        let close = matching_brace(&code, open);
        let lines = code[at..close].matches('\n').count() + 1;
        if lines > MOST_LINES_OF_A_FUNCTION {
            let line = code[..at].matches('\n').count() + 1;
            found.push(format!("{}:{line}: `{name}` has {lines} lines", file.path));
        }
    }
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn word_at(text: &str) -> String {
    text.chars().take_while(|sign| is_word(*sign)).collect()
}

/// Whether `word` stands in the line by itself.
fn has_word(line: &str, word: &str) -> bool {
    let begins_in_word = word.starts_with(is_word);
    let ends_in_sign = !word.ends_with(is_word);
    line.match_indices(word).any(|(at, _)| {
        let free_before = !begins_in_word || !ends_in_word(&line[..at]);
        let free_after = ends_in_sign || !line[at + word.len()..].starts_with(is_word);
        free_before && free_after
    })
}

/// The byte after the brace that closes the one at `open`; the end if none does.
fn matching_brace(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, sign) in code[open..].char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return open + at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// Code with the items that only tests see blanked out, line by line.
fn without_tests(code: &str) -> String {
    let mut rest = code;
    let mut kept = String::new();
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let end = match rest[at..].find(['{', ';']).map(|offset| at + offset) {
            Some(open) if rest[open..].starts_with('{') => matching_brace(rest, open),
            Some(semicolon) => semicolon + 1,
            None => rest.len(),
        };
        kept.extend(rest[at..end].chars().filter(|sign| *sign == '\n'));
        rest = &rest[end..];
    }
    kept + rest
}

/// Code with comments, texts and characters blanked out; every line stays where it is.
fn without_texts(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let length = opaque_length(rest, ends_in_word(&code));
        if length == 0 {
            code.push(sign);
            rest = &rest[sign.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|sign| if sign == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// Bytes of the comment, text or character that begins here; 0 if none does.
fn opaque_length(text: &str, in_word: bool) -> usize {
    let until = |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return until("*/", 2);
    }
    if !in_word && (text.starts_with("r\"") || text.starts_with("r#") || text.starts_with("br")) {
        let hashes = text.trim_start_matches(['b', 'r']).chars().take_while(|sign| *sign == '#').count();
        let quote = text.find('"').unwrap_or(text.len());
        if text[..quote].trim_start_matches(['b', 'r']).chars().all(|sign| sign == '#') && quote < text.len() {
            return until(&format!("\"{}", "#".repeat(hashes)), quote + 1);
        }
    }
    if let Some(inside) = text.strip_prefix('"') {
        return 1 + escaped_length(inside, '"');
    }
    // A character, not a lifetime: 'x' or '\…'.
    let mut signs = text.chars();
    if signs.next() == Some('\'') && !in_word {
        let first = signs.next();
        if first == Some('\\') || (first.is_some() && signs.next() == Some('\'')) {
            return 1 + escaped_length(&text[1..], '\'');
        }
    }
    0
}

/// Bytes up to and with the closing sign, escapes skipped.
fn escaped_length(text: &str, closing: char) -> usize {
    let mut escaped = false;
    for (at, sign) in text.char_indices() {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if sign == closing => return at + sign.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

fn read(folder: &Path, root: &Path, files: &mut Vec<File>) {
    let entries = std::fs::read_dir(folder).expect("src can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("src can be read").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read(&path, root, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
            let relative = path.strip_prefix(root).expect("below src").to_string_lossy().replace('\\', "/");
            files.push(File::new(&relative, &text));
        }
    }
}

#[test]
fn the_sources_keep_the_architecture() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    read(&root, &root, &mut files);
    assert!(files.len() > 50, "only {} files found", files.len());
    let found = violations(&files);
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// What is wrong with one file of this text.
fn wrong(path: &str, text: &str) -> Vec<String> {
    violations(&[File::new(path, &format!("//! A module.\n{text}\n"))])
}

#[test]
fn clean_code_is_clean() {
    let text = r##"
use crate::model::{Model, rate::Rate};
use super::kernel;
/// Does not `println!`; a HashMap would be wrong, `unsafe` too.
fn f<'a>(text: &'a str) -> char {
    let _ = ("crate::cli println! \" { unsafe", r#"HashMap " {"#, '{', '\'', b"{", "\\");
    /* Instant::now */
    '"'
}
#[cfg(test)]
mod tests {
    use crate::report::table;
    fn g() { None.unwrap(); println!("{{") }
}
fn h() { g.unwrap_or(0) }
"##;
    assert_eq!(wrong("engine/events.rs", text), Vec::<String>::new());
}

#[test]
fn every_arrow_that_goes_the_other_way_is_found() {
    let order: Vec<&str> = MAY_IMPORT.iter().map(|(module, _)| *module).collect();
    for (place, (module, allowed)) in MAY_IMPORT.iter().enumerate() {
        for (other_place, other) in order.iter().enumerate() {
            for import in [format!("use crate::{other}::X;"), format!("use crate::{{\n    {other}::X,\n}};")] {
                let found = wrong(&format!("{module}/inner.rs"), &import);
                let legal = other == module || allowed.contains(other);
                assert_eq!(found.is_empty(), legal, "{module} → {other}: {found:?}");
            }
            assert!(other_place < place || !allowed.contains(other), "{module} allows {other}, which is below it");
        }
    }
    assert_eq!(wrong("engine.rs", "fn f() { crate::study::run() }").len(), 1, "paths in code count too");
    assert_eq!(wrong("model.rs", "pub(crate) use crate::{units::Seconds, scenario};").len(), 1);
    assert_eq!(wrong("gossip.rs", "").len(), 1, "a module that is not in the table");
}

#[test]
fn every_forbidden_call_is_found_where_it_is_forbidden() {
    for call in IMPURE {
        for module in PURE {
            let found = wrong(&format!("{module}/deep/er.rs"), &format!("fn f() {{ let _ = x{call}; }}"));
            let word = if call.starts_with(is_word) { format!("fn f() {{ {call} }}") } else { String::new() };
            let found = found.len().max(wrong(&format!("{module}.rs"), &word).len());
            assert_eq!(found, 1, "{call} in {module}");
        }
        assert_eq!(wrong("cli/run.rs", &format!("fn f() {{ {call} }}")), Vec::<String>::new());
    }
    for call in PRINTING.iter().filter(|call| !UNFINISHED.contains(call)) {
        let text = format!("fn f() {{ {call}(\"\"); }}");
        assert_eq!(wrong("report/table.rs", &text).len(), 1, "{call}");
        assert_eq!(wrong("cli.rs", &text).len() + wrong("main.rs", &text).len(), 0, "{call}");
    }
    assert_eq!(wrong("cli.rs", "fn f() { unsafe { g() } }").len(), 1);
}

#[test]
fn what_only_tests_see_may_unwrap() {
    let parent = File::new("engine/fluid.rs", "//! A module.\n#[cfg(test)]\nmod laws;\n");
    let child = |path| File::new(path, "//! Tests.\nfn f() { x.unwrap() }\n");
    assert_eq!(violations(&[parent, child("engine/fluid/laws.rs")]), Vec::<String>::new());
    assert_eq!(violations(&[child("engine/fluid/laws.rs")]).len(), 1);
}

#[test]
fn what_is_unfinished_is_found() {
    for word in UNFINISHED {
        let text = format!("// {word} later");
        assert_eq!(wrong("units.rs", &text).len(), 1, "{word}");
    }
    assert_eq!(wrong("units.rs", "// TODOS of others, XXXL"), Vec::<String>::new());
}

#[test]
fn what_is_too_long_is_found() {
    assert_eq!(wrong("units.rs", &"\n".repeat(MOST_LINES)).len(), 1);
    assert_eq!(wrong("units.rs", &"\n".repeat(MOST_LINES - 2)), Vec::<String>::new());
    let function = |lines: usize| format!("impl A {{\n    fn f() {{{}}}\n    fn g();\n}}", "\n".repeat(lines - 1));
    assert_eq!(wrong("units.rs", &function(MOST_LINES_OF_A_FUNCTION)), Vec::<String>::new());
    let found = wrong("units.rs", &function(MOST_LINES_OF_A_FUNCTION + 1));
    assert_eq!(found, ["units.rs:3: `f` has 71 lines"]);
    assert_eq!(wrong("units.rs", &format!("// {}", "ü".repeat(MOST_COLUMNS - 3))), Vec::<String>::new());
    assert_eq!(wrong("units.rs", &format!("// {}", "ü".repeat(MOST_COLUMNS - 2))).len(), 1);
}

#[test]
fn a_file_that_does_not_say_what_it_is_is_found() {
    assert_eq!(violations(&[File::new("units.rs", "fn f() {}\n")]).len(), 1);
}
