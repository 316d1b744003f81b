//! A feed of invented objects in the service's dialect (CONTRACT 5), the same in every run.
//!
//! The mix, of 1,000 objects behind the fixed ones: 740 indicators, 200 relationships, 20 vulnerabilities, 15 malware, 10
//! attack patterns, 5 each of intrusion sets, campaigns and reports. Of 100 indicators 45 name an address, 25 a domain,
//! 15 a file by three hashes, 15 a URL; 3 are revoked. The fixed ones are 4 markings, 9 sources, 40 sectors and 60
//! locations. An object has 1.3 kB on average; property order, precision of timestamps and absent properties vary as in
//! the real feed. None of it is intelligence: addresses come from ranges that are set aside for documentation and tests.

use inthreat_api::dialect::TLP_MARKINGS;
use inthreat_stix::Timestamp;

use super::random::Random;

/// 2024-01-01T00:00:00Z, when the feed begins.
const START_SECONDS: i64 = 1_704_067_200;
const SEKOIA: &str = "identity--357447d7-9229-4ce1-b7fa-f1b83587048e";
const SOURCES: [&str; 8] = [
    "Example CERT",
    "Honeynet North",
    "Open Phishing List",
    "Malware Exchange",
    "C2 Tracker",
    "Takedown Desk",
    "Vendor Blog",
    "Sandbox Farm",
];
const SYLLABLES: [&str; 16] = [
    "ka", "lo", "mi", "ra", "to", "ne", "si", "vu", "dar", "pel", "gor", "zan", "fi", "hu", "xe",
    "bo",
];
const TLDS: [&str; 6] = ["example", "test", "invalid", "example.com", "example.net", "example.org"];
const TECHNIQUES: [&str; 5] =
    ["Phishing", "Process Injection", "Remote Services", "Masquerading", "Valid Accounts"];

/// Makes objects one after the other, oldest `modified` first.
pub(crate) struct Generator {
    random: Random,
    made: usize,
    fixed: Vec<String>,
    sources: Vec<String>,
    sectors: Vec<String>,
    locations: Vec<String>,
    indicators: Vec<String>,
    threats: Vec<String>,
    techniques: Vec<String>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut ids = |kind: &str, count: usize| -> Vec<String> {
            (0..count).map(|_| format!("{kind}--{}", random.uuid())).collect()
        };
        let sources = [vec![SEKOIA.to_owned()], ids("identity", SOURCES.len())].concat();
        let (sectors, locations) = (ids("identity", 40), ids("location", 60));
        let mut generator = Self {
            random,
            made: 0,
            fixed: Vec::new(),
            sources,
            sectors,
            locations,
            indicators: Vec::new(),
            threats: Vec::new(),
            techniques: Vec::new(),
        };
        generator.fixed = generator.fixed_objects();
        generator.fixed.reverse();
        generator
    }

    /// The next object, as JSON.
    pub(crate) fn next_object(&mut self) -> String {
        self.made += 1;
        if let Some(fixed) = self.fixed.pop() {
            return fixed;
        }
        match self.random.below(1000) {
            0..740 => self.indicator(),
            740..940 if !self.indicators.is_empty() && !self.threats.is_empty() => {
                self.relationship()
            }
            740..960 => self.vulnerability(),
            960..975 => self
                .threat("malware", r#","is_family":true,"malware_types":["remote-access-trojan"]"#),
            975..985 => self.technique(),
            985..990 => self.threat("intrusion-set", ""),
            990..995 => self.threat("campaign", ""),
            _ => self.report(),
        }
    }

    /// The object as its source would send it when it takes it back: revoked, and modified after all others.
    pub(crate) fn revoke(&mut self, object: &str) -> String {
        self.made += 2;
        let modified = self.modified();
        let (before, rest) = object.split_once("\"modified\":\"").unwrap_or((object, ""));
        let (_, after) = rest.split_once('"').unwrap_or_default();
        let object = format!("{before}\"modified\":\"{modified}\"{after}");
        object.replacen("\"revoked\":false", "\"revoked\":true", 1)
    }

    fn fixed_objects(&self) -> Vec<String> {
        let green = TLP_MARKINGS[1].1;
        let white = TLP_MARKINGS[0].1;
        let markings = TLP_MARKINGS.iter().map(|(tlp, id)| {
            format!(
                r#"{{"type":"marking-definition","spec_version":"2.1","id":"{id}","name":"TLP:{}","definition_type":"tlp","definition":{{"tlp":"{tlp}"}},"created":"2019-10-09T16:10:07.239899Z","object_marking_refs":["{green}"],"x_ic_deprecated":false}}"#,
                tlp.to_uppercase()
            )
        });
        let identity = |id: &String, name: &str, class: &str, flags: &str| {
            format!(
                r#"{{"type":"identity","spec_version":"2.1","id":"{id}","created_by_ref":"{SEKOIA}","created":"2008-01-01T00:00:00Z","modified":"2019-09-30T07:54:40.149166Z","revoked":false,"object_marking_refs":["{white}"],"lang":"en","confidence":95,"name":"{name}","identity_class":"{class}",{flags},"x_ic_deprecated":false}}"#
            )
        };
        let source = r#""x_ic_is_source":true,"x_ic_is_sector":false"#;
        let names = std::iter::once("SEKOIA").chain(SOURCES);
        let sources = self
            .sources
            .iter()
            .zip(names)
            .map(|(id, name)| identity(id, name, "organization", source));
        let sector = r#""x_ic_is_source":false,"x_ic_is_sector":true"#;
        let sectors = self
            .sectors
            .iter()
            .enumerate()
            .map(|(number, id)| identity(id, &format!("Sector {number}"), "class", sector));
        let locations = self.locations.iter().enumerate().map(|(number, id)| {
            format!(
                r#"{{"type":"location","spec_version":"2.1","id":"{id}","created_by_ref":"{SEKOIA}","created":"2019-11-05T10:00:00Z","modified":"2019-12-03T09:00:00.{:06}Z","revoked":false,"object_marking_refs":["{white}"],"lang":"en","name":"Country {number}","x_ic_deprecated":false}}"#,
                number * 977 + 1
            )
        });
        markings.chain(sources).chain(sectors).chain(locations).collect()
    }

    /// When the object at hand was modified: two or three a minute, some in the same instant.
    fn modified(&self) -> String {
        let tick = i64::try_from(self.made / 2 * 2).unwrap_or_default();
        let micros = if (self.made / 2).is_multiple_of(7) {
            0
        } else {
            u32::try_from(tick % 1_000_000).unwrap_or_default()
        };
        Timestamp::from_unix(START_SECONDS + tick * 23, micros * 1000)
            .map_or_else(String::new, |t| t.to_string())
    }

    fn days_later(days: i64, from: usize) -> String {
        let start = START_SECONDS + i64::try_from(from).unwrap_or_default() * 23;
        let midnight = start - start.rem_euclid(86_400) + days * 86_400;
        Timestamp::from_unix(midnight, 0).map_or_else(String::new, |t| t.to_string())
    }

    fn name(&mut self) -> String {
        let parts = 2 + self.random.below(3);
        (0..parts).filter_map(|_| self.random.pick(&SYLLABLES)).copied().collect()
    }

    fn some(&mut self, ids: &[String], most: usize) -> String {
        let count = 1 + self.random.below(most);
        let picked: Vec<String> = (0..count)
            .filter_map(|_| self.random.pick(ids))
            .map(|id| format!("\"{id}\""))
            .collect();
        picked.join(",")
    }

    /// The properties that every object has, around those of its type.
    fn object(&mut self, object_type: &str, id: &str, own: &str, revoked: bool) -> String {
        let modified = self.modified();
        let created =
            Self::days_later(-1 - i64::try_from(self.made % 5).unwrap_or_default(), self.made);
        let marking = TLP_MARKINGS.get((self.made % 5).div_ceil(2).min(2)).map_or("", |(_, id)| id);
        let sectors = {
            let ids = self.sectors.clone();
            self.some(&ids, 8)
        };
        let locations = {
            let ids = self.locations.clone();
            self.some(&ids, 6)
        };
        let source = self.sources.get(self.made % self.sources.len()).cloned().unwrap_or_default();
        let common = format!(
            r#""created":"{created}","modified":"{modified}","created_by_ref":"{SEKOIA}","revoked":{revoked},"lang":"en","object_marking_refs":["{marking}"],"x_inthreat_sources_refs":["{source}"],"x_ic_impacted_sectors":[{sectors}],"x_ic_impacted_locations":[{locations}],"x_ic_is_in_flint":false,"x_ic_deprecated":false"#
        );
        let head = if self.made.is_multiple_of(11) { "" } else { r#""spec_version":"2.1","# };
        if self.made.is_multiple_of(3) {
            format!(r#"{{{common},{own},{head}"type":"{object_type}","id":"{id}"}}"#)
        } else {
            format!(r#"{{"type":"{object_type}",{head}"id":"{id}",{common},{own}}}"#)
        }
    }

    fn indicator(&mut self) -> String {
        let id = format!("indicator--{}", self.random.uuid());
        let (observable, pattern, name) = match self.random.below(100) {
            0..45 => {
                let address = self.address();
                ("ipv4-addr", format!("[ipv4-addr:value = '{address}']"), address)
            }
            45..70 => {
                let domain = self.domain();
                ("domain-name", format!("[domain-name:value = '{domain}']"), domain)
            }
            70..85 => {
                let [md5, sha1, sha256] =
                    [32, 40, 64].map(|digits| self.random.hexadecimal(digits));
                let pattern = format!(
                    "[file:hashes.'SHA-256' = '{sha256}' OR file:hashes.MD5 = '{md5}' OR file:hashes.'SHA-1' = '{sha1}']"
                );
                ("file", pattern.clone(), pattern)
            }
            _ => {
                let url = format!(
                    "http://{}/{}.php?id={}",
                    self.domain(),
                    self.name(),
                    self.random.below(9999)
                );
                ("url", format!("[url:value = '{url}']"), url)
            }
        };
        let (from, until) = (Self::days_later(0, self.made), Self::days_later(180, self.made));
        let revoked = self.random.below(100) < 3;
        let confidence = 50 + self.random.below(51);
        let own = format!(
            r#""name":"{name}","pattern":"{pattern}","pattern_type":"stix","valid_from":"{from}","valid_until":"{until}","indicator_types":["malicious-activity"],"confidence":{confidence},"kill_chain_phases":[{{"kill_chain_name":"lockheed-martin-cyber-kill-chain","phase_name":"command-and-control"}},{{"kill_chain_name":"mitre-attack","phase_name":"command-and-control"}}],"x_ic_observable_types":["{observable}"]"#
        );
        self.indicators.push(id.clone());
        self.object("indicator", &id, &own, revoked)
    }

    /// An address of 198.18.0.0/15, which is set aside for tests of network devices.
    fn address(&mut self) -> String {
        let bits = self.random.below(1 << 17);
        format!("198.{}.{}.{}", 18 + (bits >> 16), bits >> 8 & 255, bits & 255)
    }

    fn domain(&mut self) -> String {
        let tld = self.random.pick(&TLDS).copied().unwrap_or_default();
        format!("{}-{}.{tld}", self.name(), self.random.hexadecimal(4))
    }

    fn relationship(&mut self) -> String {
        let id = format!("relationship--{}", self.random.uuid());
        let to_technique = self.random.below(10) == 0 && !self.techniques.is_empty();
        let (verb, from, to) = if to_technique {
            ("uses", &self.threats, &self.techniques)
        } else {
            ("indicates", &self.indicators, &self.threats)
        };
        let from = self.random.pick(from).cloned().unwrap_or_default();
        let to = self.random.pick(to).cloned().unwrap_or_default();
        let own = format!(
            r#""relationship_type":"{verb}","source_ref":"{from}","target_ref":"{to}","start_time":"{}","stop_time":"{}""#,
            Self::days_later(0, self.made),
            Self::days_later(180, self.made)
        );
        self.object("relationship", &id, &own, false)
    }

    fn described(&mut self) -> String {
        let sentences = 2 + self.random.below(5);
        let text: Vec<String> = (0..sentences)
            .map(|_| {
                format!(
                    "{} was seen with {} and rents servers near {}.",
                    self.name(),
                    self.name(),
                    self.name()
                )
            })
            .collect();
        text.join(" ")
    }

    fn threat(&mut self, object_type: &str, extra: &str) -> String {
        let id = format!("{object_type}--{}", self.random.uuid());
        let own =
            format!(r#""name":"{}","description":"{}"{extra}"#, self.name(), self.described());
        self.threats.push(id.clone());
        self.object(object_type, &id, &own, false)
    }

    fn technique(&mut self) -> String {
        let id = format!("attack-pattern--{}", self.random.uuid());
        let name = self.random.pick(&TECHNIQUES).copied().unwrap_or_default();
        let number = 1000 + self.random.below(600);
        let own = format!(
            r#""name":"{name}","description":"{}","external_references":[{{"source_name":"mitre-attack","external_id":"T{number}"}}]"#,
            self.described()
        );
        self.techniques.push(id.clone());
        self.object("attack-pattern", &id, &own, false)
    }

    fn vulnerability(&mut self) -> String {
        let id = format!("vulnerability--{}", self.random.uuid());
        let number = self.random.below(99_999);
        let own = format!(
            r#""name":"CVE-2024-{number:05}","description":"{}","external_references":[{{"source_name":"cve","external_id":"CVE-2024-{number:05}"}}]"#,
            self.described()
        );
        self.object("vulnerability", &id, &own, false)
    }

    fn report(&mut self) -> String {
        let id = format!("report--{}", self.random.uuid());
        let description = self.described();
        let refs = {
            let ids =
                if self.threats.is_empty() { self.sources.clone() } else { self.threats.clone() };
            self.some(&ids, 12)
        };
        let own = format!(
            r#""name":"FLINT {}","description":"{}","published":"{}","object_refs":[{refs}],"report_types":["threat-report"]"#,
            self.made,
            description,
            Self::days_later(0, self.made)
        );
        self.object("report", &id, &own, false)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use inthreat_stix::RawObject;

    use super::*;

    // Catches a feed that is no JSON, repeats ids, runs backwards, or differs from run to run.
    #[test]
    fn the_feed_is_sound_and_repeatable() {
        let (mut first, mut second) = (Generator::new(1), Generator::new(1));
        let (mut ids, mut newest, mut bytes) = (HashSet::new(), None, 0);
        for _ in 0..5000 {
            let text = first.next_object();
            assert_eq!(text, second.next_object());
            bytes += text.len();
            let object =
                RawObject::new(text.clone()).unwrap_or_else(|fault| panic!("{fault}: {text}"));
            assert!(ids.insert(object.id().unwrap().to_owned()), "{text}");
            assert!(object.modified() >= newest || object.modified().is_none(), "{text}");
            newest = object.modified().or(newest);
        }
        assert!((1100..1500).contains(&(bytes / 5000)), "{} bytes an object", bytes / 5000);
    }
}
