//! Exit codes, which scripts rely on. The table in the README is this one.

use std::process::ExitCode;

/// How the program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done; what was looked for was found.
    Success,
    /// 1: nothing was found, something differs or is wrong, or a replica is damaged.
    Missing,
    /// 2: the command line or the question is wrong.
    Usage,
    /// 3: the key is missing, wrong, or lacks a permission.
    Denied,
    /// 4: the other side could not be reached or cannot answer now; try again.
    Network,
    /// 5: the other side answered what the contract does not allow.
    Protocol,
    /// 6: a file, a folder or a replica could not be read or written.
    Storage,
    /// 130: interrupted; what was in hand is committed.
    Interrupted,
    /// 0: nobody reads our output any more.
    BrokenPipe,
}

impl From<inthreat_api::ErrorKind> for Exit {
    fn from(kind: inthreat_api::ErrorKind) -> Self {
        use inthreat_api::ErrorKind as Kind;
        match kind {
            Kind::Unauthorized | Kind::Forbidden => Self::Denied,
            Kind::NotFound => Self::Missing,
            Kind::InvalidRequest => Self::Usage,
            Kind::RateLimited | Kind::Unavailable | Kind::Transport => Self::Network,
            Kind::Storage => Self::Storage,
            _ => Self::Protocol,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success | Exit::BrokenPipe => 0,
            Exit::Missing => 1,
            Exit::Usage => 2,
            Exit::Denied => 3,
            Exit::Network => 4,
            Exit::Protocol => 5,
            Exit::Storage => 6,
            Exit::Interrupted => 130,
        })
    }
}
