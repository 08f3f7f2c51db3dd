//! What all objects that fill the screen have in common: title, prompt, soft keys, the application they belong to.

use super::{Answer, Kind, ObjectError, Phone, SoftKeys, Target};
use crate::xml::Writer;

/// The common part of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    phone: Phone,
    kind: Kind,
    title: Option<String>,
    prompt: Option<String>,
    keys: SoftKeys,
    application: Option<Application>,
    wide: bool,
}

/// The application an object belongs to, and what the phone tells about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// Up to 64 characters.
    pub id: String,
    /// When it comes to the front.
    pub on_focus_gained: Option<Target>,
    /// When it goes behind another.
    pub on_focus_lost: Option<Target>,
    /// When it is put away.
    pub on_minimized: Option<Target>,
    /// When it is closed; never an address on a server.
    pub on_closed: Option<Target>,
}

/// Titles and prompts stand on one line; the widest screen shows about this many letters.
const LONGEST_LINE: usize = 64;
/// As documented.
const LONGEST_ID: usize = 64;

impl Frame {
    pub(super) fn new(phone: Phone, kind: Kind, title: &str) -> Result<Self, ObjectError> {
        phone.must_show(kind)?;
        let title = Some(line(phone, title, LONGEST_LINE)).filter(|title| !title.is_empty());
        let keys = SoftKeys::new(phone, kind);
        Ok(Self { phone, kind, title, prompt: None, keys, application: None, wide: false })
    }

    pub(super) fn phone(&self) -> Phone {
        self.phone
    }
}

/// An object that fills the screen.
pub trait Screen: Sized {
    /// The common part.
    fn frame(&mut self) -> &mut Frame;

    /// Writes what stands between the prompt and the soft keys, and gives the attributes of the root.
    fn content(&self, writer: &mut Writer);

    /// Writes what follows the soft keys.
    fn trailer(&self, _: &mut Writer) {}

    /// The line below the content, or beside the title.
    #[must_use]
    fn prompt(mut self, text: &str) -> Self {
        let phone = self.frame().phone;
        self.frame().prompt = Some(line(phone, text, LONGEST_LINE)).filter(|text| !text.is_empty());
        self
    }

    /// Soft keys of its own, in place of all of the phone's.
    ///
    /// # Errors
    /// As the keys say.
    fn keys(
        mut self,
        make: impl FnOnce(SoftKeys) -> Result<SoftKeys, ObjectError>,
    ) -> Result<Self, ObjectError> {
        let keys = make(self.frame().keys.clone())?;
        self.frame().keys = keys;
        Ok(self)
    }

    /// The application it belongs to.
    ///
    /// # Errors
    /// When its name is none, or a target is one that phones refuse there.
    fn application(mut self, application: Application) -> Result<Self, ObjectError> {
        let id = &application.id;
        if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(|c| c.is_ascii_graphic() && c != ':') {
            return Err(ObjectError::ApplicationId(id.clone()));
        }
        if let Some(target) = application.on_closed.as_ref().filter(|target| target.is_url()) {
            return Err(ObjectError::OnlyInternal(target.to_string()));
        }
        self.frame().application = Some(application);
        Ok(self)
    }

    /// As wide as the screen allows; only image objects know it.
    #[must_use]
    fn wide(mut self) -> Self {
        let frame = self.frame();
        frame.wide = frame.kind.is_image();
        self
    }

    /// The finished answer.
    fn answer(mut self) -> Answer {
        let frame = self.frame().clone();
        let attributes = frame.attributes();
        let attributes: Vec<(&str, &str)> =
            attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut writer = Writer::declared(frame.phone.charset.name(), frame.kind.element(), &attributes);
        for (name, text) in [("Title", &frame.title), ("Prompt", &frame.prompt)] {
            if let Some(text) = text {
                writer.text(name, text);
            }
        }
        self.content(&mut writer);
        frame.keys.write(&mut writer);
        self.trailer(&mut writer);
        Answer::xml(frame.phone.charset, writer.finish())
    }
}

impl Frame {
    fn attributes(&self) -> Vec<(&'static str, String)> {
        let mut attributes = Vec::new();
        if let Some(application) = &self.application {
            attributes.push(("appId", application.id.clone()));
            let events = [
                ("onAppFocusGained", &application.on_focus_gained),
                ("onAppFocusLost", &application.on_focus_lost),
                ("onAppMinimized", &application.on_minimized),
                ("onAppClosed", &application.on_closed),
            ];
            attributes.extend(
                events.into_iter().filter_map(|(name, target)| Some((name, target.as_ref()?.to_string()))),
            );
        }
        if self.wide {
            attributes.push(("WindowMode", "Wide".to_owned()));
        }
        attributes
    }
}

/// One line of at most `most` characters that the phone can read: what is longer ends in an ellipsis.
pub(super) fn line(phone: Phone, text: &str, most: usize) -> String {
    let fitted = phone.charset.fit(text);
    // Most lines are as they should be.
    if is_tidy(&fitted) && fitted.len() <= most {
        return fitted.into_owned();
    }
    let visible: String = fitted.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    shorten(phone, &words.join(" "), most)
}

/// Nothing but letters and single blanks between them.
fn is_tidy(text: &str) -> bool {
    let is_plain = |c: char| c == ' ' || !(c.is_control() || c.is_whitespace());
    !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ") && text.chars().all(is_plain)
}

/// The text, or its beginning and an ellipsis.
pub(super) fn shorten(phone: Phone, text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let end = phone.charset.fit("…");
    let kept: String = text.chars().take(most.saturating_sub(end.chars().count())).collect();
    format!("{}{end}", kept.trim_end())
}
