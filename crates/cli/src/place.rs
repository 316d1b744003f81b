//! Places that the command line names: a folder, or a server by its URL, whose password nobody else may read.

mod advice;
mod database;
#[cfg(feature = "nats")]
mod nats;
#[cfg(any(feature = "nats", feature = "postgres", feature = "redis"))]
mod parameters;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod tests;

use std::{env, fs, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use inthreat_replica::{Options, Replica};
use inthreat_store::{CursorStore, FileCursorStore, Sink};

use crate::{
    arguments::Room,
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::say,
};

pub(crate) use advice::{NOTHING_YET, add as advise, is_unreachable, known as known_advice};
pub(crate) use database::Database;

/// A folder or a server. It has no `Debug`, since a URL may hold a password.
pub(crate) enum Place {
    Folder(PathBuf),
    Server(Box<dyn Server>),
}

/// What is wanted of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// To look at what is there.
    Read,
    /// To change what is there.
    Change,
    /// To write to it, and to make it where it is not there yet.
    Make,
}

/// A server that others run.
#[async_trait]
pub(crate) trait Server: Send + Sync {
    /// The cursors that are kept there.
    async fn cursors(&self, access: Access) -> Outcome<Arc<dyn CursorStore>>;

    /// The objects that are kept there, with their cursors.
    async fn database(&self, access: Access) -> Outcome<Arc<dyn Database>>;

    /// What takes objects there, while the cursors are kept elsewhere.
    async fn sink(&self) -> Outcome<Arc<dyn Sink>>;
}

/// A kind of server that this program was built for.
struct Engine {
    schemes: &'static [&'static str],
    /// How its URL begins, for a message.
    shown: &'static str,
    parse: fn(&str) -> Outcome<Box<dyn Server>>,
}

/// By how much the threads that write a replica give way to those that answer, beside which they often run: what `nice` adds.
pub(crate) const WRITE_NICENESS: u8 = 10;

const ENGINES: &[Engine] = &[
    #[cfg(feature = "postgres")]
    Engine {
        schemes: &["postgres", "postgresql"],
        shown: ", `postgres://…`",
        parse: postgres::parse,
    },
    #[cfg(feature = "redis")]
    Engine { schemes: &["redis", "rediss"], shown: ", `redis://…`", parse: redis::parse },
    #[cfg(feature = "nats")]
    Engine { schemes: &["nats", "tls"], shown: ", `nats://…`", parse: nats::parse },
];

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
        let Some((scheme, _)) = text.split_once("://") else {
            return match text {
                "" => Err(Failure::new(Exit::Usage, "expected a folder or a URL, found nothing")),
                text => Ok(Self::Folder(text.into())),
            };
        };
        if let Some(engine) = ENGINES.iter().find(|engine| engine.schemes.contains(&scheme)) {
            return Ok(Self::Server((engine.parse)(text)?));
        }
        let known: String = ENGINES.iter().map(|engine| engine.shown).collect();
        let message = format!(
            "`{}://…` is no place that this program was built for: expected a folder{known}",
            scheme.escape_debug(),
        );
        Err(Failure::new(Exit::Usage, message))
    }

    /// Opens the cursors that are kept there: in files of the folder, or on the server.
    pub(crate) async fn cursors(&self, access: Access) -> Outcome<Arc<dyn CursorStore>> {
        match self {
            Self::Folder(folder) if access != Access::Make && !folder.is_dir() => {
                let message = format!("`{}` is no folder of cursors", folder.display());
                Err(Failure::new(Exit::Storage, message)
                    .hint("a pull with the same --state makes it"))
            }
            Self::Folder(folder) => Ok(Arc::new(FileCursorStore::open(folder)?)),
            Self::Server(server) => server.cursors(access).await.map_err(advise),
        }
    }

    /// Opens the objects that are kept there with their cursors: in the replica of the folder, or on the server.
    pub(crate) async fn database(&self, access: Access) -> Outcome<Arc<dyn Database>> {
        self.database_with(access, Room::default()).await
    }

    /// Like [`Place::database`], for a replica that keeps no more than this.
    pub(crate) async fn database_with(
        &self,
        access: Access,
        room: Room,
    ) -> Outcome<Arc<dyn Database>> {
        match self {
            Self::Folder(folder) => {
                let options = room.of(Options::default()).with_write_niceness(WRITE_NICENESS);
                let replica = match access {
                    Access::Read => Replica::open(folder, options),
                    Access::Change => Replica::open_writer(folder, options),
                    Access::Make => Replica::create_or_open(folder, options),
                }?;
                tell_behind(&replica);
                Ok(Arc::new(replica))
            }
            Self::Server(server) => server.database(access).await.map_err(advise),
        }
    }
}

/// Tells what questions and writers wait for after a writer was stopped.
pub(crate) fn tell_behind(replica: &Replica) {
    if let Some(behind) = behind(replica) {
        say(format!("{behind}: that is done first"));
    }
}

/// What is still to be done after a writer was stopped.
pub(crate) fn behind(replica: &Replica) -> Option<String> {
    let objects = replica.left_behind().ok().filter(|objects| *objects > 0)?;
    let objects = measure::things(objects, "object");
    Some(format!("{objects} cannot be found yet, since who wrote them was stopped"))
}

/// The address of a URL for people: without who asks, and without parameters, where keys stand.
pub(crate) fn shown(url: &str) -> String {
    let (scheme, rest) = url.find("://").map_or(("", url), |at| url.split_at(at.saturating_add(3)));
    // A password may hold what parts a URL elsewhere, although it should not.
    let (hidden, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("…@", rest));
    match rest.find(['?', '#']).and_then(|at| rest.get(..at)) {
        Some(rest) => format!("{scheme}{hidden}{rest}?…"),
        None => format!("{scheme}{hidden}{rest}"),
    }
}

/// Whether a URL has a password, be it before the `@` or among the parameters. A NATS token has no colon.
pub(crate) fn has_password(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    let (authority, rest) = rest.split_once(['/', '?']).unwrap_or((rest, ""));
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let is_secret = |user: &str| user.contains(':') || matches!(scheme, "nats" | "tls");
    // A password with a slash in it, which is no URL, is one all the same.
    user.is_some_and(is_secret) || rest.contains('@') || rest.contains("password=")
}
