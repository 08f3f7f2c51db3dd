//! Menus: of names, of names with drawn icons, of names with icon files.

use super::frame::{Frame, Screen, shorten};
use super::image::Bitmap;
use super::{Kind, ObjectError, Phone, Target};
use crate::xml::Writer;

/// `CiscoIPPhoneMenu`: a list of names to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    frame: Frame,
    items: Vec<Item>,
}

/// `CiscoIPPhoneIconMenu` or `CiscoIPPhoneIconFileMenu`: a menu whose items may have an icon each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IconMenu {
    frame: Frame,
    items: Vec<Item>,
    icons: Icons,
    title_icon: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Icons {
    Drawn(Vec<Bitmap>),
    Files(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    icon: Option<u8>,
    name: String,
    target: Target,
}

/// Items of a menu, as documented.
pub const MOST_ITEMS: usize = 100;
/// The same with icons.
pub const MOST_ICON_ITEMS: usize = 32;
const MOST_ICONS: usize = 10;
/// An icon drawn in the object itself.
const ICON: (u16, u16) = (16, 10);
const LONGEST_NAME: usize = 64;
const MOST_BREAKS: usize = 2;

impl Menu {
    /// An empty menu.
    ///
    /// # Errors
    /// Never for a menu: all phones have it.
    pub fn new(phone: Phone, title: &str) -> Result<Self, ObjectError> {
        Ok(Self { frame: Frame::new(phone, Kind::Menu, title)?, items: Vec::new() })
    }

    /// One more item. A name that is too long is shortened.
    ///
    /// # Errors
    /// When the menu is full (see [`super::paging`]), or the phone does not follow the target.
    pub fn item(mut self, name: &str, target: Target) -> Result<Self, ObjectError> {
        full(Kind::Menu, self.items.len(), MOST_ITEMS)?;
        self.items.push(Item::new(self.frame.phone(), None, name, target)?);
        Ok(self)
    }

    /// Whether nothing can be chosen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl Screen for Menu {
    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn content(&self, writer: &mut Writer) {
        self.items.iter().for_each(|item| item.write(writer));
    }
}

impl IconMenu {
    /// An empty menu with these icons, at most ten of 16x10 pixels.
    ///
    /// # Errors
    /// When there are more, or bigger ones.
    pub fn drawn(phone: Phone, title: &str, icons: Vec<Bitmap>) -> Result<Self, ObjectError> {
        full(Kind::IconMenu, icons.len().saturating_sub(1), MOST_ICONS)?;
        if let Some(icon) = icons.iter().find(|icon| !icon.fits(ICON)) {
            return Err(icon.too_big(Kind::IconMenu, ICON));
        }
        Self::new(phone, Kind::IconMenu, title, Icons::Drawn(icons))
    }

    /// An empty menu with icons from a server, PNG of 18x18 pixels, or from the phone itself: `Resource:Icon.Connected`.
    ///
    /// # Errors
    /// When there are more than ten, the phone does not know the object, or one is neither.
    pub fn files(phone: Phone, title: &str, icons: Vec<String>) -> Result<Self, ObjectError> {
        full(Kind::IconFileMenu, icons.len().saturating_sub(1), MOST_ICONS)?;
        for icon in &icons {
            let own = icon.strip_prefix("Resource:Icon.");
            if !own.is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric())) {
                Target::url(icon.as_str())?;
            }
        }
        Self::new(phone, Kind::IconFileMenu, title, Icons::Files(icons))
    }

    fn new(phone: Phone, kind: Kind, title: &str, icons: Icons) -> Result<Self, ObjectError> {
        Ok(Self { frame: Frame::new(phone, kind, title)?, items: Vec::new(), icons, title_icon: None })
    }

    /// One more item, with the icon of that number or none.
    ///
    /// # Errors
    /// When the menu is full, there is no such icon, or the phone does not follow the target.
    pub fn item(mut self, icon: Option<u8>, name: &str, target: Target) -> Result<Self, ObjectError> {
        full(Kind::IconMenu, self.items.len(), MOST_ICON_ITEMS)?;
        if let Some(icon) = icon.filter(|icon| usize::from(*icon) >= self.icons.count()) {
            return Err(ObjectError::NoSuchIcon(icon));
        }
        self.items.push(Item::new(self.frame.phone(), icon, name, target)?);
        Ok(self)
    }
}

impl Icons {
    fn count(&self) -> usize {
        match self {
            Self::Drawn(icons) => icons.len(),
            Self::Files(icons) => icons.len(),
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Drawn(icons) => {
                for (index, icon) in icons.iter().enumerate() {
                    writer.open("IconItem", &[]).text("Index", &index.to_string());
                    icon.write(writer, true);
                    writer.close();
                }
            }
            Self::Files(icons) => {
                for (index, icon) in icons.iter().enumerate() {
                    writer.open("IconItem", &[]).text("Index", &index.to_string()).text("URL", icon).close();
                }
            }
        }
    }
}

impl Screen for IconMenu {
    fn frame(&mut self) -> &mut Frame {
        &mut self.frame
    }

    fn content(&self, writer: &mut Writer) {
        self.items.iter().for_each(|item| item.write(writer));
        // The two kinds differ in where the icons stand.
        if matches!(self.icons, Icons::Files(_)) {
            self.icons.write(writer);
        }
    }

    fn trailer(&self, writer: &mut Writer) {
        if matches!(self.icons, Icons::Drawn(_)) {
            self.icons.write(writer);
        }
    }
}

impl Item {
    fn new(phone: Phone, icon: Option<u8>, name: &str, target: Target) -> Result<Self, ObjectError> {
        phone.must_follow(&target)?;
        if let Some(action) = target.action().filter(|action| !action.belongs_to(Kind::Menu)) {
            return Err(ObjectError::ActionNotHere { action, kind: Kind::Menu });
        }
        Ok(Self { icon, name: item_name(phone, name), target })
    }

    fn write(&self, writer: &mut Writer) {
        writer.open("MenuItem", &[]);
        if let Some(icon) = self.icon {
            writer.text("IconIndex", &icon.to_string());
        }
        writer.text("Name", &self.name).text("URL", self.target.as_str()).close();
    }
}

/// Names may have two line breaks; more become spaces.
pub(super) fn item_name(phone: Phone, name: &str) -> String {
    let lines: Vec<String> = name.lines().map(|line| super::frame::line(phone, line, LONGEST_NAME)).collect();
    let mut kept = String::new();
    for (number, line) in lines.iter().filter(|line| !line.is_empty()).enumerate() {
        match number {
            0 => {}
            1..=MOST_BREAKS => kept.push('\n'),
            _ => kept.push(' '),
        }
        kept.push_str(line);
    }
    shorten(phone, &kept, LONGEST_NAME)
}

pub(super) fn full(kind: Kind, count: usize, most: usize) -> Result<(), ObjectError> {
    if count < most { Ok(()) } else { Err(ObjectError::TooMany { kind, most }) }
}
