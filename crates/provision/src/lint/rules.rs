//! The rules: rows of `catalogue/rules.tsv`.

use std::sync::LazyLock;

use super::Severity;
use crate::catalogue::Table;

/// Something that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Never changes.
    pub id: &'static str,
    /// The kinds of files it is about.
    pub files: &'static str,
    /// At worst.
    pub severity: Severity,
    /// What is wrong.
    pub title: &'static str,
    /// What a phone makes of it.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Where the fact comes from.
    pub source: &'static str,
    /// The model for which the example is wrong, if not for every.
    pub model: Option<&'static str>,
    /// A file with that fault.
    pub example: &'static str,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let table = Table::parse(include_str!("../../catalogue/rules.tsv"));
    let rows = table.rows().map(|row| Rule {
        id: row.get("id"),
        files: row.get("files"),
        severity: Severity::read(row.get("severity")),
        title: row.get("title"),
        why: row.get("why"),
        fix: row.get("fix"),
        source: row.get("source"),
        model: Some(row.get("model")).filter(|model| *model != "-"),
        example: row.get("example"),
    });
    rows.collect()
});

/// Every rule, in the order of the page.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule of that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().iter().find(|rule| rule.id == id)
}
