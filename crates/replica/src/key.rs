//! Short keys for identifiers.

use std::{cmp::Ordering, hash};

use inthreat_stix::{Id, Kind};
use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

use crate::{fault::Fault, words};

/// The key of an identifier: the number of its kind (one byte) and its UUID, or 0 and its text.
#[derive(Clone, Debug)]
pub(crate) struct Key(Form);

#[derive(Clone, Debug)]
enum Form {
    Short([u8; 17]),
    Long(Box<[u8]>),
}

impl Key {
    pub(crate) fn of(id: &Id) -> Self {
        let number = words::kind_number(&id.kind());
        if let (Some(number), Some(uuid)) = (number, id.uuid()) {
            let mut key = [0; 17];
            let (first, rest) = key.split_at_mut(1);
            first.fill(number);
            rest.copy_from_slice(&uuid);
            Self(Form::Short(key))
        } else {
            let text = id.to_string();
            let mut key = Vec::with_capacity(text.len() + 1);
            key.push(0);
            key.extend_from_slice(text.as_bytes());
            Self(Form::Long(key.into()))
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Form::Short(bytes) => bytes,
            Form::Long(bytes) => bytes,
        }
    }

    /// The identifier.
    pub(crate) fn id(&self) -> Result<Id, Fault> {
        let id = match self.as_bytes().split_first() {
            Some((0, text)) => {
                std::str::from_utf8(text).ok().and_then(|text| Id::lenient(text).ok())
            }
            Some((number, uuid)) => {
                let kind = words::fixed_text(i64::from(*number)).map(Kind::from);
                kind.zip(uuid.try_into().ok()).map(|(kind, uuid)| Id::new(kind, uuid))
            }
            None => None,
        };
        id.ok_or_else(|| Fault::corrupt("a stored key is no identifier"))
    }
}

impl From<&[u8]> for Key {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.try_into().map_or_else(|_| Form::Long(bytes.into()), Form::Short))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl hash::Hash for Key {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
    }
}

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.as_bytes())))
    }
}

impl FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_blob().map(Self::from).map_err(|_| FromSqlError::InvalidType)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Catches a kind without a short key.
    #[test]
    fn defined_kinds_have_short_keys() {
        for kind in Kind::DEFINED {
            assert_eq!(Key::of(&Id::new(kind.clone(), [7; 16])).as_bytes().len(), 17, "{kind}");
        }
    }

    proptest! {
        // Catches an identifier that changes when it is stored.
        #[test]
        fn keys_give_their_identifiers_back(text in "[a-z0-9-]{0,12}--([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|.{0,20})") {
            if let Ok(id) = Id::lenient(&text) {
                let key = Key::from(Key::of(&id).as_bytes());
                prop_assert_eq!(&key, &Key::of(&id));
                prop_assert_eq!(key.id().unwrap(), id);
            }
        }
    }
}
