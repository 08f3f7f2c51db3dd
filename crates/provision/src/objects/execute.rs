//! `CiscoIPPhoneExecute`, what is pushed to a phone; and what the phone says to it, `CiscoIPPhoneResponse` or
//! `CiscoIPPhoneError`.

use quick_xml::{Reader, XmlVersion, events::BytesStart, events::Event};

use super::{Family, Kind, ObjectError, Phone, Target};
use crate::xml::Writer;

/// One to three things for a phone to do, in no promised order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execute {
    phone: Phone,
    items: Vec<(Target, Priority)>,
}

/// When an address on a server is fetched; everything else runs at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Priority {
    /// At once.
    #[default]
    Now,
    /// As soon as the phone is idle.
    WhenIdle,
    /// Only if the phone is idle.
    OnlyIfIdle,
}

/// Items, as documented.
const MOST_ITEMS: usize = 3;
/// What old phones take of a pushed body; new ones take 40 KB, and nobody needs more than this.
pub const LONGEST_BODY: usize = 512;

impl Execute {
    /// Nothing to do yet.
    #[must_use]
    pub fn new(phone: Phone) -> Self {
        Self { phone, items: Vec::new() }
    }

    /// One more thing to do.
    ///
    /// # Errors
    /// When there are three, a second address on a server, or it is nothing that can be pushed to the phone.
    pub fn item(mut self, target: Target, priority: Priority) -> Result<Self, ObjectError> {
        super::menu::full(Kind::Execute, self.items.len(), MOST_ITEMS)?;
        self.phone.must_follow(&target)?;
        let is_pushed = match target.scheme() {
            "SoftKey" => self.phone.family == Family::S8821,
            "Notify" | "QueryStringParam" => false,
            _ => true,
        };
        if !is_pushed {
            return Err(ObjectError::NotPushed(target.to_string()));
        }
        if target.is_url() && self.items.iter().any(|(other, _)| other.is_url()) {
            return Err(ObjectError::SecondUrl(target.to_string()));
        }
        self.items.push((target, priority));
        Ok(self)
    }

    /// The form to be sent to `/CGI/Execute`.
    ///
    /// # Errors
    /// When there is nothing to do, or too much to be said in 512 bytes.
    pub fn form(&self) -> Result<String, ObjectError> {
        if self.items.is_empty() {
            return Err(ObjectError::Nothing);
        }
        let xml = self.xml();
        if xml.len() > LONGEST_BODY {
            return Err(ObjectError::BodyTooLong(xml.len()));
        }
        Ok(format!("XML={}", super::base::escaped(&xml)))
    }

    fn xml(&self) -> String {
        let mut writer = Writer::compact(Kind::Execute.element(), &[]);
        for (target, priority) in &self.items {
            let level = match priority {
                Priority::Now => "0",
                Priority::WhenIdle => "1",
                Priority::OnlyIfIdle => "2",
            };
            let attributes = [("URL", target.as_str()), ("Priority", level)];
            // Only fetching has a priority.
            writer.empty("ExecuteItem", if target.is_url() { &attributes } else { &attributes[..1] });
        }
        writer.finish()
    }
}

/// What a phone says to a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    /// One for each thing it was to do.
    Items(Vec<Done>),
    /// It did nothing.
    Refused(Refusal),
}

/// What became of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// 0 is success.
    pub status: u32,
    /// More about it.
    pub data: String,
    /// What was to be done.
    pub url: String,
}

/// Why a phone did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Number 1.
    #[error("the phone could not read the object")]
    Unreadable,
    /// Number 2.
    #[error("the phone could not frame its response")]
    Unframed,
    /// Number 3.
    #[error("the phone has an internal file error")]
    Internal,
    /// Number 4.
    #[error("the phone does not let this user push: its authenticationURL did not answer AUTHORIZED")]
    NotAuthorized,
    /// Any other number.
    #[error("the phone refuses with number {0}")]
    Other(u32),
}

/// Longer than any answer of three items.
const LONGEST_RESPONSE: usize = 16 << 10;

impl Response {
    /// Reads what a phone said; `None` if it is neither of the two.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(LONGEST_RESPONSE))?);
        let mut reader = Reader::from_str(&text);
        let mut items = None;
        loop {
            let start = match reader.read_event().ok()? {
                Event::Start(start) | Event::Empty(start) => start,
                Event::Eof => return items.map(Self::Items),
                _ => continue,
            };
            match (start.name().as_ref(), &mut items) {
                ("CiscoIPPhoneResponse", None) => items = Some(Vec::new()),
                ("CiscoIPPhoneError", None) => return Some(Self::Refused(Refusal::read(&start))),
                ("ResponseItem", Some(items)) if items.len() < MOST_ITEMS => items.push(Done {
                    status: attribute(&start, "Status").and_then(|status| status.parse().ok())?,
                    data: attribute(&start, "Data").unwrap_or_default(),
                    url: attribute(&start, "URL").unwrap_or_default(),
                }),
                _ => return None,
            }
        }
    }
}

impl Refusal {
    fn read(start: &BytesStart<'_>) -> Self {
        match attribute(start, "Number").and_then(|number| number.parse().ok()).unwrap_or_default() {
            1 => Self::Unreadable,
            2 => Self::Unframed,
            3 => Self::Internal,
            4 => Self::NotAuthorized,
            other => Self::Other(other),
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    Some(attribute.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn target(text: &str) -> Target {
        Target::parse(text).unwrap()
    }

    #[test]
    fn a_push_is_short_and_has_one_address() {
        let push = Execute::new(Phone::of("7942"));
        assert_eq!(push.form(), Err(ObjectError::Nothing));
        let push = push.item(target("http://192.0.2.5/a?b=1&c=2"), Priority::WhenIdle).unwrap();
        let push = push.item(target("Play:Ring1.raw"), Priority::Now).unwrap();
        assert!(push.clone().item(target("http://192.0.2.5/"), Priority::Now).is_err());
        let push = push.item(target("Init:Services"), Priority::Now).unwrap();
        assert!(push.clone().item(target("Key:Soft1"), Priority::Now).is_err());
        let expected = "<CiscoIPPhoneExecute><ExecuteItem URL=\"http://192.0.2.5/a?b=1&amp;c=2\" Priority=\"1\"/>\
            <ExecuteItem URL=\"Play:Ring1.raw\"/><ExecuteItem URL=\"Init:Services\"/></CiscoIPPhoneExecute>";
        assert_eq!(push.xml(), expected);
        assert!(push.form().unwrap().starts_with("XML=%3CCiscoIPPhoneExecute%3E"));
    }

    #[test]
    fn what_cannot_be_pushed_is_refused() {
        let push = |model: &str, text: &str| Execute::new(Phone::of(model)).item(target(text), Priority::Now);
        assert!(push("8845", "SoftKey:Exit").is_err());
        assert!(push("8821", "SoftKey:Exit").is_ok());
        assert!(push("8845", "Notify:http:192.0.2.5:80:x").is_err());
        assert!(push("7821", "Display:Off:5").is_err());
        assert!(push("8845", "Vibrate:1:1:1").is_err());
        let long = |n: usize| target(&format!("Dial:{}", "1".repeat(n)));
        let push = Execute::new(Phone::of("7942"));
        let push = (0..3).fold(push, |push, _| push.item(long(200), Priority::Now).unwrap());
        assert!(matches!(push.form(), Err(ObjectError::BodyTooLong(_))));
    }

    #[test]
    fn responses_and_errors_are_read() {
        let done = b"<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<CiscoIPPhoneResponse>\n\
            <ResponseItem Status=\"0\" Data=\"Success\" URL=\"Play:x\"/><ResponseItem Status=\"6\" Data=\"\" URL=\"\"></ResponseItem></CiscoIPPhoneResponse>";
        let Some(Response::Items(items)) = Response::parse(done) else { panic!() };
        assert_eq!((items[0].status, items[0].data.as_str(), items[1].status), (0, "Success", 6));
        for (text, refusal) in [
            ("<CiscoIPPhoneError Number=\"4\" />", Refusal::NotAuthorized),
            ("<CiscoIPPhoneError Number=\"1\">x</CiscoIPPhoneError>", Refusal::Unreadable),
            ("<CiscoIPPhoneError Number=\"77\"/>", Refusal::Other(77)),
        ] {
            assert_eq!(Response::parse(text.as_bytes()), Some(Response::Refused(refusal)));
        }
        for nonsense in
            [&b""[..], b"AUTHORIZED", b"<html>", b"<ResponseItem/>", b"\xff<", b"<CiscoIPPhoneResponse><x/>"]
        {
            assert_eq!(Response::parse(nonsense), None);
        }
    }
}
