//! Cursors of the replica's own feeds.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use inthreat_api::{Cursor, Error};
use inthreat_stix::Timestamp;

use crate::{block, instant};

/// The first byte of a cursor. No text begins with it, so a cursor is never mistaken for an encoded instant.
const VERSION: u8 = 1;

/// Written without padding; read with and without it.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A place in a feed: behind a sequence, and of that only what changed after an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) sequence: i64,
    pub(crate) after: Option<(i64, i64)>,
}

impl Place {
    /// The cursor of this place, for the replica with this tag: base64 of the version, the tag (4 bytes), the
    /// sequence (8), where there is one the instant (8 and 4), and a checksum (2); URL-safe, without padding.
    pub(crate) fn to_cursor(self, tag: u32) -> Result<Cursor, Error> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&tag.to_be_bytes());
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        if let Some((micros, rest)) = self.after {
            bytes.extend_from_slice(&micros.to_be_bytes());
            bytes.extend_from_slice(&u32::try_from(rest).unwrap_or_default().to_be_bytes());
        }
        bytes.extend_from_slice(&check(&bytes));
        Cursor::new(BASE64.encode(bytes)).map_err(|error| Error::invalid("cursor", error))
    }

    /// Reads a cursor of this replica, or the base64 of an instant, which means "behind it" (CONTRACT 2.1, 13).
    pub(crate) fn from_cursor(cursor: &Cursor, tag: u32) -> Result<Self, Error> {
        let refused = |reason: &str| Error::invalid("cursor", reason);
        let text = cursor.as_str().replace('+', "-").replace('/', "_");
        let bytes = BASE64.decode(text).map_err(|_| refused("it was never given out"))?;
        if bytes.first() == Some(&VERSION) {
            Self::from_bytes(&bytes, tag)
        } else {
            let text =
                std::str::from_utf8(&bytes).map_err(|_| refused("it was never given out"))?;
            let text = if text.ends_with("+00:00Z") { text.trim_end_matches('Z') } else { text };
            let instant = Timestamp::lenient(text)
                .map_err(|_| refused("it is neither of this replica nor an instant"))?;
            Ok(Self { sequence: 0, after: Some(instant::to_pair(instant)) })
        }
    }

    fn from_bytes(bytes: &[u8], tag: u32) -> Result<Self, Error> {
        let broken = || Error::invalid("cursor", "it was changed on its way");
        let (content, sum) = bytes.split_last_chunk::<2>().ok_or_else(broken)?;
        if *sum != check(content) {
            return Err(broken());
        }
        let rest = content.get(1..).ok_or_else(broken)?;
        let (found, rest) = rest.split_first_chunk().ok_or_else(broken)?;
        if u32::from_be_bytes(*found) != tag {
            return Err(Error::invalid("cursor", "it was given out by another replica"));
        }
        let (sequence, rest) = rest.split_first_chunk().ok_or_else(broken)?;
        let after = match rest.split_first_chunk() {
            None => None,
            Some((micros, rest)) => {
                let rest = rest.first_chunk().ok_or_else(broken)?;
                Some((i64::from_be_bytes(*micros), i64::from(u32::from_be_bytes(*rest))))
            }
        };
        Ok(Self { sequence: i64::from_be_bytes(*sequence), after })
    }
}

/// The checksum at the end of what is handed out.
pub(crate) fn check(bytes: &[u8]) -> [u8; 2] {
    let [first, second, ..] = block::hash(bytes).to_be_bytes();
    [first, second]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Place, Error> {
        Place::from_cursor(&Cursor::new(text).unwrap(), 7)
    }

    // Catches a server that refuses the cursors that real clients make up (CONTRACT 13).
    #[test]
    fn fabricated_cursors_are_instants() {
        let vectors = [
            ("2022-01-01T00:00:00Z", "MjAyMi0wMS0wMVQwMDowMDowMFo="),
            ("2019-01-01T00:00:00Z", "MjAxOS0wMS0wMVQwMDowMDowMFo"),
            ("2026-11-21T16:00:00.123456Z", "MjAyNi0xMS0yMVQxNjowMDowMC4xMjM0NTYrMDA6MDBa"),
            ("2026-11-21T16:00:00.123456Z", "MjAyNi0xMS0yMVQxNjowMDowMC4xMjM0NTYrMDA6MDA="),
        ];
        for (instant, cursor) in vectors {
            let expected = Some(instant::to_pair(instant.parse().unwrap()));
            assert_eq!(read(cursor).unwrap(), Place { sequence: 0, after: expected });
        }
    }

    // Catches a cursor that is guessed at instead of refused.
    #[test]
    fn other_texts_are_refused() {
        let own = Place { sequence: 5, after: None }.to_cursor(8).unwrap();
        for text in ["x", "null", "!!!!", "AQAAAA", "aGVsbG8=", own.as_str()] {
            let error = read(text).unwrap_err();
            assert_eq!(error.field(), Some("cursor"), "{text}");
        }
    }

    // Catches a cursor that is read though it was changed on its way. Of any at all, one change in 65,536 goes unseen.
    #[test]
    fn changed_cursors_are_refused() {
        for after in [None, Some((1_700_000_000_000_000, 250))] {
            let cursor = Place { sequence: 123_456, after }.to_cursor(7).unwrap();
            for place in 0..cursor.as_str().len() {
                let mut changed = cursor.as_str().to_owned().into_bytes();
                changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
                let changed = String::from_utf8(changed).unwrap();
                assert!(read(&changed).is_err(), "{changed}");
            }
        }
    }

    proptest! {
        // Catches a cursor that points elsewhere when it comes back, or that must be escaped in a URL.
        #[test]
        fn own_cursors_survive(sequence in 0..i64::MAX, after in prop::option::of((any::<i64>(), 0_i64..2000))) {
            let place = Place { sequence, after };
            let cursor = place.to_cursor(7).unwrap();
            prop_assert!(cursor.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(Place::from_cursor(&cursor, 7).unwrap(), place);
        }
    }
}
