//! The client pulling pages from a server on this machine, beside curl, Python and a client that parses to `Value`.

use std::path::Path;

use super::succeed;

/// Runs the benchmark, which needs nothing but itself; peers that are not there are left out.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let pages = match arguments {
        [] => "200",
        ["--pages", pages] => pages,
        ["--pages"] => return Err("`--pages` needs a number".to_owned()),
        [other, ..] => return Err(format!("`{other}` is no option of `bench http`")),
    };
    let environment = [("INTHREAT_BENCH_PAGES", Path::new(pages))];
    succeed(&["bench", "--package", "inthreat-tests", "--bench", "http", "--locked"], &environment)
}
