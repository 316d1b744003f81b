//! `inthreat-stix` beside other readers of STIX.

use super::succeed;

/// Runs the benchmark, which is a workspace of its own so that nothing else compiles the other libraries.
pub(super) fn run(arguments: &[&str]) -> Result<(), String> {
    let mut command =
        vec!["run", "--release", "--locked", "--manifest-path", "benches/stix/Cargo.toml", "--"];
    command.extend(arguments);
    succeed(&command, &[])
}
