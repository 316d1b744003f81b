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
//! The client asks again by itself, within a budget of tries and time, when the service is busy or the network breaks
//! ([`RetryOptions`](inthreat_api::retry::RetryOptions)); whoever drives it need not, and should not. It keeps to a
//! rate ([`RateOptions`]) and to timeouts ([`TimeoutOptions`]), and takes a new key from a [`KeyProvider`] when the old
//! one is refused. [`TaxiiClient`] reads the collections of any TAXII 2.1 server behind the same trait.
//!
//! Links that objects hold are never followed.
//!
//! Not here: how a question is spelled, where objects are kept, and the order in which pages are asked for.

mod address;
mod base_url;
mod body;
mod client;
mod key;
mod live;
mod options;
mod policy;
mod rate;
mod region;
mod session;
mod stall;
mod taxii;
mod timer;
mod transport;

pub use client::Client;
pub use key::{ApiKey, KeyProvider};
#[cfg(feature = "rustls")]
pub use options::ClientCertificate;
pub use options::{ClientOptions, Proxy};
pub use policy::{RateOptions, TimeoutOptions};
pub use region::Region;
pub use taxii::TaxiiClient;
