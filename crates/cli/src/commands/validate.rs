//! `inthreat validate`: what is wrong with objects in files, and where.

mod place;
mod print;
#[cfg(test)]
mod tests;

use std::{io::Read, path::Path};

use inthreat_stix::{
    RawObject, SpecVersion,
    validate::{self, Code, Options, Severity},
};
use serde_json::value::RawValue;

use crate::{
    arguments::{Validate, Version},
    exit::Exit,
    failure::{Failure, Outcome},
    input, measure,
    print::say,
};
use place::{Lines, Members};

/// How long a file may be, in bytes.
const FILE_LENGTH_MAX: u64 = 1 << 30;

/// Something that is wrong in a file.
pub(super) struct Found {
    pub(super) file: String,
    /// From 1; columns count characters.
    pub(super) line: usize,
    pub(super) column: usize,
    /// The identifier of the object, where it has one.
    pub(super) object: Option<String>,
    /// The place in what stands in the file, as a JSON pointer.
    pub(super) pointer: String,
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    /// The section of STIX 2.1.
    pub(super) section: &'static str,
    pub(super) message: String,
}

/// What was found in all files.
#[derive(Default)]
pub(super) struct Findings {
    /// No more errors, and no more warnings, than are to be printed.
    pub(super) found: Vec<Found>,
    found_max: usize,
    objects: u64,
    pub(super) totals: Totals,
}

/// How many findings there are, those that are not printed too.
#[derive(Clone, Copy, Default)]
pub(super) struct Totals {
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Totals {
    pub(super) fn words(self) -> String {
        let errors = measure::things(self.errors as u64, "error");
        format!("{errors}, {}", measure::things(self.warnings as u64, "warning"))
    }
}

pub(crate) fn run(arguments: &Validate) -> Outcome<Exit> {
    let mut options = Options::default()
        .with_warnings(!arguments.errors_only)
        .with_findings_max(arguments.max)
        .with_complete(arguments.complete);
    options.version = arguments.spec_version.map(|version| match version {
        Version::V20 => SpecVersion::V20,
        Version::V21 => SpecVersion::V21,
    });
    let mut findings = Findings::new(arguments.max);
    for file in &arguments.files {
        findings.file(&file.display().to_string(), &read(file)?, &options);
    }
    findings.keep();
    print::print(&findings, arguments.output)?;
    let named = if findings.objects == 1 { "object or bundle" } else { "objects or bundles" };
    say(format!("{} {named}: {}", measure::count(findings.objects), findings.totals.words()));
    if findings.omitted() > 0 {
        let omitted = measure::count(findings.omitted() as u64);
        say(format!("{omitted} more findings are left out; --max prints more"));
    }
    let is_fine = findings.totals.errors + findings.totals.warnings == 0;
    Ok(if is_fine { Exit::Success } else { Exit::Missing })
}

fn read(file: &Path) -> Outcome<String> {
    let mut bytes = Vec::new();
    let length = input::open(file)?
        .take(FILE_LENGTH_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| input::failed(file, &error))?;
    if length as u64 > FILE_LENGTH_MAX {
        return Err(Failure::new(Exit::Usage, format!("`{}` is too long", file.display())));
    }
    String::from_utf8(bytes).map_err(|error| input::failed(file, &error.utf8_error()))
}

impl Findings {
    pub(super) fn new(found_max: usize) -> Self {
        Self { found_max, ..Self::default() }
    }

    /// How many findings are not printed.
    pub(super) fn omitted(&self) -> usize {
        (self.totals.errors + self.totals.warnings).saturating_sub(self.found.len())
    }

    /// Leaves warnings out where errors take their room.
    pub(super) fn keep(&mut self) {
        let mut room = self.found_max.saturating_sub(self.totals.errors);
        self.found.retain(|one| {
            let is_error = one.severity == Severity::Error;
            let is_kept = is_error || room > 0;
            room = room.saturating_sub(usize::from(!is_error));
            is_kept
        });
    }

    /// Counts a finding, and says whether it may have to be printed.
    fn count(&mut self, severity: Severity) -> bool {
        let Totals { errors, warnings } = &mut self.totals;
        let count = if severity == Severity::Error { errors } else { warnings };
        *count += 1;
        *count <= self.found_max
    }

    /// Validates what stands in a file, one document behind the other. Behind what is no JSON, the next line that begins
    /// a document counts; no line is read more than twice.
    pub(super) fn file(&mut self, name: &str, text: &str, options: &Options) {
        let text = text.trim_start_matches('\u{feff}');
        let lines = Lines::of(text);
        let mut line = 1;
        while let Some(start) = lines.start(line) {
            let rest = text.get(start..).unwrap_or_default();
            let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            let broken = loop {
                match documents.next() {
                    Some(Ok(document)) => {
                        let document = document.get();
                        self.document(
                            name,
                            &lines,
                            document,
                            place::offset(text, document),
                            options,
                        );
                    }
                    Some(Err(error)) => break error,
                    None => return,
                }
            };
            let begun = lines.place(start + documents.byte_offset()).0;
            let at = line + broken.line().saturating_sub(1);
            let words = broken.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            self.broken(name, (at, broken.column().max(1)), words);
            line = lines.next_document(if at > begun { at } else { begun + 1 });
        }
    }

    fn document(
        &mut self,
        name: &str,
        lines: &Lines<'_>,
        text: &str,
        at: usize,
        options: &Options,
    ) {
        // A list of objects is looked at one by one; everything else as a whole, bundles too.
        if text.starts_with('[') {
            for item in Members::of(text).items() {
                let inside = place::offset(text, item);
                self.object(name, lines, item, at + inside, options);
            }
        } else {
            self.object(name, lines, text, at, options);
        }
    }

    fn object(&mut self, name: &str, lines: &Lines<'_>, text: &str, at: usize, options: &Options) {
        self.objects += 1;
        let object = match RawObject::new(text) {
            Ok(object) => object,
            Err(rejected) => return self.broken(name, lines.place(at), rejected.reason()),
        };
        let report = validate::object(&object, options);
        let members = Members::of(text);
        let kept = Totals { errors: report.errors().count(), warnings: report.warnings().count() };
        for finding in report.findings() {
            if !self.count(finding.severity()) {
                continue;
            }
            let inside = members.at(finding.pointer());
            let (line, column) = lines.place(at + place::offset(text, inside));
            self.found.push(Found {
                file: name.to_owned(),
                line,
                column,
                object: members.id(finding.pointer()),
                pointer: finding.pointer().to_owned(),
                code: finding.code().as_str(),
                severity: finding.severity(),
                section: finding.section(),
                message: finding.message().to_owned(),
            });
        }
        self.totals.errors += report.error_count().saturating_sub(kept.errors);
        self.totals.warnings += report.warning_count().saturating_sub(kept.warnings);
    }

    fn broken(&mut self, name: &str, (line, column): (usize, usize), reason: &str) {
        if !self.count(Severity::Error) {
            return;
        }
        self.found.push(Found {
            file: name.to_owned(),
            line,
            column,
            object: None,
            pointer: String::new(),
            code: Code::Json.as_str(),
            severity: Severity::Error,
            section: "3",
            message: reason.to_owned(),
        });
    }
}
