//! How much a replica may keep.

use std::time::Duration;

use clap::Args;
use inthreat_replica::Options;

use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
    values,
};

/// The group of the option by which a replica is filled. Who takes [`Room`] among its arguments has one of this name.
pub(super) const FILLED: &str = "filled";

/// For how long, and in how many bytes.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    /// Keep older versions of objects in the replica for this long, such as 90d; without it for ever.
    #[arg(long, value_name = "TIME", requires = FILLED, value_parser = values::duration)]
    pub(crate) history: Option<Duration>,
    /// How large the replica may grow, such as 20GB or 500MiB; without it as the disk allows. What is behind it is not taken,
    /// and what is there can be asked.
    #[arg(long, value_name = "SIZE", requires = FILLED, value_parser = values::size)]
    pub(crate) size_max: Option<u64>,
}

impl Room {
    /// Options of a replica that keeps no more.
    pub(crate) fn of(self, mut options: Options) -> Options {
        (options.history_max, options.size_max_bytes) = (self.history, self.size_max);
        options
    }

    /// Refuses what is said of a replica where a server is filled.
    pub(crate) fn refuse(self) -> Outcome<()> {
        let said = [(self.history.is_some(), "--history"), (self.size_max.is_some(), "--size-max")];
        match said.iter().find(|(is_said, _)| *is_said) {
            Some((_, name)) => {
                Err(Failure::new(Exit::Usage, format!("{name} is of use with a replica alone")))
            }
            None => Ok(()),
        }
    }
}
