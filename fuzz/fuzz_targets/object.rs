//! What can be asked of an object that a stranger sent: validation, canonical form, identifier, markings, versions.
#![no_main]

use inthreat_stix::{
    RawObject, SpecVersion, Timestamp, canonical_json, deterministic_id, split,
    validate::{self, Options},
    version,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for object in split::document(data).objects {
        check_findings(&object);
        if check_canonical(&object) {
            check_version(&object);
        }
        let _ = SpecVersion::detect(&object);
        if let Ok(Some(id)) = deterministic_id(&object) {
            assert!(id.is_conformant());
        }
    }
});

fn check_findings(object: &RawObject) {
    let options = Options::default().with_findings_max(50);
    for options in [options.clone(), options.with_version(SpecVersion::default())] {
        let report = validate::object(object, &options);
        assert!(report.findings().len() <= 50);
        assert!(report.is_valid() || report.errors().count() > 0 || report.omitted() > 0);
        for finding in report.findings() {
            assert!(finding.pointer().is_empty() || finding.pointer().starts_with('/'));
            assert!(!finding.section().is_empty() && !finding.to_string().is_empty());
            assert!(finding.message().len() < 4_000, "a finding repeats a whole value");
        }
    }
}

/// False where the object has no canonical form, as with two properties of one name.
fn check_canonical(object: &RawObject) -> bool {
    let Ok(canonical) = canonical_json(object.as_str()) else { return false };
    assert_eq!(canonical_json(&canonical).expect("canonical JSON is JSON"), canonical);
    serde_json::from_str::<serde_json::Value>(&canonical).expect("canonical JSON is JSON");
    true
}

fn check_version(object: &RawObject) {
    let now: Timestamp = "2026-01-01T00:00:00.123Z".parse().expect("a timestamp");
    let Ok(revoked) = version::revoke(object, now) else { return };
    assert!(revoked.is_revoked());
    assert_eq!((revoked.id(), revoked.object_type()), (object.id(), object.object_type()));
    if let (Some(old), Some(new)) = (object.modified(), revoked.modified()) {
        assert!(new > old, "a version is not later than the one before");
    }
    assert!(version::revoke(&revoked, now).is_err(), "a revoked object was revoked again");
}
