//! Looks whether everything landed in a sink, or empties it. `cargo xtask crash` runs it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it answers the one who runs it")]

use std::{env, process::ExitCode, time::Duration};

use inthreat_tests::landed::{self, Fault, Place};

const USAGE: &str = "\
usage: landed check SERVER KIND PLACE [caught-up]
       landed clear KIND PLACE [MILLISECONDS]

  KIND is replica, file, folder, postgres or nats; PLACE a path or a URL. The MILLISECONDS are the duplicate window of the stream that
  is made.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Result<(), Fault> {
    match arguments {
        ["check", server, kind, place, rest @ ..] => {
            let place = Place::parse(kind, place)?;
            println!("{}", landed::check(server, &place, rest == ["caught-up"]).await?);
        }
        ["clear", kind, place, rest @ ..] => {
            let window = rest.first().map(|text| text.parse()).transpose()?;
            Place::parse(kind, place)?.clear(window.map(Duration::from_millis)).await?;
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}
