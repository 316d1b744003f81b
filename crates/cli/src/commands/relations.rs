//! `inthreat relations`: the relationships that an object is an end of.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use inthreat_api::{Pager, Related, RelationshipsRequest};
use serde::Deserialize;

use crate::{
    arguments::{Direction, Relations},
    commands::{get::parse_id, search::PART},
    exit::Exit,
    failure::Outcome,
    measure,
    print::{Listing, say},
    source,
    summary::Summary,
    types,
};

const HEAD: [&str; 7] = ["direction", "relationship", "type", "name", "tlp", "state", "id"];

/// Read leniently: what is missing is empty.
#[derive(Default, Deserialize)]
struct Ends<'a> {
    #[serde(borrow, default)]
    relationship_type: Cow<'a, str>,
    #[serde(borrow, default)]
    source_ref: Cow<'a, str>,
    #[serde(borrow, default)]
    target_ref: Cow<'a, str>,
}

pub(crate) async fn run(arguments: Relations) -> Outcome<Exit> {
    let id = parse_id(&arguments.id)?;
    let center = source::open(&arguments.source)?;
    let mut request = RelationshipsRequest::new(id.clone());
    // Which way a relationship points is seen here alone, so pages may have to be passed over.
    let is_any = arguments.direction == Direction::Both;
    let window = &arguments.window;
    request.limit = Some(if is_any { window.limit.min(PART) } else { PART });
    request.offset = is_any.then_some(window.offset);
    request.types = arguments.types;
    request.target_types.clone_from(&arguments.target_types);
    request.include_revoked = arguments.include_revoked;
    let mut items = Pager::new(request, |request| center.relationships_of(request)).items();
    let mut listing = Listing::new(&arguments.shown, &HEAD);
    let mut passed = if is_any { 0 } else { window.offset };
    let mut count = 0;
    while count < window.limit
        && let Some(related) = items.try_next().await?
    {
        let ends: Ends<'_> = related.relationship.parse().unwrap_or_default();
        let is_out = ends.source_ref == id.to_string();
        let is_wanted = match arguments.direction {
            Direction::Both => true,
            Direction::Out => is_out,
            Direction::In => !is_out,
        };
        if !is_wanted {
            continue;
        }
        if passed > 0 {
            passed -= 1;
            continue;
        }
        print(&mut listing, &related, &ends, is_out)?;
        count += 1;
    }
    listing.finish()?;
    match count {
        0 => {
            say("there is no such relationship");
            types::tell_unknown(&arguments.target_types);
        }
        _ if count == window.limit => {
            let count = measure::things(count.into(), "relationship");
            say(format!("{count}; --limit prints more, where there are more"));
        }
        _ => {}
    }
    Ok(if count == 0 { Exit::Missing } else { Exit::Success })
}

fn print(listing: &mut Listing, related: &Related, ends: &Ends<'_>, is_out: bool) -> Outcome {
    let direction = if is_out { "out" } else { "in" };
    let other = related.related_object.as_ref();
    let json = format!(
        r#"{{"direction":"{direction}","relationship":{},"related_object":{}}}"#,
        related.relationship.as_str(),
        other.map_or("null", |object| object.as_str()),
    );
    listing.item(&json, || {
        let verb = ends.relationship_type.clone().into_owned();
        let other_id = if is_out { &ends.target_ref } else { &ends.source_ref };
        let other = other.map(Summary::of).unwrap_or_default();
        let object_type = other_id.split("--").next().unwrap_or_default().to_owned();
        let id = other_id.clone().into_owned();
        vec![direction.to_owned(), verb, object_type, other.name, other.tlp, other.state, id]
    })
}
