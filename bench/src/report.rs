//! What was measured, for people: printed as it comes, and kept in the page on performance.
//!
//! The page holds a part per measurement between two marks; only the parts that were measured anew are replaced.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context, Result};

use crate::rounds::Series;

/// One measurement, ready to be printed.
#[derive(Debug)]
pub(crate) struct Section {
    name: &'static str,
    title: String,
    how: String,
    table: String,
    goals: Vec<Goal>,
}

/// What was wanted and what came out.
#[derive(Debug)]
struct Goal {
    what: String,
    wanted: String,
    measured: String,
    met: bool,
}

impl Section {
    pub(crate) fn new(name: &'static str, title: &str, how: &str) -> Self {
        let (title, how) = (title.to_owned(), how.to_owned());
        Self { name, title, how, table: String::new(), goals: Vec::new() }
    }

    /// The usual table: one line per contender, one column `unit`.
    pub(crate) fn series(mut self, unit: &str, series: &[Series]) -> Self {
        let with_repeats = series.iter().any(|one| one.repeated() > 0) || unit.contains("transfers");
        let repeats = if with_repeats { " sent again |" } else { "" };
        let rule = if with_repeats { " --: |" } else { "" };
        let _ = writeln!(
            self.table,
            "| | {unit} | seconds a round | server CPU each | load's share of its core | median wait | 99 % within | failed |{repeats}\n\
             | :-- | --: | --: | --: | --: | --: | --: | --: |{rule}"
        );
        for one in series {
            let _ = write!(
                self.table,
                "| {} | {} | {:.3} | {} | {:.0} % | {} | {} | {} |",
                one.name,
                rate(one.rate()),
                one.wall(),
                time(one.server_cpu()),
                one.load_share() * 100.0,
                time(one.median_wait()),
                time(one.p99()),
                one.failed(),
            );
            let _ = if with_repeats {
                writeln!(self.table, " {} |", one.repeated())
            } else {
                writeln!(self.table)
            };
        }
        self
    }

    /// A table of another form.
    pub(crate) fn table(mut self, table: String) -> Self {
        self.table = table;
        self
    }

    /// At least this many times as fast.
    pub(crate) fn at_least(self, what: &str, wanted: f64, measured: f64) -> Self {
        let met = measured >= wanted;
        self.goal(what, format!("at least {wanted:.2} ×"), format!("{measured:.2} ×"), met)
    }

    /// At most this many times as dear.
    pub(crate) fn at_most(self, what: &str, wanted: f64, measured: f64) -> Self {
        let met = measured <= wanted;
        self.goal(what, format!("at most {wanted:.2} ×"), format!("{measured:.2} ×"), met)
    }

    /// A goal in words.
    pub(crate) fn goal(mut self, what: &str, wanted: String, measured: String, met: bool) -> Self {
        self.goals.push(Goal { what: what.to_owned(), wanted, measured, met });
        self
    }

    fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n{}\n\n{}\n", self.title, self.how, self.table);
        for goal in &self.goals {
            let verdict = if goal.met { "met" } else { "**missed**" };
            let _ = writeln!(text, "- {}: {} (wanted: {}), {verdict}", goal.what, goal.measured, goal.wanted);
        }
        text
    }

    fn summary(&self) -> String {
        self.goals.iter().fold(String::new(), |mut rows, goal| {
            let verdict = if goal.met { "met" } else { "**missed**" };
            let _ = writeln!(
                rows,
                "| [{}](#{}) | {} | {} | {} | {verdict} |",
                self.name,
                anchor(&self.title),
                goal.what,
                goal.wanted,
                goal.measured
            );
            rows
        })
    }
}

/// Prints a finished section.
pub(crate) fn show(section: &Section) -> Result<()> {
    say(&section.markdown())
}

/// A line for whoever watches.
pub(crate) fn say(line: &str) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}

/// Puts sections into the page, each in its place.
pub(crate) fn keep(page: &Path, machine: &str, sections: &[Section]) -> Result<()> {
    let mut text = fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    text = put(&text, "machine", &format!("{machine}\n"))?;
    let mut summary = part(&text, "summary")?.to_owned();
    for section in sections {
        summary = with_rows(&summary, section);
        text = put(&text, section.name, &section.markdown())?;
    }
    text = put(&text, "summary", &summary)?;
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

const SUMMARY_HEAD: &str = "| measurement | what | wanted | measured | |\n| :-- | :-- | :-- | --: | :-- |\n";

/// The summary with the rows of one section replaced where they were, or added at the end.
fn with_rows(summary: &str, section: &Section) -> String {
    let mine = format!("| [{}](", section.name);
    let mut rows: Vec<&str> = summary.lines().filter(|line| line.starts_with("| [")).collect();
    let place = rows.iter().position(|row| row.starts_with(&mine)).unwrap_or(rows.len());
    rows.retain(|row| !row.starts_with(&mine));
    let new = section.summary();
    let place = place.min(rows.len());
    rows.splice(place..place, new.lines());
    rows.iter().fold(SUMMARY_HEAD.to_owned(), |text, row| text + row + "\n")
}

fn marks(name: &str) -> (String, String) {
    (format!("<!-- bench:{name} -->\n"), format!("<!-- /bench:{name} -->\n"))
}

fn part<'a>(text: &'a str, name: &str) -> Result<&'a str> {
    let (open, close) = marks(name);
    let lost = || format!("the page has lost its mark {}", open.trim());
    let (_, rest) = text.split_once(&open).with_context(lost)?;
    let (inside, _) = rest.split_once(&close).with_context(lost)?;
    Ok(inside)
}

fn put(text: &str, name: &str, new: &str) -> Result<String> {
    let (open, close) = marks(name);
    let lost = || format!("the page has lost its mark {}", open.trim());
    let (before, rest) = text.split_once(&open).with_context(lost)?;
    let (_, after) = rest.split_once(&close).with_context(lost)?;
    Ok(format!("{before}{open}{new}{close}{after}"))
}

fn rate(per_second: f64) -> String {
    match per_second {
        fast if fast >= 100.0 => thousands(fast),
        slow => format!("{slow:.1}"),
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn time(seconds: f64) -> String {
    match seconds {
        long if long >= 1.0 => format!("{long:.2} s"),
        middle if middle >= 1e-3 => format!("{:.2} ms", middle * 1e3),
        short => format!("{:.1} µs", short * 1e6),
    }
}

/// The anchor that the page's readers make of a heading.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn only_the_named_part_of_the_page_changes() {
        let page = "a\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nb\n";
        assert_eq!(put(page, "x", "new\n").unwrap(), "a\n<!-- bench:x -->\nnew\n<!-- /bench:x -->\nb\n");
        assert!(put(page, "y", "new\n").is_err());
    }

    #[test]
    fn a_measurement_keeps_its_place_in_the_summary() {
        let section = |name| Section::new(name, name, "").at_least("speed", 1.0, 2.0);
        let both = with_rows(&with_rows("", &section("x")), &section("y"));
        let again = with_rows(&both, &Section::new("x", "x", "").at_least("speed", 1.0, 0.5));
        let rows: Vec<&str> = again.lines().skip(2).collect();
        assert!(rows.first().unwrap().contains("**missed**") && rows.last().unwrap().starts_with("| [y]"));
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn numbers_are_for_people() {
        assert_eq!((rate(1_234_567.0), rate(9.96)), ("1,234,567".to_owned(), "10.0".to_owned()));
        assert_eq!(
            (time(2.0), time(0.0021), time(0.000_002_1)),
            ("2.00 s".into(), "2.10 ms".into(), "2.1 µs".into())
        );
    }
}
