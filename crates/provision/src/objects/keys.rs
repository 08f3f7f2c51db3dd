//! Soft keys. One key of ours takes all of the phone's own away, so a bar is made whole, in the order of the series.

use super::{Action, Kind, ObjectError, Phone, Target};
use crate::xml::Writer;

/// The soft keys of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoftKeys {
    phone: Phone,
    kind: Kind,
    keys: Vec<SoftKey>,
    hard: Vec<(String, Target)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SoftKey {
    name: String,
    target: Target,
    down: Option<Target>,
    position: u8,
}

/// The label of a key has room for about this many letters on the widest screen.
const LONGEST_NAME: usize = 24;
/// The highest position a phone knows.
const LAST: u8 = 16;
/// The same on an 8821.
const LAST_8821: u8 = 8;

impl SoftKeys {
    pub(super) fn new(phone: Phone, kind: Kind) -> Self {
        Self { phone, kind, keys: Vec::new(), hard: Vec::new() }
    }

    /// The key that does what the object is for: Select, Dial, Submit, Update.
    ///
    /// # Errors
    /// When its place is taken.
    pub fn act(self, name: &str) -> Result<Self, ObjectError> {
        let action = match self.kind {
            Kind::Menu | Kind::IconMenu | Kind::IconFileMenu => Action::Select,
            Kind::Input => Action::Submit,
            Kind::Directory => Action::Dial,
            _ => Action::Update,
        };
        self.act_with(name, Target::soft_key(action))
    }

    /// The same place, with another target.
    ///
    /// # Errors
    /// When its place is taken, or the phone does not follow the target.
    pub fn act_with(self, name: &str, target: Target) -> Result<Self, ObjectError> {
        let position = if self.is_7900() { 1 } else { 2 };
        self.at(position, name, target)
    }

    /// The key for more: Next, Help, Update.
    ///
    /// # Errors
    /// When its place is taken, or the phone does not follow the target.
    pub fn further(self, name: &str, target: Target) -> Result<Self, ObjectError> {
        let position = if self.is_7900() { 2 } else { 3 };
        self.at(position, name, target)
    }

    /// The key that leaves: Exit, or Cancel where the object knows no Exit.
    ///
    /// # Errors
    /// When its place is taken.
    pub fn exit(self, name: &str) -> Result<Self, ObjectError> {
        let leaves = if Action::Exit.belongs_to(self.kind) { Action::Exit } else { Action::Cancel };
        self.exit_with(name, Target::soft_key(leaves))
    }

    /// The same place, with another target.
    ///
    /// # Errors
    /// When its place is taken, or the phone does not follow the target.
    pub fn exit_with(self, name: &str, target: Target) -> Result<Self, ObjectError> {
        let position = if self.is_7900() { 3 } else { 1 };
        self.at(position, name, target)
    }

    /// The key that goes back: Previous.
    ///
    /// # Errors
    /// When its place is taken, or the phone does not follow the target.
    pub fn back(self, name: &str, target: Target) -> Result<Self, ObjectError> {
        self.at(4, name, target)
    }

    /// The keys that leaf through pages, as far as there are pages that way.
    ///
    /// # Errors
    /// When their places are taken, or the phone does not follow the targets.
    pub fn leaf(mut self, next: Option<Target>, previous: Option<Target>) -> Result<Self, ObjectError> {
        if let Some(next) = next {
            self = self.further("Next", next)?;
        }
        if let Some(previous) = previous {
            self = self.back("Previous", previous)?;
        }
        Ok(self)
    }

    /// A key at a place of its own.
    ///
    /// # Errors
    /// When the place is taken or not there, or the phone does not follow the target from such an object.
    pub fn at(mut self, position: u8, name: &str, target: Target) -> Result<Self, ObjectError> {
        let last = if self.phone.family == super::Family::S8821 { LAST_8821 } else { LAST };
        if !(1..=last).contains(&position) {
            return Err(ObjectError::NoSuchPlace { position, last });
        }
        if self.keys.iter().any(|key| key.position == position) {
            return Err(ObjectError::PlaceTaken(position));
        }
        self.phone.must_follow(&target)?;
        if let Some(action) = target.action().filter(|action| !action.belongs_to(self.kind)) {
            return Err(ObjectError::ActionNotHere { action, kind: self.kind });
        }
        let name = super::frame::line(self.phone, name, LONGEST_NAME);
        self.keys.push(SoftKey { name, target, down: None, position });
        Ok(self)
    }

    /// What the key added last does the moment it is pressed, beside what it does on release.
    ///
    /// # Errors
    /// When it is an address on a server, or nothing the phone follows.
    pub fn on_press(mut self, target: Target) -> Result<Self, ObjectError> {
        self.phone.must_follow(&target)?;
        if target.is_url() {
            return Err(ObjectError::OnlyInternal(target.to_string()));
        }
        if let Some(key) = self.keys.last_mut() {
            key.down = Some(target);
        }
        Ok(self)
    }

    /// A key of the phone itself, such as `Soft1` or `KeyPad5`, that does something else while the object is shown.
    ///
    /// # Errors
    /// When there is no such key, or the phone does not follow the target.
    pub fn hard_key(mut self, key: &str, target: Target) -> Result<Self, ObjectError> {
        self.phone.must_follow(&target)?;
        Target::key(key)?;
        self.hard.push((key.to_owned(), target));
        Ok(self)
    }

    fn is_7900(&self) -> bool {
        self.phone.family.is_7900()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        let mut keys: Vec<&SoftKey> = self.keys.iter().collect();
        keys.sort_by_key(|key| key.position);
        for key in keys {
            writer.open("SoftKeyItem", &[]).text("Name", &key.name).text("URL", key.target.as_str());
            if let Some(down) = &key.down {
                writer.text("URLDown", down.as_str());
            }
            writer.text("Position", &key.position.to_string()).close();
        }
        for (key, target) in &self.hard {
            writer.open("KeyItem", &[]).text("Key", key).text("URL", target.as_str()).close();
        }
    }
}
