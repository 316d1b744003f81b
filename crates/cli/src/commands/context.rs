//! `inthreat context`: what stands around an object.

use std::io::{self, IsTerminal};

use inthreat_api::{IntelligenceCenter, ObservableType};
use inthreat_stix::Bundle;

use crate::{
    arguments::{Columns, Context, ContextFormat, Shown},
    commands::{get::parse_id, lookup},
    exit::Exit,
    failure::{Failure, Outcome},
    graph::{self, Graph},
    print::{Format, Listing, Output, say, terminal_width},
    source,
    summary::Summary,
    terminal, tree, types,
};

pub(crate) async fn run(arguments: Context) -> Outcome<Exit> {
    let format = format_of(&arguments)?;
    let center = source::open(&arguments.source)?;
    let bundles = ask(&*center, &arguments.subject).await?;
    if bundles.is_empty() {
        say("no indicator names it");
        return Ok(Exit::Missing);
    }
    print(Output::new(), &bundles, format, arguments.columns)?;
    Ok(Exit::Success)
}

/// The format that was asked for, or a tree for people; where properties are chosen, a table.
fn format_of(arguments: &Context) -> Outcome<ContextFormat> {
    use ContextFormat::{Dot, Html, Json, Mermaid, Table, Tree};

    let is_chosen = !arguments.columns.fields.is_empty();
    match arguments.output {
        Some(Tree | Dot | Mermaid | Html) if is_chosen => {
            let words = "--fields goes with lists alone: a tree, a graph or a page has no columns";
            Err(Failure::new(Exit::Usage, words)
                .hint("-o table, json, ndjson, yaml and csv print what is chosen of each object"))
        }
        Some(format) => Ok(format),
        None if !io::stdout().is_terminal() => Ok(Json),
        None => Ok(if is_chosen { Table } else { Tree }),
    }
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

fn print(output: Output, bundles: &[Bundle], format: ContextFormat, columns: Columns) -> Outcome {
    let list = match format {
        ContextFormat::Tree => return tree_of(output, bundles),
        ContextFormat::Dot => return text(output, &graph::dot(&Graph::of(bundles))),
        ContextFormat::Mermaid => return text(output, &graph::mermaid(&Graph::of(bundles))),
        ContextFormat::Html => return text(output, &graph::page(&Graph::of(bundles))),
        ContextFormat::Json if columns.fields.is_empty() => return whole(output, bundles),
        ContextFormat::Json => Format::Json,
        ContextFormat::Ndjson => Format::Ndjson,
        ContextFormat::Table => Format::Table,
        ContextFormat::Yaml => Format::Yaml,
        ContextFormat::Csv => Format::Csv,
    };
    let mut listing = Listing::new(&Shown { output: Some(list), columns }, &Summary::HEAD);
    for object in bundles.iter().flat_map(|bundle| &bundle.objects) {
        listing.object(object)?;
    }
    listing.finish()
}

fn text(mut output: Output, text: &str) -> Outcome {
    output.text(text)?;
    output.finish()
}

fn tree_of(mut output: Output, bundles: &[Bundle]) -> Outcome {
    let width = if output.is_terminal() { terminal_width() } else { None };
    for line in bundles.iter().flat_map(tree::lines) {
        let line = terminal::visible(&line);
        match width {
            Some(width) => output.line(&terminal::cut(&line, width))?,
            None => output.line(&line)?,
        }
    }
    output.finish()
}

/// The bundles as they are.
fn whole(mut output: Output, bundles: &[Bundle]) -> Outcome {
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
