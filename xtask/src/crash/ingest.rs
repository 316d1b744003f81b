//! A process that fills a replica, killed again and again: what it said was acknowledged must be there.

use std::{
    fmt, fs,
    io::{BufRead, BufReader, Read},
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use super::{Random, place::Place};

/// How the target is asked for.
pub(super) const TARGET: &str = "replica";
const FOLDER: &str = "filled";
/// How many batches a replica gets before another one is begun.
const BATCHES: u64 = 60;
/// The longest that a process is left alone behind its check, in milliseconds.
const LIFE_MS_MAX: u64 = 250;
/// One of so many is killed while it still opens the replica or checks it, at most so many milliseconds after its start.
const EARLY_EVERY: u64 = 4;
const EARLY_MS_MAX: u64 = 120;

/// What was done.
#[derive(Default)]
pub(super) struct Tally {
    killed: u32,
    /// How many of them had not told yet that all was well.
    killed_early: u32,
    checks: u32,
    acknowledged: u64,
    /// How often the batch behind the last acknowledged one was there.
    ahead: u32,
    replicas: u32,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { killed, killed_early, checks, acknowledged, ahead, replicas } = self;
        write!(
            f,
            "killed {killed} times ({killed_early} of them while opening), {checks} checks of {replicas} replicas, {acknowledged} batches \
             acknowledged, {ahead} more that nobody was told of: nothing missing, doubled or torn"
        )
    }
}

/// Fills replicas until as many processes were killed as wanted.
pub(super) fn fill_and_kill(
    place: &Place,
    rounds: u32,
    random: &mut Random,
) -> Result<Tally, String> {
    let mut tally = Tally::default();
    while tally.killed < rounds {
        let seed = random.next();
        // The last one was checked when it was full.
        let _ = fs::remove_dir_all(place.folder.join(FOLDER));
        tally.replicas += 1;
        fill(place, seed, rounds, random, &mut tally)
            .map_err(|what| format!("replica, seed {seed}, {} kills: {what}", tally.killed))?;
    }
    Ok(tally)
}

/// Fills one replica. The last process is left alone.
fn fill(
    place: &Place,
    seed: u64,
    rounds: u32,
    random: &mut Random,
    tally: &mut Tally,
) -> Result<(), String> {
    let (seed, batches) = (seed.to_string(), BATCHES.to_string());
    let mut acknowledged = 0;
    loop {
        let mut command = place.ingest(&[FOLDER, &seed, &batches]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| format!("start {command:?}: {error}"))?;
        let mut words = BufReader::new(child.stdout.take().ok_or("there is no pipe")?);
        let mut told = String::new();
        if tally.killed < rounds {
            live_and_die(&mut child, &mut words, &mut told, random)?;
        }
        // What was told before the end is still in the pipe.
        words.read_to_string(&mut told).map_err(|error| format!("read the pipe: {error}"))?;
        let ended = child.wait_with_output().map_err(|error| format!("wait: {error}"))?;
        let code = ended.status.code();
        if let Some(code) = code.filter(|code| *code != 0) {
            let error = String::from_utf8_lossy(&ended.stderr);
            return Err(format!(
                "{acknowledged} batches were acknowledged, and it ended with {code}: {error}"
            ));
        }
        let before = tally.checks;
        acknowledged = hear(&told, acknowledged, tally)?;
        if code == Some(0) {
            return if acknowledged == BATCHES {
                Ok(())
            } else {
                Err(format!("it ended well behind {acknowledged} batches"))
            };
        }
        tally.killed += 1;
        tally.killed_early += u32::from(tally.checks == before);
    }
}

/// Leaves a process alone for a while, most of them after their check, and kills it.
fn live_and_die(
    child: &mut Child,
    words: &mut impl BufRead,
    told: &mut String,
    random: &mut Random,
) -> Result<(), String> {
    let life_ms = if random.below(EARLY_EVERY) == 0 {
        random.below(EARLY_MS_MAX)
    } else {
        words.read_line(told).map_err(|error| format!("read the pipe: {error}"))?;
        random.below(LIFE_MS_MAX)
    };
    thread::sleep(Duration::from_millis(life_ms));
    // Who has ended already cannot be killed, which is found out next.
    let _ = child.kill();
    Ok(())
}

/// Hears what was told, and gives the last batch that was acknowledged; before it was this one.
fn hear(told: &str, mut acknowledged: u64, tally: &mut Tally) -> Result<u64, String> {
    // A line that has no end was not told.
    for line in told.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
        let strange = || format!("`{line}` was told behind batch {acknowledged}");
        let (word, number) = line.split_once(' ').ok_or_else(strange)?;
        let number: u64 = number.parse().map_err(|_| strange())?;
        match (word, number.checked_sub(acknowledged)) {
            ("sound", Some(ahead @ (0 | 1))) => {
                tally.checks += 1;
                tally.ahead += u32::from(ahead == 1);
            }
            ("acknowledged", Some(1)) => tally.acknowledged += 1,
            _ => return Err(strange()),
        }
        acknowledged = number;
    }
    Ok(acknowledged)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a batch that was acknowledged and is missing, and one that nobody can have written, that are both overlooked.
    #[test]
    fn what_is_not_as_it_was_told_is_heard() {
        let mut tally = Tally::default();
        let told = "sound 3\nacknowledged 4\nacknowledged 5\nackno";
        assert_eq!(hear(told, 2, &mut tally), Ok(5));
        assert_eq!((tally.checks, tally.ahead, tally.acknowledged), (1, 1, 2));
        for told in ["sound 1\n", "sound 4\n", "sound 2\nacknowledged 4\n", "hm\n", "hm 3\n"] {
            assert!(hear(told, 2, &mut tally).is_err(), "{told}");
        }
    }
}
