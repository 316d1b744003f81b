//! What validation finds.

use std::fmt;

/// How much a [`Finding`] weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Severity {
    /// What the specification recommends (SHOULD) is not done.
    Warning,
    /// What the specification requires (MUST) is not done: the object does not conform.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident $text:literal $severity:ident;)*) => {
        /// What is wrong, as a name that programs can rely on: it does not change between versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as text, such as `required-property`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// How much findings of this code weigh.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$variant => Severity::$severity,)*
                }
            }
        }
    };
}

codes! {
    /// The text is no JSON that can be walked: nested too deep, or half of a surrogate pair in it.
    Json "json" Error;
    /// A property occurs twice in one object.
    DuplicateProperty "duplicate-property" Error;
    /// A property that the type requires is absent.
    RequiredProperty "required-property" Error;
    /// None of several properties is present, or more of them than may be.
    PropertyCombination "property-combination" Error;
    /// A value has another JSON type than the property asks for.
    WrongType "wrong-type" Error;
    /// A value is `null`, which STIX does not know.
    NullValue "null-value" Error;
    /// A list has no items.
    EmptyList "empty-list" Error;
    /// A dictionary has no entries, or an object that needs properties has none.
    EmptyObject "empty-object" Error;
    /// The name of a property is not made of `a-z`, `0-9` and `_`, or too short or too long.
    PropertyName "property-name" Error;
    /// A property that the specification reserves for later versions.
    ReservedProperty "reserved-property" Error;
    /// A property that is not allowed where it stands.
    UnexpectedProperty "unexpected-property" Error;
    /// The type of an object is misspelled, unknown where none may be, or reserved.
    TypeName "type-name" Error;
    /// `spec_version` does not fit.
    SpecVersion "spec-version" Error;
    /// An identifier is not `<type>--<UUID>`.
    Identifier "identifier" Error;
    /// The identifier of an object does not begin with its type.
    IdentifierType "identifier-type" Error;
    /// The UUID is of a version that the object may not have.
    IdentifierVersion "identifier-version" Error;
    /// A reference points to a type that it may not point to.
    ReferenceType "reference-type" Error;
    /// A reference within `objects` of an `observed-data` points nowhere.
    UnresolvedReference "unresolved-reference" Error;
    /// A timestamp is malformed or does not exist.
    Timestamp "timestamp" Error;
    /// A timestamp has more or fewer digits than it must.
    TimestampPrecision "timestamp-precision" Error;
    /// Two timestamps are in the wrong order.
    TimestampOrder "timestamp-order" Error;
    /// A number is out of its range.
    NumberRange "number-range" Error;
    /// A value is not a word of its enumeration.
    Enumeration "enumeration" Error;
    /// A string is not hexadecimal.
    Hex "hex" Error;
    /// A string is not base64.
    Base64 "base64" Error;
    /// A hash has not the form that its algorithm gives.
    HashValue "hash-value" Error;
    /// A string is no URI (RFC 3986).
    Uri "uri" Error;
    /// A string is no mailbox address (`addr-spec` of RFC 5322).
    EmailAddress "email-address" Error;
    /// A string is no domain name (RFC 1034, RFC 5890).
    DomainName "domain-name" Error;
    /// A string is no IP address or block of addresses.
    IpAddress "ip-address" Error;
    /// A string is no MAC address in lower case.
    MacAddress "mac-address" Error;
    /// A string is no CPE 2.3 name.
    Cpe "cpe" Error;
    /// A string is no language tag (RFC 5646).
    Language "language" Error;
    /// A string is no character set that IANA knows.
    Charset "charset" Error;
    /// A string is no media type.
    MediaType "media-type" Error;
    /// The hive of a registry key is abbreviated.
    RegistryHive "registry-hive" Error;
    /// A key of a dictionary is malformed or not allowed.
    DictionaryKey "dictionary-key" Error;
    /// An external reference to CVE or CAPEC is not written as such.
    ExternalReference "external-reference" Error;
    /// A selector is malformed or selects nothing.
    Selector "selector" Error;
    /// A marking definition marks itself.
    CircularMarking "circular-marking" Error;
    /// A marking definition is incomplete or imitates one of the TLP.
    MarkingDefinition "marking-definition" Error;
    /// The name or the type of an extension is malformed.
    Extension "extension" Error;
    /// The pattern of an indicator is not one.
    Pattern "pattern" Error;
    /// What a bundle holds is no object.
    BundleItem "bundle-item" Error;

    /// A word that the open vocabulary does not have.
    OpenVocabulary "open-vocabulary" Warning;
    /// A hash algorithm that the vocabulary does not have.
    HashAlgorithm "hash-algorithm" Warning;
    /// A property that the specification does not define, without an extension that would.
    CustomProperty "custom-property" Warning;
    /// A type that the specification does not define, without an extension that would.
    CustomType "custom-type" Warning;
    /// A property that the specification deprecates.
    Deprecated "deprecated" Warning;
    /// A kind of UUID that is not recommended here.
    IdentifierRecommended "identifier-recommended" Warning;
    /// A relationship that the specification does not define between these types.
    RelationshipType "relationship-type" Warning;
    /// An identifier and version occur twice in a bundle.
    DuplicateObject "duplicate-object" Warning;
    /// A name that should be in lower case, with hyphens.
    NameStyle "name-style" Warning;
    /// A property that should be present is absent.
    RecommendedProperty "recommended-property" Warning;
    /// A media type that is not of the form `type/subtype`.
    MediaTypeForm "media-type-form" Warning;
    /// A country that is no code of ISO 3166-1 alpha-2.
    Country "country" Warning;
    /// A pattern that can be read and that nothing will ever match.
    PatternMeaning "pattern-meaning" Warning;
    /// A type of marking that the specification does not define.
    MarkingType "marking-type" Warning;
    /// A reference that nothing in the bundle answers. Only reported on request.
    MissingObject "missing-object" Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that validation found: what, where, and which section of the specification says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    code: Code,
    pointer: String,
    section: &'static str,
    message: String,
}

impl Finding {
    pub(super) fn new(code: Code, pointer: String, section: &'static str, message: String) -> Self {
        Self { code, pointer, section, message }
    }

    /// What is wrong, for programs.
    pub fn code(&self) -> Code {
        self.code
    }

    /// How much it weighs.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The place in the object as a JSON pointer (RFC 6901), such as `/external_references/0/url`; empty for
    /// the object itself.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The section of STIX 2.1 that the finding rests on, such as `4.7`.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// What is wrong, for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(
            f,
            "{}: {place}: {} [{}, STIX 2.1 section {}]",
            self.severity(),
            self.message,
            self.code,
            self.section
        )
    }
}

/// What validation found in one object or bundle, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub(super) findings: Vec<Finding>,
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Report {
    /// Whether nothing was found that the specification forbids; warnings may be there.
    pub fn is_valid(&self) -> bool {
        self.errors == 0
    }

    /// What was found, up to [`super::Options::findings_max`].
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings that make the object invalid.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Error)
    }

    /// The findings that do not.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity() == Severity::Warning)
    }

    /// How many findings make the object invalid, those that were not kept too.
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// How many findings do not, those that were not kept too.
    pub fn warning_count(&self) -> usize {
        self.warnings
    }

    /// How many findings were counted and not kept, because there were too many. Errors are kept before warnings.
    pub fn omitted(&self) -> usize {
        (self.errors + self.warnings).saturating_sub(self.findings.len())
    }

    /// Keeps so many findings: warnings only where errors leave room.
    pub(super) fn keep(&mut self, findings_max: usize) {
        let mut room = findings_max.saturating_sub(self.errors);
        self.findings.retain(|finding| {
            let is_error = finding.severity() == Severity::Error;
            let is_kept = is_error || room > 0;
            room = room.saturating_sub(usize::from(!is_error));
            is_kept
        });
    }
}
