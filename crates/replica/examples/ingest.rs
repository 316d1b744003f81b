//! Writes a file of objects into a replica and times it, then look-ups, reads by identifier and pages.
//!
//! `cargo run --release -p inthreat-replica --example ingest -- FEED.ndjson FOLDER`
#![expect(clippy::print_stdout, reason = "an example tells what it measured")]
#![expect(clippy::cast_precision_loss, reason = "rates are rounded anyway")]

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader},
    time::Instant,
};

use inthreat_api::{Collections, FeedId, Observable, PageRequest};
use inthreat_replica::{Options, Replica};
use inthreat_stix::{Id, RawObject, split};
use inthreat_store::{Batch, Sink, index::IndexRows};
use tokio::sync::mpsc;

const BATCH: usize = 16_000;
const LOOKUPS: usize = 100_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(feed), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: ingest FEED.ndjson FOLDER".into());
    };
    let replica = Replica::create_or_open(&folder, Options::default())?;
    let mut samples = Vec::new();
    let (count, seconds) = ingest(replica, &feed, &mut samples).await?;
    println!("ingest: {count} objects, {:.0}/s, peak {}", count as f64 / seconds, peak_memory());
    let started = Instant::now();
    let replica = Replica::open(&folder, Options::default())?;
    println!("open: {:.1} ms", started.elapsed().as_secs_f64() * 1000.0);
    ask(&replica, &samples)?;
    pages(&replica).await?;
    println!("{:#?}", replica.stats()?);
    Ok(())
}

/// Reads and splits the file on one thread while another writes, as a feed does, until all is durable and indexed.
async fn ingest(
    replica: Replica,
    feed: &str,
    samples: &mut Vec<RawObject>,
) -> Result<(usize, f64), Box<dyn Error>> {
    let mut reader = BufReader::with_capacity(1 << 20, fs::File::open(feed)?);
    let (sender, mut batches) = mpsc::channel::<io::Result<Batch>>(1);
    let started = Instant::now();
    let reading = std::thread::spawn(move || {
        while let Some(batch) = next(&mut reader).transpose() {
            if sender.blocking_send(batch).is_err() {
                break;
            }
        }
    });
    let mut count = 0;
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        samples.extend(batch.objects.iter().step_by(37).map(RawObject::detach));
        count += batch.objects.len();
        replica.write(batch).await?;
    }
    drop(replica);
    reading.join().map_err(|_| "the thread that reads ended early")?;
    Ok((count, started.elapsed().as_secs_f64()))
}

fn next(reader: &mut impl BufRead) -> io::Result<Option<Batch>> {
    let mut text = Vec::new();
    for _ in 0..BATCH {
        if reader.read_until(b'\n', &mut text)? == 0 {
            break;
        }
    }
    if text.is_empty() {
        return Ok(None);
    }
    let mut batch = Batch::new(FeedId::default());
    batch.extend(split::ndjson(text).objects);
    Ok(Some(batch))
}

fn ask(replica: &Replica, samples: &[RawObject]) -> Result<(), Box<dyn Error>> {
    let ids: Vec<Id> = samples.iter().filter_map(|o| Id::lenient(o.id()?).ok()).collect();
    let rows = samples.iter().map(IndexRows::of);
    let values: Vec<Observable> = rows.flat_map(|rows| rows.observables).collect();
    for _ in 0..2 {
        let started = processor_seconds();
        let mut hits = 0;
        for value in values.iter().cycle().take(LOOKUPS) {
            hits += replica.lookup(value)?.len();
        }
        let rate = LOOKUPS as f64 / (processor_seconds() - started);
        println!("look-up: {hits} hits, {rate:.0}/s of processor time");
        let started = processor_seconds();
        for (place, _) in ids.iter().enumerate() {
            // A stride that has no factor in common with most lengths visits the identifiers out of order.
            let id = ids.get(place * 7919 % ids.len()).ok_or("no identifier")?;
            replica.get(id)?.ok_or("an object is missing")?;
        }
        let rate = ids.len() as f64 / (processor_seconds() - started);
        println!("get: {rate:.0}/s of processor time");
    }
    Ok(())
}

async fn pages(replica: &Replica) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut request = PageRequest::default().with_limit(2000);
    let (mut objects, mut bytes) = (0, 0);
    loop {
        let page = replica.page(request.clone()).await?;
        if page.is_empty() {
            break;
        }
        objects += page.objects.len();
        bytes += page.objects.iter().map(|object| object.as_bytes().len()).sum::<usize>();
        request = request.with_cursor(page.next_cursor);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "pages: {:.0} objects/s, {:.0} MB/s",
        objects as f64 / seconds,
        bytes as f64 / seconds / 1e6
    );
    Ok(())
}

/// How long this thread has computed: on a busy machine a better measure than the clock.
fn processor_seconds() -> f64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok());
    nanos.unwrap_or_default() / 1e9
}

/// The peak of the process's memory, where the system tells.
fn peak_memory() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.map_or_else(|| "unknown".into(), |line| line.split_whitespace().skip(1).collect())
}
