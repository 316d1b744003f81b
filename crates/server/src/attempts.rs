//! Wrong keys: how many an address may try.
//!
//! Keys cannot be guessed, so what is kept small here is the noise. That is why a right key is always taken: one client
//! with a wrong one does not lock out those that share its address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::bucket::{Allowance, Bucket};

/// How many wrong keys are told to be wrong.
const ALLOWANCE: Allowance = Allowance { period: Duration::from_secs(5), burst: 10 };
/// How many networks are told apart; those that find no room share one allowance.
const NETWORKS_MAX: usize = 10_000;
/// How often it is looked for those that can be forgotten, where there is no room.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// What was tried, by network.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    networks: HashMap<Network, Bucket>,
    others: Bucket,
    swept: Duration,
}

/// Whom addresses are counted for: each of IPv4, and in IPv6 the network that one subscriber has at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Network {
    V4(u32),
    V6(u64),
}

impl Attempts {
    /// Counts a wrong key; where there were too many, tells how long to wait. `now` is the time since
    /// 1970-01-01T00:00:00Z.
    pub(crate) fn fail(&self, address: IpAddr, now: Duration) -> Result<(), Duration> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.bucket(Network::of(address), now).take(now, ALLOWANCE)
    }

    /// Forgets what was tried from an address: a right key was shown.
    pub(crate) fn forgive(&self, address: IpAddr) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !table.networks.is_empty() {
            table.networks.remove(&Network::of(address));
        }
    }
}

impl Table {
    fn bucket(&mut self, network: Network, now: Duration) -> &mut Bucket {
        let is_known = self.networks.contains_key(&network);
        if !is_known && self.networks.len() >= NETWORKS_MAX {
            let since = now.checked_sub(self.swept);
            if since.is_none_or(|since| since >= SWEEP_INTERVAL) {
                self.swept = now;
                self.networks.retain(|_, bucket| !bucket.is_full(now));
            }
        }
        if !is_known && self.networks.len() >= NETWORKS_MAX {
            return &mut self.others;
        }
        self.networks.entry(network).or_default()
    }
}

impl Network {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6(
                    [a, b, c, d].into_iter().fold(0, |bits, part| bits << 16 | u64::from(part)),
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_800_000_000 + seconds)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Tries until it is told to wait.
    fn exhaust(attempts: &Attempts, from: &str) -> usize {
        (0..100).take_while(|_| attempts.fail(address(from), at(0)).is_ok()).count()
    }

    // Catches an address that tries for ever, one that never gets another try, and one that pays for another.
    #[test]
    fn each_address_has_some_tries() {
        let attempts = Attempts::default();
        assert_eq!(exhaust(&attempts, "192.0.2.1"), 10);
        assert_eq!(attempts.fail(address("192.0.2.1"), at(0)), Err(Duration::from_secs(5)));
        assert_eq!(attempts.fail(address("::ffff:192.0.2.1"), at(4)), Err(Duration::from_secs(1)));
        assert_eq!(exhaust(&attempts, "192.0.2.2"), 10);
        assert_eq!(attempts.fail(address("192.0.2.1"), at(5)), Ok(()));
        assert!(attempts.fail(address("192.0.2.1"), at(5)).is_err());
        attempts.forgive(address("192.0.2.1"));
        assert_eq!(attempts.fail(address("192.0.2.1"), at(5)), Ok(()));
    }

    // Catches a subscriber that has as many tries as addresses.
    #[test]
    fn a_network_of_ipv6_counts_once() {
        let attempts = Attempts::default();
        assert_eq!(exhaust(&attempts, "2001:db8:1:2::1"), 10);
        assert_eq!(exhaust(&attempts, "2001:db8:1:2:ffff::2"), 0);
        assert_eq!(exhaust(&attempts, "2001:db8:1:3::1"), 10);
    }

    // Catches a table that grows with the number of strangers, and one that cannot be used any more once it was full.
    #[test]
    fn the_table_is_bounded() {
        let attempts = Attempts::default();
        let of = |number: u32| IpAddr::from(number.to_be_bytes());
        let tries = 3 * u32::try_from(NETWORKS_MAX).unwrap();
        let told = (0..tries).filter(|number| attempts.fail(of(*number), at(0)).is_ok()).count();
        assert_eq!(told, NETWORKS_MAX + 10, "the others share one allowance");
        assert_eq!(attempts.0.lock().unwrap().networks.len(), NETWORKS_MAX);
        assert_eq!(attempts.fail(of(tries + 1), at(5)), Ok(()));
        assert_eq!(attempts.0.lock().unwrap().networks.len(), 1);
    }
}
