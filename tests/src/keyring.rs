//! A desktop session without a desktop: a bus of its own, and GNOME's keyring on it.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// How the keyring of a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keyring {
    /// As after a login at the desktop.
    Unlocked,
    /// As after a login without a password; nobody is there to be asked for it.
    Locked,
    /// There is none.
    Absent,
}

/// A bus, which starts the keyring when it is first asked for something, and ends with the value.
#[derive(Debug)]
pub struct Session {
    bus: Child,
    /// What `DBUS_SESSION_BUS_ADDRESS` has to be.
    pub address: String,
    _folder: TempDir,
}

impl Session {
    /// Starts a session of whoever keeps their keyring in this folder.
    pub fn start(home: &Path, keyring: Keyring) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let services = folder.path().join("services");
        fs::create_dir(&services)?;
        if keyring != Keyring::Absent {
            let script = folder.path().join("keyring.sh");
            give(&script, begin(keyring == Keyring::Unlocked))?;
            let script = script.display();
            let service =
                format!("[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/sh {script}\n");
            give(&services.join("org.freedesktop.secrets.service"), &service)?;
        }
        let settings = folder.path().join("bus.conf");
        give(&settings, &bus(folder.path()))?;
        let mut command = Command::new("dbus-daemon");
        command.args(["--nofork", "--print-address=1", "--config-file"]).arg(settings);
        command.env("HOME", home).env("XDG_DATA_HOME", home);
        command.env("XDG_RUNTIME_DIR", folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = command.spawn()?;
        let mut address = String::new();
        if let Some(told) = bus.stdout.take() {
            BufReader::new(told).read_line(&mut address)?;
        }
        Ok(Self { bus, address: address.trim().to_owned(), _folder: folder })
    }

    /// What this machine lacks for a session.
    pub fn missing() -> Option<String> {
        // Where a container may not lock memory, the keyring is there and does not start.
        ["dbus-daemon", "gnome-keyring-daemon"].into_iter().find_map(|program| {
            let mut command = Command::new(program);
            let run = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            let is_there = run.is_ok_and(|status| status.success());
            (!is_there).then(|| format!("{program} is absent or does not start"))
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The keyring ends when its bus does.
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

fn begin(is_unlocked: bool) -> &'static str {
    if is_unlocked {
        "printf password | exec gnome-keyring-daemon --foreground --components=secrets --unlock"
    } else {
        "exec gnome-keyring-daemon --foreground --components=secrets"
    }
}

fn bus(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#
    )
}

fn give(file: &Path, text: &str) -> io::Result<()> {
    File::create(file)?.write_all(text.as_bytes())
}
