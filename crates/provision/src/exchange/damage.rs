//! What spreadsheets do to numbers and addresses, recognised so that people are told and nothing wrong is kept.

/// Results of formulas that went wrong.
const ERRORS: [&str; 8] = ["#REF!", "#NAME?", "#VALUE!", "#N/A", "#NUM!", "#NULL!", "#DIV/0!", "#SPILL!"];

/// What happened to a cell, if it was anything.
pub(super) fn of(value: &str) -> Option<&'static str> {
    if ERRORS.contains(&value) {
        return Some("this is the error of a spreadsheet's formula");
    }
    if value.len() > 3 && value.bytes().all(|byte| byte == b'#') {
        return Some("a spreadsheet wrote ### because the column was too narrow");
    }
    None
}

/// As [`of`], for what should be an address.
pub(super) fn of_address(value: &str) -> Option<&'static str> {
    const AS_TEXT: &str =
        "a spreadsheet has made a number of the address: format the column as text, or write SEP in front";
    if is_exponent(value) {
        return Some(AS_TEXT);
    }
    let digits = value.strip_suffix(".0").unwrap_or(value);
    if (6..12).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(
            "a spreadsheet has taken the zeros in front away: format the column as text, or write SEP in front",
        );
    }
    of(value)
}

/// As [`of`], for what should be a telephone number.
pub(super) fn of_number(value: &str) -> Option<&'static str> {
    if is_exponent(value) {
        return Some("a spreadsheet has shortened the number: format the column as text");
    }
    of(value)
}

/// `1.12233E+11`, with point or comma.
fn is_exponent(value: &str) -> bool {
    let Some((front, back)) = value.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let front_is_number = match front.split_once(['.', ',']) {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(front),
    };
    front_is_number && back.strip_prefix('+').is_some_and(digits)
}
