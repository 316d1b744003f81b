//! The keyring of the desktop session. It is asked on a thread of its own and for a while only, since one that is locked
//! may wait for somebody who is not there.

#[cfg(feature = "keyring")]
pub(super) use asked::{forget, keep, read};
#[cfg(not(feature = "keyring"))]
pub(super) use left_out::{forget, keep, read};

#[cfg(feature = "keyring")]
mod asked {
    use std::{
        io::{self, IsTerminal},
        sync::mpsc::{self, RecvTimeoutError},
        thread,
        time::Duration,
    };

    use keyring::{Entry, Error};

    use crate::{
        exit::Exit,
        failure::{Failure, Outcome},
        print::say,
    };

    /// The name of this program in keyrings.
    const SERVICE: &str = "inthreat";
    /// How long a keyring may take to answer.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// After this time a person is told what is waited for.
    const SILENCE_MAX: Duration = Duration::from_secs(1);
    /// How long a person may take to unlock a keyring.
    const PATIENCE_WITH_PEOPLE: Duration = Duration::from_mins(1);

    /// Keeps a key under a name.
    pub(crate) fn keep(name: &str, key: &str) -> Outcome {
        let key = key.to_owned();
        ask(name, move |entry| entry.set_password(&key))
    }

    /// The key of this name; `None` where the keyring has none.
    pub(crate) fn read(name: &str) -> Outcome<Option<String>> {
        ask(name, |entry| present(entry.get_password()))
    }

    /// Takes a key away. That there is none is what was wanted.
    pub(crate) fn forget(name: &str) -> Outcome {
        ask(name, |entry| present(entry.delete_credential()).map(drop))
    }

    fn present<T>(answer: keyring::Result<T>) -> keyring::Result<Option<T>> {
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks the keyring, and gives up when it does not answer in time: who asks in vain ends with the program.
    fn ask<T: Send + 'static>(
        name: &str,
        question: impl FnOnce(&Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Outcome<T> {
        let name = name.to_owned();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let answer = match Entry::store_status() {
                Ok(()) => Entry::new(SERVICE, &name)
                    .and_then(|entry| question(&entry))
                    .map_err(|error| reason(&error)),
                Err(error) => Err(reason(error)),
            };
            // Nobody listens any more when it came too late.
            let _ = tell.send(answer);
        });
        let mut answer = told.recv_timeout(SILENCE_MAX);
        if matches!(answer, Err(RecvTimeoutError::Timeout)) {
            let is_watched = io::stderr().is_terminal();
            if is_watched {
                say("waiting for the keyring, which may ask to be unlocked…");
            }
            let patience = if is_watched { PATIENCE_WITH_PEOPLE } else { PATIENCE };
            answer = told.recv_timeout(patience.saturating_sub(SILENCE_MAX));
        }
        let reason = match answer {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(reason)) => reason,
            Err(_) => "it does not answer; it may be locked".to_owned(),
        };
        Err(Failure::new(Exit::Storage, reason))
    }

    /// Why a keyring did not do what it was asked, in one link. What it holds is in none of these.
    fn reason(error: &Error) -> String {
        match error {
            Error::NoStorageAccess(cause) => format!("it is locked, or not for us: {cause}"),
            Error::PlatformFailure(cause) => {
                let told = cause.to_string();
                // Which library asked helps nobody.
                told.strip_prefix("zbus error: ").map_or_else(|| told.clone(), str::to_owned)
            }
            Error::BadEncoding(_) | Error::BadDataFormat(..) => {
                "it has something else under our name".to_owned()
            }
            Error::Ambiguous(_) => "it has several keys under one name".to_owned(),
            error => error.to_string(),
        }
    }
}

#[cfg(not(feature = "keyring"))]
mod left_out {
    use crate::{
        exit::Exit,
        failure::{Failure, Outcome},
    };

    pub(crate) fn keep(_: &str, _: &str) -> Outcome {
        Err(none())
    }

    pub(crate) fn read(_: &str) -> Outcome<Option<String>> {
        Err(none())
    }

    pub(crate) fn forget(_: &str) -> Outcome {
        Err(none())
    }

    fn none() -> Failure {
        Failure::new(Exit::Usage, "this program was built without keyrings")
    }
}
