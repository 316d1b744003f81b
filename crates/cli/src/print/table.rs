//! Tables for people: as wide as the terminal, and with ids that can be copied.

use std::borrow::Cow;

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, Width, presets};
use inthreat_stix::Timestamp;
use inthreat_store::index::refanged;

use crate::terminal;

/// Stands between rows below which their ids are put. It is of the private use area, so that nothing else draws lines with it.
const MARK: char = '\u{e000}';

/// Names of things, which may be cut where there is no room; the one that is cut last stands last.
const CUT: [&str; 5] = ["INDICATOR", "NAME", "TEXT", "TITLE", "VALUE"];
/// What is left of a name at least.
const CUT_MIN: usize = 10;
/// What is left of a name at least where an id stands beside it, which could stand below.
const CUT_MIN_BESIDE: usize = 24;

/// Lays rows out under their heads, for a terminal of so many columns; without one in lines as long as they get.
///
/// Where there is no room for all, instants lose their ends, columns go that say nothing more,
/// and names are cut. An id that is
/// cut or broken cannot be copied: it has a column of its own, or stands below its row where there is no room for it. A
/// terminal that has no room for the heads has a line for each cell.
pub(super) fn laid_out<R: IntoIterator<Item = String>>(
    head: &[impl AsRef<str>],
    rows: impl Iterator<Item = R>,
    width: Option<u16>,
) -> String {
    let mut columns: Vec<Column> = head.iter().map(|name| Column::new(name.as_ref())).collect();
    for row in rows {
        let cells = row.into_iter().map(|cell| terminal::visible(&cell).into_owned());
        columns.iter_mut().zip(cells).for_each(|(column, cell)| column.cells.push(cell));
    }
    // A terminal of no columns does not know how many it has.
    let Some(width) = width.filter(|width| *width > 0) else {
        return trimmed(&drawn(&columns, false, None));
    };
    let place = id_of(head).filter(|_| head.len() > 1);
    let mut beside = columns.clone();
    let is_beside = fit(&mut beside, width.into(), CUT_MIN_BESIDE);
    if is_beside && place.is_some() {
        return trimmed(&drawn(&beside, false, None));
    }
    let mut short = columns.clone();
    let ids = place.map(|place| short.remove(place).cells);
    let has_room = fit(&mut short, width.into(), CUT_MIN);
    // What has room is drawn as it is: within a width, cells are broken that need not be.
    let within = Some(width).filter(|_| !has_room);
    if short.iter().map(|column| column.width_min() + 2).sum::<usize>() > width.into() {
        return listed(&columns);
    }
    match ids {
        Some(ids) => with_ids(&drawn(&short, true, within), ids),
        None => trimmed(&drawn(&short, false, within)),
    }
}

/// A line for each cell that says something.
fn listed(columns: &[Column]) -> String {
    let mut text = String::new();
    let count = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..count {
        if row > 0 {
            text.push('\n');
        }
        for column in columns {
            if let Some(cell) = column.cells.get(row).filter(|cell| !cell.is_empty()) {
                push_line(&mut text, &format!("{}: {cell}", column.head));
            }
        }
    }
    text
}

fn trimmed(drawn: &str) -> String {
    let mut text = String::new();
    drawn.lines().for_each(|line| push_line(&mut text, line.trim_end()));
    text
}

/// The same with ids in the place of the marks.
fn with_ids(drawn: &str, ids: Vec<String>) -> String {
    let mut ids = ids.into_iter();
    let mut text = String::new();
    for line in drawn.lines() {
        let is_mark = !line.is_empty() && line.chars().all(|each| each == MARK);
        match is_mark.then(|| ids.next()).flatten() {
            Some(id) => push_line(&mut text, &format!("   {id}")),
            None => push_line(&mut text, line.trim_end()),
        }
    }
    ids.for_each(|id| push_line(&mut text, &format!("   {id}")));
    text
}

/// The place of what people copy: an id, or the key of a cursor.
fn id_of(head: &[impl AsRef<str>]) -> Option<usize> {
    let place = |wanted: &str| head.iter().position(|name| name.as_ref() == wanted);
    place("ID").or_else(|| place("CURSOR").and_then(|_| place("KEY")))
}

/// Draws the columns, with marks where ids are to stand.
fn drawn(columns: &[Column], is_marked: bool, width: Option<u16>) -> String {
    let marks = LineStyle::none().fill(MARK);
    let style = presets::NOTHING;
    let mut table = Table::new();
    table.load_style(if is_marked { style.row_separator(marks) } else { style });
    // Without a width the table would ask the terminal itself.
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(columns.iter().map(|column| &column.head));
    let count = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..count {
        table.add_row(columns.iter().map(|it| it.cells.get(row).map_or("", String::as_str)));
    }
    for (place, column) in columns.iter().enumerate() {
        let width_min = u16::try_from(column.width_min() + 2).unwrap_or(u16::MAX);
        if let Some(drawn) = table.column_mut(place) {
            drawn.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width_min)));
        }
    }
    let names: Vec<&str> = columns.iter().map(|column| column.head.as_str()).collect();
    if let Some(place) = id_of(&names)
        && let Some(column) = table.column_mut(place)
    {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.to_string()
}

/// A column before it is drawn.
#[derive(Clone)]
struct Column {
    head: String,
    cells: Vec<String>,
}

impl Column {
    fn new(head: &str) -> Self {
        Self { head: head.to_owned(), cells: Vec::new() }
    }

    /// How wide it wants to be.
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| terminal::columns(cell));
        cells.max().unwrap_or(0).max(terminal::columns(&self.head))
    }

    /// How wide it is at least: no word of its head is broken, no short one of its cells, and no name that was cut for this.
    fn width_min(&self) -> usize {
        let longest = |text: &str| text.split(' ').map(terminal::columns).max().unwrap_or(0);
        let cells = self.cells.iter().map(|cell| longest(cell)).max().unwrap_or(0);
        longest(&self.head).max(cells.min(CUT_MIN))
    }

    fn shorten(&mut self, shorter: impl Fn(&str) -> Option<String>) {
        for cell in &mut self.cells {
            if let Some(short) = shorter(cell) {
                *cell = short;
            }
        }
    }
}

/// Shortens what may be shortened, step by step, until the columns have room; whether they have.
fn fit(columns: &mut Vec<Column>, width: usize, cut_min: usize) -> bool {
    // There is a blank on either side of a cell.
    let excess = |columns: &[Column]| {
        let wanted: usize = columns.iter().map(|column| column.width() + 2).sum();
        wanted.saturating_sub(width)
    };
    if excess(columns) > 0 {
        for column in columns.iter_mut() {
            column.shorten(second);
        }
    }
    if excess(columns) > 0 {
        drop_empty(columns);
    }
    if excess(columns) > 0 {
        for column in columns.iter_mut() {
            column.shorten(day);
        }
    }
    for name in CUT {
        let excess = excess(columns);
        if let Some(column) = columns.iter_mut().find(|column| column.head == name)
            && excess > 0
        {
            let room = column.width().saturating_sub(excess).max(cut_min);
            column.shorten(|cell| Some(terminal::cut(cell, room)));
        }
    }
    excess(columns) == 0
}

/// Takes columns away that say nothing, or as the name of an indicator the value again.
fn drop_empty(columns: &mut Vec<Column>) {
    let values = columns.iter().find(|column| column.head == "VALUE");
    let values = values.map(|column| column.cells.iter().map(|cell| refanged(cell)));
    let values: Vec<String> = values.into_iter().flatten().map(Cow::into_owned).collect();
    columns.retain(|column| {
        let is_repeated = column.head == "INDICATOR" && column.cells == values;
        !is_repeated && column.cells.iter().any(|cell| !cell.is_empty())
    });
}

/// An instant of UTC to the second; `None` for what is none.
fn second(cell: &str) -> Option<String> {
    let (until, _) = cell.strip_suffix('Z')?.split_once('.')?;
    cell.parse::<Timestamp>().ok().map(|_| format!("{until}Z"))
}

/// The day of an instant of UTC; `None` for what is none.
fn day(cell: &str) -> Option<String> {
    let (day, _) = cell.strip_suffix('Z')?.split_once('T')?;
    cell.parse::<Timestamp>().ok().map(|_| day.to_owned())
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches an id that is cut, that stands below another row, or that is lost.
    #[test]
    fn an_id_stays_whole() {
        let ids = [
            "indicator--bcc4c0e8-5669-45de-aff0-5502e91b3f08",
            "malware--2a0600dc-c26d-4d62-b583-a4b2abb8ec3f",
        ];
        let rows =
            || ids.iter().map(|id| ["a name of several words", "green", id].map(str::to_owned));
        let head = ["NAME", "TLP", "ID"];
        let wide = laid_out(&head, rows(), Some(100));
        assert_eq!(wide.lines().count(), 3, "{wide}");
        assert!(wide.lines().nth(2).unwrap().ends_with(ids[1]), "{wide}");
        assert_eq!(laid_out(&head, rows(), None), wide);
        let narrow = laid_out(&head, rows(), Some(40));
        let expected = format!(
            " NAME                     TLP\n a name of several words  green\n   {}\n a name of several words  green\n   {}\n",
            ids[0], ids[1]
        );
        assert_eq!(narrow, expected);
        let key = "d6092c37-d8d7-45c3-8aff-c4dc26030608?tlp_max=clear&drop_revoked=true@exec";
        let row = [key, "1", "abc"].map(str::to_owned);
        let cursors = laid_out(&["KEY", "GENERATION", "CURSOR"], [row].into_iter(), Some(80));
        assert!(cursors.ends_with(&format!("\n   {key}\n")), "{cursors}");
        assert_eq!(
            laid_out(&["ID"], [[ids[0].to_owned()]].into_iter(), Some(80)).lines().count(),
            2
        );
    }

    // Catches a terminal on which less can be read because it is wider, or where each letter has a line of its own.
    #[test]
    fn rows_can_be_read_at_any_width() {
        let head =
            ["VALUE", "TYPE", "INDICATOR", "TLP", "CONFIDENCE", "STATE", "VALID UNTIL", "ID"];
        let id = "indicator--bcc4c0e8-5669-45de-aff0-5502e91b3f08";
        let until = "2026-06-29T01:02:03.456789Z";
        let row = |value: &str, name: &str| {
            [value, "ipv4-addr", name, "green", "84", "expired", until, id].map(str::to_owned)
        };
        let rows = [row("198.19.149.9", "a name"), row("198.19.149.10", "198.19.149.10")];
        let long = head.iter().flat_map(|head| head.split(' '));
        for width in 52..200 {
            let text = laid_out(&head, rows.iter().cloned(), Some(width));
            assert!(text.lines().all(|line| terminal::columns(line) <= width.into()), "{text}");
            for whole in ["198.19.149.9", "198.19.149.10", id, "2026-06-29"] {
                // On narrow ones names are cut.
                let is_cut = width < 80 && whole.starts_with("198");
                assert!(is_cut || text.contains(whole), "{width}: {text}");
            }
            for word in long.clone().filter(|word| *word != "ID") {
                assert!(text.contains(word), "{width}, {word}: {text}");
            }
        }
        let narrow = laid_out(&head, rows.iter().cloned(), Some(30));
        assert!(narrow.starts_with("VALUE: 198.19.149.9\nTYPE: ipv4-addr\nINDICATOR: a name\n"));
        assert!(narrow.contains(&format!("\nID: {id}\n\nVALUE: 198.19.149.10\n")), "{narrow}");
        let unknown = laid_out(&head, rows.iter().cloned(), Some(0));
        assert_eq!(unknown, laid_out(&head, rows.iter().cloned(), None));
    }

    // Catches rows that are broken where shorter cells would have had room, and a value that is cut before others are.
    #[test]
    fn what_may_be_shortened_is() {
        let head =
            ["VALUE", "TYPE", "INDICATOR", "TLP", "CONFIDENCE", "STATE", "VALID UNTIL", "ID"];
        let id = "indicator--bcc4c0e8-5669-45de-aff0-5502e91b3f08";
        let row = |value: &str, name: &str| {
            let until = "2024-06-29T01:02:03.456789Z";
            [value, "domain-name", name, "green", "84", "", until, id].map(str::to_owned)
        };
        let lay = |rows: &[[String; 8]]| laid_out(&head, rows.iter().cloned(), Some(80));
        let same = lay(&[row("vuzan-eba0.example[.]net", "vuzan-eba0.example.net")]);
        let expected = " VALUE                     TYPE         TLP    CONFIDENCE  VALID UNTIL\n \
            vuzan-eba0.example[.]net  domain-name  green  84          2024-06-29T01:02:03Z\n   ";
        assert_eq!(same, format!("{expected}{id}\n"));
        let long = "a".repeat(300);
        let cut = lay(&[row(&long, &long), row("short.example", "another")]);
        assert_eq!(cut.lines().count(), 5, "{cut}");
        assert!(cut.lines().all(|line| terminal::columns(line) <= 80), "{cut}");
        assert!(cut.contains("  aaaaaaaaa…  ") && cut.contains(" short.example "), "{cut}");
        let hashes = lay(&[row("0123456789abcdef", "x"), row("0123456789abcdee", "y")]);
        assert!(hashes.contains(" 0123456789abcdef ") && hashes.contains("2024-06-29"), "{hashes}");
    }
}
