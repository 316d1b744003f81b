//! How many values of each type were found.

use std::collections::BTreeMap;

use inthreat_api::ObservableType;

use crate::{arguments::Shown, failure::Outcome, print::Listing};

#[derive(Default)]
pub(super) struct Totals(BTreeMap<String, Total>);

#[derive(Default)]
struct Total {
    values: u64,
    found: u64,
}

impl Totals {
    pub(super) fn count(&mut self, observable_type: &ObservableType, is_found: bool) {
        let total = self.0.entry(observable_type.to_string()).or_default();
        total.values += 1;
        total.found += u64::from(is_found);
    }

    /// How many values were found in all.
    pub(super) fn found(&self) -> u64 {
        self.0.values().map(|total| total.found).sum()
    }

    pub(super) fn print(&self, shown: &Shown) -> Outcome {
        let mut listing = Listing::new(shown, &["type", "values", "found"]);
        for (observable_type, Total { values, found }) in &self.0 {
            let line =
                serde_json::json!({ "type": observable_type, "values": values, "found": found });
            listing.item(&line.to_string(), || {
                vec![observable_type.clone(), values.to_string(), found.to_string()]
            })?;
        }
        listing.finish()
    }
}
