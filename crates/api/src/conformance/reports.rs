//! What a reader of reports promises (CONTRACT 2.4).
#![expect(clippy::unwrap_used, reason = "a broken promise is a panic")]

use inthreat_stix::Timestamp;

use super::{
    objects::unknown,
    observables::values,
    scene::{self, COMPOSITE, FLINT, GROUP, MALWARE, REPORT, id},
    searches::assert_is,
};
use crate::{ErrorKind, Reports, ReportsRequest, TypedRequest};

/// All promises of [`Reports`].
pub async fn reports(center: &dyn Reports) {
    reports_are_listed(center).await;
    contents_of_reports_are_told(center).await;
}

/// Reports by what they mention and when they were published, and each by its identifier.
pub async fn reports_are_listed(center: &dyn Reports) {
    let list = ReportsRequest::default;
    let after = list().with_start("2020-02-02T00:00:00Z".parse::<Timestamp>().unwrap());
    let before = list().with_end("2020-02-01T00:00:00Z".parse::<Timestamp>().unwrap());
    for (request, expected) in [
        (list(), &[FLINT, REPORT][..]),
        (list().with_only_flint(true), &[FLINT]),
        (list().with_types(["malware"]), &[FLINT]),
        (list().with_types(["intrusion-set", "malware"]), &[FLINT, REPORT]),
        (after, &[REPORT]),
        (before, &[FLINT]),
    ] {
        let found = center.list_reports(request.clone()).await.unwrap();
        assert_is(&found, expected, &format!("{request:?}"));
        assert_eq!(found.total, Some(expected.len() as u64), "the total of {request:?}");
    }
    let page = center.list_reports(list().with_limit(1_u32)).await.unwrap();
    assert!(page.items.len() == 1 && page.has_more, "a page of reports");
    let archive = scene::archive();
    let flint = archive.iter().find(|object| object.id() == Some(&*id(FLINT).to_string()));
    assert_eq!(center.report(id(FLINT)).await.unwrap(), *flint.unwrap(), "as it was written");
    for other in [id(MALWARE), unknown()] {
        let error = center.report(other).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "what is no report: {error}");
    }
}

/// What a report names, as far as it is known.
pub async fn contents_of_reports_are_told(center: &dyn Reports) {
    let all = TypedRequest::default;
    for (report, request, expected) in [
        (FLINT, all(), &[MALWARE, COMPOSITE][..]),
        (FLINT, all().with_types(["indicator"]), &[COMPOSITE]),
        (REPORT, all(), &[GROUP]),
    ] {
        let found = center.report_objects(id(report), request.clone()).await.unwrap();
        assert_is(&found, expected, &format!("{report:?}: {request:?}"));
    }
    let found = center.report_observables(id(FLINT), all().with_types(["domain-name"])).await;
    assert_eq!(values(&found.unwrap().items), ["evil.example"], "the observables of a report");
    let found = center.report_observables(id(REPORT), all()).await.unwrap();
    assert!(found.items.is_empty(), "a report without observables");
    let error = center.report_objects(unknown(), all()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let error = center.report_observables(unknown(), all()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
}
