//! STIX Cyber-observable Objects that describe networks (STIX 2.1, section 6).

use super::{Common, Dictionary, Json, object};
use crate::{Id, Timestamp};

object! {
    /// An autonomous system of the Internet (section 6.2).
    AutonomousSystem "autonomous-system" observable(number: u64) {
        /// The number.
        number with_number: u64;
        /// The name.
        name with_name: String;
        /// The Regional Internet Registry that assigned the number.
        rir with_rir: String;
    }
}

object! {
    /// A domain name (section 6.4).
    DomainName "domain-name" observable(value: String) {
        /// The name.
        value with_value: String;
        /// The addresses and names that it resolves to. Deprecated in favour of relationships.
        resolves_to_refs with_resolves_to_refs: Vec<Id>;
    }
}

object! {
    /// An IPv4 address or network (section 6.8).
    Ipv4Addr "ipv4-addr" observable(value: String) {
        /// The address, or a network in CIDR notation.
        value with_value: String;
        /// The MAC addresses that it resolves to. Deprecated in favour of relationships.
        resolves_to_refs with_resolves_to_refs: Vec<Id>;
        /// The autonomous systems that it belongs to. Deprecated in favour of relationships.
        belongs_to_refs with_belongs_to_refs: Vec<Id>;
    }
}

object! {
    /// An IPv6 address or network (section 6.9).
    Ipv6Addr "ipv6-addr" observable(value: String) {
        /// The address, or a network in CIDR notation.
        value with_value: String;
        /// The MAC addresses that it resolves to. Deprecated in favour of relationships.
        resolves_to_refs with_resolves_to_refs: Vec<Id>;
        /// The autonomous systems that it belongs to. Deprecated in favour of relationships.
        belongs_to_refs with_belongs_to_refs: Vec<Id>;
    }
}

object! {
    /// A MAC address (section 6.10).
    MacAddr "mac-addr" observable(value: String) {
        /// The address: six groups of two hexadecimal digits in lower case, with colons between them.
        value with_value: String;
    }
}

object! {
    /// A URL (section 6.15).
    Url "url" observable(value: String) {
        /// The address.
        value with_value: String;
    }
}

object! {
    /// Traffic between two ends of a network (section 6.12): protocols and one of the ends at least.
    NetworkTraffic "network-traffic" observable {
        /// When it began.
        start with_start: Timestamp;
        /// When it ended; not before `start`.
        end with_end: Timestamp;
        /// Whether it goes on.
        is_active with_is_active: bool;
        /// Where it comes from: an address or a domain name.
        src_ref with_src_ref: Id;
        /// Where it goes to: an address or a domain name.
        dst_ref with_dst_ref: Id;
        /// The port that it comes from.
        src_port with_src_port: u16;
        /// The port that it goes to.
        dst_port with_dst_port: u16;
        /// The protocols, from the outermost to the innermost, as IANA names them.
        protocols with_protocols: Vec<String>;
        /// How many bytes the source sent.
        src_byte_count with_src_byte_count: u64;
        /// How many bytes the destination sent.
        dst_byte_count with_dst_byte_count: u64;
        /// How many packets the source sent.
        src_packets with_src_packets: u64;
        /// How many packets the destination sent.
        dst_packets with_dst_packets: u64;
        /// IPFIX data: strings and integers by their names.
        ipfix with_ipfix: Dictionary<Json>;
        /// What the source sent.
        src_payload_ref with_src_payload_ref: Id;
        /// What the destination sent.
        dst_payload_ref with_dst_payload_ref: Id;
        /// The traffic within this.
        encapsulates_refs with_encapsulates_refs: Vec<Id>;
        /// The traffic around this.
        encapsulated_by_ref with_encapsulated_by_ref: Id;
    }
}

impl NetworkTraffic {
    /// Traffic from this address or domain name.
    pub fn from_source(protocols: impl Into<Vec<String>>, src_ref: Id) -> Self {
        let (protocols, src_ref) = (Some(protocols.into()), Some(src_ref));
        Self { src_ref, protocols, ..Self::bare(Common::of_observable()) }
    }

    /// Traffic to this address or domain name.
    pub fn to_destination(protocols: impl Into<Vec<String>>, dst_ref: Id) -> Self {
        let (protocols, dst_ref) = (Some(protocols.into()), Some(dst_ref));
        Self { dst_ref, protocols, ..Self::bare(Common::of_observable()) }
    }
}
