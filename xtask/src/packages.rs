//! The packages of the workspace that others build on.

/// The crates that people embed: each builds alone, and its public interface is kept in a file.
pub(crate) const EMBEDDED: &[&str] = &[
    "inthreat-stix",
    "inthreat-api",
    "inthreat-wire",
    "inthreat-store",
    "inthreat-misp",
    "inthreat-http",
    "inthreat-feed",
    "inthreat-replica",
    "inthreat-server",
    "inthreat-postgres",
    "inthreat-redis",
    "inthreat-nats",
];
