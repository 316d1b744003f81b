//! Properties that are chosen by their path, to be printed alone.

use inthreat_stix::RawObject;

use super::json::Json;
use crate::summary::Summary;

/// How many names a path may have.
const STEPS_MAX: usize = 16;

/// A property by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    name: String,
    steps: Vec<String>,
}

impl Field {
    /// Reads a path: names with dots between.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let steps: Vec<String> = text.split('.').map(str::to_owned).collect();
        if steps.iter().any(String::is_empty) || steps.len() > STEPS_MAX {
            return Err(format!("expected 1 to {STEPS_MAX} names with dots between"));
        }
        Ok(Self { name: text.to_owned(), steps })
    }

    /// The path as it was written.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What stands there in an item, as JSON; `null` for nothing, a list where the path leads through one.
    pub(crate) fn json(&self, item: &str) -> String {
        let mut found = Found::default();
        found.look(&self.steps, item);
        match (found.values.as_slice(), found.is_list) {
            ([], false) => match self.worked_out(item) {
                Some(text) => serde_json::Value::from(text).to_string(),
                None => "null".to_owned(),
            },
            ([one], false) => (*one).to_owned(),
            (values, _) => format!("[{}]", values.join(",")),
        }
    }

    /// What stands there, as people read it.
    pub(crate) fn cell(&self, item: &str) -> String {
        Json::cell(&self.json(item))
    }

    /// What no property of the object at the end of the path says as it is.
    fn worked_out(&self, item: &str) -> Option<String> {
        let (last, way) = self.steps.split_last()?;
        let pick: fn(Summary) -> String = match last.as_str() {
            "tlp" => |summary| summary.tlp,
            "state" => |summary| summary.state,
            _ => return None,
        };
        let mut found = Found::default();
        found.look(way, item);
        let ([object], false) = (found.values.as_slice(), found.is_list) else { return None };
        let text = pick(Summary::of(&RawObject::new(*object).ok()?));
        (!text.is_empty()).then_some(text)
    }
}

/// These fields of an item as an object of JSON.
pub(crate) fn chosen(fields: &[Field], item: &str) -> String {
    let members = fields.iter().map(|field| {
        format!("{}:{}", serde_json::Value::from(field.name.as_str()), field.json(item))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The values at the end of a path.
#[derive(Default)]
struct Found<'a> {
    values: Vec<&'a str>,
    /// Whether the path led through all items of a list.
    is_list: bool,
}

impl<'a> Found<'a> {
    /// Goes one name on for each call, so that the text is read once a name at most.
    fn look(&mut self, steps: &[String], text: &'a str) {
        let Some((step, rest)) = steps.split_first() else {
            return self.values.push(text);
        };
        match Json::open(text) {
            Json::Object(members) => {
                if let Some((_, value)) = members.into_iter().rfind(|(name, _)| name == step) {
                    self.look(rest, value);
                }
            }
            Json::Array(items) => match step.parse::<usize>() {
                Ok(index) => {
                    if let Some(item) = items.into_iter().nth(index) {
                        self.look(rest, item);
                    }
                }
                Err(_) => {
                    self.is_list = true;
                    for item in items {
                        // A list in a list is not gone through: its items have no names.
                        if item.starts_with('{') {
                            self.look(steps, item);
                        }
                    }
                }
            },
            Json::Text(_) | Json::Plain(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = r#"{"type":"indicator","name":"a \u202e","n":1.50,"none":null,
        "refs":[{"url":"u1","ids":[1,2]},{"url":"u2"}],"object_marking_refs":["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"],
        "inner":{"revoked":true,"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"]}}"#;

    // Catches a path that finds the wrong thing, a number that is spelled anew, a list that becomes one value, and the
    // marking of another object than the one that the path leads to.
    #[test]
    fn a_path_leads_to_what_is_there() {
        for (path, json, cell) in [
            ("name", r#""a \u202e""#, "a \u{202e}"),
            ("n", "1.50", "1.50"),
            ("none", "null", ""),
            ("absent", "null", ""),
            ("absent.too", "null", ""),
            ("name.deeper", "null", ""),
            ("refs.url", r#"["u1","u2"]"#, "u1, u2"),
            ("refs.1.url", r#""u2""#, "u2"),
            ("refs.0.ids", "[1,2]", "1, 2"),
            ("refs.9.url", "null", ""),
            ("tlp", r#""green""#, "green"),
            ("name.tlp", "null", ""),
            ("refs.tlp", "[]", ""),
            ("inner.tlp", r#""red""#, "red"),
            ("inner.state", r#""revoked""#, "revoked"),
        ] {
            let field = Field::parse(path).unwrap();
            assert_eq!(
                (field.json(ITEM).as_str(), field.cell(ITEM).as_str()),
                (json, cell),
                "{path}"
            );
        }
        let fields = ["n", "refs.url"].map(|path| Field::parse(path).unwrap());
        assert_eq!(chosen(&fields, ITEM), r#"{"n":1.50,"refs.url":["u1","u2"]}"#);
        for path in ["", ".", "a.", "a..b", &"a.".repeat(20)] {
            assert!(Field::parse(path).is_err(), "{path}");
        }
    }
}
