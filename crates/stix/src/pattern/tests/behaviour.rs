//! What single features of the pattern language do.

use crate::pattern::{
    FindingCode, HashAlgorithm, MAX_NESTING, MatchErrorKind, MatchOptions, Observation, Operator,
    ParseErrorKind, ParseOptions, Pattern,
};

fn parse(source: &str) -> Pattern {
    Pattern::parse(source).unwrap_or_else(|error| panic!("{}", error.render()))
}

#[track_caller]
fn check_error(source: &str, kind: ParseErrorKind, line: usize, column: usize, expected: &str) {
    let error = Pattern::parse(source).unwrap_err();
    assert_eq!((error.kind(), error.line(), error.column()), (kind, line, column), "{error}");
    assert!(error.expected().contains(expected), "{error}");
}

// Would catch columns counted in bytes, lines from zero, or an error that names the wrong token.
#[test]
fn errors_name_the_place_and_what_was_expected() {
    let syntax = ParseErrorKind::Syntax;
    check_error("", syntax, 1, 1, "`[`");
    check_error("[é:b = 1]", syntax, 1, 2, "token");
    check_error("[a:b = 'é' and a:b = 1]", syntax, 1, 12, "`AND`");
    check_error("[a:b = 1]\n  AND\n  [a:b ! 1]", syntax, 3, 8, "token");
    check_error("[a:b = 'x", syntax, 1, 8, "closing");
    check_error(r"[a:b = 'x\y']", syntax, 1, 10, r"`\'`");
    check_error("[a:b = h'abc']", syntax, 1, 8, "hexadecimal");
    check_error("[a:b = 1] /* x", syntax, 1, 11, "`*/`");
    check_error(
        "[a:b = 1] REPEATS 99999999999999999999 TIMES",
        ParseErrorKind::OutOfRange,
        1,
        19,
        "64 bits",
    );
    check_error("[a:b = 1] WITHIN -1 SECONDS", syntax, 1, 18, "minus");
}

// Would catch a caret that is not below the place when the line is cut or holds wide characters.
#[test]
fn an_error_shows_the_place() {
    let source = format!("[a:b = '{}' & a:b = 1]", "é".repeat(100));
    let rendered = Pattern::parse(&source).unwrap_err().render();
    let lines: Vec<&str> = rendered.lines().collect();
    let column = lines[2].chars().position(|c| c == '^').unwrap();
    assert_eq!(lines[1].chars().nth(column), Some('&'), "{rendered}");
    assert!(lines[1].chars().count() <= 82);
}

// Would catch a stack overflow, and a limit that is off by one. Test threads have small stacks.
#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize, inside: bool| {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        if inside { format!("[{open}a:b = 1{close}]") } else { format!("{open}[a:b = 1]{close}") }
    };
    for inside in [false, true] {
        let deepest = parse(&nested(MAX_NESTING, inside));
        assert_eq!(parse(&deepest.to_string()), deepest.clone());
        assert_eq!(deepest.is_equivalent_to(&parse("[a:b = 1]")), Ok(true));
        assert!(deepest.matches(&[]).is_ok_and(|matched| !matched));
        assert!(deepest.check().is_empty());
        let error = Pattern::parse(&nested(MAX_NESTING + 1, inside)).unwrap_err();
        assert_eq!(error.kind(), ParseErrorKind::TooDeep);
        let error = Pattern::parse(&nested(400_000, inside)).unwrap_err();
        assert_eq!(error.kind(), ParseErrorKind::TooDeep);
    }
}

// Would catch recursion over the operands of a chain, or over qualifiers.
#[test]
fn chains_are_flat() {
    let comparisons = vec!["a:b = 1"; 50_000].join(" OR ");
    let pattern = parse(&format!("[{comparisons}]"));
    assert_eq!(pattern.comparisons().count(), 50_000);
    assert_eq!(parse(&pattern.to_string()), pattern);
    let observations = vec!["[a:b = 1]"; 40_000].join(" FOLLOWEDBY ");
    assert_eq!(parse(&observations).to_string(), observations);
    let qualified = format!("[a:b = 1]{}", " REPEATS 1 TIMES".repeat(50_000));
    assert_eq!(parse(&qualified).check().len(), 49_999);
}

// Would catch a length that is not looked at before reading.
#[test]
fn length_is_bounded() {
    let options = ParseOptions::default().with_max_length(9);
    assert!(Pattern::parse_with("[a:b = 1]", options).is_ok());
    let error = Pattern::parse_with("[a:b = 12]", options).unwrap_err();
    assert_eq!(error.kind(), ParseErrorKind::TooLong);
    let long = format!("[a:b = '{}']", "x".repeat(crate::pattern::MAX_LENGTH));
    assert_eq!(Pattern::parse(&long).unwrap_err().kind(), ParseErrorKind::TooLong);
}

// Would catch `AND` and `OR` at the same level, or a qualifier that binds to the whole chain.
#[test]
fn operators_bind_as_the_grammar_says() {
    let source = "[a:b=1] FOLLOWEDBY [a:b=2] OR [a:b=3] AND [a:b=4] WITHIN 5 SECONDS";
    let grouped = "[a:b=1] FOLLOWEDBY ([a:b=2] OR ([a:b=3] AND ([a:b=4] WITHIN 5 SECONDS)))";
    assert_eq!(parse(source).is_equivalent_to(&parse(grouped)), Ok(true));
    let (source, grouped) = ("[a:b=1 OR a:b=2 AND a:b=3]", "[a:b=1 OR (a:b=2 AND a:b=3)]");
    assert_eq!(parse(source).is_equivalent_to(&parse(grouped)), Ok(true));
    assert_ne!(parse(source), parse(grouped));
}

// Would catch a negated value that is looked up, or an algorithm that depends on the spelling.
#[test]
fn observables_are_what_equality_names() {
    let pattern = parse(
        "[ipv4-addr:value = '1.2.3.4' AND url:value != 'a' AND url:value NOT = 'b' AND url:value LIKE 'c' \
         AND url:value NOT IN ('d') AND network-traffic:dst_port IN (82, 83)] OR \
         [file:hashes.sha256 = 'e' OR file : hashes . 'SHA-512' = 'f' OR \
         artifact:x.'hashes'.MD5 = 'g' OR file:hashes[*] = 'h' OR file:hashes.unknown = 'i' OR x:hashesx.MD5 = 'j']",
    );
    let found: Vec<_> = pattern
        .observables()
        .map(|o| {
            (
                o.object_type,
                o.property,
                o.value.to_text().into_owned(),
                o.hash_algorithm,
                o.operator,
            )
        })
        .collect();
    let row = |object_type, property, value: &str, algorithm, operator| {
        (object_type, property, value.to_owned(), algorithm, operator)
    };
    let (equal, within) = (Operator::Equal, Operator::In);
    assert_eq!(
        found,
        [
            row("ipv4-addr", "value", "1.2.3.4", None, equal),
            row("network-traffic", "dst_port", "82", None, within),
            row("network-traffic", "dst_port", "83", None, within),
            row("file", "hashes.sha256", "e", Some(HashAlgorithm::Sha256), equal),
            row("file", "hashes.'SHA-512'", "f", Some(HashAlgorithm::Sha512), equal),
            row("artifact", "x.hashes.MD5", "g", Some(HashAlgorithm::Md5), equal),
            row("file", "hashes[*]", "h", None, equal),
            row("file", "hashes.unknown", "i", None, equal),
            row("x", "hashesx.MD5", "j", None, equal),
        ]
    );
}

// Would catch a finding on the wrong place, or parentheses that do not separate qualifiers.
#[test]
fn findings_have_codes_and_places() {
    let codes = |source: &str| -> Vec<(&'static str, String)> {
        let pattern = parse(source);
        let text =
            |finding: &crate::pattern::Finding| pattern.source()[finding.span.range()].to_owned();
        pattern.check().iter().map(|finding| (finding.code.as_str(), text(finding))).collect()
    };
    let md5 = "d41d8cd98f00b204e9800998ecf8427e";
    assert_eq!(codes(&format!("[file:hashes.MD5 IN ('{md5}', '{md5}')]")), []);
    assert_eq!(
        codes(&format!("[a:b = 1] OR [file:hashes.MD5 IN ('{md5}', 'x')]")),
        [("malformed-hash", format!("file:hashes.MD5 IN ('{md5}', 'x')"))]
    );
    assert_eq!(
        codes("[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES"),
        [("duplicate-qualifier", "[a:b = 1] REPEATS 2 TIMES REPEATS 3 TIMES".to_owned())]
    );
    assert_eq!(codes("([a:b = 1] REPEATS 2 TIMES) REPEATS 3 TIMES"), []);
    assert_eq!(codes("( /* c */ [a:b = 1])"), [("leading-comment", "/* c */ ".to_owned())]);
    assert_eq!(codes("[a:b = 1 AND (b:c = 1 OR a:c = 1)]"), []);
    assert_eq!(
        codes("[a:b = 1 AND (b:c = 1 OR c:c = 1)]"),
        [("mixed-object-types", "[a:b = 1 AND (b:c = 1 OR c:c = 1)]".to_owned())]
    );
    assert!(!FindingCode::MixedObjectTypes.is_error());
}

/// Observations of one object `a` with `v` = 1, each one second long, at these seconds.
fn seen_at(seconds: &[usize]) -> Vec<Observation> {
    let rows: Vec<String> = seconds
        .iter()
        .map(|second| {
            let at = format!(
                "2024-05-01T{:02}:{:02}:{:02}Z",
                second / 3600,
                second / 60 % 60,
                second % 60
            );
            format!(
                r#"{{"number_observed":1,"first_observed":"{at}","last_observed":"{at}",
                    "objects":{{"0":{{"type":"a","v":1,"ip":"2001:db8::7","l":[1,2],"x_ref":"9","t":"x\ny"}}}}}}"#
            )
        })
        .collect();
    Observation::from_json(&format!("[{}]", rows.join(","))).unwrap()
}

// Would catch an evaluation of repetitions that tries combinations: the steps would not be enough.
#[test]
fn repetitions_within_a_window_take_linear_work() {
    let every_minute: Vec<usize> = (0..1_400).map(|minute| minute * 60).collect();
    let seen = seen_at(&every_minute);
    let options = MatchOptions::default().with_max_steps(20_000);
    let matches = |source: &str| parse(source).matches_with(&seen, options);
    assert_eq!(matches("[a:v = 1] REPEATS 31 TIMES WITHIN 1800 SECONDS"), Ok(true));
    assert_eq!(matches("[a:v = 1] REPEATS 32 TIMES WITHIN 1800 SECONDS"), Ok(false));
    assert_eq!(matches("[a:v = 1] REPEATS 1400 TIMES"), Ok(true));
    assert_eq!(matches("[a:v = 1] REPEATS 18446744073709551615 TIMES"), Ok(false));
}

// Would catch a search that does not see that there are too few observations, and one that never ends.
#[test]
fn combinations_are_bounded() {
    let ten = seen_at(&(0..10).collect::<Vec<_>>());
    let chain = |count: usize, operator: &str| parse(&vec!["[a:v = 1]"; count].join(operator));
    assert_eq!(chain(10, " AND ").matches(&ten), Ok(true));
    assert_eq!(chain(11, " AND ").matches(&ten), Ok(false));
    assert_eq!(chain(10, " FOLLOWEDBY ").matches(&ten), Ok(true));
    assert_eq!(chain(11, " FOLLOWEDBY ").matches(&ten), Ok(false));
    let hard = format!("({}) WITHIN 8 SECONDS", ["([a:v = 1] OR [a:v = 1])"; 10].join(" AND "));
    let options = MatchOptions::default().with_max_steps(100_000);
    let error = parse(&hard).matches_with(&ten, options).unwrap_err();
    assert_eq!(error.kind(), MatchErrorKind::TooComplex);
    let error = chain(1_001, " AND ").matches(&ten).unwrap_err();
    assert_eq!(error.kind(), MatchErrorKind::TooComplex);
}

// Would catch what the vectors of the peer do not ask: IPv6, EXISTS, impossible patterns.
#[test]
fn matching_goes_beyond_the_peer() {
    let seen = seen_at(&[0]);
    for (source, expected) in [
        ("[a:ip ISSUBSET '2001:db8::/32']", true),
        ("[a:ip ISSUBSET '2001:db9::/32']", false),
        ("[a:ip ISSUBSET '0.0.0.0/0']", false),
        ("[a:ip ISSUPERSET '2001:db8::7/128']", true),
        ("[EXISTS a:l[1]]", true),
        ("[EXISTS a:l[2]]", false),
        ("[NOT EXISTS a:l[2]]", true),
        ("[NOT EXISTS b:l]", false),
        ("[a:l[-1] = 1]", false),
        ("[a:v IN (true)]", false),
        ("[a:v = 1.0]", true),
        ("[EXISTS a:x_ref]", true),
        ("[a:x_ref != 1]", false),
        ("[a:t MATCHES '^x.y$']", true),
        ("[a:t LIKE 'x_y']", true),
        ("[a:t LIKE 'x%']", true),
    ] {
        assert_eq!(parse(source).matches(&seen), Ok(expected), "{source}");
    }
    for source in [
        "[a:v = t'2023-02-29T00:00:00Z']",
        "[a:v IN (1, 'a')]",
        "[a:v MATCHES '(?=x)']",
        r"[a:v MATCHES '(\\w{100}){100}']",
        "[a:ip ISSUBSET 'x']",
        "[a:v = 1] REPEATS 0 TIMES",
        "[a:v = 1] WITHIN 0 SECONDS",
    ] {
        let error = parse(source).matches(&seen).unwrap_err();
        assert_eq!(error.kind(), MatchErrorKind::Pattern, "{source}");
    }
}

// Would catch an observation that is taken without what it needs.
#[test]
fn observations_have_to_be_complete() {
    for text in [
        "{",
        r#"{"objects":{}}"#,
        r#"{"type":"observed-data","number_observed":1}"#,
        r#"{"objects":{},"number_observed":0,"first_observed":"2024-05-01T00:00:00Z",
            "last_observed":"2024-05-01T00:00:00Z"}"#,
        r#"{"objects":{},"number_observed":1,"first_observed":"2024-05-01T00:00:01Z",
            "last_observed":"2024-05-01T00:00:00Z"}"#,
    ] {
        let error = Observation::from_json(text).unwrap_err();
        assert_eq!(error.kind(), MatchErrorKind::Observation, "{text}");
    }
    assert!(Observation::from_json("[]").unwrap().is_empty());
}

// Would catch a rule that makes unequal patterns equal, and a normal form without a bound.
#[test]
fn equivalence_looks_at_the_meaning() {
    for (one, other, expected) in [
        ("[a:b IN (1, 2)]", "[a:b = 2 OR a:b = 1]", true),
        ("[a:b NOT IN (1, 2)]", "[a:b NOT IN (2, 1, 2)]", true),
        ("[a:b NOT IN (1, 2)]", "[a:b != 1 AND a:b != 2]", false),
        ("[a:b != 1]", "[a:b NOT = 1]", true),
        ("[a:b NOT != 1]", "[a:b = 1]", true),
        ("[a:b = 1 OR a:c = 2]", "[a:c = 2] OR [a:b = 1]", true),
        ("[a:b = 1 AND a:c = 2]", "[a:c = 2] AND [a:b = 1]", false),
        ("[a:b = 1 OR (a:b = 2 AND c:d = 1)]", "[a:b = 1]", true),
        ("[a:b = h'6162']", "[a:b = b'YWI=']", true),
        ("[a:b = 'ab']", "[a:b = 'AB']", false),
        ("[a:b = t'2024-05-01T00:00:00Z']", "[a:b = t'2024-05-01T00:00:00.000Z']", true),
        ("[ipv4-addr:value = '01.2.3.4']", "[ipv4-addr:value = '1.2.3.4']", true),
        ("[x:value = '1.2.3.4/32']", "[x:value = '1.2.3.4']", false),
        ("[a:b = 1] FOLLOWEDBY [a:b = 2]", "[a:b = 2] FOLLOWEDBY [a:b = 1]", false),
        ("[a:b = 1] WITHIN 5 SECONDS", "[a:b = 1] WITHIN 5.0 SECONDS", true),
        ("[a:b < 1]", "[a:b NOT >= 1]", false),
    ] {
        assert_eq!(parse(one).is_equivalent_to(&parse(other)), Ok(expected), "{one} {other}");
    }
    let choice = |letter: char| {
        let options: Vec<String> = (0..20).map(|n| format!("a:{letter} = {n}")).collect();
        format!("({})", options.join(" OR "))
    };
    let wide = format!("[{} AND {} AND {}]", choice('x'), choice('y'), choice('z'));
    assert!(parse(&wide).is_equivalent_to(&parse("[a:b = 1]")).is_err());
}
