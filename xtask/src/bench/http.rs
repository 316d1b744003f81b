//! The client pulling pages from a server on this machine, beside curl, Python and a client that parses to `Value`.

use std::ffi::OsStr;

use super::succeed;
use crate::command::target_directory;

/// Runs the benchmark, which needs nothing but itself; peers that are not there are left out.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let pages = match arguments {
        [] => "200",
        ["--pages", pages] => pages,
        ["--pages"] => return Err("`--pages` needs a number".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench http`")),
    };
    succeed(&["build", "--release", "--package", "inthreat", "--locked"], &[])?;
    let program = target_directory()?.join("release/inthreat");
    let environment =
        [("INTHREAT_PROGRAM", program.as_os_str()), ("INTHREAT_BENCH_PAGES", OsStr::new(pages))];
    succeed(&["bench", "--package", "inthreat-tests", "--bench", "http", "--locked"], &environment)
}
