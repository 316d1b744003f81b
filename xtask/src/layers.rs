//! Which crate may know which: the table of `docs/architecture.md`, held against `cargo metadata` and `cargo tree`.

use serde_json::Value;

use crate::{
    command::{cargo, output},
    packages::EMBEDDED,
};

/// A package, which of ours it may name (also for its tests), and what must not be anywhere beneath it.
struct Rule {
    package: &'static str,
    may_name: &'static [&'static str],
    never_beneath: &'static [&'static str],
}

const NETWORK: &[&str] = &["reqwest", "hyper", "rustls", "axum", "h2"];

/// A client of an engine brings TLS only where it is asked for, and none that is built from C for minutes.
const ENGINE: &[&str] =
    &["reqwest", "hyper", "axum", "rusqlite", "rustls", "aws-lc-sys", "openssl-sys"];

const RULES: &[Rule] = &[
    Rule {
        package: "inthreat-stix",
        may_name: &[],
        never_beneath: &["tokio", "reqwest", "hyper", "rustls", "axum", "rusqlite", "async-trait"],
    },
    Rule {
        package: "inthreat-api",
        may_name: &["inthreat-stix"],
        never_beneath: &["tokio", "reqwest", "hyper", "http", "rustls", "axum", "rusqlite"],
    },
    Rule {
        package: "inthreat-wire",
        may_name: &["inthreat-stix", "inthreat-api"],
        never_beneath: &["tokio", "reqwest", "hyper", "rustls", "axum", "rusqlite"],
    },
    Rule {
        package: "inthreat-store",
        may_name: &["inthreat-stix", "inthreat-api"],
        never_beneath: &["tokio", "reqwest", "hyper", "rustls", "axum", "rusqlite"],
    },
    Rule {
        package: "inthreat-misp",
        may_name: &["inthreat-stix", "inthreat-api"],
        never_beneath: &["tokio", "reqwest", "hyper", "rustls", "axum", "rusqlite"],
    },
    Rule {
        package: "inthreat-http",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-wire"],
        never_beneath: &["axum", "rusqlite", "aws-lc-sys"],
    },
    Rule {
        package: "inthreat-feed",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-store"],
        never_beneath: &["reqwest", "hyper", "rustls", "axum", "h2", "rusqlite"],
    },
    Rule {
        package: "inthreat-replica",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-store"],
        never_beneath: NETWORK,
    },
    Rule {
        package: "inthreat-server",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-wire", "inthreat-misp"],
        never_beneath: &["reqwest", "rusqlite"],
    },
    Rule {
        package: "inthreat-postgres",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-store"],
        never_beneath: ENGINE,
    },
    Rule {
        package: "inthreat-redis",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-store"],
        never_beneath: ENGINE,
    },
    Rule {
        package: "inthreat-nats",
        may_name: &["inthreat-stix", "inthreat-api", "inthreat-store"],
        never_beneath: &["reqwest", "hyper", "axum", "rusqlite", "aws-lc-sys", "openssl-sys"],
    },
    Rule { package: "inthreat", may_name: EMBEDDED, never_beneath: &["aws-lc-sys", "openssl-sys"] },
    Rule { package: "inthreat-tests", may_name: EMBEDDED, never_beneath: &[] },
    Rule { package: "xtask", may_name: &[], never_beneath: NETWORK },
];

/// Every arrow that points where it must not. Empty when the house stands.
pub(crate) fn check() -> Vec<String> {
    let mut findings = match named() {
        Ok(named) => named,
        Err(error) => return vec![error],
    };
    for rule in RULES {
        findings.extend(beneath(rule));
    }
    findings
}

/// Checks what each manifest names, for building and for testing.
fn named() -> Result<Vec<String>, String> {
    let text = output(cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: Value =
        serde_json::from_str(&text).map_err(|error| format!("read `cargo metadata`: {error}"))?;
    let packages = list(&metadata, "packages");
    let ours: Vec<&str> =
        packages.iter().filter_map(|package| package.get("name")?.as_str()).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = text_of(package, "name");
        let Some(rule) = RULES.iter().find(|rule| rule.package == name) else {
            findings.push(format!("`{name}` has no rule in xtask/src/layers.rs"));
            continue;
        };
        for dependency in list(package, "dependencies") {
            let target = text_of(dependency, "name");
            let itself = target == name;
            if ours.contains(&target) && !itself && !rule.may_name.contains(&target) {
                findings.push(format!("`{name}` must not depend on `{target}`"));
            }
        }
    }
    Ok(findings)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text_of<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Checks what a package brings along when it is built for others, with its own features.
fn beneath(rule: &Rule) -> Vec<String> {
    let arguments =
        ["tree", "-p", rule.package, "-e", "normal,build", "--prefix", "none", "--offline"];
    let tree = match output(cargo(&arguments)) {
        Ok(tree) => tree,
        Err(error) => return vec![error],
    };
    let has = |name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    rule.never_beneath
        .iter()
        .filter(|name| has(name))
        .map(|name| format!("`{}` must not bring `{name}` along", rule.package))
        .collect()
}

#[cfg(test)]
mod tests {
    // Catches an arrow that points upward or sideways, the day it is drawn.
    #[test]
    fn layers_hold() {
        let findings = super::check();
        assert!(findings.is_empty(), "{}", findings.join("\n"));
    }
}
