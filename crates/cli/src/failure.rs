//! What a command failed at: the chain of reasons, a hint that helps, and the exit code.

use std::{error::Error, fmt, io};

use crate::{
    exit::Exit,
    place::{is_unreachable, known_advice},
};

/// What helps where a certificate is not trusted.
pub(crate) const CERTIFICATES: &str = "where a proxy opens connections, or the service has a certificate of your own, add that to those of the system, or name it in SSL_CERT_FILE; a wrong clock does this too";

/// The result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// What was being done, then each cause behind the other.
    chain: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure without a cause of its own.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, chain: vec![message.into()], hint: None }
    }

    /// Something that could not be done because of `cause`.
    pub(crate) fn because(
        exit: Exit,
        message: impl Into<String>,
        cause: &(dyn Error + 'static),
    ) -> Self {
        let mut failure = Self::new(exit, message);
        let mut link = Some(cause);
        while let Some(cause) = link {
            failure.tell(cause.to_string());
            link = cause.source();
        }
        failure
    }

    /// Adds a cause, unless it says what the link before it ended with.
    fn tell(&mut self, text: String) {
        match self.chain.last_mut() {
            Some(last) if last.ends_with(&text) => {}
            Some(last) if text.ends_with(last.as_str()) => *last = text,
            _ => self.chain.push(text),
        }
    }

    /// The same, told as a cause of not being able to do this.
    pub(crate) fn within(mut self, message: impl Into<String>) -> Self {
        self.chain.insert(0, message.into());
        self
    }

    /// Adds what would help.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds what helps most people whose command ended so.
    pub(crate) fn hint_by_exit(self) -> Self {
        match self.exit {
            Exit::Denied => {
                self.hint(
                "`inthreat login` keeps a key; INTHREAT_API_KEY or --key-file FILE hold one for a call; `inthreat status` asks about it",
            )
            }
            Exit::Network => self.hint("`inthreat doctor` looks at the way to the service"),
            _ => self,
        }
    }

    /// Adds what helps where a store failed so: a folder of this machine, or a server that others run.
    pub(crate) fn hint_by_store(self, kind: inthreat_store::ErrorKind) -> Self {
        match kind {
            inthreat_store::ErrorKind::Full => {
                self.hint("make room, or allow a replica more with --size-max, and run the same command again; nothing that was stored is lost")
            }
            inthreat_store::ErrorKind::Incompatible if !self.is_about("is not a replica") => self,
            inthreat_store::ErrorKind::Incompatible => self.hint(
                "`inthreat pull --into DIR` and `inthreat import FILE --into DIR` make a replica where nothing is yet",
            ),
            inthreat_store::ErrorKind::Corrupt => self.hint(
                "`inthreat replica verify DIR` says what is damaged; `inthreat replica repair DIR` and `rebuild` mend it",
            ),
            _ => match known_advice(&self.chain()) {
                Some(advice) => self.hint(advice),
                None => self,
            },
        }
    }

    /// Whether some of this was told as the reason.
    fn is_about(&self, words: &str) -> bool {
        self.chain.iter().any(|link| link.contains(words))
    }

    /// What failed and why, in one line.
    pub(crate) fn chain(&self) -> String {
        self.chain.join(": ")
    }

    /// What would help, where that is known.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether the reader of our output has gone away, which is no failure: `inthreat … | head`.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        self.exit == Exit::BrokenPipe
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.chain())?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl From<inthreat_api::Error> for Failure {
    fn from(error: inthreat_api::Error) -> Self {
        let failure = Self::because(error.kind().into(), "ask the Intelligence Center", &error);
        match error.kind() {
            inthreat_api::ErrorKind::Forbidden => {
                failure.hint("`inthreat status` tells what this key may do; some things nobody may")
            }
            _ if is_about_certificates(&error) => failure.hint(CERTIFICATES),
            _ => failure.hint_by_exit(),
        }
    }
}

impl From<inthreat_store::Error> for Failure {
    fn from(error: inthreat_store::Error) -> Self {
        // An export writes the output itself.
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        let is_broken_pipe = source.is_some_and(|it| it.kind() == io::ErrorKind::BrokenPipe);
        let mut failure = Self::because(Exit::Storage, "use the store", &error);
        let question =
            error.source().and_then(|source| source.downcast_ref::<inthreat_api::Error>());
        if is_broken_pipe {
            failure.exit = Exit::BrokenPipe;
        } else if let Some(question) = question {
            failure.exit = question.kind().into();
        } else if error.kind() == inthreat_store::ErrorKind::Io && is_unreachable(&failure.chain())
        {
            failure.exit = Exit::Network;
        }
        failure.hint_by_store(error.kind())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        let exit = if error.kind() == io::ErrorKind::BrokenPipe {
            Exit::BrokenPipe
        } else {
            Exit::Storage
        };
        Self::because(exit, "write the output", &error)
    }
}

/// Whether a connection failed because of who the other side says to be.
pub(crate) fn is_about_certificates(error: &inthreat_api::Error) -> bool {
    use inthreat_api::ErrorKind as Kind;
    if !matches!(error.kind(), Kind::Transport | Kind::Protocol) {
        return false;
    }
    let mut link: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = link {
        let text = cause.to_string().to_ascii_lowercase();
        if text.contains("certificate") || text.contains("tls") {
            return true;
        }
        link = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a chain that says the same twice, or that loses its first cause.
    #[test]
    fn the_chain_is_told_once() {
        let cause = io::Error::other("disk on fire");
        let error = inthreat_api::Error::new(inthreat_api::ErrorKind::Storage, "read page")
            .with_source(cause);
        let failure = Failure::from(error);
        assert_eq!(
            failure.to_string(),
            "error: ask the Intelligence Center: read page: disk on fire"
        );
        assert_eq!(failure.exit(), Exit::Storage);
        let mut failure = Failure::new(Exit::Storage, "connect");
        for cause in ["denied", "nats: denied", "nats: denied", "denied", "refused"] {
            failure.tell(cause.to_owned());
        }
        assert_eq!(failure.chain(), "connect: nats: denied: refused");
    }
    // Catches a server that is away and is told as a broken disk, so that nobody tries again, a question that is told as one,
    // and advice to make a replica where there is one.
    #[test]
    fn stores_end_as_what_they_failed_at() {
        use inthreat_store::{Error, ErrorKind};
        let away = io::Error::other("Connection refused (os error 111)");
        let away = Error::new(ErrorKind::Io, "connect to the Redis server").with_source(away);
        assert_eq!(Failure::from(away).exit(), Exit::Network);
        let absent = inthreat_api::Error::new(inthreat_api::ErrorKind::NotFound, "no such feed");
        let absent = Error::new(ErrorKind::Incompatible, "export `x`").with_source(absent);
        let absent = Failure::from(absent);
        assert_eq!((absent.exit(), absent.advice()), (Exit::Missing, None));
        let full = Failure::from(Error::new(ErrorKind::Incompatible, "it is there and not empty"));
        assert_eq!((full.exit(), full.advice()), (Exit::Storage, None));
        let none = Failure::from(Error::new(ErrorKind::Incompatible, "`x` is not a replica"));
        assert!(none.advice().unwrap().contains("inthreat pull"));
    }

    // Catches a certificate that nobody trusts and whoever is refused being sent to look for a key.
    #[test]
    fn advice_is_for_what_was_refused() {
        use inthreat_api::{Error, ErrorKind};
        let cause = io::Error::other("invalid peer certificate: UnknownIssuer");
        let strange = Failure::from(Error::new(ErrorKind::Protocol, "connect").with_source(cause));
        assert!(strange.advice().unwrap().contains("SSL_CERT_FILE"));
        let refused = Failure::from(Error::new(ErrorKind::Forbidden, "delete feed"));
        assert!(!refused.advice().unwrap().contains("login"));
    }
}
