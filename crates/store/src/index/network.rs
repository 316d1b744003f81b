//! Networks that indicators name, and how an address finds those that it is in.
//!
//! A network stands under two keys: its usual spelling (`198.51.100.0/24`), and one that begins with its length
//! (`/024 198.51.100.0`). The latter sort by length in every index that is ordered, so that whoever looks an address
//! up sees at once whether there are networks at all, and asks once for each length that there is.

use std::net::IpAddr;

use inthreat_api::{Observable, ObservableType};

/// The types of which there are networks.
const ADDRESSES: [ObservableType; 2] = [ObservableType::Ipv4Addr, ObservableType::Ipv6Addr];

/// The networks that an address, or a network, lies in: at most one of each length.
///
/// Ask an ordered index for the first value of [`observable_type`](Self::observable_type) that is not less than
/// [`key`](Self::key): it is the key itself when the network is there. [`pass`](Self::pass) says which length to ask for
/// next, until there is no key left.
///
/// ```
/// use inthreat_api::{Observable, ObservableType};
/// use inthreat_store::index::{Networks, normalise};
///
/// let keys = normalise(&Observable::new(ObservableType::Ipv4Addr, "198.51.100[.]7"));
/// let mut networks = Networks::around(&keys[0]).unwrap();
/// assert_eq!(networks.key().as_deref(), Some("/000 0.0.0.0"));
/// // The index has nothing shorter than a network of 24 bits.
/// networks.pass(Some("/024 198.51.99.0"));
/// assert_eq!(networks.key().as_deref(), Some("/024 198.51.100.0"));
/// networks.pass(None);
/// assert_eq!(networks.key(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Networks {
    observable_type: ObservableType,
    address: IpAddr,
    /// The length that is asked for next, and the longest that lies around the address.
    length: u32,
    length_max: u32,
}

impl Networks {
    /// The networks around a key, as [`normalise`](super::normalise) gives it; `None` when it is no address and no network.
    pub fn around(key: &Observable) -> Option<Self> {
        let (address, length_max) =
            parse(&key.value).filter(|_| ADDRESSES.contains(&key.observable_type))?;
        Some(Self { observable_type: key.observable_type.clone(), address, length: 0, length_max })
    }

    /// The type that the networks stand under.
    pub fn observable_type(&self) -> &ObservableType {
        &self.observable_type
    }

    /// The key of the next network; `None` after the longest.
    pub fn key(&self) -> Option<String> {
        // A whole address is no network: it stands under its usual spelling alone.
        let is_network = self.length <= self.length_max && self.length < width(self.address);
        is_network.then(|| spell(mask(self.address, self.length), self.length))
    }

    /// Goes on to the next length, given what the index had at the last key or behind it.
    pub fn pass(&mut self, found: Option<&str>) {
        // What does not begin like a network sorts behind all of them.
        let Some(rest) = found.and_then(|text| text.strip_prefix('/')) else {
            self.length = u32::MAX;
            return;
        };
        let next = rest.get(..3).and_then(|digits| digits.parse().ok());
        let is_asked = self.key().as_deref() == found;
        self.length = match next {
            Some(length) if !is_asked && length > self.length => length,
            // Keys of this length go on behind the one that was asked for, or something else stands there.
            _ => self.length.saturating_add(1),
        };
    }
}

/// A key, and where it is a network the one that begins with its length too.
pub(super) fn keys(key: Observable) -> impl Iterator<Item = Observable> + use<> {
    let network = parse(&key.value)
        .filter(|(address, length)| {
            ADDRESSES.contains(&key.observable_type) && *length < width(*address)
        })
        .map(|(address, length)| spell(mask(address, length), length))
        .map(|text| Observable::new(key.observable_type.clone(), text));
    [key].into_iter().chain(network)
}

/// Whether a key is that of a network with its length in front, under which it stands besides its usual spelling.
///
/// ```
/// use inthreat_api::{Observable, ObservableType};
/// use inthreat_store::index::is_by_length;
///
/// assert!(is_by_length(&Observable::new(ObservableType::Ipv4Addr, "/024 198.51.100.0")));
/// ```
pub fn is_by_length(key: &Observable) -> bool {
    ADDRESSES.contains(&key.observable_type) && key.value.starts_with('/')
}

/// A network in its usual spelling, the bits behind its length left out (STIX 2.1 section 9.6.1); an address that is
/// no network as it is. `None` for what is neither.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (address, length) = parse(text)?;
    let start = mask(address, length);
    Some(if length == width(address) { start.to_string() } else { format!("{start}/{length}") })
}

fn parse(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address: IpAddr = bare.unwrap_or(address).parse().ok()?;
    let length = match length {
        None => width(address),
        Some(text) if (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().ok().filter(|length| *length <= width(address))?
        }
        Some(_) => return None,
    };
    Some((address, length))
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let bits = u32::MAX.checked_shl(32_u32.saturating_sub(length)).unwrap_or(0);
            IpAddr::V4((address.to_bits() & bits).into())
        }
        IpAddr::V6(address) => {
            let bits = u128::MAX.checked_shl(128_u32.saturating_sub(length)).unwrap_or(0);
            IpAddr::V6((address.to_bits() & bits).into())
        }
    }
}

fn spell(start: IpAddr, length: u32) -> String {
    format!("/{length:03} {start}")
}
