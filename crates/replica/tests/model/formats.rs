//! Pages as bytes, written by hand.

use inthreat_api::{FeedFormat, PageFormat};

use crate::{
    centre::Centre,
    feeds::{FIELDS, Filter},
    objects::{Instant, Name, Thing, numbers},
};

/// The page of some objects; `cursor` is the one behind them.
pub(crate) fn page(
    centre: &Centre,
    filter: &Filter,
    format: PageFormat,
    things: &[&Thing],
    is_plain: bool,
    cursor: &str,
) -> String {
    let format = match format {
        PageFormat::Json => FeedFormat::Json,
        PageFormat::Text => FeedFormat::Text,
        PageFormat::Csv => FeedFormat::Csv,
        _ => filter.format,
    };
    let things = things.iter();
    match format {
        FeedFormat::Text => things.map(|thing| thing.line() + "\n").collect(),
        FeedFormat::Csv => {
            // The default feed names no fields, and then there are those of every object.
            let rows: Vec<String> = things.map(|thing| row(centre, thing, is_plain)).collect();
            if rows.is_empty() { String::new() } else { FIELDS.join(",") + "\n" + &rows.concat() }
        }
        FeedFormat::Custom => {
            let name = |thing: &Thing| thing.title().unwrap_or_default().to_owned();
            things.map(|thing| name(thing) + "|" + &thing.name.id() + "$$unknown\n").collect()
        }
        _ => {
            let items: Vec<String> = things.map(|thing| thing.text(is_plain)).collect();
            format!("{{\"items\":[{}],\"next_cursor\":\"{cursor}\"}}", items.join(","))
        }
    }
}

fn row(centre: &Centre, thing: &Thing, is_plain: bool) -> String {
    let instant = |instant: Option<Instant>| instant.map_or("", Instant::text).to_owned();
    let title = |name: Name| centre.get(name).and_then(|version| version.thing.title());
    let levels = numbers(thing.markings).map(Name::marking).filter_map(|name| {
        let own = title(name).filter(|title| title.starts_with("TLP:"));
        own.or_else(|| name.is_green().then_some("TLP:GREEN"))
    });
    let sources = numbers(thing.sources).map(Name::identity);
    let sources: Vec<String> =
        sources.map(|name| title(name).map_or_else(|| name.id(), ToOwned::to_owned)).collect();
    let cells = [
        thing.title().unwrap_or_default().to_owned(),
        thing.name.id(),
        thing.name.kind().to_owned(),
        instant(thing.created),
        instant(thing.modified),
        thing.pattern_text(is_plain).to_owned(),
        levels.collect::<Vec<_>>().join(","),
        sources.join(","),
        thing.confidence.map(|confidence| confidence.to_string()).unwrap_or_default(),
    ];
    let cells = cells.map(|cell| {
        if cell.contains(['"', ',']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    });
    cells.join(",") + "\n"
}
