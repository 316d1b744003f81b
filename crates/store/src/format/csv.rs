//! Rows of CSV (RFC 4180), ended by a line feed.

/// Appends one row. What reads it back finds the same cells, whatever is in them.
pub(super) fn row<T: AsRef<str>>(cells: impl IntoIterator<Item = T>, out: &mut Vec<u8>) {
    let start = out.len();
    let mut count = 0;
    for text in cells {
        if count > 0 {
            out.push(b',');
        }
        cell(text.as_ref(), out);
        count += 1;
    }
    if count == 1 && out.len() == start {
        // An empty line would be no row at all.
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}

fn cell(text: &str, out: &mut Vec<u8>) {
    if !text.contains(['"', ',', '\n', '\r']) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// Whether a spreadsheet may take a cell for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}
