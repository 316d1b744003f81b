//! Looks one hash up, and tells what the indicators that name it indicate.
//!
//! `INTHREAT_API_KEY=… cargo run -p inthreat-http --example look_up_hash HASH [BASE-URL]`
#![expect(clippy::print_stdout, reason = "it talks to the person who runs it")]

use std::{env, error::Error};

use inthreat_api::{Indicators, Observable, ObservableType};
use inthreat_http::{ApiKey, Client, ClientOptions, Region};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hash = env::args().nth(1).ok_or("expected a hash")?;
    let base = env::args().nth(2).unwrap_or_else(|| Region::Fra1.base_url().to_owned());
    let key = env::var("INTHREAT_API_KEY").ok().map(ApiKey::new).transpose()?;
    let client = Client::new(&base, ClientOptions::default().with_key(key))?;
    // A file is found by any of its hashes.
    let contexts = client.indicator_contexts(Observable::new(ObservableType::File, hash)).await?;
    if contexts.items.is_empty() {
        println!("nothing is known about it");
    }
    for context in contexts.items {
        for object in context.objects {
            println!("{} {}", object.object_type().unwrap_or("?"), object.id().unwrap_or("?"));
        }
    }
    Ok(())
}
