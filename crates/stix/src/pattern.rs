//! The STIX patterning language.
