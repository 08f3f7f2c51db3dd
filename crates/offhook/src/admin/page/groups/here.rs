//! The group that an address names, and what a change of it would do to one of its phones.

use axum::RequestPartsExt;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use provision::inventory::{Bundle, Change, Group, GroupKind, Line};
use provision::models;
use store::{Page, PhoneQuery};

use super::{base, title};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::frame::Frame;
use crate::admin::page::phone::made::{Differs, Looked};
use crate::edit::{Editor, Holder};
use crate::inventory::surroundings;
use crate::listener::App;

/// The parts of a group: what is behind its address, and the name of the part.
pub(in crate::admin::page) const TABS: [(&str, &str); 3] =
    [("", "Settings"), ("/keys", "Keys"), ("/overrides", "Overrides")];

/// A group, as the head of its pages shows it.
pub(super) struct Head {
    pub(super) title: &'static str,
    pub(super) base: &'static str,
    pub(super) address: String,
    pub(super) group: Group,
    /// Whether it is kept: a series is there also when nobody has said anything about it.
    pub(super) is_kept: bool,
    pub(super) phones: u64,
    pub(super) editor: Editor,
}

/// What the file of one phone of the group would say otherwise.
pub(super) struct Preview {
    /// The phone; none is in the group otherwise.
    pub(super) phone: Option<String>,
    pub(super) differences: Vec<Differs>,
}

/// The group of an address. A handler takes it behind the type that says who may.
pub(super) struct Here {
    pub(super) frame: Frame,
    pub(super) head: Head,
}

impl FromRequestParts<App> for Here {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let frame = match Frame::from_request_parts(parts, app).await {
            Ok(frame) => frame,
            Err(never) => match never {},
        };
        let named = parts.extract::<Path<String>>().await;
        let Path(name) = named.map_err(|_| Refused::NothingThere)?;
        let path = parts.uri.path();
        let kind = GroupKind::ALL.into_iter().find(|kind| path.starts_with(base(*kind)));
        let head = Head::of(&frame, kind.ok_or(Refused::NothingThere)?, &name).await?;
        Ok(Self { frame, head })
    }
}

impl Head {
    async fn of(frame: &Frame, kind: GroupKind, name: &str) -> Result<Self, Refused> {
        let editor = Editor::begin(frame.store()?).await?;
        let there = editor.store.group(kind, name).await?;
        let is_kept = there.is_some();
        let of_catalogue =
            kind == GroupKind::Series && models::all().iter().any(|model| model.series == name);
        let group = there.or_else(|| of_catalogue.then(|| Group::new(kind, name.to_owned())));
        let group = group.ok_or(Refused::NothingThere)?;
        let phones = editor.store.phones_in(kind, &group.name).await?;
        let (title, base, address) = (title(kind), base(kind), address(&group));
        Ok(Self { title, base, address, group, is_kept, phones, editor })
    }

    /// Its layer, to change.
    pub(super) fn holder(&self) -> Holder {
        Holder::Group(self.group.clone())
    }

    /// Keeps what was changed, and goes back to that part.
    pub(super) async fn keep(&self, frame: &Frame, changes: &[Change], part: &str, said: &str) -> Answer {
        self.editor.change(changes).await?;
        frame.back_to(&format!("{}{part}", self.address), said)
    }

    /// What one phone of it would get if the group said that. Lines that would be made are looked at as if they were there.
    pub(super) async fn preview(
        &self,
        app: &App,
        changed: Holder,
        new: Vec<Line>,
    ) -> Result<Preview, Refused> {
        let Holder::Group(changed) = changed else {
            return Err(Refused::Broken("a group became a phone".to_owned()));
        };
        let Some(before) = self.example().await? else {
            return Ok(Preview { phone: None, differences: Vec::new() });
        };
        let mut after = before.clone();
        for number in changed.layer.keys.values().flatten().filter_map(|key| key.line.as_ref()) {
            if let Some(line) = self.editor.store.line(number).await? {
                after.lines.insert(number.clone(), line);
            }
        }
        after.lines.extend(new.into_iter().map(|line| (line.number.clone(), line)));
        after.groups.retain(|group| group.kind != changed.kind);
        after.groups.push(changed);
        after.groups.sort_by_key(|group| group.kind);
        let around = surroundings(&app.config.load());
        let phone = Some(before.phone.mac.device_name());
        let differences = Looked::of(after, &around).differences(&Looked::of(before, &around));
        Ok(Preview { phone, differences })
    }

    /// The first of its phones.
    async fn example(&self) -> Result<Option<Bundle>, Refused> {
        let name = Some(self.group.name.clone());
        let queries = match self.group.kind {
            GroupKind::Site => vec![PhoneQuery { site: name, ..PhoneQuery::default() }],
            GroupKind::Profile => vec![PhoneQuery { profile: name, ..PhoneQuery::default() }],
            GroupKind::Series => {
                let all = models::all().iter().filter(|model| model.series == self.group.name);
                let of = |name: &str| PhoneQuery { model: Some(name.to_owned()), ..PhoneQuery::default() };
                all.map(|model| of(model.name)).collect()
            }
        };
        for query in queries {
            if let Some(row) = self.editor.store.phones(&query, &Page::first(1)).await?.rows.first() {
                return Ok(self.editor.store.bundle(row.mac).await?);
            }
        }
        Ok(None)
    }
}

/// Where a group is.
pub(super) fn address(group: &Group) -> String {
    format!("{}/{}", base(group.kind), utf8_percent_encode(&group.name, NON_ALPHANUMERIC))
}
