//! `inthreat feeds`: feeds, one by one or as a file says.

mod definition;
mod plan;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures_util::TryStreamExt;
use inthreat_api::{
    Feed, FeedDraft, FeedsExt, FeedsRequest, IntelligenceCenter, PageRequest, Pager, Roles,
    SortOrder,
};
use inthreat_replica::{Options, Replica};

use crate::{
    arguments::{Feeds, Page, Shown, Source},
    confirm::confirm,
    exit::Exit,
    failure::{Failure, Outcome},
    place,
    print::{Listing, say},
    source,
    summary::Summary,
    terminal, types, values,
};

const HEAD: [&str; 6] = ["title", "types", "sort_order", "format", "modified", "id"];

pub(crate) async fn run(arguments: Feeds) -> Outcome<Exit> {
    let done = run_one(arguments).await;
    done.map_err(|failure| match failure.exit() {
        Exit::Missing => failure.hint(values::WHICH_FEEDS),
        _ => failure,
    })
}

async fn run_one(arguments: Feeds) -> Outcome<Exit> {
    match arguments {
        Feeds::List { term, shown, source } => list(term, &shown, &source).await,
        Feeds::Get { id, shown, source } => {
            let feed = source::open(&source)?.feed(values::feed(&id)?).await?;
            show(&shown, &[feed])
        }
        Feeds::Create { definition, shown, source } => {
            let mut draft = definition::blank();
            definition::put(&definition, &mut draft)?;
            if draft.title.is_empty() {
                return Err(Failure::new(Exit::Usage, "a feed needs a title: --title TEXT"));
            }
            check(&draft)?;
            show(&shown, &[open_to_change(&source)?.create_feed(draft).await?])
        }
        Feeds::Update { id, definition, shown, source } => {
            let (id, center) = (values::feed(&id)?, open_to_change(&source)?);
            let mut draft = center.feed(id.clone()).await?.draft;
            definition::put(&definition, &mut draft)?;
            check(&draft)?;
            show(&shown, &[center.update_feed(id, draft).await?])
        }
        Feeds::Duplicate { id, title, shown, source } => {
            let center = open_to_change(&source)?;
            show(&shown, &[center.duplicate_feed(values::feed(&id)?, title).await?])
        }
        Feeds::Delete { id, unasked, source } => {
            let (id, center) = (values::feed(&id)?, open_to_change(&source)?);
            let title = center.feed(id.clone()).await?.draft.title;
            confirm(unasked.yes, &format!("Delete the feed `{title}` ({id})?"))?;
            center.delete_feed(id.clone()).await?;
            say(format!("the feed {id} is deleted"));
            Ok(Exit::Success)
        }
        Feeds::Page(arguments) => page(arguments).await,
        Feeds::Plan(arguments) => plan::plan(arguments).await,
        Feeds::Apply { plan, unasked } => plan::apply(plan, unasked.yes).await,
        Feeds::Diff(arguments) => plan::diff(arguments).await,
    }
}

/// Whoever keeps the feeds; a replica is opened for writing.
fn open_to_change(source: &Source) -> Outcome<Arc<dyn Roles>> {
    match &source.local {
        Some(folder) => {
            let replica = Replica::open_writer(folder, Options::default())?;
            place::tell_behind(&replica);
            Ok(Arc::new(replica))
        }
        None => source::open(source),
    }
}

/// Tells what is wrong before anybody is asked, and what is unwise.
fn check(draft: &FeedDraft) -> Outcome {
    draft.check()?;
    if draft.sort_order == SortOrder::Descending {
        say(unfit(&draft.title));
    }
    Ok(())
}

fn unfit(title: &str) -> String {
    let words = format!("warning: `{title}` is newest first, so it cannot be read page by page");
    terminal::visible(&words).into_owned()
}

/// All feeds, oldest answers first.
async fn all(center: &dyn IntelligenceCenter, term: Option<String>) -> Outcome<Vec<Feed>> {
    let mut request = FeedsRequest::default();
    request.limit = Some(100);
    request.term = term;
    let feeds = Pager::new(request, |request| center.feeds(request)).items();
    Ok(feeds.try_collect().await?)
}

async fn list(term: Option<String>, shown: &Shown, source: &Source) -> Outcome<Exit> {
    let center = source::open(source)?;
    let feeds = all(&*center, term).await?;
    let is_empty = feeds.is_empty();
    show(shown, &feeds)?;
    if is_empty {
        say("there is no such feed");
    }
    Ok(if is_empty { Exit::Missing } else { Exit::Success })
}

fn show(shown: &Shown, feeds: &[Feed]) -> Outcome<Exit> {
    let mut listing = Listing::new(shown, &HEAD);
    for feed in feeds {
        let draft = &feed.draft;
        listing.item(&definition::json(feed), || {
            let types = if draft.types.is_empty() { "all".into() } else { draft.types.join(", ") };
            let modified = feed.modified.map(|at| at.to_string()).unwrap_or_default();
            let (order, format) = (definition::order(draft), definition::format(draft));
            vec![
                draft.title.clone(),
                types,
                order.into(),
                format.into(),
                modified,
                feed.id.to_string(),
            ]
        })?;
    }
    listing.finish()?;
    Ok(Exit::Success)
}

async fn page(arguments: Page) -> Outcome<Exit> {
    let center = source::open(&arguments.source)?;
    let mut request = PageRequest::new(values::feed(&arguments.id)?)
        .with_limit(arguments.limit)
        .with_types(arguments.types.clone());
    let wanted = arguments.types;
    if let Some(cursor) = arguments.cursor {
        let cursor = cursor
            .parse()
            .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))?;
        request = request.with_cursor(Some(cursor));
    }
    request.modified_after = arguments.since;
    let page = center.page(request).await?;
    let mut listing = Listing::new(&arguments.shown, &Summary::HEAD);
    page.objects.iter().try_for_each(|object| listing.object(object))?;
    listing.finish()?;
    if page.is_empty() {
        types::tell_unknown(&wanted);
    }
    for rejected in &page.rejected {
        say(terminal::visible(&format!("left out: {rejected}")));
    }
    match &page.next_cursor {
        Some(cursor) if !page.is_empty() => say(format!("next: --cursor {cursor}")),
        _ => say("there is nothing more now"),
    }
    Ok(if page.is_empty() { Exit::Missing } else { Exit::Success })
}
