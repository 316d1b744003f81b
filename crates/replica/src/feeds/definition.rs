//! The filters and the format of a feed as the table keeps them: JSON, named as the contract names them (CONTRACT 3.1).

use inthreat_api::{FeedDraft, FeedFormat, ObservableType, SortOrder};
use inthreat_stix::Id;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// What stands in the column `definition`. What is absent restricts nothing, so that the column can grow.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Definition {
    types: Vec<String>,
    observable_types: Vec<String>,
    sources: Vec<String>,
    tlps: Vec<String>,
    labels: Vec<String>,
    sectors: Vec<String>,
    locations: Vec<String>,
    format: Option<String>,
    fields: Vec<String>,
    template: String,
    include_revoked: Option<bool>,
    skip_expired: Option<bool>,
    sort_order: Option<String>,
}

impl Definition {
    /// The text of a draft; its title and description stand in columns of their own.
    pub(super) fn write(draft: &FeedDraft) -> Result<String, Fault> {
        let ids = |ids: &[Id]| ids.iter().map(Id::to_string).collect();
        let format = match draft.format {
            FeedFormat::Csv => "csv",
            FeedFormat::Text => "text",
            FeedFormat::Custom => "custom",
            _ => "json",
        };
        let sort_order = match draft.sort_order {
            SortOrder::Ascending => "asc",
            _ => "desc",
        };
        let definition = Self {
            types: draft.types.clone(),
            observable_types: draft.observable_types.iter().map(ToString::to_string).collect(),
            sources: ids(&draft.sources),
            tlps: ids(&draft.tlps),
            labels: draft.labels.clone(),
            sectors: ids(&draft.sectors),
            locations: ids(&draft.locations),
            format: Some(format.to_owned()),
            fields: draft.fields.clone(),
            template: draft.template.clone(),
            include_revoked: Some(draft.include_revoked),
            skip_expired: Some(draft.skip_expired),
            sort_order: Some(sort_order.to_owned()),
        };
        serde_json::to_string(&definition).map_err(|error| Fault::corrupt(error.to_string()))
    }

    /// The draft of such a text, without title and description.
    pub(super) fn read(text: &str) -> Result<FeedDraft, String> {
        let found: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut draft = FeedDraft::default();
        draft.types = found.types;
        draft.observable_types =
            found.observable_types.iter().map(|text| ObservableType::from(text.as_str())).collect();
        draft.sources = ids(&found.sources)?;
        draft.tlps = ids(&found.tlps)?;
        draft.labels = found.labels;
        draft.sectors = ids(&found.sectors)?;
        draft.locations = ids(&found.locations)?;
        draft.format = match found.format.as_deref() {
            None | Some("json") => FeedFormat::Json,
            Some("csv") => FeedFormat::Csv,
            Some("text") => FeedFormat::Text,
            Some("custom") => FeedFormat::Custom,
            Some(other) => return Err(format!("`{other}` is no format")),
        };
        draft.fields = found.fields;
        draft.template = found.template;
        draft.include_revoked = found.include_revoked.unwrap_or(draft.include_revoked);
        draft.skip_expired = found.skip_expired.unwrap_or(draft.skip_expired);
        draft.sort_order = match found.sort_order.as_deref() {
            Some("asc") => SortOrder::Ascending,
            None | Some("desc") => SortOrder::Descending,
            Some(other) => return Err(format!("`{other}` is no order")),
        };
        Ok(draft)
    }
}

fn ids(texts: &[String]) -> Result<Vec<Id>, String> {
    texts.iter().map(|text| Id::lenient(text).map_err(|error| error.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a property of a definition that is lost in the table, or mixed up with another one.
    #[test]
    fn definitions_survive() {
        let id = |text: &str| Id::lenient(text).unwrap();
        let mut draft = FeedDraft::default();
        draft.types = vec!["malware".into(), "x-other".into()];
        draft.observable_types = vec![ObservableType::Url, ObservableType::File];
        draft.sources = vec![id("identity--1")];
        draft.tlps = vec![id("marking-definition--2")];
        draft.labels = vec!["a \"label\"".into()];
        draft.sectors = vec![id("identity--3")];
        draft.locations = vec![id("location--4")];
        draft.fields = vec!["name".into()];
        draft.template = "$name\n".into();
        for format in [FeedFormat::Json, FeedFormat::Csv, FeedFormat::Text, FeedFormat::Custom] {
            draft.format = format;
            (draft.include_revoked, draft.skip_expired) =
                (draft.skip_expired, draft.include_revoked);
            for sort_order in [SortOrder::Ascending, SortOrder::Descending] {
                draft.sort_order = sort_order;
                assert_eq!(Definition::read(&Definition::write(&draft).unwrap()).unwrap(), draft);
            }
        }
        assert_eq!(Definition::read("{}").unwrap(), FeedDraft::default());
        for text in ["", r#"{"format":"xml"}"#, r#"{"sort_order":"up"}"#, r#"{"tlps":[""]}"#] {
            assert!(Definition::read(text).is_err(), "{text}");
        }
    }
}
