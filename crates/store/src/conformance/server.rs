//! Servers that a test may find, or may have to do without.

use std::env;

/// The URL of a server, which a variable such as `INTHREAT_TEST_POSTGRES` holds. Without it the line
/// `skipped: TEST: VARIABLE is not set` is printed, so that nobody takes the test for passed.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn server_url(variable: &str, test: &str) -> Option<String> {
    let url = env::var(variable).ok();
    if url.is_none() {
        println!("skipped: {test}: {variable} is not set");
    }
    url
}
