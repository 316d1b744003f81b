//! The answers of TAXII 2.1, both ways. Objects go in and out as the bytes that they are.

use inthreat_api::Result;
use inthreat_stix::{
    Id, RawObject, Rejected, Timestamp, bundle,
    split::{self, Split},
};
use serde_json::{Map, Value, json};

use super::{STIX_MEDIA_TYPE, write_date};
use crate::{
    answer::{missing_array, read_envelope, wrong},
    live_answer::parse_map,
    properties::Properties,
};

/// How many entries of a list of small things are read.
const ENTRIES_MAX: usize = 100_000;

/// What a server says about itself (section 4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Discovery {
    /// Its name.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// The URL of the API root to take when one has no wish.
    pub default: Option<String>,
    /// The URLs of the API roots, absolute or relative to the server.
    pub api_roots: Vec<String>,
}

/// What a server says about an API root (section 4.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiRoot {
    /// Its name.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// The versions of TAXII that it speaks, as media types.
    pub versions: Vec<String>,
    /// The longest body of a request, in bytes.
    pub max_content_length: Option<u64>,
}

/// What a server says about a collection (section 5.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Collection {
    /// What it is asked for by.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it can be asked for by, too.
    pub alias: Option<String>,
    /// Whether it may be read.
    pub can_read: bool,
    /// Whether objects may be added.
    pub can_write: bool,
    /// The media types of its objects.
    pub media_types: Vec<String>,
}

impl Collection {
    /// A collection of STIX 2.1 that may be read.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            can_read: true,
            media_types: vec![STIX_MEDIA_TYPE.into()],
            ..Self::default()
        }
    }
}

/// Some objects of a collection (section 3.7).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Envelope {
    /// The objects, as they were written.
    pub objects: Vec<RawObject>,
    /// Items that are no objects.
    pub rejected: Vec<Rejected>,
    /// Whether more follow.
    pub more: bool,
    /// Where to go on. The service gives it behind the last objects too (CONTRACT 6).
    pub next: Option<String>,
}

/// When an object of a collection was added (section 5.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestRecord {
    /// The object.
    pub id: Id,
    /// When it was added.
    pub date_added: Option<Timestamp>,
    /// Its version: when it was modified or, where it has no versions, created.
    pub version: Option<Timestamp>,
    /// The media type of the object.
    pub media_type: Option<String>,
}

impl ManifestRecord {
    /// A record of an object of STIX 2.1 that was added when this version of it was made.
    pub fn new(id: Id, version: Option<Timestamp>) -> Self {
        let media_type = Some(STIX_MEDIA_TYPE.into());
        Self { id, date_added: version, version, media_type }
    }
}

/// Some records of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    /// The records.
    pub objects: Vec<ManifestRecord>,
    /// Whether more follow.
    pub more: bool,
    /// Where to go on.
    pub next: Option<String>,
}

/// Some versions of an object (section 5.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Versions {
    /// When each was modified.
    pub versions: Vec<Timestamp>,
    /// Whether more follow.
    pub more: bool,
    /// Where to go on.
    pub next: Option<String>,
}

/// Writes what a server says about itself.
pub fn encode_discovery(discovery: &Discovery) -> Vec<u8> {
    let mut value = json!({ "title": discovery.title });
    add(&mut value, "description", discovery.description.as_deref());
    add(&mut value, "contact", discovery.contact.as_deref());
    add(&mut value, "default", discovery.default.as_deref());
    set(&mut value, "api_roots", discovery.api_roots.as_slice().into());
    value.to_string().into_bytes()
}

/// Reads what a server says about itself.
pub fn decode_discovery(body: &[u8]) -> Result<Discovery> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    Ok(Discovery {
        title: map.text("title")?.unwrap_or_default(),
        description: map.text("description")?,
        contact: map.text("contact")?,
        default: map.text("default")?,
        api_roots: map.texts("api_roots")?,
    })
}

/// Writes what a server says about an API root.
pub fn encode_api_root(root: &ApiRoot) -> Vec<u8> {
    let mut value = json!({ "title": root.title });
    add(&mut value, "description", root.description.as_deref());
    set(&mut value, "versions", root.versions.as_slice().into());
    if let Some(length) = root.max_content_length {
        set(&mut value, "max_content_length", length.into());
    }
    value.to_string().into_bytes()
}

/// Reads what a server says about an API root.
pub fn decode_api_root(body: &[u8]) -> Result<ApiRoot> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    Ok(ApiRoot {
        title: map.text("title")?.unwrap_or_default(),
        description: map.text("description")?,
        versions: map.texts("versions")?,
        max_content_length: map.number("max_content_length")?,
    })
}

/// Writes what a server says about a collection.
pub fn encode_collection(collection: &Collection) -> Vec<u8> {
    collection_value(collection).to_string().into_bytes()
}

/// Reads what a server says about a collection.
pub fn decode_collection(body: &[u8]) -> Result<Collection> {
    read_collection(&Properties::answered(&parse_map(body)?))
}

/// Writes collections: `{"collections":[…]}`.
pub fn encode_collections(collections: &[Collection]) -> Vec<u8> {
    let collections: Vec<_> = collections.iter().map(collection_value).collect();
    json!({ "collections": collections }).to_string().into_bytes()
}

/// Reads collections; a server that has none may leave the list out.
pub fn decode_collections(body: &[u8]) -> Result<Vec<Collection>> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    let mut collections = Vec::new();
    for (index, item) in map.objects("collections", ENTRIES_MAX)?.enumerate() {
        let collection = read_collection(&item?);
        let place = format!("collections[{index}]");
        collections.push(collection.map_err(|error| map.within(&place, &error))?);
    }
    Ok(collections)
}

/// Writes objects: `{"more":…,"next":"…","objects":[…]}`.
pub fn encode_envelope(envelope: &Envelope) -> Vec<u8> {
    let mut out = head(envelope.more, envelope.next.as_deref());
    out.extend_from_slice(b"\"objects\":[");
    bundle::write_joined(&envelope.objects, &mut out);
    out.extend_from_slice(b"]}");
    out
}

/// Reads objects. An envelope without them is empty; a bad one is set aside and takes no other along.
pub fn decode_envelope(body: Vec<u8>) -> Result<Envelope> {
    let mut read = read_envelope(body, "objects")?;
    let items = match (read.items.take(), read.property("objects")) {
        (Some(items), _) => items,
        (None, None) => Split::default(),
        (None, Some(_)) => return Err(missing_array(&read, "objects")),
    };
    let (more, next) = following(&read)?;
    Ok(Envelope { objects: items.objects, rejected: items.rejected, more, next })
}

/// Writes a manifest: `{"more":…,"objects":[{"id":…,"date_added":…,"version":…,"media_type":…}]}`.
pub fn encode_manifest(manifest: &Manifest) -> Vec<u8> {
    let records: Vec<_> = manifest
        .objects
        .iter()
        .map(|record| {
            let mut value = json!({ "id": record.id.to_string() });
            add(&mut value, "date_added", record.date_added.map(write_date).as_deref());
            add(&mut value, "version", record.version.map(|at| at.to_string()).as_deref());
            add(&mut value, "media_type", record.media_type.as_deref());
            value
        })
        .collect();
    let mut out = head(manifest.more, manifest.next.as_deref());
    out.extend_from_slice(format!("\"objects\":{}}}", Value::from(records)).as_bytes());
    out
}

/// Reads a manifest.
pub fn decode_manifest(body: &[u8]) -> Result<Manifest> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    let mut manifest = Manifest::default();
    for (index, item) in map.objects("objects", ENTRIES_MAX)?.enumerate() {
        let item = item?;
        let read = || {
            Ok(ManifestRecord {
                id: item.id("id")?.ok_or_else(|| item.wrong("id", "it is missing"))?,
                date_added: item.instant("date_added")?,
                version: item.instant("version")?,
                media_type: item.text("media_type")?,
            })
        };
        let place = format!("objects[{index}]");
        manifest.objects.push(read().map_err(|error| map.within(&place, &error))?);
    }
    manifest.more = map.flag("more")?.unwrap_or(false);
    manifest.next = map.text("next")?;
    Ok(manifest)
}

/// Writes versions: `{"more":…,"versions":["…"]}`.
pub fn encode_versions(versions: &Versions) -> Vec<u8> {
    let list: Vec<_> = versions.versions.iter().map(Timestamp::to_string).collect();
    let mut out = head(versions.more, versions.next.as_deref());
    out.extend_from_slice(format!("\"versions\":{}}}", Value::from(list)).as_bytes());
    out
}

/// Reads versions.
pub fn decode_versions(body: &[u8]) -> Result<Versions> {
    let map = parse_map(body)?;
    let map = Properties::answered(&map);
    Ok(Versions {
        versions: map.list("versions", Timestamp::lenient)?,
        more: map.flag("more")?.unwrap_or(false),
        next: map.text("next")?,
    })
}

fn head(more: bool, next: Option<&str>) -> Vec<u8> {
    let next = next.map(|next| format!("\"next\":{},", Value::from(next))).unwrap_or_default();
    format!("{{\"more\":{more},{next}").into_bytes()
}

fn following(read: &split::Envelope) -> Result<(bool, Option<String>)> {
    let more = match read.property("more") {
        None | Some("null" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("more", "expected `true` or `false`")),
    };
    let next = match read.property("next") {
        None => None,
        Some(text) => serde_json::from_str::<Option<String>>(text)
            .map_err(|error| wrong("next", "expected a string").with_source(error))?,
    };
    Ok((more, next.filter(|next| !next.is_empty())))
}

fn collection_value(collection: &Collection) -> Value {
    let mut value = json!({ "id": collection.id, "title": collection.title });
    add(&mut value, "description", collection.description.as_deref());
    add(&mut value, "alias", collection.alias.as_deref());
    set(&mut value, "can_read", collection.can_read.into());
    set(&mut value, "can_write", collection.can_write.into());
    set(&mut value, "media_types", collection.media_types.as_slice().into());
    value
}

fn read_collection(map: &Properties<'_>) -> Result<Collection> {
    Ok(Collection {
        id: map.required("id")?,
        title: map.text("title")?.unwrap_or_default(),
        description: map.text("description")?,
        alias: map.text("alias")?,
        can_read: map.flag("can_read")?.unwrap_or(false),
        can_write: map.flag("can_write")?.unwrap_or(false),
        media_types: map.texts("media_types")?,
    })
}

fn add(value: &mut Value, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        set(value, name, text.into());
    }
}

fn set(value: &mut Value, name: &str, property: Value) {
    if let Value::Object(map) = value {
        let _: &mut Map<String, Value> = map;
        map.insert(name.into(), property);
    }
}
