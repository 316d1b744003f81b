//! The values of a look-up: from the command line, from lines, from columns of CSV.

use std::{collections::HashSet, path::Path};

use inthreat_api::{Observable, ObservableType};
use inthreat_store::index::{guess, normalise, refanged};

use crate::{
    arguments::Lookup,
    exit::Exit,
    failure::{Failure, Outcome},
    input, measure,
    print::say,
    terminal,
};

/// How many different values one run takes.
const VALUES_MAX: usize = 1_000_000;
/// How many lines that are no value are told; the others are counted.
const TOLD_MAX: u64 = 10;
/// How much of such a line is told.
const SHOWN: usize = 80;

/// A value to look up.
pub(super) struct Question {
    /// The value as it was written.
    pub(super) typed: String,
    /// What is asked for: not defanged.
    pub(super) observable: Observable,
}

impl Question {
    pub(super) fn words(&self) -> String {
        let words = format!("{} `{}`", self.observable.observable_type, self.typed);
        terminal::visible(&words).into_owned()
    }
}

/// All values, each once, in their order.
#[derive(Default)]
pub(super) struct Questions {
    pub(super) items: Vec<Question>,
    /// Whether values come from files: then what is not found is counted, and not told one by one.
    pub(super) is_bulk: bool,
    known: HashSet<Observable>,
    repeated: u64,
    unfit: u64,
}

impl Questions {
    pub(super) fn read(arguments: &Lookup) -> Outcome<Self> {
        let wanted = arguments.observable_type.as_deref().map(ObservableType::from);
        let mut questions = Self::default();
        for value in &arguments.values {
            if value == "-" {
                questions.lines(Path::new("-"), wanted.as_ref())?;
            } else {
                questions.add(value, observable(value, wanted.clone())?)?;
            }
        }
        for file in &arguments.files {
            match &arguments.column {
                Some(column) => questions.column(file, column, wanted.as_ref())?,
                None => questions.lines(file, wanted.as_ref())?,
            }
        }
        Ok(questions)
    }

    fn add(&mut self, typed: &str, observable: Observable) -> Outcome {
        let key = normalise(&observable).into_iter().next().unwrap_or_else(|| observable.clone());
        if !self.known.insert(key) {
            self.repeated += 1;
            return Ok(());
        }
        if self.items.len() == VALUES_MAX {
            let words = format!("there are more than {} values", measure::count(VALUES_MAX as u64));
            return Err(Failure::new(Exit::Usage, words).hint("look them up in several runs"));
        }
        self.items.push(Question { typed: typed.trim().to_owned(), observable });
        Ok(())
    }

    /// Takes a value of a file, or tells that it is none.
    fn offer(
        &mut self,
        text: &str,
        wanted: Option<&ObservableType>,
        file: &Path,
        line: u64,
    ) -> Outcome {
        if let Ok(observable) = observable(text, wanted.cloned()) {
            return self.add(text, observable);
        }
        let none = wanted.map_or_else(|| "no value".to_owned(), |wanted| format!("no `{wanted}`"));
        self.unfit += 1;
        if self.unfit <= TOLD_MAX {
            let shown: String = text.chars().take(SHOWN).collect();
            let words = format!("{}:{line}: `{shown}` is {none}", file.display());
            say(terminal::visible(&words));
        }
        Ok(())
    }

    fn lines(&mut self, file: &Path, wanted: Option<&ObservableType>) -> Outcome {
        self.is_bulk = true;
        input::lines(file, |line, text| self.offer(text, wanted, file, line))
    }

    fn column(&mut self, file: &Path, column: &str, wanted: Option<&ObservableType>) -> Outcome {
        self.is_bulk = true;
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(input::open(file)?);
        let mut place = match column.parse::<usize>() {
            Ok(number) => Some(number.checked_sub(1).ok_or_else(|| {
                Failure::new(Exit::Usage, "the columns are numbered from 1: there is no column 0")
            })?),
            Err(_) => None,
        };
        let mut row = csv::StringRecord::new();
        while rows.read_record(&mut row).map_err(|error| input::failed(file, &error))? {
            let Some(number) = place else {
                place = Some(column_of(&row, column, file)?);
                continue;
            };
            let line = row.position().map_or(0, csv::Position::line);
            match row.get(number).map(str::trim) {
                Some("") | None => {}
                Some(text) => self.offer(text, wanted, file, line)?,
            }
        }
        Ok(())
    }

    /// What became of the values.
    pub(super) fn words(&self, found: u64) -> String {
        let asked = self.items.len() as u64;
        let part = |count: u64, words: &str| match count {
            0 => String::new(),
            _ => format!("; {} {words}", measure::count(count)),
        };
        format!(
            "{}: {} found, {} not{}{}",
            measure::things(asked, "value"),
            measure::count(found),
            measure::count(asked.saturating_sub(found)),
            part(self.repeated, "came again"),
            part(
                self.unfit,
                if self.unfit == 1 { "line is no value" } else { "lines are no values" }
            ),
        )
    }
}

/// A value with the type that it most likely has: as it stands, or else without the quotes, the comma and the port that logs
/// write around an address or a name.
fn guessed(plain: &str) -> Option<Observable> {
    let of = |value: &str| Some(Observable::new(guess(value)?, value));
    let bare = plain.trim_end_matches([',', ';']).trim_matches(['"', '\'']);
    of(plain).or_else(|| of(bare)).or_else(|| of(host_of(bare)?))
}

/// What stands in front of a port.
fn host_of(text: &str) -> Option<&str> {
    let (host, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = |host: &str| {
        let is_network = host.contains('/');
        match guess(host) {
            Some(ObservableType::Ipv6Addr) => !is_network && inside.is_some(),
            Some(ObservableType::Ipv4Addr | ObservableType::DomainName) => {
                !is_network && inside.is_none()
            }
            _ => false,
        }
    };
    Some(inside.unwrap_or(host)).filter(|host| is_host(host))
}

/// Whether a value may be of a type. Of most types every text may be one.
fn can_be(value: &str, observable_type: &ObservableType) -> bool {
    match observable_type {
        ObservableType::Ipv4Addr | ObservableType::Ipv6Addr => {
            guess(value).as_ref() == Some(observable_type)
        }
        ObservableType::DomainName => {
            !value.contains(|c: char| c.is_whitespace() || "/@:".contains(c))
        }
        ObservableType::EmailAddr => value.contains('@'),
        _ => true,
    }
}

/// The place of a column in the first row.
fn column_of(head: &csv::StringRecord, column: &str, file: &Path) -> Outcome<usize> {
    let name = |cell: &str| cell.trim_start_matches('\u{feff}').trim().to_owned();
    head.iter().position(|cell| name(cell) == column).ok_or_else(|| {
        let there: Vec<String> =
            head.iter().take(20).map(|cell| format!("`{}`", name(cell))).collect();
        let words = format!("`{}` has no column `{column}`", file.display());
        Failure::new(Exit::Usage, words).hint(format!("there are {}", there.join(", ")))
    })
}

/// What a value from the command line is to be looked up as.
pub(crate) fn observable(value: &str, wanted: Option<ObservableType>) -> Outcome<Observable> {
    let plain = refanged(value);
    if let Some(observable_type) = wanted {
        if !can_be(&plain, &observable_type) {
            let words = format!("`{}` is no value of the type `{observable_type}`", value.trim());
            return Err(Failure::new(Exit::Usage, words)
                .hint("without its type it is guessed what the value is"));
        }
        return Ok(Observable::new(observable_type, plain));
    }
    match guessed(&plain) {
        Some(observable) => Ok(observable),
        None => {
            let words = format!("`{}` is no address, domain, URL or hash", value.trim());
            Err(Failure::new(Exit::Usage, words)
                .hint("name its type with --type, such as --type mutex"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a line of a log that is no value, and a value that is changed although its type is said.
    #[test]
    fn lines_of_logs_are_values() {
        for (line, expected) in [
            ("198.51.100.7:8080", Some("ipv4-addr `198.51.100.7`")),
            ("[2001:db8::1]:443", Some("ipv6-addr `2001:db8::1`")),
            ("2001:db8::1:443", Some("ipv6-addr `2001:db8::1:443`")),
            ("\"evil.example\"", Some("domain-name `evil.example`")),
            ("'evil.example',", Some("domain-name `evil.example`")),
            ("evil.example,", Some("domain-name `evil.example`")),
            ("evil[.]example:443;", Some("domain-name `evil.example`")),
            ("\"http://evil.example/a\"", Some("url `http://evil.example/a`")),
            ("http://evil.example:8080/a", Some("url `http://evil.example:8080/a`")),
            ("evil.example:99999", None),
            ("198.51.100.0/24:80", None),
            ("localhost:80", None),
            ("[198.51.100.7]:80", None),
            ("a, b", None),
        ] {
            let found = observable(line, None).ok().map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{line}");
        }
        let mutex = observable("\"evil.example\",", Some(ObservableType::Mutex)).unwrap();
        assert_eq!(mutex.value, "\"evil.example\",");
    }
}
