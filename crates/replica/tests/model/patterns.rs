//! Patterns and look-ups, and what they say, worked out by hand.

/// A pattern, and what it says, worked out by hand.
pub(crate) struct Pattern {
    pub(crate) text: &'static str,
    /// As it is after the far end of network traffic was made plain.
    pub(crate) plain: &'static str,
    pub(crate) language: &'static str,
    pub(crate) types: &'static [&'static str],
    /// What it is found by when the indicator names no types: type and value.
    pub(crate) keys: &'static [(&'static str, &'static str)],
    /// The values that it is found by with each type that the indicator names; it names none where there are no such values.
    pub(crate) literals: &'static [&'static str],
    /// What a line of text tells of it; `None`: the name.
    pub(crate) line: Option<&'static str>,
}

pub(crate) const PATTERNS: [Pattern; 7] = [
    Pattern {
        text: "[domain-name:value = 'A.Example.']",
        plain: "[domain-name:value = 'A.Example.']",
        language: "stix",
        types: &["domain-name"],
        keys: &[("domain-name", "a.example")],
        literals: &[],
        line: Some("A.Example."),
    },
    Pattern {
        text: "[domain-name:value = 'b.example' OR url:value = 'http://c.example/x']",
        plain: "[domain-name:value = 'b.example' OR url:value = 'http://c.example/x']",
        language: "stix",
        types: &["domain-name", "url"],
        keys: &[
            ("domain-name", "b.example"),
            ("domain-name", "http://c.example/x"),
            ("url", "b.example"),
            ("url", "http://c.example/x"),
        ],
        literals: &["b.example", "http://c.example/x"],
        line: None,
    },
    Pattern {
        text: "[ipv4-addr:value = '198.51.100.7']",
        plain: "[ipv4-addr:value = '198.51.100.7']",
        language: "stix",
        types: &["ipv4-addr"],
        keys: &[("ipv4-addr", "198.51.100.7")],
        literals: &["198.51.100.7"],
        line: Some("198.51.100.7"),
    },
    Pattern {
        text: "[ipv4-addr:value = '198.51.100.9/24']",
        plain: "[ipv4-addr:value = '198.51.100.9/24']",
        language: "stix",
        types: &["ipv4-addr"],
        keys: &[("ipv4-addr", "198.51.100.0/24")],
        literals: &[],
        line: Some("198.51.100.9/24"),
    },
    Pattern {
        text: "[network-traffic:dst_ref.value = '198.51.100.7']",
        plain: "[ipv4-addr:value = '198.51.100.7']",
        language: "stix",
        types: &["ipv4-addr"],
        keys: &[("ipv4-addr", "198.51.100.7")],
        literals: &[],
        line: Some("198.51.100.7"),
    },
    Pattern {
        text: "[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E' OR file:name = 'X.exe']",
        plain: "[file:hashes.MD5 = 'D41D8CD98F00B204E9800998ECF8427E' OR file:name = 'X.exe']",
        language: "stix",
        types: &["file"],
        keys: &[
            ("file", "d41d8cd98f00b204e9800998ecf8427e"),
            ("file", "X.exe"),
            ("filename", "X.exe"),
        ],
        literals: &[],
        line: None,
    },
    Pattern {
        text: "rule a { condition: true }",
        plain: "rule a { condition: true }",
        language: "yara",
        types: &[],
        keys: &[],
        literals: &[],
        line: None,
    },
];

/// What is looked up: type, value as it is asked for, and the keys by which it is found.
pub(crate) type Query = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

pub(crate) const QUERIES: [Query; 13] = [
    ("domain-name", "a[.]EXAMPLE", &[("domain-name", "a.example")]),
    ("domain-name", "B.example.", &[("domain-name", "b.example")]),
    ("domain-name", "unheard.example", &[]),
    ("url", "hxxp://C[.]example/x", &[("url", "http://c.example/x")]),
    ("url", "b.example", &[("url", "b.example")]),
    ("url", "198.51.100.7", &[("url", "198.51.100.7")]),
    (
        "ipv4-addr",
        "198.51.100[.]7",
        &[("ipv4-addr", "198.51.100.7"), ("ipv4-addr", "198.51.100.0/24")],
    ),
    (
        "ipv6-addr",
        "::ffff:198.51.100.7",
        &[("ipv4-addr", "198.51.100.7"), ("ipv4-addr", "198.51.100.0/24")],
    ),
    ("ipv4-addr", "198.51.100.128/25", &[("ipv4-addr", "198.51.100.0/24")]),
    ("ipv4-addr", "198.51.101.7", &[]),
    ("ipv4-addr", "b.example", &[("ipv4-addr", "b.example")]),
    ("file", "d41d8cd98f00b204e9800998ecf8427E", &[("file", "d41d8cd98f00b204e9800998ecf8427e")]),
    ("filename", "X.exe", &[("filename", "X.exe")]),
];
