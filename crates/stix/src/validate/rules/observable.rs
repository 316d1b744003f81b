//! Identifiers of observables, and of objects in general (section 2.9).

use crate::{
    Category, Kind,
    json::Object,
    sco_id,
    spec_version::SpecVersion,
    validate::{Code, engine::Run, format},
};

/// An observable without contributing properties has a random UUID.
pub(in crate::validate) fn uuid_of_observable<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>) {
    let Some((kind, version)) = identified(run, object) else { return };
    let contributing = sco_id::contributing_properties(&kind);
    if version != 4 && !contributing.iter().any(|name| object.contains(name)) {
        run.under("2.9", |run| {
            run.find_at(
                "id",
                Code::IdentifierVersion,
                format_args!("without contributing properties the UUID must be of version 4"),
            );
        });
    }
}

/// UUIDs of version 4 are recommended for all but observables, which should have those of version 5.
pub(super) fn recommended_uuid<'n>(run: &mut Run<'_, 'n>, object: &'n Object<'n>, kind: &str) {
    let Some((_, version)) = identified(run, object) else { return };
    let kind = Kind::from(kind);
    let wanted = match kind.category() {
        Category::Observable if !sco_id::contributing_properties(&kind).is_empty() => 5,
        Category::Observable | Category::Custom => return,
        _ => 4,
    };
    if version != wanted && !(wanted == 5 && version == 4) {
        run.under("2.9", |run| {
            run.find_at(
                "id",
                Code::IdentifierRecommended,
                format_args!("a UUID of version {wanted} is recommended, this one is of {version}"),
            );
        });
    }
}

fn identified(run: &Run<'_, '_>, object: &Object<'_>) -> Option<(Kind, u8)> {
    if run.version == SpecVersion::V20 {
        return None;
    }
    let id = format::identifier(run.version, object.string("id")?).ok()?;
    Some((Kind::from(object.string("type")?), id.version))
}
