//! Reading the values of properties. What does not fit is left to the caller, who keeps its text.

use super::Cursor;
use crate::{Id, SpecVersion, Timestamp};

/// A type that a property can have.
pub(crate) trait Value: Sized {
    /// Reads the value at hand. `None` where it is of another type, or where writing it again would change it;
    /// the cursor then stands anywhere.
    fn read(cursor: &mut Cursor<'_>) -> Option<Self>;
}

impl Value for String {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.string().map(Into::into)
    }
}

impl Value for bool {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        match cursor.token()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {
        $(impl Value for $integer {
            fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
                // `-0` would be written as `0`. JSON has no other spelling of an integer that Rust reads.
                cursor.token().filter(|token| *token != "-0")?.parse().ok()
            }
        })*
    };
}

integers!(i64 u64 u32 u16 u8);

impl Value for Timestamp {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.string()?.parse().ok()
    }
}

impl Value for Id {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        Self::lenient(&cursor.string()?).ok()
    }
}

impl Value for SpecVersion {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        Self::from_name(&cursor.string()?)
    }
}

impl<T: Value> Value for Vec<T> {
    fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        if !cursor.take(b'[') {
            return None;
        }
        let mut list = Self::new();
        while cursor.element(list.is_empty())? {
            list.push(T::read(cursor)?);
        }
        Some(list)
    }
}
