//! Faults as the command line names them.

use inthreat_server::{Fault, Faults};

use crate::values;

/// What goes wrong on purpose, and how often.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FaultList(Vec<(Fault, f64)>);

impl FaultList {
    /// Reads `429:0.1,slow:0.05:2s,reset:0.01,truncate:0.01`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut faults = Vec::new();
        for item in text.split(',') {
            faults.push(parse_one(item.trim()).map_err(|reason| format!("`{item}`: {reason}"))?);
        }
        let sum: f64 = faults.iter().map(|(_, part)| part).sum();
        // Ten times a tenth is a little more than one.
        if sum > 1.0 + 1e-9 {
            return Err(format!("the parts add up to {sum}, which is more than 1"));
        }
        Ok(Self(faults))
    }

    /// The faults, by chance of this seed.
    pub(crate) fn with_seed(&self, seed: u64) -> Faults {
        let faults = self.0.iter();
        faults.fold(Faults::new(seed), |faults, (fault, part)| faults.with_fault(*fault, *part))
    }

    /// What happens how often, for people.
    pub(crate) fn words(&self) -> String {
        let words = self.0.iter().map(|(fault, part)| format!("{} {part}", name(*fault)));
        words.collect::<Vec<_>>().join(", ")
    }
}

/// What a fault is called.
pub(crate) fn name(fault: Fault) -> String {
    match fault {
        Fault::Status(status) => status.to_string(),
        Fault::Slow(wait) => format!("slow by {wait:?}"),
        Fault::Reset => "reset".to_owned(),
        Fault::Truncate => "truncate".to_owned(),
        _ => "fault".to_owned(),
    }
}

fn parse_one(item: &str) -> Result<(Fault, f64), String> {
    let mut pieces = item.split(':');
    let (kind, part, more) = (pieces.next().unwrap_or_default(), pieces.next(), pieces.next());
    if pieces.next().is_some() || (more.is_some() && kind != "slow") {
        return Err("there is too much behind the part".to_owned());
    }
    let fault = match (kind, more) {
        ("slow", Some(wait)) => Fault::Slow(values::duration(wait)?),
        ("slow", None) => return Err("expected a time too, such as `slow:0.05:2s`".to_owned()),
        ("reset", _) => Fault::Reset,
        ("truncate", _) => Fault::Truncate,
        (status, _) => match status.parse() {
            Ok(status @ 400..=599) => Fault::Status(status),
            _ => {
                let reason = "expected a status from 400 to 599, `slow`, `reset` or `truncate`";
                return Err(reason.to_owned());
            }
        },
    };
    let part = part.and_then(|part| part.parse::<f64>().ok());
    match part.filter(|part| (0.0..=1.0).contains(part)) {
        Some(part) => Ok((fault, part)),
        None => Err(format!("expected a part from 0 to 1, such as `{kind}:0.1`")),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    // Catches a fault that means another one, and a list that is guessed.
    #[test]
    fn faults_are_read_as_they_are_written() {
        let list =
            FaultList::parse("429:0.1, reset:0.01,slow:0.05:2s,500:0,truncate:1e-2").unwrap();
        assert_eq!(
            list.0,
            [
                (Fault::Status(429), 0.1),
                (Fault::Reset, 0.01),
                (Fault::Slow(Duration::from_secs(2)), 0.05),
                (Fault::Status(500), 0.0),
                (Fault::Truncate, 0.01),
            ]
        );
        assert_eq!(list.words(), "429 0.1, reset 0.01, slow by 2s 0.05, 500 0, truncate 0.01");
        let tenths = ["503:0.1"; 10].join(",");
        assert!(FaultList::parse(&tenths).is_ok());
        for (text, reason) in [
            ("", "expected a status"),
            ("429", "expected a part"),
            ("429:", "expected a part"),
            ("429:x", "expected a part"),
            ("429:-0.1", "expected a part"),
            ("429:1.1", "expected a part"),
            ("429:NaN", "expected a part"),
            ("200:0.1", "expected a status"),
            ("600:0.1", "expected a status"),
            ("drip:0.1", "expected a status"),
            ("slow:0.1", "expected a time"),
            ("slow:0.1:2", "expected a number and a unit"),
            ("reset:0.1:2s", "too much"),
            ("slow:0.1:2s:3", "too much"),
            ("429:0.6,500:0.6", "more than 1"),
        ] {
            let error = FaultList::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
