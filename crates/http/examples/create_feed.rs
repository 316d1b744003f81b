//! Creates a feed of malware and intrusion sets, and reads its first page.
//!
//! `INTHREAT_API_KEY=… cargo run -p inthreat-http --example create_feed [BASE-URL]`
#![expect(clippy::print_stdout, reason = "it talks to the person who runs it")]

use std::{env, error::Error};

use inthreat_api::{Collections, FeedDraft, Feeds, PageRequest, SortOrder};
use inthreat_http::{ApiKey, Client, ClientOptions, Region};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let base = env::args().nth(1).unwrap_or_else(|| Region::Fra1.base_url().to_owned());
    let key = env::var("INTHREAT_API_KEY").ok().map(ApiKey::new).transpose()?;
    let client = Client::new(&base, ClientOptions::default().with_key(key))?;
    let mut draft = FeedDraft::default();
    draft.title = "Malware and who uses it".into();
    draft.types = vec!["malware".into(), "intrusion-set".into()];
    // Pages that are read one after the other want the oldest first.
    draft.sort_order = SortOrder::Ascending;
    let feed = client.create_feed(draft).await?;
    println!("created the feed {}", feed.id);
    let page = client.page(PageRequest::new(feed.id).with_limit(10)).await?;
    for object in page.objects {
        println!("{}", object.id().unwrap_or("an object without an id"));
    }
    Ok(())
}
