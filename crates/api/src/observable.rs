//! What is looked up: a type and a value.

use std::fmt;

macro_rules! observable_types {
    ($($variant:ident $text:literal;)*) => {
        /// The type of an [`Observable`] (CONTRACT 3.2). The service's list may grow, so every other text is kept.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum ObservableType {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
            /// A type that this version does not know; never the text of a variant above.
            Other(Box<str>),
        }

        impl ObservableType {
            /// Every type that the service documents.
            pub const KNOWN: &[Self] = &[$(Self::$variant,)*];

            /// The type as the service writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for ObservableType {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text.into()),
                }
            }
        }
    };
}

observable_types! {
    Individual "individual";
    X509Certificate "x509-certificate";
    MacAddr "mac-addr";
    Software "software";
    Process "process";
    WindowsRegistryKey "windows-registry-key";
    EmailMessage "email-message";
    Text "text";
    Mutex "mutex";
    Url "url";
    PhoneNumber "phone-number";
    Ipv4Addr "ipv4-addr";
    Address "address";
    File "file";
    DomainName "domain-name";
    UserAccount "user-account";
    ObservableRelationship "observable-relationship";
    Artifact "artifact";
    Ipv6Addr "ipv6-addr";
    Directory "directory";
    AutonomousSystem "autonomous-system";
    Filename "filename";
    Organization "organization";
    EmailAddr "email-addr";
}

impl fmt::Display for ObservableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is looked up: a type and a value, the value as the user has it.
///
/// ```
/// use inthreat_api::{Observable, ObservableType};
///
/// let observable = Observable::new(ObservableType::DomainName, "api.ontracting.com");
/// assert_eq!(observable.to_string(), "domain-name `api.ontracting.com`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Observable {
    /// The type; a file is found by any of its hashes.
    pub observable_type: ObservableType,
    /// The value, such as an address or a hash.
    pub value: String,
}

impl Observable {
    /// A value of this type.
    pub fn new(observable_type: ObservableType, value: impl Into<String>) -> Self {
        Self { observable_type, value: value.into() }
    }
}

impl fmt::Display for Observable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.observable_type, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a type whose text is misspelled or listed twice.
    #[test]
    fn every_type_survives_its_text() {
        assert_eq!(ObservableType::KNOWN.len(), 24);
        for known in ObservableType::KNOWN {
            assert_eq!(ObservableType::from(known.as_str()), *known);
        }
    }
}
