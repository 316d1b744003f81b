//! The way to the service, and what it says of the key.

use std::time::Duration;

use inthreat_api::{Account, ErrorKind};
use inthreat_http::Client;
use tokio::{net::TcpStream, time::timeout};

use super::Findings;
use crate::{
    arguments::Remote,
    commands::status::may_read,
    exit::Exit,
    failure::{CERTIFICATES, Failure, is_about_certificates},
    settings::{KEY_VARIABLE, variable},
    source,
};

/// How long somebody may take to take a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// How far apart two clocks may be, in seconds, before times that are compared mislead.
const CLOCK_MAX_S: i64 = 30;

/// Looks at everything between this machine and the service, and stops where going on tells nothing more. Gives a client of
/// a service that answers.
pub(super) async fn check(findings: &mut Findings, remote: &Remote) -> Option<Client> {
    let client = match source::client(remote) {
        Ok(client) => client,
        Err(failure) => {
            let check = if failure.exit() == Exit::Storage { "key" } else { "service" };
            let advice = failure.advice().unwrap_or("see `inthreat config show`");
            findings.failed(check, &failure, advice);
            return None;
        }
    };
    let is_plain = remote.url.starts_with("http:");
    let (host, port) = authority(&remote.url, if is_plain { 80 } else { 443 });
    let proxy = proxy(is_plain);
    match &proxy {
        Some((variable, place)) => {
            findings.fine(
                "proxy",
                format!("{place}, of {variable}; a server on this machine is asked directly"),
            );
        }
        None => findings.fine("proxy", "none"),
    }
    // A proxy resolves the name itself, and connections to other places may be forbidden.
    let is_direct = proxy.is_none() || is_local(&host);
    if is_direct && !connects(findings, &host, port).await {
        return None;
    }
    let mut told = None;
    match client.validate_key().await {
        Ok(info) => {
            told = info.permissions;
            secure(findings, is_plain);
            let whose = info.identity.map(|identity| format!(", as {identity}"));
            findings.fine("key", format!("it is accepted{}", whose.unwrap_or_default()));
        }
        Err(error) => {
            if !answered(findings, is_plain, &error) {
                return None;
            }
        }
    }
    clock(findings, &client);
    permissions(findings, &client, told).await;
    Some(client)
}

async fn connects(findings: &mut Findings, host: &str, port: u16) -> bool {
    let connected = timeout(CONNECT_TIME_MAX, TcpStream::connect((host, port))).await;
    let reason = match connected {
        Ok(Ok(_)) => {
            findings.fine("network", format!("`{host}:{port}` takes connections"));
            return true;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", CONNECT_TIME_MAX.as_secs()),
    };
    let message = format!("`{host}:{port}` cannot be reached: {reason}");
    let advice = "look at the address, at name resolution and at the firewall; where a proxy is needed set HTTPS_PROXY";
    findings.bad("network", Exit::Network, message, advice);
    false
}

/// Tells what went wrong, and says whether somebody answered at all.
fn answered(findings: &mut Findings, is_plain: bool, error: &inthreat_api::Error) -> bool {
    let exit = Exit::from(error.kind());
    let chain = Failure::because(exit, "check the key", error).chain();
    match error.kind() {
        ErrorKind::Unauthorized => {
            secure(findings, is_plain);
            let has_key = variable(KEY_VARIABLE).is_some();
            let place = if has_key { format!(" ({KEY_VARIABLE} is set)") } else { String::new() };
            findings.bad(
                "key",
                exit,
                format!("{chain}{place}"),
                "`inthreat login` keeps a good one",
            );
            true
        }
        ErrorKind::NotFound | ErrorKind::Unsupported => {
            secure(findings, is_plain);
            findings.warn("key", "this server does not say whether a key is good", "");
            true
        }
        _ if is_about_certificates(error) => {
            findings.bad("tls", exit, chain, CERTIFICATES);
            false
        }
        ErrorKind::Transport => {
            findings.bad("network", exit, chain, "look at the address, the proxy and the firewall");
            false
        }
        _ => {
            findings.bad(
                "service",
                exit,
                chain,
                "try again later; an address of another service answers so too",
            );
            false
        }
    }
}

fn secure(findings: &mut Findings, is_plain: bool) {
    if is_plain {
        findings.fine("tls", "none: plain http, as the address says");
    } else {
        findings.fine("tls", "the certificate of the service is trusted");
    }
}

fn clock(findings: &mut Findings, client: &Client) {
    let Some(ahead) = client.clock_ahead() else {
        findings.warn("clock", "the service does not tell its time", "");
        return;
    };
    let side = if ahead < 0 { "ahead of" } else { "behind" };
    let message = format!("{} s {side} that of the service", ahead.unsigned_abs());
    if ahead.abs() > CLOCK_MAX_S {
        let advice = "set the clock, such as by `timedatectl set-ntp true`: expiry and --modified-after depend on it";
        findings.warn("clock", message, advice);
    } else {
        findings.fine("clock", message);
    }
}

/// Whether objects may be read, as asking shows; and what the key may do, where the service tells it.
async fn permissions(findings: &mut Findings, client: &Client, told: Option<Vec<String>>) {
    let told =
        told.map(|names| if names.is_empty() { "none".to_owned() } else { names.join(", ") });
    let told = told.map(|names| format!("; the key has {names}")).unwrap_or_default();
    match may_read(client).await {
        Some(true) => findings.fine("permissions", format!("objects may be read{told}")),
        Some(false) => findings.bad(
            "permissions",
            Exit::Denied,
            format!("objects may not be read{told}"),
            "give the key the role \"Intelligence Center Read-Only\", or INTHREAT_READ_OBJECTS",
        ),
        None => {
            let message = format!("whether objects may be read cannot be told{told}");
            findings.warn("permissions", message, "");
        }
    }
}

/// The host and the port of an address.
fn authority(url: &str, port: u16) -> (String, u16) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let bracketed = authority.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((host, rest)) = bracketed {
        let given = rest.strip_prefix(':').and_then(|given| given.parse().ok());
        return (host.to_owned(), given.unwrap_or(port));
    }
    match authority.rsplit_once(':') {
        Some((host, given)) => (host.to_owned(), given.parse().unwrap_or(port)),
        None => (authority.to_owned(), port),
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The variable that names a proxy, and where it is; a password in it is nobody's business.
fn proxy(is_plain: bool) -> Option<(&'static str, String)> {
    let names: &[&str] = if is_plain {
        &["http_proxy", "ALL_PROXY", "all_proxy"]
    } else {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
    };
    names.iter().find_map(|name| {
        let url = variable(name)?.into_string().ok()?;
        let (host, port) = authority(&url, 80);
        Some((*name, format!("{host}:{port}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a host that is asked on the wrong port, and a password of a proxy that is shown.
    #[test]
    fn hosts_and_ports_are_found() {
        for (url, host, port) in [
            ("https://api.sekoia.io", "api.sekoia.io", 443),
            ("https://a.example:8443/v2/inthreat", "a.example", 8443),
            ("http://user:secret@proxy.example:3128", "proxy.example", 3128),
            ("http://[::1]:8080/x", "::1", 8080),
            ("https://[::1]", "::1", 443),
            ("proxy.example", "proxy.example", 443),
        ] {
            assert_eq!(authority(url, 443), (host.to_owned(), port), "{url}");
        }
    }
}
