//! The settings of a group, and what it is for.

use askama::Template;
use http::StatusCode;
use provision::catalogue::{self, Setting};
use provision::inventory::{Change, GroupKind, Name};

use super::here::{Head, Here};
use crate::admin::access::{Operator, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::admin::page::layer;
use crate::edit::{Assignment, Scope};

/// A setting the group says.
struct Said {
    name: String,
    value: String,
    secret: bool,
    doc: &'static str,
    /// What may be chosen; nothing where anything may be written.
    words: Vec<String>,
    /// Models that do not take this value.
    refusing: String,
}

#[derive(Template)]
#[template(path = "group.html")]
struct One {
    frame: Frame,
    tab: &'static str,
    head: Head,
    settings: Vec<Said>,
    known: Vec<(&'static str, &'static str)>,
    removable: bool,
    key: String,
    value: String,
    wrong: Option<String>,
}

impl One {
    fn of(frame: Frame, head: Head) -> Self {
        let scope = head.holder().scope();
        let settings = &head.group.layer.settings;
        Self {
            tab: "",
            settings: settings.iter().map(|(name, value)| said(name, value, &scope)).collect(),
            known: known(&scope),
            removable: head.is_kept && head.group.kind != GroupKind::Series,
            key: String::new(),
            value: String::new(),
            wrong: None,
            head,
            frame,
        }
    }
}

fn said(name: Name, value: &str, scope: &Scope) -> Said {
    let setting = name.setting();
    let secret = setting.is_secret();
    let refusing: Vec<&str> = scope.refusing(name, value).iter().map(|model| model.name).collect();
    let mut words: Vec<String> =
        setting.values_in(None).flat_map(|values| &values.words).map(|word| word.word.to_owned()).collect();
    if !words.is_empty() && !words.iter().any(|word| word == value) {
        words.insert(0, value.to_owned());
    }
    Said {
        name: name.to_string(),
        value: if secret { String::new() } else { value.to_owned() },
        secret,
        doc: setting.doc,
        words,
        refusing: refusing.join(", "),
    }
}

/// What may be said of these phones, in the order of the catalogue.
fn known(scope: &Scope) -> Vec<(&'static str, &'static str)> {
    let models = layer::models(scope);
    let fits = |setting: &&Setting| models.iter().any(|model| setting.applies.to(model));
    let all = catalogue::settings().iter().chain(catalogue::own_settings()).filter(fits);
    all.filter_map(|setting| Some((setting.key?, setting.doc))).collect()
}

pub(super) async fn one(_: Viewer, Here { frame, head }: Here) -> Answer {
    let page = One::of(frame, head);
    page.frame.page(&page)
}

pub(super) async fn set(_: Operator, Here { frame, head }: Here, form: Filled) -> Answer {
    match changed(&head, &form).await {
        Ok(0) => frame.back_to(&head.address, "Nothing was different"),
        Ok(_) => frame.back_to(&head.address, "Kept; phones get it when they ask next"),
        Err(Refused::Wrong(problem)) => {
            let mut page = One::of(frame, head);
            for one in page.settings.iter_mut().filter(|one| !one.secret) {
                let field = format!("set.{}", one.name);
                if form.has(&field) {
                    form.text(&field).clone_into(&mut one.value);
                }
            }
            (page.key, page.value) = (form.text("key").to_owned(), form.text("value").to_owned());
            page.wrong = Some(problem);
            page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(other),
    }
}

/// Writes what the form says; gives how many things became different.
async fn changed(head: &Head, form: &Filled) -> Result<usize, Refused> {
    let (editor, before) = (&head.editor, &head.group);
    let mut group = before.clone();
    let unset: Vec<&str> = form.all("unset").collect();
    let mut written: Vec<Assignment> = Vec::new();
    for (field, value) in form.fields() {
        let Some(key) = field.strip_prefix("set.") else { continue };
        let secret = key.parse::<Name>().is_ok_and(|name| name.setting().is_secret());
        // A password that nobody typed stays as it is.
        let kept = secret && value.is_empty();
        let same = key.parse::<Name>().is_ok_and(|name| group.layer.settings.get(name) == Some(value.trim()));
        if !kept && !same && !unset.contains(&key) {
            written.push(Assignment::new(key, if secret { value } else { value.trim() }));
        }
    }
    if let Some(key) = form.some("key") {
        written.push(Assignment::new(key, form.text("value")));
    }
    if form.has("description") {
        written.push(Assignment::new("description", form.text("description")));
    }
    editor.set_group(&mut group, &written)?;
    editor.unset_group(&mut group, &unset)?;
    if group == *before {
        return Ok(0);
    }
    editor.change(&[Change::PutGroup(group)]).await?;
    Ok(written.len() + unset.len())
}
