//! The service's own dialect of STIX (CONTRACT 5): well-known objects and its rewriting of patterns.

mod traffic;

pub use traffic::plain_network_traffic;

/// The marking definitions of the Traffic Light Protocol (CONTRACT 5.4): name and identifier, least restricted first.
pub const TLP_MARKINGS: [(&str, &str); 4] = [
    ("white", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"),
    ("green", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"),
    ("amber", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"),
    ("red", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
];
