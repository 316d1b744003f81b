//! The references of the program, written by the program itself.

use std::{env::consts::EXE_SUFFIX, path::PathBuf, process::Command};

use crate::{
    command::{cargo, output, target_directory},
    generated::{difference, write},
};

/// Where the files are.
const FOLDER: &str = "docs/reference";
/// What `inthreat reference` knows.
const DOCUMENTS: [&str; 5] = ["cli", "configuration", "environment", "exit-codes", "metrics"];

/// Writes the files, or checks that they are what would be written.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask reference [--check]".to_owned()),
    };
    let program = program()?;
    let mut findings = Vec::new();
    for document in DOCUMENTS {
        let mut command = Command::new(&program);
        command.args(["reference", document]);
        let text = output(command)?;
        let file = format!("{FOLDER}/{document}.md");
        if is_check {
            findings.extend(difference(&file, &text, "reference"));
        } else {
            write(&file, &text)?;
        }
    }
    crate::report("references", &findings)
}

/// Builds the program with everything that it can have.
pub(crate) fn program() -> Result<PathBuf, String> {
    output(cargo(&["build", "--package", "inthreat", "--all-features", "--quiet", "--locked"]))?;
    Ok(target_directory()?.join("debug").join(format!("inthreat{EXE_SUFFIX}")))
}
