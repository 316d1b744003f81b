//! Which roles an Intelligence Center plays besides those that all of them do.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Account, Arrivals, Exports, IntelligenceCenter, IocCollections, LiveCollections, ObjectDetails,
    ObjectSearch, Observables, PageRequest, Relationships, Reports, Result,
};

/// An Intelligence Center that tells which further roles it plays.
///
/// Each method answers `None` where the role is not played; that is what every one does until it is written. Whoever
/// takes any center takes a `dyn Roles`, which is a `dyn IntelligenceCenter` too.
///
/// ```
/// use std::sync::Arc;
///
/// use inthreat_api::{IntelligenceCenter, NamedRequest, Result, Roles};
///
/// async fn sources(center: &dyn Roles) -> Result<usize> {
///     let Some(search) = center.as_object_search() else { return Ok(0) };
///     Ok(search.sources(NamedRequest::default()).await?.items.len())
/// }
///
/// fn without_roles(center: Arc<dyn Roles>) -> Arc<dyn IntelligenceCenter> {
///     center
/// }
/// ```
#[async_trait]
pub trait Roles: IntelligenceCenter {
    /// A number for the state that a page of a feed is made of, so that whoever keeps pages need not read one again.
    ///
    /// As long as it is the same, [`page`](crate::Collections::page) and
    /// [`formatted_page`](crate::FormattedPages::formatted_page) give the same answer to this question and to those that
    /// differ from it in cursor, limit, types and `modified_after` alone,
    /// [`objects`](crate::Objects::objects) give the same objects, and [`Arrivals`] the same about this feed. It may change
    /// without need, means nothing to another process or center, and is much cheaper than the page. `None`, which is what is
    /// answered until the method is written: nobody can tell, or the page depends on the time. Fails as the page would where
    /// its feed does not exist.
    async fn page_version(&self, request: &PageRequest) -> Result<Option<u64>> {
        let _ = request;
        Ok(None)
    }

    /// A number for the state that objects, relationships, contexts and look-ups are answered from, so that whoever keeps such
    /// answers need not ask again.
    ///
    /// As long as it is the same, every method of [`Objects`](crate::Objects) and [`Indicators`](crate::Indicators) gives the
    /// same answer to the same question. It may change without need, means nothing to another process or center, and is much
    /// cheaper than an answer. `None`, which is what is answered until the method is written: nobody can tell.
    async fn state_version(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Reads pages other than those of feeds.
    fn as_live_collections(&self) -> Option<&dyn LiveCollections> {
        None
    }

    /// Lists and searches objects.
    fn as_object_search(&self) -> Option<&dyn ObjectSearch> {
        None
    }

    /// Tells what belongs to one object.
    fn as_object_details(&self) -> Option<&dyn ObjectDetails> {
        None
    }

    /// Lists relationships.
    fn as_relationships(&self) -> Option<&dyn Relationships> {
        None
    }

    /// Reads reports.
    fn as_reports(&self) -> Option<&dyn Reports> {
        None
    }

    /// Reads observables.
    fn as_observables(&self) -> Option<&dyn Observables> {
        None
    }

    /// Gives files: exports, and those that come with objects.
    fn as_exports(&self) -> Option<&dyn Exports> {
        None
    }

    /// Manages a community's own indicators.
    fn as_ioc_collections(&self) -> Option<&dyn IocCollections> {
        None
    }

    /// Tells when what arrived.
    fn as_arrivals(&self) -> Option<&dyn Arrivals> {
        None
    }

    /// Tells whose key it is.
    fn as_account(&self) -> Option<&dyn Account> {
        None
    }

    /// The same center as the community with this UUID sees it: the default feed, and of everything that belongs to a
    /// community (feeds, IOC collections) what belongs to this one and nothing else, whatever cursor comes with a question;
    /// what is made by way of it belongs to this community. `None` where the center does not tell communities apart.
    fn of_community(&self, _uuid: &str) -> Option<Arc<dyn Roles>> {
        None
    }
}

#[cfg(feature = "mocks")]
impl Roles for crate::MockIntelligenceCenter {}
