//! Where the service is: every form of its address that users have (CONTRACT 1.1).

use inthreat_api::{Error, Result};
use url::{Host, Url};

/// The address that paths are appended to.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    /// The path before `/v2/inthreat`, without a slash at its end.
    path: String,
}

impl BaseUrl {
    /// Reads an address: an origin, perhaps with `/api`, perhaps with `/v2/inthreat` behind.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let invalid = |reason: &str| Error::invalid("base URL", reason);
        let url = Url::parse(text.trim()).map_err(|error| {
            invalid("expected something like `https://api.sekoia.io`").with_source(error)
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("expected `https://` or `http://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it holds a user or a password; the key is an option of its own"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it has a query or a fragment"));
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v2/inthreat").unwrap_or(path).trim_end_matches('/');
        let path = path.to_owned();
        Ok(Self { url, path })
    }

    /// The address of a request.
    pub(crate) fn join(&self, path: &str, query: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}{path}", self.path));
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        url
    }

    /// Whether it speaks TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The host and port, for messages.
    pub(crate) fn authority(&self) -> &str {
        self.url.authority()
    }
}

/// Whether two addresses are of one origin: the same scheme, host and port.
pub(crate) fn is_same_origin(one: &Url, other: &Url) -> bool {
    one.origin() == other.origin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_url(base: &str) -> String {
        BaseUrl::parse(base).unwrap().join("/v2/inthreat/feeds", "limit=1").to_string()
    }

    // Catches a form of the address that leads to a doubled or a missing piece of the path.
    #[test]
    fn every_form_is_read() {
        for base in [
            "https://api.sekoia.io",
            "https://api.sekoia.io/",
            "https://api.sekoia.io/v2/inthreat",
            " https://api.sekoia.io/v2/inthreat//\n",
        ] {
            assert_eq!(page_url(base), "https://api.sekoia.io/v2/inthreat/feeds?limit=1", "{base}");
        }
        for base in
            ["https://app.fra2.sekoia.io/api", "https://app.fra2.sekoia.io/api/v2/inthreat/"]
        {
            assert_eq!(
                page_url(base),
                "https://app.fra2.sekoia.io/api/v2/inthreat/feeds?limit=1",
                "{base}"
            );
        }
    }

    // Catches escapes that are undone or done twice on the way into an address.
    #[test]
    fn escapes_stay() {
        let base = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
        let url = base.join("/v2/inthreat/objects/a%2F..%2Fb%25", "value=%2B%26%23%C3%A9");
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:8080/v2/inthreat/objects/a%2F..%2Fb%25?value=%2B%26%23%C3%A9"
        );
    }

    // Catches an address that would send the key where nobody meant it to go.
    #[test]
    fn other_forms_are_refused() {
        for base in [
            "",
            "api.sekoia.io",
            "ftp://api.sekoia.io",
            "https://user:pass@api.sekoia.io",
            "https://api.sekoia.io/?a=b",
            "https://api.sekoia.io/#x",
            "file:///etc",
        ] {
            assert_eq!(BaseUrl::parse(base).unwrap_err().field(), Some("base URL"), "{base}");
        }
    }

    // Catches a stranger that is taken for this machine.
    #[test]
    fn loopback_is_this_machine() {
        for base in [
            "http://127.0.0.1",
            "http://127.9.9.9:80",
            "http://[::1]:8080",
            "http://localhost",
            "http://LOCALHOST:1",
            "http://2130706433",
        ] {
            assert!(BaseUrl::parse(base).unwrap().is_loopback(), "{base}");
        }
        for base in [
            "http://128.0.0.1",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "http://0.0.0.0",
        ] {
            assert!(!BaseUrl::parse(base).unwrap().is_loopback(), "{base}");
        }
    }
}
