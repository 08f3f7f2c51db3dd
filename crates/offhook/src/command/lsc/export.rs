//! `offhook lsc export`: certificates of phones, for a PBX that is to know them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;
use store::EnrolmentQuery;

use super::pick::{Book, Phones};
use crate::command::console::Manner;
use crate::command::{Context, WrongUse};

/// Write certificates of phones as PEM: one to the screen or a file, several into a folder
///
/// Without a phone, those of all phones that hold one are written.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
    /// Write here instead of to the screen; a folder for several.
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let book = Book::open(context)?;
        match (self.phones.single(), self.output) {
            (Some(phone), output) => one(&book, phone, output, context),
            (None, Some(folder)) => several(&book, self.phones.if_any(&book)?.as_ref(), &folder, context),
            (None, None) => Err(WrongUse("which phone? or say --output FOLDER for several".into()).into()),
        }
    }
}

fn one(book: &Book, phone: Mac, output: Option<PathBuf>, context: &Context) -> anyhow::Result<ExitCode> {
    let held = book.record(phone)?.held;
    let name = phone.device_name();
    let pem =
        held.ok_or_else(|| anyhow::anyhow!("no certificate of {name} is on record"))?.certificate.to_pem();
    match output {
        Some(path) => {
            context.output.console.write(&path, &pem, Manner::default())?;
            context.output.show(path.display(), &json!({ "phone": name, "file": path }))?;
        }
        None if context.output.is_json() => {
            context.output.value(&json!({ "phone": name, "certificate": String::from_utf8_lossy(&pem) }))?;
        }
        None => context.output.bytes(&pem)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn several(
    book: &Book,
    phones: Option<&BTreeSet<Mac>>,
    folder: &Path,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    context.output.console.folder(folder)?;
    let mut written = Vec::new();
    for (phone, record) in book.list(&EnrolmentQuery::default(), phones)? {
        if let Some(held) = record.held {
            let path = folder.join(phone.device_name() + ".crt.pem");
            context.output.console.write(&path, &held.certificate.to_pem(), Manner::default())?;
            written.push(path);
        }
    }
    let lines: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    context.output.show(lines.join("\n"), &json!({ "files": written }))?;
    Ok(ExitCode::SUCCESS)
}
