//! Exports: jobs that write an object and what surrounds it to a file (CONTRACT 2.7).

use inthreat_stix::{Id, Timestamp};

/// The format of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExportFormat {
    /// One STIX object per line.
    #[default]
    JsonLines,
    /// A table.
    Csv,
    /// A layer of the ATT&CK Navigator.
    MitreAttack,
    /// One value per line.
    Text,
}

/// Asks for an export.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportRequest {
    /// The object whose surroundings are exported.
    pub object_id: Id,
    /// Only what these types of relationships lead to. Empty: all.
    pub relationship_types: Vec<String>,
    /// Only what belongs to these categories. Empty: all.
    pub categories: Vec<String>,
    /// The format.
    pub format: ExportFormat,
}

impl ExportRequest {
    /// An export of everything around this object, one object per line.
    pub fn new(object_id: Id) -> Self {
        Self {
            object_id,
            relationship_types: Vec::new(),
            categories: Vec::new(),
            format: ExportFormat::default(),
        }
    }

    /// Sets the types of relationships that count.
    #[must_use]
    pub fn with_relationship_types<T: Into<String>>(
        mut self,
        types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.relationship_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the categories that count.
    #[must_use]
    pub fn with_categories<T: Into<String>>(
        mut self,
        categories: impl IntoIterator<Item = T>,
    ) -> Self {
        self.categories = categories.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the format.
    #[must_use]
    pub fn with_format(mut self, format: ExportFormat) -> Self {
        self.format = format;
        self
    }
}

/// An export as the service tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Export {
    /// What it is asked for by.
    pub id: String,
    /// The object whose surroundings are exported.
    pub object_id: Option<Id>,
    /// The format, as the service names it.
    pub format: Option<String>,
    /// The types of relationships that count.
    pub relationship_types: Vec<String>,
    /// How far it is, as the service names it.
    pub status: Option<String>,
    /// The name of its file.
    pub file: Option<String>,
    /// When it was asked for.
    pub created: Option<Timestamp>,
    /// When its state last changed.
    pub modified: Option<Timestamp>,
}

impl Export {
    /// An export that was just asked for.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Whether its file can be downloaded. The other states are not documented.
    pub fn is_finished(&self) -> bool {
        self.status.as_deref() == Some("FINISHED")
    }
}
