//! Templates and fields of feeds: every text is a template, what is no variable stands as it is written, and a page stays within
//! bounds.
//!
//! The input is a template and, behind its first line, an object.
#![no_main]

use std::convert::Infallible;

use inthreat_stix::{Id, RawObject};
use inthreat_store::format::{Format, Formulas, PageWriter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let (template, object) = input.split_once('\n').unwrap_or((input, r#"{"name":"n"}"#));
    let object = RawObject::new(object).or_else(|_| RawObject::new(r#"{"name":"n"}"#));
    let object = object.expect("an object");
    let page = written(&Format::custom(template), &object);
    if !template.contains('$') {
        assert_eq!(page, format!("{template}\n").into_bytes());
    }
    let bound = template.len() + 1 + 201 * (object.as_bytes().len() * 6 + 64);
    assert!(page.len() <= bound, "{} bytes of {}", page.len(), input.len());

    let text = written(&Format::text(), &object);
    assert_eq!(text.iter().filter(|byte| **byte == b'\n').count(), 1, "a line for each object");
    for formulas in [Formulas::Kept, Formulas::Neutralised] {
        let fields: Vec<_> = template.split(',').map(str::to_owned).collect();
        for fields in [Vec::new(), fields] {
            if let Ok(format) = Format::csv(&fields, formulas) {
                assert!(written(&format, &object).ends_with(b"\n"));
            }
        }
    }
});

fn written(format: &Format, object: &RawObject) -> Vec<u8> {
    let names = |_: &Id| Ok::<_, Infallible>(Some("somebody".to_owned()));
    let mut page = Vec::new();
    let mut writer = PageWriter::new(format);
    writer.write(object, names, &mut page).expect("nothing fails");
    writer.finish(None, &mut page);
    page
}
