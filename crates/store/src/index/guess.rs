//! What type a value is that somebody pasted.

use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr},
};

use inthreat_api::ObservableType;

use super::keys::plain;

/// A value as it was before it was defanged (`hxxp`, `[.]`), without white space around it.
///
/// ```
/// use inthreat_store::index::refanged;
///
/// assert_eq!(refanged(" hxxps[:]//evil(dot)example/[.] "), "https://evil.example/.");
/// assert_eq!(refanged("hxxp.example"), "hxxp.example");
/// ```
pub fn refanged(value: &str) -> Cow<'_, str> {
    let plain = plain(value);
    match plain.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("hxxp") && plain.contains("://") => {
            Cow::Owned(format!("http{rest}"))
        }
        _ => plain,
    }
}

/// The type that a value most likely has; `None` when nothing fits. Defanged values (`hxxp`, `[.]`) are understood.
///
/// ```
/// use inthreat_api::ObservableType;
/// use inthreat_store::index::guess;
///
/// assert_eq!(guess("hxxp://evil[.]example/a"), Some(ObservableType::Url));
/// assert_eq!(guess("198.51.100.0/24"), Some(ObservableType::Ipv4Addr));
/// assert_eq!(guess("not a value"), None);
/// ```
pub fn guess(value: &str) -> Option<ObservableType> {
    let value = plain(value);
    let is_hash = matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128)
        && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash {
        return Some(ObservableType::File);
    }
    if let Some((scheme, rest)) = value.split_once("://") {
        let is_url = !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
            && !rest.is_empty()
            && !value.contains(char::is_whitespace);
        return is_url.then_some(ObservableType::Url);
    }
    let (address, suffix) = value.split_once('/').unwrap_or((&value, "0"));
    let has_prefix = suffix.parse::<u8>().is_ok();
    if has_prefix && address.parse::<Ipv4Addr>().is_ok() {
        return Some(ObservableType::Ipv4Addr);
    }
    if has_prefix && address.parse::<Ipv6Addr>().is_ok() {
        return Some(ObservableType::Ipv6Addr);
    }
    if let Some((local, host)) = value.split_once('@') {
        return (!local.is_empty() && is_host(host)).then_some(ObservableType::EmailAddr);
    }
    is_host(&value).then_some(ObservableType::DomainName)
}

fn is_host(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    // The last label of a name is no number: `1.2.3` is a version.
    let is_name = text.rsplit('.').next().is_some_and(|last| last.contains(char::is_alphabetic));
    text.contains('.') && is_name && text.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a value that is looked up as something it is not.
    #[test]
    fn values_are_told_apart() {
        for (value, expected) in [
            ("198.51.100.7", Some(ObservableType::Ipv4Addr)),
            (" 198.51.100(dot)7 ", Some(ObservableType::Ipv4Addr)),
            ("2001:db8::1", Some(ObservableType::Ipv6Addr)),
            ("api.ontracting.com", Some(ObservableType::DomainName)),
            ("bücher.example.", Some(ObservableType::DomainName)),
            ("hxxp://evil[.]example/a", Some(ObservableType::Url)),
            ("eicar@sekoia.io", Some(ObservableType::EmailAddr)),
            ("44D88612FEA8A8F36DE82E1278ABB02F", Some(ObservableType::File)),
            ("eicar[at]sekoia[.]io", Some(ObservableType::EmailAddr)),
            ("HXXPS[://]evil[dot]example/", Some(ObservableType::Url)),
            ("198.51.100.0/24", Some(ObservableType::Ipv4Addr)),
            ("see http://evil.example for more", None),
            ("://", None),
            ("1.2.3", None),
            ("v1.2.3-4", None),
            ("44D88612", None),
            ("not a value", None),
            ("localhost", None),
            ("", None),
        ] {
            assert_eq!(guess(value), expected, "{value}");
        }
    }
}
