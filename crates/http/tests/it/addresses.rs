//! Where the client goes: regions, proxies, certificates, and addresses that it refuses.

use inthreat_api::{Collections, ErrorKind, PageRequest};
use inthreat_http::{ApiKey, Client, ClientCertificate, ClientOptions, Proxy, Region};

use crate::scripted::{Scripted, once_only};

// Catches credentials of a cloud that are fetched by whoever chooses the address.
#[test]
fn link_local_and_metadata_addresses_are_refused() {
    for url in [
        "https://169.254.169.254",
        "https://[fe80::1]/api",
        "https://[fd00:ec2::254]",
        "https://[::ffff:a9fe:a9fe]",
        "https://2852039166",
    ] {
        let error = Client::new(url, ClientOptions::default()).unwrap_err();
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::InvalidRequest, Some("base URL")),
            "{url}"
        );
        Client::new(url, ClientOptions::default().with_allow_link_local(true)).unwrap();
    }
    let proxy = Proxy::Url("http://169.254.169.254:80".into());
    let options = ClientOptions::default().with_proxy(proxy);
    let error = Client::new("https://api.sekoia.io", options).unwrap_err();
    assert_eq!(error.field(), Some("proxy"));
}

// Catches a region that cannot be asked.
#[test]
fn every_region_is_an_address() {
    for region in Region::ALL {
        Client::new(region.base_url(), ClientOptions::default()).unwrap();
    }
}

// Catches a proxy that is not used, and a password that is shown.
#[tokio::test]
async fn a_proxy_carries_the_questions() {
    let server = Scripted::once("200 OK", "", r#"{"items":[]}"#);
    let address = server.url().replace("http://", "http://user:hidden@");
    let options = once_only()
        .with_key(ApiKey::new("secret-key").unwrap())
        .with_allow_plain_http(true)
        .with_proxy(Proxy::Url(address));
    assert!(!format!("{options:?}").contains("hidden"));
    let client = Client::new("http://intelligence.example", options).unwrap();
    client.page(PageRequest::default()).await.unwrap();
    let asked = &server.asked()[0];
    assert!(
        asked.starts_with("GET http://intelligence.example/v2/inthreat/collections/"),
        "{asked}"
    );
    assert!(asked.contains("proxy-authorization: Basic "), "{asked}");
    for proxy in ["", "proxy", "socks5://proxy:1080", "ftp://proxy"] {
        let options = ClientOptions::default().with_proxy(Proxy::Url(proxy.into()));
        let error = Client::new("https://api.sekoia.io", options).unwrap_err();
        assert_eq!(error.field(), Some("proxy"), "{proxy}");
    }
}

// Catches a file of certificates that is taken although it holds none.
#[test]
fn certificates_that_are_none_are_refused() {
    let options = ClientOptions::default().with_root_certificate("no certificate");
    let error = Client::new("https://api.sekoia.io", options).unwrap_err();
    assert_eq!(error.field(), Some("root certificates"));
    let certificate = ClientCertificate::from_pem("secret-key");
    assert!(!format!("{certificate:?}").contains("secret-key"));
    let options = ClientOptions::default().with_client_certificate(certificate);
    let error = Client::new("https://api.sekoia.io", options).unwrap_err();
    assert_eq!(error.field(), Some("client certificate"));
}
