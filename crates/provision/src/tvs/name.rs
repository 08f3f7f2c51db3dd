//! Distinguished names as everybody writes them a little differently, compared attribute by attribute.
//!
//! Phones join attributes with `;`, trust lists with `,`, some programs with `/`; some begin with the common name and
//! some with the country. Values are escaped as RFC 4514 says, in quotes, or not at all: a separator counts only where a
//! new attribute begins behind it, so `O=Example, Inc.;C=NZ` has two. As in X.500, the case of letters tells nothing apart,
//! nor do blanks around a value or several instead of one.

use std::fmt;
use std::hash::{Hash, Hasher};

/// A distinguished name. Two are equal when they have the same attributes, whatever order and case they were written in.
#[derive(Clone, Debug, Default)]
pub struct Name {
    /// In the order of what is compared.
    attributes: Vec<Attribute>,
}

#[derive(Clone, Debug)]
struct Attribute {
    kind: String,
    /// As it was written, for people.
    value: String,
    /// What is compared.
    folded: String,
}

impl Attribute {
    fn new(kind: String, value: String) -> Self {
        let mut folded = String::with_capacity(value.len());
        for word in value.split_whitespace() {
            if !folded.is_empty() {
                folded.push(' ');
            }
            // Letter by letter: what stands beside one must not change it.
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
        Self { kind, value, folded }
    }

    fn key(&self) -> (&str, &str) {
        (&self.kind, &self.folded)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.attributes.iter().map(Attribute::key).eq(other.attributes.iter().map(Attribute::key))
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.attributes.len().hash(state);
        self.attributes.iter().for_each(|attribute| attribute.key().hash(state));
    }
}

/// Types that go by several words, each with the one used here first.
const WORDS: [(&str, &[&str]); 14] = [
    ("CN", &["COMMONNAME", "2.5.4.3"]),
    ("L", &["LOCALITYNAME", "2.5.4.7"]),
    ("ST", &["S", "SP", "STATEORPROVINCENAME", "2.5.4.8"]),
    ("O", &["ORGANIZATIONNAME", "2.5.4.10"]),
    ("OU", &["ORGANIZATIONALUNITNAME", "2.5.4.11"]),
    ("C", &["COUNTRYNAME", "2.5.4.6"]),
    ("STREET", &["STREETADDRESS", "2.5.4.9"]),
    ("DC", &["DOMAINCOMPONENT", "0.9.2342.19200300.100.1.25"]),
    ("UID", &["USERID", "0.9.2342.19200300.100.1.1"]),
    ("EMAILADDRESS", &["E", "EMAIL", "1.2.840.113549.1.9.1"]),
    ("SERIALNUMBER", &["2.5.4.5"]),
    ("TITLE", &["T", "2.5.4.12"]),
    ("SN", &["SURNAME", "2.5.4.4"]),
    ("GN", &["GIVENNAME", "2.5.4.42"]),
];

impl Name {
    /// Reads a name. Any text is one; a text that is no name equals only itself.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (separators, text): (&[u8], _) = match text.strip_prefix('/') {
            Some(text) if starts_attribute(text) => (b"/", text),
            _ => (b",;+", text),
        };
        let mut attributes: Vec<_> = split(text, separators).into_iter().map(attribute).collect();
        attributes.sort_by(|one, other| one.key().cmp(&other.key()));
        Self { attributes }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Attribute { kind, value, .. }) in self.attributes.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            let equals = if kind.is_empty() { "" } else { "=" };
            write!(f, "{comma}{kind}{equals}")?;
            let last = value.chars().count().saturating_sub(1);
            for (index, char) in value.chars().enumerate() {
                let is_edge = char == ' ' && (index == 0 || index == last);
                let escaped = is_edge || matches!(char, '\\' | '"' | '+' | ',' | ';' | '<' | '>' | '/' | '=');
                write!(f, "{}{char}", if escaped { "\\" } else { "" })?;
            }
        }
        Ok(())
    }
}

/// The parts of `text` between those separators behind which a new attribute begins.
fn split<'a>(text: &'a str, separators: &[u8]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut begin, mut escaped, mut quoted, mut last) = (0, false, false, b' ');
    for (at, byte) in text.bytes().enumerate() {
        let is_plain = !escaped;
        escaped = byte == b'\\' && is_plain;
        // Quotes are such only around a whole value; elsewhere one may be an inch.
        if byte == b'"' && is_plain {
            quoted = !quoted && last == b'=';
        }
        let rest = || text.get(at + 1..).unwrap_or_default();
        if is_plain && !quoted && separators.contains(&byte) && starts_attribute(rest()) {
            parts.extend(text.get(begin..at));
            begin = at + 1;
        }
        if byte != b' ' {
            last = byte;
        }
    }
    parts.extend(text.get(begin..));
    parts
}

/// Whether `text` goes on with a type and `=`.
fn starts_attribute(text: &str) -> bool {
    let is_kind = |kind: &str| {
        !kind.is_empty()
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    };
    text.split_once('=').is_some_and(|(kind, _)| is_kind(kind.trim()))
}

fn attribute(part: &str) -> Attribute {
    match part.split_once('=') {
        Some((kind, text)) if starts_attribute(part) => Attribute::new(word(kind.trim()), value(text)),
        _ => Attribute::new(String::new(), value(part)),
    }
}

/// The word used here for a type.
fn word(kind: &str) -> String {
    let kind = kind.to_ascii_uppercase();
    let number = kind.trim_start_matches("OID.");
    let kind = if number.is_empty() { &kind } else { number };
    let known = WORDS.iter().find(|(_, others)| others.contains(&kind));
    known.map_or(kind, |(word, _)| word).to_owned()
}

/// A value without its escapes, its quotes and the blanks around it.
fn value(text: &str) -> String {
    let text = text.trim_start_matches(' ');
    let quoted = text.trim_end_matches(' ').strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    // A quote behind a backslash is a letter like any other.
    let quoted = quoted.filter(|text| !text.ends_with('\\'));
    let mut bytes = Vec::with_capacity(text.len());
    // The length up to which blanks at the end count.
    let mut kept = 0;
    let mut rest = quoted.unwrap_or(text).as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let (byte, len) = match escape(behind).filter(|_| *first == b'\\') {
            Some((byte, len)) => (byte, len + 1),
            None => (*first, 1),
        };
        bytes.push(byte);
        if byte != b' ' || len > 1 || quoted.is_some() {
            kept = bytes.len();
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    bytes.truncate(kept);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What stands for one byte behind a backslash, and how long it is: `2C`, `xC3`, or the letter itself.
fn escape(behind: &[u8]) -> Option<(u8, usize)> {
    let hex = |digits: Option<&[u8]>| {
        let digits = str::from_utf8(digits?).ok().filter(|digits| !digits.starts_with('+'))?;
        u8::from_str_radix(digits, 16).ok()
    };
    if behind.first() == Some(&b'x')
        && let Some(byte) = hex(behind.get(1..3))
    {
        return Some((byte, 3));
    }
    hex(behind.get(..2)).map(|byte| (byte, 2)).or_else(|| behind.first().map(|byte| (*byte, 1)))
}
