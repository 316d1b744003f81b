//! Lists my feeds.
//!
//! `INTHREAT_API_KEY=… cargo run -p inthreat-http --example list_feeds [BASE-URL]`
#![expect(clippy::print_stdout, reason = "it talks to the person who runs it")]

use std::{env, error::Error, pin::pin};

use futures_util::TryStreamExt as _;
use inthreat_api::{Feeds, FeedsRequest, Pager};
use inthreat_http::{ApiKey, Client, ClientOptions, Region};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).unwrap_or_else(|| Region::Fra1.base_url().to_owned());
    let key = env::var("INTHREAT_API_KEY").ok().map(ApiKey::new).transpose()?;
    let client = Client::new(&base, ClientOptions::default().with_key(key))?;
    let feeds = Pager::new(FeedsRequest::default(), |request| client.feeds(request)).items();
    let mut feeds = pin!(feeds);
    while let Some(feed) = feeds.try_next().await? {
        println!("{}  {}", feed.id, feed.draft.title);
    }
    Ok(())
}
