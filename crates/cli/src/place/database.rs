//! Objects, cursors and quarantine in one place, be it a replica or a server.

use inthreat_store::{Holdings, Quarantine, TransactionalSink};

/// What keeps objects with their cursors, can be compared with its source, and has a quarantine.
pub(crate) trait Database: TransactionalSink + Holdings + Quarantine {}

impl<T: TransactionalSink + Holdings + Quarantine> Database for T {}
