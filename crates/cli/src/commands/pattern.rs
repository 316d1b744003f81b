//! `inthreat pattern`: STIX patterns, read, checked and put into words.

mod parts;
mod words;

use std::io::Read;

use inthreat_stix::pattern::{Finding, MAX_LENGTH, ParseError, Pattern};
use serde_json::json;

use crate::{
    arguments::{self, PatternArguments, Told},
    exit::Exit,
    failure::{Failure, Outcome},
    input,
    print::{Listing, Output, say},
    terminal,
};
use parts::Part;

/// What `check` tells of a finding.
const FINDING: [&str; 5] = ["severity", "code", "start", "text", "message"];

pub(crate) fn run(arguments: &arguments::Pattern) -> Outcome<Exit> {
    match arguments {
        arguments::Pattern::Parse(given) => {
            read(given, &Part::HEAD, |pattern, listing| match listing {
                Some(listing) => parts::parts(pattern)
                    .iter()
                    .try_for_each(|part| listing.item(&part.json().to_string(), || part.row())),
                None => draw(pattern),
            })
        }
        arguments::Pattern::Explain(given) => {
            read(given, &["depth", "words"], |pattern, listing| {
                let lines = words::explain(pattern);
                match listing {
                    Some(listing) => lines.into_iter().try_for_each(|(depth, words)| {
                        let item = json!({ "depth": depth, "words": words });
                        listing.item(&item.to_string(), || vec![depth.to_string(), words])
                    }),
                    None => print(lines),
                }
            })
        }
        arguments::Pattern::Check(given) => check(&source(given)?, &given.told),
    }
}

/// Prints what a pattern is. One that cannot be read is told: with the answers for people, beside them for programs.
fn read(
    given: &PatternArguments,
    head: &[&str],
    show: impl FnOnce(&Pattern, Option<&mut Listing>) -> Outcome,
) -> Outcome<Exit> {
    let source = source(given)?;
    let mut listing = given.told.listing(head);
    let exit = match (Pattern::parse(&source), &listing) {
        (Ok(pattern), _) => {
            show(&pattern, listing.as_mut())?;
            Exit::Success
        }
        (Err(error), Some(_)) => {
            say(terminal::visible_words(&error.render()));
            Exit::Missing
        }
        (Err(error), None) => {
            refused(&error)?;
            Exit::Missing
        }
    };
    if let Some(listing) = listing {
        listing.finish()?;
    }
    Ok(exit)
}

fn source(given: &PatternArguments) -> Outcome<String> {
    if given.pattern != "-" {
        return Ok(given.pattern.clone());
    }
    let mut text = String::new();
    let path = std::path::Path::new("-");
    let limit = MAX_LENGTH as u64 + 2;
    let read = input::open(path)?.take(limit).read_to_string(&mut text);
    read.map_err(|error| input::failed(path, &error))?;
    if text.trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "standard input holds no pattern"));
    }
    Ok(text.trim_end().to_owned())
}

fn refused(error: &ParseError) -> Outcome {
    print(error.render().lines().map(|line| (0, line.to_owned())))
}

/// What is wrong is the answer, and goes where answers go.
fn check(source: &str, told: &Told) -> Outcome<Exit> {
    let (parsed, listing) = (Pattern::parse(source), told.listing(&FINDING));
    let findings = match (&parsed, &listing) {
        (Ok(pattern), _) => pattern.check(),
        (Err(error), None) => {
            refused(error)?;
            return Ok(Exit::Missing);
        }
        (Err(_), Some(_)) => Vec::new(),
    };
    let is_fine = parsed.is_ok() && findings.is_empty();
    if let Some(mut listing) = listing {
        if let Err(error) = &parsed {
            list("error", "syntax", error.offset(), "", &error.to_string(), &mut listing)?;
        }
        for one in &findings {
            let (start, text) = (one.span.start(), text(source, one));
            list(severity(one), one.code.as_str(), start, text, &one.message, &mut listing)?;
        }
        listing.finish()?;
    } else if is_fine {
        print([(0, "nothing is wrong with it".to_owned())])?;
    } else {
        print(findings.iter().map(|one| {
            let (place, text) = (one.span.start(), text(source, one));
            (0, format!("{}: {one} (byte {place}: `{text}`)", severity(one)))
        }))?;
    }
    Ok(if is_fine { Exit::Success } else { Exit::Missing })
}

fn list(
    severity: &str,
    code: &str,
    start: usize,
    text: &str,
    message: &str,
    listing: &mut Listing,
) -> Outcome {
    let item = json!({
        "severity": severity, "code": code, "start": start, "text": text, "message": message,
    });
    let row = || [severity, code, &start.to_string(), text, message].map(str::to_owned).into();
    listing.item(&item.to_string(), row)
}

fn severity(one: &Finding) -> &'static str {
    if one.code.is_error() { "error" } else { "warning" }
}

/// What a finding is about.
fn text<'s>(source: &'s str, one: &Finding) -> &'s str {
    source.get(one.span.range()).unwrap_or_default()
}

/// Draws the parts as a tree, and the values that an index can be asked for.
fn draw(pattern: &Pattern) -> Outcome {
    let parts = parts::parts(pattern).into_iter().map(|part| (part.depth, part.words()));
    let values = pattern
        .observables()
        .map(|one| (0, format!("looks for {} {} {}", one.object_type, one.property, one.value)));
    print(parts.chain(values))
}

/// Prints lines; a level deeper stands two blanks further in.
fn print(lines: impl IntoIterator<Item = (usize, String)>) -> Outcome {
    let mut output = Output::new();
    for (depth, line) in lines {
        output.line(&format!("{:width$}{line}", "", width = depth * 2))?;
    }
    output.finish()
}
