//! Whether the service still takes the cursors that are kept: a feed is read on from one, and not at all when it is refused.

use std::collections::BTreeMap;

use inthreat_api::{Collections, Cursor, Error, ErrorKind, FeedId};
use inthreat_feed::Options;
use inthreat_http::Client;
use inthreat_store::{CursorKey, Position};

use super::Findings;
use crate::{exit::Exit, failure::Failure, measure, values};

/// How many cursors are tried; the others are counted.
const TRIED_MAX: usize = 20;

/// The cursors that feeds are read on from, each with its key.
#[derive(Default)]
pub(super) struct Kept(BTreeMap<String, (FeedId, Cursor)>);

impl Kept {
    /// Adds what a store keeps. A part that was read afterwards is not read on, and a key that somebody made up names no feed.
    pub(super) fn add(&mut self, all: Vec<(CursorKey, Position)>) {
        let on = all.into_iter().filter(|(key, _)| !key.as_str().contains('#'));
        self.0.extend(on.filter_map(|(key, position)| {
            let feed = key.as_str().split(['?', '@']).next()?.parse().ok()?;
            Some((key.to_string(), (feed, position.cursor?)))
        }));
    }

    /// Asks for one object behind each.
    pub(super) async fn ask(self, findings: &mut Findings, client: &Client) {
        let count = self.0.len();
        let mut taken = 0;
        for (key, (feed, cursor)) in self.0.into_iter().take(TRIED_MAX) {
            let request = Options::new(feed).with_limit(1).request.with_cursor(Some(cursor));
            match client.page(request).await {
                Ok(_) => taken += 1,
                Err(error) => tell(findings, &key, &error),
            }
        }
        if taken > 0 {
            let tried = measure::things(taken, "cursor");
            let left = count.saturating_sub(TRIED_MAX) as u64;
            let more = if left > 0 {
                format!(", {} were not tried", measure::count(left))
            } else {
                String::new()
            };
            findings.fine("reading on", format!("the service takes {tried}{more}"));
        }
    }
}

fn tell(findings: &mut Findings, key: &str, error: &Error) {
    let exit = Exit::from(error.kind());
    let failure = Failure::because(exit, format!("read on from the cursor `{key}`"), error);
    let advice = match error.kind() {
        ErrorKind::InvalidRequest => {
            "`pull` and `watch` with --restart 1h begin again an hour before the newest object; `inthreat cursor reset KEY` forgets the cursor"
        }
        ErrorKind::NotFound => values::WHICH_FEEDS,
        // What is wrong with the key was told.
        ErrorKind::Unauthorized => return,
        _ => "try again later",
    };
    findings.failed("reading on", &failure, advice);
}
