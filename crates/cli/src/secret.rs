//! A secret that is typed and not shown.

use std::io;

/// Asks for a line at the terminal. What is typed is hidden before the question is there, so that nothing that is pasted
/// at once is seen.
#[cfg(unix)]
pub(crate) fn ask(question: &str) -> io::Result<String> {
    use std::{
        fs::File,
        io::{BufRead, BufReader, Read, Write},
    };

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The longest line that is read, in bytes.
    const LENGTH_MAX: u64 = 1 << 16;

    /// Shows again what is typed, however the question ends.
    struct Shown<'a>(&'a File, Termios);

    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            // A terminal that is gone shows nothing anyway.
            let _ = tcsetattr(self.0, OptionalActions::Flush, &self.1);
        }
    }

    let terminal = File::options().read(true).write(true).open("/dev/tty")?;
    let before = tcgetattr(&terminal)?;
    let mut hidden = before.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    hidden.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&terminal, OptionalActions::Now, &hidden)?;
    let _shown = Shown(&terminal, before);
    (&terminal).write_all(question.as_bytes())?;
    let mut line = String::new();
    BufReader::new((&terminal).take(LENGTH_MAX)).read_line(&mut line)?;
    Ok(line)
}

#[cfg(not(unix))]
pub(crate) fn ask(question: &str) -> io::Result<String> {
    rpassword::prompt_password(question)
}
