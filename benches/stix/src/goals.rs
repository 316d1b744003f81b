//! What is aimed at, beside what was measured. A goal that is missed is said, and nothing fails.

use crate::{find, measure::Section};

const OURS: &str = "inthreat-stix";

/// Prints a line for each goal, about the first corpus that it can be measured on.
pub fn print(sections: &[Section]) {
    println!("goals, by megabytes per second");
    let peers = ["rstix 0.23", "stix2 0.1.1", "stix-rs 0.1.0"];
    for (section, wanted, others) in [
        ("split pages of 2,000", 0.5, &["serde_json IgnoredAny"][..]),
        ("typed parse", 1.0, &["serde_json Value"]),
        ("typed parse", 1.5, &peers),
        ("pattern parse", 1.0, &["stix-pattern 0.2.0"]),
        ("validation", 2.0, &["rstix 0.23 consumer_permissive"]),
    ] {
        let goal = format!("{section}: at least {wanted} x {}", others.join(", "));
        let verdict = match find(sections, section).and_then(|found| ratio(found, others)) {
            None => "not measured".to_owned(),
            Some(ratio) if ratio >= wanted => format!("{ratio:.2}, met"),
            Some(ratio) => format!("{ratio:.2}, NOT met"),
        };
        println!("  {goal:75} {verdict}");
    }
}

/// Our rate by that of the fastest of the others.
fn ratio(section: &Section, others: &[&str]) -> Option<f64> {
    let rates = others.iter().filter_map(|other| section.rate(other));
    let fastest =
        rates.filter(|rate| rate.is_finite()).fold(None, |fastest: Option<f64>, rate| {
            Some(fastest.map_or(rate, |fastest| fastest.max(rate)))
        })?;
    Some(section.rate(OURS)? / fastest)
}
