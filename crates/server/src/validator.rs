//! Entity tags: what a client has, and whether it is what there is (RFC 9110, 8.8.3 and 13.1.2).

use axum::http::{HeaderMap, HeaderValue, header::IF_NONE_MATCH};
use xxhash_rust::xxh3::xxh3_128;

use crate::encoding::Coding;

/// The name of a body's bytes.
///
/// It is made of 128 bits of a hash that costs a tenth of a page's copy to the socket. It guards clients against bytes that
/// have changed; who writes the objects of a page could at most hide a change of their own from those who have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u128);

impl Tag {
    pub(crate) fn of(body: &[u8]) -> Self {
        Self(xxh3_128(body))
    }

    /// The header `ETag` of the body in a coding. Each coding has its own, as a strong validator must.
    pub(crate) fn header(self, coding: Coding) -> Option<HeaderValue> {
        let tag = self.0;
        let text = match coding {
            Coding::Identity => format!("\"{tag:032x}\""),
            Coding::Gzip | Coding::Zstd => format!("\"{tag:032x}-{}\"", coding.name()),
        };
        HeaderValue::try_from(text).ok()
    }
}

/// Whether a client has what this tag names, or whatever there is (`*`). Tags are compared weakly, as the header asks.
pub(crate) fn is_held(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().any(|value| {
        // A tag of ours holds no comma; those of others, which may, are none of ours in parts either.
        value.as_bytes().split(|byte| *byte == b',').any(|held| {
            let held = held.trim_ascii();
            held == b"*" || held.strip_prefix(b"W/").unwrap_or(held) == tag.as_bytes()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a spelling of the header that is not understood, and one tag for two representations.
    #[test]
    fn tags_are_found_in_lists() {
        let tag = Tag::of(b"a body");
        assert_ne!(tag, Tag::of(b"a bodz"));
        let [plain, gzip, zstd] = [Coding::Identity, Coding::Gzip, Coding::Zstd]
            .map(|coding| tag.header(coding).unwrap().to_str().unwrap().to_owned());
        assert!(plain != gzip && gzip != zstd && plain.len() == 34, "{plain} {gzip} {zstd}");
        let held = |values: &[String]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
            }
            is_held(&headers, &tag.header(Coding::Gzip).unwrap())
        };
        for value in [
            gzip.clone(),
            format!("W/{gzip}"),
            format!("{plain} , W/{gzip}"),
            format!("\"a,b\",{gzip}"),
            "*".to_owned(),
        ] {
            assert!(held(std::slice::from_ref(&value)), "{value}");
        }
        assert!(held(&[plain.clone(), gzip.clone()]));
        for value in [plain, zstd, gzip.trim_matches('"').to_owned(), String::new(), "w/*".into()] {
            assert!(!held(std::slice::from_ref(&value)), "{value}");
        }
        assert!(!held(&[]));
    }
}
