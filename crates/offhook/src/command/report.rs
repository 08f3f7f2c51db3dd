//! `offhook report`: problem reports that phones uploaded.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use store::Report;

use super::Context;
use super::stock::Stock;
use crate::reports;
use crate::trust::calendar::utc;

mod get;
mod list;
mod remove;
mod show;
mod unpack;

/// List, read, fetch and unpack the problem reports that phones uploaded
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::Args),
    Show(show::Args),
    #[command(visible_alias = "download")]
    Get(get::Args),
    Unpack(unpack::Args),
    Remove(remove::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::List(args) => args.run(context),
            Verb::Show(args) => args.run(context),
            Verb::Get(args) => args.run(context),
            Verb::Unpack(args) => args.run(context),
            Verb::Remove(args) => args.run(context),
        }
    }
}

fn find(stock: &Stock, id: i64) -> anyhow::Result<Report> {
    let found = stock.wait(stock.store.report(id))?;
    found.ok_or_else(|| {
        anyhow::anyhow!("there is no problem report {id}; `offhook report list` shows those there are")
    })
}

/// The file of a report, and the row.
fn file(stock: &Stock, id: i64) -> anyhow::Result<(Report, PathBuf)> {
    let report = find(stock, id)?;
    let path = reports::file(&stock.resolved.data_dir, &report)?;
    Ok((report, path))
}

fn value(report: &Report) -> Value {
    json!({
        "id": report.id,
        "phone": report.mac.device_name(),
        "at": utc(report.at),
        "serial": report.serial,
        "user": report.user,
        "from": report.source,
        "bytes": report.bytes,
        "file": report.file,
        "note": report.note,
    })
}

/// `312 KiB`
fn size(bytes: i64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} KiB", bytes / 1024),
        _ => format!("{}.{} MiB", bytes >> 20, ((bytes % (1 << 20)) * 10) >> 20),
    }
}
