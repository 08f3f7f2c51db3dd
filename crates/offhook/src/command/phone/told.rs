//! How events look to people.

use provision::timeline::{Event, Severity};

use crate::command::console::Console;
use crate::timeline::view;

/// Lines of sentences are no longer than this.
const WIDTH: usize = 100;

/// Colours for a terminal, unless NO_COLOR is set; nothing elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Colour(bool);

impl Colour {
    pub(super) fn of(console: &Console) -> Self {
        Self(console.has_colours())
    }

    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        self.with(
            match severity {
                Severity::Fine => "32",
                Severity::Note => "36",
                Severity::Warning => "33",
                Severity::Problem => "31",
            },
            text,
        )
    }

    /// A line about an event: what is normal stays in the background.
    pub(super) fn event(self, event: &Event, line: &str) -> String {
        match sign(event) {
            "·" => self.with("2", line),
            "✓" => line.to_owned(),
            _ => self.with("31", line),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Whether something went as it should, in one letter.
pub(super) fn sign(event: &Event) -> &'static str {
    if event.outcome.is_good() {
        "✓"
    } else if event.is_normal() {
        "·"
    } else {
        "✗"
    }
}

/// What, name, over what, outcome, bytes, time, and why.
pub(super) fn event_cells(event: &Event) -> [String; 7] {
    let bytes = if event.bytes == 0 { String::new() } else { event.bytes.to_string() };
    let took =
        if event.took == 0 { String::new() } else { format!("{:.1} ms", view::milliseconds(event.took)) };
    let name = event.name.trim_start_matches('/').to_owned();
    // The name stands in front of the row already.
    let reason = event.reason.strip_prefix(name.as_str()).unwrap_or(&event.reason);
    let reason = reason.strip_prefix(" is not here").unwrap_or(reason).trim_start_matches([':', ' ']);
    [
        event.title().to_owned(),
        name,
        event.via.title().to_owned(),
        event.ending().to_owned(),
        bytes,
        took,
        reason.to_owned(),
    ]
}

/// A moment as `2026-11-23 07:41:05`.
pub(super) fn line_of(at: i64) -> String {
    let text = view::moment(at);
    text.split('.').next().unwrap_or(&text).replace('T', " ")
}

/// A text in lines, each behind `margin`.
pub(super) fn wrapped(text: &str, margin: &str) -> String {
    let mut lines = vec![margin.to_owned()];
    let mut width = 0;
    for word in text.split(' ') {
        let len = word.chars().count();
        if width > 0 && width + 1 + len > WIDTH - margin.len() {
            lines.push(margin.to_owned());
            width = 0;
        }
        let line = lines.last_mut().expect("there is always a line");
        if width > 0 {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += len;
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_become_lines() {
        let text = "word ".repeat(60);
        let lines = wrapped(text.trim(), "  ");
        assert!(lines.lines().all(|line| line.starts_with("  word") && line.len() <= WIDTH));
        assert_eq!(lines.split_whitespace().count(), 60);
        assert_eq!(wrapped("", ""), "");
    }
}
