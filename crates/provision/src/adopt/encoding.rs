//! Files in other characters than UTF-8, if they say so.

use std::borrow::Cow;

use super::Refused;

/// The names under which a declaration may announce what can be decoded here.
const LATIN: [&str; 5] = ["iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252"];

/// The same file in UTF-8. Places stay in the line they were in.
///
/// # Errors
/// When the declaration announces characters that are not read here.
pub fn utf8(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Refused> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return wide(rest, u16::from_be_bytes),
        _ => {}
    }
    // What programs and people leave behind at either end; phones take it.
    let end =
        bytes.iter().rposition(|byte| *byte != 0 && !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let bytes = &bytes[..end];
    let Some((name, declared)) = declared(bytes) else { return Ok(Cow::Borrowed(bytes)) };
    if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") {
        return Ok(Cow::Borrowed(bytes));
    }
    if name.eq_ignore_ascii_case("utf8") || name.eq_ignore_ascii_case("ascii") {
        return Ok(Cow::Owned([b"<?xml version=\"1.0\"?>".as_slice(), &bytes[declared..]].concat()));
    }
    if !LATIN.iter().any(|latin| name.eq_ignore_ascii_case(latin)) {
        return Err(Refused::Encoding(name.to_owned()));
    }
    let text: String = bytes[declared..].iter().map(|byte| char::from(*byte)).collect();
    Ok(Cow::Owned(format!("<?xml version=\"1.0\"?>{text}").into_bytes()))
}

/// What the declaration says the characters are, and where it ends.
fn declared(bytes: &[u8]) -> Option<(&str, usize)> {
    let end = bytes.windows(2).take(200).position(|pair| pair == b"?>")? + 2;
    let declaration = std::str::from_utf8(&bytes[..end]).ok()?;
    let declaration = declaration.trim_start_matches('\u{FEFF}');
    if !declaration.starts_with("<?xml") {
        return None;
    }
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = rest[1..].split_once(quote)?;
    Some((name, end))
}

fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'static, [u8]>, Refused> {
    let (pairs, _) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect();
    let text = text.map_err(|_| Refused::Encoding("broken UTF-16".to_owned()))?;
    let text = text.trim_end_matches(|c: char| c == '\0' || c.is_whitespace());
    match declared(text.as_bytes()) {
        Some((_, end)) => Ok(Cow::Owned(format!("<?xml version=\"1.0\"?>{}", &text[end..]).into_bytes())),
        None => Ok(Cow::Owned(text.as_bytes().to_vec())),
    }
}
