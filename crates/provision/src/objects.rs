//! What phones show: the XML objects of phone services, as types that cannot be built wrong.
//!
//! An [`Asker`] is read from a request; its [`Phone`] is handed to every object. What the phone does not know is
//! refused when the object is built, what is too long is shortened where a reader expects it, and what is too much
//! stands on pages ([`paging`]). [`Screen::answer`] gives the bytes in the phone's own characters:
//!
//! ```
//! use provision::objects::{Menu, Phone, Screen, Target};
//!
//! # fn main() -> Result<(), provision::objects::ObjectError> {
//! let phone = Phone::of("CP-8845");
//! let menu = Menu::new(phone, "Services")?
//!     .item("Directory", Target::url("http://192.0.2.5:6972/directory")?)?
//!     .keys(|keys| keys.exit("Exit")?.act("Select"))?;
//! assert!(menu.answer().content_type.starts_with("text/xml"));
//! # Ok(())
//! # }
//! ```

mod answer;
mod asker;
mod base;
mod charset;
mod directory;
mod execute;
mod frame;
mod image;
mod input;
mod keys;
mod menu;
pub mod paging;
mod phone;
mod status;
mod target;
#[cfg(test)]
mod tests;
mod text;

pub use answer::{Answer, Refresh};
pub use asker::{Asker, Display, Parameters};
pub use base::{Base, escaped};
pub use charset::Charset;
pub use directory::{Directory, MOST_ENTRIES};
pub use execute::{Done, Execute, LONGEST_BODY, Priority, Refusal, Response};
pub use frame::{Application as Belongs, Frame, Screen};
pub use image::{Area, Bitmap, Depth, GraphicMenu, Image, PANE, Place};
pub use input::{Entry, Input, MOST_FIELDS};
pub use keys::SoftKeys;
pub use menu::{IconMenu, MOST_ICON_ITEMS, MOST_ITEMS, Menu};
pub use phone::{Family, Phone};
pub use status::Status;
pub use target::{Action, Application, LONGEST as LONGEST_TARGET, Target, dialable};
pub use text::{LONGEST_TEXT, Text};

/// The objects a phone can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is a type of its own")]
pub enum Kind {
    Menu,
    Text,
    Input,
    Directory,
    Image,
    ImageFile,
    GraphicMenu,
    GraphicFileMenu,
    IconMenu,
    IconFileMenu,
    Status,
    StatusFile,
    Execute,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Menu,
        Self::Text,
        Self::Input,
        Self::Directory,
        Self::Image,
        Self::ImageFile,
        Self::GraphicMenu,
        Self::GraphicFileMenu,
        Self::IconMenu,
        Self::IconFileMenu,
        Self::Status,
        Self::StatusFile,
        Self::Execute,
    ];

    /// The name of its root element.
    #[must_use]
    pub fn element(self) -> &'static str {
        match self {
            Self::Menu => "CiscoIPPhoneMenu",
            Self::Text => "CiscoIPPhoneText",
            Self::Input => "CiscoIPPhoneInput",
            Self::Directory => "CiscoIPPhoneDirectory",
            Self::Image => "CiscoIPPhoneImage",
            Self::ImageFile => "CiscoIPPhoneImageFile",
            Self::GraphicMenu => "CiscoIPPhoneGraphicMenu",
            Self::GraphicFileMenu => "CiscoIPPhoneGraphicFileMenu",
            Self::IconMenu => "CiscoIPPhoneIconMenu",
            Self::IconFileMenu => "CiscoIPPhoneIconFileMenu",
            Self::Status => "CiscoIPPhoneStatus",
            Self::StatusFile => "CiscoIPPhoneStatusFile",
            Self::Execute => "CiscoIPPhoneExecute",
        }
    }

    fn is_image(self) -> bool {
        matches!(self, Self::Image | Self::ImageFile | Self::GraphicMenu | Self::GraphicFileMenu)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.element())
    }
}

/// Why an object cannot be built like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The series lacks the object.
    #[error("{family} cannot show {kind}: give it a text or a menu instead")]
    NotShown {
        /// What was to be shown.
        kind: Kind,
        /// By whom.
        family: Family,
    },
    /// The series lacks the URI.
    #[error("{family} does not know {target}: leave it out there")]
    NotFollowed {
        /// Where it was to lead.
        target: String,
        /// By whom.
        family: Family,
    },
    /// More than an object holds.
    #[error("{kind} holds {most} of these and no more: divide them into pages")]
    TooMany {
        /// The object.
        kind: Kind,
        /// What it holds.
        most: usize,
    },
    /// No target.
    #[error(
        "{0:?} leads nowhere: write an absolute http or https address, or one of the phones' own, such as Dial:100"
    )]
    Target(String),
    /// A target with too many characters.
    #[error("an address of {0} characters is too long for phones, which take {LONGEST_TARGET}")]
    TargetTooLong(usize),
    /// An address on a server where none may be.
    #[error("{0} is an address on a server; only what the phone does by itself can stand here")]
    OnlyInternal(String),
    /// Something else where an address must be.
    #[error("{0} is no address on a server, and nothing else can stand here")]
    OnlyUrl(String),
    /// A soft key of another object.
    #[error("{kind} has no SoftKey:{action}")]
    ActionNotHere {
        /// The action.
        action: Action,
        /// The object.
        kind: Kind,
    },
    /// Two soft keys in one place.
    #[error("two soft keys at position {0}")]
    PlaceTaken(u8),
    /// A soft key beside the screen.
    #[error("there is no soft key at position {position}: they are counted from 1 to {last}")]
    NoSuchPlace {
        /// Where it was to stand.
        position: u8,
        /// The last there is.
        last: u8,
    },
    /// An item with an icon that is not given.
    #[error("there is no icon {0} in this menu")]
    NoSuchIcon(u8),
    /// A picture for a bigger screen.
    #[error("a picture of {}x{} pixels is too big for {kind}, which takes {}x{}", size.0, size.1, most.0, most.1)]
    TooBig {
        /// The object.
        kind: Kind,
        /// Its size.
        size: (u16, u16),
        /// The most it may be.
        most: (u16, u16),
    },
    /// A field that cannot be sent.
    #[error("{0:?} is no name for a field, or taken: use letters, digits, - and _")]
    Parameter(String),
    /// A number without digits.
    #[error("nothing of {0:?} can be dialled")]
    Number(String),
    /// An application without a proper name.
    #[error("{0:?} is no name for an application: 1 to 64 letters without space or colon")]
    ApplicationId(String),
    /// A cookie that phones would drop.
    #[error("the cookie {0:?} is too long, the fifth, or holds what no cookie may")]
    Cookie(String),
    /// Something a phone does not do when pushed.
    #[error("{0} cannot be pushed to this phone")]
    NotPushed(String),
    /// A push with two addresses.
    #[error("{0} is a second address on a server; a push holds one")]
    SecondUrl(String),
    /// A push without anything.
    #[error("there is nothing to do in this push")]
    Nothing,
    /// A push that old phones drop.
    #[error("a push of {0} bytes is too long for older phones, which take {LONGEST_BODY}")]
    BodyTooLong(usize),
}
