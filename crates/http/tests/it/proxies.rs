//! Proxies that the environment names. A process has one environment, so that each case runs in a process of its own.

use std::{env, process::Command};

use inthreat_api::{Collections, PageRequest};
use inthreat_http::{ApiKey, Client};

use crate::scripted::{Scripted, once_only};

/// Where the child is to ask; set in children alone.
const ASK: &str = "INTHREAT_TEST_ASK";
/// Every name under which programs look for a proxy.
const VARIABLES: [&str; 9] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUEST_METHOD",
];

fn server() -> Scripted {
    Scripted::once("200 OK", "", r#"{"items":[]}"#)
}

/// Asks one question of `url` in a process with this environment; whether it was answered.
fn ask(url: &str, environment: &[(&str, &str)]) -> bool {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "proxies::the_environment_names_the_proxy"]);
    for name in VARIABLES {
        child.env_remove(name);
    }
    let output = child.env(ASK, url).envs(environment.iter().copied()).output().unwrap();
    output.status.success()
}

fn ask_as_child(url: &str) {
    let options =
        once_only().with_key(ApiKey::new("secret-key").unwrap()).with_allow_plain_http(true);
    let client = Client::new(url, options).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.page(PageRequest::default())).unwrap();
}

// Catches a proxy of the environment that is not used, one that is used although it must not be, and questions for
// this machine that are carried to another.
#[test]
fn the_environment_names_the_proxy() {
    if let Ok(url) = env::var(ASK) {
        ask_as_child(&url);
        return;
    }
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = server();
        assert!(ask("http://intelligence.example", &[(name, &proxy.url())]), "{name}");
        let asked = &proxy.asked()[0];
        assert!(asked.starts_with("GET http://intelligence.example/v2/inthreat/"), "{asked}");
    }

    // 0.0.0.0 leads to this machine and is not known as such.
    for exempt in ["", "0.0.0.0", "example.org,0.0.0.0/8", "*"] {
        let (proxy, direct) = (server(), server());
        let url = direct.url().replace("127.0.0.1", "0.0.0.0");
        assert!(ask(&url, &[("HTTP_PROXY", &proxy.url()), ("NO_PROXY", exempt)]), "{exempt}");
        let expected = if exempt.is_empty() { (1, 0) } else { (0, 1) };
        assert_eq!((proxy.asked().len(), direct.asked().len()), expected, "`{exempt}`");
    }

    for name in ["HTTP_PROXY", "ALL_PROXY"] {
        let (proxy, direct) = (server(), server());
        assert!(ask(&direct.url(), &[(name, &proxy.url())]), "{name}");
        assert_eq!((proxy.asked().len(), direct.asked().len()), (0, 1), "{name}");
    }

    // A proxy at an address that hands out credentials is refused here too.
    assert!(!ask("http://intelligence.example", &[("HTTP_PROXY", "http://169.254.169.254")]));
}

// Catches a key that is shown to the proxy: it sees where an `https` question goes, and no more.
#[cfg(feature = "rustls")]
#[test]
fn a_proxy_of_https_sees_no_question() {
    let proxy = Scripted::once("503 Closed", "", "");
    assert!(!ask("https://intelligence.example", &[("HTTPS_PROXY", &proxy.url())]));
    let asked = &proxy.asked()[0];
    assert!(asked.starts_with("CONNECT intelligence.example:443 HTTP/1.1\r\n"), "{asked}");
    assert!(!asked.contains("secret-key") && !asked.contains("inthreat/collections"), "{asked}");
}
