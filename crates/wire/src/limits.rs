//! How much of everything is taken, and the one header that is not of HTTP.

/// The header that tells the next cursor of a page that is not JSON (CONTRACT 2.1).
pub const CURSOR_HEADER: &str = "cursor";
/// The longest query string, in bytes.
pub const QUERY_LENGTH_MAX: usize = 32 * 1024;
/// The longest path, in bytes.
pub(crate) const PATH_LENGTH_MAX: usize = 32 * 1024;
/// The longest body of a question, in bytes.
pub const BODY_LENGTH_MAX: usize = 1024 * 1024;
/// How many parameters a query may have.
pub(crate) const PARAMETERS_MAX: usize = 256;
/// How many identifiers may stand in one path, and values in one list.
pub const IDS_MAX: usize = 200;
/// The longest value that is looked up, in bytes after decoding.
pub const VALUE_LENGTH_MAX: usize = 8 * 1024;
/// How many values a list of a feed's definition may have.
pub(crate) const DRAFT_LIST_MAX: usize = 1000;
/// How much of an error's body is read, in bytes.
pub(crate) const FAILURE_LENGTH_MAX: usize = 64 * 1024;
