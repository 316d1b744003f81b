//! Objects as lines of text: a sink that needs no database.

mod folder;
#[cfg(test)]
mod folder_tests;
mod lines;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    io::{self, Write},
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use inthreat_stix::Rejected;
use inthreat_store::{Batch, Error, Result, Sink, Written};
use tokio::task::spawn_blocking;

use lines::LineFile;

pub use folder::{NdjsonFolderSink, RotateOptions};

/// How much is collected before it is written.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// Appends every object to a file, or to any [`Write`], as one line.
///
/// The bytes stay what they are, but for line breaks between the tokens of an object, which are left out. Rejected items
/// go to a second file.
///
/// # Contract
///
/// It keeps every version that arrives and compares nothing: a batch that is written again is there twice. So it belongs
/// into [`Target::separate`](crate::Target::separate), and a reader takes the last line of an id. In a file a batch is
/// durable when it is acknowledged, and a batch that fails is taken back whole; after a crash, some whole lines of it
/// may be there and are followed by the same batch again.
///
/// It needs a Tokio runtime: the files are written on its threads for blocking work.
#[derive(Clone)]
pub struct NdjsonSink(Arc<Mutex<Output>>);

enum Output {
    File(Files),
    Writer(Box<dyn Write + Send>),
}

struct Files {
    objects: LineFile,
    /// Opened when something is rejected for the first time.
    rejected: Option<LineFile>,
    rejected_path: PathBuf,
}

impl NdjsonSink {
    /// Appends to a file, which is made where it is not there yet, and to `<path>.rejected`, where each line has the `reason`
    /// and the `text` of an item.
    ///
    /// The file is locked against a second writer ([`Busy`](inthreat_store::ErrorKind::Busy)). A last line that a crash
    /// tore is cut off; a file that ends in anything else is refused
    /// ([`Incompatible`](inthreat_store::ErrorKind::Incompatible)).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let objects = LineFile::open(path.as_ref())?;
        let mut rejected_path = path.as_ref().as_os_str().to_owned();
        rejected_path.push(".rejected");
        let rejected_path = rejected_path.into();
        Ok(Self::with_output(Output::File(Files { objects, rejected: None, rejected_path })))
    }

    /// Writes to anything else, such as the standard output; each batch is flushed. Rejected items are counted and not
    /// written: an [`Observer`](crate::Observer) is told them.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::with_output(Output::Writer(Box::new(writer)))
    }

    fn with_output(output: Output) -> Self {
        Self(Arc::new(Mutex::new(output)))
    }
}

#[async_trait]
impl Sink for NdjsonSink {
    async fn write(&self, batch: Batch) -> Result<Written> {
        let output = Arc::clone(&self.0);
        let written = spawn_blocking(move || {
            output.lock().unwrap_or_else(PoisonError::into_inner).write(&batch)
        });
        match written.await {
            Ok(result) => result,
            Err(failure) => match failure.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(failure) => Err(Error::from_io("write a batch", io::Error::other(failure))),
            },
        }
    }
}

impl Output {
    fn write(&mut self, batch: &Batch) -> Result<Written> {
        match self {
            Self::File(files) => {
                if !batch.rejected.is_empty() {
                    let rejected = match &mut files.rejected {
                        Some(rejected) => rejected,
                        none => none.insert(LineFile::open(&files.rejected_path)?),
                    };
                    rejected.append(|out| write_rejected(&batch.rejected, out))?;
                }
                files.objects.append(|out| write_objects(batch, out))?;
            }
            Self::Writer(writer) => {
                write_objects(batch, writer)
                    .and_then(|()| writer.flush())
                    .map_err(|error| Error::from_io("write objects as lines", error))?;
            }
        }
        Ok(Written::new(batch.objects().len() as u64, 0, 0, batch.rejected.len() as u64))
    }
}

impl fmt::Debug for NdjsonSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NdjsonSink").finish_non_exhaustive()
    }
}

fn write_objects(batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    for object in batch.objects() {
        push_line(object.as_bytes(), &mut chunk);
        if chunk.len() >= CHUNK_BYTES {
            out.write_all(&chunk)?;
            chunk.clear();
        }
    }
    out.write_all(&chunk)
}

fn write_rejected(rejected: &[Rejected], out: &mut dyn Write) -> io::Result<()> {
    for item in rejected {
        let text = String::from_utf8_lossy(item.as_bytes());
        let reason = serde_json::to_string(item.reason())?;
        let text = serde_json::to_string(&text)?;
        writeln!(out, r#"{{"reason":{reason},"text":{text}}}"#)?;
    }
    Ok(())
}

/// Adds an object and a line break. A string of JSON holds no line break, so each that is found stands between tokens.
pub(crate) fn push_line(object: &[u8], out: &mut Vec<u8>) {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    for part in object.split(is_break) {
        out.extend_from_slice(part);
    }
    out.push(b'\n');
}
