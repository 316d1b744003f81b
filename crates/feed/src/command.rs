//! Objects to the standard input of a program: a sink for whatever is no sink yet.

#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::{
    ffi::{OsStr, OsString},
    fmt,
    io::ErrorKind as IoErrorKind,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use inthreat_stix::RawObject;
use inthreat_store::{Batch, Error, ErrorKind, Result, Sink, Written};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, Command},
    time::timeout,
};

use crate::ndjson::{CHUNK_BYTES, push_line};

/// How much of what a command says about its failure is told.
const WORDS_BYTES: usize = 1024;
/// How long is waited for the rest of these words when the command has ended and somebody else keeps its standard
/// error open.
const WORDS_TIME: Duration = Duration::from_secs(1);

/// Starts a program for every batch, and gives it the objects on its standard input, one a line.
///
/// No shell is between: the program is looked for in `PATH`, and its arguments reach it as they are. It inherits the
/// environment, the folder and the standard output, and finds in its environment `INTHREAT_FEED`, the id of the feed,
/// and `INTHREAT_OBJECTS`, how many lines come.
///
/// # Contract
///
/// Its exit status alone says whether the batch is written: 0 for yes, even when it did not read all. Any other status, a
/// signal, and a command that takes longer than it may, is an error ([`Io`](ErrorKind::Io)), which has the beginning of
/// its standard error; the same objects come again, perhaps in other batches. So it belongs into
/// [`Target::separate`](crate::Target::separate), delivers at least once, and the command must bear to see a version
/// twice. When this process is killed, a command may see the end of its input too early: `INTHREAT_OBJECTS` tells.
///
/// A command that takes too long is killed, as it is when the future of a write is dropped. What it started itself is left
/// alone. Rejected items are counted and not given to it: an [`Observer`](crate::Observer) is told them.
///
/// It needs a Tokio runtime whose input and output are enabled.
///
/// ```
/// use std::time::Duration;
/// use inthreat_feed::CommandSink;
///
/// let sink = CommandSink::new("kcat").with_arguments(["-P", "-t", "ti"]).with_time_max(Duration::from_mins(1));
/// assert_eq!(format!("{sink:?}"), r#"CommandSink { program: "kcat", time_max: 60s, .. }"#);
/// ```
#[derive(Clone)]
pub struct CommandSink {
    program: Arc<OsStr>,
    arguments: Arc<[OsString]>,
    time_max: Duration,
}

impl CommandSink {
    /// Starts this program, without arguments, which may take 5 minutes for a batch.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref().into();
        Self { program, arguments: Arc::default(), time_max: Duration::from_mins(5) }
    }

    /// Sets its arguments. They can be read by everybody on the machine: no place for secrets.
    #[must_use]
    pub fn with_arguments<T: Into<OsString>>(
        mut self,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.arguments = arguments.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how long it may take for a batch.
    #[must_use]
    pub fn with_time_max(mut self, time: Duration) -> Self {
        self.time_max = time;
        self
    }

    fn start(&self, batch: &Batch) -> Result<Child> {
        let mut command = Command::new(&*self.program);
        command
            .args(&*self.arguments)
            .env("INTHREAT_FEED", batch.feed.as_str())
            .env("INTHREAT_OBJECTS", batch.objects().len().to_string())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| {
            Error::from_io(format_args!("start the command `{}`", self.name()), error)
        })
    }

    fn failed(&self, what: impl fmt::Display) -> Error {
        let message = format!("hand a batch to the command `{}`: {what}", self.name());
        Error::new(ErrorKind::Io, message)
    }

    fn name(&self) -> impl fmt::Display {
        self.program.display()
    }
}

#[async_trait]
impl Sink for CommandSink {
    async fn write(&self, batch: Batch) -> Result<Written> {
        let objects = batch.objects().len() as u64;
        if objects > 0 {
            let mut child = self.start(&batch)?;
            match timeout(self.time_max, attend(&mut child, batch.objects())).await {
                Ok(Ok((status, _))) if status.success() => {}
                Ok(Ok((status, words))) => {
                    return Err(self.failed(format_args!("it ended with {status}{words}")));
                }
                Ok(Err(error)) => {
                    // What it has seen is not what was meant for it.
                    let _ = child.kill().await;
                    return Err(self.failed("it cannot be fed").with_source(error));
                }
                Err(_) => {
                    // One that ended in the very same moment has nothing to be killed.
                    let _ = child.kill().await;
                    let time = self.time_max;
                    return Err(self.failed(format_args!("it was killed after {time:?}")));
                }
            }
        }
        Ok(Written::new(objects, 0, 0, batch.rejected.len() as u64))
    }
}

impl fmt::Debug for CommandSink {
    /// Without the arguments, which may hold what is for nobody else.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandSink")
            .field("program", &self.program)
            .field("time_max", &self.time_max)
            .finish_non_exhaustive()
    }
}

/// What a command said before it failed.
#[derive(Default)]
struct Words(Vec<u8>);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        let text: Vec<_> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let text = text.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if text.is_empty() { Ok(()) } else { write!(f, " and said `{text}`") }
    }
}

/// Feeds a command and listens to it until it ends, however much it reads or says. An error is one of this process.
async fn attend(
    child: &mut Child,
    objects: &[RawObject],
) -> Result<(ExitStatus, Words), std::io::Error> {
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let mut words = Words::default();
    let status = {
        let talk = async { tokio::join!(feed(stdin, objects), listen(stderr, &mut words)) };
        let mut talk = std::pin::pin!(talk);
        tokio::select! {
            biased;
            (fed, ()) = &mut talk => {
                fed?;
                child.wait().await?
            }
            status = child.wait() => {
                let status = status?;
                if !status.success() {
                    // Nobody reads any more, and what it said last may still be on its way.
                    let _ = timeout(WORDS_TIME, talk).await;
                }
                status
            }
        }
    };
    Ok((status, words))
}

/// Writes all objects and closes the pipe. A command need not read to the end.
async fn feed(stdin: Option<ChildStdin>, objects: &[RawObject]) -> Result<(), std::io::Error> {
    let Some(mut stdin) = stdin else {
        return Ok(());
    };
    let written = async {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        for object in objects {
            push_line(object.as_bytes(), &mut chunk);
            if chunk.len() >= CHUNK_BYTES {
                stdin.write_all(&chunk).await?;
                chunk.clear();
            }
        }
        stdin.write_all(&chunk).await?;
        stdin.shutdown().await
    };
    match written.await {
        Err(error) if error.kind() != IoErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Reads all that a command says, and keeps the beginning.
async fn listen(stderr: Option<ChildStderr>, words: &mut Words) {
    let Some(mut stderr) = stderr else {
        return;
    };
    let mut buffer = vec![0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let room = WORDS_BYTES.saturating_sub(words.0.len());
        words.0.extend(buffer.iter().take(count.min(room)));
    }
}
