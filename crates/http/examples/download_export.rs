//! Exports what surrounds an object, waits until the file is there, and downloads it piece by piece.
//!
//! `INTHREAT_API_KEY=… cargo run -p inthreat-http --example download_export OBJECT-ID FILE [BASE-URL]`
#![expect(clippy::print_stdout, reason = "it talks to the person who runs it")]

use std::{env, error::Error, fs::File, io::Write as _, time::Duration};

use inthreat_api::{ExportRequest, Exports};
use inthreat_http::{ApiKey, Client, ClientOptions, Region};
use inthreat_stix::Id;

/// How often is asked whether the file is there.
const POLLS_MAX: u32 = 60;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let id = env::args().nth(1).ok_or("expected the id of an object")?;
    let path = env::args().nth(2).ok_or("expected the name of a file")?;
    let base = env::args().nth(3).unwrap_or_else(|| Region::Fra1.base_url().to_owned());
    let key = env::var("INTHREAT_API_KEY").ok().map(ApiKey::new).transpose()?;
    let client = Client::new(&base, ClientOptions::default().with_key(key))?;
    let mut export = client.create_export(ExportRequest::new(Id::lenient(&id)?)).await?;
    for _ in 0..POLLS_MAX {
        if export.is_finished() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        export = client.export(export.id).await?;
    }
    if !export.is_finished() {
        return Err(format!("the export is still {}", export.status.unwrap_or_default()).into());
    }
    // A name of its own until it is whole: an error in the middle leaves no half file behind.
    let part = format!("{path}.part");
    let mut file = File::create(&part)?;
    let mut body = client.export_file(export.id).await?;
    let mut length = 0;
    while let Some(chunk) = body.next_chunk().await? {
        file.write_all(&chunk)?;
        length += chunk.len();
    }
    file.sync_all()?;
    std::fs::rename(part, &path)?;
    println!("{length} bytes in {path}");
    Ok(())
}
