//! Addresses and address ranges for `ISSUBSET` and `ISSUPERSET` (STIX 2.1 section 9.6.1).

use std::net::IpAddr;

/// An IPv4 or IPv6 range in CIDR notation, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subnet {
    is_v4: bool,
    /// The bits of the address without those beyond the prefix, left-aligned.
    bits: u128,
    prefix: u32,
}

impl Subnet {
    /// `198.51.100.7`, `198.51.100.0/24`, `2001:db8::/32`; bits beyond the prefix are ignored.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => {
                let is_number = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
                (address, Some(prefix.parse::<u32>().ok().filter(|_| is_number)?))
            }
            None => (text, None),
        };
        let (is_v4, bits, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (true, u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (false, address.to_bits(), 128),
        };
        let prefix = prefix.unwrap_or(width);
        if prefix > width {
            return None;
        }
        let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
        Some(Self { is_v4, bits: bits & mask, prefix })
    }

    /// Whether every address of `inner` is one of this range.
    pub(super) fn contains(self, inner: Self) -> bool {
        let mask = u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0);
        self.is_v4 == inner.is_v4 && self.prefix <= inner.prefix && inner.bits & mask == self.bits
    }

    /// The range in its shortest spelling; one address without a prefix.
    pub(super) fn canonical(self) -> String {
        let (address, width): (IpAddr, u32) = if self.is_v4 {
            let bits = u32::try_from(self.bits >> 96).unwrap_or_default();
            (IpAddr::V4(bits.into()), 32)
        } else {
            (IpAddr::V6(self.bits.into()), 128)
        };
        if self.prefix == width {
            address.to_string()
        } else {
            format!("{address}/{}", self.prefix)
        }
    }
}
