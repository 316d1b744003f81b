//! Which roles a replica plays.

use std::sync::Arc;

use inthreat_api::{
    LiveCollections, ObjectDetails, ObjectSearch, Observables, Relationships, Reports, Roles,
};

use crate::replica::Replica;

/// A replica reads and searches. It exports nothing, keeps no collections of indicators, and knows no accounts.
impl Roles for Replica {
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

    fn of_community(&self, uuid: &str) -> Option<Arc<dyn Roles>> {
        Some(Arc::new(self.for_community(uuid)))
    }
}
