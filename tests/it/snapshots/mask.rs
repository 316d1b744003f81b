//! What differs from run to run is left out of what is held against a file.

use std::sync::LazyLock;

use regex::Regex;

/// A pattern, and what stands in its place.
struct Mask(Regex, &'static str);

static MASKS: LazyLock<Vec<Mask>> = LazyLock::new(|| {
    let masks = [
        (r"127\.0\.0\.1:\d{4,}", "127.0.0.1:PORT"),
        // What took time, and everything that was measured behind it.
        (r"\b\d+\.\d+ s\b.*", "N s …"),
        (r"(OBJECTS +)TIME .*", "${1}TIME …"),
        // A position holds the time, a cursor the name of the replica.
        (r"(up to position |next: --cursor |the cursor is `).*", "${1}…"),
        (r"(before it was: )[\w-]{16,}", "${1}…"),
        (r"(created `[^`]*`) \([0-9a-f-]{36}\)", "$1 (UUID)"),
        (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{4,6}Z", "0000-00-00T00:00:00.000000Z"),
        (r"^inthreat_[\w-]{40,}$", "SECRET"),
        (r"key `[0-9a-f]{16}` for", "key `ID` for"),
        (r#"(disk_bytes"?[:,] ?|on disk +|stored_body_bytes"?[:,] ?)[\d.]+"#, "${1}N"),
        (r"[\d,]+ MB are free", "N MB are free"),
    ];
    masks.into_iter().map(|(pattern, with)| Mask(Regex::new(pattern).unwrap(), with)).collect()
});

pub(super) fn line(line: &str) -> String {
    let masked = |line: String, mask: &Mask| mask.0.replace_all(&line, mask.1).into_owned();
    MASKS.iter().fold(line.to_owned(), masked)
}
