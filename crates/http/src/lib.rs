//! A client of the Intelligence Center over HTTP.
//!
//! [`Client`] answers the traits of `inthreat-api` by asking the live service, or any server that speaks its
//! contract.
//!
//! ```no_run
//! use inthreat_api::{Collections, FeedId, PageRequest};
//! use inthreat_http::{ApiKey, Client, ClientOptions};
//!
//! # async fn example(secret: String) -> inthreat_api::Result<()> {
//! let options = ClientOptions::default().with_key(ApiKey::new(secret)?);
//! let client = Client::new("https://api.sekoia.io", options)?;
//! let page = client.page(PageRequest::new(FeedId::default()).with_limit(2000)).await?;
//! println!("{} objects", page.objects.len());
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is asked twice here: whoever drives the client decides, by
//! [`Error::is_retryable`](inthreat_api::Error::is_retryable), whether to ask again.
//!
//! Not here: how a question is spelled, where objects are kept, and the order in which pages are asked for.

mod base_url;
mod client;
mod key;
mod options;
mod transport;

pub use client::Client;
pub use key::ApiKey;
pub use options::ClientOptions;
