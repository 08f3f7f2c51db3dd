//! `offhook lsc export`: certificates of phones, for a PBX that is to know them.

use std::path::PathBuf;
use std::process::ExitCode;

use pki::files;
use provision::mac::Mac;
use serde_json::json;

use super::pick;
use crate::command::Context;

/// Write certificates of phones as PEM: one to the screen or a file, all into a folder
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone; without, all phones with a certificate, and --output is a folder.
    #[arg(required_unless_present = "output")]
    phone: Option<Mac>,
    /// Write here instead of to the screen.
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match (self.phone, self.output) {
            (Some(phone), output) => one(phone, output, context),
            (None, Some(folder)) => all(&folder, context),
            (None, None) => unreachable!("the parser asks for one of them"),
        }
    }
}

fn one(phone: Mac, output: Option<PathBuf>, context: &Context) -> anyhow::Result<ExitCode> {
    let held = pick::record(phone, context)?.held;
    let name = phone.device_name();
    let pem =
        held.ok_or_else(|| anyhow::anyhow!("no certificate of {name} is on record"))?.certificate.to_pem();
    match output {
        Some(path) => {
            files::write_public(&path, &pem)?;
            context.output.show(path.display(), &json!({ "phone": name, "file": path }))?;
        }
        None if context.output.is_json() => {
            context.output.value(&json!({ "phone": name, "certificate": String::from_utf8_lossy(&pem) }))?;
        }
        None => context.output.bytes(&pem)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn all(folder: &std::path::Path, context: &Context) -> anyhow::Result<ExitCode> {
    let enrolments = pick::enrolments(context)?;
    std::fs::create_dir_all(folder)?;
    let mut written = Vec::new();
    for phone in enrolments.phones()? {
        let held = enrolments.read(phone)?.and_then(|record| record.held);
        if let Some(held) = held {
            let path = folder.join(phone.device_name() + ".crt.pem");
            files::write_public(&path, &held.certificate.to_pem())?;
            written.push(path);
        }
    }
    let lines: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
    context.output.show(lines.join("\n"), &json!({ "files": written }))?;
    Ok(ExitCode::SUCCESS)
}
