//! What landed in a sink, compared with the feed that it came from: what `cargo xtask crash` asks after it killed the
//! program.

mod place;

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    fmt,
};

use inthreat_api::{Collections, Cursor};
use inthreat_feed::Options;
use inthreat_http::{Client, ClientOptions};
use inthreat_stix::RawObject;

pub use place::Place;

/// What is wrong, in words.
pub type Fault = Box<dyn Error + Send + Sync>;

/// What a sink holds.
#[derive(Debug, Default)]
struct Found {
    /// Everything, in its order, also what is there twice.
    objects: Vec<RawObject>,
    /// Whether something stands at the end that is not whole, as a crash may leave it for the next run to mend.
    is_torn: bool,
}

/// What a comparison came to.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Landed {
    /// Different objects in the sink.
    pub objects: u64,
    /// How many are there once more.
    pub doubled: u64,
    /// How many objects of the feed lie behind the cursor.
    pub ahead: u64,
}

impl fmt::Display for Landed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { objects, doubled, ahead } = self;
        write!(f, "{objects} objects, {doubled} doubled, {ahead} ahead")
    }
}

/// Compares a sink with the feed that a server has, which does not change.
///
/// Each object of the sink is one of the feed, byte for byte, and each one of the feed that does not lie behind the
/// cursor is in the sink. When the feed is said to be caught up, none lies behind the cursor and nothing is torn.
pub async fn check(server: &str, place: &Place, is_caught_up: bool) -> Result<Landed, Fault> {
    let source = Client::new(server, ClientOptions::default())?;
    let feed = read(&source, None).await?;
    let feed: HashMap<&str, &RawObject> =
        feed.iter().filter_map(|object| Some((object.id()?, object))).collect();
    // The cursor first: what a sink holds only grows.
    let ahead: HashSet<String> = match place.cursor().await? {
        Some(cursor) => read(&source, Some(cursor)).await?.iter().filter_map(id).collect(),
        None => feed.keys().map(|id| (*id).to_owned()).collect(),
    };
    let found = place.read().await?;
    let mut seen = HashSet::new();
    let mut doubled = 0;
    for object in &found.objects {
        let id = object.id().ok_or("an object has no id")?;
        let original = feed.get(id).ok_or_else(|| format!("`{id}` is not in the feed"))?;
        if original.as_bytes() != object.as_bytes() {
            return Err(format!("`{id}` is not the one of the feed: {}", object.as_str()).into());
        }
        doubled += u64::from(!seen.insert(id));
    }
    let missing: Vec<_> =
        feed.keys().filter(|id| !ahead.contains(**id) && !seen.contains(**id)).collect();
    if let Some(id) = missing.first() {
        let (missing, behind) = (missing.len(), feed.len() - ahead.len());
        let message = format!(
            "the cursor is ahead of the data: `{id}` is missing, and {missing} of {behind} objects before it in all; {doubled} are \
             doubled"
        );
        return Err(message.into());
    }
    if is_caught_up && !ahead.is_empty() {
        return Err(format!("{} objects lie behind the cursor", ahead.len()).into());
    }
    if is_caught_up && found.is_torn {
        return Err("the end is torn".into());
    }
    Ok(Landed { objects: seen.len() as u64, doubled, ahead: ahead.len() as u64 })
}

/// The feed from here to its end.
async fn read(source: &dyn Collections, cursor: Option<Cursor>) -> Result<Vec<RawObject>, Fault> {
    let mut request = Options::default().request;
    request.cursor = cursor;
    let mut objects = Vec::new();
    loop {
        let page = source.page(request.clone()).await?;
        if let Some(rejected) = page.rejected.first() {
            return Err(format!("the source has what is no object: {rejected}").into());
        }
        if page.is_empty() {
            return Ok(objects);
        }
        objects.extend(page.objects);
        request.cursor = page.next_cursor;
    }
}

fn id(object: &RawObject) -> Option<String> {
    object.id().map(str::to_owned)
}
