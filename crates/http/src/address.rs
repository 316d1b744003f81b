//! Addresses that nobody means to ask for intelligence: of the link, and those where clouds hand out credentials.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use url::{Host, Url};

/// An address that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) IpAddr);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is a link-local or metadata address, which is refused unless it is allowed explicitly",
            self.0
        )
    }
}

impl std::error::Error for Refused {}

/// Fails for an address that is refused.
pub(crate) fn check(address: IpAddr) -> Result<(), Refused> {
    if is_refused(address) { Err(Refused(address)) } else { Ok(()) }
}

/// Fails for a URL whose host is such an address. Names are checked when they are resolved.
pub(crate) fn check_url(url: &Url) -> Result<(), Refused> {
    match url.host() {
        Some(Host::Ipv4(address)) => check(address.into()),
        Some(Host::Ipv6(address)) => check(address.into()),
        _ => Ok(()),
    }
}

fn is_refused(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_refused_v4(address),
        IpAddr::V6(address) => {
            address.is_unicast_link_local()
                // Where EC2 hands out credentials over IPv6.
                || address == Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254)
                || inner_v4(address).is_some_and(is_refused_v4)
        }
    }
}

fn is_refused_v4(address: Ipv4Addr) -> bool {
    address.is_link_local()
        || [
            // Alibaba, Oracle and Azure.
            Ipv4Addr::new(100, 100, 100, 200),
            Ipv4Addr::new(192, 0, 0, 192),
            Ipv4Addr::new(168, 63, 129, 16),
        ]
        .contains(&address)
}

/// The IPv4 address that an IPv6 one stands for: mapped, compatible, translated (RFC 6052) or 6to4.
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(from(high, low))
        }
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a spelling of an address under which credentials can be fetched.
    #[test]
    fn link_local_and_metadata_addresses_are_refused() {
        for text in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(check(text.parse().unwrap()).is_err(), "{text}");
        }
        for text in
            ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.253.1.1", "::1", "fd00::1", "2001:db8::1"]
        {
            assert!(check(text.parse().unwrap()).is_ok(), "{text}");
        }
        for url in [
            "http://169.254.169.254/",
            "http://2852039166",
            "http://0xa9fea9fe",
            "http://[fe80::1]",
        ] {
            assert!(check_url(&url.parse().unwrap()).is_err(), "{url}");
        }
    }
}
