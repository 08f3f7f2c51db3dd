//! `CiscoIPPhoneDirectory`: names and numbers to dial.

use super::frame::{Frame, Screen, line};
use super::menu::full;
use super::target::dialable;
use super::{Kind, ObjectError, Phone};
use crate::xml::Writer;

/// A page of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directory {
    frame: Frame,
    entries: Vec<(String, String)>,
}

/// As documented; more are paged.
pub const MOST_ENTRIES: usize = 32;
const LONGEST_NAME: usize = 64;

impl Directory {
    /// A page without entries.
    ///
    /// # Errors
    /// Never for a directory: all phones have it.
    pub fn new(phone: Phone, title: &str) -> Result<Self, ObjectError> {
        Ok(Self { frame: Frame::new(phone, Kind::Directory, title)?, entries: Vec::new() })
    }

    /// One more entry. Of the number, only what can be dialled is kept.
    ///
    /// # Errors
    /// When the page is full (see [`super::paging`]), or nothing of the number can be dialled.
    pub fn entry(mut self, name: &str, number: &str) -> Result<Self, ObjectError> {
        full(Kind::Directory, self.entries.len(), MOST_ENTRIES)?;
        let dialled = dialable(number);
        if dialled.is_empty() {
            return Err(ObjectError::Number(number.to_owned()));
        }
        self.entries.push((line(self.frame.phone(), name, LONGEST_NAME), dialled));
        Ok(self)
    }
}

impl Screen for Directory {
    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn content(&self, writer: &mut Writer) {
        for (name, number) in &self.entries {
            writer.open("DirectoryEntry", &[]).text("Name", name).text("Telephone", number).close();
        }
    }
}
