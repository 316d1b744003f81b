//! The bodies of questions about IOC collections, both ways (CONTRACT 2.8).

use inthreat_api::{
    Error, IOCS_MAX, Ioc, IocCollectionDraft, IocFields, IocText, IocTextFormat, KillChainPhase,
    Result,
};
use inthreat_stix::Id;
use serde_json::{Map, Value, json};

use crate::{
    limits::{DRAFT_LIST_MAX, VALUE_LENGTH_MAX},
    properties::Properties,
};

const FORMATS: [(IocTextFormat, &str); 7] = [
    (IocTextFormat::OnePerLine, "one_per_line"),
    (IocTextFormat::DomainName, "domain-name.value"),
    (IocTextFormat::Ipv4Addr, "ipv4-addr.value"),
    (IocTextFormat::Ipv6Addr, "ipv6-addr.value"),
    (IocTextFormat::Url, "url.value"),
    (IocTextFormat::EmailAddr, "email-addr.value"),
    (IocTextFormat::FileHashes, "file.hashes"),
];

pub(super) fn encode_draft(draft: &IocCollectionDraft) -> Value {
    let mut map = Map::new();
    let mut insert = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(name.into(), value);
        }
    };
    insert("id", draft.id.as_ref().map(|id| id.to_string().into()));
    insert("name", draft.name.clone().map(Value::from));
    insert("description", draft.description.clone().map(Value::from));
    insert("community_uuid", draft.community_uuid.clone().map(Value::from));
    let available = draft.available_for_sub_communities;
    insert("available_for_sub_communities", available.map(Value::from));
    Value::Object(map)
}

pub(super) fn decode_draft(map: &Properties<'_>) -> Result<IocCollectionDraft> {
    let mut draft = IocCollectionDraft::default();
    draft.id = map.id("id")?;
    draft.name = map.text("name")?;
    draft.description = map.text("description")?;
    draft.community_uuid = map.text("community_uuid")?;
    draft.available_for_sub_communities = map.flag("available_for_sub_communities")?;
    Ok(draft)
}

pub(super) fn encode_fields(fields: &IocFields) -> Value {
    let mut map = Map::new();
    if let Some(description) = &fields.description {
        map.insert("description".into(), description.clone().into());
    }
    if let Some(from) = fields.valid_from {
        map.insert("valid_from".into(), from.to_string().into());
    }
    if let Some(until) = fields.valid_until {
        map.insert("valid_until".into(), until.to_string().into());
    }
    if !fields.kill_chain_phases.is_empty() {
        let phases = fields.kill_chain_phases.iter().map(|phase| {
            json!({ "kill_chain_name": phase.kill_chain_name, "phase_name": phase.phase_name })
        });
        map.insert("kill_chain_phases".into(), phases.collect());
    }
    if !fields.related_threats.is_empty() {
        let threats = fields.related_threats.iter().map(|id| Value::from(id.to_string()));
        map.insert("x_ic_related_threat_refs".into(), threats.collect());
    }
    Value::Object(map)
}

pub(super) fn decode_fields(map: &Properties<'_>) -> Result<IocFields> {
    let mut fields = IocFields::default();
    fields.description = map.text("description")?;
    fields.valid_from = map.instant("valid_from")?;
    fields.valid_until = map.instant("valid_until")?;
    for (index, phase) in map.objects("kill_chain_phases", DRAFT_LIST_MAX)?.enumerate() {
        let place = |error: &Error| map.within(&format!("kill_chain_phases[{index}]"), error);
        let phase = phase?;
        fields.kill_chain_phases.push(KillChainPhase {
            kill_chain_name: phase.required("kill_chain_name").map_err(|error| place(&error))?,
            phase_name: phase.required("phase_name").map_err(|error| place(&error))?,
        });
    }
    fields.related_threats = map.list("x_ic_related_threat_refs", Id::lenient)?;
    Ok(fields)
}

pub(super) fn encode_iocs(iocs: &[Ioc], defaults: &IocFields) -> Value {
    let iocs = iocs.iter().map(|ioc| {
        let mut value = encode_fields(&ioc.fields);
        if let Value::Object(map) = &mut value {
            map.insert("value".into(), ioc.value.clone().into());
        }
        value
    });
    json!({ "indicators": iocs.collect::<Value>(), "default_fields": encode_fields(defaults) })
}

pub(super) fn decode_iocs(map: &Properties<'_>) -> Result<(Vec<Ioc>, IocFields)> {
    let mut iocs = Vec::new();
    for (index, item) in map.objects("indicators", IOCS_MAX)?.enumerate() {
        let item = item?;
        let ioc = item
            .required("value")
            .and_then(|value| Ok(Ioc::new(value).with_fields(decode_fields(&item)?)));
        iocs.push(ioc.map_err(|error| map.within(&format!("indicators[{index}]"), &error))?);
    }
    if iocs.is_empty() {
        return Err(map.wrong("indicators", format_args!("expected 1 to {IOCS_MAX} of them")));
    }
    let defaults = match map.object("default_fields")? {
        Some(defaults) => {
            decode_fields(&defaults).map_err(|error| map.within("default_fields", &error))?
        }
        None => IocFields::default(),
    };
    Ok((iocs, defaults))
}

pub(super) fn encode_text(text: &IocText) -> Result<Value> {
    if text.indicators.trim().is_empty() {
        return Err(Error::invalid("indicators", "it is empty"));
    }
    let mut value = encode_fields(&text.fields);
    if let Value::Object(map) = &mut value {
        map.insert("indicators".into(), text.indicators.clone().into());
        let name = FORMATS.iter().find(|(format, _)| *format == text.format);
        map.insert("format".into(), name.map_or("one_per_line", |(_, name)| name).into());
    }
    Ok(value)
}

pub(super) fn decode_text(map: &Properties<'_>) -> Result<IocText> {
    let mut text = IocText::new(map.required("indicators")?);
    if let Some(name) = map.text("format")? {
        let known = FORMATS.iter().find(|(_, known)| *known == name);
        let Some((format, _)) = known else {
            return Err(map.wrong("format", "expected `one_per_line` or one of the other formats"));
        };
        text.format = *format;
    }
    text.fields = decode_fields(map)?;
    Ok(text)
}

/// Whether every value fits into a question.
pub(super) fn check_values(iocs: &[Ioc]) -> Result<()> {
    let bad =
        iocs.iter().position(|ioc| ioc.value.is_empty() || ioc.value.len() > VALUE_LENGTH_MAX);
    match bad {
        None => Ok(()),
        Some(index) => {
            let reason = format_args!("expected 1 to {VALUE_LENGTH_MAX} bytes");
            Err(Error::invalid(format!("indicators[{index}].value"), reason))
        }
    }
}
