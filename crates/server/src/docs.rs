//! The OpenAPI document of this server, and a page that shows it.
//!
//! Both are told without a key, as the service does: they hold nothing but what the contract says.

use axum::{body::Bytes, http::request::Parts, response::Response};
use inthreat_api::{Error, Result, Roles};
use inthreat_wire::{Role, openapi};

use crate::asset;

const PAGE: &str = include_str!("docs/page.html");
const SCRIPT: &str = include_str!("docs/viewer.js");
const STYLE: &str = include_str!("docs/viewer.css");

/// What is told of the server itself.
pub(crate) struct Docs {
    document: Bytes,
}

impl Docs {
    /// Describes what this center is asked for.
    pub(crate) fn new(center: &dyn Roles) -> Self {
        Self { document: openapi(|role| plays(center, role)).into() }
    }

    /// Answers, where the path is one of these.
    pub(crate) fn answer(&self, parts: &Parts) -> Option<Result<Response>> {
        let segments = parts.uri.path().split('/').filter(|segment| !segment.is_empty());
        // The longest of these paths has five segments.
        let segments: Vec<_> = segments.take(6).collect();
        let segments = segments.strip_prefix(&["api"]).unwrap_or(&segments);
        let (content_type, body) = match segments {
            ["v2", "inthreat", "openapi.json"] => ("application/json", self.document.clone()),
            ["v2", "inthreat", "docs"] => ("text/html; charset=utf-8", PAGE.into()),
            ["v2", "inthreat", "docs", "viewer.js"] => {
                ("text/javascript; charset=utf-8", SCRIPT.into())
            }
            ["v2", "inthreat", "docs", "viewer.css"] => ("text/css; charset=utf-8", STYLE.into()),
            _ => return None,
        };
        if parts.method != "GET" {
            let error = Error::invalid("method", "only GET is allowed here").with_status(405);
            return Some(Err(error));
        }
        Some(Ok(asset::respond(content_type, body)))
    }
}

fn plays(center: &dyn Roles, role: Role) -> bool {
    match role {
        Role::Center | Role::Server => true,
        Role::LiveCollections => center.as_live_collections().is_some(),
        Role::ObjectSearch => center.as_object_search().is_some(),
        Role::ObjectDetails => center.as_object_details().is_some(),
        Role::Relationships => center.as_relationships().is_some(),
        Role::Reports => center.as_reports().is_some(),
        Role::Observables => center.as_observables().is_some(),
        Role::Exports => center.as_exports().is_some(),
        Role::IocCollections => center.as_ioc_collections().is_some(),
        _ => false,
    }
}
