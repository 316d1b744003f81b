//! A list for firewalls: the values that are to be blocked now, each once.

use std::collections::HashSet;

use inthreat_api::{ObservableType, blocked_values};
use inthreat_stix::{RawObject, Timestamp};
use inthreat_store::Validity;

use super::Objects;
use crate::{
    arguments::Export,
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::{Output, say},
};

pub(super) async fn write(arguments: &Export, mut objects: Objects) -> Outcome<u64> {
    let kind = ObservableType::from(arguments.observable_type.as_deref().unwrap_or_default());
    if !is_known(&kind) {
        let words = format!("there is no list of `{kind}`");
        return Err(Failure::new(Exit::Usage, words)
            .hint("take ipv4-addr, ipv6-addr, domain-name, url or file"));
    }
    let now = clock::now().ok_or_else(|| Failure::new(Exit::Storage, "read the clock"))?;
    let mut known = HashSet::new();
    let mut inactive = 0;
    let mut output = Output::new();
    while let Some(part) = objects.next().await? {
        for object in &part {
            let Some(values) = active(object, &kind, now) else {
                inactive += 1;
                continue;
            };
            for value in values {
                if known.insert(value.clone()) {
                    output.line(&value)?;
                }
            }
        }
    }
    output.finish()?;
    if inactive > 0 {
        let indicators = measure::things(inactive, "indicator");
        say(format!("left out {indicators} of such values: revoked, expired or not valid yet"));
    }
    Ok(known.len() as u64)
}

fn is_known(kind: &ObservableType) -> bool {
    matches!(
        kind,
        ObservableType::Ipv4Addr
            | ObservableType::Ipv6Addr
            | ObservableType::DomainName
            | ObservableType::Url
            | ObservableType::File
    )
}

/// The values that an object tells to block; `None` for an indicator that tells some and is not active.
pub(super) fn active(
    object: &RawObject,
    kind: &ObservableType,
    now: Timestamp,
) -> Option<Vec<String>> {
    let values = blocked_values(object, kind);
    // Most objects are no such indicators, and need not be looked at any further.
    let counts = values.is_empty() || Validity::of(object).is_active(now);
    counts.then_some(values)
}
