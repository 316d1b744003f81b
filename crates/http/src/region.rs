//! The regions of the service, by name.

use std::{fmt, str::FromStr};

use inthreat_api::{Error, Result};

/// A region of the service (CONTRACT 1.1). The vendor's documents and its specification disagree about the hosts
/// outside FRA1; these are the documents'. Any other address can be given as a URL.
///
/// ```
/// use inthreat_http::{Client, ClientOptions, Region};
///
/// let region: Region = "fra2".parse()?;
/// assert_eq!(region.base_url(), "https://app.fra2.sekoia.io/api");
/// # Ok::<(), inthreat_api::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// France, the first.
    #[default]
    Fra1,
    /// France, the second.
    Fra2,
    /// Monaco.
    Mco1,
    /// United Arab Emirates.
    Uae1,
    /// United States.
    Usa1,
}

impl Region {
    /// Every region.
    pub const ALL: &[Self] = &[Self::Fra1, Self::Fra2, Self::Mco1, Self::Uae1, Self::Usa1];

    /// Its name, such as `FRA1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fra1 => "FRA1",
            Self::Fra2 => "FRA2",
            Self::Mco1 => "MCO1",
            Self::Uae1 => "UAE1",
            Self::Usa1 => "USA1",
        }
    }

    /// What [`Client::new`](crate::Client::new) takes.
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Fra1 => "https://api.sekoia.io",
            Self::Fra2 => "https://app.fra2.sekoia.io/api",
            Self::Mco1 => "https://app.mco1.sekoia.io/api",
            Self::Uae1 => "https://app.uae1.sekoia.io/api",
            Self::Usa1 => "https://app.usa1.sekoia.io/api",
        }
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.iter().find(|region| region.name().eq_ignore_ascii_case(text.trim()));
        let names = || Self::ALL.iter().map(|region| region.name()).collect::<Vec<_>>().join(", ");
        known
            .copied()
            .ok_or_else(|| Error::invalid("region", format_args!("expected one of {}", names())))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a region whose name or address is misspelled.
    #[test]
    fn every_region_survives_its_name() {
        for region in Region::ALL {
            assert_eq!(region.name().to_lowercase().parse::<Region>().unwrap(), *region);
            let host = region.base_url();
            assert!(
                *region == Region::Fra1 || host.contains(&region.name().to_lowercase()),
                "{host}"
            );
        }
        assert_eq!("fra9".parse::<Region>().unwrap_err().field(), Some("region"));
    }
}
