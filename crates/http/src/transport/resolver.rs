//! The name service, without the addresses that are refused.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address;

/// Resolves names as the system does, and refuses a name that leads to a link-local or metadata address, even if it
/// has others: whoever gives such a name means no good.
#[derive(Debug)]
pub(super) struct CheckedResolver;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for found in &found {
                address::check(found.ip())?;
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Refused;

    // Catches a name that leads to where a cloud hands out credentials: an address is a name for itself.
    #[tokio::test]
    async fn what_a_name_leads_to_is_checked() {
        let resolve = |name: &str| CheckedResolver.resolve(name.parse().unwrap());
        let error = resolve("169.254.169.254").await.err().unwrap();
        assert!(error.downcast_ref::<Refused>().is_some(), "{error}");
        assert!(resolve("localhost").await.unwrap().all(|found| found.ip().is_loopback()));
    }
}
