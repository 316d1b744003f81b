//! Places that the command line names: a folder, or a server by its URL, whose password nobody else may read.

use std::{env, fs, path::PathBuf, sync::Arc};

use inthreat_store::{CursorStore, FileCursorStore};

use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

/// A folder or a server. It has no `Debug`, since a URL may hold a password.
pub(crate) enum Place {
    Folder(PathBuf),
    #[cfg(feature = "postgres")]
    Postgres(String),
    #[cfg(feature = "redis")]
    Redis(String),
    #[cfg(feature = "nats")]
    Nats(String),
}

impl Place {
    /// Reads `DIR`, `file:DIR` or a URL; `env:VARIABLE` and `@FILE` hold one of these, so that it is not on the command
    /// line, which every process of the machine can read.
    pub(crate) fn parse(text: &str) -> Outcome<Self> {
        if let Some(name) = text.strip_prefix("env:") {
            let text = env::var(name).map_err(|error| {
                Failure::because(Exit::Usage, format!("read `{name}` from the environment"), &error)
            })?;
            return Self::of(text.trim());
        }
        if let Some(name) = text.strip_prefix('@') {
            let text = fs::read_to_string(name).map_err(|error| {
                Failure::because(Exit::Storage, format!("read `{name}`"), &error)
            })?;
            return Self::of(text.lines().next().unwrap_or_default().trim());
        }
        if has_password(text) {
            let message =
                "a password on the command line can be read by every process of this machine";
            return Err(Failure::new(Exit::Usage, message).hint(
                "put the URL into a variable or a file, and name it with `env:VARIABLE` or `@FILE`",
            ));
        }
        Self::of(text)
    }

    fn of(text: &str) -> Outcome<Self> {
        let folder = text.strip_prefix("file://").or_else(|| text.strip_prefix("file:"));
        if let Some(folder) = folder {
            return Ok(Self::Folder(folder.into()));
        }
        match text.split_once("://").map(|(scheme, _)| scheme) {
            None if text.is_empty() => {
                Err(Failure::new(Exit::Usage, "expected a folder or a URL, found nothing"))
            }
            None => Ok(Self::Folder(text.into())),
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => Ok(Self::Postgres(text.to_owned())),
            #[cfg(feature = "redis")]
            Some("redis" | "rediss") => Ok(Self::Redis(text.to_owned())),
            #[cfg(feature = "nats")]
            Some("nats" | "tls") => Ok(Self::Nats(text.to_owned())),
            Some(scheme) => {
                let message = format!(
                    "`{}://…` is no place that this program was built for: expected a folder{}",
                    scheme.escape_debug(),
                    SCHEMES.concat()
                );
                Err(Failure::new(Exit::Usage, message))
            }
        }
    }

    /// Opens the cursors that are kept there.
    pub(crate) async fn cursors(self) -> Outcome<Arc<dyn CursorStore>> {
        Ok(match self {
            Self::Folder(folder) => Arc::new(FileCursorStore::open(folder)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => {
                let options = inthreat_postgres::PostgresOptions::default();
                Arc::new(inthreat_postgres::PostgresStore::open(&url, options).await?)
            }
            #[cfg(feature = "redis")]
            Self::Redis(url) => {
                let options = inthreat_redis::RedisOptions::default();
                Arc::new(inthreat_redis::RedisCursorStore::open(&url, options).await?)
            }
            #[cfg(feature = "nats")]
            Self::Nats(url) => {
                let options = inthreat_nats::NatsOptions::default();
                Arc::new(inthreat_nats::NatsCursorStore::open(&url, options).await?)
            }
        })
    }
}

/// The URLs that this build takes, for a message.
const SCHEMES: &[&str] = &[
    #[cfg(feature = "postgres")]
    ", `postgres://…`",
    #[cfg(feature = "redis")]
    ", `redis://…`",
    #[cfg(feature = "nats")]
    ", `nats://…`",
];

/// Whether a URL has a password, be it before the `@` or among the parameters. A NATS token has no colon.
fn has_password(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let (authority, rest) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let is_secret = |user: &str| user.contains(':') || matches!(scheme, "nats" | "tls");
    // A password with a slash in it, which is no URL, is one all the same.
    user.is_some_and(is_secret) || rest.contains('@') || rest.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a password that is let pass, and a URL without one that is not.
    #[test]
    fn passwords_are_seen() {
        for text in [
            "postgres://me:hunter2@host/db",
            "postgres://me:hun/ter2@host/db",
            "postgres://host/db?user=me&password=hunter2",
            "redis://:hunter2@host",
            "nats://hunter2@host",
        ] {
            let failure = Place::parse(text).err().unwrap();
            assert_eq!(failure.exit(), Exit::Usage, "{text}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
        for text in ["a@b:c", "file:x", "x/y"] {
            assert!(Place::parse(text).is_ok(), "{text}");
        }
        for text in ["postgres://me@host/db", "redis://host/0", "nats://host:4222"] {
            assert!(!has_password(text), "{text}");
        }
    }

    // Catches a scheme that is taken for the name of a folder.
    #[test]
    fn what_is_no_place_is_told() {
        for text in ["mysql://host/db", "", "http://host"] {
            assert_eq!(Place::parse(text).err().unwrap().exit(), Exit::Usage, "{text}");
        }
        let place = Place::parse("file:/x/y").ok();
        assert!(matches!(place, Some(Place::Folder(path)) if path == *"/x/y"));
    }
}
