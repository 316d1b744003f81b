//! What a server says of the key that it is asked with: its own keys, whatever its center has (CONTRACT 1.2).

use inthreat_api::{KeyCommunity, KeyInfo, Profile};
use inthreat_stix::Timestamp;
use inthreat_wire::{Permission, live_answer};
use uuid::{Uuid, uuid};

use crate::KeyRecord;

/// The name space of the UUIDs that stand for keys.
const KEYS: Uuid = uuid!("5c35b0b8-3b0c-4b9c-9e5b-0d4f7a3d2f61");
/// What a key is called where none is asked for.
const NO_KEY: &str = "none";

/// What a client that checks its key is told. Where no key is asked for, no permission is missing.
pub(crate) fn key_check(key: Option<&KeyRecord>) -> Vec<u8> {
    let created = key.map(|key| key.created.seconds());
    let permissions = key.map_or(Permission::ALL.as_slice(), |key| &key.permissions);
    let community = key.and_then(|key| key.community.clone());
    let mut info = KeyInfo::default();
    info.identity = Some(format!("apikey:{}", key.map_or(NO_KEY, |key| key.id.as_str())));
    info.key_type = Some("access".to_owned());
    (info.issued_at, info.not_before) = (created, created);
    info.expires_at = key.and_then(|key| key.expires).map(Timestamp::seconds);
    info.community = Some(community.map_or(KeyCommunity::All, KeyCommunity::One));
    info.permissions = Some(permissions.iter().map(Permission::to_string).collect());
    live_answer::encode_key_info(&info)
}

/// Whose key it is. Nothing of the center's own account is told.
pub(crate) fn profile(key: Option<&KeyRecord>) -> Vec<u8> {
    let id = key.map_or(NO_KEY, |key| key.id.as_str());
    let mut profile = Profile::default();
    profile.uuid = Some(Uuid::new_v5(&KEYS, id.as_bytes()).to_string());
    profile.firstname = key.map(|key| key.name.clone());
    live_answer::encode_profile(&profile)
}
