//! `docs/lint.md`: every rule, with an example of what it finds.

use crate::article::A;
use std::fmt::Write;

use super::rules::rules;

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# What `offhook lint` finds\n\n\
         <!-- Generated from crates/provision/catalogue/rules.tsv by `UPDATE=1 cargo test -p provision --test pages`. -->\n\n\
         `offhook lint FILE…` looks over configurations, soft keys, dial templates, feature policies, dial rules, ring lists, \
         lists of wallpapers, rings and pictures, whoever wrote them; `--model 8845` also tells what only that model cannot read. A finding \
         is an *error* when the fact behind it is sure, a *warning* when somebody reported it, a *hint* when it is a guess: \
         the severities below are the worst. Exit code 0: no errors; 1: errors (with `--strict`: anything); 2: wrong use.\n\n\
         | rule | files | at worst | |\n|---|---|---|---|\n",
    );
    for rule in rules() {
        let _ = writeln!(
            page,
            "| [`{0}`](#{0}) | {1} | {2} | {3} |",
            rule.id, rule.files, rule.severity, rule.title
        );
    }
    for rule in rules() {
        let _ = write!(
            page,
            "\n## {}\n\n{}. {}.\n\n- Fix: {}\n- Known from: {}\n",
            rule.id, rule.title, rule.why, rule.fix, rule.source
        );
        let example = rule.example;
        if example.len() <= 400 && example != "-" {
            let on = rule.model.map(|model| format!(" (for {})", A(model))).unwrap_or_default();
            let _ = write!(page, "- Example{on}:\n\n```xml\n{example}\n```\n");
        }
    }
    page
}
