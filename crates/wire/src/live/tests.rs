//! Tests of the questions that not every center answers.

use inthreat_api::{
    Comparison, Cursor, ErrorKind, ExportFormat, IocTextFormat, KillChainPhase, ObservableType,
    SearchSort,
};
use proptest::prelude::*;

use super::*;
use crate::{Asked, decode_any};

fn ask(method: &str, target: &str, body: &[u8]) -> Result<LiveQuestion> {
    let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
    decode_live(method, path, query, body)
}

fn id(text: &str) -> Id {
    Id::lenient(text).unwrap()
}

fn arb_id() -> impl Strategy<Value = Id> {
    let text = prop_oneof![
        "[a-z]{1,12}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[a-z]{1,8}--[0-9]{1,4}",
        "[a-z&=+%é/?#-]{1,9}[0-9]",
    ];
    text.prop_map(|text| Id::lenient(&text).unwrap())
}

fn arb_ids() -> impl Strategy<Value = Vec<Id>> {
    prop::collection::hash_set(arb_id(), 0..4).prop_map(|set| set.into_iter().collect())
}

fn arb_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set("[a-zA-Z0-9&=+%é-]{1,12}", 0..4)
        .prop_map(|set| set.into_iter().collect())
}

fn arb_instant() -> impl Strategy<Value = Option<Timestamp>> {
    prop::option::of(
        (0i64..4_000_000_000, 0u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| Timestamp::from_unix(seconds, nanos).unwrap()),
    )
}

fn arb_limit(max: u32) -> impl Strategy<Value = Option<u32>> {
    prop::option::of(1..=max)
}

fn arb_offset() -> impl Strategy<Value = Option<u32>> {
    prop::option::of(0u32..=10_000)
}

fn arb_text() -> impl Strategy<Value = Option<String>> {
    prop::option::of("[^\\x00]{1,12}")
}

fn arb_feed() -> impl Strategy<Value = FeedId> {
    "[A-Za-z0-9_-]{1,40}"
        .prop_map(|text| text.parse().unwrap())
        .prop_filter("is a path of its own", |feed: &FeedId| {
            !matches!(feed.as_str(), "observables" | "relationships")
        })
}

fn arb_place() -> impl Strategy<Value = (Option<Cursor>, Option<Timestamp>)> {
    let cursor = "[!-~]{1,20}".prop_map(|text| (Some(Cursor::new(text).unwrap()), None));
    prop_oneof![cursor, arb_instant().prop_map(|instant| (None, instant))]
}

prop_compose! {
    fn arb_window()(limit in arb_limit(100), offset in arb_offset()) -> WindowRequest {
        let mut request = WindowRequest::default();
        (request.limit, request.offset) = (limit, offset);
        request
    }
}

prop_compose! {
    fn arb_named()(limit in arb_limit(100), offset in arb_offset(), names in arb_names()) -> NamedRequest {
        let mut request = NamedRequest::default().with_names(names);
        (request.limit, request.offset) = (limit, offset);
        request
    }
}

fn arb_typed(max: u32) -> impl Strategy<Value = TypedRequest> {
    (arb_limit(max), arb_offset(), arb_names()).prop_map(|(limit, offset, types)| {
        let mut request = TypedRequest::default().with_types(types);
        (request.limit, request.offset) = (limit, offset);
        request
    })
}

prop_compose! {
    fn arb_objects()(
        window in arb_window(), lists in prop::array::uniform4(arb_names()),
        ids in prop::array::uniform3(arb_ids()), deprecated: Option<bool>,
    ) -> ObjectsRequest {
        let mut request = ObjectsRequest::default();
        (request.limit, request.offset, request.deprecated) = (window.limit, window.offset, deprecated);
        [request.types, request.names, request.external_ids, request.labels] = lists;
        [request.ids, request.tlps, request.sources] = ids;
        request
    }
}

prop_compose! {
    fn arb_search()(
        window in arb_window(), term in arb_text(), lists in prop::array::uniform4(arb_names()),
        ids in prop::array::uniform4(arb_ids()), flags: [Option<bool>; 4],
        times in prop::array::uniform2(arb_instant()),
        sort in prop::option::of(prop::sample::select(vec![SearchSort::Pertinence, SearchSort::Modified])),
        confidence in prop::option::of((prop::sample::select(vec![
            Comparison::Equal, Comparison::Greater, Comparison::Less,
            Comparison::GreaterOrEqual, Comparison::LessOrEqual,
        ]), 0u8..=100)),
        (kinds, feed, with_total) in (arb_names(), prop::option::of(arb_feed()), any::<bool>()),
    ) -> SearchRequest {
        let mut request = SearchRequest::default();
        (request.limit, request.offset, request.term) = (window.limit, window.offset, term);
        [request.terms, request.types, request.labels, request.names] = lists;
        [request.sources, request.tlps, request.sectors, request.locations] = ids;
        [request.simple, request.include_revoked, request.is_source, request.deprecated] = flags;
        [request.created, request.modified] = times;
        (request.sort, request.confidence) = (sort, confidence);
        request.observable_types = kinds.iter().map(|kind| ObservableType::from(&**kind)).collect();
        (request.feed, request.with_total) = (feed, with_total);
        request
    }
}

prop_compose! {
    fn arb_fields()(
        description in prop::option::of(".{0,12}"), times in prop::array::uniform2(arb_instant()),
        phases in prop::collection::vec((".{1,9}", ".{1,9}"), 0..3), threats in arb_ids(),
    ) -> IocFields {
        let mut fields = IocFields::default();
        [fields.valid_from, fields.valid_until] = times;
        fields.kill_chain_phases = phases.into_iter().map(|(kill_chain_name, phase_name)| {
            KillChainPhase { kill_chain_name, phase_name }
        }).collect();
        (fields.description, fields.related_threats) = (description, threats);
        fields
    }
}

prop_compose! {
    fn arb_draft()(
        id in prop::option::of(arb_id()), name in ".{1,9}", description in prop::option::of(".{0,9}"),
        community in arb_text(), available: Option<bool>,
    ) -> IocCollectionDraft {
        let mut draft = IocCollectionDraft::default().with_name(name);
        (draft.id, draft.description, draft.community_uuid) = (id, description, community);
        draft.available_for_sub_communities = available;
        draft
    }
}

prop_compose! {
    fn arb_other_page()(
        which in 0..3, feed in arb_feed(), limit in arb_limit(2000), (cursor, after) in arb_place(),
        types in arb_names(), first in arb_id(), ids in arb_ids(), flag: bool, after_id in prop::option::of("[a-z0-9+-]{1,9}"),
    ) -> LiveQuestion {
        match which {
            0 => {
                let mut request = ObservablePageRequest::default().with_types(types).with_tags(flag);
                (request.limit, request.cursor, request.modified_after) = (limit, cursor, after);
                LiveQuestion::ObservablePage(request)
            }
            1 => {
                let ids = ids.into_iter().filter(|id| *id != first).chain([first.clone()]);
                let mut request = RelationshipPageRequest::default().with_ids(ids);
                (request.limit, request.cursor, request.modified_after) = (limit, cursor, after);
                LiveQuestion::RelationshipPage(request)
            }
            _ => {
                let mut request = PatternPageRequest::default().with_include_revoked(flag);
                (request.limit, request.cursor, request.modified_after) = (limit, cursor, after);
                request.after_id = after_id;
                LiveQuestion::Patterns(feed, request)
            }
        }
    }
}

prop_compose! {
    fn arb_observables()(
        (limit, offset) in (arb_limit(2000), arb_offset()), lists in prop::array::uniform6(arb_names()),
        ids in prop::array::uniform2(arb_ids()), threats: bool,
    ) -> ObservablesRequest {
        let mut request = ObservablesRequest::default().with_indicated_threats(threats);
        (request.limit, request.offset) = (limit, offset);
        [request.types, request.hashes, request.names, request.values, request.tags, request.valid_tags] = lists;
        [request.ids, request.sources] = ids;
        request
    }
}

fn arb_about_objects() -> impl Strategy<Value = LiveQuestion> {
    prop_oneof![
        arb_objects().prop_map(LiveQuestion::ListObjects),
        arb_objects().prop_map(LiveQuestion::ListLightObjects),
        arb_search().prop_map(LiveQuestion::SearchObjects),
        arb_named().prop_map(LiveQuestion::Sectors),
        arb_named().prop_map(LiveQuestion::Sources),
        (arb_id(), any::<bool>())
            .prop_map(|(id, all)| LiveQuestion::RelationshipStatistics(id, all)),
        arb_id().prop_map(LiveQuestion::RelationshipTypes),
        (arb_id(), arb_named()).prop_map(|(id, request)| LiveQuestion::ReportsOf(id, request)),
        arb_id().prop_map(LiveQuestion::SourcesOf),
        (arb_id(), arb_window()).prop_map(|(id, request)| LiveQuestion::ObservablesOf(id, request)),
        (arb_id(), "[a-f0-9]{1,64}").prop_map(|(id, hash)| LiveQuestion::FileOf(id, hash)),
        arb_typed(100).prop_map(LiveQuestion::ListRelationships),
        prop::collection::vec(arb_id(), 1..4).prop_map(LiveQuestion::IndicatesRelationships),
        (arb_typed(100), arb_instant(), arb_instant(), any::<bool>(), prop::option::of(arb_feed()))
            .prop_map(|(typed, start, end, flint, feed)| {
                let mut request =
                    ReportsRequest::default().with_types(typed.types).with_only_flint(flint);
                (request.limit, request.offset) = (typed.limit, typed.offset);
                (request.start, request.end, request.feed) = (start, end, feed);
                LiveQuestion::ListReports(request)
            }),
        arb_id().prop_map(LiveQuestion::Report),
        (arb_id(), arb_typed(2000))
            .prop_map(|(id, request)| LiveQuestion::ReportObjects(id, request)),
        (arb_id(), arb_typed(2000))
            .prop_map(|(id, request)| LiveQuestion::ReportObservables(id, request)),
        (arb_id(), arb_names(), arb_names(), 0..4_usize).prop_map(
            |(id, types, categories, format)| {
                let formats = [
                    ExportFormat::JsonLines,
                    ExportFormat::Csv,
                    ExportFormat::MitreAttack,
                    ExportFormat::Text,
                ];
                let request = ExportRequest::new(id)
                    .with_relationship_types(types)
                    .with_categories(categories);
                LiveQuestion::CreateExport(request.with_format(formats[format]))
            }
        ),
        "[^\\x00./]{1,20}".prop_map(LiveQuestion::Export),
        "[^\\x00./]{1,20}".prop_map(LiveQuestion::ExportFile),
        Just(LiveQuestion::ValidateKey),
        Just(LiveQuestion::Me),
    ]
}

fn arb_about_observables() -> impl Strategy<Value = LiveQuestion> {
    prop_oneof![
        arb_observables().prop_map(LiveQuestion::ListObservables),
        ("[^\\x00]{1,20}", arb_window(), any::<bool>()).prop_map(|(term, window, threats)| {
            let mut request = ObservableSearchRequest::default().with_term(term);
            (request.limit, request.offset) = (window.limit, window.offset);
            LiveQuestion::SearchObservables(request.with_indicated_threats(threats))
        }),
        (prop::collection::vec(".{1,20}", 1..4), any::<bool>()).prop_map(|(searches, threats)| {
            let request = BulkSearchRequest::default().with_searches(searches);
            LiveQuestion::BulkSearchObservables(request.with_indicated_threats(threats))
        }),
        "[^\\x00]{1,20}".prop_map(LiveQuestion::CountObservables),
        arb_named().prop_map(LiveQuestion::ObservableTags),
        arb_id().prop_map(LiveQuestion::Observable),
        (arb_id(), arb_window())
            .prop_map(|(id, request)| LiveQuestion::ObservableRelationships(id, request)),
        (arb_id(), arb_window(), any::<bool>()).prop_map(|(id, window, threats)| {
            let mut request =
                ObservableIndicatorsRequest::default().with_indicated_threats(threats);
            (request.limit, request.offset) = (window.limit, window.offset);
            LiveQuestion::ObservableIndicators(id, request)
        }),
        (arb_id(), arb_window())
            .prop_map(|(id, request)| LiveQuestion::ObservableReports(id, request)),
    ]
}

fn arb_about_iocs() -> impl Strategy<Value = LiveQuestion> {
    let ioc =
        (".{1,20}", arb_fields()).prop_map(|(value, fields)| Ioc::new(value).with_fields(fields));
    let formats = vec![
        IocTextFormat::OnePerLine,
        IocTextFormat::DomainName,
        IocTextFormat::Ipv4Addr,
        IocTextFormat::Ipv6Addr,
        IocTextFormat::Url,
        IocTextFormat::EmailAddr,
        IocTextFormat::FileHashes,
    ];
    let text = ("[a-z\n,]{0,30}x", prop::sample::select(formats), arb_fields());
    prop_oneof![
        (arb_window(), arb_text(), arb_names(), any::<bool>()).prop_map(
            |(window, term, communities, count)| {
                let mut request = IocCollectionsRequest::default().with_communities(communities);
                (request.limit, request.offset, request.term) = (window.limit, window.offset, term);
                LiveQuestion::IocCollections(request.with_count(count))
            }
        ),
        arb_draft().prop_map(LiveQuestion::CreateIocCollection),
        arb_id().prop_map(LiveQuestion::IocCollection),
        (arb_id(), arb_draft())
            .prop_map(|(id, draft)| LiveQuestion::UpdateIocCollection(id, draft)),
        arb_id().prop_map(LiveQuestion::DeleteIocCollection),
        arb_text().prop_map(LiveQuestion::CountIocs),
        (arb_id(), arb_window(), arb_text()).prop_map(|(id, window, term)| {
            let mut request = IocsRequest::default();
            (request.limit, request.offset, request.term) = (window.limit, window.offset, term);
            LiveQuestion::ListIocs(id, request)
        }),
        (arb_id(), prop::collection::vec(ioc, 1..4), arb_fields())
            .prop_map(|(id, iocs, defaults)| LiveQuestion::AddIocs(id, iocs, defaults)),
        (arb_id(), text).prop_map(|(id, (text, format, fields))| {
            LiveQuestion::AddIocText(id, IocText::new(text).with_format(format).with_fields(fields))
        }),
        (arb_id(), arb_id(), arb_fields())
            .prop_map(|(id, ioc, fields)| LiveQuestion::UpdateIoc(id, ioc, fields)),
        (arb_id(), arb_id()).prop_map(|(id, ioc)| LiveQuestion::RevokeIoc(id, ioc)),
        (arb_id(), arb_id()).prop_map(|(id, ioc)| LiveQuestion::DeleteIoc(id, ioc)),
        (arb_id(), arb_id()).prop_map(|(id, ioc)| LiveQuestion::IocContext(id, ioc)),
    ]
}

fn arb_question() -> impl Strategy<Value = LiveQuestion> {
    prop_oneof![
        2 => arb_other_page(),
        4 => arb_about_objects(),
        2 => arb_about_observables(),
        3 => arb_about_iocs(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    // Catches a question that the server understands differently from what the client asked.
    #[test]
    fn questions_survive(question in arb_question()) {
        let request = encode_live(&question).unwrap();
        let body = request.body.as_deref().unwrap_or_default();
        let read = |path: &str| {
            decode_live(request.method.as_str(), path, Some(&request.query), body).unwrap()
        };
        prop_assert_eq!(&read(&request.path), &question);
        let any = decode_any(request.method.as_str(), &request.path, Some(&request.query), body);
        prop_assert_eq!(any.unwrap(), Asked::Role(question.clone()));
        // The other prefix, a doubled and a trailing slash.
        prop_assert_eq!(&read(&format!("//api{}/", request.path.replace("/v2/", "/v2//"))), &question);
        prop_assert!(request.path.is_ascii() && request.query.is_ascii());
        prop_assert!(!request.path.contains(['?', '#', ' ']));
        prop_assert!(!request.query.contains(['#', ' ']));
        // What repeats safely reads, or replaces a thing as a whole.
        let changes = matches!(request.method, Method::Patch | Method::Delete);
        prop_assert!(!(changes && request.is_repeatable));
    }

    // Catches a panic on any request, and an error that names no field.
    #[test]
    fn any_request_is_survived(path in "(/v2/inthreat/(objects|collections|observables|ioc-collections|exports|reports)/)?.{0,40}", query in ".{0,80}", body: Vec<u8>) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if let Err(error) = decode_live(method, &path, Some(&query), &body)
                && error.kind() == ErrorKind::InvalidRequest
            {
                prop_assert!(error.field().is_some(), "{error}");
            }
        }
    }
}

// Catches a request of a client in the field that is not understood (CONTRACT 13).
#[test]
fn requests_of_clients_in_the_field() {
    let list = ask("GET", "/api/v2/inthreat/objects?match%5Bid%5D=identity--1,identity--2", b"");
    let expected = ObjectsRequest::default().with_ids([id("identity--1"), id("identity--2")]);
    assert_eq!(list.unwrap(), LiveQuestion::ListObjects(expected));

    let target =
        "/v2/inthreat/observables?match%5Bvalue%5D=api.ontracting.com&match%5Btype%5D=domain-name";
    let expected = ObservablesRequest::default()
        .with_values(["api.ontracting.com"])
        .with_types(["domain-name"]);
    assert_eq!(ask("GET", target, b"").unwrap(), LiveQuestion::ListObservables(expected));
    let target = "/v2/inthreat/observables?value=api.ontracting.com&type=domain-name&limit=5";
    let expected = ObservablesRequest::default().with_limit(5_u32);
    assert_eq!(ask("GET", target, b"").unwrap(), LiveQuestion::ListObservables(expected));

    let target = "/api/v2/inthreat/observables/search?with_indicated_threats=1";
    let expected = ObservableSearchRequest::default()
        .with_term("api.ontracting.com")
        .with_indicated_threats(true);
    let search = ask("POST", target, br#"{"term":"api.ontracting.com"}"#).unwrap();
    assert_eq!(search, LiveQuestion::SearchObservables(expected));

    // Everything in the query, and a body that says nothing.
    let target = "/api/v2/inthreat/objects/search?term=APT31&sort=pertinence&types=malware&types=tool&confidence=80&confidence_operator=%3E%3D";
    let expected = SearchRequest::default()
        .with_term("APT31")
        .with_sort(SearchSort::Pertinence)
        .with_types(["malware", "tool"])
        .with_confidence((Comparison::GreaterOrEqual, 80));
    assert_eq!(ask("POST", target, b"{}").unwrap(), LiveQuestion::SearchObjects(expected));

    assert_eq!(ask("GET", "/v1/auth/validate", b"").unwrap(), LiveQuestion::ValidateKey);
}

// Catches a method that is taken for another one, and a path that is nobody's.
#[test]
fn other_methods_and_paths_are_refused() {
    for (method, path) in [
        ("POST", "/v1/me"),
        ("GET", "/v2/inthreat/objects/search"),
        ("PUT", "/v2/inthreat/ioc-collections/a"),
        ("POST", "/v2/inthreat/ioc-collections/a/indicators/b"),
        ("DELETE", "/v2/inthreat/ioc-collections"),
    ] {
        let error = ask(method, path, b"{}").unwrap_err();
        assert_eq!(error.status(), Some(405), "{method} {path}");
    }
    for (path, kind) in [
        ("/", ErrorKind::NotFound),
        ("/v1", ErrorKind::NotFound),
        ("/v2/inthreat", ErrorKind::NotFound),
        ("/v2/inthreat/feeds", ErrorKind::Unsupported),
        ("/v2/inthreat/objects/a/b/c/d", ErrorKind::Unsupported),
        ("/v2/inthreat/ioc-collections/telemetry/reports/a", ErrorKind::Unsupported),
        ("/v1/edl-gateway/ipv4", ErrorKind::Unsupported),
    ] {
        assert_eq!(ask("GET", path, b"").unwrap_err().kind(), kind, "{path}");
    }
    for (path, methods) in [
        ("/v2/inthreat/objects/search/", Some("POST")),
        ("/api/v2/inthreat/ioc-collections/a/indicators/b", Some("PUT, DELETE")),
        ("/v2/inthreat/labels", None),
    ] {
        assert_eq!(crate::allowed_methods(path), methods, "{path}");
    }
}

// Catches a question that is taken although something in it is wrong, and a message that does not name it.
#[test]
fn bad_input_names_its_field() {
    for (method, target, body, field) in [
        ("POST", "objects/search", r#"{"limit":"x"}"#, "limit"),
        ("POST", "objects/search", r#"{"types":"malware"}"#, "types"),
        ("POST", "objects/search", r#"{"confidence":101}"#, "confidence"),
        ("POST", "objects/search?confidence=x", "", "confidence"),
        ("POST", "objects/search", "[]", "body"),
        ("POST", "objects/search", "{", "body"),
        ("POST", "observables/search", "{}", "term"),
        ("POST", "objects/search", r#"{"offset":10001}"#, "offset"),
        ("POST", "indicators/indicates-relationships", r#"{"ids":[]}"#, "ids"),
        ("POST", "observables/bulk-search", r#"{"searches":[]}"#, "searches"),
        ("POST", "exports/", r#"{"object_id":"a","format":"pdf"}"#, "format"),
        ("POST", "ioc-collections", "{}", "name"),
        ("POST", "ioc-collections/a/indicators", r#"{"indicators":[]}"#, "indicators"),
        (
            "POST",
            "ioc-collections/a/indicators",
            r#"{"indicators":[{"value":"a"},{"value":7}]}"#,
            "indicators[1].value",
        ),
        (
            "POST",
            "ioc-collections/a/indicators",
            r#"{"indicators":[{"value":"a","kill_chain_phases":[{"phase_name":"x"}]}]}"#,
            "indicators[0].kill_chain_phases[0].kill_chain_name",
        ),
        (
            "POST",
            "ioc-collections/a/indicators/text",
            r#"{"indicators":"x","format":"y"}"#,
            "format",
        ),
        ("GET", "collections/relationships", "", "match[id]"),
        ("GET", "reports?start=yesterday", "", "start"),
    ] {
        let error = ask(method, &format!("/v2/inthreat/{target}"), body.as_bytes()).unwrap_err();
        let found = (error.kind(), error.field());
        assert_eq!(found, (ErrorKind::InvalidRequest, Some(field)), "{target} {body}: {error}");
    }
}

// Catches a question that is sent although no request can say it.
#[test]
fn what_no_request_can_say_is_refused() {
    let many = vec![Ioc::new("a"); 101];
    for question in [
        LiveQuestion::ListObservables(ObservablesRequest::default().with_values(["a,b"])),
        LiveQuestion::RelationshipPage(RelationshipPageRequest::default()),
        LiveQuestion::Observable(id("tags")),
        LiveQuestion::IocCollection(id("count-total-iocs")),
        LiveQuestion::FileOf(id("report--1"), "..".into()),
        LiveQuestion::Export(String::new()),
        LiveQuestion::AddIocs(id("a"), Vec::new(), IocFields::default()),
        LiveQuestion::AddIocs(id("a"), many, IocFields::default()),
        LiveQuestion::AddIocs(id("a"), vec![Ioc::new("")], IocFields::default()),
        LiveQuestion::AddIocText(id("a"), IocText::new("x".repeat(BODY_LENGTH_MAX))),
        LiveQuestion::CountObservables(String::new()),
        LiveQuestion::ListObjects(ObjectsRequest::default().with_limit(101_u32)),
        LiveQuestion::SearchObjects(SearchRequest::default().with_limit(0_u32)),
        LiveQuestion::SearchObjects(SearchRequest::default().with_offset(10_001_u32)),
        LiveQuestion::ObservablePage(ObservablePageRequest::default().with_limit(2001_u32)),
        LiveQuestion::Report(id("bulk")),
        LiveQuestion::CreateIocCollection(IocCollectionDraft::default()),
    ] {
        let kind = encode_live(&question).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::InvalidRequest, "{question:?}");
    }
}

// Catches a client with nothing left to ask for that is answered with objects that it never asked for (CONTRACT 2).
#[test]
fn an_empty_list_of_ids_asks_for_nothing() {
    for (empty, absent) in [
        ("objects?match[id]=", "objects?limit=1"),
        ("objects/light?match%5Bid%5D=,", "objects/light"),
        ("observables?match[id]", "observables?match[value]="),
    ] {
        let ids = |target: &str| match ask("GET", &format!("/v2/inthreat/{target}"), b"").unwrap() {
            LiveQuestion::ListObjects(request) | LiveQuestion::ListLightObjects(request) => {
                request.ids
            }
            LiveQuestion::ListObservables(request) => request.ids,
            other => panic!("{other:?}"),
        };
        assert_eq!(ids(empty), [id("nothing--00000000-0000-0000-0000-000000000000")], "{empty}");
        assert_eq!(ids(absent), [], "{absent}");
    }
}

// Catches a client of older documents that takes its key for a wrong one, and a path of the service that is no path.
#[test]
fn old_and_further_paths_are_known() {
    for path in ["/v1/apiauth/auth/validate", "/api/v1/apiauth/auth/validate/"] {
        assert_eq!(ask("GET", path, b"").unwrap(), LiveQuestion::ValidateKey, "{path}");
    }
    for path in ["content-proposals", "trackers/x", "configuration/default-identity"] {
        let error = ask("GET", &format!("/v2/inthreat/{path}"), b"").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{path}");
    }
}
