//! Cells: the way between a text in a table and what shall become of a field.

/// What a cell of a table says: nothing, that something shall go, or a value.
///
/// An empty cell leaves the field alone, `-` takes the value away. A backslash in front makes a text of anything: `\-` is a
/// hyphen, `\` alone an empty value. It also keeps spreadsheets from taking what follows for a formula or a number.
pub(super) fn wish(cell: &str) -> Option<Option<String>> {
    match cell {
        "" => None,
        "-" => Some(None),
        text => Some(Some(text.strip_prefix('\\').unwrap_or(text).to_owned())),
    }
}

/// The cell for a value, so that [`wish`] gives it back and no spreadsheet runs it.
pub(super) fn cell(value: &str) -> String {
    let risky = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\\') || c.is_whitespace();
    let ends_blank = value.ends_with(char::is_whitespace);
    if value.is_empty() || value.starts_with(risky) || ends_blank {
        format!("\\{value}")
    } else {
        value.to_owned()
    }
}
