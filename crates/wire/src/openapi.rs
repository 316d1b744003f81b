//! The OpenAPI document of everything that is asked and answered here.

mod document;
mod operation;
mod operations;
mod schemas;

#[cfg(test)]
pub(crate) mod recorded;

pub use document::openapi;

#[cfg(test)]
mod tests;
