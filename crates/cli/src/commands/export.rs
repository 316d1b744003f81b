//! `inthreat export`: the objects of a replica as one stream.

use inthreat_api::FeedId;
use inthreat_replica::ExportOptions;

use crate::{
    arguments::{Export, ExportFormat},
    exit::Exit,
    failure::{Failure, Outcome},
    measure,
    print::{Output, say},
    source,
};

pub(crate) fn run(arguments: &Export) -> Outcome<Exit> {
    let replica = source::open_replica(&arguments.local)?;
    let mut options = ExportOptions::default().with_format(match arguments.format {
        ExportFormat::Ndjson => inthreat_replica::ExportFormat::Ndjson,
        ExportFormat::Bundle => inthreat_replica::ExportFormat::Bundle,
    });
    if let Some(feed) = &arguments.feed {
        let feed: FeedId = feed
            .parse()
            .map_err(|error| Failure::because(Exit::Usage, "read the command line", &error))?;
        options = options.with_feed(feed);
    }
    if let Some(when) = arguments.as_of {
        options = options.with_as_of(source::moment(&replica, when)?);
    }
    let mut output = Output::new();
    let exported = replica.export(&options, &mut output)?;
    output.finish()?;
    say(format!(
        "exported {} objects, as of sequence {}, {}",
        measure::count(exported.objects),
        exported.moment.sequence,
        exported.moment.instant
    ));
    Ok(Exit::Success)
}
