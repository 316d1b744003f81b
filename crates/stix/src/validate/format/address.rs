//! Addresses and names of the network.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address in dotted decimals, or a block in CIDR notation.
pub(super) fn is_ipv4(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    address.parse::<Ipv4Addr>().is_ok() && prefix.is_none_or(|prefix| is_prefix(prefix, 32))
}

/// An address of RFC 4291, or a block in CIDR notation; a zone (RFC 4007) may follow the address.
pub(super) fn is_ipv6(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let (address, zone) = address.split_once('%').map_or((address, None), |(a, z)| (a, Some(z)));
    address.parse::<Ipv6Addr>().is_ok()
        && zone.is_none_or(|zone| !zone.is_empty())
        && prefix.is_none_or(|prefix| is_prefix(prefix, 128))
}

/// A number of bits, without leading zeros.
fn is_prefix(text: &str, max: u8) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && text.parse::<u8>().is_ok_and(|bits| bits <= max)
}

/// Six octets in lower case with colons between them (section 6.10).
pub(super) fn is_mac_address(text: &str) -> bool {
    text.len() == 17
        && text.bytes().enumerate().all(|(place, byte)| match place % 3 {
            2 => byte == b':',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// Labels with dots between them (RFC 1034, section 3.5), each of letters, digits and inner hyphens, or with
/// letters beyond ASCII (RFC 5890).
pub(super) fn is_domain_name(text: &str) -> bool {
    let name = text.strip_suffix(['.', '。']).unwrap_or(text);
    let is_label = |label: &str| {
        matches!(label.len(), 1..=63)
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || is_name_char(c))
    };
    name.len() <= 253 && name.split(['.', '。']).all(is_label)
}

/// Whether a character beyond ASCII may stand in a label: no symbol, blank or control character. Marks, which
/// some scripts need, are not told from symbols by the standard library, so ranges of symbols are left out.
fn is_name_char(c: char) -> bool {
    !c.is_ascii()
        && (c.is_alphanumeric()
            || matches!(u32::from(c), 0xb7 | 0x300..=0x36f | 0x591..=0x5c7 | 0x64b..=0x65f | 0x900..=0x1dff | 0x200c | 0x200d | 0x3099 | 0x309a))
        && !c.is_uppercase()
}

/// `addr-spec` of RFC 5322, section 3.4.1, without comments and folding; letters beyond ASCII as in RFC 6532.
pub(super) fn is_email_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_local = match local.strip_prefix('"').and_then(|local| local.strip_suffix('"')) {
        Some(quoted) => is_quoted(quoted),
        None => is_dot_atom(local),
    };
    let is_domain = match domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        Some(literal) => {
            literal.bytes().all(|b| matches!(b, 33..=90 | 94..=126)) && !literal.is_empty()
        }
        None => is_dot_atom(domain),
    };
    is_local && is_domain
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| {
        !atom.is_empty()
            && atom.chars().all(|c| {
                c.is_ascii_alphanumeric()
                    || "!#$%&'*+-/=?^_`{|}~".contains(c)
                    || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
            })
    })
}

fn is_quoted(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let fits = match c {
            '\\' => chars.next().is_some_and(|next| !next.is_control()),
            '"' => false,
            _ => !c.is_control(),
        };
        if !fits {
            return false;
        }
    }
    true
}
