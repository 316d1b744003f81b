//! What a feed in CSV or by a template can tell of an object.

use std::fmt;

macro_rules! fields {
    ($($variant:ident $text:literal $doc:literal;)*) => {
        /// A column of a feed in CSV, and a variable of a feed's template (CONTRACT 3.1).
        ///
        /// ```
        /// use inthreat_api::FeedField;
        ///
        /// assert_eq!(FeedField::from_name("kill_chain"), Some(FeedField::KillChain));
        /// assert_eq!(FeedField::from_name("Name"), None);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FeedField {
            $(#[doc = $doc] $variant,)*
        }

        impl FeedField {
            /// Every field, in the order that a feed has that names none.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The field as the service writes it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The field of this name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

fields! {
    Id "id" "The identifier.";
    Type "type" "The STIX type.";
    Name "name" "The name.";
    Created "created" "When the object was created.";
    Modified "modified" "When it was last changed.";
    Confidence "confidence" "How much its creator trusts it, 0 to 100.";
    Tlp "tlp" "The names of its TLP markings.";
    Sources "sources" "The names of the identities that it comes from.";
    KillChain "kill_chain" "Its kill chain phases, each as `<kill chain>:<phase>`.";
    PatternType "pattern_type" "The language of its pattern.";
    Pattern "pattern" "Its pattern.";
    ObservableTypes "observable_types" "The types of the observables in its pattern.";
    Observables "observables" "The values that its pattern compares for equality.";
    ValidFrom "valid_from" "From when on it is valid.";
    ValidUntil "valid_until" "From when on it no longer is.";
    FirstSeen "first_seen" "When it was first seen.";
    LastSeen "last_seen" "When it was last seen.";
}

impl fmt::Display for FeedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a field whose name is misspelled or stands twice, and one that the contract has and we have not.
    #[test]
    fn every_field_of_the_contract_is_known_by_its_name() {
        let documented = "sources modified pattern tlp last_seen type kill_chain valid_until first_seen name \
                          observable_types valid_from id pattern_type created observables confidence";
        for name in documented.split_whitespace() {
            assert_eq!(FeedField::from_name(name).map(FeedField::as_str), Some(name));
        }
        assert_eq!(FeedField::ALL.len(), documented.split_whitespace().count());
    }
}
