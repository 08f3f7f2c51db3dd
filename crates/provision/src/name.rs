//! The name of a file as a phone asks for it, made safe: no name that passes can leave the folder it is looked up in.
//!
//! One rule for every road (TFTP, HTTP, HTTPS), so that no road opens what another one closes.

use std::borrow::Cow;
use std::fmt;

/// Longest name, in bytes. The longest a phone makes is a folder and a file of its configuration, 64 each.
pub const LONGEST: usize = 512;

/// Folder that the soft phone puts before every name.
const SOFT_PHONE_FOLDER: &str = "communicator";

/// How the bytes of a name were written by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// An HTTP path: `%xx` stands for a byte, and a query may follow a `?`.
    Percent,
    /// A TFTP name: the bytes themselves.
    Plain,
}

/// A relative file name of ordinary components joined by single slashes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FileName<'a>(Cow<'a, str>);

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left once slashes and the query are gone.
    #[error("the request names no file")]
    Empty,
    /// Longer than [`LONGEST`].
    #[error("the file name is longer than {LONGEST} bytes")]
    TooLong,
    /// Not UTF-8.
    #[error("the file name is not valid UTF-8")]
    NotUtf8,
    /// A NUL byte.
    #[error("the file name contains a NUL byte")]
    Nul,
    /// A control character.
    #[error("the file name contains a control character")]
    Control,
    /// A component `..`.
    #[error("the file name contains \"..\", which would lead out of the served folder")]
    Traversal,
    /// It ends in a slash.
    #[error("the request names a folder, and folders are not listed")]
    Folder,
}

impl<'a> FileName<'a> {
    /// Reads the name in a request.
    ///
    /// Leading slashes and the soft phone's `Communicator/` go; back-slashes, which only the soft phone writes, become
    /// slashes *before* anything is judged; doubled slashes and `.` components vanish. `%xx` is decoded once, so
    /// `%252e` stays the literal text `%2e`. A clean name is borrowed.
    pub fn parse(raw: &'a [u8], from: From) -> Result<Self, NameError> {
        let bytes = match from {
            From::Plain => Cow::Borrowed(raw),
            From::Percent => percent_decoded(without_query(raw))?,
        };
        // Four times: leading slashes and a folder that is dropped are not part of the name, but bound the work.
        if bytes.len() > 4 * LONGEST {
            return Err(NameError::TooLong);
        }
        let text = match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(str::from_utf8(bytes).map_err(|_| NameError::NotUtf8)?),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).map_err(|_| NameError::NotUtf8)?),
        };
        let text = if text.contains('\\') { Cow::Owned(text.replace('\\', "/")) } else { text };
        refuse_control_characters(&text)?;
        relative(text).map(Self)
    }

    /// The name, such as `SEP001122AABBCC.cnf.xml` or `Desktops/800x480x24/List.xml`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name, no longer borrowing the request.
    pub fn into_owned(self) -> FileName<'static> {
        FileName(Cow::Owned(self.0.into_owned()))
    }
}

/// A query is never part of a name; no phone sends one on the provisioning ports, but people's tools do.
fn without_query(raw: &[u8]) -> &[u8] {
    raw.split(|&byte| byte == b'?').next().unwrap_or_default()
}

fn percent_decoded(raw: &[u8]) -> Result<Cow<'_, [u8]>, NameError> {
    if !raw.contains(&b'%') {
        return Ok(Cow::Borrowed(raw));
    }
    // Three bytes a character is the most that encoding costs; beyond it decoding is not worth starting.
    if raw.len() > 3 * 4 * LONGEST {
        return Err(NameError::TooLong);
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                decoded.push(hex_value(*high) << 4 | hex_value(*low));
                after
            }
            // A percent sign that starts no code is a percent sign.
            _ => {
                decoded.push(first);
                tail
            }
        };
    }
    Ok(Cow::Owned(decoded))
}

fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

fn refuse_control_characters(text: &str) -> Result<(), NameError> {
    if text.contains('\0') {
        return Err(NameError::Nul);
    }
    if text.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    Ok(())
}

/// Cuts what comes before the name and judges the components that are left.
fn relative(text: Cow<'_, str>) -> Result<Cow<'_, str>, NameError> {
    let trimmed = text.trim_start_matches('/');
    let trimmed = without_soft_phone_folder(trimmed).trim_start_matches('/');
    if trimmed.is_empty() {
        return Err(NameError::Empty);
    }
    if trimmed.len() > LONGEST {
        return Err(NameError::TooLong);
    }
    let mut clean = true;
    for component in trimmed.split('/') {
        match component {
            ".." => return Err(NameError::Traversal),
            "" | "." => clean = false,
            _ => {}
        }
    }
    if trimmed.ends_with('/') || trimmed.ends_with("/.") || trimmed == "." {
        return Err(NameError::Folder);
    }
    if !clean {
        let kept: Vec<&str> = trimmed.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        return Ok(Cow::Owned(kept.join("/")));
    }
    let start = text.len() - trimmed.len();
    Ok(match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[start..]),
        Cow::Owned(mut text) => {
            text.drain(..start);
            Cow::Owned(text)
        }
    })
}

fn without_soft_phone_folder(text: &str) -> &str {
    match text.split_once('/') {
        Some((folder, rest)) if folder.eq_ignore_ascii_case(SOFT_PHONE_FOLDER) => rest,
        _ => text,
    }
}

impl fmt::Display for FileName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FileName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileName({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::From::{Percent, Plain};
    use super::*;

    #[test]
    fn names_that_phones_send() {
        for (raw, encoding, name) in [
            ("SEP001122AABBCC.cnf.xml", Plain, "SEP001122AABBCC.cnf.xml"),
            ("/SEP001122AABBCC.cnf.xml.sgn", Percent, "SEP001122AABBCC.cnf.xml.sgn"),
            ("/mk-sip.jar", Plain, "mk-sip.jar"),
            ("//g3-tones.xml", Plain, "g3-tones.xml"),
            ("/New_Zealand/g3-tones.xml.sgn", Percent, "New_Zealand/g3-tones.xml.sgn"),
            ("New_Zealand//g3-tones.xml", Plain, "New_Zealand/g3-tones.xml"),
            ("./Desktops/./320x212x16/List.xml", Plain, "Desktops/320x212x16/List.xml"),
            ("Communicator/SEP001122AABBCC.cnf.xml", Plain, "SEP001122AABBCC.cnf.xml"),
            ("\\communicator\\New_Zealand\\g3-tones.xml", Plain, "New_Zealand/g3-tones.xml"),
            ("/Old%20Ring.raw", Percent, "Old Ring.raw"),
            ("/Old%20Ring.raw", Plain, "Old%20Ring.raw"),
            ("/Ringlist.xml?name=SEP001122AABBCC&x=%00", Percent, "Ringlist.xml"),
            ("what?.xml", Plain, "what?.xml"),
            ("/what%3F.xml", Percent, "what?.xml"),
            ("/100%.xml", Percent, "100%.xml"),
            ("/a%zz%4.xml", Percent, "a%zz%4.xml"),
            ("/%252e%252e/passwd", Percent, "%2e%2e/passwd"),
            ("/a%2Fb.xml", Percent, "a/b.xml"),
            ("/%c3%a9.xml", Percent, "é.xml"),
            ("..name..xml", Plain, "..name..xml"),
            (".../x", Plain, ".../x"),
            ("Communicator", Plain, "Communicator"),
        ] {
            assert_eq!(
                FileName::parse(raw.as_bytes(), encoding).map(|n| n.to_string()),
                Ok(name.into()),
                "{raw}"
            );
        }
    }

    #[test]
    fn names_that_are_refused() {
        for (raw, encoding, error) in [
            (&b""[..], Plain, NameError::Empty),
            (b"///", Percent, NameError::Empty),
            (b"/?x=1", Percent, NameError::Empty),
            (b"Communicator/", Plain, NameError::Empty),
            (b"..", Plain, NameError::Traversal),
            (b"../etc/passwd", Plain, NameError::Traversal),
            (b"/a/../../b", Percent, NameError::Traversal),
            (b"/%2e%2e/etc/passwd", Percent, NameError::Traversal),
            (b"/.%2E%2fetc/passwd", Percent, NameError::Traversal),
            (b"..\\..\\boot.ini", Plain, NameError::Traversal),
            (b"/%2e%2e%5cboot.ini", Percent, NameError::Traversal),
            (b"Communicator\\..\\x", Plain, NameError::Traversal),
            (b"a/..", Plain, NameError::Traversal),
            (b"SEP\0.xml", Plain, NameError::Nul),
            (b"/SEP%00.xml", Percent, NameError::Nul),
            (b"a\nb", Plain, NameError::Control),
            (b"/a%0d%0ab", Percent, NameError::Control),
            (b"/a%7f", Percent, NameError::Control),
            (b"/a%c2%85b", Percent, NameError::Control),
            (b"\xff.xml", Plain, NameError::NotUtf8),
            (b"/%ff.xml", Percent, NameError::NotUtf8),
            (b"Desktops/", Plain, NameError::Folder),
            (b"Desktops/.", Plain, NameError::Folder),
            (b".", Plain, NameError::Folder),
            (b"\\Desktops\\", Plain, NameError::Folder),
        ] {
            assert_eq!(FileName::parse(raw, encoding), Err(error), "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn length_is_of_the_name_alone() {
        let longest = "x".repeat(LONGEST);
        assert!(FileName::parse(longest.as_bytes(), Plain).is_ok());
        assert!(FileName::parse(format!("//Communicator/{longest}").as_bytes(), Plain).is_ok());
        assert!(FileName::parse("%78".repeat(LONGEST).as_bytes(), Percent).is_ok());
        assert!(FileName::parse(format!("/{longest}?{longest}").as_bytes(), Percent).is_ok());
        for encoding in [Plain, Percent] {
            for size in [LONGEST + 1, 4096, 1 << 20] {
                assert_eq!(FileName::parse("x".repeat(size).as_bytes(), encoding), Err(NameError::TooLong));
            }
        }
        assert_eq!(FileName::parse("%78".repeat(LONGEST + 1).as_bytes(), Percent), Err(NameError::TooLong));
        assert_eq!(FileName::parse("%78".repeat(1 << 20).as_bytes(), Percent), Err(NameError::TooLong));
    }

    #[test]
    fn a_clean_name_is_borrowed() {
        for raw in ["/SEP001122AABBCC.cnf.xml", "Communicator/x.xml", "a/b/c"] {
            assert!(matches!(FileName::parse(raw.as_bytes(), Percent).unwrap().0, Cow::Borrowed(_)), "{raw}");
        }
    }

    fn stays_inside(name: &FileName<'_>) -> bool {
        let path = Path::new(name.as_str());
        let components: Vec<_> = path.components().collect();
        !components.is_empty()
            && components.iter().all(|part| matches!(part, Component::Normal(_)))
            && components.len() == name.as_str().split('/').count()
            && name.as_str().len() <= LONGEST
            && !name.as_str().contains(['\0', '\\'])
    }

    proptest! {
        #[test]
        fn no_accepted_name_leaves_its_folder(raw in any::<Vec<u8>>()) {
            for encoding in [Plain, Percent] {
                if let Ok(name) = FileName::parse(&raw, encoding) {
                    prop_assert!(stays_inside(&name));
                }
            }
        }

        #[test]
        fn nor_does_one_made_of_tricks(parts in prop::collection::vec(prop::sample::select(vec![
            "..", ".", "/", "\\", "%2e", "%2E", "%2f", "%5c", "%", "25", "a", "communicator", "Communicator/", "\0", "?", "é",
        ]), 0..12)) {
            let raw = parts.concat();
            for encoding in [Plain, Percent] {
                if let Ok(name) = FileName::parse(raw.as_bytes(), encoding) {
                    prop_assert!(stays_inside(&name), "{:?} gave {:?}", raw, name);
                    // The dropped folder may stand twice; apart from that a name is its own name.
                    let again = FileName::parse(name.as_str().as_bytes(), Plain).map(|n| n.to_string());
                    let folder = name.as_str().get(..13).is_some_and(|s| s.eq_ignore_ascii_case("communicator/"));
                    prop_assert!(folder || again == Ok(name.to_string()));
                }
            }
        }

        #[test]
        fn an_ordinary_name_comes_through(name in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}){0,3}") {
            prop_assume!(!name.to_ascii_lowercase().starts_with("communicator/"));
            for encoding in [Plain, Percent] {
                let parsed = FileName::parse(name.as_bytes(), encoding).unwrap();
                prop_assert_eq!(parsed.as_str(), name.as_str());
            }
        }
    }
}
