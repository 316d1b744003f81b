//! Which roles a replica plays.

use std::sync::Arc;

use async_trait::async_trait;
use inthreat_api::{
    Arrivals, IocCollections, LiveCollections, ObjectDetails, ObjectSearch, Observables,
    PageRequest, Relationships, Reports, Result, Roles,
};

use crate::replica::Replica;

/// A replica reads, searches and keeps collections of indicators. It exports nothing and knows no accounts.
#[async_trait]
impl Roles for Replica {
    /// Counts the commits to the database, whoever made them. A page that leaves out what has expired depends on the time.
    async fn page_version(&self, request: &PageRequest) -> Result<Option<u64>> {
        self.version_briefly(request)
            .await
            .map_err(|fault| fault.into_api("look for changes of", self.folder()))
    }

    /// Counts the commits to the database, whoever made them. There is none while something that was stored cannot be found yet.
    async fn state_version(&self) -> Result<Option<u64>> {
        let version = self.state_version_briefly().await;
        version.map_err(|fault| fault.into_api("look for changes of", self.folder()))
    }

    fn as_live_collections(&self) -> Option<&dyn LiveCollections> {
        Some(self)
    }

    fn as_object_search(&self) -> Option<&dyn ObjectSearch> {
        Some(self)
    }

    fn as_object_details(&self) -> Option<&dyn ObjectDetails> {
        Some(self)
    }

    fn as_relationships(&self) -> Option<&dyn Relationships> {
        Some(self)
    }

    fn as_reports(&self) -> Option<&dyn Reports> {
        Some(self)
    }

    fn as_observables(&self) -> Option<&dyn Observables> {
        Some(self)
    }

    fn as_ioc_collections(&self) -> Option<&dyn IocCollections> {
        Some(self)
    }

    fn as_arrivals(&self) -> Option<&dyn Arrivals> {
        Some(self)
    }

    fn of_community(&self, uuid: &str) -> Option<Arc<dyn Roles>> {
        Some(Arc::new(self.for_community(uuid)))
    }
}
