//! The page to look at: what it is made of, told without a key.
//!
//! It holds nothing but its own code. What it shows it asks for by the same paths as every other client, with the key that
//! somebody types into it.

use std::sync::Arc;

use axum::http::request::Parts;
use inthreat_api::{Error, Result};

use crate::{asset, handler::Answer, pages::Page, reply::Whole};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// Each file by its path. `vendor` has those that others wrote, each beside its licence.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("ui/page.html")),
    ("/ui/page.js", SCRIPT, include_str!("ui/page.js")),
    ("/ui/ask.js", SCRIPT, include_str!("ui/ask.js")),
    ("/ui/elements.js", SCRIPT, include_str!("ui/elements.js")),
    ("/ui/values.js", SCRIPT, include_str!("ui/values.js")),
    ("/ui/objects.js", SCRIPT, include_str!("ui/objects.js")),
    ("/ui/graph.js", SCRIPT, include_str!("ui/graph.js")),
    ("/ui/feeds.js", SCRIPT, include_str!("ui/feeds.js")),
    ("/ui/page.css", STYLE, include_str!("ui/page.css")),
    ("/ui/icon.svg", IMAGE, include_str!("ui/icon.svg")),
    ("/ui/cytoscape.js", SCRIPT, include_str!("ui/vendor/cytoscape.js")),
    ("/ui/cytoscape.LICENSE", TEXT, include_str!("ui/vendor/cytoscape.LICENSE")),
];

/// The page, for a server that shows it.
pub(crate) struct Ui {
    files: Vec<(&'static str, Arc<Page>)>,
}

impl Ui {
    /// Has nothing to show unless it is wanted.
    pub(crate) fn new(is_wanted: bool) -> Self {
        let wanted = if is_wanted { FILES } else { &[] };
        let page = |content_type, body: &'static str| {
            let (head, _) = asset::respond(content_type, "").into_parts();
            // Each coding of a body is made once, however many strangers ask for it.
            Arc::new(Page { headers: head.headers, body: Whole::new(body.into()) })
        };
        Self { files: wanted.iter().map(|(path, kind, body)| (*path, page(kind, body))).collect() }
    }

    /// Answers, where the path is one of these.
    pub(crate) fn answer(&self, parts: &Parts) -> Option<Result<Answer>> {
        let path = parts.uri.path();
        let (_, page) = self.files.iter().find(|(name, _)| *name == path)?;
        if parts.method != "GET" {
            let error = Error::invalid("method", "only GET is allowed here").with_status(405);
            return Some(Err(error));
        }
        Some(Ok(Answer::Page(Arc::clone(page), None)))
    }
}

/// What a request for one of these is told as.
pub(crate) fn route(path: &str) -> Option<&'static str> {
    let (name, _, _) = FILES.iter().find(|(name, _, _)| *name == path)?;
    Some(if *name == "/" { "/" } else { "/ui/{file}" })
}
