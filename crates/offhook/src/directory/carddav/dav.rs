//! Questions and answers of WebDAV and CardDAV, as far as address books need them (RFC 4918, 6352, 6578).

use std::fmt::Write;

use quick_xml::escape::escape;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

/// Nothing of these answers is nested deeper than eight.
const DEEPEST: usize = 32;

/// What an address is, and what it tells of others.
pub(super) const ABOUT: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/"><prop><resourcetype/><current-user-principal/><C:addressbook-home-set/><sync-token/><S:getctag/></prop></propfind>"#;

/// The cards that have a telephone number.
pub(super) const CALLABLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><prop><getetag/></prop><C:filter><C:prop-filter name="TEL"/></C:filter></C:addressbook-query>"#;

/// All that is in an address book, for servers that search none.
pub(super) const EVERYTHING: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<propfind xmlns="DAV:"><prop><getetag/><resourcetype/></prop></propfind>"#;

/// What changed since a server gave that token.
pub(super) fn changes(token: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<sync-collection xmlns=\"DAV:\"><sync-token>{}</sync-token>\
         <sync-level>1</sync-level><prop><getetag/></prop></sync-collection>",
        escape(token)
    )
}

/// These cards; only what is shown, from servers that can leave out the rest.
pub(super) fn cards<'a>(paths: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<C:addressbook-multiget xmlns=\"DAV:\" \
                    xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><prop><getetag/><C:address-data>"
        .to_owned();
    for name in ["VERSION", "UID", "FN", "N", "ORG", "TEL"] {
        let _ = write!(text, "<C:prop name=\"{name}\"/>");
    }
    text.push_str("</C:address-data></prop>");
    for path in paths {
        let _ = write!(text, "<href>{}</href>", escape(path));
    }
    text.push_str("</C:addressbook-multiget>");
    text
}

/// An answer about several addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Multistatus {
    pub(super) responses: Vec<Response>,
    /// For the next question about changes.
    pub(super) token: Option<String>,
}

/// What is said of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) href: String,
    /// Of the address as a whole.
    pub(super) status: Option<u16>,
    pub(super) etag: Option<String>,
    pub(super) is_book: bool,
    pub(super) is_folder: bool,
    pub(super) principal: Option<String>,
    pub(super) homes: Vec<String>,
    pub(super) token: Option<String>,
    /// An older way to tell whether something changed.
    pub(super) tag: Option<String>,
    pub(super) card: Option<String>,
}

/// The elements that say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Multistatus,
    Response,
    Href,
    Status,
    Propstat,
    Prop,
    Etag,
    Type,
    Folder,
    Book,
    Principal,
    Homes,
    Token,
    Ctag,
    Card,
    Other,
}

impl Multistatus {
    /// Reads an answer.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let mut reader = NsReader::from_str(&text);
        let mut reading = Reading::default();
        loop {
            let at = reader.buffer_position();
            let (space, event) =
                reader.read_resolved_event().map_err(|error| format!("at byte {at}: {error}"))?;
            match event {
                Event::Start(element) => reading.begin(tag(&space, element.local_name().as_ref()))?,
                Event::Empty(element) => {
                    reading.begin(tag(&space, element.local_name().as_ref()))?;
                    reading.end();
                }
                Event::End(_) => reading.end(),
                Event::Text(text) => reading.text.push_str(&text.xml10_content()),
                Event::CData(text) => reading.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => {
                    let letter = reference.resolve_char_ref().map_err(|error| error.to_string())?;
                    match letter.or_else(|| entity(&reference)) {
                        Some(letter) => reading.text.push(letter),
                        None => return Err("an entity that nobody declared".to_owned()),
                    }
                }
                // Entities of their own are a way to fill memory; no such server declares any.
                Event::DocType(_) => return Err("it declares a document type".to_owned()),
                Event::Eof if reading.whole => return Ok(reading.found),
                Event::Eof => return Err("it has no whole <multistatus>".to_owned()),
                _ => {}
            }
        }
    }
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

fn tag(space: &ResolveResult<'_>, name: &str) -> Tag {
    let ResolveResult::Bound(Namespace(space)) = space else { return Tag::Other };
    match (*space, name) {
        ("DAV:", "multistatus") => Tag::Multistatus,
        ("DAV:", "response") => Tag::Response,
        ("DAV:", "href") => Tag::Href,
        ("DAV:", "status") => Tag::Status,
        ("DAV:", "propstat") => Tag::Propstat,
        ("DAV:", "prop") => Tag::Prop,
        ("DAV:", "getetag") => Tag::Etag,
        ("DAV:", "resourcetype") => Tag::Type,
        ("DAV:", "collection") => Tag::Folder,
        ("DAV:", "current-user-principal") => Tag::Principal,
        ("DAV:", "sync-token") => Tag::Token,
        ("urn:ietf:params:xml:ns:carddav", "addressbook") => Tag::Book,
        ("urn:ietf:params:xml:ns:carddav", "addressbook-home-set") => Tag::Homes,
        ("urn:ietf:params:xml:ns:carddav", "address-data") => Tag::Card,
        ("http://calendarserver.org/ns/", "getctag") => Tag::Ctag,
        _ => Tag::Other,
    }
}

#[derive(Debug, Default)]
struct Reading {
    found: Multistatus,
    whole: bool,
    open: Vec<Tag>,
    text: String,
    response: Response,
    /// Properties until their status is known.
    said: Response,
    missing: bool,
}

impl Reading {
    fn begin(&mut self, tag: Tag) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err("it is nested without end".to_owned());
        }
        match (self.open.last(), tag) {
            (None, Tag::Multistatus) => {}
            (None, _) => return Err("it is no <multistatus>".to_owned()),
            (_, Tag::Response) => self.response = Response::default(),
            (_, Tag::Propstat) => (self.said, self.missing) = (Response::default(), false),
            (Some(Tag::Type), Tag::Book) => self.said.is_book = true,
            (Some(Tag::Type), Tag::Folder) => self.said.is_folder = true,
            _ => {}
        }
        self.text.clear();
        self.open.push(tag);
        Ok(())
    }

    fn end(&mut self) {
        let Some(tag) = self.open.pop() else { return };
        let text = std::mem::take(&mut self.text);
        let said = || Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        match (self.open.last(), tag) {
            (None, _) => self.whole = true,
            (Some(Tag::Response), Tag::Href) => self.response.href = said().unwrap_or_default(),
            (Some(Tag::Response), Tag::Status) => self.response.status = code(&text),
            (Some(Tag::Propstat), Tag::Status) => self.missing = code(&text).is_some_and(|code| code != 200),
            (Some(Tag::Principal), Tag::Href) => self.said.principal = said(),
            (Some(Tag::Homes), Tag::Href) => self.said.homes.extend(said()),
            (Some(Tag::Prop), Tag::Etag) => self.said.etag = said(),
            (Some(Tag::Prop), Tag::Token) => self.said.token = said(),
            (Some(Tag::Prop), Tag::Ctag) => self.said.tag = said(),
            (Some(Tag::Prop), Tag::Card) => self.said.card = Some(text).filter(|text| !text.is_empty()),
            (Some(Tag::Multistatus), Tag::Token) => self.found.token = said(),
            (_, Tag::Propstat) if !self.missing => {
                let said = std::mem::take(&mut self.said);
                self.response.take(said);
            }
            (_, Tag::Response) => self.found.responses.push(std::mem::take(&mut self.response)),
            _ => {}
        }
    }
}

impl Response {
    fn take(&mut self, said: Self) {
        self.is_book |= said.is_book;
        self.is_folder |= said.is_folder;
        self.homes.extend(said.homes);
        for (mine, said) in [
            (&mut self.etag, said.etag),
            (&mut self.principal, said.principal),
            (&mut self.token, said.token),
            (&mut self.tag, said.tag),
            (&mut self.card, said.card),
        ] {
            *mine = said.or(mine.take());
        }
    }
}

/// `HTTP/1.1 404 Not Found`.
fn code(line: &str) -> Option<u16> {
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?>
<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:carddav">
 <d:response><d:href>/anna/a%20b.vcf</d:href>
  <d:propstat><d:prop><d:getetag>"1&amp;2"</d:getetag><c:address-data>BEGIN:VCARD&#13;
FN:A &lt;b&gt;&#xD;
<![CDATA[TEL:1 & 2]]></c:address-data></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>
  <d:propstat><d:prop><d:sync-token>never</d:sync-token></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat>
 </d:response>
 <d:response><d:href>/gone.vcf</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>
 <response xmlns="DAV:"><href>/anna/</href><propstat><prop><resourcetype><collection/><c:addressbook/></resourcetype>
  <current-user-principal><href>/anna/</href></current-user-principal><c:addressbook-home-set><href>/x/</href><href>/y/</href></c:addressbook-home-set>
  <getctag xmlns="http://calendarserver.org/ns/">7</getctag></prop><status>HTTP/1.1 200 OK</status></propstat></response>
 <d:sync-token>http://example.net/8</d:sync-token>
</d:multistatus>"#;

    #[test]
    fn answers_are_read_whatever_their_prefixes() {
        let read = Multistatus::read(ANSWER.as_bytes()).unwrap();
        assert_eq!(read.token.as_deref(), Some("http://example.net/8"));
        let [card, gone, book] = &read.responses[..] else { panic!("{read:?}") };
        assert_eq!(card.etag.as_deref(), Some("\"1&2\""));
        assert_eq!(card.card.as_deref(), Some("BEGIN:VCARD\r\nFN:A <b>\r\nTEL:1 & 2"));
        assert_eq!(card.token, None, "what is not there was not said");
        assert_eq!((gone.status, &*gone.href), (Some(404), "/gone.vcf"));
        assert!(book.is_book && book.is_folder && book.tag.as_deref() == Some("7"));
        assert_eq!((book.principal.as_deref(), book.homes.len()), (Some("/anna/"), 2));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let deep = format!("<multistatus xmlns=\"DAV:\">{}", "<a>".repeat(70_000));
        for wrong in [
            "",
            "<html><body>Log in</body></html>",
            "<multistatus xmlns=\"DAV:\"><response>",
            "<multistatus/>",
            "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><multistatus xmlns=\"DAV:\">&a;</multistatus>",
            "<multistatus xmlns=\"DAV:\">&a;</multistatus>",
            "<multistatus xmlns=\"DAV:\"></response></multistatus>",
            &deep,
        ] {
            assert!(Multistatus::read(wrong.as_bytes()).is_err(), "{}", &wrong[..wrong.len().min(99)]);
        }
        assert!(
            Multistatus::read(b"<multistatus xmlns=\"DAV:\"/>")
                .is_ok_and(|read| read == Multistatus::default())
        );
    }

    #[test]
    fn what_is_asked_is_escaped() {
        assert!(cards(["/a&b.vcf"]).contains("<href>/a&amp;b.vcf</href>"));
        assert!(changes("<x>").contains("&lt;x&gt;"));
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(cut in 0..ANSWER.len(), bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let mut answer = ANSWER.as_bytes().to_vec();
            let end = (cut + bytes.len()).min(answer.len());
            answer.splice(cut..end, bytes);
            let _ = Multistatus::read(&answer);
        }
    }
}
