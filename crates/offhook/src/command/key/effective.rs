//! The keys of a phone as a table.

use crate::command::output::Table;
use crate::edit::effective::more;
pub(in crate::command) use crate::edit::effective::{Button, keys, own, target, words};

/// As people read them.
pub(in crate::command) fn table(buttons: &[Button<'_>]) -> Table {
    table_with(buttons, |button| button.label().to_owned())
}

/// The same, by somebody who knows the labels better.
pub(in crate::command) fn table_with(buttons: &[Button<'_>], label: impl Fn(&Button<'_>) -> String) -> Table {
    let has_more = buttons.iter().any(|button| !button.key.map(more).unwrap_or_default().is_empty());
    let heads = ["KEY", "FEATURE", "NUMBER", "LABEL", "ALSO", "FROM"];
    // A column in which nothing stands tells nothing.
    let shown = |column: usize| has_more || column != 4;
    let mut table =
        Table::new(heads.into_iter().enumerate().filter(|(column, _)| shown(*column)).map(|(_, head)| head));
    for button in buttons {
        let (feature, number, more) = match button.key {
            None => ("(empty)", String::new(), String::new()),
            Some(key) => (key.feature.key, target(key).to_owned(), more(key)),
        };
        let number_of_key = format!("{:>3}", button.number);
        let cells = [number_of_key, feature.to_owned(), number, label(button), more, button.origin.clone()];
        table.row(cells.into_iter().enumerate().filter(|(column, _)| shown(*column)).map(|(_, cell)| cell));
    }
    table
}
