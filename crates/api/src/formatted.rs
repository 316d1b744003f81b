//! The role that gives pages as bytes.

use async_trait::async_trait;

use crate::{FormattedPage, PageFormat, PageRequest, Result};

/// Reads feeds page by page as bytes, in the format of the feed or in another one (CONTRACT 2.1, 3.1).
///
/// The rules of [`Collections`](crate::Collections) hold for order, cursors and errors. An empty page gives back the cursor that was
/// sent, and its body is empty unless it is JSON.
///
/// Dropping a future, or the body of a page, leaves nothing behind.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait FormattedPages: Send + Sync {
    /// Answers one page: up to [`TEXT_LIMIT_MAX`](crate::TEXT_LIMIT_MAX) lines of text, else as many objects as
    /// [`LIMIT_MAX`](crate::LIMIT_MAX); a larger limit up to the former counts as the latter.
    async fn formatted_page(
        &self,
        request: PageRequest,
        format: PageFormat,
    ) -> Result<FormattedPage>;
}
