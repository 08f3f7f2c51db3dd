//! `CiscoIPPhoneInput`: a form of at most five fields.

use super::frame::{Frame, Screen, line};
use super::menu::full;
use super::{Kind, ObjectError, Phone, Target};
use crate::xml::Writer;

/// A form; what the user enters is added to its address as parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    frame: Frame,
    target: Target,
    post: bool,
    fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    label: String,
    parameter: String,
    value: String,
    flags: Flags,
}

/// What may be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Any text.
    Any,
    /// Digits, `#` and `*`.
    Telephone,
    /// Numbers.
    Number,
    /// Numbers and arithmetic signs.
    Equation,
    /// Upper case letters.
    Upper,
    /// Lower case letters.
    Lower,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flags {
    entry: Entry,
    hidden: bool,
}

/// As documented.
pub const MOST_FIELDS: usize = 5;
const LONGEST_LABEL: usize = 32;
/// No default of ours is longer; a phone's own limit is not documented.
const LONGEST_VALUE: usize = 64;

impl Input {
    /// A form without fields, to be sent to `target`.
    ///
    /// # Errors
    /// When `target` is not on a server.
    pub fn new(phone: Phone, title: &str, target: Target) -> Result<Self, ObjectError> {
        if !target.is_url() {
            return Err(ObjectError::OnlyUrl(target.to_string()));
        }
        Ok(Self { frame: Frame::new(phone, Kind::Input, title)?, target, post: false, fields: Vec::new() })
    }

    /// Send it with POST, where the phone can: then nothing entered stands in a log.
    #[must_use]
    pub fn post_if_possible(mut self) -> Self {
        self.post = self.frame.phone().posts();
        self
    }

    /// One more field. `parameter` is the name the value is sent under.
    ///
    /// # Errors
    /// When there are five, or `parameter` is taken or no name.
    pub fn field(mut self, label: &str, parameter: &str, entry: Entry) -> Result<Self, ObjectError> {
        full(Kind::Input, self.fields.len(), MOST_FIELDS)?;
        let is_name = !parameter.is_empty()
            && parameter.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !is_name || self.fields.iter().any(|field| field.parameter == parameter) {
            return Err(ObjectError::Parameter(parameter.to_owned()));
        }
        self.fields.push(Field {
            label: line(self.frame.phone(), label, LONGEST_LABEL),
            parameter: parameter.to_owned(),
            value: String::new(),
            flags: Flags { entry, hidden: false },
        });
        Ok(self)
    }

    /// What the field added last holds at first.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        let value = line(self.frame.phone(), value, LONGEST_VALUE);
        if let Some(field) = self.fields.last_mut() {
            field.value = value;
        }
        self
    }

    /// What is entered into the field added last is not shown.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.flags.hidden = true;
        }
        self
    }
}

impl Screen for Input {
    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn content(&self, writer: &mut Writer) {
        let method: &[(&str, &str)] = if self.post { &[("method", "post")] } else { &[] };
        writer.text_with("URL", method, self.target.as_str());
        for field in &self.fields {
            writer.open("InputItem", &[]).text("DisplayName", &field.label);
            writer.text("QueryStringParam", &field.parameter).text("DefaultValue", &field.value);
            writer.text("InputFlags", field.flags.letters()).close();
        }
    }
}

impl Flags {
    fn letters(self) -> &'static str {
        match (self.entry, self.hidden) {
            (Entry::Any, false) => "A",
            (Entry::Any, true) => "AP",
            (Entry::Telephone, false) => "T",
            (Entry::Telephone, true) => "TP",
            (Entry::Number, false) => "N",
            (Entry::Number, true) => "NP",
            (Entry::Equation, false) => "E",
            (Entry::Equation, true) => "EP",
            (Entry::Upper, false) => "U",
            (Entry::Upper, true) => "UP",
            (Entry::Lower, false) => "L",
            (Entry::Lower, true) => "LP",
        }
    }
}
