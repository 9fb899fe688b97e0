//! "Did you mean": the nearest of the names that would have been right.

use std::path::Path;

/// Distance of two words: insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let differs = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + differs);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[right.len()]
}

/// The candidate nearest to `word`, if it is near enough to be a slip of the finger.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > 100 {
        return None;
    }
    let folded = word.to_lowercase().replace('-', "_");
    let mut best = None;
    for candidate in candidates {
        let other = candidate.to_lowercase().replace('-', "_");
        let allowed = ((word.chars().count().max(candidate.chars().count()) + 1) / 3).max(1);
        let apart = distance(&folded, &other);
        if apart <= allowed && best.is_none_or(|(least, _)| apart < least) {
            best = Some((apart, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Help for a word that is none of the candidates: the nearest one, or all of them.
pub(crate) fn did_you_mean(word: &str, candidates: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    one_of(candidates)
}

/// "one of …", for up to two dozen names.
pub(super) fn one_of(candidates: &[&str]) -> Option<String> {
    if candidates.is_empty() || candidates.len() > 24 {
        return None;
    }
    let listed: Vec<String> = candidates.iter().map(|name| format!("`{name}`")).collect();
    Some(if listed.len() == 1 { format!("only {} exists", listed[0]) } else { format!("one of {}", listed.join(", ")) })
}

/// Help for a time zone that does not exist.
pub(super) fn zone(wanted: &str) -> String {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    let city = |name: &&str| name.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(wanted));
    let near = names.iter().map(String::as_str).find(city);
    match near.or_else(|| nearest(wanted, names.iter().map(String::as_str))) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write an IANA name such as `Europe/Kyiv`".to_owned(),
    }
}

/// The file with the most similar name beside one that does not exist.
pub(super) fn similar_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(1_000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    nearest(wanted, names.iter().map(String::as_str)).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let keys = ["replicas", "concurrency", "service", "service_rate", "from"];
        assert_eq!(nearest("replica", keys), Some("replicas"));
        assert_eq!(nearest("serivce", keys), Some("service"));
        assert_eq!(nearest("Service-Rate", keys), Some("service_rate"));
        assert_eq!(nearest("form", keys), Some("from"));
        assert_eq!(nearest("topic", keys), None);
        assert_eq!(nearest(&"x".repeat(10_000), keys), None);
    }

    #[test]
    fn distances_count_swaps_once() {
        assert_eq!(distance("abcd", "abdc"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
