//! Programs of others in JavaScript, each in a folder of its own below `target/services`, and the browser that they drive.

use std::{env, path::Path, process::Command};

use crate::command::{output, root};

/// What is installed: the folder, which is also the module that is there afterwards, and its version.
pub(crate) const PACKAGES: &[(&str, &str)] = &[
    // Drives the browser that looks at the server's page. It brings no browser of its own.
    ("playwright-core", "1.65.1"),
];

/// Where the test of the page looks for a browser, unless `INTHREAT_CHROMIUM` names one.
const BROWSERS: &[&str] = &["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/// Whether there is a browser, which is not installed from here: it is a package of the system.
pub(crate) fn has_browser() -> bool {
    let is_there = env::var_os("INTHREAT_CHROMIUM").is_some_and(|path| Path::new(&path).exists())
        || BROWSERS.iter().any(|path| Path::new(path).exists());
    if !is_there {
        println!("skipped: chromium: it is absent; on Debian: apt-get install chromium");
    }
    is_there
}

/// Installs a package where that can be done, and says what is in the way: its tests are then skipped. Whether it is
/// there.
pub(crate) fn install((name, version): (&str, &str)) -> bool {
    let folder = root().join("target/services").join(name);
    let is_there = || {
        let mut node = Command::new("node");
        let manifest = folder.join("node_modules").join(name).join("package.json");
        node.args(["-p", "require(process.argv[1]).version"]).arg(manifest);
        output(node).is_ok_and(|found| found.trim() == version)
    };
    if is_there() {
        println!("{name}: {} is there", folder.display());
        return true;
    }
    let mut npm = Command::new("npm");
    npm.arg("install").arg("--prefix").arg(&folder);
    // Nothing of the package runs while it is installed, and without a registry npm would try for minutes.
    npm.args(["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--no-package-lock"]);
    npm.args(["--fetch-retries=1", "--fetch-timeout=15000"]).arg(format!("{name}@{version}"));
    match output(npm) {
        Ok(_) => println!("{name}: installed in {}", folder.display()),
        Err(error) => println!("skipped: {name}: it could not be installed: {error}"),
    }
    is_there()
}
