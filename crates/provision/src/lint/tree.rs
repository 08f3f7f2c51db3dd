//! A document as elements that know where they stand: read once, without recursion, stopped at the first fault.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// The largest file anybody wrote for a phone is a ring list of some kilobytes; a configuration with every key of three
/// modules stays below 200 KiB.
const MOST_BYTES: usize = 4 << 20;

/// A configuration is eight deep.
const MOST_DEEP: usize = 64;

/// The most any element has is seven; looking for one that stands there twice takes the square of their number.
const MOST_ATTRIBUTES: usize = 64;

/// A whole document.
#[derive(Debug)]
pub(crate) struct Tree {
    elements: Vec<Element>,
}

/// An element and where it stands.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The byte of its `<`.
    pub(crate) at: usize,
    pub(crate) attributes: Vec<Attribute>,
    /// All text directly in it.
    pub(crate) text: String,
    /// Where that begins; 0 while it is blank.
    pub(crate) text_at: usize,
    children: Vec<usize>,
}

/// An attribute and where it stands.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) at: usize,
}

/// Why a document cannot be read.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) rule: &'static str,
    pub(crate) at: usize,
    pub(crate) message: String,
}

impl Fault {
    fn malformed(at: usize, message: impl ToString) -> Self {
        Self { rule: "xml-malformed", at, message: message.to_string() }
    }
}

impl Tree {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MOST_BYTES {
            let message = format!("{} bytes are more than any phone reads", bytes.len());
            return Err(Fault { rule: "xml-too-large", at: 0, message });
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let message = "bytes that are not UTF-8".to_owned();
                return Err(Fault { rule: "xml-encoding", at: error.valid_up_to(), message });
            }
        };
        let marked = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Parser { before: text.len() - marked.len(), elements: Vec::new(), open: Vec::new() }.run(marked)
    }

    pub(crate) fn root(&self) -> &Element {
        &self.elements[0]
    }

    pub(crate) fn children<'a>(&'a self, element: &'a Element) -> impl Iterator<Item = &'a Element> {
        element.children.iter().map(|place| &self.elements[*place])
    }

    /// The first child of that name.
    pub(crate) fn child<'a>(&'a self, element: &'a Element, name: &str) -> Option<&'a Element> {
        self.children(element).find(|child| child.name == name)
    }

    /// The first name of an element or attribute that no writer of XML could write, and where it stands. Phones do not mind, and
    /// neither does the reader.
    pub(crate) fn misnamed(&self) -> Option<(&str, usize)> {
        let bad = |name: &str| !crate::xml::is_name(name);
        self.elements.iter().find_map(|element| {
            let attribute = element.attributes.iter().find(|attribute| bad(&attribute.name));
            let attribute = attribute.map(|attribute| (attribute.name.as_str(), attribute.at));
            if bad(&element.name) { Some((element.name.as_str(), element.at)) } else { attribute }
        })
    }

    /// The first element on that way down.
    pub(crate) fn find(&self, path: &str) -> Option<&Element> {
        path.split('/').try_fold(self.root(), |element, name| self.child(element, name))
    }
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The same name but for large and small letters.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Its text without blanks around.
    pub(crate) fn value(&self) -> &str {
        self.text.trim()
    }

    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }
}

struct Parser {
    /// Bytes in front of what the reader sees.
    before: usize,
    elements: Vec<Element>,
    open: Vec<usize>,
}

impl Parser {
    fn run(mut self, text: &str) -> Result<Tree, Fault> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        loop {
            let at = self.before + usize::try_from(reader.buffer_position()).unwrap_or(0);
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    let at = self.before + usize::try_from(reader.error_position()).unwrap_or(0);
                    return Err(Fault::malformed(at, error));
                }
            };
            match event {
                Event::Decl(declaration) => self.declaration(&declaration, at)?,
                Event::Start(start) => self.start(&start, at, text, true)?,
                Event::Empty(start) => self.start(&start, at, text, false)?,
                Event::End(_) => {
                    self.open.pop();
                }
                Event::Text(part) => self.text(&part.xml10_content(), at)?,
                Event::CData(part) => self.text(&part.xml10_content(), at)?,
                Event::GeneralRef(entity) => {
                    let resolved = entity.resolve_char_ref().map_err(|error| Fault::malformed(at, error))?;
                    let name = entity.xml10_content();
                    let text = match resolved {
                        Some(character) => character.to_string(),
                        None => quick_xml::escape::resolve_xml_entity(&name)
                            .ok_or_else(|| Fault::malformed(at, format!("nobody knows the entity &{name};")))?
                            .to_owned(),
                    };
                    self.text(&text, at)?;
                }
                Event::Eof => return self.finish(at),
                Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn declaration(&self, declaration: &quick_xml::events::BytesDecl<'_>, at: usize) -> Result<(), Fault> {
        match declaration.encoding() {
            Some(Ok(name))
                if !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("us-ascii") =>
            {
                let message = format!("the declaration says {name}, the bytes are UTF-8");
                Err(Fault { rule: "xml-encoding", at, message })
            }
            Some(Err(error)) => Err(Fault::malformed(at, error)),
            _ => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, at: usize, text: &str, opens: bool) -> Result<(), Fault> {
        let name = start.name().as_ref().to_owned();
        match self.open.last() {
            None if !self.elements.is_empty() => {
                return Err(Fault::malformed(at, format!("a second root element, <{name}>")));
            }
            _ if self.open.len() >= MOST_DEEP => {
                let message = format!("more than {MOST_DEEP} elements in each other");
                return Err(Fault { rule: "xml-too-large", at, message });
            }
            _ => {}
        }
        let mut element = Element { name, at, ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| Fault::malformed(at, error))?;
            if element.attributes.len() >= MOST_ATTRIBUTES {
                let message = format!("more than {MOST_ATTRIBUTES} attributes in one element");
                return Err(Fault { rule: "xml-too-large", at, message });
            }
            let key: &str = attribute.key.as_ref();
            // The name is a piece of the text, so how far into it the piece begins is where it stands.
            let inside = (key.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
            let place = if inside < text.len() { self.before + inside } else { at };
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| Fault::malformed(place, error))?.into_owned();
            let raw: &str = &attribute.value;
            if raw.contains('<') {
                return Err(Fault::malformed(place, format!("a bare < in the attribute {key}; write &lt;")));
            }
            element.attributes.push(Attribute { name: key.to_owned(), value, at: place });
        }
        let place = self.elements.len();
        if let Some(parent) = self.open.last() {
            self.elements[*parent].children.push(place);
        }
        self.elements.push(element);
        if opens {
            self.open.push(place);
        }
        Ok(())
    }

    fn text(&mut self, part: &str, at: usize) -> Result<(), Fault> {
        let Some(element) = self.open.last().map(|place| &mut self.elements[*place]) else {
            return match part.find(|c: char| !c.is_ascii_whitespace()) {
                Some(place) => Err(Fault::malformed(at + place, "text outside the root element")),
                None => Ok(()),
            };
        };
        if element.text_at == 0 && !part.trim().is_empty() {
            element.text_at = at + (part.len() - part.trim_start().len());
        }
        element.text.push_str(part);
        Ok(())
    }

    fn finish(self, at: usize) -> Result<Tree, Fault> {
        if let Some(place) = self.open.last() {
            let element = &self.elements[*place];
            return Err(Fault::malformed(element.at, format!("<{}> is never closed", element.name)));
        }
        if self.elements.is_empty() {
            return Err(Fault::malformed(at, "there is no element in it"));
        }
        Ok(Tree { elements: self.elements })
    }
}
