//! `inthreat relations`: the relationships that an object is an end of.

use std::borrow::Cow;

use futures_util::TryStreamExt;
use inthreat_api::{ErrorKind, IntelligenceCenter, Pager, Related, RelationshipsRequest};
use inthreat_stix::{Id, RawObject};
use serde::Deserialize;

use crate::{
    arguments::{Direction, Drawing, DrawnFormat, Relations, Shown},
    commands::{get::parse_id, search::PART},
    draw,
    exit::Exit,
    failure::Outcome,
    graph::Surroundings,
    measure,
    print::{Format, Listing, say},
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
    draw::check(arguments.output, &arguments.columns)?;
    let center = source::open(&arguments.source)?;
    let count = match arguments.output {
        Some(DrawnFormat::Drawing(drawing)) => show(&*center, &id, &arguments, drawing).await?,
        Some(DrawnFormat::List(format)) => list(&*center, &id, &arguments, Some(format)).await?,
        None => list(&*center, &id, &arguments, None).await?,
    };
    match count {
        0 => {
            say("there is no such relationship");
            types::tell_unknown(&arguments.target_types);
        }
        _ if count == arguments.window.limit => {
            let count = measure::things(count.into(), "relationship");
            say(format!("{count}; --limit prints more, where there are more"));
        }
        _ => {}
    }
    Ok(if count == 0 { Exit::Missing } else { Exit::Success })
}

/// Prints them as they come, and tells how many there were.
async fn list(
    center: &dyn IntelligenceCenter,
    id: &Id,
    arguments: &Relations,
    output: Option<Format>,
) -> Outcome<u32> {
    let shown = Shown { output, columns: arguments.columns.clone() };
    let mut listing = Listing::new(&shown, &HEAD);
    let count = each(center, id, arguments, |related| print(&mut listing, id, &related)).await?;
    listing.finish()?;
    Ok(count)
}

/// Draws them around the object, which is a mere id where it cannot be had, and tells how many there were.
async fn show(
    center: &dyn IntelligenceCenter,
    id: &Id,
    arguments: &Relations,
    drawing: Drawing,
) -> Outcome<u32> {
    let mut objects = Vec::new();
    let count = each(center, id, arguments, |related| {
        objects.extend(related.related_object.into_iter().chain([related.relationship]));
        Ok(())
    })
    .await?;
    if count > 0 {
        objects.extend(object(center, id).await?);
        let root = id.to_string();
        draw::print(drawing, &[Surroundings { root: &root, objects: &objects }])?;
    }
    Ok(count)
}

/// The object itself. An observable may have relationships and be none, and a key may read the one and not the other.
async fn object(center: &dyn IntelligenceCenter, id: &Id) -> Outcome<Option<RawObject>> {
    match center.object(id.clone()).await {
        Ok(object) => Ok(Some(object)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Unsupported => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Gives the relationships that were asked for one by one, and tells how many there were.
async fn each(
    center: &dyn IntelligenceCenter,
    id: &Id,
    arguments: &Relations,
    mut take: impl FnMut(Related) -> Outcome,
) -> Outcome<u32> {
    let mut request = RelationshipsRequest::new(id.clone());
    // Which way a relationship points is seen here alone, so pages may have to be passed over.
    let is_any = arguments.direction == Direction::Both;
    let window = &arguments.window;
    request.limit = Some(if is_any { window.limit.min(PART) } else { PART });
    request.offset = is_any.then_some(window.offset);
    request.types.clone_from(&arguments.types);
    request.target_types.clone_from(&arguments.target_types);
    request.include_revoked = arguments.include_revoked;
    let mut items = Pager::new(request, |request| center.relationships_of(request)).items();
    let mut passed = if is_any { 0 } else { window.offset };
    let mut count = 0;
    while count < window.limit
        && let Some(related) = items.try_next().await?
    {
        let is_wanted = match arguments.direction {
            Direction::Both => true,
            Direction::Out => is_out(&related, id),
            Direction::In => !is_out(&related, id),
        };
        if !is_wanted {
            continue;
        }
        if passed > 0 {
            passed -= 1;
            continue;
        }
        take(related)?;
        count += 1;
    }
    Ok(count)
}

fn ends(related: &Related) -> Ends<'_> {
    related.relationship.parse().unwrap_or_default()
}

/// Whether the relationship goes out from the object.
fn is_out(related: &Related, id: &Id) -> bool {
    ends(related).source_ref == id.to_string()
}

fn print(listing: &mut Listing, id: &Id, related: &Related) -> Outcome {
    let is_out = is_out(related, id);
    let direction = if is_out { "out" } else { "in" };
    let other = related.related_object.as_ref();
    let json = format!(
        r#"{{"direction":"{direction}","relationship":{},"related_object":{}}}"#,
        related.relationship.as_str(),
        other.map_or("null", |object| object.as_str()),
    );
    listing.item(&json, || {
        let ends = ends(related);
        let other_id = if is_out { ends.target_ref } else { ends.source_ref }.into_owned();
        let other = other.map(Summary::of).unwrap_or_default();
        let object_type = other_id.split("--").next().unwrap_or_default().to_owned();
        let verb = ends.relationship_type.into_owned();
        vec![direction.to_owned(), verb, object_type, other.name, other.tlp, other.state, other_id]
    })
}
