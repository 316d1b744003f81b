//! The name that somebody most likely meant.

/// The known name that differs least from one that is not known; `None` where none is near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(usize::MAX, name, known)
}

/// The same for a name that differs from the known one by so many letters at most.
pub(crate) fn nearest_within<'a>(
    changes_max: usize,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let name: Vec<char> = name.chars().collect();
    // Of short names each is near to every other one.
    let changes_max = changes_max.min(name.len() / 3);
    let near = known.into_iter().map(|known| (changes(&name, known), known));
    near.filter(|(changes, _)| *changes <= changes_max).min().map(|(_, known)| known)
}

/// How many letters have to be added, taken away or put in the place of others.
fn changes(name: &[char], known: &str) -> usize {
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (index, letter) in known.chars().enumerate() {
        let mut before = index;
        let mut last = index + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(name) {
            let replaced = before + usize::from(letter != *other);
            before = *cell;
            last = replaced.min(before + 1).min(last + 1);
            *cell = last;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a plural that finds nothing, and a guess that nobody meant.
    #[test]
    fn names_are_found_by_what_is_near() {
        let known = ["indicator", "identity", "tool", "threat-actor", "vulnerability", "note"];
        for (name, expected) in [
            ("indicators", Some("indicator")),
            ("Indicator", Some("indicator")),
            ("identities", Some("identity")),
            ("vulnerabilities", Some("vulnerability")),
            ("threatactor", Some("threat-actor")),
            ("tools", Some("tool")),
            ("toll", Some("tool")),
            ("ioc", None),
            ("apple", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
        assert_eq!(changes(&['a', 'b', 'c'], ""), 3);
        assert_eq!(changes(&[], "abc"), 3);
        assert_eq!(changes(&['a', 'b', 'c'], "axc"), 1);
    }
}
