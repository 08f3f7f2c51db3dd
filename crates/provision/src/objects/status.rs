//! `CiscoIPPhoneStatus` and `CiscoIPPhoneStatusFile`: a small window on the call screen. It stays until
//! `Init:AppStatus`, and a new one replaces it.

use super::frame::line;
use super::image::{Bitmap, Place};
use super::{Answer, Kind, ObjectError, Phone, Target};
use crate::xml::Writer;

/// The window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    phone: Phone,
    text: Option<String>,
    seconds: Option<u32>,
    place: Option<Place>,
    picture: Picture,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Picture {
    Drawn(Bitmap),
    File(Target),
}

const PICTURE: (u16, u16) = (106, 21);
/// What fits beside a timer on the widest window.
const LONGEST_TEXT: usize = 40;

impl Status {
    /// A window with a picture of at most 106x21 pixels.
    ///
    /// # Errors
    /// When it is bigger, or the phone does not know the object.
    pub fn drawn(phone: Phone, bitmap: Bitmap) -> Result<Self, ObjectError> {
        phone.must_show(Kind::Status)?;
        if !bitmap.fits(PICTURE) {
            return Err(bitmap.too_big(Kind::Status, PICTURE));
        }
        Ok(Self { phone, text: None, seconds: None, place: None, picture: Picture::Drawn(bitmap) })
    }

    /// A window with a PNG file: 106x21 pixels, up to 414x70 on the 8800 series.
    ///
    /// # Errors
    /// When the phone does not know the object, or `file` is not on a server.
    pub fn file(phone: Phone, file: Target) -> Result<Self, ObjectError> {
        phone.must_show(Kind::StatusFile)?;
        if !file.is_url() {
            return Err(ObjectError::OnlyUrl(file.to_string()));
        }
        Ok(Self { phone, text: None, seconds: None, place: None, picture: Picture::File(file) })
    }

    /// A text above the picture. Without one, and without a timer, the window shrinks.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.text = Some(line(self.phone, text, LONGEST_TEXT));
        self
    }

    /// A clock that counts up from so many seconds.
    #[must_use]
    pub fn timer(mut self, seconds: u32) -> Self {
        self.seconds = Some(seconds);
        self
    }

    /// Where the picture stands in the window.
    #[must_use]
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The finished answer.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let kind = match &self.picture {
            Picture::Drawn(_) => Kind::Status,
            Picture::File(_) => Kind::StatusFile,
        };
        let mut writer = Writer::declared(self.phone.charset.name(), kind.element(), &[]);
        if let Some(text) = &self.text {
            writer.text("Text", text);
        }
        if let Some(seconds) = self.seconds {
            writer.text("Timer", &seconds.to_string());
        }
        if let Some(place) = self.place {
            place.write(&mut writer);
        }
        match &self.picture {
            Picture::Drawn(bitmap) => bitmap.write(&mut writer, false),
            Picture::File(file) => {
                writer.text("URL", file.as_str());
            }
        }
        Answer::xml(self.phone.charset, writer.finish())
    }
}
