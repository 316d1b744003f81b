//! What a pattern looks for, in words.

use inthreat_stix::pattern::{
    Comparison, ComparisonExpression, Literal, ObservationExpression, ObservationKind, Operator,
    Pattern, Qualifier,
};

/// How many members of a set are named.
const MEMBERS_MAX: usize = 10;

/// The lines of an explanation, each with its depth.
pub(super) fn explain(pattern: &Pattern) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    observation(pattern.expression(), 0, &mut lines);
    lines
}

fn observation(expression: &ObservationExpression, depth: usize, lines: &mut Vec<(usize, String)>) {
    let limits = limits(&expression.qualifiers);
    let (head, operands): (_, &[_]) = match &expression.kind {
        ObservationKind::Comparison(inner) => {
            push(lines, depth, &format!("an observation{limits} in which:"));
            return comparison(inner, depth + 1, lines);
        }
        ObservationKind::Group(inner) if expression.qualifiers.is_empty() => {
            return observation(inner, depth, lines);
        }
        ObservationKind::Group(inner) => ("this happens", std::slice::from_ref(&**inner)),
        ObservationKind::And(operands) => ("all of these happen, in any order", operands),
        ObservationKind::Or(operands) => ("any of these happens", operands),
        ObservationKind::FollowedBy(operands) => {
            ("these happen one after the other, in this order", operands)
        }
        _ => return push(lines, depth, &expression.to_string()),
    };
    push(lines, depth, &format!("{head}{limits}:"));
    for operand in operands {
        observation(operand, depth + 1, lines);
    }
}

fn limits(qualifiers: &[Qualifier]) -> String {
    let words = qualifiers.iter().map(|qualifier| match qualifier {
        Qualifier::Repeats(times) => format!(" ({times} times)"),
        Qualifier::Within(seconds) => format!(" (within {seconds} seconds)"),
        Qualifier::StartStop { start, stop } => {
            format!(" (from {} to before {})", start.as_str(), stop.as_str())
        }
        other => format!(" ({other})"),
    });
    words.collect()
}

fn comparison(expression: &ComparisonExpression, depth: usize, lines: &mut Vec<(usize, String)>) {
    let (head, operands): (_, &[_]) = match expression {
        ComparisonExpression::Test(test) => return push(lines, depth, &sentence(test)),
        ComparisonExpression::Group(inner) => return comparison(inner, depth, lines),
        ComparisonExpression::And(operands) => ("all of this holds, for one object:", operands),
        ComparisonExpression::Or(operands) => ("any of this holds:", operands),
        _ => return,
    };
    push(lines, depth, head);
    for operand in operands {
        comparison(operand, depth + 1, lines);
    }
}

/// One comparison as a sentence.
fn sentence(test: &Comparison) -> String {
    let whole = test.path().to_string();
    let path = whole.split_once(':').map_or(whole.as_str(), |(_, path)| path);
    let subject = format!("the {path} of the {}", kind(test.path().object_type()));
    let literals = test.literals();
    let value = literals.first().map(value).unwrap_or_default();
    let (is, is_not) = match test.operator() {
        Operator::Equal => ("is", "is not"),
        Operator::NotEqual => ("is not", "is"),
        Operator::Less => ("is less than", "is not less than"),
        Operator::LessOrEqual => ("is at most", "is more than"),
        Operator::Greater => ("is more than", "is not more than"),
        Operator::GreaterOrEqual => ("is at least", "is less than"),
        Operator::Like => ("is like (% any text, _ any character)", "is not like"),
        Operator::Matches => {
            ("matches the regular expression", "does not match the regular expression")
        }
        Operator::IsSubset => ("lies in the network", "does not lie in the network"),
        Operator::IsSuperset => ("contains the network", "does not contain the network"),
        Operator::In => {
            let named: Vec<String> = literals.iter().take(MEMBERS_MAX).map(self::value).collect();
            let more = literals.len().saturating_sub(MEMBERS_MAX);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let verb = if test.is_negated() { "is none of" } else { "is one of" };
            return format!("{subject} {verb} {}{more}", named.join(", "));
        }
        Operator::Exists => {
            let verb = if test.is_negated() { "is not there" } else { "is there" };
            return format!("{subject} {verb}");
        }
        _ => return test.to_string(),
    };
    format!("{subject} {} {value}", if test.is_negated() { is_not } else { is })
}

fn value(literal: &Literal) -> String {
    format!("`{}`", literal.to_text())
}

/// What people call a type of objects.
fn kind(object_type: &str) -> &str {
    match object_type {
        "ipv4-addr" => "IPv4 address",
        "ipv6-addr" => "IPv6 address",
        "domain-name" => "domain name",
        "url" => "URL",
        "email-addr" => "e-mail address",
        "email-message" => "e-mail message",
        "mac-addr" => "MAC address",
        "windows-registry-key" => "Windows registry key",
        "x509-certificate" => "X.509 certificate",
        "network-traffic" => "network traffic",
        "autonomous-system" => "autonomous system",
        "user-account" => "user account",
        other => other,
    }
}

fn push(lines: &mut Vec<(usize, String)>, depth: usize, text: &str) {
    lines.push((depth, text.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches words that say the contrary of the pattern, and a part that is not told.
    #[test]
    fn a_pattern_is_put_into_words() {
        let pattern = "([ipv4-addr:value = '198.51.100.7' OR file:hashes.'SHA-256' NOT IN ('a', 'b')] REPEATS 5 TIMES) \
            FOLLOWEDBY [ipv4-addr:value NOT ISSUBSET '10.0.0.0/8' AND EXISTS ipv4-addr:x_note AND ipv4-addr:x_n >= 3] \
            WITHIN 300 SECONDS";
        let expected = [
            "these happen one after the other, in this order:",
            "  an observation (5 times) in which:",
            "    any of this holds:",
            "      the value of the IPv4 address is `198.51.100.7`",
            "      the hashes.'SHA-256' of the file is none of `a`, `b`",
            "  an observation (within 300 seconds) in which:",
            "    all of this holds, for one object:",
            "      the value of the IPv4 address does not lie in the network `10.0.0.0/8`",
            "      the x_note of the IPv4 address is there",
            "      the x_n of the IPv4 address is at least `3`",
        ];
        let lines = explain(&Pattern::parse(pattern).unwrap());
        let lines = lines.into_iter().map(|(depth, line)| format!("{}{line}", "  ".repeat(depth)));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    }
}
