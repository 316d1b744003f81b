//! Making anew all that the bodies give.

use inthreat_store::Result;

use crate::{replica::Replica, write::Writer};

/// What [`Replica::rebuild`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rebuilt {
    /// How many versions of objects were read.
    pub objects: u64,
    /// How many rows of the arrival log were not what their bodies give, and were mended.
    pub mended: u64,
}

impl Replica {
    /// Makes all rows anew that the bodies give: those by which objects are found, and, where they differ, those of the
    /// arrival log. Sequences stay, so cursors stay good. Memory does not grow with the replica. Blocks.
    ///
    /// Every body is read before anything is taken away; one that is damaged or missing is an error of kind `Corrupt`, and
    /// nothing is taken away then: [`Replica::repair`] comes first. Batches and questions of this process wait meanwhile; other processes find
    /// objects as far as their rows are made. A rebuild that is killed is finished in part by whoever opens the replica next:
    /// objects are found again, and [`Replica::verify`] tells that another rebuild is needed.
    pub fn rebuild(&self) -> Result<Rebuilt> {
        self.writer()
            .and_then(|writer| writer.run_blocking(|writer: &mut Writer| writer.rebuild(|| Ok(()))))
            .map_err(|fault| fault.into_store("rebuild", self.folder()))
    }
}
