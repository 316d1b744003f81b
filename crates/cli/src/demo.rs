//! `inthreat demo`: the main job from end to end, on this machine alone.

mod generator;
mod random;
mod scene;

use std::io::Write;

use crate::{
    arguments::Demo,
    exit::Exit,
    failure::{Failure, Outcome},
    print::{Output, say},
};

use generator::Generator;
use scene::Scene;

/// How many objects change at the source before the second pull.
const CHANGED: usize = 25;

pub(crate) async fn run(arguments: Demo) -> Outcome<Exit> {
    if let Some(count) = arguments.emit {
        return emit(count, arguments.seed);
    }
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::because(Exit::Storage, "make a temporary folder", &error))?;
    let mut scene = Scene::new(folder.path(), arguments.objects, arguments.seed)?;

    say(format!("A feed of {} invented objects is made and stored:", arguments.objects));
    scene.make_source().await?;
    say(
        "A server answers the service's API from it, on a free port of this machine, to whoever has the key:",
    );
    scene.start_server()?;
    say("A pull reads the feed into a copy, and is cut off half-way:");
    scene.pull_half().await?;
    say("The same pull goes on from its cursor:");
    scene.pull_rest().await?;
    say("Both sides are compared:");
    scene.compare()?;
    say(format!("{CHANGED} objects change at the source, and only those arrive:"));
    scene.change_and_pull(CHANGED).await?;
    say("Both sides are compared again:");
    scene.compare()?;
    say("An address and a file are looked up in the copy:");
    let indicator = scene.look_up().await?;
    say("What stands around the address:");
    scene.show_context(&indicator).await?;
    scene.stop_server().await;

    let mut output = Output::new();
    output.line("")?;
    output.table(&["STEP", "OBJECTS", "TIME", "RATE", "PEAK MEMORY"], scene.rows().into_iter())?;
    output.finish()?;
    Ok(Exit::Success)
}

/// Prints the feed, for benchmarks and for people who want objects to play with.
fn emit(count: usize, seed: u64) -> Outcome<Exit> {
    let mut generator = Generator::new(seed);
    let mut out = std::io::BufWriter::with_capacity(1 << 18, std::io::stdout());
    for _ in 0..count {
        out.write_all(generator.next_object().as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Exit::Success)
}
