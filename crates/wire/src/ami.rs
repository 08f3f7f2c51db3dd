//! The manager interface of Asterisk over TCP: blocks of `Key: value` lines, an empty line at the end of each.
//!
//! Whoever manages a PBX is trusted with calls, not with memory: lines and blocks have caps.

use std::fmt::Write;

/// A line longer than this is no value that any version sends: the longest are lists of codecs.
const LONGEST_LINE: usize = 16 * 1024;
/// A peer has about a hundred keys, a channel a line for each variable.
const MOST_FIELDS: usize = 2048;
/// What Asterisk says first.
const BANNER: &str = "Asterisk Call Manager/";

/// An event, a response, or what is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    fields: Vec<(String, String)>,
}

/// What Asterisk is to do. `Debug` names it and no more: a log-in holds a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Action {
    name: String,
    fields: Vec<(String, String)>,
}

/// What comes out of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The greeting, with the version of the interface.
    Banner(String),
    /// A whole block.
    Message(Message),
}

/// What an action cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} of {action} would end its line: values for Asterisk hold no line breaks")]
pub struct EncodeError {
    /// The action.
    pub action: String,
    /// The key.
    pub key: String,
}

/// What Asterisk does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A line without end.
    #[error("a line of more than {LONGEST_LINE} bytes")]
    Line,
    /// A block without end.
    #[error("a block of more than {MOST_FIELDS} lines")]
    Fields,
}

impl Message {
    /// The value of a key, whatever its capitals; the first if there are several.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.0.eq_ignore_ascii_case(key))?;
        Some(&field.1)
    }

    /// Every value of a key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        let same = move |field: &&(String, String)| field.0.eq_ignore_ascii_case(key);
        self.fields.iter().filter(same).map(|(_, value)| value.as_str())
    }

    /// The name of the event, if it is one.
    #[must_use]
    pub fn event(&self) -> Option<&str> {
        self.get("Event")
    }

    /// It is the event of that name.
    #[must_use]
    pub fn is_event(&self, name: &str) -> bool {
        self.event().is_some_and(|event| event.eq_ignore_ascii_case(name))
    }

    /// Adds a field.
    pub fn push(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.fields.push((key.into(), value.into()));
    }

    /// It holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Message {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        Self { fields: fields.into_iter().map(|(key, value)| (key.into(), value.into())).collect() }
    }
}

impl Action {
    /// An action without parameters.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), fields: Vec::new() }
    }

    /// The same with a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.fields.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its parameters.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The block that asks for it; answers carry `id`.
    pub fn encode(&self, id: &str) -> Result<Vec<u8>, EncodeError> {
        let mut block = String::new();
        let named = [("Action", self.name.as_str()), ("ActionID", id)];
        for (key, value) in named.into_iter().chain(self.fields()) {
            if key.contains(['\r', '\n', ':', '\0']) || value.contains(['\r', '\n', '\0']) {
                return Err(EncodeError { action: self.name.clone(), key: key.to_owned() });
            }
            let _ = write!(block, "{key}: {value}\r\n");
        }
        block.push_str("\r\n");
        Ok(block.into_bytes())
    }
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Action").field(&self.name).finish()
    }
}

/// Takes bytes as they come and gives whole blocks.
#[derive(Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// How much of `bytes` has been used up.
    used: usize,
    message: Message,
}

impl Decoder {
    /// Takes bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole item; `None` until more bytes have come.
    pub fn next_item(&mut self) -> Result<Option<Item>, DecodeError> {
        loop {
            let rest = &self.bytes[self.used..];
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                return if rest.len() > LONGEST_LINE { Err(DecodeError::Line) } else { Ok(None) };
            };
            if end > LONGEST_LINE {
                return Err(DecodeError::Line);
            }
            let line = String::from_utf8_lossy(&rest[..end]);
            let line = line.trim_end_matches('\r');
            if line.is_empty() && !self.message.is_empty() {
                self.used += end + 1;
                return Ok(Some(Item::Message(std::mem::take(&mut self.message))));
            }
            if let (true, Some(version)) = (self.message.is_empty(), line.strip_prefix(BANNER)) {
                let banner = Item::Banner(version.to_owned());
                self.used += end + 1;
                return Ok(Some(banner));
            }
            if !line.is_empty() {
                if self.message.fields.len() == MOST_FIELDS {
                    return Err(DecodeError::Fields);
                }
                let (key, value) = line.split_once(':').unwrap_or(("", line));
                let field = (key.trim().to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned());
                self.message.fields.push(field);
            }
            self.used += end + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn all(bytes: &[u8], piece: usize) -> Result<Vec<Item>, DecodeError> {
        let (mut decoder, mut items) = (Decoder::default(), Vec::new());
        for piece in bytes.chunks(piece) {
            decoder.push(piece);
            while let Some(item) = decoder.next_item()? {
                items.push(item);
            }
        }
        Ok(items)
    }

    #[test]
    fn blocks_come_out_however_they_were_cut() {
        let bytes = "Asterisk Call Manager/5.0.2\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n\r\nEvent: \
                     ContactStatus\r\nAOR: 201\r\nURI:sip:201@192.0.2.7:5060\r\nno colon\r\n\r\nEvent: unfinished\r\n"
            .as_bytes();
        let response = Message::from_iter([("Response", "Success"), ("Message", "Authentication accepted")]);
        let event = Message::from_iter([
            ("Event", "ContactStatus"),
            ("AOR", "201"),
            ("URI", "sip:201@192.0.2.7:5060"),
            ("", "no colon"),
        ]);
        let expected =
            vec![Item::Banner("5.0.2".into()), Item::Message(response), Item::Message(event.clone())];
        for piece in 1..bytes.len() {
            assert_eq!(all(bytes, piece).unwrap(), expected, "in pieces of {piece}");
        }
        assert_eq!((event.get("aor"), event.get("nothing")), (Some("201"), None));
        assert!(event.is_event("contactstatus"));
    }

    #[test]
    fn what_has_no_end_is_refused() {
        assert_eq!(all(&vec![b'a'; LONGEST_LINE + 1], 4096), Err(DecodeError::Line));
        let mut line = vec![b'a'; LONGEST_LINE + 1];
        line.push(b'\n');
        assert_eq!(all(&line, usize::MAX), Err(DecodeError::Line));
        assert_eq!(all(&b"a: b\r\n".repeat(MOST_FIELDS + 1), 4096), Err(DecodeError::Fields));
    }

    #[test]
    fn actions_are_blocks_and_nobody_slips_one_in() {
        let login = Action::new("Login").with("Username", "offhook").with("Secret", "a: b");
        let expected = "Action: Login\r\nActionID: 7\r\nUsername: offhook\r\nSecret: a: b\r\n\r\n";
        assert_eq!(login.encode("7").unwrap(), expected.as_bytes());
        assert_eq!(format!("{login:?}"), r#"Action("Login")"#);
        let sly = Action::new("SIPshowpeer").with("Peer", "1\r\n\r\nAction: Originate");
        assert_eq!(sly.encode("7").unwrap_err().key, "Peer");
    }
}
