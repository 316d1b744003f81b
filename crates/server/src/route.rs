//! What a request asks for, in one of a few words: paths hold what people look up, and are told to nobody.

use inthreat_wire::{path_template, taxii::ServedPath};

use crate::{edl, misp, ui};

/// What every other path is told as.
const OTHER: &str = "other";

/// The path with names in place of what is asked for.
pub(crate) fn route_of(path: &str) -> &'static str {
    match path {
        "/healthz" => return "/healthz",
        "/readyz" => return "/readyz",
        "/metrics" => return "/metrics",
        _ => {}
    }
    if let Some(file) = ui::route(path) {
        return file;
    }
    if let Some(template) = path_template(path) {
        return template;
    }
    if let Some(path) = ServedPath::parse(path) {
        let segments: Vec<_> = path.inner.split('/').filter(|part| !part.is_empty()).collect();
        return taxii_route(&segments);
    }
    if misp::file_name(path).is_some() {
        return "/v1/misp-gateway/misp/{name}";
    }
    if edl::list_name(path).is_some() { "/v1/edl-gateway/{type}" } else { OTHER }
}

fn taxii_route(segments: &[&str]) -> &'static str {
    match segments {
        ["taxii2"] => "/taxii2/",
        [] => "/v2/inthreat/taxii-server/",
        ["collections"] => "/v2/inthreat/taxii-server/collections/",
        ["collections", _] => "/v2/inthreat/taxii-server/collections/{feed}/",
        ["collections", _, "objects"] => "/v2/inthreat/taxii-server/collections/{feed}/objects/",
        ["collections", _, "manifest"] => "/v2/inthreat/taxii-server/collections/{feed}/manifest/",
        ["collections", _, "objects", _] => {
            "/v2/inthreat/taxii-server/collections/{feed}/objects/{id}/"
        }
        ["collections", _, "objects", _, "versions"] => {
            "/v2/inthreat/taxii-server/collections/{feed}/objects/{id}/versions/"
        }
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a value of a look-up that would stand in a log or make a label of its own.
    #[test]
    fn paths_are_told_without_values() {
        for (path, route) in [
            ("/healthz", "/healthz"),
            ("/metrics", "/metrics"),
            ("/v2/inthreat/objects/indicator--1", "/v2/inthreat/objects/{id}"),
            ("//api/v2/inthreat/feeds/secret/", "/v2/inthreat/feeds/{feed}"),
            ("/v1/edl-gateway/ipv4", "/v1/edl-gateway/{type}"),
            ("/v1/edl-gateway/secret", "/v1/edl-gateway/{type}"),
            ("/v1/misp-gateway/misp/secret.json", "/v1/misp-gateway/misp/{name}"),
            ("/taxii2/", "/taxii2/"),
            ("/v2/inthreat/taxii-server", "/v2/inthreat/taxii-server/"),
            ("/v2/inthreat/taxii-server/secret/", OTHER),
            (
                "/v2/inthreat/taxii-server/collections/secret/objects/secret/",
                "/v2/inthreat/taxii-server/collections/{feed}/objects/{id}/",
            ),
            ("/v2/inthreat/taxii-server/collections/a/b/c/d/e", OTHER),
            ("/secret", OTHER),
            ("/", "/"),
            ("/ui/page.js", "/ui/{file}"),
            ("/ui/secret", OTHER),
            ("", OTHER),
            ("/v2/inthreat/secret\u{1b}[2J", OTHER),
        ] {
            assert_eq!(route_of(path), route, "{path}");
        }
        assert_eq!(route_of(&"/x".repeat(40_000)), OTHER);
    }
}
