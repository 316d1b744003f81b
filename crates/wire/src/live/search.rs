//! The bodies of searches and exports, both ways.

use inthreat_api::{
    Comparison, Error, ExportFormat, ExportRequest, ObservableType, Result, SearchRequest,
    SearchSort,
};
use inthreat_stix::Id;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use crate::{
    limits::DRAFT_LIST_MAX,
    parameters::{check_limit, check_offset},
    question::LIST_LIMIT_MAX,
};

/// Adds what is there of a part of a list.
pub(super) fn numbers(body: &mut Value, limit: Option<u32>, offset: Option<u32>) -> Result<()> {
    check_limit(limit, LIST_LIMIT_MAX)?;
    check_offset(offset)?;
    if let Value::Object(map) = body {
        insert(map, "limit", limit.map(Value::from));
        insert(map, "offset", offset.map(Value::from));
    }
    Ok(())
}

pub(super) fn encode(request: &SearchRequest) -> Result<Value> {
    check_limit(request.limit, LIST_LIMIT_MAX)?;
    check_offset(request.offset)?;
    let mut map = Map::new();
    insert(&mut map, "limit", request.limit.map(Value::from));
    insert(&mut map, "offset", request.offset.map(Value::from));
    insert(&mut map, "term", request.term.clone().map(Value::from));
    list(&mut map, "terms", &request.terms)?;
    list(&mut map, "types", &request.types)?;
    insert(&mut map, "simple", request.simple.map(Value::from));
    insert(&mut map, "include_revoked", request.include_revoked.map(Value::from));
    let sort = request.sort.map(|sort| match sort {
        SearchSort::Modified => "modified",
        _ => "pertinence",
    });
    insert(&mut map, "sort", sort.map(Value::from));
    insert(&mut map, "is_source", request.is_source.map(Value::from));
    ids(&mut map, "sources", &request.sources)?;
    insert(&mut map, "created", request.created.map(|at| at.to_string().into()));
    insert(&mut map, "modified", request.modified.map(|at| at.to_string().into()));
    let kinds: Vec<_> = request.observable_types.iter().map(ObservableType::to_string).collect();
    list(&mut map, "observable_types", &kinds)?;
    ids(&mut map, "tlps", &request.tlps)?;
    list(&mut map, "labels", &request.labels)?;
    if let Some((comparison, confidence)) = request.confidence {
        if confidence > 100 {
            return Err(Error::invalid("confidence", "expected a number from 0 to 100"));
        }
        insert(&mut map, "confidence", Some(confidence.into()));
        insert(&mut map, "confidence_operator", Some(operator(comparison).into()));
    }
    ids(&mut map, "sectors", &request.sectors)?;
    ids(&mut map, "locations", &request.locations)?;
    insert(&mut map, "feed", request.feed.as_ref().map(|feed| feed.as_str().into()));
    list(&mut map, "names", &request.names)?;
    insert(&mut map, "deprecated", request.deprecated.map(Value::from));
    insert(&mut map, "with_count", request.with_total.then_some(Value::Bool(true)));
    Ok(Value::Object(map))
}

pub(super) fn decode(arguments: &Arguments<'_>) -> Result<SearchRequest> {
    let mut request = SearchRequest::default();
    request.limit = arguments.limit(LIST_LIMIT_MAX)?;
    request.offset = arguments.offset()?;
    request.term = arguments.text("term")?;
    request.terms = arguments.texts("terms")?;
    request.types = arguments.texts("types")?;
    request.simple = arguments.flag("simple")?;
    request.include_revoked = arguments.flag("include_revoked")?;
    request.sort = match arguments.text("sort")?.as_deref() {
        None => None,
        Some("pertinence") => Some(SearchSort::Pertinence),
        Some("modified") => Some(SearchSort::Modified),
        Some(_) => return Err(Error::invalid("sort", "expected `pertinence` or `modified`")),
    };
    request.is_source = arguments.flag("is_source")?;
    request.sources = arguments.ids("sources")?;
    request.created = arguments.instant("created")?;
    request.modified = arguments.instant("modified")?;
    let kinds = arguments.texts("observable_types")?;
    request.observable_types = kinds.iter().map(|kind| ObservableType::from(&**kind)).collect();
    request.tlps = arguments.ids("tlps")?;
    request.labels = arguments.texts("labels")?;
    request.confidence = decode_confidence(arguments)?;
    request.sectors = arguments.ids("sectors")?;
    request.locations = arguments.ids("locations")?;
    let feed = arguments.text("feed")?;
    request.feed =
        feed.map(|feed| feed.parse()).transpose().map_err(|error| Error::invalid("feed", error))?;
    request.names = arguments.texts("names")?;
    request.deprecated = arguments.flag("deprecated")?;
    request.with_total = arguments.flag("with_count")?.unwrap_or(false);
    Ok(request)
}

fn decode_confidence(arguments: &Arguments<'_>) -> Result<Option<(Comparison, u8)>> {
    let Some(confidence) = arguments.number("confidence")? else { return Ok(None) };
    let Some(confidence) = u8::try_from(confidence).ok().filter(|number| *number <= 100) else {
        return Err(Error::invalid("confidence", "expected a number from 0 to 100"));
    };
    let comparison = match arguments.text("confidence_operator")?.as_deref() {
        None | Some("==") => Comparison::Equal,
        Some(">") => Comparison::Greater,
        Some("<") => Comparison::Less,
        Some(">=") => Comparison::GreaterOrEqual,
        Some("<=") => Comparison::LessOrEqual,
        Some(_) => {
            let reason = "expected `==`, `>`, `<`, `>=` or `<=`";
            return Err(Error::invalid("confidence_operator", reason));
        }
    };
    Ok(Some((comparison, confidence)))
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::Greater => ">",
        Comparison::Less => "<",
        Comparison::GreaterOrEqual => ">=",
        Comparison::LessOrEqual => "<=",
    }
}

pub(super) fn encode_export(request: &ExportRequest) -> Value {
    let mut body = json!({
        "object_id": request.object_id.to_string(),
        "format": export_format(request.format),
    });
    if let Value::Object(map) = &mut body {
        if !request.relationship_types.is_empty() {
            map.insert("relationship_types".into(), request.relationship_types.clone().into());
        }
        if !request.categories.is_empty() {
            map.insert("categories".into(), request.categories.clone().into());
        }
    }
    body
}

pub(super) fn decode_export(arguments: &Arguments<'_>) -> Result<ExportRequest> {
    let id = arguments.required("object_id")?;
    let id = Id::lenient(&id).map_err(|error| Error::invalid("object_id", error))?;
    let mut request = ExportRequest::new(id);
    request.relationship_types = arguments.texts("relationship_types")?;
    request.categories = arguments.texts("categories")?;
    request.format = match arguments.required("format")?.as_str() {
        "jsonl" => ExportFormat::JsonLines,
        "csv" => ExportFormat::Csv,
        "mitre-attack" => ExportFormat::MitreAttack,
        "text" => ExportFormat::Text,
        _ => {
            let reason = "expected `jsonl`, `csv`, `mitre-attack` or `text`";
            return Err(Error::invalid("format", reason));
        }
    };
    Ok(request)
}

fn export_format(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Csv => "csv",
        ExportFormat::MitreAttack => "mitre-attack",
        ExportFormat::Text => "text",
        _ => "jsonl",
    }
}

fn insert(map: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(name.into(), value);
    }
}

fn list(map: &mut Map<String, Value>, name: &str, values: &[String]) -> Result<()> {
    if values.len() > DRAFT_LIST_MAX {
        return Err(Error::invalid(name, format_args!("more than {DRAFT_LIST_MAX} values")));
    }
    insert(map, name, (!values.is_empty()).then(|| values.into()));
    Ok(())
}

fn ids(map: &mut Map<String, Value>, name: &str, ids: &[Id]) -> Result<()> {
    list(map, name, &ids.iter().map(Id::to_string).collect::<Vec<_>>())
}
