//! Permissions: what a key may do, and which of them each path asks for (CONTRACT 1.3).

use std::{fmt, str::FromStr};

use inthreat_api::{Error, Result};

use crate::{
    quote,
    route::{self, path_template},
};

/// What a key may do (CONTRACT 1.3). Only those are here that a path which is understood asks for.
///
/// ```
/// use inthreat_wire::Permission;
///
/// let permission: Permission = "INTHREAT_READ_FEEDS".parse()?;
/// assert_eq!(permission, Permission::ReadFeeds);
/// assert!(permission.is_reading());
/// # Ok::<(), inthreat_api::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Permission {
    /// `INTHREAT_READ_OBJECTS`, "View intelligence".
    ReadObjects,
    /// `INTHREAT_READ_OBJECTS_RESTRICTED`, "View intelligence with limited access".
    ReadObjectsRestricted,
    /// `INTHREAT_READ_OBSERVABLES`, "View observables".
    ReadObservables,
    /// `INTHREAT_READ_FEEDS`, "View feeds".
    ReadFeeds,
    /// `INTHREAT_WRITE_FEEDS`, "Manage feeds".
    WriteFeeds,
    /// `INTHREAT_READ_IOC_COLLECTIONS`, "View IOC collections".
    ReadIocCollections,
    /// `INTHREAT_WRITE_IOC_COLLECTIONS`, "Manage IOC collections".
    WriteIocCollections,
}

use Permission::{
    ReadFeeds, ReadIocCollections, ReadObjects, ReadObjectsRestricted, ReadObservables, WriteFeeds,
    WriteIocCollections,
};

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 7] = [
        ReadObjects,
        ReadObjectsRestricted,
        ReadObservables,
        ReadFeeds,
        WriteFeeds,
        ReadIocCollections,
        WriteIocCollections,
    ];

    /// Its name in the service's documents.
    pub fn as_str(self) -> &'static str {
        match self {
            ReadObjects => "INTHREAT_READ_OBJECTS",
            ReadObjectsRestricted => "INTHREAT_READ_OBJECTS_RESTRICTED",
            ReadObservables => "INTHREAT_READ_OBSERVABLES",
            ReadFeeds => "INTHREAT_READ_FEEDS",
            WriteFeeds => "INTHREAT_WRITE_FEEDS",
            ReadIocCollections => "INTHREAT_READ_IOC_COLLECTIONS",
            WriteIocCollections => "INTHREAT_WRITE_IOC_COLLECTIONS",
        }
    }

    /// Whether it lets nothing be changed.
    pub fn is_reading(self) -> bool {
        !matches!(self, WriteFeeds | WriteIocCollections)
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = Error;

    /// Reads a name, with or without `INTHREAT_`, in any case.
    fn from_str(text: &str) -> Result<Self> {
        let name = text.to_ascii_uppercase();
        let is_meant = |permission: &Self| {
            let whole = permission.as_str();
            name == whole || whole.strip_prefix("INTHREAT_") == Some(name.as_str())
        };
        Self::ALL.into_iter().find(is_meant).ok_or_else(|| {
            let reason = format!("there is no `{}`", quote::printable(text, 80));
            Error::invalid("permission", reason)
        })
    }
}

/// The permissions that a question asks for: of each list one is enough, and every list counts.
///
/// ```
/// use inthreat_wire::{Permission, Required};
///
/// let required = Required::of("POST", "/v2/inthreat/feeds");
/// assert!(required.is_met_by(&[Permission::WriteFeeds]));
/// assert!(!required.is_met_by(&[Permission::ReadFeeds]));
/// assert_eq!(required.to_string(), "INTHREAT_WRITE_FEEDS");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Required(&'static [&'static [Permission]]);

const NONE: Required = Required(&[]);
const OBJECTS: Required = Required(&[&[ReadObjects]]);
const SOME_OBJECTS: Required = Required(&[&[ReadObjects, ReadObjectsRestricted]]);
const OBSERVABLES: Required = Required(&[&[ReadObservables]]);
const FEEDS: Required = Required(&[&[ReadFeeds]]);
const FEED_CHANGES: Required = Required(&[&[WriteFeeds]]);
const IOCS: Required = Required(&[&[ReadIocCollections]]);
const IOC_CHANGES: Required = Required(&[&[WriteIocCollections]]);
const IOC_CONTEXT: Required = Required(&[&[ReadIocCollections], &[ReadObjects]]);

impl Required {
    /// What a path asks for, whatever its spelling. One that is not in the table, such as those of TAXII, asks for
    /// [`Permission::ReadObjects`]: what is forgotten is not open to everyone.
    pub fn of(method: &str, path: &str) -> Self {
        let Some(template) = path_template(path) else { return OBJECTS };
        let method = if method == "HEAD" { "GET" } else { method };
        let is_meant = |row: &&(&str, &str, Self)| {
            row.0 == template && row.1.split(", ").any(|name| name == method)
        };
        TABLE.iter().find(is_meant).map_or(OBJECTS, |row| row.2)
    }

    /// Whether these permissions are enough.
    pub fn is_met_by(self, permissions: &[Permission]) -> bool {
        self.0.iter().all(|choice| choice.iter().any(|one| permissions.contains(one)))
    }
}

impl fmt::Display for Required {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, choice) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " and " })?;
            for (index, one) in choice.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { " or " })?;
                f.write_str(one.as_str())?;
            }
        }
        Ok(())
    }
}

/// What each path asks for, by the published specifications. Those of `collections` name none and are taken for what
/// they deliver (CONTRACT 1.3).
const TABLE: &[(&str, &str, Required)] = &[
    (route::FEED_OBJECTS, "GET", OBJECTS),
    (route::FEED_PATTERNS, "GET", OBJECTS),
    (route::OBSERVABLE_PAGES, "GET", OBJECTS),
    (route::RELATIONSHIP_PAGES, "GET", OBJECTS),
    (route::FEEDS, "GET", FEEDS),
    (route::FEEDS, "POST", FEED_CHANGES),
    (route::FEED, "GET", FEEDS),
    (route::FEED, "PUT, DELETE", FEED_CHANGES),
    (route::OBJECTS, "GET", OBJECTS),
    (route::LIGHT_OBJECTS, "GET", SOME_OBJECTS),
    (route::OBJECT_SEARCH, "POST", OBJECTS),
    (route::SECTORS, "GET", OBJECTS),
    (route::OBJECT, "GET", SOME_OBJECTS),
    (route::OBJECT_CONTEXT, "GET", OBJECTS),
    (route::OBJECT_FILE, "GET", SOME_OBJECTS),
    (route::OBJECT_OBSERVABLES, "GET", OBSERVABLES),
    (route::OBJECT_RELATIONSHIPS, "GET", OBJECTS),
    (route::RELATIONSHIP_STATISTICS, "GET", OBJECTS),
    (route::RELATIONSHIP_TYPES, "GET", OBJECTS),
    (route::OBJECT_REPORTS, "GET", OBJECTS),
    (route::OBJECT_SOURCES, "GET", OBJECTS),
    (route::SOURCES, "GET", OBJECTS),
    (route::RELATIONSHIPS, "GET", OBJECTS),
    (route::RELATIONSHIP, "GET", OBJECTS),
    (route::INDICATORS, "GET", OBJECTS),
    (route::INDICATOR_CONTEXTS, "GET", OBJECTS),
    (route::INDICATES, "POST", OBJECTS),
    (route::REPORTS, "GET", OBJECTS),
    (route::REPORT, "GET", OBJECTS),
    (route::REPORT_OBJECTS, "GET", OBJECTS),
    (route::REPORT_OBSERVABLES, "GET", OBJECTS),
    (route::OBSERVABLES, "GET", OBSERVABLES),
    (route::OBSERVABLE_SEARCH, "POST", OBSERVABLES),
    (route::OBSERVABLE_BULK_SEARCH, "POST", OBSERVABLES),
    (route::OBSERVABLE_COUNT, "POST", OBSERVABLES),
    (route::OBSERVABLE_TAGS, "GET", OBSERVABLES),
    (route::OBSERVABLE, "GET", OBSERVABLES),
    (route::OBSERVABLE_RELATIONSHIPS, "GET", OBSERVABLES),
    (route::OBSERVABLE_INDICATORS, "GET", OBSERVABLES),
    (route::OBSERVABLE_REPORTS, "GET", OBSERVABLES),
    (route::EXPORTS, "POST", OBJECTS),
    (route::EXPORT, "GET", OBJECTS),
    (route::EXPORT_FILE, "GET", OBJECTS),
    (route::IOC_COLLECTIONS, "GET", IOCS),
    (route::IOC_COLLECTIONS, "POST", IOC_CHANGES),
    (route::IOC_COUNT, "GET", IOCS),
    (route::IOC_COLLECTION, "GET", IOCS),
    (route::IOC_COLLECTION, "PATCH, DELETE", IOC_CHANGES),
    (route::IOCS, "GET", IOCS),
    (route::IOCS, "POST", IOC_CHANGES),
    (route::IOC_TEXT, "POST", IOC_CHANGES),
    (route::IOC, "PUT, DELETE", IOC_CHANGES),
    (route::IOC_CONTEXT, "GET", IOC_CONTEXT),
    (route::KEY_CHECK, "GET", NONE),
    (route::ME, "GET", NONE),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    // Catches a path that was added and that nobody thought of a permission for, and a row that is never reached.
    #[test]
    fn every_path_has_its_permissions_once() {
        let each = |(path, methods): (&'static str, &'static str)| {
            methods.split(", ").map(move |method| (path, method))
        };
        let told: Vec<_> = TABLE.iter().flat_map(|row| each((row.0, row.1))).collect();
        let once: BTreeSet<_> = told.iter().copied().collect();
        assert_eq!(told.len(), once.len(), "a row stands twice");
        assert_eq!(once, route::paths().flat_map(each).collect());
    }

    // Catches a spelling of a path that needs less than another one, and a change that needs no more than a look.
    #[test]
    fn spellings_do_not_matter_and_changes_need_more() {
        for path in
            ["/v2/inthreat/feeds/a", "/api/v2/inthreat/feeds/a/", "//v2//inthreat/feeds/%61"]
        {
            assert_eq!(Required::of("GET", path), FEEDS, "{path}");
            assert_eq!(Required::of("HEAD", path), FEEDS, "{path}");
            assert_eq!(Required::of("DELETE", path), FEED_CHANGES, "{path}");
        }
        for (path, methods) in route::paths() {
            for method in methods.split(", ") {
                let writes = !Required::of(method, path).is_met_by(
                    &Permission::ALL.into_iter().filter(|one| one.is_reading()).collect::<Vec<_>>(),
                );
                let changes = matches!(method, "PUT" | "PATCH" | "DELETE")
                    || (method == "POST" && (path == route::FEEDS || path.contains("/ioc-")));
                assert_eq!(writes, changes, "{method} {path}");
            }
        }
        assert_eq!(Required::of("GET", "/v2/inthreat/taxii-server/collections"), OBJECTS);
        assert_eq!(Required::of("TRACE", "/v2/inthreat/feeds"), OBJECTS);
        assert_eq!(Required::of("GET", "/v1/me/"), NONE);
    }

    // Catches "or" that is read as "and", and the other way round.
    #[test]
    fn lists_are_choices_and_all_of_them_count() {
        assert!(SOME_OBJECTS.is_met_by(&[ReadObjectsRestricted]));
        assert!(!OBJECTS.is_met_by(&[ReadObjectsRestricted]));
        assert!(!IOC_CONTEXT.is_met_by(&[ReadObjects]));
        assert!(IOC_CONTEXT.is_met_by(&[ReadObjects, ReadIocCollections]));
        assert!(NONE.is_met_by(&[]));
        assert_eq!(
            IOC_CONTEXT.to_string(),
            "INTHREAT_READ_IOC_COLLECTIONS and INTHREAT_READ_OBJECTS"
        );
        for permission in Permission::ALL {
            let text = permission.to_string();
            assert_eq!(text.parse::<Permission>().unwrap(), permission);
            assert_eq!(text[9..].to_lowercase().parse::<Permission>().unwrap(), permission);
        }
        assert_eq!("ROOT".parse::<Permission>().unwrap_err().field(), Some("permission"));
    }
}
