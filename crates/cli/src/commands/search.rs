//! `inthreat search`: objects by words and properties.

use futures_util::{Stream, StreamExt, TryStreamExt};
use inthreat_api::{
    Comparison, ObjectSearch, ObjectsRequest, ObservableType, Pager, Result, Roles, SearchRequest,
    SearchSort,
};
use inthreat_stix::{Id, RawObject};

use crate::{
    arguments::{Search, Sort},
    commands::get::parse_id,
    exit::Exit,
    failure::{Failure, Outcome},
    meant, measure,
    print::{Listing, say},
    source,
    summary::Summary,
    terminal, types, values,
};

/// How many objects are asked for at once, at most.
pub(super) const PART: u32 = 100;

pub(crate) async fn run(arguments: Search) -> Outcome<Exit> {
    if is_of_all(&arguments) {
        let words = "expected a TERM, or what else the objects have to be";
        return Err(Failure::new(Exit::Usage, words)
            .hint("a filter alone is enough, such as --types malware or --since 7d"));
    }
    let center = source::open(&arguments.source)?;
    let search = role(&*center)?;
    let mut listing = Listing::new(&arguments.shown, &Summary::HEAD);
    let limit = arguments.window.limit;
    let found = if arguments.external_ids.is_empty() {
        let request = searched(&arguments)?;
        let pages = Pager::new(request, |request| search.search_objects(request));
        print(pages.items(), limit, &mut listing).await?
    } else {
        let request = listed(&arguments)?;
        let pages = Pager::new(request, |request| search.list_objects(request));
        print(pages.items(), limit, &mut listing).await?
    };
    listing.finish()?;
    match found {
        0 => tell_nothing(&arguments)?,
        _ if found == limit => {
            let found = measure::things(found.into(), "object");
            say(format!("{found}; --limit prints more, where there are more"));
        }
        _ => {}
    }
    Ok(if found == 0 { Exit::Missing } else { Exit::Success })
}

/// Whether nothing is said of what is searched for.
fn is_of_all(arguments: &Search) -> bool {
    let lists = [
        &arguments.term,
        &arguments.types,
        &arguments.names,
        &arguments.external_ids,
        &arguments.sources,
        &arguments.labels,
        &arguments.observable_types,
    ];
    lists.iter().all(|list| list.is_empty())
        && arguments.tlps.is_empty()
        && arguments.confidence_min.is_none()
        && arguments.since.is_none()
        && arguments.created_since.is_none()
        && arguments.feed.is_none()
}

pub(super) fn role(center: &dyn Roles) -> Outcome<&dyn ObjectSearch> {
    center.as_object_search().ok_or_else(|| Failure::new(Exit::Usage, "it cannot be searched"))
}

/// Prints objects up to a limit, and gives how many there were.
async fn print(
    objects: impl Stream<Item = Result<RawObject>> + Unpin,
    limit: u32,
    listing: &mut Listing,
) -> Outcome<u32> {
    let mut objects = objects.take(limit as usize);
    let mut count = 0;
    while let Some(object) = objects.try_next().await? {
        listing.object(&object)?;
        count += 1;
    }
    Ok(count)
}

/// Says that nothing was found, and which types nobody knows where that is why.
fn tell_nothing(arguments: &Search) -> Outcome {
    let there = types_there(arguments)?;
    let is_absent = |name: &&String| match &there {
        Some(there) => !there.contains(name),
        // A service may hold types of anybody's making.
        None => !types::is_defined(name) && !name.starts_with("x-"),
    };
    let absent: Vec<&String> = arguments.types.iter().filter(is_absent).collect();
    let names: Vec<String> = absent.iter().map(|name| format!("`{name}`")).collect();
    let why = match (names.as_slice(), &there) {
        ([], _) => String::new(),
        ([name], Some(_)) => format!(": the replica holds nothing of the type {name}"),
        (_, Some(_)) => format!(": the replica holds nothing of the types {}", names.join(", ")),
        ([name], None) => format!(": {name} is no type that STIX defines"),
        (_, None) => format!(": {} are no types that STIX defines", names.join(", ")),
    };
    say(terminal::visible(&format!("nothing was found{why}")));
    for name in absent {
        // What is near to a type that STIX defines is refused before it is asked for.
        if let Some(near) = meant::nearest(name, there.iter().flatten().map(String::as_str)) {
            say(terminal::visible(&format!("hint: `--types {near}` is near to `{name}`")));
        }
    }
    types::tell_unknown_observables(&arguments.observable_types);
    Ok(())
}

/// The types that a replica holds objects of, where one was asked for some.
fn types_there(arguments: &Search) -> Outcome<Option<Vec<String>>> {
    let folder = arguments.source.local.as_ref().filter(|_| !arguments.types.is_empty());
    let Some(folder) = folder else { return Ok(None) };
    let stats = source::open_replica(folder)?.stats()?;
    Ok(Some(stats.types.into_iter().map(|(name, _)| name).collect()))
}

fn searched(arguments: &Search) -> Outcome<SearchRequest> {
    let mut request = SearchRequest::default()
        .with_limit(arguments.window.limit.min(PART))
        .with_offset(arguments.window.offset)
        .with_types(arguments.types.clone())
        .with_names(arguments.names.clone())
        .with_labels(arguments.labels.clone())
        .with_observable_types(
            arguments.observable_types.iter().map(|it| ObservableType::from(it.as_str())),
        )
        .with_sources(ids(&arguments.sources)?)
        .with_tlps(values::markings(&arguments.tlps)?);
    let term = arguments.term.join(" ");
    request.term = (!term.trim().is_empty()).then_some(term);
    request.include_revoked = arguments.include_revoked.then_some(true);
    request.confidence = arguments.confidence_min.map(|min| (Comparison::GreaterOrEqual, min));
    request.modified = arguments.since;
    request.created = arguments.created_since;
    request.sort = arguments.sort.map(|sort| match sort {
        Sort::Pertinence => SearchSort::Pertinence,
        Sort::Modified => SearchSort::Modified,
    });
    if let Some(feed) = &arguments.feed {
        request.feed = Some(values::feed(feed)?);
    }
    Ok(request)
}

fn listed(arguments: &Search) -> Outcome<ObjectsRequest> {
    Ok(ObjectsRequest::default()
        .with_limit(arguments.window.limit.min(PART))
        .with_offset(arguments.window.offset)
        .with_types(arguments.types.clone())
        .with_names(arguments.names.clone())
        .with_external_ids(arguments.external_ids.clone())
        .with_labels(arguments.labels.clone())
        .with_sources(ids(&arguments.sources)?)
        .with_tlps(values::markings(&arguments.tlps)?))
}

fn ids(texts: &[String]) -> Outcome<Vec<Id>> {
    texts.iter().map(|text| parse_id(text)).collect()
}
