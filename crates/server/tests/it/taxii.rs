//! TAXII 2.1: every question, every status, as the specification and clients in the field want it.

use base64::{Engine, engine::general_purpose::STANDARD};
use inthreat_api::{
    Cursor, Error, ErrorKind, Feed, FeedDraft, FeedId, FeedList, MockIntelligenceCenter, Page,
    PageRequest,
};
use inthreat_server::{Keys, ServerOptions};
use inthreat_stix::RawObject;

use crate::served::{Answered, Served};

const ROOT: &str = "/v2/inthreat/taxii-server";
const OLD: &str =
    r#"{"id":"malware--1","type":"malware", "modified":"2024-01-01T00:00:00.000001Z"}"#;
const MID: &str = r#"{"id":"tool--2","type":"tool","modified":"2024-01-02T00:00:00Z"}"#;
const NEW: &str = r#"{"id":"malware--3","type":"malware","created":"2024-01-03T00:00:00Z"}"#;

/// Three objects; the feed `tools` has one of them.
fn page(request: &PageRequest) -> inthreat_api::Result<Page> {
    assert_eq!(request.convert_network_traffic, Some(false), "objects are changed");
    let begin = match request.cursor.as_ref().map(Cursor::as_str) {
        None => 0,
        Some(text) => text.parse().map_err(|_| Error::invalid("cursor", "it is wrong"))?,
    };
    if !["tools", FeedId::DEFAULT].contains(&request.feed.as_str()) {
        return Err(Error::not_found(format_args!("feed `{}`", request.feed)));
    }
    let objects = [OLD, MID, NEW].map(|text| RawObject::new(text).unwrap());
    let is_selected = |object: &RawObject| {
        let object_type = object.object_type().unwrap().to_owned();
        (request.feed.is_default() || object_type == "tool")
            && (request.types.is_empty() || request.types.contains(&object_type))
            && (request.modified_after)
                .is_none_or(|after| object.modified().or_else(|| object.created()).unwrap() > after)
    };
    let limit = request.limit.unwrap() as usize;
    let selected = objects.into_iter().enumerate().skip(begin);
    let selected = selected.filter(|(_, object)| is_selected(object)).take(limit);
    let (places, objects): (Vec<_>, Vec<_>) = selected.unzip();
    let end = places.last().map_or(begin, |place| place + 1);
    Ok(Page::new(objects, Cursor::new(end.to_string()).ok()))
}

fn served(options: ServerOptions) -> Served {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|request| page(&request));
    center.expect_objects().returning(|ids| {
        let known = [OLD, MID, NEW].map(|text| RawObject::new(text).unwrap());
        let is_asked =
            |object: &RawObject| ids.iter().any(|id| Some(&*id.to_string()) == object.id());
        Ok(known.into_iter().filter(is_asked).collect())
    });
    let feed = |id: &str| {
        let mut draft = FeedDraft::default();
        draft.title = format!("About {id}");
        Feed::new(id.parse().unwrap(), draft)
    };
    center.expect_feeds().returning(move |request| {
        // Pages that are shorter than was asked for, with the default feed among them.
        let all = ["tools", FeedId::DEFAULT, "other"].map(feed);
        let place = request.offset.unwrap_or(0) as usize;
        Ok(FeedList::new(all.into_iter().skip(place).take(2).collect(), 3))
    });
    center.expect_feed().returning(move |id| match id.as_str() {
        "tools" | FeedId::DEFAULT => Ok(feed(id.as_str())),
        _ => Err(Error::not_found(format_args!("feed `{id}`"))),
    });
    Served::new(center, options)
}

fn get(served: &Served, target: &str) -> Answered {
    served.get(&format!("{ROOT}/{target}"))
}

fn header<'a>(answer: &'a Answered, name: &str) -> Option<&'a str> {
    answer.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

// Catches a resource that is not as the specification says, and URLs that lead elsewhere.
#[test]
fn resources_are_described() {
    let served = served(ServerOptions::default());
    for (target, headers, root) in [
        ("/taxii2/", "", "http://x/v2/inthreat/taxii-server/"),
        ("/v2/inthreat/taxii-server/taxii2", "", "http://x/v2/inthreat/taxii-server/"),
        ("/api/v2/inthreat/taxii-server/taxii", "", "http://x/api/v2/inthreat/taxii-server/"),
        ("/taxii2", "X-Forwarded-Proto: https\r\n", "https://x/v2/inthreat/taxii-server/"),
        ("http://a\"b/taxii2/", "", ""),
    ] {
        let answer = served.request("GET", target, headers, "");
        if root.is_empty() {
            assert_eq!(answer.status, 400, "{}", answer.body);
            continue;
        }
        assert_eq!(answer.status, 200, "{}", answer.body);
        let told = format!(r#"{{"api_roots":["{root}"],"default":"{root}","#);
        assert!(answer.body.starts_with(&told), "{}", answer.body);
        let content_type = header(&answer, "content-type");
        assert_eq!(content_type, Some("application/taxii+json;version=2.1"));
    }
    let root = get(&served, "").body;
    assert!(root.contains(r#""versions":["application/taxii+json;version=2.1"]"#), "{root}");
    assert!(root.contains(r#""max_content_length":1048576"#), "{root}");
    let collections = get(&served, "collections/").body;
    let ids: Vec<_> = collections.split(r#""id":""#).skip(1).collect();
    assert_eq!(ids.len(), 3, "{collections}");
    assert!(ids[0].starts_with(FeedId::DEFAULT) && ids[1].starts_with("tools"), "{collections}");
    let one = get(&served, "collections/tools/").body;
    assert_eq!(
        one,
        r#"{"can_read":true,"can_write":false,"id":"tools","media_types":["application/stix+json;version=2.1"],"title":"About tools"}"#
    );
}

// Catches an object that is changed, a filter that does nothing, `more` where there is nothing, and a `next` that is
// lost at the end (CONTRACT 6).
#[test]
fn objects_are_selected() {
    let served = served(ServerOptions::default());
    let objects = format!("collections/{}/objects/", FeedId::DEFAULT);
    for (query, body) in [
        ("", format!(r#"{{"more":false,"next":"3","objects":[{OLD},{MID},{NEW}]}}"#)),
        ("limit=2", format!(r#"{{"more":true,"next":"2","objects":[{OLD},{MID}]}}"#)),
        ("limit=2&next=2", format!(r#"{{"more":false,"next":"3","objects":[{NEW}]}}"#)),
        // A full page is not more than there is.
        ("limit=3", format!(r#"{{"more":false,"next":"3","objects":[{OLD},{MID},{NEW}]}}"#)),
        ("next=3", r#"{"more":false,"next":"3","objects":[]}"#.to_owned()),
        (
            "added_after=2024-01-01T00:00:00.000001Z",
            format!(r#"{{"more":false,"next":"3","objects":[{MID},{NEW}]}}"#),
        ),
        ("match%5Btype%5D=tool", format!(r#"{{"more":false,"next":"2","objects":[{MID}]}}"#)),
        (
            "match[spec_version]=2.1&match[type]=tool&match[version]=all",
            format!(r#"{{"more":false,"next":"2","objects":[{MID}]}}"#),
        ),
        ("match[spec_version]=2.0&next=1", r#"{"more":false,"next":"1","objects":[]}"#.to_owned()),
        (
            "match[version]=2024-01-02T00:00:00.000Z&limit=1",
            format!(r#"{{"more":true,"next":"2","objects":[{MID}]}}"#),
        ),
        (
            "match[id]=malware--3,malware--1,x--9&limit=1",
            format!(r#"{{"more":true,"next":"1","objects":[{OLD}]}}"#),
        ),
        (
            "match[id]=malware--3,malware--1,x--9&limit=1&next=1",
            format!(r#"{{"more":false,"objects":[{NEW}]}}"#),
        ),
        ("match[id]=malware--3&match[type]=tool", r#"{"more":false,"objects":[]}"#.to_owned()),
    ] {
        let answer = get(&served, &format!("{objects}?{query}"));
        assert_eq!((answer.status, &answer.body), (200, &body), "{query}");
    }
    let answer = get(&served, &format!("{objects}?limit=2"));
    let first = header(&answer, "x-taxii-date-added-first");
    assert_eq!(first, Some("2024-01-01t00:00:00.000001z"));
    assert_eq!(header(&answer, "x-taxii-date-added-last"), Some("2024-01-02t00:00:00.000000z"));
    let empty = get(&served, &format!("{objects}?next=3"));
    assert_eq!(header(&empty, "x-taxii-date-added-last"), None);
    assert_eq!(
        get(&served, &format!("collections/{}/manifest/?limit=1", FeedId::DEFAULT)).body,
        r#"{"more":true,"next":"1","objects":[{"date_added":"2024-01-01T00:00:00.000001Z","id":"malware--1","media_type":"application/stix+json;version=2.1","version":"2024-01-01T00:00:00.000001Z"}]}"#
    );
}

// Catches an object that is told although its collection does not have it.
#[test]
fn objects_are_those_of_their_collection() {
    let served = served(ServerOptions::default());
    for (target, body) in [
        ("collections/tools/objects/tool--2/", format!(r#"{{"more":false,"objects":[{MID}]}}"#)),
        (
            "collections/tools/objects/tool--2/versions",
            r#"{"more":false,"versions":["2024-01-02T00:00:00Z"]}"#.to_owned(),
        ),
        (
            "collections/tools/objects/tool--2/?match[version]=2020-01-01T00:00:00Z",
            r#"{"more":false,"objects":[]}"#.to_owned(),
        ),
        (
            "collections/tools/objects?match[id]=tool--2,malware--1",
            format!(r#"{{"more":false,"objects":[{MID}]}}"#),
        ),
    ] {
        let answer = get(&served, target);
        assert_eq!((answer.status, &answer.body), (200, &body), "{target}");
    }
    for target in ["objects/malware--1/", "objects/malware--1/versions/", "objects/x--9/"] {
        assert_eq!(get(&served, &format!("collections/tools/{target}")).status, 404, "{target}");
    }
}

// Catches an error that is not one of TAXII, or has another status than the specification says.
#[test]
fn errors_are_of_taxii() {
    let options = ServerOptions::default().with_keys(Keys::default());
    let unknown = served(options).get("/taxii2/");
    assert_eq!(unknown.status, 401);
    assert!(unknown.head.contains("www-authenticate: bearer, basic"), "{}", unknown.head);
    assert!(
        unknown.body.contains(r#""error_code":"T300","http_status":"401""#),
        "{}",
        unknown.body
    );

    let served = served(ServerOptions::default());
    let json = "Content-Type: application/taxii+json;version=2.1\r\n";
    for (method, target, headers, status) in [
        ("GET", "collections/none/", "", 404),
        ("GET", "collections/none/objects/", "", 404),
        ("GET", "collections/none/objects/?match[spec_version]=2.0", "", 404),
        ("GET", "collections/none/objects/?match[id]=x--9", "", 404),
        ("GET", "collections/none/objects/x--9/", "", 404),
        ("GET", "status/1/", "", 404),
        ("GET", "collections/tools/objects/?limit=0", "", 400),
        ("GET", "collections/tools/objects/?next=x", "", 400),
        ("GET", "collections/tools/objects/?match[id]=tool--2&next=x", "", 400),
        ("GET", "collections/tools/objects/?added_after=x", "", 400),
        ("GET", "collections/tools/objects/?match[version]=newest", "", 400),
        ("GET", "", "Accept: application/json\r\n", 406),
        ("GET", "", "Accept: application/taxii+json;version=2.0\r\n", 406),
        ("POST", "collections/tools/objects/", "", 415),
        ("POST", "collections/tools/objects/", json, 403),
        ("POST", "collections/none/objects/", json, 404),
        ("DELETE", "collections/tools/objects/tool--2/", "", 403),
        ("POST", "collections/", json, 405),
    ] {
        let answer = served.request(method, &format!("{ROOT}/{target}"), headers, "");
        assert_eq!(answer.status, status, "{method} {target}: {}", answer.body);
        let told = format!(r#""http_status":"{status}","title":""#);
        assert!(answer.body.contains(&told), "{}", answer.body);
        let content_type = header(&answer, "content-type");
        assert_eq!(content_type, Some("application/taxii+json;version=2.1"));
        assert_eq!(header(&answer, "allow").is_some(), status == 405);
    }
    let accepted = served.request("GET", ROOT, "Accept: application/taxii+json\r\n", "");
    assert_eq!(accepted.status, 200);
}

// Catches a form of the key that TAXII clients send and that is refused (CONTRACT 1.2).
#[test]
fn keys_are_taken_as_passwords() {
    let mut keys = Keys::default();
    let key = keys.create("sentinel", "2026-11-21T16:00:00Z".parse().unwrap()).unwrap();
    let served = served(ServerOptions::default().with_keys(keys));
    let basic = STANDARD.encode(format!("username:{}", key.secret()));
    for (header, status) in [
        (format!("Authorization: Basic {basic}\r\n"), 200),
        (format!("Authorization: Bearer {}\r\n", key.secret()), 200),
        ("Authorization: Basic dXNlcm5hbWU6eA==\r\n".to_owned(), 401),
        (String::new(), 401),
    ] {
        let target = format!("{ROOT}/collections/tools/objects/");
        assert_eq!(served.request("GET", &target, &header, "").status, status, "{header}");
    }
}

// Catches an error of the center that tells its inside to TAXII clients.
#[test]
fn errors_of_the_center_are_plain() {
    let mut center = MockIntelligenceCenter::new();
    center.expect_page().returning(|_| Err(Error::new(ErrorKind::Storage, "open `/secret`")));
    let served = Served::new(center, ServerOptions::default());
    let answer = get(&served, "collections/tools/objects/");
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
}
