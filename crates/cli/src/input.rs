//! Lines of files and of standard input.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use crate::{
    exit::Exit,
    failure::{Failure, Outcome},
};

/// How long a line may be, in bytes.
const LINE_LENGTH_MAX: u64 = 1 << 16;

/// A file, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Outcome<Box<dyn BufRead>> {
    if is_standard(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::with_capacity(1 << 16, file))),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Gives each line that is neither empty nor a comment (`#`), with its number from 1.
pub(crate) fn lines(path: &Path, mut each: impl FnMut(u64, &str) -> Outcome) -> Outcome {
    let mut source = open(path)?;
    let mut line = Vec::new();
    for number in 1_u64.. {
        line.clear();
        let read = source.by_ref().take(LINE_LENGTH_MAX + 1).read_until(b'\n', &mut line);
        let length = read.map_err(|error| failed(path, &error))?;
        if length == 0 {
            break;
        }
        if length as u64 > LINE_LENGTH_MAX {
            let words = format!("read `{}`: line {number} is too long", path.display());
            return Err(Failure::new(Exit::Usage, words));
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.is_empty() && !text.starts_with('#') {
            each(number, text)?;
        }
    }
    Ok(())
}

/// What could not be read.
pub(crate) fn failed(path: &Path, error: &(dyn std::error::Error + 'static)) -> Failure {
    Failure::because(Exit::Storage, format!("read {}", name(path)), error)
}

/// Whether standard input is meant.
pub(crate) fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a file is called where people read of it.
pub(crate) fn name(path: &Path) -> String {
    if is_standard(path) { "standard input".to_owned() } else { format!("`{}`", path.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a line that is lost, numbered wrongly or taken for a value, and one without end.
    #[test]
    fn lines_are_what_people_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("values");
        let write = |bytes: &[u8]| {
            io::Write::write_all(&mut File::create(&path).unwrap(), bytes).unwrap();
        };
        write(b"\xef\xbb\xbf a.example \r\n\n# words\nb\xff.example");
        let mut found = Vec::new();
        lines(&path, |number, text| {
            found.push((number, text.to_owned()));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, [(1, "a.example".to_owned()), (4, "b\u{fffd}.example".to_owned())]);
        write(&vec![b'x'; 70_000]);
        assert!(lines(&path, |_, _| Ok(())).unwrap_err().to_string().contains("line 1"));
    }
}
