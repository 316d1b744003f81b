//! Which roles a replica plays.

use inthreat_api::{
    IocCollections, LiveCollections, ObjectDetails, ObjectSearch, Observables, Relationships,
    Reports, Roles,
};

use crate::replica::Replica;

/// A replica reads, searches and keeps collections of indicators. It exports nothing and knows no accounts.
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

    fn as_ioc_collections(&self) -> Option<&dyn IocCollections> {
        Some(self)
    }
}
