//! What an import does: reads a file, holds it against what is there, and keeps all of it or nothing.

use std::sync::Arc;

use bytes::Bytes;
use provision::exchange::{self, Faults, Format, Options};
use provision::inventory::Change;
use provision::phonebook;
use store::Store;

use super::super::problem::Problem;
use super::jobs::Telling;
use super::view::Outcome;
use crate::edit::{Editor, bulk};

/// What is to be imported.
pub(super) enum Work {
    Phones { bytes: Bytes, format: Format, skip_unknown: bool },
    Contacts { bytes: Bytes, format: phonebook::Format, skip_unknown: bool, book: String, replace: bool },
}

/// What makes two requests the same.
pub(super) fn digest(work: &Work, dry_run: bool) -> [u8; 32] {
    let (bytes, rest) = match work {
        Work::Phones { bytes, format, skip_unknown } => {
            (bytes, format!("phones {format} {skip_unknown} {dry_run}\n"))
        }
        Work::Contacts { bytes, format, skip_unknown, book, replace } => {
            (bytes, format!("contacts {format:?} {skip_unknown} {book:?} {replace} {dry_run}\n"))
        }
    };
    let mut all = rest.into_bytes();
    all.extend_from_slice(&pki::digest::sha256(bytes));
    pki::digest::sha256(&all)
}

/// Why a job came to nothing.
pub(super) enum Failed {
    Faults(Faults),
    Overtaken,
    Problem(String),
}

impl From<Faults> for Failed {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

impl From<crate::edit::Error> for Failed {
    fn from(error: crate::edit::Error) -> Self {
        if error.is_overtaken() {
            return Self::Overtaken;
        }
        // What the database says of itself is the log's business.
        let problem = Problem::from(error);
        Self::Problem(problem.detail().to_owned())
    }
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        crate::edit::Error::from(error).into()
    }
}

/// Does it once, all or nothing.
pub(super) async fn once(
    store: &Store,
    work: &Arc<Work>,
    dry_run: bool,
    told: &Telling,
) -> Result<Outcome, Failed> {
    let editor = Editor::begin(store.clone()).await?;
    let (changes, outcome) = match &**work {
        Work::Phones { .. } => phones(&editor, work, told).await?,
        Work::Contacts { .. } => contacts(&editor, work, told).await?,
    };
    if !dry_run && !changes.is_empty() {
        told.step("keeping", None).await;
        editor.change(&changes).await?;
    }
    Ok(outcome)
}

/// Does what takes long without holding up anybody.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failed::Problem(format!("the import broke off: {error}")))
}

async fn phones(editor: &Editor, work: &Arc<Work>, told: &Telling) -> Result<(Vec<Change>, Outcome), Failed> {
    told.step("reading the file", None).await;
    let own = work.clone();
    let sheet = aside(move || match &*own {
        Work::Phones { bytes, format, skip_unknown } => {
            exchange::read(bytes, *format, Options { skip_unknown: *skip_unknown })
        }
        Work::Contacts { .. } => Ok(exchange::Sheet::default()),
    });
    let sheet = sheet.await??;
    told.step("reading the inventory", Some(sheet.rows.len())).await;
    let known = bulk::phones(&editor.store, |_| ()).await?;
    told.step("comparing", None).await;
    let remarks = sheet.remarks.clone();
    let plan = aside(move || exchange::plan(&sheet, &known)).await??;
    let outcome = Outcome { remarks, ..Outcome::of(&plan) };
    Ok((plan.changes, outcome))
}

async fn contacts(
    editor: &Editor,
    work: &Arc<Work>,
    told: &Telling,
) -> Result<(Vec<Change>, Outcome), Failed> {
    told.step("reading the file", None).await;
    let own = work.clone();
    let sheet = aside(move || match &*own {
        Work::Contacts { bytes, format, skip_unknown, book, .. } => {
            phonebook::read(bytes, *format, phonebook::Options { book, skip_unknown: *skip_unknown })
        }
        Work::Phones { .. } => Ok(phonebook::Sheet::default()),
    });
    let sheet = sheet.await??;
    told.step("reading the inventory", Some(sheet.contacts.len())).await;
    let known = bulk::contacts(&editor.store).await?;
    told.step("comparing", None).await;
    let replace = matches!(&**work, Work::Contacts { replace: true, .. });
    let remarks = sheet.remarks.clone();
    let plan = aside(move || phonebook::plan(&sheet, &known, replace)).await??;
    let outcome = Outcome {
        added: plan.added,
        changed: plan.changed,
        unchanged: plan.same,
        removed: plan.removed,
        remarks,
        phones: Vec::new(),
    };
    Ok((plan.changes, outcome))
}
