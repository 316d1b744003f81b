//! Tests of observables.

use inthreat_api::{LiveCollections, ObservablePageRequest};
use inthreat_stix::deterministic_id;
use inthreat_store::{Batch, Sink};
use proptest::prelude::*;

use super::*;
use crate::options::Options;

fn of(observable_type: &str, value: &str) -> Observable {
    Observable::new(inthreat_api::ObservableType::from(observable_type), value)
}

async fn replica_of(texts: &[&str]) -> (tempfile::TempDir, Replica) {
    let folder = tempfile::tempdir().unwrap();
    let replica = Replica::create_or_open(folder.path(), Options::default()).unwrap();
    let mut batch = Batch::default();
    batch.extend(texts.iter().map(|text| RawObject::new(*text).unwrap()));
    replica.write(batch).await.unwrap();
    (folder, replica)
}

fn texts(list: &ObjectList) -> Vec<&str> {
    list.items.iter().map(RawObject::as_str).collect()
}

// Catches an identifier that is not the one of the specification.
#[test]
fn identifiers_are_those_of_the_specification() {
    let found = made::id_of(&of("ipv4-addr", "198.51.100.3")).to_string();
    assert_eq!(found, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    let found = made::id_of(&of("email-addr", "eicar@sekoia.io")).to_string();
    assert_eq!(found, "email-addr--02a9afe5-442c-5f99-a6d3-38bb673db93c");
}

// Catches an observable that has other properties than its identifier says.
#[tokio::test]
async fn observables_are_made_of_what_indicators_say() {
    let indicator = |number: u32, modified: &str, source: &str| {
        format!(
            r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-00000000000{number}",
                "created":"2020-01-0{number}T00:00:00Z","modified":"{modified}","pattern_type":"stix",
                "pattern":"[url:value = 'http://a.example/\"']","x_inthreat_sources_refs":["identity--{source}"]}}"#
        )
    };
    let first = indicator(2, "2020-02-01T00:00:00Z", "b");
    let second = indicator(1, "2020-03-01T00:00:00.5Z", "a");
    let (_folder, replica) = replica_of(&[&first, &second]).await;
    let list = replica.list_observables(ObservablesRequest::default()).await.unwrap();
    let id = made::id_of(&of("url", "http://a.example/\""));
    let expected = format!(
        r#"{{"type":"url","spec_version":"2.1","id":"{id}","value":"http://a.example/\"","created":"2020-01-01T00:00:00Z","modified":"2020-03-01T00:00:00.5Z","x_inthreat_short_display":"http://a.example/\"","x_inthreat_sources_refs":["identity--a","identity--b"],"x_inthreat_tags":[]}}"#
    );
    assert_eq!(texts(&list), [expected]);
}

// Catches a literal that is taken for an observable of a type that its pattern does not name, and a network that is listed by
// its length.
#[tokio::test]
async fn only_what_a_pattern_compares_is_an_observable() {
    let composite = r#"{"type":"indicator","id":"indicator--00000000-0000-4000-8000-000000000001",
        "pattern_type":"stix","x_ic_observable_types":["domain-name","url"],
        "pattern":"[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = 8080]"}"#;
    let network = r#"{"type":"indicator","id":"indicator--00000000-0000-4000-8000-000000000002",
        "pattern_type":"stix","pattern":"[ipv4-addr:value = '198.51.100.0/24']"}"#;
    let (_folder, replica) = replica_of(&[composite, network]).await;
    let list = replica.list_observables(ObservablesRequest::default()).await.unwrap();
    let ids: Vec<_> = list.items.iter().map(|object| object.id().unwrap().to_owned()).collect();
    let expected = [of("ipv4-addr", "198.51.100.0/24"), of("domain-name", "a.example")];
    assert_eq!(ids, expected.map(|one| made::id_of(&one).to_string()));
    assert_eq!(replica.count_observables("a.ex".into()).await.unwrap(), 1);
    assert_eq!(replica.count_observables("8080".into()).await.unwrap(), 0);
}

// Catches a stored observable that is changed, listed for each of its hashes, or hidden by one that is made; and its tags.
#[tokio::test]
async fn stored_observables_are_told_as_they_are() {
    let md5 = "44d88612fea8a8f36de82e1278abb02f";
    let file = format!(
        r#"{{"type":"file","id":"file--00000000-0000-4000-8000-000000000001","name":"a.exe","hashes":{{"MD5":"{md5}"}},
            "x_inthreat_tags":[{{"name":"c2","valid_until":"2020-01-01T00:00:00Z"}},7]}}"#
    );
    let indicator = format!(
        r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-000000000001","pattern_type":"stix",
            "pattern":"[file:hashes.MD5 = '{md5}']"}}"#
    );
    let (_folder, replica) = replica_of(&[&file, &indicator]).await;
    let list = ObservablesRequest::default;
    for (request, count) in [
        (list(), 1),
        (list().with_hashes([md5]), 1),
        (list().with_names(["a.exe"]), 1),
        (list().with_names([md5]).with_types(["url"]), 0),
        (list().with_tags(["c2"]), 1),
        (list().with_valid_tags(["c2"]), 0),
    ] {
        let found = replica.list_observables(request.clone()).await.unwrap();
        assert_eq!(texts(&found), vec![file.as_str(); count], "{request:?}");
    }
    let tags = replica.observable_tags(NamedRequest::default()).await.unwrap();
    assert_eq!((tags.items, tags.has_more), (vec!["c2".to_owned()], false));
    let threats = list().with_indicated_threats(true);
    let found = replica.list_observables(threats).await.unwrap();
    assert!(texts(&found)[0].ends_with(r#","x_ic_indicated_threats":[]}"#), "{found:?}");
}

// Catches a page that delivers what was delivered, passes over what came later, or hides an observable of an indicator that
// has more of them than the page.
#[tokio::test]
async fn pages_go_on_where_the_last_one_ended() {
    let indicator = |number: u32, pattern: &str| {
        RawObject::new(format!(
            r#"{{"type":"indicator","id":"indicator--00000000-0000-4000-8000-{number:012}",
                "modified":"2020-01-01T00:00:{number:02}Z","pattern_type":"stix","pattern":"{pattern}"}}"#
        ))
        .unwrap()
    };
    let several = "[url:value IN ('http://a/', 'http://b/', 'http://c/')]";
    let (_folder, replica) = replica_of(&[]).await;
    let mut batch = Batch::default();
    batch.extend([indicator(1, several), indicator(2, "[url:value = 'http://b/']")]);
    replica.write(batch).await.unwrap();
    let mut request = ObservablePageRequest::default().with_limit(2_u32);
    let mut pages = Vec::new();
    for _ in 0..3 {
        let page = replica.observable_page(request.clone()).await.unwrap();
        pages.push(page.objects.iter().map(|one| one.id().unwrap().to_owned()).collect::<Vec<_>>());
        request = request.with_cursor(page.next_cursor.unwrap());
    }
    let id = |value: &str| made::id_of(&of("url", value)).to_string();
    let (a, b, c) = (id("http://a/"), id("http://b/"), id("http://c/"));
    assert_eq!(pages, [vec![a, b.clone()], vec![c, b], vec![]]);

    let mut batch = Batch::default();
    batch.extend([indicator(3, "[url:value = 'http://d/']"), indicator(4, "[a:b = 'c']")]);
    replica.write(batch).await.unwrap();
    let page = replica.observable_page(request.clone()).await.unwrap();
    assert_eq!(
        page.objects.iter().map(|one| one.id().unwrap()).collect::<Vec<_>>(),
        [id("http://d/")]
    );
    let request = request.with_cursor(page.next_cursor.unwrap());
    assert!(replica.observable_page(request).await.unwrap().is_empty());
    let after: inthreat_stix::Timestamp = "2020-01-01T00:00:02Z".parse().unwrap();
    let late = ObservablePageRequest::default().with_modified_after(after);
    assert_eq!(replica.observable_page(late).await.unwrap().len(), 1);
}

proptest! {
    // Catches a value that breaks the JSON of an observable, and an identifier that differs from the one that its properties give.
    #[test]
    fn made_observables_are_sound(
        kind in prop::sample::select(vec!["url", "domain-name", "file", "mutex", "directory", "autonomous-system",
            "software", "windows-registry-key", "x509-certificate", "user-account", "mac-addr", "email-message"]),
        value in "([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9]{1,12}|.{1,20})",
    ) {
        let observable = of(kind, &value);
        let text = made::text(&observable, &made::Origin::default());
        let object = RawObject::new(text).unwrap();
        prop_assert_eq!(object.id(), Some(&*made::id_of(&observable).to_string()));
        // Of an autonomous system the number alone contributes.
        if let Some(expected) = deterministic_id(&object).unwrap() {
            prop_assert_eq!(made::id_of(&observable), expected);
        }
    }
}
