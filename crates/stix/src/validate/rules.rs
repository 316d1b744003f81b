//! Rules that are easier said in code than in a table.

mod bundle;
mod marking;
mod object;
mod observable;
mod recommended;

pub(super) use bundle::bundle;
pub(super) use marking::{circular_markings, marking_definition};
pub(super) use object::{
    contained_observables, custom_properties, extension, extension_definition, external_reference,
    language_contents, not_empty, observed_references, of_every_object, pattern,
};
pub(super) use observable::uuid_of_observable;
pub(super) use recommended::{
    analysis_product, country, defined_relationship, described_indicator, kill_chain_phase, ports,
    process_priority,
};
