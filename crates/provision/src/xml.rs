//! The one XML writer. Whatever it is given, what comes out is well-formed, so a strange label cannot cost a phone
//! its configuration.

use std::borrow::Cow;

/// Bytes of what fills a screen, about: room for them is made once.
const SCREENFUL: usize = 1024;

/// Writes one document: a declaration, two spaces a level, a line feed after each element.
#[derive(Debug)]
pub struct Writer {
    out: String,
    open: Vec<Cow<'static, str>>,
    layout: Layout,
}

/// Whether a document is for people, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Two spaces a level, a line feed after each element.
    Indented,
    /// Everything on one line, for what must be short.
    Compact,
}

impl Writer {
    /// Begins a document with its root element.
    pub fn new(root: impl Into<Cow<'static, str>>, attributes: &[(&str, &str)]) -> Self {
        let mut writer = Self::bare(Layout::Indented);
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        writer.open(root, attributes);
        writer
    }

    /// The same, declared as `encoding`. The text it gives is still to be encoded like that.
    pub fn declared(
        encoding: &'static str,
        root: impl Into<Cow<'static, str>>,
        attributes: &[(&str, &str)],
    ) -> Self {
        debug_assert!(is_name(encoding), "{encoding:?} is no encoding");
        let mut writer = Self::bare(Layout::Indented);
        writer.out.reserve(SCREENFUL);
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"");
        writer.out.push_str(encoding);
        writer.out.push_str("\"?>\n");
        writer.open(root, attributes);
        writer
    }

    /// A document without a declaration, on one line.
    pub fn compact(root: impl Into<Cow<'static, str>>, attributes: &[(&str, &str)]) -> Self {
        let mut writer = Self::bare(Layout::Compact);
        writer.open(root, attributes);
        writer
    }

    fn bare(layout: Layout) -> Self {
        Self { out: String::new(), open: Vec::with_capacity(4), layout }
    }

    /// Begins an element that will hold others.
    pub fn open(&mut self, name: impl Into<Cow<'static, str>>, attributes: &[(&str, &str)]) -> &mut Self {
        let name = name.into();
        self.start(&name, attributes);
        self.out.push('>');
        self.end_line();
        self.open.push(name);
        self
    }

    /// Ends the element begun last.
    pub fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            self.indent();
            self.end(&name);
        }
        self
    }

    /// An element without content: `<name a="b"/>`.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.start(name, attributes);
        self.out.push_str("/>");
        self.end_line();
        self
    }

    /// An element that holds a text, perhaps an empty one: `<name>text</name>`.
    pub fn text(&mut self, name: &str, text: &str) -> &mut Self {
        self.text_with(name, &[], text)
    }

    /// The same with attributes.
    pub fn text_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.start(name, attributes);
        self.out.push('>');
        escape(&mut self.out, text, Place::Text);
        self.end(name);
        self
    }

    /// Ends every element still open and gives the document.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        debug_assert!(is_name(name), "{name:?} is no element name");
        self.indent();
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in attributes {
            debug_assert!(is_name(attribute), "{attribute:?} is no attribute name");
            self.out.push(' ');
            self.out.push_str(attribute);
            self.out.push_str("=\"");
            escape(&mut self.out, value, Place::Attribute);
            self.out.push('"');
        }
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.end_line();
    }

    fn end_line(&mut self) {
        if self.layout == Layout::Indented {
            self.out.push('\n');
        }
    }

    fn indent(&mut self) {
        if self.layout == Layout::Indented {
            for _ in 0..self.open.len() {
                self.out.push_str("  ");
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Text,
    Attribute,
}

/// Only the five entities that phones know; characters that XML or a phone's screen cannot hold are dropped.
fn escape(out: &mut String, text: &str, place: Place) {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    if text.bytes().all(plain) {
        return out.push_str(text);
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader turns a line break in an attribute into a space; say so at once.
            '\n' | '\r' | '\t' if place == Place::Attribute => out.push(' '),
            '\n' | '\r' | '\t' => out.push(c),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;
    use quick_xml::XmlVersion;
    use quick_xml::events::Event;

    use super::*;

    #[test]
    fn a_document_looks_like_one() {
        let mut writer = Writer::new("list", &[("name", "A & B")]);
        writer.open("ring", &[]).text("DisplayName", "<Bell>").text("Empty", "").close();
        writer.empty("TEMPLATE", &[("match", "*"), ("timeout", "3")]);
        writer.open("left", &[]).text_with("open", &[("a", "1")], "it's");
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<list name=\"A &amp; B\">
  <ring>
    <DisplayName>&lt;Bell&gt;</DisplayName>
    <Empty></Empty>
  </ring>
  <TEMPLATE match=\"*\" timeout=\"3\"/>
  <left>
    <open a=\"1\">it&apos;s</open>
  </left>
</list>
";
        assert_eq!(writer.finish(), expected);
    }

    #[test]
    fn a_document_may_be_short_or_of_another_encoding() {
        let mut writer = Writer::compact("a", &[]);
        writer.empty("b", &[("c", "1")]).text("d", "");
        assert_eq!(writer.finish(), "<a><b c=\"1\"/><d></d></a>");
        let declared = Writer::declared("ISO-8859-1", "a", &[]).finish();
        assert_eq!(declared, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>\n</a>\n");
    }

    #[test]
    fn what_no_phone_can_show_is_dropped() {
        let mut writer = Writer::new("a", &[("b", "x\0y\nz\u{1b}\u{7f}")]);
        writer.text("c", "\u{0}\u{8}\u{85}\u{FFFE}a\tb\nc\u{1F600}");
        assert_eq!(
            writer.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b=\"xy z\">\n  <c>a\tb\nc\u{1F600}</c>\n</a>\n"
        );
    }

    fn visible(text: &str) -> String {
        let kept = |c: &char| {
            matches!(c, '\n' | '\t' | '\r') || !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
        };
        text.chars().filter(kept).collect::<String>().replace("\r\n", "\n").replace('\r', "\n")
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text: String, value: String) {
            let mut writer = Writer::new("root", &[("value", &value)]);
            writer.text("text", &text);
            let document = writer.finish();
            let mut reader = quick_xml::Reader::from_str(&document);
            reader.config_mut().enable_all_checks(true);
            let (mut read, mut depth) = (String::new(), 0);
            loop {
                match reader.read_event().unwrap() {
                    Event::Start(start) => {
                        depth += 1;
                        if depth == 1 {
                            let attribute = start.try_get_attribute("value").unwrap().unwrap();
                            let expected: String = visible(&value).replace(['\n', '\t'], " ");
                            // `\r\n` is two spaces in an attribute that was written character by character.
                            let squeezed = |s: &str| s.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
                            let found = attribute.normalized_value(XmlVersion::Implicit1_0).unwrap();
                            prop_assert_eq!(squeezed(&found), squeezed(&expected));
                        }
                    }
                    Event::End(_) => depth -= 1,
                    Event::Text(part) if depth == 2 => read.push_str(&part.xml10_content()),
                    Event::GeneralRef(entity) => {
                        read.push_str(quick_xml::escape::resolve_xml_entity(&entity.xml10_content()).unwrap());
                    }
                    Event::Eof => break,
                    _ => {}
                }
            }
            prop_assert_eq!(depth, 0);
            prop_assert_eq!(read, visible(&text));
        }
    }
}
