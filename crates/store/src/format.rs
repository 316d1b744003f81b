//! Pages as bytes, in the formats of feeds: JSON, text, CSV and templates (CONTRACT 2.1, 3.1, 11).

mod csv;
mod record;
mod template;
#[cfg(test)]
mod tests;
mod writer;

pub use record::name_of;
pub use writer::{Format, Formulas, PageWriter};
