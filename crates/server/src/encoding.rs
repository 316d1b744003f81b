//! Codings of answers: which one a client takes, and the work itself, off the threads that others wait for.

#[cfg(test)]
mod tests;

use std::{io, io::Write, mem};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header::ACCEPT_ENCODING},
};
use flate2::{Compression, write::GzEncoder};
use futures_util::{StreamExt, stream};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Both are where a step more costs twice the time for a twentieth of the length.
const ZSTD_LEVEL: i32 = 3;
const GZIP_LEVEL: u32 = 5;
/// What is longer is compressed on a thread of its own: it takes a millisecond or more, in which a thread that serves
/// connections would serve nobody else.
const INLINE_MAX: usize = 32 * 1024;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    /// Its name in `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// What a client takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// The coding that it takes most gladly.
    pub(crate) coding: Coding,
    /// Whether it takes bodies as they are.
    pub(crate) takes_identity: bool,
}

impl Accepted {
    /// Reads `Accept-Encoding` (RFC 9110, 12.5.3); `None` when the client takes nothing that there is.
    ///
    /// Of codings that are liked equally zstd is chosen, then gzip. `*` alone means gzip, since who does not name zstd may
    /// not know it.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let (mut zstd, mut gzip, mut identity, mut others) = (None, None, None, None);
        for value in headers.get_all(ACCEPT_ENCODING) {
            // What is no text names nothing that is known here.
            for item in value.to_str().unwrap_or_default().split(',') {
                let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
                let Some(weight) = weight(parameters) else { continue };
                let name = name.trim();
                let place = if name.eq_ignore_ascii_case("zstd") {
                    &mut zstd
                } else if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                    &mut gzip
                } else if name.eq_ignore_ascii_case("identity") {
                    &mut identity
                } else if name == "*" {
                    &mut others
                } else {
                    continue;
                };
                *place = Some(weight);
            }
        }
        let zstd = zstd.unwrap_or(0);
        let gzip = gzip.or(others).unwrap_or(0);
        let takes_identity = identity.or(others) != Some(0);
        let (coding, best) =
            if zstd > 0 && zstd >= gzip { (Coding::Zstd, zstd) } else { (Coding::Gzip, gzip) };
        let prefers_identity = identity.is_some_and(|weight| weight > best);
        if takes_identity && (best == 0 || prefers_identity) {
            return Some(Self { coding: Coding::Identity, takes_identity });
        }
        (best > 0).then_some(Self { coding, takes_identity })
    }
}

/// The weight in thousandths, 1000 where none is told; `None` where it cannot be read.
fn weight(parameters: &str) -> Option<u16> {
    let Some((name, value)) = parameters.split_once('=') else {
        return parameters.trim().is_empty().then_some(1000);
    };
    let weight: f32 = value.trim().parse().ok()?;
    if !name.trim().eq_ignore_ascii_case("q") || !(0.0..=1.0).contains(&weight) {
        return None;
    }
    // Three digits are all that a weight may have.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is between 0 and 1000"
    )]
    Some((weight * 1000.0).round() as u16)
}

/// Compresses, on so many threads at once as there are processors.
pub(crate) struct Encoders(Semaphore);

impl Encoders {
    pub(crate) fn new() -> Self {
        Self(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)))
    }

    /// A body in a coding; `None` when it could not be made, so that the body is sent as it is.
    pub(crate) async fn encode(&self, plain: &Bytes, coding: Coding) -> Option<Bytes> {
        if plain.len() <= INLINE_MAX {
            return compress(plain, coding).ok();
        }
        // The semaphore is never closed, so that this only waits.
        let _turn = self.0.acquire().await;
        let plain = plain.clone();
        spawn_blocking(move || compress(&plain, coding)).await.ok()?.ok()
    }

    /// The same for a body whose length nobody knows yet: each piece is passed on as far as it has been compressed.
    pub(crate) fn encode_stream(body: Body, coding: Coding) -> Body {
        let pieces = body.into_data_stream();
        let Ok(Some(encoder)) = Encoder::new(coding) else { return Body::from_stream(pieces) };
        let state = (pieces, Some(encoder));
        Body::from_stream(stream::try_unfold(state, |(mut pieces, encoder)| async move {
            let Some(mut encoder) = encoder else { return Ok::<_, io::Error>(None) };
            loop {
                let Some(piece) = pieces.next().await else {
                    let end = encoder.finish()?;
                    return Ok(Some((Bytes::from(end), (pieces, None))));
                };
                let piece = piece.map_err(io::Error::other)?;
                let out;
                (encoder, out) = push(encoder, piece).await?;
                if !out.is_empty() {
                    return Ok(Some((Bytes::from(out), (pieces, Some(encoder)))));
                }
            }
        }))
    }
}

fn compress(plain: &[u8], coding: Coding) -> io::Result<Bytes> {
    let encoded = match coding {
        Coding::Identity => return Ok(Bytes::copy_from_slice(plain)),
        Coding::Gzip => {
            let out = Vec::with_capacity(plain.len() / 4);
            let mut encoder = GzEncoder::new(out, Compression::new(GZIP_LEVEL));
            encoder.write_all(plain)?;
            encoder.finish()?
        }
        Coding::Zstd => zstd::bulk::compress(plain, ZSTD_LEVEL)?,
    };
    // What may be kept for long takes no more room than it needs.
    Ok(Bytes::from(encoded.into_boxed_slice()))
}

/// Compresses one more piece, and gives what is ready.
async fn push(mut encoder: Encoder, piece: Bytes) -> io::Result<(Encoder, Vec<u8>)> {
    if piece.len() <= INLINE_MAX {
        let out = encoder.push(&piece)?;
        return Ok((encoder, out));
    }
    let work = move || encoder.push(&piece).map(|out| (encoder, out));
    spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A compressed body that is being written.
enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    /// `None` where nothing is to be done.
    fn new(coding: Coding) -> io::Result<Option<Self>> {
        Ok(match coding {
            Coding::Identity => None,
            Coding::Gzip => {
                Some(Self::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))))
            }
            Coding::Zstd => {
                Some(Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?))
            }
        })
    }

    fn push(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => {
                encoder.write_all(piece)?;
                Ok(mem::take(encoder.get_mut()))
            }
            Self::Zstd(encoder) => {
                encoder.write_all(piece)?;
                Ok(mem::take(encoder.get_mut()))
            }
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip(encoder) => encoder.finish(),
            Self::Zstd(encoder) => encoder.finish(),
        }
    }
}
