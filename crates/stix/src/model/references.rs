//! The references that an object makes to others.

use std::{borrow::Cow, fmt, sync::Arc};

use super::{Cursor, Next};

/// A reference of one object to another: a string in a property whose name ends in `_ref`, or in a list under
/// one that ends in `_refs` (STIX 2.1, section 3.1), anywhere in the object.
///
/// See [`RawObject::references`](crate::RawObject::references).
#[derive(Clone, PartialEq, Eq)]
pub struct Reference {
    id: Box<str>,
    step: Arc<Step>,
}

/// One step of a path. Paths share their beginnings, so that a long one costs no more than a short one.
#[derive(PartialEq, Eq)]
struct Step {
    parent: Option<Arc<Self>>,
    label: Label<Box<str>>,
}

/// What leads from a value to one within it.
#[derive(Clone, PartialEq, Eq)]
enum Label<N> {
    Name(N),
    Index(usize),
}

impl Reference {
    /// The text of the identifier. In the `objects` of STIX 2.0 it is a name that holds within them alone.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the property, such as `object_refs`.
    pub fn property(&self) -> &str {
        let mut step = Some(&self.step);
        while let Some(Step { parent, label }) = step.map(|step| &**step) {
            if let Label::Name(name) = label {
                return name;
            }
            step = parent.as_ref();
        }
        ""
    }

    /// The place of the reference, in the form of the selectors of granular markings (section 7.2.3.1):
    /// `created_by_ref`, `object_refs.[2]`, `extensions.archive-ext.contains_refs.[0]`.
    pub fn path(&self) -> String {
        let mut labels = Vec::new();
        let mut step = Some(&self.step);
        while let Some(found) = step {
            labels.push(match &found.label {
                Label::Name(name) => Cow::Borrowed(&**name),
                Label::Index(index) => Cow::Owned(format!("[{index}]")),
            });
            step = found.parent.as_ref();
        }
        labels.reverse();
        labels.join(".")
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path(), self.id)
    }
}

/// Values that are nested deeper are not searched. Nothing that the specification defines is deeper than eight.
const DEPTH_MAX: usize = 64;

/// An object or array that is being searched.
struct Frame<'a> {
    /// What leads to it; `None` for the whole object.
    label: Option<Label<Cow<'a, str>>>,
    is_object: bool,
    /// Whether its strings are references.
    is_list: bool,
    /// How many of its values were seen.
    seen: usize,
    /// The path to it, once a reference was found in it.
    step: Option<Arc<Step>>,
}

/// Finds the references in the text of an object, in their order.
pub(crate) fn find(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut cursor = Cursor::new(text);
    let mut frames: Vec<Frame<'_>> = Vec::new();
    if cursor.take(b'{') {
        frames.push(Frame { label: None, is_object: true, is_list: false, seen: 0, step: None });
    }
    // A text that breaks off gives what was found before.
    while visit(&mut cursor, &mut frames, &mut found).is_some() {}
    found
}

/// Takes the next value of the innermost frame. `None` behind the last one.
fn visit<'a>(
    cursor: &mut Cursor<'a>,
    frames: &mut Vec<Frame<'a>>,
    found: &mut Vec<Reference>,
) -> Option<()> {
    let frame = frames.last_mut()?;
    let is_first = frame.seen == 0;
    let label = if frame.is_object {
        match cursor.name(is_first)? {
            Next::Name(name) => Some(Label::Name(name)),
            Next::End => None,
        }
    } else {
        cursor.element(is_first)?.then_some(Label::Index(frame.seen))
    };
    let Some(label) = label else {
        frames.pop();
        return Some(());
    };
    frame.seen += 1;
    let (is_reference, is_list) = match &label {
        Label::Name(name) => (name.ends_with("_ref"), name.ends_with("_refs")),
        Label::Index(_) => (frame.is_list, false),
    };
    let is_open = frames.len() < DEPTH_MAX;
    match cursor.peek()? {
        b'"' if is_reference => {
            let at = cursor.position();
            match cursor.string() {
                Some(id) => {
                    let parent = path_of(frames);
                    let step = Arc::new(Step { parent, label: owned(&label) });
                    found.push(Reference { id: id.into(), step });
                }
                None => {
                    cursor.reset(at);
                    cursor.skip()?;
                }
            }
        }
        opening @ (b'{' | b'[') if is_open => {
            cursor.take(opening);
            let is_object = opening == b'{';
            let is_list = is_list && !is_object;
            frames.push(Frame { label: Some(label), is_object, is_list, seen: 0, step: None });
        }
        _ => {
            cursor.skip()?;
        }
    }
    Some(())
}

/// The path to the innermost frame.
fn path_of(frames: &mut [Frame<'_>]) -> Option<Arc<Step>> {
    frames.iter_mut().fold(None, |parent, frame| {
        if let (None, Some(label)) = (&frame.step, &frame.label) {
            frame.step = Some(Arc::new(Step { parent, label: owned(label) }));
        }
        frame.step.clone()
    })
}

fn owned(label: &Label<Cow<'_, str>>) -> Label<Box<str>> {
    match label {
        Label::Name(name) => Label::Name((**name).into()),
        Label::Index(index) => Label::Index(*index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<(String, String)> {
        find(text).iter().map(|found| (found.path(), found.id().to_owned())).collect()
    }

    // Catches a reference that is missed, or one that is seen where none is.
    #[test]
    fn finds_every_reference() {
        let text = r#"{"type":"x-custom","source_ref":"a--1","object_refs":["b--2",{"c_ref":"c--3"},["no"]],
            "extensions":{"archive-ext":{"contains_refs":[ "d--4" ]}},"x_\u0072ef":"e--5",
            "objects":{"0":{"src_ref":"1"}},"ref":"no","refs":["no"],"x_refs":"no","y_ref":["no"],"z_ref":null}"#;
        let expected = [
            ("source_ref", "a--1"),
            ("object_refs.[0]", "b--2"),
            ("object_refs.[1].c_ref", "c--3"),
            ("extensions.archive-ext.contains_refs.[0]", "d--4"),
            ("x_ref", "e--5"),
            ("objects.0.src_ref", "1"),
        ];
        assert_eq!(paths(text), expected.map(|(path, id)| (path.to_owned(), id.to_owned())));
        assert_eq!(find(text).first().map(Reference::property), Some("source_ref"));
        assert_eq!(find(text).get(3).map(Reference::property), Some("contains_refs"));
    }

    // Catches a search that recurses, and one that ends where it only should not descend.
    #[test]
    fn depth_is_bounded() {
        let deep = format!("{}{}", r#"{"a":"#.repeat(200_000), "}".repeat(200_000));
        let deep = deep.replacen('}', "1}", 1);
        assert_eq!(
            paths(&format!(r#"{{"x":{deep},"a_ref":"b"}}"#)),
            [("a_ref".to_owned(), "b".to_owned())]
        );
    }
}
