//! A small scene of objects that know each other.
#![expect(clippy::unwrap_used, reason = "the scene is fixed")]

use inthreat_stix::{Id, RawObject};

/// How many objects the hub of the scene is related to: more than a context may hold.
pub(super) const SPOKES: u32 = 105;

pub(super) const WHITE: (&str, u32) = ("marking-definition", 1);
pub(super) const GREEN: (&str, u32) = ("marking-definition", 2);
pub(super) const CREATOR: (&str, u32) = ("identity", 1);
pub(super) const SOURCE: (&str, u32) = ("identity", 2);
pub(super) const SECTOR: (&str, u32) = ("identity", 3);
pub(super) const LOCATION: (&str, u32) = ("location", 1);
pub(super) const MALWARE: (&str, u32) = ("malware", 1);
pub(super) const TECHNIQUE: (&str, u32) = ("attack-pattern", 1);
pub(super) const REMEDY: (&str, u32) = ("course-of-action", 1);
pub(super) const GROUP: (&str, u32) = ("intrusion-set", 1);
/// The object with [`SPOKES`] relationships.
pub(super) const HUB: (&str, u32) = ("campaign", 1);
/// A composite pattern: a domain name, an IPv4 address and a URL.
pub(super) const COMPOSITE: (&str, u32) = ("indicator", 1);
/// A file, by two hashes; labelled, and of a sector and a location that are not in the scene.
pub(super) const FILE: (&str, u32) = ("indicator", 2);
/// The domain name of [`COMPOSITE`] again; revoked.
pub(super) const REVOKED: (&str, u32) = ("indicator", 3);
/// An address in IPv6; long expired.
pub(super) const EXPIRED: (&str, u32) = ("indicator", 4);
/// A name that is not ASCII and an address of e-mail; valid for long.
pub(super) const FOREIGN: (&str, u32) = ("indicator", 5);

pub(super) const MITIGATES: (&str, u32) = ("relationship", 1);
pub(super) const USES: (&str, u32) = ("relationship", 2);
pub(super) const INDICATES: (&str, u32) = ("relationship", 3);
pub(super) const GROUP_USES: (&str, u32) = ("relationship", 4);
/// From [`REVOKED`] to [`MALWARE`]; revoked itself.
pub(super) const WITHDRAWN: (&str, u32) = ("relationship", 5);
/// To an object that is not in the scene.
pub(super) const DANGLING: (&str, u32) = ("relationship", 6);

/// Has a name of two words, an alias and an external identifier; of [`SOURCE`], and [`GREEN`].
pub(super) const ACTOR: (&str, u32) = ("threat-actor", 1);
/// Deprecated, and of low confidence.
pub(super) const OLD_ACTOR: (&str, u32) = ("threat-actor", 2);
/// Revoked.
pub(super) const LOST_ACTOR: (&str, u32) = ("threat-actor", 3);
/// Says that it is a sector.
pub(super) const ENERGY: (&str, u32) = ("identity", 4);
/// Says that it is a source.
pub(super) const VENDOR: (&str, u32) = ("identity", 5);
/// A flash report on [`MALWARE`], [`COMPOSITE`] and an object that is nowhere; of February 2020.
pub(super) const FLINT: (&str, u32) = ("report", 1);
/// A report on [`GROUP`]; of March 2020.
pub(super) const REPORT: (&str, u32) = ("report", 2);

pub(super) const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";
pub(super) const SHA256: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

/// The identifier of an object of the scene.
pub(super) fn id((kind, number): (&str, u32)) -> Id {
    format!("{kind}--00000000-0000-4000-8000-{number:012}").parse().unwrap()
}

/// The objects that the center holds, oldest first: two markings, two identities, malware, a technique and its remedy,
/// indicators of several types, relationships of both directions, withdrawn ones, and a hub of many.
pub fn scene() -> Vec<RawObject> {
    let mut scene = Scene::default();
    let marked = |marking| format!(r#","object_marking_refs":["{}"]"#, id(marking));
    let by = |creator| format!(r#","created_by_ref":"{}""#, id(creator));
    scene.add_undated(WHITE);
    scene.add_undated(GREEN);
    scene.add(CREATOR, &marked(WHITE));
    scene.add(SOURCE, "");
    let sources = format!(r#","x_inthreat_sources_refs":["{}"]"#, id(SOURCE));
    scene.add(MALWARE, &[by(CREATOR), sources, marked(GREEN)].concat());
    scene.add(TECHNIQUE, &by(SOURCE));
    scene.add(REMEDY, "");
    scene.relate(MITIGATES, "mitigates", REMEDY, TECHNIQUE, "");
    scene.relate(USES, "uses", MALWARE, TECHNIQUE, "");
    scene.indicator(
        COMPOSITE,
        "[domain-name:value = 'evil.example' OR ipv4-addr:value = '198.51.100.7'] AND [url:value = 'http://evil.example/A?b=c']",
        &by(CREATOR),
    );
    scene.relate(INDICATES, "indicates", COMPOSITE, MALWARE, "");
    scene.add(GROUP, "");
    scene.relate(GROUP_USES, "uses", GROUP, MALWARE, "");
    let file = format!("[file:hashes.MD5 = '{MD5}' OR file:hashes.'SHA-256' = '{SHA256}']");
    let impact = format!(
        r#","labels":["botnet","é"],"x_ic_impacted_sectors":["{}"],"x_ic_impacted_locations":["{}"]"#,
        id(SECTOR),
        id(LOCATION)
    );
    scene.indicator(FILE, &file, &impact);
    scene.indicator(REVOKED, "[domain-name:value = 'evil.example']", r#","revoked":true"#);
    scene.relate(WITHDRAWN, "indicates", REVOKED, MALWARE, r#","revoked":true"#);
    let until = r#","valid_until":"2020-06-01T00:00:00.000001Z""#;
    scene.indicator(EXPIRED, "[ipv6-addr:value = '2001:db8::1']", until);
    let foreign =
        "[domain-name:value = 'xn--bcher-kva.example' AND email-addr:value = 'spy@evil.example']";
    scene.indicator(FOREIGN, foreign, r#","valid_until":"9999-01-01T00:00:00Z""#);
    scene.relate(DANGLING, "related-to", FOREIGN, ("malware", 404), "");
    scene.add(HUB, "");
    for number in 1..=SPOKES {
        scene.add(("tool", number), "");
        scene.relate(("relationship", 100 + number), "uses", HUB, ("tool", number), "");
    }
    scene.objects
}

/// What a center holds whose further roles are tested: the scene, and behind it objects that have names, sectors and sources
/// that say so, and reports.
pub fn archive() -> Vec<RawObject> {
    let mut archive = Scene { objects: scene(), second: 2000 };
    let rest = format!(
        r#","name":"Fancy Unit","aliases":["APT-31"],"confidence":80,"object_marking_refs":["{}"],"x_inthreat_sources_refs":["{}"],"external_references":[{{"source_name":"groups","external_id":"G0128"}}]"#,
        id(GREEN),
        id(SOURCE)
    );
    archive.add(ACTOR, &rest);
    archive.add(OLD_ACTOR, r#","name":"Old Unit","confidence":20,"x_ic_deprecated":true"#);
    archive.add(LOST_ACTOR, r#","name":"Unit of the past","revoked":true"#);
    let energy = r#","name":"Energy","identity_class":"class","x_ic_is_sector":true"#;
    archive.add(ENERGY, energy);
    let vendor = r#","name":"A Vendor","identity_class":"organization","x_ic_is_source":true"#;
    archive.add(VENDOR, vendor);
    let report = |name: &str, month: u8, refs: &[(&str, u32)], rest: &str| {
        let refs: Vec<_> = refs.iter().map(|one| format!(r#""{}""#, id(*one))).collect();
        let refs = refs.join(",");
        let published = format!("2020-{month:02}-01T00:00:00Z");
        format!(r#","name":"{name}","published":"{published}","object_refs":[{refs}]{rest}"#)
    };
    let named = [MALWARE, COMPOSITE, ("malware", 404)];
    archive.add(FLINT, &report("FLINT 1", 2, &named, r#","x_ic_is_in_flint":true"#));
    archive.add(REPORT, &report("On a group", 3, &[GROUP], ""));
    archive.objects
}

/// What comes after the scene: a new object, and a newer version of an old one.
pub fn news() -> Vec<RawObject> {
    // Far behind the last object of the scene.
    let mut scene = Scene { second: 5000, ..Scene::default() };
    scene.add(("tool", 900), "");
    scene.add(MALWARE, r#","name":"changed""#);
    scene.objects
}

#[derive(Default)]
struct Scene {
    objects: Vec<RawObject>,
    /// When the next object is modified, after the beginning of the scene.
    second: u32,
}

impl Scene {
    /// An object that has the instant after the last one; a relationship shares its own with the object before it.
    fn add(&mut self, name: (&str, u32), rest: &str) {
        if name.0 != "relationship" {
            self.second += 1;
        }
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        // As precise as the service writes them.
        let micros = u64::from(self.second) * 997_003 % 1_000_000;
        let modified = format!("2020-01-01T{hour:02}:{minute:02}:{second:02}.{micros:06}Z");
        let created = "2019-07-19T15:50:52.123456Z";
        self.push(name, &format!(r#""created":"{created}","modified":"{modified}"{rest}"#));
    }

    /// An object that was created and never modified.
    fn add_undated(&mut self, name: (&str, u32)) {
        self.push(name, r#""created":"2017-01-20T00:00:00.000Z""#);
    }

    fn indicator(&mut self, name: (&str, u32), pattern: &str, rest: &str) {
        let pattern = format!(r#","pattern_type":"stix","pattern":"{pattern}"{rest}"#);
        self.add(name, &pattern);
    }

    fn relate(
        &mut self,
        name: (&str, u32),
        kind: &str,
        source: (&str, u32),
        target: (&str, u32),
        rest: &str,
    ) {
        let (source, target) = (id(source), id(target));
        let ends = format!(
            r#","relationship_type":"{kind}","source_ref":"{source}","target_ref":"{target}"{rest}"#
        );
        self.add(name, &ends);
    }

    fn push(&mut self, name: (&str, u32), properties: &str) {
        // Blanks that no writer of JSON would make: objects are delivered as they were written.
        let text = format!(
            r#"{{"type" : "{}","spec_version":"2.1","id":"{}",{properties} }}"#,
            name.0,
            id(name)
        );
        self.objects.push(RawObject::new(text).unwrap());
    }
}
