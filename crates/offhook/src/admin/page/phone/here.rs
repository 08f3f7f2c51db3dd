//! The phone that an address names, with what its pages are made of: read once, before a handler begins.

use std::collections::BTreeMap;

use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use provision::inventory::{Bundle, Change, Phone};
use provision::render::Surroundings;

use super::made::{self, Looked};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::frame::Frame;
use crate::edit::Editor;
use crate::inventory::surroundings;
use crate::listener::App;

/// The phone of an address. A handler takes it behind the type that says who may.
pub(in crate::admin::page) struct Here {
    pub(in crate::admin::page) frame: Frame,
    pub(in crate::admin::page) looked: Looked,
    pub(in crate::admin::page) editor: Editor,
    around: Surroundings,
}

impl Here {
    /// Where a part of the phone is: `/keys`.
    pub(super) fn address(&self, part: &str) -> String {
        format!("/phones/{}{part}", self.looked.phone().mac.device_name())
    }

    /// What offhook would make for it if it were that.
    pub(super) async fn if_it_were(&self, phone: Phone) -> Result<Looked, Refused> {
        Ok(self.with(self.editor.bundle(phone).await?))
    }

    /// The same, with lines that are not there yet.
    pub(super) fn with(&self, bundle: Bundle) -> Looked {
        Looked::of(bundle, &self.around)
    }

    /// Keeps what was changed, and goes back to that part with a notice.
    pub(super) async fn keep(&self, changes: &[Change], part: &str, said: &str) -> Answer {
        self.editor.change(changes).await?;
        self.frame.back_to(&self.address(part), said)
    }
}

impl FromRequestParts<App> for Here {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let frame = match Frame::from_request_parts(parts, app).await {
            Ok(frame) => frame,
            Err(never) => match never {},
        };
        // There may be more in the address than the phone.
        let named = parts.extract::<Path<BTreeMap<String, String>>>().await;
        let Path(named) = named.map_err(|_| Refused::NothingThere)?;
        let name = named.get("phone").ok_or(Refused::NothingThere)?;
        let (phone, editor) = made::find(&frame, name).await?;
        let around = surroundings(&app.config.load());
        let looked = Looked::of(editor.bundle(phone).await?, &around);
        Ok(Self { frame, looked, editor, around })
    }
}
