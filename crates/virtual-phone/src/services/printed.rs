//! The screen as text, for a terminal.

use std::fmt;

use super::browser::Shown;
use super::object::{Content, Source};

/// Writes a page as a box of text.
#[derive(Clone, Copy, Debug)]
pub struct Printed<'a>(pub &'a Shown);

/// Wide enough for a name and a number, narrow enough for every terminal.
const WIDTH: usize = 60;
/// Rows of a list shown at once.
const MOST_ROWS: usize = 12;
/// More lines of a text than any screen shows at once.
const MOST_LINES: usize = 40;

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0;
        let line = |f: &mut fmt::Formatter<'_>, text: &str| {
            let text: String =
                text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WIDTH).collect();
            writeln!(f, "│ {text:WIDTH$} │")
        };
        let rule = "─".repeat(WIDTH + 2);
        writeln!(f, "┌{rule}┐")?;
        line(f, &shown.title)?;
        writeln!(f, "├{rule}┤")?;
        let lines = lines(shown);
        // Around the cursor, as on the phone; a text is shown whole.
        let is_text = matches!(shown.page.content, Content::Text(_));
        let most = if is_text { lines.len() } else { MOST_ROWS };
        let first = shown.cursor.saturating_sub(most / 2).min(lines.len().saturating_sub(most));
        let first = if is_text { 0 } else { first };
        for text in lines.iter().skip(first).take(most) {
            line(f, text)?;
        }
        if lines.len() > most {
            line(f, &format!("  … {} in all", lines.len()))?;
        }
        writeln!(f, "├{rule}┤")?;
        if !shown.page.prompt.is_empty() {
            line(f, &shown.page.prompt)?;
        }
        let keys: Vec<String> = shown.keys.iter().map(|key| format!("[{}]", key.name)).collect();
        line(f, &keys.join(" "))?;
        write!(f, "└{rule}┘")
    }
}

fn lines(shown: &Shown) -> Vec<String> {
    let mark = |number: usize| if number == shown.cursor { '▸' } else { ' ' };
    match &shown.page.content {
        Content::Menu(items)
        | Content::Picture { items, source: Source::Drawn { .. } | Source::File(_), .. }
            if !items.is_empty() =>
        {
            items
                .iter()
                .enumerate()
                .map(|(n, item)| format!("{}{:>2} {}", mark(n), n + 1, item.name))
                .collect()
        }
        Content::Menu(_) => vec!["(nothing)".to_owned()],
        Content::Picture { source: Source::File(url), .. } => vec![format!("(picture {url})")],
        Content::Picture { .. } => vec!["(picture)".to_owned()],
        Content::Directory(entries) => {
            let row = |(n, (name, number)): (usize, &(String, String))| {
                let room = (WIDTH - 5).saturating_sub(number.chars().count());
                let name: String = name.chars().take(room.saturating_sub(1)).collect();
                format!("{}{:>2} {name:room$}{number}", mark(n), n + 1)
            };
            entries.iter().enumerate().map(row).collect()
        }
        Content::Form { fields, .. } => {
            let value = |hidden: bool, value: &str| {
                if hidden { "●".repeat(value.chars().count()) } else { value.to_owned() }
            };
            let row = |(n, field): (usize, &super::object::Field)| {
                format!("{} {:20} {}_", mark(n), field.label, value(field.hidden, &field.value))
            };
            fields.iter().enumerate().map(row).collect()
        }
        Content::Text(text) => wrapped(text),
        Content::Execute(urls) => urls.clone(),
    }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("…".to_owned());
    }
    lines
}
