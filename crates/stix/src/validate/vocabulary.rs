//! The vocabularies of STIX 2.0 that differ from those of STIX 2.1, which are in [`crate::vocabulary`].

/// `indicator-label-ov` of STIX 2.0.
pub(super) const INDICATOR_LABEL: &[&str] = &[
    "anomalous-activity",
    "anonymization",
    "benign",
    "compromised",
    "malicious-activity",
    "attribution",
];

/// `malware-label-ov` of STIX 2.0.
pub(super) const MALWARE_LABEL: &[&str] = &[
    "adware",
    "backdoor",
    "bot",
    "ddos",
    "dropper",
    "exploit-kit",
    "keylogger",
    "ransomware",
    "remote-access-trojan",
    "resource-exploitation",
    "rogue-security-software",
    "rootkit",
    "screen-capture",
    "spyware",
    "trojan",
    "virus",
    "worm",
];

/// `report-label-ov` of STIX 2.0.
pub(super) const REPORT_LABEL: &[&str] = &[
    "threat-report",
    "attack-pattern",
    "campaign",
    "identity",
    "indicator",
    "malware",
    "observed-data",
    "threat-actor",
    "tool",
    "vulnerability",
];

/// `threat-actor-label-ov` of STIX 2.0.
pub(super) const THREAT_ACTOR_LABEL: &[&str] = &[
    "activist",
    "competitor",
    "crime-syndicate",
    "criminal",
    "hacker",
    "insider-accidental",
    "insider-disgruntled",
    "nation-state",
    "sensationalist",
    "spy",
    "terrorist",
];

/// `tool-label-ov` of STIX 2.0.
pub(super) const TOOL_LABEL: &[&str] = &[
    "denial-of-service",
    "exploitation",
    "information-gathering",
    "network-capture",
    "credential-exploitation",
    "remote-access",
    "vulnerability-scanning",
];

/// `identity-class-ov` of STIX 2.0.
pub(super) const IDENTITY_CLASS_20: &[&str] =
    &["individual", "group", "organization", "class", "unknown"];

/// `industry-sector-ov` of STIX 2.0.
pub(super) const INDUSTRY_SECTOR_20: &[&str] = &[
    "agriculture",
    "aerospace",
    "automotive",
    "communications",
    "construction",
    "defence",
    "education",
    "energy",
    "entertainment",
    "financial-services",
    "government-national",
    "government-regional",
    "government-local",
    "government-public-services",
    "healthcare",
    "hospitality-leisure",
    "infrastructure",
    "insurance",
    "manufacturing",
    "mining",
    "non-profit",
    "pharmaceuticals",
    "retail",
    "technology",
    "telecommunications",
    "transportation",
    "utilities",
];

/// `hash-algo-ov` of STIX 2.0.
pub(super) const HASH_ALGORITHM_20: &[&str] = &[
    "MD5",
    "MD6",
    "RIPEMD-160",
    "SHA-1",
    "SHA-224",
    "SHA-256",
    "SHA-384",
    "SHA-512",
    "SHA3-224",
    "SHA3-256",
    "SHA3-384",
    "SHA3-512",
    "ssdeep",
    "WHIRLPOOL",
];

/// `account-type-ov` of STIX 2.0.
pub(super) const ACCOUNT_TYPE_20: &[&str] = &[
    "unix",
    "windows-local",
    "windows-domain",
    "ldap",
    "tacacs",
    "radius",
    "nis",
    "openid",
    "facebook",
    "skype",
    "twitter",
];

/// The protocol families of STIX 2.0.
pub(super) const NETWORK_SOCKET_PROTOCOL_FAMILY: &[&str] = &[
    "PF_INET",
    "PF_AX25",
    "PF_IPX",
    "PF_INET6",
    "PF_APPLETALK",
    "PF_NETROM",
    "PF_BRIDGE",
    "PF_ATMPVC",
    "PF_X25",
    "PF_ROSE",
    "PF_DECNET",
    "PF_NETBEUI",
    "PF_SECURITY",
    "PF_KEY",
    "PF_NETLINK",
    "PF_ROUTE",
    "PF_PACKET",
    "PF_ASH",
    "PF_ECONET",
    "PF_ATMSVC",
    "PF_SNA",
    "PF_IRDA",
    "PF_PPPOX",
    "PF_WANPIPE",
    "PF_BLUETOOTH",
];
