//! A process that fills a replica until it is killed, and checks first what the one before it left: `cargo xtask crash` runs it again
//! and again.
//!
//! What each batch holds follows from a seed and its number, so that what a replica has to hold follows from the number of the
//! last batch alone, which its cursors tell.

use std::{collections::HashMap, fmt, ops::RangeInclusive, path::Path};

use inthreat_api::{
    Collections, FeedDraft, Feeds, FeedsRequest, Observable, ObservableType, PageRequest,
};
use inthreat_replica::{CompactOptions, Durability, Options, Replica};
use inthreat_stix::{Id, RawObject, split};
use inthreat_store::{Batch, Commit, CursorStore, Quarantine, TransactionalSink};

use crate::landed::Fault;

/// How many different objects there are.
const OBJECTS: u64 = 1000;
/// After so many batches there is a large one, whose derived rows are written later.
const LARGE_EVERY: u64 = 4;
/// After so many batches an item is set aside.
const BAD_EVERY: u64 = 5;
/// After so many batches a feed is made.
const FEED_EVERY: u64 = 7;
/// After so many batches all versions are dropped that were replaced, and after twice as many the file is made shorter, too.
const COMPACT_EVERY: u64 = 11;

/// What is told of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Word {
    /// All is well, and this is the last batch that is there; 0 where there is none.
    Sound(u64),
    /// The batch with this number was acknowledged.
    Acknowledged(u64),
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sound(number) => write!(f, "sound {number}"),
            Self::Acknowledged(number) => write!(f, "acknowledged {number}"),
        }
    }
}

/// Checks the replica in a folder, which is made when it is not there, and writes to it, each batch on the disk before it is
/// acknowledged, until it has so many of them.
pub async fn run(
    folder: &Path,
    seed: u64,
    batches: u64,
    mut tell: impl FnMut(Word),
) -> Result<(), Fault> {
    // The rows of large batches are written at once, soon, or when somebody asks.
    let lag = [0, 500, 1 << 20].into_iter().cycle().nth((seed % 3) as usize).unwrap_or(0);
    let options = Options::default().with_durability(Durability::Full).with_index_lag_objects(lag);
    let replica = Replica::create_or_open(folder, options)?;
    let last = check(&replica, seed).await?;
    tell(Word::Sound(last));
    make_feed(&replica, last).await?;
    compact(&replica, last)?;
    for number in last + 1..=batches {
        let cursor = number.to_string().parse()?;
        // Each cursor moves with every second batch.
        let commit = Commit::new(key(number).parse()?, (number - 1) / 2, cursor);
        replica.write_and_commit(batch(seed, number), commit).await?;
        tell(Word::Acknowledged(number));
        make_feed(&replica, number).await?;
        compact(&replica, number)?;
    }
    Ok(())
}

/// Checks everything, and gives the number of the last batch.
async fn check(replica: &Replica, seed: u64) -> Result<u64, Fault> {
    let verified = replica.verify()?;
    if let Some(finding) = verified.findings.first() {
        return Err(format!("{} faults: {}", verified.faults, finding.message).into());
    }
    let last = last_batch(replica).await?;
    let expected = Expected::behind(seed, last);
    let feed = read(replica).await?;
    if let Some(place) = (0..feed.len().max(expected.feed.len()))
        .find(|place| feed.get(*place) != expected.feed.get(*place).map(|(_, text)| text))
    {
        let [found, wanted] = [feed.get(place), expected.feed.get(place).map(|(_, text)| text)];
        return Err(
            format!("behind batch {last}, object {place} is {found:?}, not {wanted:?}").into()
        );
    }
    let stats = replica.stats()?;
    let retired = expected.retired(last);
    if stats.sequence != expected.accepted || !retired.contains(&stats.retired) {
        let accepted = expected.accepted;
        return Err(
            format!("{accepted} versions, {retired:?} retired, and there are {stats:?}").into()
        );
    }
    check_quarantine(replica, last).await?;
    check_feeds(replica, last).await?;
    for (number, text) in expected.feed.iter().filter(|(number, _)| number % 95 == 1) {
        let observable = Observable::new(ObservableType::DomainName, domain(*number));
        let found = replica.lookup(&observable)?;
        let stored = replica.get(&id(*number).parse::<Id>()?)?;
        let is_found = found.iter().map(|hit| hit.id.to_string()).eq([id(*number)]);
        if !is_found || stored.as_ref().map(RawObject::as_str) != Some(text) {
            return Err(format!("{observable:?} finds {found:?}, which is {stored:?}").into());
        }
    }
    Ok(last)
}

/// The number of the last batch, as both cursors tell it.
async fn last_batch(replica: &Replica) -> Result<u64, Fault> {
    let mut last: [u64; 2] = [0, 0];
    for (found, place) in last.iter_mut().zip([0, 1]) {
        let position = replica.load(&key(place).parse()?).await?;
        if let Some(cursor) = position.cursor {
            *found = cursor.as_str().parse()?;
        }
        if position.generation != found.div_ceil(2) || (*found > 0 && *found % 2 != place) {
            return Err(format!("batch {found} has the generation {}", position.generation).into());
        }
    }
    let [even, odd] = last;
    if even.abs_diff(odd) == 1 || even + odd == 0 {
        Ok(even.max(odd))
    } else {
        Err(format!("one cursor stands at batch {even}, the other at {odd}").into())
    }
}

async fn read(replica: &Replica) -> Result<Vec<String>, Fault> {
    let mut request = PageRequest::default().with_limit(2000);
    let mut texts = Vec::new();
    loop {
        let page = replica.page(request.clone()).await?;
        if page.is_empty() {
            return Ok(texts);
        }
        texts.extend(page.objects.iter().map(|object| object.as_str().to_owned()));
        request = request.with_cursor(page.next_cursor);
    }
}

async fn check_quarantine(replica: &Replica, last: u64) -> Result<(), Fault> {
    let items = replica.quarantined(0, 1000).await?;
    let found = items.iter().map(|item| String::from_utf8_lossy(&item.bytes).into_owned());
    let wanted = (1..=last).filter(|number| number.is_multiple_of(BAD_EVERY)).map(bad);
    if found.clone().eq(wanted) {
        return Ok(());
    }
    Err(format!("behind batch {last} there are set aside: {:?}", found.collect::<Vec<_>>()).into())
}

/// Each feed is made behind a batch and in front of the next one, so only the one of the last batch may be missing.
async fn check_feeds(replica: &Replica, last: u64) -> Result<(), Fault> {
    let titles = titles(replica).await?;
    let before = titles.iter().filter(|title| **title != last.to_string());
    let wanted = (1..last).filter(|number| number.is_multiple_of(FEED_EVERY));
    if before.eq(&wanted.map(|number| number.to_string()).collect::<Vec<_>>()) {
        return Ok(());
    }
    Err(format!("behind batch {last} there are the feeds {titles:?}").into())
}

/// The titles of the feeds that were made, in the order of their numbers.
async fn titles(replica: &Replica) -> Result<Vec<String>, Fault> {
    let mut request = FeedsRequest::default();
    request.limit = Some(100);
    let feeds = replica.feeds(request).await?.items;
    let made = feeds.into_iter().filter(|feed| !feed.id.is_default());
    let mut titles: Vec<String> = made.map(|feed| feed.draft.title).collect();
    titles.sort_by_key(|title| (title.len(), title.clone()));
    Ok(titles)
}

async fn make_feed(replica: &Replica, number: u64) -> Result<(), Fault> {
    let is_due = number > 0 && number.is_multiple_of(FEED_EVERY);
    let title = number.to_string();
    if is_due && !titles(replica).await?.contains(&title) {
        let mut draft = FeedDraft::default();
        draft.title = title;
        replica.create_feed(draft).await?;
    }
    Ok(())
}

/// Drops what was replaced, when that is due. It is done before the next batch comes, by the next process where one is killed.
fn compact(replica: &Replica, number: u64) -> Result<(), Fault> {
    if number > 0 && number.is_multiple_of(COMPACT_EVERY) {
        replica.compact(CompactOptions::default(), |_| true)?;
        if number.is_multiple_of(2 * COMPACT_EVERY) {
            replica.shrink()?;
        }
    }
    Ok(())
}

/// What a replica holds.
#[derive(Default)]
struct Expected {
    /// The newest versions by their arrival: number and text.
    feed: Vec<(u64, String)>,
    accepted: u64,
    /// The batch that replaced it, for each version that was.
    replaced: Vec<u64>,
}

impl Expected {
    /// What it holds behind a batch.
    fn behind(seed: u64, last: u64) -> Self {
        let mut newest: HashMap<u64, (u64, u64, String)> = HashMap::new();
        let (mut accepted, mut replaced) = (0, Vec::new());
        let all = (1..=last).flat_map(|batch| {
            versions(seed, batch).into_iter().map(move |version| (batch, version))
        });
        for (batch, version) in all {
            let held = newest.get(&version.number);
            if held
                .is_some_and(|(_, second, text)| *text == version.text || version.second < *second)
            {
                continue;
            }
            accepted += 1;
            let older = newest.insert(version.number, (accepted, version.second, version.text));
            replaced.extend(older.map(|_| batch));
        }
        let mut feed: Vec<_> = newest.into_iter().collect();
        feed.sort_unstable_by_key(|(_, (arrival, ..))| *arrival);
        let feed = feed.into_iter().map(|(number, (.., text))| (number, text)).collect();
        Self { feed, accepted, replaced }
    }

    /// How many versions may be there behind a batch that were replaced: when they are dropped behind that very batch, nobody
    /// knows how far that went.
    fn retired(&self, last: u64) -> RangeInclusive<u64> {
        let behind = |batch| self.replaced.iter().filter(|by| **by > batch).count() as u64;
        let compacted = last - last % COMPACT_EVERY;
        if compacted < last || last == 0 {
            behind(compacted)..=behind(compacted)
        } else {
            0..=behind(last - COMPACT_EVERY)
        }
    }
}

struct Version {
    number: u64,
    /// Of its `modified`.
    second: u64,
    text: String,
}

/// The objects of a batch: of many, some twice, some no newer than what is there.
fn versions(seed: u64, batch: u64) -> Vec<Version> {
    let mut random = Random::new(seed, batch);
    let is_large = batch.is_multiple_of(LARGE_EVERY);
    let count = if is_large { 128 + random.below(250) } else { 1 + random.below(30) };
    let version = |_| {
        let (number, second) = (random.below(OBJECTS), 3 + batch - random.below(3));
        let (minute, rest, flavour) = (second / 60, second % 60, random.below(2));
        let id = id(number);
        let own = if number.is_multiple_of(5) {
            let (source, target) = (self::id(number + 1), self::id(number + 2));
            format!(
                r#""type":"relationship","relationship_type":"uses","source_ref":"{source}","target_ref":"{target}""#
            )
        } else {
            let domain = domain(number);
            format!(
                r#""type":"indicator","pattern_type":"stix","pattern":"[domain-name:value = '{domain}']""#
            )
        };
        let text = format!(
            r#"{{{own},"id":"{id}","modified":"2026-01-01T00:{minute:02}:{rest:02}Z","x_batch":{batch},"x_flavour":{flavour}}}"#
        );
        Version { number, second, text }
    };
    (0..count).map(version).collect()
}

fn batch(seed: u64, number: u64) -> Batch {
    let lines = versions(seed, number).into_iter().map(|version| version.text);
    let lines = lines.chain(number.is_multiple_of(BAD_EVERY).then(|| bad(number)));
    let mut batch = Batch::default();
    let split = split::ndjson(lines.collect::<Vec<_>>().join("\n"));
    batch.rejected = split.rejected;
    batch.extend(split.objects);
    batch
}

/// An item that is no object.
fn bad(number: u64) -> String {
    format!(r#"{{"x_batch":{number}}}"#)
}

fn id(number: u64) -> String {
    let kind = if number.is_multiple_of(5) { "relationship" } else { "indicator" };
    format!("{kind}--00000000-0000-4000-8000-{number:012}")
}

fn domain(number: u64) -> String {
    format!("h{number}.example")
}

/// The key of the cursor that moves with a batch.
fn key(number: u64) -> &'static str {
    if number.is_multiple_of(2) { "even" } else { "odd" }
}

/// Numbers that come again with the same seeds (`SplitMix64`).
struct Random(u64);

impl Random {
    fn new(seed: u64, batch: u64) -> Self {
        Self(seed ^ batch.wrapping_mul(0xd134_2543_de82_ef95))
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
