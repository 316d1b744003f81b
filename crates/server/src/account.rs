//! What a server says of the key that it is asked with: its own keys, whatever its center has (CONTRACT 1.2).

use inthreat_api::Profile;
use inthreat_wire::live_answer;
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use crate::KeyRecord;

/// The name space of the UUIDs that stand for keys.
const KEYS: Uuid = uuid!("5c35b0b8-3b0c-4b9c-9e5b-0d4f7a3d2f61");
/// What a key is called where none is asked for.
const NO_KEY: &str = "none";

/// What a client that checks its key is told. A key that expires says so under the name that such claims have (RFC 7519).
pub(crate) fn key_check(key: Option<&KeyRecord>) -> Vec<u8> {
    let created = key.map(|key| key.created.seconds());
    let id = key.map_or(NO_KEY, |key| key.id.as_str());
    let mut told = Map::new();
    told.insert("csrf".to_owned(), Value::Null);
    if let Some(expires) = key.and_then(|key| key.expires) {
        told.insert("exp".to_owned(), expires.seconds().into());
    }
    told.insert("fresh".to_owned(), false.into());
    told.insert("iat".to_owned(), created.into());
    told.insert("identity".to_owned(), format!("apikey:{id}").into());
    told.insert("jti".to_owned(), id.into());
    told.insert("nbf".to_owned(), created.into());
    told.insert("type".to_owned(), "access".into());
    told.insert("user_claims".to_owned(), Value::Null);
    json!(told).to_string().into_bytes()
}

/// Whose key it is. Nothing of the center's own account is told.
pub(crate) fn profile(key: Option<&KeyRecord>) -> Vec<u8> {
    let id = key.map_or(NO_KEY, |key| key.id.as_str());
    let mut profile = Profile::default();
    profile.uuid = Some(Uuid::new_v5(&KEYS, id.as_bytes()).to_string());
    profile.firstname = key.map(|key| key.name.clone());
    live_answer::encode_profile(&profile)
}
