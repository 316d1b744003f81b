//! Any TAXII 2.1 server: what it has, and its collections as a second source of pages.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use inthreat_api::{Collections, Cursor, Error, ErrorKind, FeedId, Page, PageRequest, Result};
use inthreat_stix::{Id, Timestamp};
use inthreat_wire::taxii::{
    self, ApiRoot, Collection, Discovery, Envelope, Manifest, TaxiiFilter, TaxiiQuestion, Versions,
    encode_taxii,
};

use crate::{ClientOptions, client::check_length, key::Scheme, session::Session};

/// How many answers without objects are passed over within one page, before the server is thought to turn in circles.
const EMPTY_ANSWERS_MAX: usize = 100;

/// A client of one API root of a TAXII 2.1 server.
///
/// It is a source of pages as [`Client`](crate::Client) is: the identifier of the feed is that of the collection.
/// Everything that is said there about key, rate, retries and dropped futures holds here.
///
/// ```no_run
/// use inthreat_api::{Collections, PageRequest};
/// use inthreat_http::{ApiKey, ClientOptions, TaxiiClient};
///
/// # async fn example() -> inthreat_api::Result<()> {
/// let options = ClientOptions::default().with_key(ApiKey::new("password")?);
/// let client = TaxiiClient::with_user("https://taxii.example.org/api1", "user", options)?;
/// for collection in client.collections().await? {
///     println!("{} {}", collection.id, collection.title);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TaxiiClient(Arc<Session>);

impl TaxiiClient {
    /// A client of the API root at this URL, which shows the key as it is (`Bearer`), as the service takes it
    /// (CONTRACT 6). Nothing is sent yet.
    pub fn new(api_root: &str, options: ClientOptions) -> Result<Self> {
        let session = Session::new(api_root, taxii::MEDIA_TYPE, Scheme::Bearer, options)?;
        Ok(Self(Arc::new(session)))
    }

    /// A client that shows the key as the password of this user (`Basic`), as most servers want it.
    pub fn with_user(api_root: &str, user: &str, options: ClientOptions) -> Result<Self> {
        if user.contains(':') || user.chars().any(char::is_control) {
            return Err(Error::invalid("user", "it holds a colon or a control character"));
        }
        let scheme = Scheme::Basic(user.to_owned());
        let session = Session::new(api_root, taxii::MEDIA_TYPE, scheme, options)?;
        Ok(Self(Arc::new(session)))
    }

    /// What the server says about itself. This client must have been made with the URL of the server instead of
    /// that of an API root: `{server}/taxii2/` is asked.
    pub async fn discovery(&self) -> Result<Discovery> {
        self.ask(TaxiiQuestion::Discovery, |body| taxii::decode_discovery(&body)).await
    }

    /// What the server says about the API root.
    pub async fn api_root(&self) -> Result<ApiRoot> {
        self.ask(TaxiiQuestion::ApiRoot, |body| taxii::decode_api_root(&body)).await
    }

    /// Every collection that the key may see.
    pub async fn collections(&self) -> Result<Vec<Collection>> {
        self.ask(TaxiiQuestion::Collections, |body| taxii::decode_collections(&body)).await
    }

    /// One collection, by its identifier or alias.
    pub async fn collection(&self, id: FeedId) -> Result<Collection> {
        self.ask(TaxiiQuestion::Collection(id), |body| taxii::decode_collection(&body)).await
    }

    /// Some objects of a collection.
    pub async fn objects(&self, id: FeedId, filter: TaxiiFilter) -> Result<Envelope> {
        self.ask(TaxiiQuestion::Objects(id, filter), taxii::decode_envelope).await
    }

    /// The versions of one object, as the filter wants them; an unknown one is
    /// [`NotFound`](ErrorKind::NotFound) or an empty answer, as the server likes.
    pub async fn object(&self, id: FeedId, object: Id, filter: TaxiiFilter) -> Result<Envelope> {
        self.ask(TaxiiQuestion::Object(id, object, filter), taxii::decode_envelope).await
    }

    /// When objects of a collection were added.
    pub async fn manifest(&self, id: FeedId, filter: TaxiiFilter) -> Result<Manifest> {
        let question = TaxiiQuestion::Manifest(id, filter);
        self.ask(question, |body| taxii::decode_manifest(&body)).await
    }

    /// Which versions of an object there are.
    pub async fn versions(&self, id: FeedId, object: Id, filter: TaxiiFilter) -> Result<Versions> {
        let question = TaxiiQuestion::Versions(id, object, filter);
        self.ask(question, |body| taxii::decode_versions(&body)).await
    }

    async fn ask<T: Send>(
        &self,
        question: TaxiiQuestion,
        read: fn(Vec<u8>) -> Result<T>,
    ) -> Result<T> {
        self.0.ask(&encode_taxii(&question)?, read).await
    }

    /// Some objects, and when the last of them was added.
    async fn dated(
        &self,
        id: &FeedId,
        filter: TaxiiFilter,
        is_repeatable: bool,
    ) -> Result<(Envelope, Option<Timestamp>)> {
        let mut request = encode_taxii(&TaxiiQuestion::Objects(id.clone(), filter))?;
        request.is_repeatable &= is_repeatable;
        let read = |head: crate::session::Head, body| {
            let last = head.date_added_last.and_then(|text| Timestamp::lenient(&text).ok());
            Ok((taxii::decode_envelope(body)?, last))
        };
        self.0.ask_with_head(&request, read).await
    }
}

impl fmt::Debug for TaxiiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaxiiClient").field(&self.0.base().authority()).finish()
    }
}

/// Collections as feeds. TAXII has its own order (when an object was added) and its own filters, so
/// - `modified_after` counts when an object was added, which is never before it was modified: older ones may come along;
/// - a server may forget a `next` that it gave; a page that begins there is then refused, and whoever reads begins again;
/// - a server may count along and give the same `next` with every page (section 3.7 allows it, medallion does it): such
///   a page is asked for once, since asking again would give the one behind it, and after an error whoever reads begins
///   again;
/// - a server that tells neither `next` nor when the last object was added gives pages without a cursor;
/// - what TAXII cannot ask (`observable_types`, `include_revoked`, `skip_expired`, `latest`) is
///   [`Unsupported`](ErrorKind::Unsupported); `return_all_fields` and `convert_network_traffic` mean nothing here.
#[async_trait]
impl Collections for TaxiiClient {
    async fn page(&self, request: PageRequest) -> Result<Page> {
        refuse_filters(&request)?;
        let mut place = match &request.cursor {
            Some(cursor) => Place::read(cursor)?,
            None => Place { added_after: request.modified_after, ..Place::default() },
        };
        for _ in 0..EMPTY_ANSWERS_MAX {
            let filter = place.filter(&request);
            let is_repeatable = place.turn == 0;
            let (envelope, last_added) = self.dated(&request.feed, filter, is_repeatable).await?;
            let is_empty = envelope.objects.is_empty() && envelope.rejected.is_empty();
            let following = place.following(&envelope, last_added);
            if is_empty && envelope.more {
                // More follows, and an empty page would be taken for the end.
                place = following.ok_or_else(circles)?;
                continue;
            }
            let next_cursor = match following {
                Some(following) if !is_empty || following.next.is_some() => {
                    Some(following.write()?)
                }
                _ if is_empty => request.cursor.clone(),
                _ => None,
            };
            let mut page = Page::new(envelope.objects, next_cursor);
            page.rejected = envelope.rejected;
            return check_length(page, self.0.page_length_max);
        }
        Err(circles())
    }
}

/// Where the next question begins. The cursor of a page is its text.
#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    added_after: Option<Timestamp>,
    next: Option<String>,
    /// How often the same `next` was given again. It makes the cursors of such a server differ.
    turn: u32,
}

impl Place {
    fn filter(&self, request: &PageRequest) -> TaxiiFilter {
        let mut filter = TaxiiFilter::default();
        filter.limit = request.limit;
        filter.types.clone_from(&request.types);
        filter.added_after = self.added_after;
        filter.next.clone_from(&self.next);
        filter
    }

    /// The place behind an answer; `None` when the server does not tell it.
    fn following(&self, envelope: &Envelope, last_added: Option<Timestamp>) -> Option<Self> {
        match (&envelope.next, last_added) {
            (Some(next), _) => {
                let is_same = self.next.as_ref() == Some(next);
                let turn = if is_same && !envelope.objects.is_empty() {
                    self.turn.saturating_add(1)
                } else {
                    0
                };
                Some(Self { added_after: self.added_after, next: Some(next.clone()), turn })
            }
            (None, Some(last)) => Some(Self { added_after: Some(last), ..Self::default() }),
            (None, None) => None,
        }
    }

    /// Three fields with bars between them; what the server said under `next` comes last, since it may hold anything.
    fn write(&self) -> Result<Cursor> {
        let after = self.added_after.map(|at| at.to_string()).unwrap_or_default();
        let next = self.next.as_deref().unwrap_or_default();
        Cursor::new(format!("{after}|{}|{next}", self.turn)).map_err(|error| {
            let message = format!("the answer's `next` cannot be kept: {error}");
            Error::new(ErrorKind::Protocol, message).with_field("next")
        })
    }

    fn read(cursor: &Cursor) -> Result<Self> {
        let wrong = || Error::invalid("cursor", "it is none of this source");
        let (after, rest) = cursor.as_str().split_once('|').ok_or_else(wrong)?;
        let (turn, next) = rest.split_once('|').ok_or_else(wrong)?;
        let turn = turn.parse().map_err(|_| wrong())?;
        let added_after = match after {
            "" => None,
            text => Some(text.parse().map_err(|_| wrong())?),
        };
        Ok(Self { added_after, next: Some(next.to_owned()).filter(|next| !next.is_empty()), turn })
    }
}

fn refuse_filters(request: &PageRequest) -> Result<()> {
    let asked = [
        (!request.observable_types.is_empty(), "observable_types"),
        (request.include_revoked == Some(false), "include_revoked"),
        (request.skip_expired == Some(true), "skip_expired"),
        (request.latest == Some(true), "latest"),
    ];
    match asked.iter().find(|(is_asked, _)| *is_asked) {
        Some((_, name)) => {
            Err(Error::unsupported(format_args!("`{name}` of a TAXII collection"))
                .with_field(*name))
        }
        None => Ok(()),
    }
}

fn circles() -> Error {
    let message = "the server promises more objects, and does not say where they begin";
    Error::new(ErrorKind::Protocol, message).with_field("next")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        // Catches a place that is lost in its cursor, whatever the server says under `next`.
        #[test]
        fn places_survive_their_cursor(seconds in prop::option::of(0i64..4_000_000_000), next in prop::option::of("[^\\x00-\\x1f\\x7f-\\x9f]{1,40}"), turn: u32) {
            let added_after = seconds.and_then(|seconds| Timestamp::from_unix(seconds, 0));
            let place = Place { added_after, next, turn };
            prop_assert_eq!(Place::read(&place.write().unwrap()).unwrap(), place);
        }
    }

    // Catches a cursor of another source that is taken.
    #[test]
    fn cursors_of_other_sources_are_refused() {
        for text in ["MjAyMi0wMS0wMVQwMDowMDowMFo=", "yesterday|0|", "|x|y", "|0"] {
            let error = Place::read(&Cursor::new(text).unwrap()).unwrap_err();
            assert_eq!(error.field(), Some("cursor"));
        }
    }
}
