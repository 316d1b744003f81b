//! Small tables that programs read too: the same rows for people and as items.

use serde_json::Value;

use crate::{arguments::Shown, failure::Outcome, print::Listing};

/// Prints rows under their heads; for programs each is an object whose properties are the heads.
pub(crate) fn print<const N: usize>(
    head: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    shown: &Shown,
) -> Outcome {
    let mut listing = Listing::new(shown, head);
    for row in rows {
        let pairs = head.iter().zip(&row);
        // In the order of the heads.
        let pairs =
            pairs.map(|(&name, cell)| format!(r#""{name}":{}"#, Value::from(cell.as_str())));
        let item = format!("{{{}}}", pairs.collect::<Vec<_>>().join(","));
        listing.item(&item, || row.into())?;
    }
    listing.finish()
}
