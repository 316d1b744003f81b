//! `inthreat context`: what stands around an object.

use std::io::{self, IsTerminal};

use inthreat_api::{IntelligenceCenter, ObservableType};
use inthreat_stix::Bundle;

use crate::{
    arguments::{Context, ContextFormat},
    commands::{get::parse_id, lookup},
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Format, Output, say},
    source, tree,
};

pub(crate) async fn run(arguments: Context) -> Outcome<Exit> {
    let center = source::open(&arguments.source)?;
    let bundles = ask(&*center, &arguments.subject).await?;
    if bundles.is_empty() {
        say("no indicator names it");
        return Ok(Exit::Missing);
    }
    let people = if io::stdout().is_terminal() { ContextFormat::Tree } else { ContextFormat::Json };
    let mut output = Output::new();
    print(&mut output, &bundles, arguments.output.unwrap_or(people))?;
    output.finish()?;
    Ok(Exit::Success)
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
            let observable =
                lookup::observable(value, Some(ObservableType::from(observable_type.as_str())))?;
            let answer = center.indicator_contexts(observable).await?;
            if answer.has_more {
                say("there are more indicators than are told");
            }
            Ok(answer.items)
        }
        _ => Err(Failure::new(Exit::Usage, "expected an id, or a type and a value")),
    }
}

fn print(output: &mut Output, bundles: &[Bundle], format: ContextFormat) -> Outcome {
    let all =
        || bundles.iter().flat_map(|bundle| bundle.objects.iter().cloned()).collect::<Vec<_>>();
    match format {
        ContextFormat::Ndjson => output.objects(&all(), Format::Ndjson),
        ContextFormat::Table => output.objects(&all(), Format::Table),
        ContextFormat::Tree => {
            bundles.iter().flat_map(tree::lines).try_for_each(|line| output.line(&line))
        }
        ContextFormat::Json => {
            let texts: Vec<Vec<u8>> = bundles
                .iter()
                .map(|bundle| {
                    let mut text = Vec::new();
                    bundle.write_json(&mut text);
                    text
                })
                .collect();
            match texts.as_slice() {
                [one] => output.json(one),
                _ => output.json(&[b"[".as_slice(), &texts.join(&b','), b"]"].concat()),
            }
        }
    }
}
