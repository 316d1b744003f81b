//! A few objects, and a replica of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::program::run;

pub(crate) const INDICATOR: &str = "indicator--00000000-0000-4000-8000-000000000001";
pub(crate) const MALWARE: &str = "malware--00000000-0000-4000-8000-000000000002";
pub(crate) const TECHNIQUE: &str = "attack-pattern--00000000-0000-4000-8000-000000000003";
pub(crate) const NETWORK: &str = "indicator--00000000-0000-4000-8000-000000000004";
pub(crate) const SOURCE: &str = "identity--00000000-0000-4000-8000-000000000005";

/// Objects as they are written: white space, the order of members and the spelling of numbers are theirs.
pub(crate) fn objects() -> Vec<String> {
    let times = r#""created":"2024-01-01T00:00:00.000001Z","modified":"2024-01-02T00:00:00Z""#;
    let relationship = |number: u32, verb: &str, source: &str, target: &str| {
        format!(
            r#"{{"type":"relationship","spec_version":"2.1","id":"relationship--00000000-0000-4000-8000-{number:012}",{times},"relationship_type":"{verb}","source_ref":"{source}","target_ref":"{target}"}}"#
        )
    };
    vec![
        format!(
            r#"{{"name":"198.51.100.7" , "type":"indicator","spec_version":"2.1","id":"{INDICATOR}",{times},"created_by_ref":"{SOURCE}","pattern":"[ipv4-addr:value = '198.51.100.7']","pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z","confidence":80,"x_number":1.50,"x_inthreat_sources_refs":["{SOURCE}"],"x_ic_observable_types":["ipv4-addr"],"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"],"external_references":[{{"source_name":"a","url":"https://a.example/"}},{{"source_name":"b"}}]}}"#
        ),
        format!(
            r#"{{"type":"malware","spec_version":"2.1","id":"{MALWARE}",{times},"name":"=Emotet, \"v\u202e2\"","is_family":true,"aliases":["</script>"]}}"#
        ),
        format!(
            r#"{{"type":"attack-pattern","spec_version":"2.1","id":"{TECHNIQUE}",{times},"name":"Phishing","kill_chain_phases":[{{"kill_chain_name":"mitre-attack","phase_name":"initial-access"}}],"external_references":[{{"source_name":"mitre-attack","external_id":"T1566"}}]}}"#
        ),
        format!(
            r#"{{"type":"indicator","spec_version":"2.1","id":"{NETWORK}",{times},"name":"net","pattern":"[ipv4-addr:value = '203.0.113.0/24' OR domain-name:value = 'evil.example']","pattern_type":"stix","valid_from":"2024-01-01T00:00:00Z","valid_until":"2024-02-01T00:00:00Z","x_ic_observable_types":["ipv4-addr","domain-name"]}}"#
        ),
        format!(
            r#"{{"type":"identity","spec_version":"2.1","id":"{SOURCE}",{times},"name":"Källa","identity_class":"organization"}}"#
        ),
        relationship(6, "indicates", INDICATOR, MALWARE),
        relationship(7, "uses", MALWARE, TECHNIQUE),
        relationship(8, "indicates", NETWORK, MALWARE),
    ]
}

/// A folder with the replica `ti` in it.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) replica: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("objects.ndjson");
        fs::write(&file, objects().join("\n")).unwrap();
        let replica = folder.path().join("ti");
        run(&["import", text(&file), "--into", text(&replica)]).ends(0);
        Self { folder, replica }
    }

    /// The path of a new file.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Asks the replica.
    pub(crate) fn ask(&self, arguments: &[&str]) -> crate::program::Run {
        run(&[arguments, &["--local", text(&self.replica)]].concat())
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
