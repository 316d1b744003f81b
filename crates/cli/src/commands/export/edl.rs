//! A list for firewalls: the values that are to be blocked now, each once.

use std::{collections::HashSet, net::IpAddr};

use inthreat_api::ObservableType;
use inthreat_stix::{
    RawObject, Timestamp,
    pattern::{ComparisonExpression, ObservationExpression, ObservationKind, Pattern},
};
use inthreat_store::Validity;
use serde::Deserialize;

use super::Objects;
use crate::{
    arguments::Export,
    clock,
    exit::Exit,
    failure::{Failure, Outcome},
    print::Output,
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
    let mut output = Output::new();
    while let Some(part) = objects.next().await? {
        for value in part.iter().flat_map(|object| active(object, &kind, now)) {
            if known.insert(value.clone()) {
                output.line(&value)?;
            }
        }
    }
    output.finish()?;
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

#[derive(Deserialize)]
struct Indicator {
    pattern: String,
}

/// The values that an indicator tells to block, as long as it is active: those that fulfil its pattern alone. Half of an
/// AND is no reason to block anything.
pub(super) fn active(object: &RawObject, kind: &ObservableType, now: Timestamp) -> Vec<String> {
    if object.object_type() != Some("indicator") || !Validity::of(object).is_active(now) {
        return Vec::new();
    }
    let pattern = object.parse::<Indicator>().ok();
    let pattern = pattern.and_then(|indicator| Pattern::parse(&indicator.pattern).ok());
    let Some(pattern) = pattern.filter(|pattern| is_any_enough(pattern.expression())) else {
        return Vec::new();
    };
    let is_file = *kind == ObservableType::File;
    let values = pattern.observables().filter(|one| {
        let is_property =
            if is_file { one.hash_algorithm.is_some() } else { one.property == "value" };
        one.object_type == kind.as_str() && is_property
    });
    values.filter_map(|one| line(one.value.as_str()?, kind)).collect()
}

/// Whether nothing joins the comparisons but OR.
fn is_any_enough(expression: &ObservationExpression) -> bool {
    let mut observations = vec![expression];
    let mut comparisons = Vec::new();
    while let Some(expression) = observations.pop() {
        match &expression.kind {
            ObservationKind::Comparison(inner) => comparisons.push(inner),
            ObservationKind::Group(inner) => observations.push(inner),
            ObservationKind::Or(operands) => observations.extend(operands),
            _ => return false,
        }
    }
    while let Some(expression) = comparisons.pop() {
        match expression {
            ComparisonExpression::Test(_) => {}
            ComparisonExpression::Group(inner) => comparisons.push(inner),
            ComparisonExpression::Or(operands) => comparisons.extend(operands),
            _ => return false,
        }
    }
    true
}

/// A value as a line; `None` for what no firewall could take.
fn line(value: &str, kind: &ObservableType) -> Option<String> {
    let is_text =
        !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control());
    match kind {
        ObservableType::Ipv4Addr | ObservableType::Ipv6Addr => {
            let (address, length) = value.split_once('/').unwrap_or((value, ""));
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let is_kind = address.is_ipv4() == (*kind == ObservableType::Ipv4Addr);
            let is_length = !value.contains('/') || length.parse::<u8>().is_ok_and(|it| it <= most);
            let slash = if length.is_empty() { "" } else { "/" };
            (is_kind && is_length).then(|| format!("{address}{slash}{length}"))
        }
        ObservableType::DomainName => {
            let name = value.strip_suffix('.').unwrap_or(value).to_lowercase();
            let is_fit = is_text && !name.is_empty() && name.len() <= 253 && !name.contains('/');
            is_fit.then_some(name)
        }
        ObservableType::File => is_text.then(|| value.to_lowercase()),
        _ => is_text.then(|| value.to_owned()),
    }
}
