//! What to do when a server that somebody else runs cannot be used.

use crate::{exit::Exit, failure::Failure};

/// What a server is told to be that nobody wrote to yet.
pub(crate) const NOTHING_YET: &str = "the first writer makes";
/// What is told of a server that cannot be reached.
const UNREACHABLE: &[&str] =
    &["refused (os", "lookup address", "timed out", "in time", "unreachable", "no route"];
/// What is told of one that went away.
const GONE: &[&str] = &[
    "connection closed",
    "terminating connection",
    "broken pipe",
    "reset by peer",
    "shutting down",
];
/// Words that servers and their drivers use, and what helps then; the first that fits is told.
const ADVICE: &[(&[&str], &str)] = &[
    (&["use the URL of"], "`inthreat pull --help` ends with what a URL may hold"),
    (
        UNREACHABLE,
        "see that the server runs and can be reached: its address, its port, the firewall, and whether it wants TLS",
    ),
    (
        GONE,
        "the server went away: see that it runs. What was stored stays, and the same command goes on from there",
    ),
    (&["older version"], "the next pull with the same --into or --state brings them up"),
    (&[NOTHING_YET], "a pull with the same --into or --state does that"),
    (&["jetstream unavailable"], "start the NATS server with JetStream: `nats-server --jetstream`"),
    (
        &["authorization violation"],
        "user and password come from NATS_USER and NATS_PASSWORD, or a token from NATS_TOKEN, or `creds=FILE` in the URL",
    ),
    (
        &["NOAUTH", "AuthenticationFailed", "WRONGPASS"],
        "the password comes from REDISCLI_AUTH, and the user, where there is one, stands in the URL",
    ),
    (
        &["password missing", "password authentication failed", "pg_hba.conf"],
        "the user stands in the URL, `postgres://USER@HOST/DATABASE`, and the password comes from PGPASSWORD",
    ),
    (
        &["permission denied", "NOPERM", "permissions violation"],
        "give this user the right to it, or name another one",
    ),
    (
        &["database \"", "index is out of range"],
        "name a database that is there at the end of the URL",
    ),
    (
        &["does not support TLS", "InvalidContentType", "certificate"],
        "the server has to speak TLS, with a certificate that this machine or the file of the URL trusts",
    ),
];

/// What helps where none of these words are told.
const ELSE: &str = "see that the server runs; `inthreat pull --help` ends with how each is named";

/// What helps a server or a driver that told this.
pub(crate) fn known(chain: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(words, _)| has_any(chain, words)).map(|(_, advice)| *advice)
}

/// Whether a server that told this, or of which this was told, may be there when it is tried again.
pub(crate) fn is_unreachable(chain: &str) -> bool {
    has_any(chain, UNREACHABLE) || has_any(chain, GONE)
}

fn has_any(chain: &str, words: &[&str]) -> bool {
    words.iter().any(|words| chain.contains(words))
}

/// Adds what helps to what a server failed at.
pub(crate) fn add(failure: Failure) -> Failure {
    match (known(&failure.chain()), failure.exit()) {
        (Some(advice), _) => failure.hint(advice),
        // The command line is wrong, which the message tells.
        (None, Exit::Usage) => failure,
        (None, _) => failure.hint(ELSE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches advice that sends whoever has a wrong password to the firewall, and words that hide others behind them.
    #[test]
    fn advice_is_for_what_failed() {
        for (told, expected) in [
            ("error connecting to server: Connection refused (os error 111)", "firewall"),
            ("write to the PostgreSQL database: connection closed", "went away"),
            ("read from the Redis server: broken pipe", "went away"),
            ("db error: FATAL: password authentication failed for user \"a\"", "PGPASSWORD"),
            ("db error: FATAL: database \"a\" does not exist", "name a database"),
            ("db error: ERROR: permission denied for database \"a\"", "the right"),
            ("Password authentication failed - AuthenticationFailed", "REDISCLI_AUTH"),
            ("nats: authorization violation", "NATS_USER"),
            ("something that nobody foresaw", "pull --help"),
        ] {
            let failure = add(Failure::new(Exit::Storage, told));
            assert!(failure.advice().unwrap().contains(expected), "{told}: {failure}");
        }
        assert_eq!(add(Failure::new(Exit::Usage, "expected an address")).advice(), None);
    }
}
