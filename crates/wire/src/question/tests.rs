//! Tests of the questions.

use inthreat_api::{Cursor, ErrorKind, FeedFormat, SortOrder};
use inthreat_stix::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::limits::BODY_LENGTH_MAX;

const FEED: &str = "d6092c37-d8d7-45c3-8aff-c4dc26030608";
const INDICATOR: &str = "indicator--f24eb993-4ece-47ff-90e1-fa3f87de85dc";
const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";
const WHITE: &str = "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9";

fn get(target: &str) -> Result<Question> {
    ask("GET", target, b"")
}

fn ask(method: &str, target: &str, body: &[u8]) -> Result<Question> {
    let (path, query) = target.split_once('?').map_or((target, None), |(p, q)| (p, Some(q)));
    decode(method, path, query, body)
}

fn formatted(target: &str) -> (PageRequest, PageFormat) {
    match get(target).unwrap() {
        Question::FormattedPage(request, format) => (request, format),
        other => panic!("{other:?}"),
    }
}

fn page(target: &str) -> PageRequest {
    match get(target).unwrap() {
        Question::Page(request) => request,
        other => panic!("{other:?}"),
    }
}

fn id(text: &str) -> Id {
    Id::lenient(text).unwrap()
}

fn arb_id() -> impl Strategy<Value = Id> {
    let text = prop_oneof![
        "[a-z]{1,12}--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[a-z]{1,8}--[0-9]{1,4}",
        "[^,\\x00-\\x1f\\x7f-\\x9f]{1,20}",
    ];
    text.prop_map(|text| Id::lenient(&text).unwrap())
        .prop_filter("has a meaning in a path", |id| route::check_id(&id.to_string()).is_ok())
}

fn arb_types() -> impl Strategy<Value = Vec<String>> {
    prop::collection::hash_set("[a-z0-9&=+%é-]{1,12}", 0..4)
        .prop_map(|set| set.into_iter().collect())
}

fn arb_observable_type() -> impl Strategy<Value = ObservableType> {
    prop_oneof![
        prop::sample::select(ObservableType::KNOWN),
        "[A-Za-z &=+%é-]{0,5}[a-z]".prop_map(|text| ObservableType::from(text.trim())),
    ]
}

fn arb_observable() -> impl Strategy<Value = Observable> {
    (arb_observable_type(), "[^\\x00]{1,40}").prop_map(|(kind, value)| Observable::new(kind, value))
}

fn arb_feed() -> impl Strategy<Value = FeedId> {
    "[A-Za-z0-9_-]{1,40}".prop_map(|text| text.parse().unwrap())
}

fn arb_instant() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000, 0u32..1_000_000_000)
        .prop_map(|(seconds, nanos)| Timestamp::from_unix(seconds, nanos).unwrap())
}

fn arb_page() -> impl Strategy<Value = PageRequest> {
    let first = (arb_feed(), prop::option::of(1..=LIMIT_MAX), arb_types());
    let place = prop_oneof![
        Just((None, None)),
        "[!-~]{1,40}".prop_map(|text| (Some(Cursor::new(text).unwrap()), None)),
        arb_instant().prop_map(|instant| (None, Some(instant))),
    ];
    let kinds = prop::collection::hash_set(arb_observable_type(), 0..3);
    (first, place, kinds, any::<[Option<bool>; 5]>()).prop_map(|(first, place, kinds, flags)| {
        let mut request = PageRequest::new(first.0);
        request.limit = first.1;
        request.types = first.2;
        (request.cursor, request.modified_after) = place;
        request.observable_types = kinds.into_iter().collect();
        request.include_revoked = flags[0];
        request.skip_expired = flags[1];
        request.return_all_fields = flags[2];
        request.convert_network_traffic = flags[3];
        request.latest = flags[4];
        request
    })
}

fn arb_draft() -> impl Strategy<Value = FeedDraft> {
    let texts = (".{0,10}", ".{0,10}", ".{0,10}");
    let lists = (arb_types(), arb_types(), arb_types());
    let ids = prop::collection::vec(prop::collection::vec(arb_id(), 0..3), 4);
    let formats = [FeedFormat::Json, FeedFormat::Csv, FeedFormat::Text, FeedFormat::Custom];
    let kinds = prop::collection::vec(arb_observable_type(), 0..3);
    (texts, lists, ids, kinds, prop::sample::select(formats.to_vec()), any::<[bool; 3]>()).prop_map(
        |(texts, lists, mut ids, kinds, format, flags)| {
            let mut draft = FeedDraft::default();
            (draft.title, draft.description, draft.template) = texts;
            (draft.types, draft.labels, draft.fields) = lists;
            draft.sources = ids.remove(0);
            draft.tlps = ids.remove(0);
            draft.sectors = ids.remove(0);
            draft.locations = ids.remove(0);
            draft.observable_types = kinds;
            draft.format = format;
            draft.include_revoked = flags[0];
            draft.skip_expired = flags[1];
            draft.sort_order = if flags[2] { SortOrder::Ascending } else { SortOrder::Descending };
            draft
        },
    )
}

fn arb_feeds() -> impl Strategy<Value = FeedsRequest> {
    let ids = prop::collection::hash_set(arb_feed(), 0..3);
    (
        prop::option::of(1u32..=100),
        prop::option::of(0u32..=10_000),
        prop::option::of("[^\\x00]{1,9}"),
        ids,
    )
        .prop_map(|(limit, offset, term, ids)| {
            let mut request = FeedsRequest::default();
            request.limit = limit;
            request.offset = offset;
            request.term = term;
            request.ids = ids.into_iter().collect();
            request
        })
}

fn arb_relationships() -> impl Strategy<Value = RelationshipsRequest> {
    let numbers = (prop::option::of(1u32..=100), prop::option::of(0u32..=10_000));
    (arb_id(), numbers, arb_types(), arb_types(), any::<bool>()).prop_map(
        |(id, (limit, offset), types, target_types, include_revoked)| {
            let mut request = RelationshipsRequest::new(id);
            request.limit = limit;
            request.offset = offset;
            request.types = types;
            request.target_types = target_types;
            request.include_revoked = include_revoked;
            request
        },
    )
}

fn arb_question() -> impl Strategy<Value = Question> {
    let ids = || prop::collection::vec(arb_id(), 2..5);
    prop_oneof![
        4 => arb_page().prop_map(Question::Page),
        2 => (arb_page(), prop::sample::select(vec![PageFormat::Text, PageFormat::Csv]))
            .prop_map(|(request, format)| Question::FormattedPage(request, format)),
        1 => arb_id().prop_map(Question::Object),
        1 => ids().prop_map(Question::Objects),
        1 => arb_id().prop_map(Question::Relationship),
        1 => ids().prop_map(Question::Relationships),
        2 => arb_relationships().prop_map(Question::RelationshipsOf),
        1 => arb_id().prop_map(Question::Context),
        1 => arb_observable().prop_map(Question::Indicators),
        1 => arb_observable().prop_map(Question::IndicatorContexts),
        1 => arb_feeds().prop_map(Question::Feeds),
        1 => arb_draft().prop_map(Question::CreateFeed),
        1 => arb_feed().prop_map(Question::Feed),
        1 => (arb_feed(), arb_draft()).prop_map(|(id, draft)| Question::UpdateFeed(id, draft)),
        1 => arb_feed().prop_map(Question::DeleteFeed),
    ]
}

proptest! {
    // Catches a question that the server understands differently from what the client asked.
    #[test]
    fn questions_survive(question in arb_question()) {
        let request = encode(&question).unwrap();
        let body = request.body.as_deref().unwrap_or_default();
        let query = Some(request.query.as_str());
        prop_assert_eq!(&decode(request.method.as_str(), &request.path, query, body).unwrap(), &question);
        // The other prefix, a doubled and a trailing slash.
        let path = format!("//api{}/", request.path.replace("/v2/", "/v2//"));
        prop_assert_eq!(&decode(request.method.as_str(), &path, query, body).unwrap(), &question);
        prop_assert!(request.path.is_ascii() && request.query.is_ascii());
        prop_assert!(!request.path.contains(['?', '#', ' ']) && !request.query.contains(['#', ' ']));
    }

    // Catches a panic on any request line, and an error that names no field.
    #[test]
    fn any_request_is_survived(path in "(/v2/inthreat/(objects|collections|feeds|indicators)/)?.{0,40}", query in ".{0,80}", body: Vec<u8>) {
        for method in ["GET", "POST", "PUT"] {
            if let Err(error) = decode(method, &path, Some(&query), &body)
                && error.kind() == ErrorKind::InvalidRequest
            {
                prop_assert!(error.field().is_some(), "{error}");
            }
        }
    }
}

// Catches a format that is lost, and a page that is cut below what its format allows (CONTRACT 2.1).
#[test]
fn formats_are_read() {
    let default = |query: &str| format!("/api/v2/inthreat/collections/{FEED}/objects?{query}");
    let other = |query: &str| format!("/v2/inthreat/collections/f/objects?{query}");
    let blocklist = default("format=TEXT&limit=10000&skip_expired=true&include_revoked=false");
    let (request, format) = formatted(&blocklist);
    assert_eq!(format, PageFormat::Text);
    assert_eq!((request.limit, request.skip_expired), (Some(10_000), Some(true)));
    let (request, format) = formatted(&other("format=csv&limit=10000"));
    assert_eq!((request.limit, format), (Some(2000), PageFormat::Csv));
    assert_eq!(formatted(&other("format=json")).1, PageFormat::Json);
    // The feed without filters is JSON of itself; another one may be text.
    assert_eq!(page(&default("format=json&limit=10000")).limit, Some(2000));
    assert_eq!(page(&other("limit=10000")).limit, Some(10_000));
    for format in ["custom", "xml"] {
        assert_eq!(get(&default(&format!("format={format}"))).unwrap_err().field(), Some("format"));
    }
    let own = encode(&Question::FormattedPage(PageRequest::default(), PageFormat::Own)).unwrap();
    assert_eq!(own.query, "");
}

// Catches a request of a client in the field that is not understood (CONTRACT 13, the lines that are answered).
#[test]
fn requests_of_clients_in_the_field() {
    let cursor = "MjAyMi0wMS0wMVQwMDowMDowMFo=";
    let first = page(&format!("/v2/inthreat/collections/{FEED}/objects?limit=2000"));
    assert_eq!((first.limit, first.feed), (Some(2000), FeedId::default()));
    // The documented script pastes its cursor as it is.
    let raw = page(&format!("/v2/inthreat/collections/{FEED}/objects?limit=2000&cursor={cursor}"));
    assert_eq!(raw.cursor.unwrap().as_str(), cursor);
    let open_cti = page(&format!(
        "/v2/inthreat/collections/{FEED}/objects?limit=100&cursor=MjAyMi0wMS0wMVQwMDowMDowMFo%3D&match%5Btype%5D=identity%2Cattack-pattern%2Cmalware"
    ));
    assert_eq!(open_cti.cursor.unwrap().as_str(), cursor);
    assert_eq!(open_cti.types, ["identity", "attack-pattern", "malware"]);
    let playbooks = page(&format!(
        "/api/v2/inthreat/collections/{FEED}/objects?limit=100&include_revoked=False&skip_expired=true&include_revoked=false&match%5Btype%5D=indicator&cursor={cursor}"
    ));
    assert_eq!((playbooks.include_revoked, playbooks.skip_expired), (Some(false), Some(true)));
    let splunk = page(&format!(
        "/v2/inthreat/collections/{FEED}/objects?match%5Btype%5D=indicator&limit=300"
    ));
    assert_eq!((splunk.limit, splunk.types.len()), (Some(300), 1));
    let scoring = page(&format!(
        "/v2/inthreat/collections/{FEED}/objects?limit=150&match%5Btype%5D=malware&match%5Btype%5D=campaign"
    ));
    assert_eq!(scoring.types, ["malware", "campaign"]);
    assert_eq!(
        get(&format!("/v2/inthreat/objects/{GREEN},{WHITE}")).unwrap(),
        Question::Objects(vec![id(GREEN), id(WHITE)])
    );
    assert_eq!(
        get(&format!("/v2/inthreat/objects/{GREEN}%2c{WHITE}/")).unwrap(),
        Question::Objects(vec![id(GREEN), id(WHITE)])
    );
    assert_eq!(
        get(&format!("/v2/inthreat/objects/{INDICATOR}/relationships")).unwrap(),
        Question::RelationshipsOf(RelationshipsRequest::new(id(INDICATOR)))
    );
    assert_eq!(
        get(&format!("/api/v2/inthreat/objects/{INDICATOR}/context/")).unwrap(),
        Question::Context(id(INDICATOR))
    );
    assert_eq!(
        get("/v2/inthreat/indicators/context?type=domain-name&value=api.ontracting.com").unwrap(),
        Question::IndicatorContexts(Observable::new(
            ObservableType::DomainName,
            "api.ontracting.com"
        ))
    );
    let created =
        ask("POST", "/api/v2/inthreat/feeds", br#"{"data":{"title":"t","types":["indicator"]}}"#);
    let Ok(Question::CreateFeed(draft)) = created else { panic!("{created:?}") };
    assert_eq!(
        (draft.title.as_str(), draft.types.as_slice()),
        ("t", &["indicator".to_owned()][..])
    );
    assert!(draft.include_revoked && !draft.skip_expired);
}

// Catches a question of the service that is answered as an unknown path (CONTRACT 13, the other lines).
#[test]
fn what_is_not_answered_here_says_so() {
    let targets = [
        "GET /api/v2/inthreat/objects?match%5Bid%5D=identity--1,identity--2",
        "GET /v2/inthreat/observables?match%5Bvalue%5D=api.ontracting.com&match%5Btype%5D=domain-name",
        "GET /v2/inthreat/observables?value=api.ontracting.com&type=domain-name&limit=5",
        "POST /api/v2/inthreat/observables/search?with_indicated_threats=1",
        "POST /api/v2/inthreat/objects/search?term=APT31&sort=pertinence",
        "GET /api/v2/inthreat/taxii-server/collections/f/objects/?limit=150",
        "GET /v2/inthreat/objects/light",
        "GET /v2/inthreat/collections/f/patterns",
    ];
    for target in targets {
        let (method, target) = target.split_once(' ').unwrap();
        assert_eq!(
            ask(method, target, b"{}").unwrap_err().kind(),
            ErrorKind::Unsupported,
            "{target}"
        );
    }
    for target in ["/", "/v2/inthreat", "/v2/inthreat/nothing", "/v3/inthreat/feeds", "/feeds", ""]
    {
        assert_eq!(get(target).unwrap_err().kind(), ErrorKind::NotFound, "{target}");
    }
}

// Catches a method that is taken for another one.
#[test]
fn other_methods_are_refused() {
    for (method, path) in [
        ("HEAD", "feeds"),
        ("DELETE", "feeds"),
        ("PATCH", "feeds/f"),
        ("get", "feeds"),
        ("", "feeds"),
    ] {
        let path = format!("/v2/inthreat/{path}");
        let error = ask(method, &path, b"").unwrap_err();
        assert_eq!(error.status(), Some(405), "{method} {path}");
    }
    assert_eq!(crate::allowed_methods("/v2/inthreat/feeds/f"), Some("GET, PUT, DELETE"));
    assert_eq!(crate::allowed_methods("/v2/nothing"), None);
}

// Catches a limit out of range that is obeyed or ignored (CONTRACT 11, U1).
#[test]
fn limits_are_refused_or_lowered() {
    let limit = |text: &str| {
        get(&format!("/v2/inthreat/collections/{FEED}/objects?limit={text}")).map(|question| {
            match question {
                Question::Page(request) => request.limit,
                other => panic!("{other:?}"),
            }
        })
    };
    assert_eq!(limit("1").unwrap(), Some(1));
    assert_eq!(limit("2001").unwrap(), Some(2000));
    assert_eq!(limit("10000").unwrap(), Some(2000));
    for text in ["0", "10001", "x", "", "-1", "+1", "1.0", "99999999999999999999", "%31%", "١"] {
        let error = limit(text).unwrap_err();
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::InvalidRequest, Some("limit")),
            "{text}"
        );
    }
}

// Catches a limit out of range that is sent: a service that lowers it answers another question.
#[test]
fn limits_out_of_range_are_not_sent() {
    let page = |limit| Question::Page(PageRequest::default().with_limit(limit));
    let feeds = |limit| {
        let mut request = FeedsRequest::default();
        request.limit = Some(limit);
        Question::Feeds(request)
    };
    for question in [page(0), page(2001), feeds(0), feeds(101)] {
        let error = encode(&question).unwrap_err();
        let told = (error.kind(), error.field());
        assert_eq!(told, (ErrorKind::InvalidRequest, Some("limit")), "{question:?}");
    }
    assert!(encode(&page(2000)).is_ok() && encode(&feeds(100)).is_ok());
}

// Catches a spelling of an instant that clients send and that is refused, or moved by its offset (CONTRACT 11, U4).
#[test]
fn instants_are_read_leniently() {
    let expected: Timestamp = "2016-04-14T13:07:49Z".parse().unwrap();
    for text in [
        "2016-04-14T13:07:49Z",
        "%222016-04-14T13%3A07%3A49Z%22",
        "\"2016-04-14T13:07:49\"",
        "2016-04-14T13:07:49",
        "2016-04-14+13:07:49",
        "2016-04-14%2013:07:49",
        "2016-04-14T15:07:49+02:00",
        "2016-04-14T15:07:49%2B02:00",
    ] {
        let request = page(&format!("/v2/inthreat/collections/f/objects?modified_after={text}"));
        assert_eq!(request.modified_after, Some(expected), "{text}");
    }
    for text in ["", "yesterday", "2016-04-31T00:00:00Z"] {
        let error =
            get(&format!("/v2/inthreat/collections/f/objects?modified_after={text}")).unwrap_err();
        assert_eq!(error.field(), Some("modified_after"), "{text}");
    }
    // The cursor wins (CONTRACT 11, U3).
    let both =
        page("/v2/inthreat/collections/f/objects?cursor=c&modified_after=2016-04-14T13:07:49Z");
    assert_eq!((both.cursor.is_some(), both.modified_after), (true, None));
}

// Catches a question that is taken although something in it is wrong, and a message that does not name it.
#[test]
fn bad_input_names_its_field() {
    let long = "x".repeat(9_000);
    let very_long = "x".repeat(40_000);
    let many = vec!["indicator--1"; 201].join(",");
    let parameters = "&a=1".repeat(300);
    for (target, field) in [
        ("collections/f%00/objects".to_owned(), "feed_id"),
        ("collections/a%2Fb/objects".to_owned(), "feed_id"),
        ("collections/f/objects?cursor=%0a".to_owned(), "cursor"),
        ("collections/f/objects?cursor=%zz".to_owned(), "cursor"),
        (format!("collections/f/objects?cursor={long}"), "cursor"),
        ("collections/f/objects?include_revoked=maybe".to_owned(), "include_revoked"),
        ("collections/f/objects?match[type]=%ff".to_owned(), "match[type]"),
        ("collections/f/objects?format=xml".to_owned(), "format"),
        (
            format!(
                "collections/f/objects?match[type]={}",
                (0..201).map(|n| n.to_string()).collect::<Vec<_>>().join(",")
            ),
            "match[type]",
        ),
        (format!("collections/f/objects?{parameters}"), "query"),
        ("collections/f/objects?%=1".to_owned(), "query"),
        (format!("collections/f/objects?x={very_long}"), "query"),
        ("objects/%".to_owned(), "id"),
        ("objects/,".to_owned(), "id"),
        (format!("objects/{many}"), "id"),
        ("objects/a,b/context".to_owned(), "id"),
        (format!("objects/{very_long}"), "path"),
        ("indicators?type=url".to_owned(), "value"),
        ("indicators?value=x".to_owned(), "type"),
        ("indicators?type=url&value=".to_owned(), "value"),
        (format!("indicators?type=url&value={long}"), "value"),
        ("feeds?offset=10001".to_owned(), "offset"),
        ("feeds?match[id]=a%2Fb".to_owned(), "match[id]"),
    ] {
        let error = get(&format!("/v2/inthreat/{target}")).unwrap_err();
        let shown: String = target.chars().take(60).collect();
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::InvalidRequest, Some(field)),
            "{shown}"
        );
    }
    let deep = "[".repeat(100_000);
    let huge = vec![b' '; BODY_LENGTH_MAX + 1];
    let bodies: [(&[u8], &str); 7] = [
        (b"", "body"),
        (b"{}", "data"),
        (b"{\"data\":[]}", "data"),
        (b"{\"data\":{\"types\":\"indicator\"}}", "types"),
        (b"{\"data\":{\"sources\":[\"\"]}}", "sources[0]"),
        (deep.as_bytes(), "body"),
        (&huge, "body"),
    ];
    for (body, field) in bodies {
        assert_eq!(ask("POST", "/v2/inthreat/feeds", body).unwrap_err().field(), Some(field));
    }
}

// Catches an unknown parameter that fails a question (CONTRACT 2), or an empty one that becomes a filter.
#[test]
fn unknown_and_empty_parameters_are_ignored() {
    let target = format!(
        "/v2/inthreat/collections/{FEED}/objects?&x=%zz&debug&cursor=&match[type]=&format=JSON"
    );
    assert_eq!(page(&target), PageRequest::default());
}

// Catches a question that is sent although no request can say it.
#[test]
fn what_no_request_can_say_is_refused() {
    for question in [
        Question::Object(id("a,b")),
        Question::Object(id("..")),
        Question::Object(id("search")),
        Question::Objects(Vec::new()),
        Question::Objects(vec![id("a"); 201]),
        Question::Page(PageRequest::default().with_types(["a,b"])),
        Question::Page(PageRequest::default().with_types([""])),
        Question::Indicators(Observable::new(ObservableType::Url, "")),
    ] {
        assert_eq!(
            encode(&question).unwrap_err().kind(),
            ErrorKind::InvalidRequest,
            "{question:?}"
        );
    }
}

// Catches a list of no feeds that is read as all of them (CONTRACT 2).
#[test]
fn an_empty_list_of_feeds_asks_for_none() {
    let ids = |target: &str| match get(&format!("/v2/inthreat/{target}")).unwrap() {
        Question::Feeds(request) => request.ids,
        other => panic!("{other:?}"),
    };
    assert_eq!(ids("feeds?match[id]="), [NO_FEED.parse().unwrap()]);
    assert_eq!(ids("feeds"), []);
}
