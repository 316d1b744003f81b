//! A graph as a page that stands alone: nothing is fetched, and nothing of an object is run.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Graph, Node};
use crate::terminal;

const SCRIPT: &str = include_str!("../../assets/graph.js");
const STYLE: &str = include_str!("../../assets/graph.css");

/// The graph as one page. Its policy allows this style and this script alone, by their hashes.
pub(crate) fn page(graph: &Graph) -> String {
    let roots = graph.nodes.iter().filter(|node| node.is_root).map(Node::name);
    let title = roots.take(3).collect::<Vec<_>>().join(", ");
    let title = escaped(&terminal::visible(&title));
    let [script, style] = [SCRIPT, STYLE].map(hash);
    let data = data(graph);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main id=\"inthreat-graph\" class=\"graph\"></main>\n\
         <script type=\"application/json\" id=\"inthreat-graph-data\">{data}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// The name of a text in a content security policy.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The graph as JSON in which nothing can end the element that it stands in.
fn data(graph: &Graph) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let nodes = graph.nodes.iter().map(|node| {
        format!(
            r#"{{"id":{},"type":{},"name":{},"note":{},"root":{},"object":{}}}"#,
            text(&node.id),
            text(&node.object_type),
            text(node.name()),
            text(&node.note),
            node.is_root,
            node.object.as_ref().map_or("null", |object| object.as_str()),
        )
    });
    let edges = graph.edges.iter().map(|edge| {
        format!(r#"{{"from":{},"to":{},"label":{}}}"#, edge.from, edge.to, text(&edge.label))
    });
    let json = format!(
        r#"{{"nodes":[{}],"edges":[{}]}}"#,
        nodes.collect::<Vec<_>>().join(","),
        edges.collect::<Vec<_>>().join(",")
    );
    // These stand within strings of JSON only.
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    terminal::visible_json(&json).into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
