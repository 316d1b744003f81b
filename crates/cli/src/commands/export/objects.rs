//! The objects that are exported, part by part: of one state of a replica, or page by page from a service.

use std::io::{self, Write};

use inthreat_api::{LIMIT_MAX, PageRequest};
use inthreat_replica::{ExportOptions, Replica};
use inthreat_stix::RawObject;
use tokio::sync::mpsc;

use super::{Wanted, center, feed, is_wanted};
use crate::{
    arguments::{Export, ExportFormat},
    exit::Exit,
    failure::{Failure, Outcome},
    source,
};

/// How many objects of a replica are in hand at a time.
const PART: usize = 500;

/// Objects on their way.
pub(super) struct Objects {
    parts: mpsc::Receiver<Outcome<Vec<RawObject>>>,
    wanted: Wanted,
}

impl Objects {
    pub(super) fn open(arguments: &Export) -> Outcome<Self> {
        let (sender, parts) = mpsc::channel(2);
        if arguments.source.local.is_some() {
            let (replica, options) = of_replica(arguments)?;
            tokio::task::spawn_blocking(move || {
                let mut out = Parts { sender: sender.clone(), line: Vec::new(), part: Vec::new() };
                let exported = replica.export(&options, &mut out);
                let last = exported.map_err(Failure::from).map(|_| out.part);
                // Who no longer listens does not want it.
                let _ = sender.blocking_send(last);
            });
        } else {
            let center = center(arguments)?;
            let mut request = PageRequest::new(feed(arguments)?).with_limit(LIMIT_MAX);
            request = request.with_types(types(arguments));
            tokio::spawn(async move {
                loop {
                    let page = match center.page(request.clone()).await {
                        Ok(page) => page,
                        Err(error) => return drop(sender.send(Err(error.into())).await),
                    };
                    let is_last = page.is_empty()
                        || page.next_cursor.is_none()
                        || page.next_cursor == request.cursor;
                    request.cursor = page.next_cursor;
                    if sender.send(Ok(page.objects)).await.is_err() || is_last {
                        return;
                    }
                }
            });
        }
        Ok(Self { parts, wanted: Wanted { types: types(arguments), since: arguments.since } })
    }

    /// Some objects; `None` at the end.
    pub(super) async fn next(&mut self) -> Outcome<Option<Vec<RawObject>>> {
        let Some(part) = self.parts.recv().await.transpose()? else { return Ok(None) };
        let wanted = part.into_iter().filter(|object| is_wanted(&self.wanted, object));
        Ok(Some(wanted.collect()))
    }
}

/// The types that are wanted. A list for firewalls is made of indicators alone.
fn types(arguments: &Export) -> Vec<String> {
    match arguments.format {
        ExportFormat::Edl => vec!["indicator".into()],
        // Relationships and techniques are what a layer is made of; the types concern who uses them.
        ExportFormat::Navigator => Vec::new(),
        _ => arguments.types.clone(),
    }
}

/// A replica, and what of it is exported.
pub(super) fn of_replica(arguments: &Export) -> Outcome<(Replica, ExportOptions)> {
    let Some(folder) = &arguments.source.local else {
        return Err(Failure::new(Exit::Usage, "expected --local DIR"));
    };
    let replica = source::open_replica(folder)?;
    let mut options = ExportOptions::default().with_feed(feed(arguments)?);
    if let Some(when) = arguments.as_of {
        options = options.with_as_of(source::moment(&replica, when)?);
    }
    Ok((replica, options))
}

/// Takes lines, and gives the objects in them part by part.
struct Parts {
    sender: mpsc::Sender<Outcome<Vec<RawObject>>>,
    line: Vec<u8>,
    part: Vec<RawObject>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if !piece.ends_with(b"\n") {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            self.part.extend(RawObject::new(line.trim_ascii()).ok());
            if self.part.len() >= PART {
                let part = std::mem::take(&mut self.part);
                let sent = self.sender.blocking_send(Ok(part));
                sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
