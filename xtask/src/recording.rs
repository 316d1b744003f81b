//! The demonstration as a moving picture for the README: what it printed, line by line, at the time that it did.

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use crate::command::{cargo, root, target_directory};

/// The size of a character and a line, in pixels.
const CHARACTER: usize = 8;
const LINE: usize = 18;
/// How many characters a line has room for.
const WIDTH: usize = 110;

/// A line, and when it appeared.
struct Line {
    text: String,
    at: Duration,
}

/// Runs the demonstration and writes `docs/demo.svg`.
pub(crate) fn run() -> Result<(), String> {
    let build = ["build", "--release", "--package", "inthreat", "--locked"];
    let status = cargo(&build).status().map_err(|error| format!("start cargo: {error}"))?;
    if !status.success() {
        return Err("the program does not build".to_owned());
    }
    let lines = record()?;
    let path = root().join("docs/demo.svg");
    #[expect(clippy::disallowed_methods, reason = "it can be made again")]
    fs::write(&path, draw(&lines)).map_err(|error| format!("write {}: {error}", path.display()))?;
    println!("{} lines in {}", lines.len(), path.display());
    Ok(())
}

/// Runs the program and notes when each of its lines came.
fn record() -> Result<Vec<Line>, String> {
    let program = target_directory()?.join("release/inthreat");
    // Words go to standard error and figures to standard output; a shell joins them in their order.
    let mut child = std::process::Command::new("sh")
        .args(["-c", "exec \"$0\" demo 2>&1"])
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("start the demonstration: {error}"))?;
    let output = child.stdout.take().ok_or("the demonstration has no output")?;
    let begun = Instant::now();
    let lines = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .map(|text| Line { text, at: begun.elapsed() })
        .collect();
    let status = child.wait().map_err(|error| format!("wait for the demonstration: {error}"))?;
    if status.success() { Ok(lines) } else { Err(format!("the demonstration ended with {status}")) }
}

fn draw(lines: &[Line]) -> String {
    let width = (WIDTH + 4) * CHARACTER;
    let height = (lines.len() + 3) * LINE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>inthreat demo: a feed is pulled, cut off, resumed, compared and asked</title>\n\
         <style>\n\
         .paper {{ fill: #fafafa; stroke: #ddd }}\n\
         text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #1c1c1c; white-space: pre }}\n\
         .command {{ font-weight: bold }}\n\
         .later {{ opacity: 0; animation: appear 1ms linear forwards }}\n\
         @keyframes appear {{ to {{ opacity: 1 }} }}\n\
         @media (prefers-color-scheme: dark) {{ .paper {{ fill: #16181d; stroke: #333 }} text {{ fill: #e4e4e4 }} }}\n\
         @media (prefers-reduced-motion: reduce) {{ .later {{ opacity: 1; animation: none }} }}\n\
         </style>\n\
         <rect class=\"paper\" x=\"1\" y=\"1\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
         <text class=\"command\" x=\"{x}\" y=\"{y}\">$ inthreat demo</text>\n",
        width - 2,
        height - 2,
        x = 2 * CHARACTER,
        y = 2 * LINE,
    );
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.text.is_empty()) {
        let text: String = line.text.chars().take(WIDTH).map(escaped).collect();
        let _ = writeln!(
            svg,
            "<text class=\"later\" x=\"{}\" y=\"{}\" style=\"animation-delay:{:.2}s\">{text}</text>",
            2 * CHARACTER,
            (number + 3) * LINE,
            line.at.as_secs_f64(),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn escaped(character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        _ => character.to_string(),
    }
}
