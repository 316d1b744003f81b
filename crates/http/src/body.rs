//! A body that is read from its connection piece by piece.

use async_trait::async_trait;
use inthreat_api::{Body, Chunks, Result};

use crate::{rate::Permit, transport::Arrived};

/// The rest of an answer. Its question counts as open until it is dropped or read to its end.
struct Rest(Option<(Arrived, Permit)>);

pub(crate) fn body(arrived: Arrived, permit: Permit) -> Body {
    Body::new(Rest(Some((arrived, permit))))
}

#[async_trait]
impl Chunks for Rest {
    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>> {
        let Some((arrived, _)) = &mut self.0 else { return Ok(None) };
        let chunk = arrived.next_chunk().await;
        if !matches!(chunk, Ok(Some(_))) {
            self.0 = None;
        }
        chunk
    }
}
