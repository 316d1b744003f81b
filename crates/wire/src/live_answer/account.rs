//! Answers about the key and whose it is (CONTRACT 1.2).

use inthreat_api::{KeyCommunity, KeyInfo, Profile, Result};
use serde_json::{Map, Value, json};

use super::{ENTRIES_MAX, parse_map};
use crate::properties::Properties;

/// What every key's identity begins with; the key's own name follows.
const IDENTITY: &str = "apikey:";

/// Writes what is said about a key. A key that expires says so under the name that such claims have (RFC 7519); what its
/// community and its permissions are stands in `user_claims`, which the live service leaves `null`.
pub fn encode_key_info(info: &KeyInfo) -> Vec<u8> {
    let id = info.identity.as_deref().and_then(|identity| identity.strip_prefix(IDENTITY));
    let mut told = json!({
        "csrf": null,
        "fresh": false,
        "iat": info.issued_at,
        "identity": info.identity,
        "jti": id,
        "nbf": info.not_before,
        "type": info.key_type,
        "user_claims": claims(info),
    });
    if let (Value::Object(told), Some(expires)) = (&mut told, info.expires_at) {
        told.insert("exp".to_owned(), expires.into());
    }
    told.to_string().into_bytes()
}

/// The community and the permissions of a key, as far as they are told. `null` for a community is none.
fn claims(info: &KeyInfo) -> Value {
    let mut claims = Map::new();
    let community = info.community.as_ref().map(|community| match community {
        KeyCommunity::One(uuid) => Value::from(uuid.as_str()),
        _ => Value::Null,
    });
    claims.extend(community.map(|uuid| ("community_uuid".to_owned(), uuid)));
    let permissions = info.permissions.as_deref();
    claims.extend(permissions.map(|names| ("permissions".to_owned(), names.into())));
    if claims.is_empty() { Value::Null } else { claims.into() }
}

/// Reads what is said about a key; properties of other shapes are left out, since a taken key is all that counts.
pub fn decode_key_info(body: &[u8]) -> Result<KeyInfo> {
    let map = parse_map(body)?;
    let text = |name: &str| map.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| map.get(name).and_then(Value::as_i64);
    let mut info = KeyInfo::default();
    info.identity = text("identity");
    info.key_type = text("type");
    info.issued_at = number("iat");
    info.not_before = number("nbf");
    info.expires_at = number("exp");
    if let Some(Value::Object(claims)) = map.get("user_claims") {
        info.community = claims.get("community_uuid").and_then(community);
        info.permissions = claims.get("permissions").and_then(names);
    }
    Ok(info)
}

fn community(value: &Value) -> Option<KeyCommunity> {
    match value {
        Value::Null => Some(KeyCommunity::All),
        Value::String(uuid) => Some(KeyCommunity::One(uuid.clone())),
        _ => None,
    }
}

fn names(value: &Value) -> Option<Vec<String>> {
    let names = value.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned);
    Some(names.take(ENTRIES_MAX).collect())
}

/// Writes a user: `{"uuid":…,"email":…,"firstname":…,"lastname":…}`. What is not known is `null`, since clients read all four.
pub fn encode_profile(profile: &Profile) -> Vec<u8> {
    let value = json!({
        "uuid": profile.uuid,
        "email": profile.email,
        "firstname": profile.firstname,
        "lastname": profile.lastname,
    });
    value.to_string().into_bytes()
}

/// Reads a user.
pub fn decode_profile(body: &[u8]) -> Result<Profile> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    let mut profile = Profile::default();
    profile.uuid = map.text("uuid")?;
    profile.email = map.text("email")?;
    profile.firstname = map.text("firstname")?;
    profile.lastname = map.text("lastname")?;
    Ok(profile)
}
