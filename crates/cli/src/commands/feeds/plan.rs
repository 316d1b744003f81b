//! Feeds as code: what a file says, what is there, and the way from one to the other.

use std::{collections::HashSet, fs, path::Path};

use inthreat_api::{Feed, FeedDraft, FeedId, IntelligenceCenter, SortOrder};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{all, definition, open_to_change, unfit};
use crate::{
    arguments::{Definition, Plan},
    confirm::confirm,
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Output, say},
    source, terminal, values,
};

/// How long a file of feeds may be, in bytes.
const FILE_LENGTH_MAX: u64 = 16 << 20;

/// A file of feeds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    feed: Vec<Definition>,
}

/// What is to be done with one feed.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    Create(Box<FeedDraft>),
    Update { feed: Box<Feed>, wanted: Box<FeedDraft> },
    Delete(Box<Feed>),
}

/// A property, and its value before and after.
type Change = (&'static str, Value, Value);

/// All that is to be done.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Steps {
    pub(super) to_do: Vec<Step>,
    pub(super) unchanged: usize,
    /// Feeds that are there and not in the file.
    pub(super) others: usize,
    /// Titles of feeds that are newest first.
    pub(super) unfit: Vec<String>,
}

pub(super) async fn plan(arguments: Plan) -> Outcome<Exit> {
    let center = source::open(&arguments.source)?;
    let steps = read(&arguments, &*center).await?;
    print(&arguments, &steps)?;
    Ok(Exit::Success)
}

pub(super) async fn diff(arguments: Plan) -> Outcome<Exit> {
    let center = source::open(&arguments.source)?;
    let steps = read(&arguments, &*center).await?;
    print(&arguments, &steps)?;
    Ok(if steps.to_do.is_empty() { Exit::Success } else { Exit::Missing })
}

pub(super) async fn apply(arguments: Plan, yes: bool) -> Outcome<Exit> {
    let center = open_to_change(&arguments.source)?;
    let steps = read(&arguments, &*center).await?;
    print(&arguments, &steps)?;
    if steps.to_do.is_empty() {
        return Ok(Exit::Success);
    }
    confirm(yes, "Do this?")?;
    for step in steps.to_do {
        let (done, feed) = match step {
            Step::Create(draft) => ("created", center.create_feed(*draft).await?),
            Step::Update { feed, wanted } => {
                ("changed", center.update_feed(feed.id, *wanted).await?)
            }
            Step::Delete(feed) => {
                center.delete_feed(feed.id.clone()).await?;
                ("deleted", *feed)
            }
        };
        say(terminal::visible(&format!("{done} `{}` ({})", feed.draft.title, feed.id)));
    }
    Ok(Exit::Success)
}

async fn read(arguments: &Plan, center: &dyn IntelligenceCenter) -> Outcome<Steps> {
    let wanted = parse(&text(&arguments.file)?, &arguments.file)?;
    compare(wanted, all(center, None).await?, arguments.prune)
}

fn text(path: &Path) -> Outcome<String> {
    let failed = |error: std::io::Error| {
        Failure::because(Exit::Storage, format!("read `{}`", path.display()), &error)
    };
    if fs::metadata(path).map_err(failed)?.len() > FILE_LENGTH_MAX {
        return Err(Failure::new(Exit::Usage, format!("`{}` is too long", path.display())));
    }
    fs::read_to_string(path).map_err(failed)
}

/// What a file wants: drafts, and the ids of those that are known by them.
pub(super) fn parse(text: &str, path: &Path) -> Outcome<Vec<(Option<FeedId>, FeedDraft)>> {
    let file: File = toml::from_str(text).map_err(|error| {
        Failure::new(
            Exit::Usage,
            format!("read `{}`: {}", path.display(), error.to_string().trim()),
        )
    })?;
    let mut wanted = Vec::new();
    let mut names = HashSet::new();
    for (index, feed) in file.feed.iter().enumerate() {
        let one = read_one(feed).map_err(|failure| {
            let title = feed.title.as_deref().unwrap_or_default();
            let place = format!("`{}`, feed {} `{title}`", path.display(), index + 1);
            failure.within(format!("read {place}"))
        })?;
        let name = one.0.as_ref().map_or_else(|| one.1.title.clone(), ToString::to_string);
        if !names.insert(name.clone()) {
            let words = format!("read `{}`: `{name}` is there twice", path.display());
            return Err(Failure::new(Exit::Usage, words));
        }
        wanted.push(one);
    }
    Ok(wanted)
}

fn read_one(feed: &Definition) -> Outcome<(Option<FeedId>, FeedDraft)> {
    let id = feed.id.as_deref().map(values::feed).transpose()?;
    let mut draft = definition::blank();
    definition::put(feed, &mut draft)?;
    if draft.title.is_empty() {
        return Err(Failure::new(Exit::Usage, "it has no title"));
    }
    draft.check()?;
    Ok((id, draft))
}

/// The way from what is there to what is wanted.
pub(super) fn compare(
    wanted: Vec<(Option<FeedId>, FeedDraft)>,
    there: Vec<Feed>,
    prune: bool,
) -> Outcome<Steps> {
    let mut steps = Steps::default();
    let mut meant = HashSet::new();
    for (id, draft) in wanted {
        if draft.sort_order == SortOrder::Descending {
            steps.unfit.push(draft.title.clone());
        }
        let is_it = |feed: &&Feed| match &id {
            Some(id) => feed.id == *id,
            None => feed.draft.title == draft.title && !feed.id.is_default(),
        };
        let mut found = there.iter().filter(is_it);
        let (feed, other) = (found.next(), found.next());
        let feed = match (feed, other, &id) {
            (Some(_), Some(_), _) => {
                let words = format!("there are several feeds `{}`", draft.title);
                return Err(
                    Failure::new(Exit::Usage, words).hint("name one by its `id` in the file")
                );
            }
            (Some(feed), None, _) => feed,
            (None, _, Some(id)) => {
                let words = format!("there is no feed {id}, which is to be `{}`", draft.title);
                return Err(Failure::new(Exit::Missing, words).hint("without `id` it is created"));
            }
            (None, _, None) => {
                steps.to_do.push(Step::Create(Box::new(draft)));
                continue;
            }
        };
        if !meant.insert(feed.id.clone()) {
            let words = format!("the feed {} is meant twice", feed.id);
            return Err(Failure::new(Exit::Usage, words));
        }
        if feed.draft == draft {
            steps.unchanged += 1;
        } else {
            steps
                .to_do
                .push(Step::Update { feed: Box::new(feed.clone()), wanted: Box::new(draft) });
        }
    }
    for feed in there {
        if !meant.contains(&feed.id) && !feed.id.is_default() {
            if prune {
                steps.to_do.push(Step::Delete(Box::new(feed)));
            } else {
                steps.others += 1;
            }
        }
    }
    Ok(steps)
}

impl Step {
    /// The word for it, whom it concerns, and each property with its value before and after.
    fn parts(&self) -> (&'static str, &str, Option<&FeedId>, Vec<Change>) {
        match self {
            Self::Create(draft) => {
                let none = properties_besides(&definition::blank(), draft);
                ("create", &draft.title, None, none)
            }
            Self::Update { feed, wanted } => {
                let changed = properties_besides(&feed.draft, wanted);
                ("update", &feed.draft.title, Some(&feed.id), changed)
            }
            Self::Delete(feed) => ("delete", &feed.draft.title, Some(&feed.id), Vec::new()),
        }
    }

    fn json(&self) -> String {
        let (action, title, id, changes) = self.parts();
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|(name, before, after)| json!({ "property": name, "before": before, "after": after }))
            .collect();
        json!({ "action": action, "title": title, "id": id.map(FeedId::as_str), "changes": changes })
            .to_string()
    }

    /// The step in words, as a difference.
    pub(super) fn lines(&self) -> Vec<String> {
        let (action, title, id, changes) = self.parts();
        let mark = match self {
            Self::Create(_) => '+',
            Self::Update { .. } => '~',
            Self::Delete(_) => '-',
        };
        let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
        let mut lines = vec![format!("{mark} {action} `{title}`{id}")];
        for (name, before, after) in changes {
            if matches!(self, Self::Update { .. }) {
                lines.push(format!("    - {name} = {before}"));
            }
            lines.push(format!("    + {name} = {after}"));
        }
        lines
    }
}

/// The properties that two definitions do not share.
fn properties_besides(before: &FeedDraft, after: &FeedDraft) -> Vec<Change> {
    let pairs = definition::properties(before).into_iter().zip(definition::properties(after));
    let pairs = pairs.filter(|((_, before), (_, after))| before != after);
    pairs.map(|((name, before), (_, after))| (name, before, after)).collect()
}

fn print(arguments: &Plan, steps: &Steps) -> Outcome {
    if let Some(mut listing) = arguments.told.listing(&["action", "title", "id", "changes"]) {
        for step in &steps.to_do {
            listing.item(&step.json(), || {
                let (action, title, id, changes) = step.parts();
                let names: Vec<&str> = changes.iter().map(|(name, ..)| *name).collect();
                let id = id.map(ToString::to_string).unwrap_or_default();
                vec![action.to_owned(), title.to_owned(), id, names.join(", ")]
            })?;
        }
        listing.finish()?;
    } else {
        let mut output = Output::new();
        for line in steps.to_do.iter().flat_map(Step::lines) {
            output.line(&line)?;
        }
        output.finish()?;
    }
    for title in &steps.unfit {
        say(unfit(title));
    }
    let count = |is: fn(&Step) -> bool| steps.to_do.iter().filter(|step| is(step)).count();
    say(format!(
        "{} to create, {} to change, {} to delete, {} as they are, {} not in the file",
        count(|step| matches!(step, Step::Create(_))),
        count(|step| matches!(step, Step::Update { .. })),
        count(|step| matches!(step, Step::Delete(_))),
        steps.unchanged,
        steps.others,
    ));
    Ok(())
}
