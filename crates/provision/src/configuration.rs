//! A phone's configuration as XML. For now one question: what may be told of it before the phone can decrypt it.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::xml::Writer;

/// Elements that a phone needs before it can read the rest: how to reach its enrolment service and which software
/// to run.
const TOLD_BEFOREHAND: [&str; 4] = ["ipAddressMode", "loadInformation", "capfAuthMode", "capfList"];

/// Why a configuration has no stub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StubError {
    /// Not well-formed.
    #[error("the configuration is not well-formed XML at byte {position}: {reason}")]
    Malformed {
        /// Bytes from the start.
        position: u64,
        /// What the XML reader says.
        reason: String,
    },
    /// An entity that is not one of the five.
    #[error("the configuration uses the entity &{name}; at byte {position}, which phones do not know")]
    UnknownEntity {
        /// Bytes from the start.
        position: u64,
        /// Between `&` and `;`.
        name: String,
    },
    /// Another root element.
    #[error("the configuration begins with <{found}>, not with <device>")]
    NotADevice {
        /// Its name.
        found: String,
    },
    /// It stops before `</device>`, or holds no element at all.
    #[error("the configuration ends before </device>")]
    Unfinished,
    /// Something follows `</device>`.
    #[error("the configuration goes on after </device> at byte {position}")]
    Trailing {
        /// Bytes from the start.
        position: u64,
    },
}

/// The short `<device>` that stands, signed, beside an encrypted configuration: what the phone must know to ask for
/// the encrypted one, or to enrol first when its certificate is not the one meant.
///
/// `certificate_hash` is the lower-case hexadecimal MD5 of the certificate that the configuration is encrypted to.
pub fn stub(full_xml: &str, certificate_hash: &str) -> Result<String, StubError> {
    let mut copy = Copy::new(full_xml);
    copy.run()?;
    let mut writer = copy.writer;
    writer.text("certHash", certificate_hash).text("encrConfig", "true");
    Ok(writer.finish())
}

/// Walks the full configuration and copies the elements wanted, without a tree and without recursion.
struct Copy<'a> {
    reader: Reader<&'a [u8]>,
    writer: Writer,
    /// Open elements, the root included.
    depth: usize,
    /// Whether the walk is inside an element that is copied.
    copying: bool,
    /// The element begun last, not yet known to hold text or elements.
    begun: Option<Begun>,
    finished: bool,
}

struct Begun {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl<'a> Copy<'a> {
    fn new(full_xml: &'a str) -> Self {
        let mut reader = Reader::from_str(full_xml.trim_start_matches('\u{FEFF}'));
        reader.config_mut().expand_empty_elements = true;
        let mut writer = Writer::new("device", &[]);
        writer.text("fullConfig", "false");
        Self { reader, writer, depth: 0, copying: false, begun: None, finished: false }
    }

    fn run(&mut self) -> Result<(), StubError> {
        loop {
            let event = self.reader.read_event().map_err(|error| self.malformed(error))?;
            match event {
                Event::Start(start) => self.start(&start)?,
                Event::End(_) => self.end(),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(entity) => {
                    let resolved = self.resolve(&entity)?;
                    self.text(&resolved);
                }
                Event::Eof if self.finished => return Ok(()),
                Event::Eof => return Err(StubError::Unfinished),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), StubError> {
        let name = start.name();
        let name = name.as_ref();
        match self.depth {
            0 if self.finished => {
                return Err(StubError::Trailing { position: self.reader.buffer_position() });
            }
            0 if name != "device" => return Err(StubError::NotADevice { found: name.to_owned() }),
            0 => {}
            1 => self.copying = TOLD_BEFOREHAND.contains(&name),
            _ => {}
        }
        let attributes = self.attributes(start)?;
        self.depth += 1;
        if self.copying {
            if let Some(parent) = self.begun.take() {
                self.writer.open(parent.name, &borrowed(&parent.attributes));
            }
            self.begun = Some(Begun { name: name.to_owned(), attributes, text: String::new() });
        }
        Ok(())
    }

    fn end(&mut self) {
        self.depth -= 1;
        self.finished = self.depth == 0;
        if !self.copying {
            return;
        }
        match self.begun.take() {
            Some(leaf) => {
                let text = if leaf.text.trim().is_empty() { "" } else { &leaf.text };
                self.writer.text_with(&leaf.name, &borrowed(&leaf.attributes), text);
            }
            None => {
                self.writer.close();
            }
        }
        self.copying = self.depth > 1;
    }

    fn text(&mut self, text: &str) {
        if let Some(begun) = &mut self.begun {
            begun.text.push_str(text);
        }
    }

    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<(String, String)>, StubError> {
        let read = |attribute: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
            let attribute = attribute.map_err(|error| self.malformed(error))?;
            let value =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| self.malformed(error))?;
            Ok((attribute.key.as_ref().to_owned(), value.into_owned()))
        };
        start.attributes().map(read).collect()
    }

    fn resolve(&self, entity: &BytesRef<'_>) -> Result<String, StubError> {
        if let Some(character) = entity.resolve_char_ref().map_err(|error| self.malformed(error))? {
            return Ok(character.into());
        }
        let name = entity.xml10_content();
        match quick_xml::escape::resolve_xml_entity(&name) {
            Some(text) => Ok(text.to_owned()),
            None => Err(StubError::UnknownEntity {
                position: self.reader.buffer_position(),
                name: name.into_owned(),
            }),
        }
    }

    fn malformed(&self, error: impl std::fmt::Display) -> StubError {
        StubError::Malformed { position: self.reader.buffer_position(), reason: error.to_string() }
    }
}

fn borrowed(attributes: &[(String, String)]) -> Vec<(&str, &str)> {
    attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    const FULL: &str = include_str!("../vectors/enc-plain.SEP58971ECC97C1.cnf.xml");
    const HASH: &str = "e0f19808c148a1a03f05606be531b97c";

    /// What follows a signed file's header, whose length stands in its second element.
    fn payload(signed: &[u8]) -> &str {
        let header = u16::from_be_bytes([signed[8], signed[9]]);
        str::from_utf8(&signed[usize::from(header)..]).unwrap()
    }

    #[test]
    fn the_stub_is_the_one_a_working_server_makes() {
        for signed in [
            &include_bytes!("../vectors/enc-sha1-stub.SEP58971ECC97C1.cnf.xml.sgn")[..],
            &include_bytes!("../vectors/enc-sha512-stub.SEP58971ECC97C1.cnf.xml.sgn")[..],
        ] {
            assert_eq!(stub(FULL, HASH).unwrap(), payload(signed));
        }
    }

    #[test]
    fn only_direct_children_count_and_order_is_the_documents() {
        let full = "\u{FEFF}<!-- c --><device a='1'><x><ipAddressMode>9</ipAddressMode></x>\
            <capfList b=\"&lt;&#65;\"><capf><host>a&amp;b<![CDATA[<c>]]></host><empty/></capf> </capfList>\
            <loadInformation/><certHash>no</certHash><ipAddressMode> 2 </ipAddressMode></device>\n<!-- end -->";
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<device>
  <fullConfig>false</fullConfig>
  <capfList b=\"&lt;A\">
    <capf>
      <host>a&amp;b&lt;c&gt;</host>
      <empty></empty>
    </capf>
  </capfList>
  <loadInformation></loadInformation>
  <ipAddressMode> 2 </ipAddressMode>
  <certHash>00</certHash>
  <encrConfig>true</encrConfig>
</device>
";
        assert_eq!(stub(full, "00").unwrap(), expected);
    }

    #[test]
    fn a_configuration_without_any_of_them_still_says_what_it_is() {
        let text = stub("<device/>", HASH).unwrap();
        assert!(text.contains("<fullConfig>false</fullConfig>\n  <certHash>"));
    }

    #[test]
    fn broken_configurations_are_named() {
        assert_eq!(stub("", HASH), Err(StubError::Unfinished));
        assert_eq!(stub("no XML at all", HASH), Err(StubError::Unfinished));
        assert_eq!(stub("<device><capfList>", HASH), Err(StubError::Unfinished));
        assert_eq!(stub("<Default/>", HASH), Err(StubError::NotADevice { found: "Default".into() }));
        assert!(matches!(stub("<device></devise>", HASH), Err(StubError::Malformed { .. })));
        assert!(matches!(stub("<device></device></device>", HASH), Err(StubError::Malformed { .. })));
        assert!(matches!(stub("<device a=1/>", HASH), Err(StubError::Malformed { .. })));
        assert!(matches!(stub("<device/><device/>", HASH), Err(StubError::Trailing { .. })));
        let unknown = stub("<device><loadInformation>&nbsp;</loadInformation></device>", HASH);
        assert!(matches!(unknown, Err(StubError::UnknownEntity { name, .. }) if name == "nbsp"));
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let (open, close) = ("<a>".repeat(100_000), "</a>".repeat(100_000));
        let full = format!("<device><x>{open}{close}</x></device>");
        assert!(stub(&full, HASH).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = stub(&text, HASH);
        }

        #[test]
        fn nor_does_a_cut_configuration(end in 0..FULL.len(), hash: String) {
            let _ = stub(&FULL[..end], &hash);
        }
    }
}
