//! XML as phones read it: five entities, no document type, nothing forgiven. The result is a small tree.

use std::borrow::Cow;

use quick_xml::{Reader, XmlVersion, events::BytesStart, events::Event};

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
    /// The text that stands directly in it.
    pub text: String,
}

/// No object is deeper than four elements.
const DEEPEST: usize = 16;
/// The largest object has 100 items of three elements.
const MOST_NODES: usize = 5_000;

impl Node {
    /// Reads a document whose text has been decoded.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        let (mut open, mut root, mut count) = (Vec::<Self>::new(), None, 0);
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            let (start, closes) = match &event {
                Event::Start(start) => (Some(start), false),
                Event::Empty(start) => (Some(start), true),
                Event::End(_) => (None, true),
                Event::Text(part) => {
                    add(&mut open, &part.xml10_content())?;
                    continue;
                }
                Event::CData(_) => return Err("a CDATA section, which phones do not read".to_owned()),
                Event::GeneralRef(name) => {
                    let character = quick_xml::escape::resolve_xml_entity(&name.xml10_content())
                        .map(Cow::Borrowed)
                        .ok_or_else(|| {
                            format!("the entity &{};, and phones know five only", name.xml10_content())
                        })?;
                    add(&mut open, &character)?;
                    continue;
                }
                Event::DocType(_) => return Err("a document type, which phones do not read".to_owned()),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
                Event::Eof => return root.ok_or_else(|| "no element at all".to_owned()),
            };
            if let Some(start) = start {
                count += 1;
                if count > MOST_NODES || open.len() >= DEEPEST {
                    return Err("more elements than any object has".to_owned());
                }
                if root.is_some() {
                    return Err("a second element beside the first".to_owned());
                }
                open.push(Self::begin(start)?);
            }
            if closes {
                let node = open.pop().ok_or("an end without its start")?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => root = Some(node),
                }
            }
        }
    }

    fn begin(start: &BytesStart<'_>) -> Result<Self, String> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
            attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
        }
        Ok(Self { name: start.name().as_ref().to_owned(), attributes, ..Self::default() })
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn add(open: &mut [Node], text: &str) -> Result<(), String> {
    if let Some(wrong) = text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(format!("the control character U+{:04X}", u32::from(wrong)));
    }
    match open.last_mut() {
        Some(node) => node.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("text outside the root element".to_owned()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn elements_attributes_and_texts() {
        let root = Node::parse("<?xml version='1.0'?><a k='1 &amp; 2'><b>x &lt; y</b><c/></a>").unwrap();
        assert_eq!((root.name.as_str(), root.attribute("k")), ("a", Some("1 & 2")));
        assert_eq!((root.children[0].text.as_str(), root.children.len()), ("x < y", 2));
    }

    #[test]
    fn what_phones_do_not_read_is_refused() {
        for (text, why) in [
            ("", "no element"),
            ("<a>", "a"),
            ("<a></b>", "b"),
            ("<a/><b/>", "second"),
            ("x", "outside"),
            ("<a>&nbsp;</a>", "nbsp"),
            ("<a>&#252;</a>", "#252"),
            ("<!DOCTYPE a><a/>", "document type"),
            ("<a><![CDATA[x]]></a>", "CDATA"),
            ("<a>\u{1}</a>", "U+0001"),
            ("<a b='1' b='2'/>", "b"),
            (&"<a>".repeat(20), "more elements"),
        ] {
            let refusal = Node::parse(text).unwrap_err();
            assert!(refusal.contains(why), "{text}: {refusal}");
        }
    }
}
