//! Counts the objects of a file by type.
//!
//! ```text
//! cargo run -p inthreat-stix --example count -- FILE…
//! ```

use std::{
    collections::BTreeMap,
    env, fs,
    io::{self, Write},
};

use inthreat_stix::split;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut counts = BTreeMap::<String, u64>::new();
    for file in env::args_os().skip(1) {
        let found = split::document(fs::read(file)?);
        for object in &found.objects {
            let kind = object.object_type().unwrap_or("(no type)");
            *counts.entry(kind.to_owned()).or_default() += 1;
        }
        if !found.rejected.is_empty() {
            *counts.entry("(no object)".to_owned()).or_default() += found.rejected.len() as u64;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
    for (kind, count) in counts {
        writeln!(out, "{count:>8} {kind}")?;
    }
    Ok(())
}
