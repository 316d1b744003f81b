//! `inthreat-stix` beside serde_json and the other readers of STIX, over the same bytes in the same run.
//!
//! Run it with `cargo xtask bench stix`. It prints a table and never fails for being slow: only the ratios within
//! one run count, the machine decides the rest.

mod data;
mod goals;
mod measure;
mod parsing;
mod patterns;
mod python;
mod splitting;

use std::{env, error::Error, process::ExitCode};

use measure::Section;

const USAGE: &str = "\
usage: inthreat-stix-bench [--objects N] [--rounds N] [--python PROGRAM] [--only TEXT]

  --objects N       objects of the synthetic feed (20,000)
  --rounds N        how often each reader runs; its best round counts (9)
  --python PROGRAM  a Python with `stix2` and `stix2patterns` installed (python3)
  --only TEXT       the sections whose name holds this text";

struct Options {
    objects: usize,
    rounds: usize,
    python: String,
    only: String,
}

fn main() -> ExitCode {
    match options().and_then(|options| options.map_or(Ok(()), |options| run(&options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    let (python, only) = ("python3".to_owned(), String::new());
    let mut options = Options { objects: 20_000, rounds: 9, python, only };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("`{argument}` needs a value\n\n{USAGE}"));
        match argument.as_str() {
            "--objects" => options.objects = value()?.parse()?,
            "--rounds" => options.rounds = value()?.parse()?,
            "--python" => options.python = value()?,
            "--only" => options.only = value()?,
            "--help" => {
                println!("{USAGE}");
                return Ok(None);
            }
            _ => return Err(format!("`{argument}` is no option\n\n{USAGE}").into()),
        }
    }
    Ok(Some(options))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut corpora = vec![data::feed(options.objects)?];
    corpora.extend(data::attack()?);
    let mut sections = Vec::new();
    for corpus in &corpora {
        println!("{corpus}");
        sections.push(splitting::pages(corpus));
        sections.push(splitting::lines(corpus));
        sections.push(parsing::typed(corpus));
        sections.push(parsing::validation(corpus));
        sections.extend(patterns::section(corpus));
    }
    sections.retain(|section| section.name.contains(&options.only));
    println!(
        "\nobjects and megabytes that a reader takes, per second; the best of {} rounds\n",
        options.rounds
    );
    for section in &mut sections {
        section.measure(options.rounds);
        python::add(section, &options.python);
        println!("{section}");
    }
    goals::print(&sections);
    Ok(())
}

/// The section of this name about the first corpus, which the goals are set for.
fn find<'a>(sections: &'a [Section], name: &str) -> Option<&'a Section> {
    sections.iter().find(|section| section.name == name)
}
