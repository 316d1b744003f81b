//! `inthreat context`: what stands around an object.

use std::io::{self, IsTerminal};

use inthreat_api::{IntelligenceCenter, ObservableType};
use inthreat_stix::Bundle;

use crate::{
    arguments::{Columns, Context, Drawing, DrawnFormat, Shown},
    commands::{get::parse_id, lookup},
    draw,
    exit::Exit,
    failure::{Failure, Outcome},
    graph::Surroundings,
    print::{Format, Listing, Output, say},
    source,
    summary::Summary,
    types,
};

pub(crate) async fn run(arguments: Context) -> Outcome<Exit> {
    let format = format_of(&arguments)?;
    let center = source::open(&arguments.source)?;
    let bundles = ask(&*center, &arguments.subject).await?;
    if bundles.is_empty() {
        say("no indicator names it");
        return Ok(Exit::Missing);
    }
    print(&bundles, format, arguments.columns)?;
    Ok(Exit::Success)
}

/// The format that was asked for, or a tree for people; where properties are chosen, a table.
fn format_of(arguments: &Context) -> Outcome<DrawnFormat> {
    draw::check(arguments.output, &arguments.columns)?;
    let otherwise = if !io::stdout().is_terminal() {
        DrawnFormat::List(Format::Json)
    } else if arguments.columns.fields.is_empty() {
        DrawnFormat::Drawing(Drawing::Tree)
    } else {
        DrawnFormat::List(Format::Table)
    };
    Ok(arguments.output.unwrap_or(otherwise))
}

/// Asks for the context of an id, or of the indicators of an observable.
async fn ask(center: &dyn IntelligenceCenter, subject: &[String]) -> Outcome<Vec<Bundle>> {
    match subject {
        [id] if id.contains("--") => Ok(vec![center.context(parse_id(id)?).await?]),
        [value] => {
            let observable = lookup::observable(value, None)?;
            Ok(center.indicator_contexts(observable).await?.items)
        }
        [observable_type, value] => {
            let observable_type = types::observable(observable_type).map_err(|meant| {
                let words = format!("`{observable_type}` is no type of observables: {meant}");
                Failure::new(Exit::Usage, words)
            })?;
            let wanted = ObservableType::from(observable_type.as_str());
            let observable = lookup::observable(value, Some(wanted))?;
            let answer = center.indicator_contexts(observable).await?;
            if answer.has_more {
                say("there are more indicators than are told");
            }
            Ok(answer.items)
        }
        _ => Err(Failure::new(Exit::Usage, "expected an id, or a type and a value")),
    }
}

fn print(bundles: &[Bundle], format: DrawnFormat, columns: Columns) -> Outcome {
    let list = match format {
        DrawnFormat::Drawing(drawing) => {
            let all: Vec<_> = bundles.iter().map(Surroundings::of).collect();
            return draw::print(drawing, &all);
        }
        DrawnFormat::List(Format::Json) if columns.fields.is_empty() => return whole(bundles),
        DrawnFormat::List(format) => format,
    };
    let mut listing = Listing::new(&Shown { output: Some(list), columns }, &Summary::HEAD);
    for object in bundles.iter().flat_map(|bundle| &bundle.objects) {
        listing.object(object)?;
    }
    listing.finish()
}

/// The bundles as they are.
fn whole(bundles: &[Bundle]) -> Outcome {
    let mut output = Output::new();
    let texts = bundles.iter().map(|bundle| {
        let mut text = Vec::new();
        bundle.write_json(&mut text);
        text
    });
    match texts.collect::<Vec<_>>().as_slice() {
        [one] => output.json(one)?,
        texts => output.json(&[b"[".as_slice(), &texts.join(&b','), b"]"].concat())?,
    }
    output.finish()
}
