//! What is measured: a synthetic feed, and ATT&CK mobile where it is at hand.

use std::{
    error::Error,
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
};

use inthreat_stix::{RawObject, split};

/// Objects of one origin, as their texts.
pub struct Corpus {
    pub name: String,
    pub objects: Vec<RawObject>,
}

impl fmt::Display for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.objects.iter().map(|object| object.as_bytes().len()).sum();
        write!(f, "{}: {} objects, {:.1} MB", self.name, self.objects.len(), bytes as f64 / 1e6)
    }
}

/// The synthetic feed of `../shared`, or a small one of our own where that is absent.
pub fn feed(count: usize) -> Result<Corpus, Box<dyn Error>> {
    let generator = shared("tools/gen_feed.py");
    if !generator.is_file() {
        let body = (0..count).map(line).collect::<Vec<_>>().join("\n");
        return Ok(corpus("synthetic feed (built in)", body));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::create_dir_all(&folder)?;
    let kept = folder.join(format!("feed-{count}.ndjson"));
    if !kept.is_file() {
        let output = Command::new("python3")
            .arg(generator)
            .args(["--n", &count.to_string(), "--seed", "1"])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        // Renamed into place, so that a file cut short is not taken for the feed the next time.
        let partial = kept.with_extension("partial");
        File::create(&partial)?.write_all(&output.stdout)?;
        fs::rename(&partial, &kept)?;
    }
    Ok(corpus("synthetic feed", fs::read(kept)?))
}

/// A bundle of ATT&CK mobile. `None` where it is absent.
pub fn attack() -> io::Result<Option<Corpus>> {
    let path = shared("data/corpora/attack21/mobile-attack-17.1.json");
    if !path.is_file() {
        println!("skipped: ATT&CK mobile: ../shared is absent");
        return Ok(None);
    }
    Ok(Some(corpus("ATT&CK mobile 17.1", fs::read(path)?)))
}

fn corpus(name: &str, body: impl Into<Vec<u8>>) -> Corpus {
    Corpus { name: name.to_owned(), objects: split::document(body).objects }
}

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path)
}

/// One object of the built-in feed: three indicators to one relationship.
fn line(number: usize) -> String {
    let uuid = |salt: usize| format!("{:08x}-9229-4ce1-b7fa-{salt:012x}", number * 7 + salt);
    let (second, micros) = (number % 60, number % 1_000_000);
    let time = format!("2024-03-0{}T10:20:{second:02}.{micros:06}Z", number % 9 + 1);
    let head = format!(
        r#""spec_version":"2.1","created":"{time}","modified":"{time}","revoked":false,"created_by_ref":"identity--{}","object_marking_refs":["marking-definition--{}"],"x_inthreat_sources_refs":["identity--{}"],"x_ic_deprecated":false"#,
        uuid(1),
        uuid(2),
        uuid(3),
    );
    if number % 4 == 3 {
        return format!(
            r#"{{"type":"relationship","id":"relationship--{}",{head},"relationship_type":"indicates","source_ref":"indicator--{}","target_ref":"malware--{}","description":"Seen by a sensor."}}"#,
            uuid(4),
            uuid(5),
            uuid(6),
        );
    }
    let pattern = match number % 3 {
        0 => format!("[ipv4-addr:value = '198.51.{}.{}']", number / 256 % 256, number % 256),
        1 => format!(
            "[domain-name:value = 'host{number}.example.org'] OR [url:value = 'https://host{number}.example.org/a']"
        ),
        _ => format!("[file:hashes.'SHA-256' = '{number:064x}' AND file:name = 'a{number}.exe']"),
    };
    format!(
        r#"{{"type":"indicator","id":"indicator--{}",{head},"name":"Indicator {number}","description":"Infrastructure of a campaign that starts with a message whose attachment drops a loader.","indicator_types":["malicious-activity"],"pattern":"{pattern}","pattern_type":"stix","pattern_version":"2.1","valid_from":"2024-03-01T00:00:00Z","kill_chain_phases":[{{"kill_chain_name":"mitre-attack","phase_name":"command-and-control"}}],"external_references":[{{"source_name":"example","url":"https://example.org/report/{number}"}}]}}"#,
        uuid(7),
    )
}
