//! Pages through the collections of a foreign TAXII 2.1 server.
//!
//! `cargo run -p inthreat-http --example page_taxii API-ROOT [USER PASSWORD]`
#![expect(clippy::print_stdout, reason = "it talks to the person who runs it")]

use std::{env, error::Error, pin::pin};

use futures_util::TryStreamExt as _;
use inthreat_api::{Collections, PageRequest, Pager};
use inthreat_http::{ApiKey, ClientOptions, TaxiiClient};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let client = match arguments.as_slice() {
        [root] => TaxiiClient::new(root, ClientOptions::default())?,
        [root, user, password] => {
            let options = ClientOptions::default().with_key(ApiKey::new(password.as_str())?);
            TaxiiClient::with_user(root, user, options)?
        }
        _ => return Err("expected API-ROOT [USER PASSWORD]".into()),
    };
    for collection in client.collections().await? {
        println!("{} ({})", collection.title, collection.id);
        if !collection.can_read {
            continue;
        }
        let request = PageRequest::new(collection.id.parse()?).with_limit(100);
        let mut pages = pin!(Pager::new(request, |request| client.page(request)));
        while let Some(page) = pages.try_next().await? {
            for object in page.objects {
                println!("  {}", object.id().unwrap_or("an object without an id"));
            }
        }
    }
    Ok(())
}
