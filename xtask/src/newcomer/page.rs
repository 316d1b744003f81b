//! The commands of a page, and what it says of each.

/// A command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) command: String,
    /// How it has to end.
    pub(crate) code: i32,
    /// The lines that it has to print, in this order.
    pub(crate) printed: Vec<String>,
    /// Why it is not run here.
    pub(crate) left_out: Option<String>,
}

impl Step {
    /// The first line of the page that is not in what was printed.
    pub(crate) fn missing(&self, printed: &str) -> Option<&str> {
        let mut lines = printed.lines();
        self.printed.iter().find(|wanted| !lines.any(|line| fits(wanted, line))).map(String::as_str)
    }
}

/// The commands of the `console` blocks of a page, and of the comments that its reader does not see: `first` gives what a reader
/// has already, `not run` tells why nothing of the next block can be run here.
pub(crate) fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_console = false;
    let mut is_block = false;
    let mut left_out = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(kind) = line.strip_prefix("```") {
            is_block = !is_block;
            is_console = is_block && kind == "console";
            left_out = left_out.filter(|_| is_block);
        } else if let Some(reason) = unseen(line, "not run").filter(|_| !is_block) {
            left_out = Some(reason.to_owned());
        } else if let Some(command) = unseen(line, "first").filter(|_| !is_block) {
            steps.push(Step {
                line: index + 1,
                command: command.to_owned(),
                code: 0,
                printed: Vec::new(),
                left_out: None,
            });
        } else if let Some(words) = line.strip_prefix("$ ").filter(|_| is_console) {
            let (command, comment) = words.split_once(" #").unwrap_or((words, ""));
            let code = comment.split_once("exit ").and_then(|(_, code)| code.trim().parse().ok());
            steps.push(Step {
                line: index + 1,
                command: command.trim().to_owned(),
                code: code.unwrap_or(0),
                printed: Vec::new(),
                left_out: left_out.clone(),
            });
        } else if let Some(step) =
            steps.last_mut().filter(|_| is_console && !line.trim().is_empty())
        {
            step.printed.push(line.to_owned());
        }
    }
    steps
}

/// What a comment of this kind says.
fn unseen<'a>(line: &'a str, kind: &str) -> Option<&'a str> {
    let words = line.strip_prefix("<!-- newcomer, ")?.strip_prefix(kind)?;
    Some(words.strip_prefix(": ")?.strip_suffix("-->")?.trim())
}

/// Whether a line is what the page says, where `…` stands for anything and blanks for blanks.
fn fits(wanted: &str, line: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (wanted, line) = (plain(wanted), plain(line));
    let mut parts = wanted.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut is_open = false;
    for part in parts {
        let Some(place) = rest.find(part) else { return false };
        rest = rest.get(place + part.len()..).unwrap_or_default();
        is_open = part.is_empty();
    }
    is_open || rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Catches a command that is passed over, and a promise that is not looked for.
    #[test]
    fn a_page_is_read() {
        let text =
            "$ no\n```sh\n$ no\n```\n```console\n$ a --b # exit 1\n  two …  words\n\n$ c\n```\n";
        let steps = steps(text);
        let read: Vec<_> = steps.iter().map(|s| (s.line, s.command.as_str(), s.code)).collect();
        assert_eq!(read, [(6, "a --b", 1), (9, "c", 0)]);
        assert_eq!(steps[0].missing("one\ntwo big words\n"), None);
        assert_eq!(steps[0].missing("two words more\n"), Some("  two …  words"));
    }

    // Catches a comment that is passed over, and a block that is left out although nobody says so.
    #[test]
    fn what_readers_do_not_see_is_read() {
        let text = "<!-- newcomer, first: a | b -->\n<!-- newcomer, not run: no cluster -->\n```console\n$ c\n```\n```console\n$ d\n```\n";
        let steps = steps(text);
        let read: Vec<_> =
            steps.iter().map(|s| (s.command.as_str(), s.left_out.as_deref())).collect();
        assert_eq!(read, [("a | b", None), ("c", Some("no cluster")), ("d", None)]);
    }

    // Catches a wildcard that takes less or more than it should.
    #[test]
    fn a_wildcard_stands_for_anything() {
        for (wanted, line, expected) in [
            ("a…c", "abc", true),
            ("a…c", "abcd", false),
            ("a…", "abcd", true),
            ("…d", "abcd", true),
            ("abc", "abcd", false),
            ("…", "", true),
        ] {
            assert_eq!(fits(wanted, line), expected, "{wanted} {line}");
        }
    }
}
