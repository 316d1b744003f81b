//! `inthreat lookup`: the indicators that name values.

mod questions;
mod totals;

use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};
use inthreat_replica::LookupOptions;
use inthreat_stix::{Kind, RawObject};

use crate::{
    arguments::Lookup,
    exit::Exit,
    failure::Outcome,
    print::{Listing, say},
    source,
    summary::Summary,
    types,
};

pub(crate) use questions::observable;
use questions::{Question, Questions};
use totals::Totals;

/// How many values a replica is asked at once.
const PART: usize = 500;
/// How many indicators of one value are printed: as many as a server tells.
const INDICATORS_MAX: usize = 100;

pub(crate) async fn run(arguments: Lookup) -> Outcome<Exit> {
    let questions = Questions::read(&arguments)?;
    let mut answers = Answers::new(&arguments, questions.is_bulk);
    match &arguments.source.local {
        Some(folder) => of_replica(folder, &arguments, &questions.items, &mut answers)?,
        None => of_service(&arguments, &questions.items, &mut answers).await?,
    }
    let is_found = answers.totals.found() > 0;
    if questions.is_bulk {
        say(questions.words(answers.totals.found()));
        if questions.items.is_empty() && arguments.column.is_none() {
            say("hint: --column NAME reads the values of a CSV from its column");
        }
    }
    if let (false, Some(name)) = (is_found, &arguments.observable_type) {
        types::tell_unknown_observables(std::slice::from_ref(name));
    }
    answers.finish(&arguments)?;
    Ok(if is_found { Exit::Success } else { Exit::Missing })
}

/// Asks some values at once, and takes the answers in the order of the questions.
async fn of_service(arguments: &Lookup, questions: &[Question], answers: &mut Answers) -> Outcome {
    let center = &source::open(&arguments.source)?;
    let asked = questions.iter().map(|question| async move {
        let answer = center.indicators(question.observable.clone()).await;
        answer.map(|answer| (question, answer))
    });
    let mut answered = stream::iter(asked).buffered(usize::from(arguments.jobs));
    while let Some((question, answer)) = answered.try_next().await? {
        answers.take(question, &answer.items, answer.has_more)?;
    }
    Ok(())
}

fn of_replica(
    folder: &Path,
    arguments: &Lookup,
    questions: &[Question],
    answers: &mut Answers,
) -> Outcome {
    let replica = source::open_replica(folder)?;
    let mut options = LookupOptions::default();
    if let Some(when) = arguments.as_of {
        let moment = source::moment(&replica, when)?;
        say(format!("as of sequence {}, {}", moment.sequence, moment.instant));
        options = options.with_as_of(moment);
    }
    for part in questions.chunks(PART) {
        let observables: Vec<_> = part.iter().map(|it| it.observable.clone()).collect();
        let hits = replica.lookup_many(&observables, options)?;
        for (question, hits) in part.iter().zip(hits) {
            let mut found = Vec::new();
            let indicators = hits.iter().filter(|hit| hit.kind == Kind::Indicator);
            let has_more = indicators.clone().count() > INDICATORS_MAX
                || hits.len() >= inthreat_replica::Replica::HITS_MAX;
            for hit in indicators.take(INDICATORS_MAX) {
                found.extend(replica.version(hit.sequence)?);
            }
            answers.take(question, &found, has_more)?;
        }
    }
    Ok(())
}

/// What was answered so far.
struct Answers {
    /// `None` when totals alone are wanted.
    listing: Option<Listing>,
    totals: Totals,
    is_bulk: bool,
    is_past: bool,
}

impl Answers {
    fn new(arguments: &Lookup, is_bulk: bool) -> Self {
        let head = ["indicator", "tlp", "confidence", "state", "valid_until", "id"];
        let listing = || Listing::with_first(&arguments.shown, &["value", "type"], &head);
        Self {
            listing: (!arguments.summary).then(listing),
            totals: Totals::default(),
            is_bulk,
            is_past: arguments.as_of.is_some(),
        }
    }

    fn take(&mut self, question: &Question, indicators: &[RawObject], has_more: bool) -> Outcome {
        self.totals.count(&question.observable.observable_type, !indicators.is_empty());
        if indicators.is_empty() && !self.is_bulk {
            let names = if self.is_past { "named" } else { "names" };
            say(format!("{}: no indicator {names} it", question.words()));
        }
        if has_more {
            say(format!("{}: there are more indicators than are told", question.words()));
        }
        match &mut self.listing {
            Some(listing) => print(listing, question, indicators),
            None => Ok(()),
        }
    }

    fn finish(self, arguments: &Lookup) -> Outcome {
        match self.listing {
            Some(listing) => listing.finish(),
            None => self.totals.print(&arguments.shown),
        }
    }
}

fn print(listing: &mut Listing, question: &Question, indicators: &[RawObject]) -> Outcome {
    let observable_type = question.observable.observable_type.as_str();
    if listing.takes_rows() {
        return indicators.iter().try_for_each(|indicator| {
            let mut row = vec![question.typed.clone(), observable_type.to_owned()];
            row.extend(listing.cells(indicator.as_str(), || cells(indicator)));
            listing.row(row)
        });
    }
    // Indicators stay byte for byte, unless some of their properties are chosen.
    let items = indicators.iter().map(|indicator| {
        listing.chosen(indicator.as_str()).unwrap_or_else(|| indicator.as_str().to_owned())
    });
    let text = |text: &str| serde_json::Value::from(text).to_string();
    listing.value(&format!(
        r#"{{"type":{},"value":{},"items":[{}]}}"#,
        text(observable_type),
        text(&question.typed),
        items.collect::<Vec<_>>().join(","),
    ))
}

fn cells(indicator: &RawObject) -> Vec<String> {
    let Summary { name, tlp, confidence, state, valid_until, id, .. } = Summary::of(indicator);
    vec![name, tlp, confidence, state, valid_until, id]
}
