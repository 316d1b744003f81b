//! One page on its way from the source: filtered, and completed with what it refers to.

use std::sync::Arc;

use inthreat_api::{self as api, Collections, PageRequest, Timer};
use inthreat_stix::{RawObject, Timestamp};

use crate::{Filter, resolve::Resolver, step::Fetched};

/// Everything that is done to a page before it meets the step function.
#[derive(Clone)]
pub(super) struct Fetcher {
    pub(super) source: Arc<dyn Collections>,
    pub(super) filter: Filter,
    pub(super) resolver: Option<Arc<Resolver>>,
    pub(super) timer: Arc<dyn Timer>,
    /// Objects of this `modified` or later are left out.
    pub(super) until: Option<Timestamp>,
}

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    Page(api::Error),
    /// What the page refers to could not be fetched.
    Resolve(api::Error),
}

impl Fetcher {
    pub(super) async fn fetch(self, request: PageRequest) -> Result<Fetched, Failure> {
        let begun = self.timer.elapsed();
        let page = self.source.page(request).await.map_err(Failure::Page)?;
        let now = self.timer.unix_seconds();
        let mut fetched = Fetched::from(page);
        let objects = &mut fetched.page.objects;
        // An instant that lies ahead is a mistake, and would be taken for news that was delivered.
        let dates = objects.iter().filter_map(RawObject::modified);
        fetched.newest =
            dates.filter(|at| at.seconds() <= now && self.until.is_none_or(|end| *at < end)).max();
        let before = objects.len();
        if let Some(until) = self.until {
            objects.retain(|object| object.modified().is_none_or(|at| at < until));
        }
        let beyond = (before - objects.len()) as u64;
        fetched.is_beyond = beyond > 0;
        fetched.dropped = self.filter.apply(objects, now);
        fetched.dropped.beyond = beyond;
        if let Some(resolver) = &self.resolver {
            let resolved = resolver.resolve(objects).await.map_err(Failure::Resolve)?;
            fetched.resolved = resolved.objects;
            fetched.unresolved = resolved.missing;
            // What is asked for by its id need not have the types of the feed, but it is not for everyone either.
            let ceiling = Filter::default().with_tlp_max(self.filter.tlp_max);
            fetched.dropped += ceiling.apply(&mut fetched.resolved, now);
        }
        fetched.took = self.timer.elapsed().saturating_sub(begun);
        Ok(fetched)
    }
}
