//! A command that a running server does for whoever typed it: what is sent there, and what comes back.
//!
//! The words travel as they were typed, and the server does what they say with its own program, as its own user, in the
//! name of whoever asks. Whatever only the one who typed them has (a file they name, a password they type, an answer) the
//! server asks for: it ends with a [`Piece`] that says what it wants, and is sent the same words again with it.

use std::io;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub mod host;
pub(super) mod send;

/// The most that is sent along with the words: a table of a hundred thousand phones is about half of that.
pub const MOST_BYTES: usize = 128 << 20;
/// More words than any shell lets through in practice.
pub const MOST_WORDS: usize = 20_000;

/// What a server is asked to do.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    /// The words behind `offhook`, as a shell gives them: `["phone", "list", "--json"]`.
    #[schema(min_items = 1, max_items = 20000)]
    pub words: Vec<String>,
    /// Whether the answer may hold colours for a terminal.
    #[serde(default)]
    pub colours: bool,
    /// Whether somebody is there who can be asked.
    #[serde(default)]
    pub person: bool,
    /// What was asked for before.
    #[serde(default)]
    pub given: Vec<Given>,
}

/// Something that only whoever typed the words has.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// What it is.
    pub what: Asked,
    /// It; nothing if it cannot be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub it: Option<Content>,
    /// Why it cannot be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What a command wants from whoever typed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// What is in a file that the words name; `-` is standard input.
    File(String),
    /// A password: `@FILE` or `@-`, and what it is for.
    Password {
        /// As it was written.
        written: String,
        /// In the words of whoever is asked.
        what_for: String,
    },
    /// An answer to a question.
    Answer(String),
}

/// Bytes, readable where they are text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text(String),
    /// Anything else, in hexadecimal.
    Hex(String),
}

/// One piece of what comes back; each is a line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// The first: which offhook does it.
    Version(String),
    /// The command still runs.
    Running(bool),
    /// For standard output.
    Out(Content),
    /// For standard error.
    Err(String),
    /// A file for whoever typed the words, below a path that they name.
    File(Written),
    /// The last: it cannot go on without that.
    Wants(Asked),
    /// The last: it ended with this exit code.
    Ended(u8),
}

/// A file that a command writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Written {
    /// Where to.
    pub path: String,
    /// What is in it.
    pub bytes: Content,
    /// Only its owner may read it.
    pub private: bool,
    /// It must not be there yet.
    pub fresh: bool,
}

impl From<&[u8]> for Content {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Hex(pki::digest::hex(bytes)),
        }
    }
}

impl Content {
    /// The bytes themselves.
    pub fn bytes(self) -> io::Result<Vec<u8>> {
        let text = match self {
            Self::Text(text) => return Ok(text.into_bytes()),
            Self::Hex(text) => text,
        };
        let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        bytes.ok_or_else(|| io::Error::other("what was sent is not hexadecimal"))
    }
}

/// What is given may be a password.
impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({:?})", self.what)
    }
}

/// What is printed may be one, too.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Self::Text(text) | Self::Hex(text)) = self;
        write!(f, "Content({} letters)", text.len())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn any_bytes_arrive() {
        for bytes in [&b""[..], b"text \xc3\xa4", b"\x00\xff\x80", b"\xff"] {
            let line = serde_json::to_string(&Content::from(bytes)).unwrap();
            assert_eq!(serde_json::from_str::<Content>(&line).unwrap().bytes().unwrap(), bytes);
        }
        for wrong in ["f", "0g", "ä"] {
            assert!(Content::Hex(wrong.to_owned()).bytes().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_given_and_printed_is_not_shown() {
        let given = Given {
            what: Asked::File("key".to_owned()),
            it: Some(Content::Text("s3cret".to_owned())),
            problem: None,
        };
        assert!(!format!("{given:?}{:?}", Piece::Out(Content::Text("s3cret".to_owned()))).contains("s3cret"));
    }
}
