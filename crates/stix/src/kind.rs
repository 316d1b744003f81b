//! The types of objects that STIX 2.1 defines, and room for every other.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::SpecVersion;

/// What family of objects a [`Kind`] belongs to (STIX 2.1, section 1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Category {
    /// A STIX Domain Object (section 4), such as `indicator`.
    Domain,
    /// A STIX Relationship Object (section 5): `relationship` or `sighting`.
    Relationship,
    /// A STIX Cyber-observable Object (section 6), such as `ipv4-addr`.
    Observable,
    /// A STIX Meta Object (section 7), such as `marking-definition`.
    Meta,
    /// The bundle (section 8), which is a container and not an object.
    Bundle,
    /// A type that the specification does not define.
    Custom,
}

macro_rules! kinds {
    ($($variant:ident $text:literal $category:ident;)*) => {
        /// The `type` of an object: one of those that STIX 2.1 defines, or any other text.
        ///
        /// ```
        /// use inthreat_stix::{Category, Kind};
        ///
        /// assert_eq!(Kind::from("ipv4-addr"), Kind::Ipv4Addr);
        /// assert_eq!(Kind::from("x-mitre-tactic").as_str(), "x-mitre-tactic");
        /// assert_eq!(Kind::from("x-mitre-tactic").category(), Category::Custom);
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Kind {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
            /// A type that the specification does not define; never the text of a variant above.
            Custom(Box<str>),
        }

        impl Kind {
            /// Every type that the specification defines, in its order.
            pub const DEFINED: &[Self] = &[$(Self::$variant,)*];

            /// The type as it is written in an object.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Custom(text) => text,
                }
            }

            /// The family that the type belongs to.
            pub fn category(&self) -> Category {
                match self {
                    $(Self::$variant => Category::$category,)*
                    Self::Custom(_) => Category::Custom,
                }
            }
        }

        impl From<&str> for Kind {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Custom(text.into()),
                }
            }
        }
    };
}

kinds! {
    AttackPattern "attack-pattern" Domain;
    Campaign "campaign" Domain;
    CourseOfAction "course-of-action" Domain;
    Grouping "grouping" Domain;
    Identity "identity" Domain;
    Incident "incident" Domain;
    Indicator "indicator" Domain;
    Infrastructure "infrastructure" Domain;
    IntrusionSet "intrusion-set" Domain;
    Location "location" Domain;
    Malware "malware" Domain;
    MalwareAnalysis "malware-analysis" Domain;
    Note "note" Domain;
    ObservedData "observed-data" Domain;
    Opinion "opinion" Domain;
    Report "report" Domain;
    ThreatActor "threat-actor" Domain;
    Tool "tool" Domain;
    Vulnerability "vulnerability" Domain;
    Relationship "relationship" Relationship;
    Sighting "sighting" Relationship;
    Artifact "artifact" Observable;
    AutonomousSystem "autonomous-system" Observable;
    Directory "directory" Observable;
    DomainName "domain-name" Observable;
    EmailAddr "email-addr" Observable;
    EmailMessage "email-message" Observable;
    File "file" Observable;
    Ipv4Addr "ipv4-addr" Observable;
    Ipv6Addr "ipv6-addr" Observable;
    MacAddr "mac-addr" Observable;
    Mutex "mutex" Observable;
    NetworkTraffic "network-traffic" Observable;
    Process "process" Observable;
    Software "software" Observable;
    Url "url" Observable;
    UserAccount "user-account" Observable;
    WindowsRegistryKey "windows-registry-key" Observable;
    X509Certificate "x509-certificate" Observable;
    ExtensionDefinition "extension-definition" Meta;
    LanguageContent "language-content" Meta;
    MarkingDefinition "marking-definition" Meta;
    Bundle "bundle" Bundle;
}

impl Kind {
    /// Whether this version of the specification defines the type. STIX 2.0 has fewer than 2.1.
    ///
    /// ```
    /// use inthreat_stix::{Kind, SpecVersion};
    ///
    /// assert!(Kind::Location.is_defined(SpecVersion::V21));
    /// assert!(!Kind::Location.is_defined(SpecVersion::V20));
    /// ```
    pub fn is_defined(&self, version: SpecVersion) -> bool {
        let is_new = matches!(
            self,
            Self::Grouping
                | Self::Incident
                | Self::Infrastructure
                | Self::Location
                | Self::MalwareAnalysis
                | Self::Note
                | Self::Opinion
                | Self::ExtensionDefinition
                | Self::LanguageContent
        );
        self.category() != Category::Custom && (version >= SpecVersion::V21 || !is_new)
    }

    /// Whether this version of the specification has it as a STIX Domain Object. Meta objects are none, also not
    /// `extension-definition`, which python-stix2 counts among them.
    pub fn is_sdo(&self, version: SpecVersion) -> bool {
        self.category() == Category::Domain && self.is_defined(version)
    }

    /// Whether this version of the specification has it as a STIX Cyber-observable Object.
    pub fn is_sco(&self, version: SpecVersion) -> bool {
        self.category() == Category::Observable && self.is_defined(version)
    }

    /// Whether this version of the specification has it as a STIX Relationship Object.
    pub fn is_sro(&self, version: SpecVersion) -> bool {
        self.category() == Category::Relationship && self.is_defined(version)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a variant whose text is misspelled or listed twice.
    #[test]
    fn every_defined_kind_survives_its_text() {
        for kind in Kind::DEFINED {
            assert_eq!(Kind::from(kind.as_str()), *kind);
        }
        let count = |category| Kind::DEFINED.iter().filter(|k| k.category() == category).count();
        assert_eq!(count(Category::Domain), 19);
        assert_eq!(count(Category::Relationship), 2);
        assert_eq!(count(Category::Observable), 18);
    }
}
