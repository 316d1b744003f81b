//! Vectors about single values: canonical JSON, identifiers, timestamps, hashes, types, confidence.

use inthreat_stix::{
    HashAlgorithm, Kind, RawObject, SpecVersion, Timestamp, canonical_json, confidence::Scale,
    deterministic_id as id_of, validate,
};
use serde_json::{Value, json};

use super::{Fields, Verdict, same};

pub(super) fn canonical(row: &Value) -> Verdict {
    let found = canonical_json(row.at("input_text").as_str().unwrap_or_default());
    same(&found.ok().as_deref(), &row.at("canonical").as_str())
}

pub(super) fn number(row: &Value) -> Verdict {
    let bits = u64::from_str_radix(row.at("ieee_hex").as_str().unwrap_or_default(), 16);
    let Ok(bits) = bits else { return Verdict::Disagree("no bits".to_owned()) };
    let found = canonical_json(&format!("{:e}", f64::from_bits(bits)));
    same(&found.ok().as_deref(), &row.at("expected").as_str())
}

pub(super) fn deterministic_id(row: &Value) -> Verdict {
    let Ok(object) = RawObject::new(row.at("object").to_string()) else {
        return Verdict::Disagree("no object".to_owned());
    };
    let found = id_of(&object).ok().flatten().map(|id| id.to_string());
    let expected = row.at("expected_id").as_str();
    if found.as_deref() != expected && found.as_deref() == row.at("independent_id").as_str() {
        let reason = "timestamps contribute as they are written".to_owned();
        return Verdict::Excused("timestamps-as-written", reason);
    }
    same(&found.as_deref(), &expected)
}

/// The validator's verdicts on a timestamp, as `valid_from` of an indicator and as `created`.
pub(super) fn timestamp(row: &Value) -> Verdict {
    let value = row.at("value").as_str().unwrap_or_default();
    let mut reasons = Vec::new();
    for (version, name, field) in [
        (SpecVersion::V21, "valid_from", "stix21_timestamp_valid"),
        (SpecVersion::V21, "created", "stix21_created_valid"),
        (SpecVersion::V20, "created", "stix20_created_valid"),
        (SpecVersion::V20, "valid_from", "stix20_timestamp_valid"),
    ] {
        let mut object = json!({
            "type": "indicator",
            "spec_version": "2.1",
            "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
            "created": "2016-04-06T20:03:48.000Z",
            "modified": "9999-12-31T23:59:59.999Z",
            "labels": ["malicious-activity"],
            "pattern": "[url:value = 'http://example.com']",
            "pattern_type": "stix",
            "valid_from": "2016-01-01T00:00:00Z",
        });
        object.put(name, value.into());
        let Ok(object) = RawObject::new(object.to_string()) else { continue };
        let options = validate::Options::default().with_version(version);
        let found = validate::object(&object, &options).is_valid();
        if row.at(field).as_bool() != Some(found) {
            reasons.push(format!("{version} {name}: found {found}"));
        }
    }
    if reasons.is_empty() {
        return Verdict::Agree;
    }
    let reason = format!("`{}`: {}", value.escape_debug(), reasons.join(", "));
    // A leap second exists, and nothing may follow the `Z`.
    if value.contains(":60") || value.ends_with('\n') {
        return Verdict::Excused("timestamps", reason);
    }
    Verdict::Disagree(reason)
}

pub(super) fn timestamp_call(row: &Value) -> Verdict {
    let instant = |text: &str| Timestamp::lenient(text).ok();
    let rounded = |instant: Timestamp, precision: &str, constraint: &str| {
        let wanted = match precision.to_ascii_lowercase().as_str() {
            "second" => 0,
            "millisecond" => 3,
            _ => return instant.trimmed(),
        };
        match constraint {
            "MIN" => instant.with_digits(instant.trimmed().digits().max(wanted)),
            _ => instant.with_digits(wanted),
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match row.at("op").as_str() {
        Some("format_datetime") => {
            let found = instant(&text(row.at("input"))).map(|instant| {
                rounded(instant, &text(row.at("precision")), &text(row.at("constraint")))
                    .to_string()
            });
            same(&found.as_deref(), &row.at("expected").as_str())
        }
        _ => {
            let input = row.at("input");
            let found = instant(&text(input.at("value"))).map(|instant| {
                rounded(
                    instant,
                    &text(input.at("precision")),
                    &text(input.at("precision_constraint")),
                )
            });
            same(&found, &instant(&text(row.at("expected_utc"))))
        }
    }
}

pub(super) fn hash(row: &Value) -> Verdict {
    let text = |name: &str| row.at(name).as_str().unwrap_or_default();
    if row.at("op") == "check_hash" {
        let algorithm = HashAlgorithm::from_name(text("algorithm"));
        let found = algorithm.map(|algorithm| algorithm.is_valid(text("value")));
        return same(&found, &row.at("expected").as_bool());
    }
    let found = HashAlgorithm::from_name(text("name"));
    let found = found.map(|algorithm| algorithm.as_str().replace('-', ""));
    same(&found.as_deref(), &row.at("expected").as_str())
}

pub(super) fn type_check(row: &Value) -> Verdict {
    let input = row.at("input").at("value");
    let version = match row.at("input").at("stix_version").as_str() {
        Some("2.0") => SpecVersion::V20,
        _ => SpecVersion::V21,
    };
    let (kind, fits) = match input.as_str() {
        Some(text) => (Kind::from(text.split("--").next().unwrap_or_default()), true),
        None => {
            let Ok(object) = RawObject::new(input.to_string()) else {
                return Verdict::Disagree("no object".to_owned());
            };
            let kind = Kind::from(object.object_type().unwrap_or_default());
            (kind, SpecVersion::detect(&object) == version)
        }
    };
    let found = match row.at("op").as_str() {
        Some("is_sdo") => kind.is_sdo(version),
        Some("is_sco") => kind.is_sco(version),
        Some("is_sro") => kind.is_sro(version),
        _ => kind.is_defined(version),
    };
    let found = fits && found;
    if row.at("expected").as_bool() != Some(found) && kind == Kind::ExtensionDefinition {
        return Verdict::Excused("meta-objects", "an extension definition is no SDO".to_owned());
    }
    same(&Some(found), &row.at("expected").as_bool())
}

pub(super) fn confidence(row: &Value) -> Verdict {
    let op = row.at("op").as_str().unwrap_or_default();
    let scale = if op.contains("none_low") {
        Scale::NoneLowMedHigh
    } else if op.contains("zero_ten") {
        Scale::ZeroToTen
    } else if op.contains("admiralty") {
        Scale::AdmiraltyCredibility
    } else if op.contains("wep") {
        Scale::EstimativeProbability
    } else {
        Scale::Dni
    };
    let expected = row.get("expected").unwrap_or(&Value::Null);
    let found = if op.starts_with("value_to") {
        let value = row.at("input").as_u64().and_then(|value| u8::try_from(value).ok());
        value.and_then(|value| scale.word(value)).map(Value::from)
    } else {
        row.at("input").as_str().and_then(|word| scale.value(word)).map(Value::from)
    };
    same(&found.unwrap_or_default(), expected)
}

pub(super) fn spec_version(row: &Value) -> Verdict {
    let Ok(object) = RawObject::new(row.at("object").to_string()) else {
        return Verdict::Disagree("no object".to_owned());
    };
    same(&Some(SpecVersion::detect(&object).as_str()), &row.at("expected").as_str())
}
