//! `inthreat lookup`: the indicators that name a value.

use std::path::Path;

use inthreat_api::{Observable, ObservableType};
use inthreat_replica::LookupOptions;
use inthreat_stix::{Kind, RawObject, bundle::write_joined};
use inthreat_store::index::guess;

use crate::{
    arguments::{Lookup, Source},
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Format, Output, say},
    source,
    summary::Summary,
    values::When,
};

const HEAD: [&str; 8] =
    ["VALUE", "TYPE", "INDICATOR", "TLP", "CONFIDENCE", "STATE", "VALID UNTIL", "ID"];

pub(crate) async fn run(arguments: Lookup) -> Outcome<Exit> {
    let wanted = arguments.observable_type.as_deref().map(ObservableType::from);
    let observables = arguments
        .values
        .iter()
        .map(|value| observable(value, wanted.clone()))
        .collect::<Outcome<Vec<Observable>>>()?;
    let found = match (arguments.as_of, &arguments.source.local) {
        (Some(when), Some(folder)) => of_the_past(folder, when, observables)?,
        _ => of_now(&arguments.source, observables).await?,
    };
    let mut output = Output::new();
    let format = output.format(arguments.output);
    print(&mut output, &found, format)?;
    output.finish()?;
    let is_found = found.iter().any(|(_, indicators)| !indicators.is_empty());
    Ok(if is_found { Exit::Success } else { Exit::Missing })
}

/// Values, and the indicators that name them.
type Found = Vec<(Observable, Vec<RawObject>)>;

async fn of_now(source: &Source, observables: Vec<Observable>) -> Outcome<Found> {
    let center = source::open(source)?;
    let mut found = Vec::new();
    for observable in observables {
        let answer = center.indicators(observable.clone()).await?;
        if answer.items.is_empty() {
            say(format!("{observable}: no indicator names it"));
        } else if answer.has_more {
            say(format!("{observable}: there are more indicators than are told"));
        }
        found.push((observable, answer.items));
    }
    Ok(found)
}

fn of_the_past(folder: &Path, when: When, observables: Vec<Observable>) -> Outcome<Found> {
    let replica = source::open_replica(folder)?;
    let moment = source::moment(&replica, when)?;
    say(format!("as of sequence {}, {}", moment.sequence, moment.instant));
    let options = LookupOptions::default().with_as_of(moment);
    let answers = replica.lookup_many(&observables, options)?;
    let mut found = Vec::new();
    for (observable, hits) in observables.into_iter().zip(answers) {
        let mut indicators = Vec::new();
        for hit in hits.iter().filter(|hit| hit.kind == Kind::Indicator) {
            indicators.extend(replica.version(hit.sequence)?);
        }
        if indicators.is_empty() {
            say(format!("{observable}: no indicator named it"));
        }
        found.push((observable, indicators));
    }
    Ok(found)
}

/// What a value from the command line is to be looked up as.
pub(crate) fn observable(value: &str, wanted: Option<ObservableType>) -> Outcome<Observable> {
    let value = value.trim();
    if let Some(observable_type) = wanted {
        return Ok(Observable::new(observable_type, value));
    }
    match guess(value) {
        Some(observable_type) => Ok(Observable::new(observable_type, value)),
        None => {
            Err(Failure::new(Exit::Usage, format!("`{value}` is no address, domain, URL or hash"))
                .hint("name its type with --type, such as --type mutex"))
        }
    }
}

fn print(output: &mut Output, found: &[(Observable, Vec<RawObject>)], format: Format) -> Outcome {
    match format {
        Format::Table => {
            let rows = found.iter().flat_map(|(observable, indicators)| {
                indicators.iter().map(|indicator| row(observable, indicator))
            });
            let rows: Vec<_> = rows.collect();
            if rows.is_empty() { Ok(()) } else { output.table(&HEAD, rows.into_iter()) }
        }
        Format::Ndjson => found
            .iter()
            .try_for_each(|(observable, items)| output.json_line(&answer(observable, items))),
        Format::Json => {
            let answers: Vec<Vec<u8>> =
                found.iter().map(|(observable, items)| answer(observable, items)).collect();
            output.json(&[b"[".as_slice(), &answers.join(&b','), b"]"].concat())
        }
    }
}

fn row(observable: &Observable, indicator: &RawObject) -> [String; 8] {
    let summary = Summary::of(indicator);
    let observable_type = observable.observable_type.to_string();
    [
        observable.value.clone(),
        observable_type,
        summary.name,
        summary.tlp,
        summary.confidence,
        summary.state,
        summary.valid_until,
        summary.id,
    ]
}

/// A value and its indicators as JSON, the indicators byte for byte.
fn answer(observable: &Observable, indicators: &[RawObject]) -> Vec<u8> {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let mut json = format!(
        r#"{{"type":{},"value":{},"items":["#,
        text(observable.observable_type.as_str()),
        text(&observable.value)
    )
    .into_bytes();
    write_joined(indicators, &mut json);
    json.extend_from_slice(b"]}");
    json
}
