//! Where settings and keys are kept: the XDG folder of configuration.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The name of the file of profiles in the folder.
const FILE: &str = "config.toml";

/// The folder of this program below the person's folder of configuration; `None` where the system names none.
pub(crate) fn folder() -> Option<PathBuf> {
    folder_of(|name| env::var_os(name))
}

/// The file of profiles that is used when none is named.
pub(crate) fn default_file() -> Option<PathBuf> {
    Some(folder()?.join(FILE))
}

fn folder_of(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // The XDG specification has relative folders ignored.
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME").map(|home| home.join(".config"));
    let base = folder("XDG_CONFIG_HOME").or_else(home).or_else(|| folder("APPDATA"));
    base.map(|base| base.join("inthreat"))
}

/// Makes a folder that its owner alone may enter, unless it is there.
pub(crate) fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], expected: Option<&str>) {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        };
        assert_eq!(folder_of(variable), expected.map(PathBuf::from));
    }

    // Catches a folder that depends on where the program is started, and an order that is not that of XDG.
    #[cfg(unix)]
    #[test]
    fn the_folder_follows_xdg() {
        check(&[("HOME", "/home/a")], Some("/home/a/.config/inthreat"));
        check(&[("HOME", "/home/a"), ("XDG_CONFIG_HOME", "/x")], Some("/x/inthreat"));
        check(&[("HOME", "/home/a"), ("XDG_CONFIG_HOME", "x")], Some("/home/a/.config/inthreat"));
        check(&[("XDG_CONFIG_HOME", "")], None);
        check(&[], None);
    }
}
