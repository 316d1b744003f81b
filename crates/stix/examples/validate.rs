//! Validates files of STIX and says what is wrong where.
//!
//! ```text
//! cargo run -p inthreat-stix --example validate -- FILE…
//! ```
//!
//! A file holds an object, a bundle, a list, or one object a line. The program fails when an object does not
//! conform, or when something in a file is no object.

use std::{
    env, fs,
    io::{self, Write},
    process::ExitCode,
};

use inthreat_stix::{
    RawObject,
    split::{self, Split},
    validate,
};

#[expect(clippy::print_stderr, reason = "a program's output")]
fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let options = validate::Options::default();
    let (mut objects, mut errors, mut warnings) = (0, 0, 0);
    for file in env::args_os().skip(1) {
        let name = file.to_string_lossy().into_owned();
        let body = match fs::read(&file) {
            Ok(body) => body,
            Err(error) => {
                eprintln!("{name}: {error}");
                return Ok(ExitCode::FAILURE);
            }
        };
        // A bundle is validated as a whole, so that what concerns several of its objects is seen.
        let found = match RawObject::new(body.clone()) {
            Ok(object) => {
                let mut whole = Split::default();
                whole.objects.push(object);
                whole
            }
            Err(_) => split::document(body),
        };
        for rejected in &found.rejected {
            writeln!(out, "{name}: byte {}: error: {}", rejected.offset(), rejected.reason())?;
            errors += 1;
        }
        for object in &found.objects {
            let report = validate::object(object, &options);
            for finding in report.findings() {
                writeln!(
                    out,
                    "{name}: {}: {finding}",
                    object.id().unwrap_or("an object without `id`")
                )?;
            }
            objects += 1;
            errors += report.errors().count();
            warnings += report.warnings().count();
        }
    }
    writeln!(out, "objects {objects}, errors {errors}, warnings {warnings}")?;
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
