//! Exit codes, which scripts rely on. `inthreat reference exit-codes` prints them.

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

impl Exit {
    /// Every way to end that has a code of its own, by the code.
    pub(crate) const ALL: [Self; 8] = [
        Self::Success,
        Self::Missing,
        Self::Usage,
        Self::Denied,
        Self::Network,
        Self::Protocol,
        Self::Storage,
        Self::Interrupted,
    ];

    /// The code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success | Self::BrokenPipe => 0,
            Self::Missing => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Network => 4,
            Self::Protocol => 5,
            Self::Storage => 6,
            Self::Interrupted => 130,
        }
    }

    /// What the code means, for people who write scripts.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Success | Self::BrokenPipe => "done; what was looked for was found",
            Self::Missing => {
                "nothing was found, something differs or is wrong, or a replica is damaged"
            }
            Self::Usage => "the command line or the question is wrong",
            Self::Denied => "the key is missing, wrong, or lacks a permission",
            Self::Network => "the other side cannot be reached or cannot answer now: try again",
            Self::Protocol => "the other side answered what the contract does not allow",
            Self::Storage => "a file, a folder or a replica could not be read or written",
            Self::Interrupted => "interrupted; what was in hand is committed",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
