//! A strict walk over an XML document: a phone drops a whole file that is not well-formed, so nothing is forgiven here.

use std::borrow::Cow;

use quick_xml::{Reader, XmlVersion, events::BytesStart, events::Event};

/// What the walk meets, at the path of names it stands on (`device/sipProfile/softKeyFile`).
pub(crate) enum Node<'a> {
    /// An element opens, with these attributes.
    Open(&'a [(String, String)]),
    /// An element closes; the text that stood directly in it, trimmed.
    Close(&'a str),
}

/// A document that is not well-formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct XmlError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// More nested elements than any phone file has; a deeper one is an attack or a mistake.
const DEEPEST: usize = 64;

/// Walks over a document and gives the name of its root.
pub(crate) fn walk(bytes: &[u8], mut visit: impl FnMut(&str, Node<'_>)) -> Result<String, XmlError> {
    let text = decode(bytes)?;
    let mut walk = Walk { reader: Reader::from_str(&text), path: String::new(), texts: vec![], root: None };
    walk.reader.config_mut().enable_all_checks(true);
    walk.run(&mut visit)
        .map_err(|what| XmlError { line: line_of(&text, walk.reader.error_position()), what })?;
    walk.root.ok_or_else(|| XmlError { line: 1, what: "no element at all".to_owned() })
}

struct Walk<'a> {
    reader: Reader<&'a [u8]>,
    path: String,
    /// The text of every open element, the innermost last.
    texts: Vec<String>,
    root: Option<String>,
}

impl Walk<'_> {
    fn run(&mut self, visit: &mut impl FnMut(&str, Node<'_>)) -> Result<(), String> {
        loop {
            match self.reader.read_event().map_err(|e| e.to_string())? {
                Event::Start(start) => self.open(&start, visit)?,
                Event::Empty(start) => {
                    self.open(&start, visit)?;
                    self.close(visit);
                }
                Event::End(_) => self.close(visit),
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|e| e.to_string())?;
                    let resolved = match character {
                        Some(character) => Cow::Owned(character.to_string()),
                        None => named_entity(&reference)?.into(),
                    };
                    self.text(&resolved)?;
                }
                Event::Eof if self.texts.is_empty() => return Ok(()),
                Event::Eof => return Err(format!("the file ends inside <{}>", last_name(&self.path))),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn open(&mut self, start: &BytesStart<'_>, visit: &mut impl FnMut(&str, Node<'_>)) -> Result<(), String> {
        let qualified = start.name();
        let name: &str = qualified.as_ref();
        if self.texts.is_empty() && self.root.is_some() {
            return Err(format!("a second root element <{name}>"));
        }
        if self.texts.len() == DEEPEST {
            return Err(format!("elements nested deeper than {DEEPEST}"));
        }
        if name.is_empty() {
            return Err("an element without a name".to_owned());
        }
        self.root.get_or_insert_with(|| name.to_owned());
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        self.texts.push(String::new());
        let attributes = attributes(start)?;
        visit(&self.path, Node::Open(&attributes));
        Ok(())
    }

    fn close(&mut self, visit: &mut impl FnMut(&str, Node<'_>)) {
        let text = self.texts.pop().expect("the reader checks that every end has its start");
        visit(&self.path, Node::Close(text.trim()));
        self.path.truncate(self.path.rfind('/').unwrap_or(0));
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        // All control characters that XML forbids are single bytes in UTF-8.
        let forbidden = |byte: &&u8| **byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        if let Some(wrong) = text.as_bytes().iter().find(forbidden) {
            return Err(format!("the control character U+{wrong:04X}"));
        }
        match self.texts.last_mut() {
            Some(open) => open.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("text outside the root element".to_owned()),
        }
        Ok(())
    }
}

fn attributes(start: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let pair = |attribute: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
        let attribute = attribute.map_err(|e: quick_xml::events::attributes::AttrError| e.to_string())?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| e.to_string())?;
        let key: &str = attribute.key.as_ref();
        if attribute.value.contains('<') {
            return Err(format!("a `<` in the attribute {key}: write &lt;"));
        }
        Ok((key.to_owned(), value.into_owned()))
    };
    start.attributes().map(pair).collect()
}

fn named_entity(name: &str) -> Result<&'static str, String> {
    match name {
        "amp" => Ok("&"),
        "lt" => Ok("<"),
        "gt" => Ok(">"),
        "quot" => Ok("\""),
        "apos" => Ok("'"),
        _ => Err(format!("the unknown entity &{name};: write &amp; for a bare &")),
    }
}

/// UTF-8, with or without a byte order mark, or Latin-1 when the document says so.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if says_latin_1(bytes) => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Err(e) => {
            let before = &bytes[..e.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            Err(XmlError { line, what: "bytes that are not UTF-8".to_owned() })
        }
    }
}

fn says_latin_1(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'>').next().unwrap_or_default();
    let line = line.to_ascii_lowercase();
    line.starts_with(b"<?xml") && line.windows(10).any(|window| window == b"iso-8859-1")
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn line_of(text: &str, offset: u64) -> usize {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
    1 + text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn leaves(document: &str) -> Vec<(String, String)> {
        let mut leaves = vec![];
        walk(document.as_bytes(), |path, node| match node {
            Node::Open(attributes) => {
                leaves
                    .extend(attributes.iter().map(|(key, value)| (format!("{path}/@{key}"), value.clone())));
            }
            Node::Close(text) if !text.is_empty() => leaves.push((path.to_owned(), text.to_owned())),
            Node::Close(_) => {}
        })
        .unwrap();
        leaves
    }

    fn refusal(document: &[u8]) -> String {
        walk(document, |_, _| ()).unwrap_err().to_string()
    }

    #[test]
    fn paths_texts_and_attributes_are_given() {
        let document =
            "<?xml version=\"1.0\"?>\n<!-- x --><a k='1 &amp; 2'>\n <b> R&#252;ck &amp; vor </b><c/>\n</a>\n";
        assert_eq!(leaves(document), [("a/@k".into(), "1 & 2".into()), ("a/b".into(), "Rück & vor".into())]);
    }

    #[test]
    fn a_byte_order_mark_and_latin_1_are_read() {
        assert_eq!(walk(b"\xef\xbb\xbf<a/>", |_, _| ()), Ok("a".to_owned()));
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>";
        let mut texts = vec![];
        walk(latin, |_, node| {
            if let Node::Close(text) = node {
                texts.push(text.to_owned())
            }
        })
        .unwrap();
        assert_eq!(texts, ["ü"]);
    }

    #[test]
    fn nothing_malformed_passes() {
        for (document, expected) in [
            (&b""[..], "no element"),
            (b"hello", "outside the root"),
            (b"<a>", "ends inside <a>"),
            (b"<a>\n<b></a>", "line 2"),
            (b"<a/><b/>", "second root"),
            (b"<a/>x", "outside the root"),
            (b"<a>R & D</a>", "line 1"),
            (b"<a>&nbsp;</a>", "&nbsp;"),
            (b"<a k='1' k='2'/>", "duplicate"),
            (b"<a k=1/>", "attribute"),
            (b"<a k='<'/>", "&lt;"),
            (b"<a>\x01</a>", "U+0001"),
            (b"<a>\n\xfc</a>", "line 2: bytes that are not UTF-8"),
            (b"\x01\x00\x02", "U+0001"),
            (b"</a>", "line 1"),
        ] {
            let refusal = refusal(document);
            assert!(refusal.contains(expected), "{:?}: {refusal}", String::from_utf8_lossy(document));
        }
        assert!(refusal("<a>".repeat(65).as_bytes()).contains("deeper"));
    }
}
