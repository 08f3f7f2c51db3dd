//! Whose layer an address names: a phone's, or that of a profile, site or series.

use provision::inventory::GroupKind;
use provision::mac::Mac;

use super::ask::mac;
use super::groups::GroupPath;
use super::office::reader;
use super::phones::PhonePath;
use super::problem::Problem;
use crate::edit::{self, Editor, Holder};
use crate::listener::App;

/// Whose layer it is.
pub(super) enum Whose {
    Phone(Mac),
    Group(GroupKind, String),
}

impl Whose {
    pub(super) fn phone(text: &str) -> Result<Self, Problem> {
        Ok(Self::Phone(mac(text)?))
    }

    pub(super) async fn holder(&self, editor: &Editor) -> edit::Result<Holder> {
        Ok(match self {
            Self::Phone(mac) => Holder::Phone(editor.phone(*mac).await?),
            Self::Group(kind, name) => Holder::Group(editor.group(*kind, name).await?),
        })
    }

    /// To look at.
    pub(super) async fn look(&self, app: &App) -> Result<Holder, Problem> {
        Ok(self.holder(&reader(app).await?).await?)
    }
}

impl TryFrom<&PhonePath> for Whose {
    type Error = Problem;

    fn try_from(path: &PhonePath) -> Result<Self, Problem> {
        Self::phone(&path.phone)
    }
}

impl From<&GroupPath> for Whose {
    fn from(path: &GroupPath) -> Self {
        Self::Group(path.kind.into(), path.name.clone())
    }
}
