//! Tables for people: as wide as the terminal, and with ids that can be copied.

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, presets};

use crate::terminal;

/// From this width on a terminal has room for ids beside other columns.
const WIDE: u16 = 90;
/// Stands between rows below which their ids are put. It is of the private use area, so that nothing else draws lines with it.
const MARK: char = '\u{e000}';

/// Lays rows out under their heads, for a terminal of so many columns; without one in lines as long as they get.
///
/// An id that is cut into lines cannot be copied: it has a column of its own, or stands below its row where that is too narrow.
pub(super) fn laid_out<R: IntoIterator<Item = String>>(
    head: &[impl AsRef<str>],
    rows: impl Iterator<Item = R>,
    width: Option<u16>,
) -> String {
    let id = head.iter().position(|name| name.as_ref() == "ID");
    let below = id.filter(|_| head.len() > 1 && width.is_some_and(|width| width < WIDE));
    let mut table = Table::new();
    let marks = LineStyle::none().fill(MARK);
    let style = presets::NOTHING;
    table.load_style(if below.is_some() { style.row_separator(marks) } else { style });
    table.set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width);
    }
    let is_beside = |place: &usize| Some(*place) != below;
    let names = head.iter().enumerate().filter(|(place, _)| is_beside(place));
    table.set_header(names.map(|(_, name)| name.as_ref()));
    let mut ids = Vec::new();
    for row in rows {
        let mut cells: Vec<String> =
            row.into_iter().map(|cell| terminal::visible(&cell).into_owned()).collect();
        if let Some(place) = below.filter(|place| *place < cells.len()) {
            ids.push(cells.remove(place));
        }
        table.add_row(cells);
    }
    if below.is_none()
        && let Some(column) = id.and_then(|place| table.column_mut(place))
    {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    let mut ids = ids.into_iter();
    let mut text = String::new();
    for line in table.to_string().lines() {
        let is_mark = !line.is_empty() && line.chars().all(|each| each == MARK);
        match is_mark.then(|| ids.next()).flatten() {
            Some(id) => push_line(&mut text, &format!("   {id}")),
            None => push_line(&mut text, line.trim_end()),
        }
    }
    ids.for_each(|id| push_line(&mut text, &format!("   {id}")));
    text
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
        assert_eq!(
            laid_out(&["ID"], [[ids[0].to_owned()]].into_iter(), Some(80)).lines().count(),
            2
        );
    }
}
