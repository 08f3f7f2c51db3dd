//! `CiscoIPPhoneText`: something to read.

use super::frame::{Frame, Screen, shorten};
use super::{Kind, ObjectError, Phone};
use crate::xml::Writer;

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    frame: Frame,
    text: String,
}

/// About as many characters as phones take; [`super::paging::texts`] divides longer ones.
pub const LONGEST_TEXT: usize = 4000;

impl Text {
    /// A text; what is too long is shortened.
    ///
    /// # Errors
    /// Never for a text: all phones have it.
    pub fn new(phone: Phone, title: &str, text: &str) -> Result<Self, ObjectError> {
        let frame = Frame::new(phone, Kind::Text, title)?;
        Ok(Self { frame, text: shorten(phone, &readable(phone, text), LONGEST_TEXT) })
    }
}

impl Screen for Text {
    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn content(&self, writer: &mut Writer) {
        writer.text("Text", &self.text);
    }
}

/// As the phone can read it, with line feeds and tabs as the only control characters.
pub(super) fn readable(phone: Phone, text: &str) -> String {
    let text = phone.charset.fit(text).replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
