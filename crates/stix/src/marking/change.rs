//! Changing markings. Every change makes a new version of the object (section 3.6), but of an observable, which
//! has no versions.

use std::collections::{BTreeSet, HashSet};

use super::{
    Marking, MarkingError, MarkingErrorKind, Target,
    query::{check_selectors, granular, no_object, of_object, parse},
};
use crate::{
    RawObject, Timestamp,
    edit::Draft,
    json::{Object, write_string},
    version,
};

/// Adds markings to what is marked already.
///
/// An object as a whole takes marking definitions alone, and their identifiers must be well-formed.
pub fn add(
    object: &RawObject,
    markings: &[Marking],
    target: Target<'_>,
    now: Timestamp,
) -> Result<RawObject, MarkingError> {
    change(object, target, now, |before| {
        let mut after = before.clone();
        after.insert_all(markings, target);
        Ok(after)
    })
}

/// Takes markings away. Selectors are compared as they are written: what is inherited stays.
///
/// Fails with [`MarkingErrorKind::NotFound`] when the object is marked and one of these markings is not there, or
/// when properties are marked and none of these is. An object without any markings is returned as it is.
pub fn remove(
    object: &RawObject,
    markings: &[Marking],
    target: Target<'_>,
    now: Timestamp,
) -> Result<RawObject, MarkingError> {
    change(object, target, now, |before| {
        let all_there = markings.iter().all(|marking| before.of_object.contains(marking));
        let after = before.without(target, |marking| markings.contains(marking));
        if target == Target::Object && after != *before && !all_there {
            let reason = "one of the markings is not there";
            return Err(MarkingError::new(MarkingErrorKind::NotFound, reason));
        }
        before.found(&after, target, "none of the markings is there")?;
        Ok(after)
    })
}

/// Takes all markings away from what the target selects, and puts these in their place.
pub fn set(
    object: &RawObject,
    markings: &[Marking],
    target: Target<'_>,
    now: Timestamp,
) -> Result<RawObject, MarkingError> {
    change(object, target, now, |before| {
        let mut after = before.without(target, |_| true);
        after.insert_all(markings, target);
        Ok(after)
    })
}

/// Takes all markings away from what the target selects.
///
/// Fails with [`MarkingErrorKind::NotFound`] when selectors are given, and properties are marked, but none of the
/// selected ones.
pub fn clear(
    object: &RawObject,
    target: Target<'_>,
    now: Timestamp,
) -> Result<RawObject, MarkingError> {
    change(object, target, now, |before| {
        let after = before.without(target, |_| true);
        if target != Target::Object {
            before.found(&after, target, "what the selectors select is not marked")?;
        }
        Ok(after)
    })
}

/// The markings of an object.
#[derive(Clone, PartialEq)]
struct Markings {
    of_object: Vec<Marking>,
    /// Pairs of marking and selector.
    granular: Vec<(Marking, String)>,
}

impl Markings {
    fn of(object: &Object<'_>) -> Self {
        let granular = granular(object).into_iter().map(|(m, s)| (m, s.to_owned())).collect();
        Self { of_object: of_object(object), granular }
    }

    fn insert_all(&mut self, markings: &[Marking], target: Target<'_>) {
        let mut seen: HashSet<_> = self.granular.iter().cloned().collect();
        for marking in markings {
            match target {
                Target::Object if !self.of_object.contains(marking) => {
                    self.of_object.push(marking.clone());
                }
                Target::Object => {}
                Target::Properties(selectors) => {
                    for selector in selectors {
                        let pair = (marking.clone(), (*selector).to_owned());
                        if seen.insert(pair.clone()) {
                            self.granular.push(pair);
                        }
                    }
                }
            }
        }
    }

    fn without(&self, target: Target<'_>, is_meant: impl Fn(&Marking) -> bool) -> Self {
        let mut rest = self.clone();
        match target {
            Target::Object => rest.of_object.retain(|marking| !is_meant(marking)),
            Target::Properties(selectors) => {
                let selectors: HashSet<_> = selectors.iter().copied().collect();
                rest.granular.retain(|(marking, selector)| {
                    !selectors.contains(selector.as_str()) || !is_meant(marking)
                });
            }
        }
        rest
    }

    /// Fails when nothing was taken away although there was something.
    fn found(&self, rest: &Self, target: Target<'_>, reason: &str) -> Result<(), MarkingError> {
        let is_empty = match target {
            Target::Object => self.of_object.is_empty(),
            Target::Properties(_) => self.granular.is_empty(),
        };
        if self == rest && !is_empty {
            return Err(MarkingError::new(MarkingErrorKind::NotFound, reason));
        }
        Ok(())
    }
}

fn change(
    object: &RawObject,
    target: Target<'_>,
    now: Timestamp,
    work: impl FnOnce(&Markings) -> Result<Markings, MarkingError>,
) -> Result<RawObject, MarkingError> {
    let root = parse(object)?;
    let members = root.as_object().ok_or_else(no_object)?;
    if let Target::Properties(selectors) = target {
        check_selectors(members, selectors)?;
    }
    let before = Markings::of(members);
    let after = work(&before)?;
    if after == before {
        return Ok(object.clone());
    }
    check_object_markings(&after)?;
    let json = |reason: String| MarkingError::new(MarkingErrorKind::Json, reason);
    let mut draft = Draft::of(object).map_err(json)?;
    write_property(&mut draft, "object_marking_refs", object_refs_json(&after.of_object));
    write_property(&mut draft, "granular_markings", granular_json(&after.granular));
    version::advance(&mut draft, members, now)
        .map_err(|error| MarkingError::new(MarkingErrorKind::Version, error.to_string()))?;
    draft.finish().map_err(json)
}

fn check_object_markings(markings: &Markings) -> Result<(), MarkingError> {
    let error = |reason| Err(MarkingError::new(MarkingErrorKind::Marking, reason));
    for marking in &markings.of_object {
        match marking {
            Marking::Language(language) => {
                return error(format!("an object as a whole has no language marking `{language}`"));
            }
            Marking::Definition(id) if id.parse::<crate::Id>().is_err() => {
                return error(format!("`{}` is no identifier", id.escape_debug()));
            }
            Marking::Definition(_) => {}
        }
    }
    Ok(())
}

fn write_property(draft: &mut Draft<'_>, name: &str, json: Option<String>) {
    match json {
        Some(json) => draft.set(name, json),
        None => draft.remove(name),
    }
}

fn object_refs_json(markings: &[Marking]) -> Option<String> {
    let mut out = String::from("[");
    for marking in markings {
        if out.len() > 1 {
            out.push(',');
        }
        let (Marking::Definition(text) | Marking::Language(text)) = marking;
        write_string(text, &mut out);
    }
    out.push(']');
    (!markings.is_empty()).then_some(out)
}

/// One entry for each marking, with its selectors in order.
fn granular_json(pairs: &[(Marking, String)]) -> Option<String> {
    let mut order = Vec::new();
    let mut selectors = std::collections::HashMap::<_, BTreeSet<&str>>::new();
    for (marking, selector) in pairs {
        let entry = selectors.entry(marking);
        if let std::collections::hash_map::Entry::Vacant(_) = entry {
            order.push(marking);
        }
        entry.or_default().insert(selector);
    }
    let mut out = String::from("[");
    for marking in order {
        if out.len() > 1 {
            out.push(',');
        }
        let (name, text) = match marking {
            Marking::Definition(text) => ("{\"marking_ref\":", text),
            Marking::Language(text) => ("{\"lang\":", text),
        };
        out.push_str(name);
        write_string(text, &mut out);
        out.push_str(",\"selectors\":[");
        for (index, selector) in selectors.get(marking).into_iter().flatten().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write_string(selector, &mut out);
        }
        out.push_str("]}");
    }
    out.push(']');
    (!pairs.is_empty()).then_some(out)
}
