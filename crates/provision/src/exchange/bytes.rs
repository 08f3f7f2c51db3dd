//! From bytes to text: which characters a file is written in.

use std::borrow::Cow;

use super::{Faults, Format, Place};

/// 100,000 phones with twenty columns are about 30 MB.
const MOST_BYTES: usize = 256 << 20;

/// What bytes 0x80 to 0x9F mean in tables that spreadsheets write in the West; the other bytes are Latin-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file, and what should be said about how it was read.
pub(crate) fn text(bytes: &[u8], format: Format) -> Result<(Cow<'_, str>, Option<String>), Faults> {
    let refuse = |problem: &str| Err(Faults::one(Place::whole(), problem));
    if bytes.len() > MOST_BYTES {
        return refuse("is larger than 256 MB: split it");
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return refuse("is a spreadsheet, not a table as text: save it as CSV (UTF-8)");
    }
    match bytes {
        [0xFF, 0xFE, rest @ ..] => return wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => return wide(rest, u16::from_be_bytes),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.contains(&0) {
        return refuse("holds NUL bytes: it is not text, or UTF-16 without a mark; save it as UTF-8");
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((Cow::Borrowed(text), None)),
        Err(_) if format == Format::Csv => {
            let remark =
                "the file is not UTF-8; it was read as Windows-1252 (Western European): look at the umlauts";
            Ok((Cow::Owned(western(bytes)), Some(remark.to_owned())))
        }
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
            refuse(&format!("is not UTF-8: look at line {line}"))
        }
    }
}

/// UTF-16, as "Unicode text" of spreadsheets.
fn wide(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(Cow<'static, str>, Option<String>), Faults> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok((Cow::Owned(text), None)),
        _ => Err(Faults::one(Place::whole(), "begins as UTF-16 and does not go on so: save it as UTF-8")),
    }
}

fn western(bytes: &[u8]) -> String {
    let character = |byte: &u8| match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(character).collect()
}
