//! Bodies that are read piece by piece: files, exports, pages in formats other than JSON.

use std::fmt;

use async_trait::async_trait;

use crate::{Error, ErrorKind, Result};

/// Where the pieces of a [`Body`] come from.
#[async_trait]
pub trait Chunks: Send {
    /// The next piece, never empty; `None` at the end, and again whenever it is asked for after that.
    ///
    /// Dropping the future loses no byte: the next call gives the piece that this one would have given.
    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>>;
}

/// A body that arrives piece by piece and is never held as a whole.
///
/// An error in the middle ends it. What was read before is then a part of the answer only: whoever writes it to a file
/// throws that file away and asks again. Dropping the body closes the connection that it came over.
///
/// ```
/// use inthreat_api::{Body, Result};
///
/// async fn count_lines(mut body: Body) -> Result<usize> {
///     let mut lines = 0;
///     while let Some(chunk) = body.next_chunk().await? {
///         lines += chunk.iter().filter(|byte| **byte == b'\n').count();
///     }
///     Ok(lines)
/// }
/// ```
pub struct Body(Box<dyn Chunks>);

impl Body {
    /// A body of these pieces.
    pub fn new(chunks: impl Chunks + 'static) -> Self {
        Self(Box::new(chunks))
    }

    /// The next piece; `None` at the end. Dropping the future loses no byte.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        self.0.next_chunk().await
    }

    /// Reads to the end; [`ErrorKind::Protocol`] when there are more than `length_max` bytes.
    pub async fn collect(mut self, length_max: usize) -> Result<Vec<u8>> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.next_chunk().await? {
            if whole.len().saturating_add(chunk.len()) > length_max {
                let message = format!("the answer is longer than {length_max} bytes");
                return Err(Error::new(ErrorKind::Protocol, message));
            }
            if whole.is_empty() {
                whole = chunk;
            } else {
                whole.extend_from_slice(&chunk);
            }
        }
        Ok(whole)
    }
}

impl From<Vec<u8>> for Body {
    /// A body that is at hand already.
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(Whole(Some(bytes)))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

/// Bytes that are given in one piece.
struct Whole(Option<Vec<u8>>);

#[async_trait]
impl Chunks for Whole {
    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.0.take().filter(|bytes| !bytes.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    struct Pieces(Vec<&'static [u8]>);

    #[async_trait]
    impl Chunks for Pieces {
        async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
            Ok((!self.0.is_empty()).then(|| self.0.remove(0).to_vec()))
        }
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("nothing here waits"),
        }
    }

    // Catches pieces that are lost or swapped, and a limit that is off by one.
    #[test]
    fn a_body_is_collected_up_to_its_limit() {
        let body = || Body::new(Pieces(vec![b"ab", b"c", b"def"]));
        assert_eq!(now(body().collect(6)).unwrap(), b"abcdef");
        assert_eq!(now(body().collect(5)).unwrap_err().kind(), ErrorKind::Protocol);
        assert_eq!(now(Body::from(Vec::new()).collect(0)).unwrap(), b"");
    }
}
