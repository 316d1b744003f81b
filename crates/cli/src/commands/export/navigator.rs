//! A layer for ATT&CK Navigator: how much there is about each technique.

use std::collections::{BTreeMap, HashMap, HashSet};

use inthreat_stix::RawObject;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Objects;
use crate::{
    arguments::{Domain, Export},
    failure::Outcome,
    print::Output,
};

/// How many objects a comment names.
const NAMED_MAX: usize = 20;

/// What ATT&CK calls itself, as a source and as kill chains.
const SOURCES: [&str; 3] = ["mitre-attack", "mitre-mobile-attack", "mitre-ics-attack"];

/// Read leniently: what is missing is empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Properties {
    name: String,
    external_references: Vec<External>,
    kill_chain_phases: Vec<Phase>,
    x_mitre_domains: Vec<String>,
    relationship_type: String,
    source_ref: String,
    target_ref: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct External {
    source_name: String,
    external_id: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Phase {
    kill_chain_name: String,
}

impl Properties {
    /// The number of a technique, where it is one of this domain.
    fn technique(self, domain: Domain) -> Option<String> {
        let (source, matrix) = match domain {
            Domain::Enterprise => ("mitre-attack", "enterprise-attack"),
            Domain::Mobile => ("mitre-mobile-attack", "mobile-attack"),
            Domain::Ics => ("mitre-ics-attack", "ics-attack"),
        };
        let chains: Vec<&str> = self
            .kill_chain_phases
            .iter()
            .map(|phase| phase.kill_chain_name.as_str())
            .filter(|name| SOURCES.contains(name))
            .collect();
        let is_of_domain = if !self.x_mitre_domains.is_empty() {
            Some(self.x_mitre_domains.iter().any(|name| name == matrix))
        } else if !chains.is_empty() {
            Some(chains.contains(&source))
        } else {
            None
        };
        // Today the techniques of all domains have the same source; older ones had one for each.
        let is_meant = |reference: &External| match is_of_domain {
            Some(is_of_domain) => is_of_domain && SOURCES.contains(&reference.source_name.as_str()),
            None => reference.source_name == source,
        };
        let technique = self.external_references.into_iter().find(is_meant)?.external_id;
        Some(technique).filter(|id| id.starts_with('T'))
    }
}

/// What is known of techniques.
#[derive(Default)]
pub(super) struct Layer {
    /// The techniques by the identifiers of their objects.
    techniques: HashMap<String, String>,
    names: HashMap<String, String>,
    /// Who uses, indicates or is otherwise related to which object.
    related: Vec<(String, String)>,
}

pub(super) async fn write(arguments: &Export, mut objects: Objects) -> Outcome<u64> {
    let mut layer = Layer::default();
    while let Some(part) = objects.next().await? {
        for object in &part {
            layer.add(object, arguments.domain);
        }
    }
    let (value, count) = layer.finish(arguments.domain, &arguments.types);
    let mut output = Output::new();
    output.json(value.to_string().as_bytes())?;
    output.finish()?;
    Ok(count)
}

impl Layer {
    pub(super) fn add(&mut self, object: &RawObject, domain: Domain) {
        let (Some(id), false) = (object.id(), object.is_revoked()) else { return };
        let properties = || object.parse::<Properties>().unwrap_or_default();
        match object.object_type() {
            Some("relationship") => {
                let Properties { relationship_type, source_ref, target_ref, .. } = properties();
                // A mitigation is about a technique, and says nothing of who uses it.
                if target_ref.starts_with("attack-pattern--") && relationship_type != "mitigates" {
                    self.related.push((source_ref, target_ref));
                }
            }
            Some("attack-pattern") => {
                if let Some(technique) = properties().technique(domain) {
                    self.techniques.insert(id.to_owned(), technique);
                }
            }
            Some("intrusion-set" | "threat-actor" | "campaign" | "malware" | "tool") => {
                self.names.insert(id.to_owned(), properties().name);
            }
            _ => {}
        }
    }

    /// The layer, and how many techniques it has. Objects of other types than these do not count, where some are named.
    pub(super) fn finish(self, domain: Domain, types: &[String]) -> (Value, u64) {
        let mut found: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        for (source, target) in &self.related {
            let kind = source.split("--").next().unwrap_or_default();
            let counts = types.is_empty() || types.iter().any(|wanted| wanted == kind);
            // A technique that is part of another one is no user of it.
            if let Some(technique) = self.techniques.get(target)
                && counts
                && kind != "attack-pattern"
            {
                found.entry(technique).or_default().insert(source);
            }
        }
        let most = found.values().map(HashSet::len).max().unwrap_or(1);
        let techniques: Vec<Value> = found
            .iter()
            .map(|(technique, users)| {
                let mut names: Vec<&str> =
                    users.iter().filter_map(|id| self.names.get(*id)).map(String::as_str).collect();
                names.sort_unstable();
                names.dedup();
                let more = names.len().saturating_sub(NAMED_MAX);
                names.truncate(NAMED_MAX);
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                let comment = format!("{}{more}", names.join(", "));
                json!({ "techniqueID": technique, "score": users.len(), "comment": comment, "enabled": true })
            })
            .collect();
        let count = techniques.len() as u64;
        let domain = match domain {
            Domain::Enterprise => "enterprise-attack",
            Domain::Mobile => "mobile-attack",
            Domain::Ics => "ics-attack",
        };
        let layer = json!({
            "name": "inthreat",
            "description": "How many objects of the Intelligence Center are related to each technique",
            "domain": domain,
            "versions": { "layer": "4.5", "navigator": "5.1.0" },
            "sorting": 3,
            "hideDisabled": false,
            "gradient": { "colors": ["#ffe8cc", "#d9480f"], "minValue": 1, "maxValue": most.max(2) },
            "techniques": techniques,
        });
        (layer, count)
    }
}
