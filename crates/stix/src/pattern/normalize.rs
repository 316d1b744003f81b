//! Unicode normalization form C, which `LIKE` and `MATCHES` compare in (STIX 2.1 section 9.6.2).

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizer;

/// The text in form C.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    const { ComposingNormalizer::new_nfc() }.normalize(text)
}
