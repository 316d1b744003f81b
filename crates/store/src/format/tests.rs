//! Tests of the formats.

use std::convert::Infallible;

use inthreat_api::{Cursor, ErrorKind, FeedDraft, FeedField, FeedFormat};
use inthreat_stix::{Id, RawObject};
use proptest::prelude::*;

use super::{Format, Formulas, PageWriter, template::Template};

const GREEN: &str = "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da";

fn object(text: &str) -> RawObject {
    RawObject::new(text).unwrap()
}

/// The page of some objects, where the only name that is known is that of `identity--1`.
fn page(format: &Format, objects: &[RawObject]) -> String {
    let names = |id: &Id| {
        let name = (id.to_string() == "identity--1").then(|| "ACME, \"Ltd\"".to_owned());
        Ok::<_, Infallible>(name)
    };
    let mut out = Vec::new();
    let mut writer = PageWriter::new(format);
    for object in objects {
        writer.write(object, names, &mut out).unwrap();
    }
    writer.finish(Cursor::new("next").ok().as_ref(), &mut out);
    String::from_utf8(out).unwrap()
}

fn indicator() -> RawObject {
    object(&format!(
        r#"{{"type":"indicator","id":"indicator--1","name":"the \"one\"","confidence":70,"created":"2020-01-01T00:00:00.10Z",
            "pattern":"[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = 82]","pattern_type":"stix",
            "kill_chain_phases":[{{"kill_chain_name":"mitre-attack","phase_name":"impact"}},7,{{"phase_name":"x"}}],
            "x_inthreat_sources_refs":["identity--1","identity--2"],"object_marking_refs":["{GREEN}","marking-definition--7"]}}"#
    ))
}

// Catches bytes that change, and an empty page that is no JSON.
#[test]
fn json_is_the_stored_bytes() {
    let texts = [r#"{"id":"a--1", "x":1.50}"#, r#"{"id":"b--2","é":"\u00e9"}"#];
    let found = page(&Format::json(), &texts.map(object));
    assert_eq!(found, format!(r#"{{"items":[{},{}],"next_cursor":"next"}}"#, texts[0], texts[1]));
    assert_eq!(page(&Format::json(), &[]), r#"{"items":[],"next_cursor":"next"}"#);
    let mut out = Vec::new();
    PageWriter::new(&Format::json()).finish(None, &mut out);
    assert_eq!(out, br#"{"items":[],"next_cursor":null}"#);
}

// Catches a line that is not what the contract says (CONTRACT 11, U8), and one too many.
#[test]
fn text_has_one_line_for_each_object() {
    for (text, line) in [
        (r#"{"name":"Evil","pattern":"[ipv4-addr:value = '1.2.3.4']"}"#, "1.2.3.4"),
        (r#"{"name":"E","pattern":"[file:hashes.MD5 = 'a' OR file:hashes.'SHA-1' = 'b']"}"#, "E"),
        (r#"{"name":"E","pattern":"[a:value = 'x' OR b:value = 'x']"}"#, "x"),
        (r#"{"name":"E","pattern":"[url:value = 'a\\n\\u000db']"}"#, "E"),
        (r#"{"name":"E","pattern":"rule x {}","pattern_type":"yara"}"#, "E"),
        (r#"{"name":"E\nvil\r\tx"}"#, "E vil  x"),
        (r#"{"id":"relationship--1"}"#, "relationship--1"),
        (r#"{"id":"ipv4-addr--1","value":"1.2.3.4"}"#, "1.2.3.4"),
        (r#"{"name":"","id":"note--1"}"#, "note--1"),
        ("{}", ""),
    ] {
        assert_eq!(page(&Format::text(), &[object(text)]), format!("{line}\n"), "{text}");
    }
    assert_eq!(page(&Format::text(), &[]), "");
}

// Catches a cell that is in other words than people read, and a row that is no row.
#[test]
fn csv_is_in_words() {
    let all = Format::csv(&[], Formulas::Kept).unwrap();
    let found = page(&all, &[indicator(), object("{}")]);
    let mut lines = found.lines();
    let names: Vec<_> = FeedField::ALL.iter().map(|field| field.as_str()).collect();
    assert_eq!(lines.next().unwrap(), names.join(","));
    assert_eq!(
        lines.next().unwrap(),
        r#"indicator--1,indicator,"the ""one""",2020-01-01T00:00:00.10Z,,70,TLP:GREEN,"ACME, ""Ltd"",identity--2",mitre-attack:impact,stix,[network-traffic:dst_ref.value = 'a.example' AND network-traffic:dst_port = 82],domain-name,"a.example,82",,,,"#
    );
    assert_eq!(lines.next().unwrap(), ",".repeat(FeedField::ALL.len() - 1));
    assert_eq!(page(&all, &[]), "");
    let one = Format::csv(&["name".into()], Formulas::Kept).unwrap();
    assert_eq!(page(&one, &[object("{}")]), "name\n\"\"\n");
    let error = Format::csv(&["name".into(), "Name".into()], Formulas::Kept).unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidRequest, Some("fields")));
}

// Catches a variable that is not replaced, and text that is taken for one (CONTRACT 3.1).
#[test]
fn templates_are_filled() {
    for (template, expected) in [
        (
            "ID: $id, name: $name, Observables: $observables",
            "ID: indicator--1, name: the \"one\", Observables: a.example,82",
        ),
        ("${id}s $ids ${ids} ${id", "indicator--1s $ids ${ids} ${id"),
        ("$$id $$$id $", "$id $indicator--1 $"),
        ("$tlp$confidence|${valid_until}|", "TLP:GREEN70||"),
        ("$é ${} $1 $Id $id.", "$é ${} $1 $Id indicator--1."),
        ("a\nb", "a\nb"),
        ("", ""),
    ] {
        let found = page(&Format::custom(template), &[indicator()]);
        assert_eq!(found, format!("{expected}\n"), "{template}");
    }
    assert_eq!(page(&Format::custom("$id"), &[]), "");
    let many = page(&Format::custom(&"$id".repeat(1000)), &[object(r#"{"id":"x"}"#)]);
    assert_eq!(many, format!("{}{}\n", "x".repeat(200), "$id".repeat(800)));
}

// Catches a feed that is written in another format than it says.
#[test]
fn a_feed_has_its_format() {
    let mut draft = FeedDraft::default();
    draft.fields = vec!["id".into()];
    draft.template = "<$id>".into();
    for (format, expected, content_type) in [
        (FeedFormat::Json, r#"{"items":[{"id":"x"}],"next_cursor":"next"}"#, "application/json"),
        (FeedFormat::Text, "x\n", "text/plain; charset=utf-8"),
        (FeedFormat::Csv, "id\nx\n", "text/csv; charset=utf-8"),
        (FeedFormat::Custom, "<x>\n", "text/plain"),
    ] {
        draft.format = format;
        let format = Format::of(&draft, Formulas::Kept).unwrap();
        assert_eq!(page(&format, &[object(r#"{"id":"x"}"#)]), expected);
        assert_eq!(format.content_type(), content_type);
    }
}

// Catches an error of the names that is lost, and a page that cannot go on after it.
#[test]
fn an_error_of_the_names_is_handed_on() {
    let format = Format::csv(&["sources".into()], Formulas::Kept).unwrap();
    let mut writer = PageWriter::new(&format);
    let mut out = Vec::new();
    assert_eq!(writer.write(&indicator(), |_| Err("no"), &mut out), Err("no"));
    writer.write(&indicator(), |_| Ok::<_, &str>(None), &mut out).unwrap();
    assert_eq!(out, b"sources\n\"identity--1,identity--2\"\n");
}

/// Texts with what CSV and spreadsheets mind.
fn arb_cell() -> impl Strategy<Value = String> {
    "[=+@\\t\\r\\n\",'$a é-]{0,6}|.{0,8}"
}

proptest! {
    // Catches a cell that is not read back as it was, for any text.
    #[test]
    fn csv_is_read_back(cells in prop::collection::vec([arb_cell(), arb_cell()], 1..5), both: bool) {
        let fields: &[String] = &["name".to_owned(), "pattern".to_owned()];
        let fields = if both { fields } else { &fields[..1] };
        let objects: Vec<_> = cells.iter().map(|[name, pattern]| {
            object(&serde_json::json!({"name": name, "pattern": pattern}).to_string())
        }).collect();
        let kept = page(&Format::csv(fields, Formulas::Kept).unwrap(), &objects);
        let mut reader = csv::Reader::from_reader(kept.as_bytes());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(rows.len(), cells.len());
        for (row, cells) in rows.iter().zip(&cells) {
            prop_assert_eq!(row.iter().collect::<Vec<_>>(), &cells[..fields.len()]);
        }

        let neutral = page(&Format::csv(fields, Formulas::Neutralised).unwrap(), &objects);
        let mut reader = csv::Reader::from_reader(neutral.as_bytes());
        for (row, cells) in reader.records().zip(&cells) {
            for (found, cell) in row.unwrap().iter().zip(cells) {
                prop_assert!(!found.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{found:?}");
                prop_assert_eq!(found.strip_prefix('\'').filter(|_| found != cell).unwrap_or(found), cell);
            }
        }
    }

    // Catches a template that is changed though it has no variable, and a panic on any template.
    #[test]
    fn templates_stand_as_they_are_written(text in "(\\$|\\{|\\}|[a-z]|id|name|é|.){0,30}") {
        let found = page(&Format::custom(&text), &[indicator()]);
        if !text.contains('$') {
            prop_assert_eq!(found, format!("{text}\n"));
        }
        prop_assert_eq!(Template::parse(&text.replace('$', "$$")), Template::parse_plain(&text));
    }

    // Catches a panic on any object, a text that has not as many lines as objects, and bytes of JSON that change.
    #[test]
    fn any_object_is_written(
        name in arb_cell(), pattern in "\\[(url:value|file:hashes\\.MD5) = '[a-c\\n]{0,3}'\\]|.{0,20}",
        other in "[1-9]{1,3}|true|null|\\[1,\\{\\}\\]|\\{\"tlp\":3\\}",
    ) {
        let [name, pattern] = [name, pattern].map(|text| serde_json::to_string(&text).unwrap());
        let rest = ["definition", "kill_chain_phases", "object_marking_refs", "value", "created"]
            .map(|property| format!(",\"{property}\":{other}"));
        let object = object(&format!("{{\"name\":{name},\"pattern\":{pattern}{}}}", rest.concat()));
        let objects = std::slice::from_ref(&object);
        prop_assert_eq!(page(&Format::text(), objects).matches('\n').count(), 1);
        page(&Format::csv(&[], Formulas::Neutralised).unwrap(), objects);
        prop_assert!(page(&Format::json(), objects).contains(object.as_str()));
    }
}
