//! What is done to the phones that were ticked: another profile or site, a look at what a restart would bring, a table,
//! removal after a question.

use askama::Template;
use axum::extract::State;
use provision::inventory::{Change, GroupKind, Phone};
use provision::mac::Mac;

use super::{export, named, plan};
use crate::admin::access::{Role, Viewer};
use crate::admin::page::answer::{Answer, Refused};
use crate::admin::page::form::Filled;
use crate::admin::page::frame::Frame;
use crate::edit::Editor;
use crate::listener::App;

/// A page shows fifty; whoever ticks more has written the form themselves.
const MOST: usize = 1000;

#[derive(Template)]
#[template(path = "fleet_remove.html")]
struct Remove {
    frame: Frame,
    phones: Vec<Phone>,
}

pub(super) async fn bulk(frame: Frame, Viewer(who): Viewer, State(app): State<App>, form: Filled) -> Answer {
    let macs = named(form.all("phone"))?;
    if macs.is_empty() {
        return Err(Refused::Wrong("Tick the phones first.".to_owned()));
    }
    if macs.len() > MOST {
        return Err(Refused::Wrong(format!("No more than {MOST} phones at once; the commands take more.")));
    }
    match form.text("do") {
        "export" => return export::of(&frame.store()?, &macs).await,
        "plan" => return plan::show(frame, &app, &macs).await,
        _ if who.role < Role::Operator => return Err(Refused::NotAllowed),
        _ => {}
    }
    let editor = Editor::begin(frame.store()?).await?;
    match form.text("do") {
        "site" => regroup(&frame, &editor, &macs, GroupKind::Site, form.text("site")).await,
        "profile" => regroup(&frame, &editor, &macs, GroupKind::Profile, form.text("profile")).await,
        "remove" => {
            let mut phones = Vec::new();
            for mac in macs {
                phones.push(editor.phone(mac).await?);
            }
            let page = Remove { frame, phones };
            page.frame.page(&page)
        }
        "remove-sure" => {
            let lines = editor.remove_phones(&macs, form.has("with_lines")).await?;
            let with = if lines.is_empty() { String::new() } else { format!(" with {} lines", lines.len()) };
            frame.back_to("/phones", &format!("{} removed{with}", counted(macs.len())))
        }
        _ => Err(Refused::Wrong("Choose what to do with them.".to_owned())),
    }
}

/// Puts the phones into a group, or into none.
async fn regroup(frame: &Frame, editor: &Editor, macs: &[Mac], kind: GroupKind, name: &str) -> Answer {
    if !name.is_empty() {
        editor.group(kind, name).await?;
    }
    let wanted = Some(name.to_owned()).filter(|name| !name.is_empty());
    let mut changes = Vec::new();
    for mac in macs {
        let mut phone = editor.phone(*mac).await?;
        match kind {
            GroupKind::Site => phone.site.clone_from(&wanted),
            _ => phone.profile.clone_from(&wanted),
        }
        changes.push(Change::PutPhone(phone));
    }
    editor.change(&changes).await?;
    let where_to = if name.is_empty() { format!("no {kind}") } else { format!("{kind} {name}") };
    frame.back_to("/phones", &format!("{} put into {where_to}", counted(macs.len())))
}

fn counted(phones: usize) -> String {
    if phones == 1 { "1 phone".to_owned() } else { format!("{phones} phones") }
}
