//! `offhook report unpack`: the files of a report, in a folder of their own.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::{file, size};
use crate::command::Context;
use crate::command::stock::Stock;
use crate::reports;

/// Unpack a report into a new folder: files only, nothing outside it, and not more than 1 GiB
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number of the report: the first column of `offhook report list`.
    number: i64,
    /// The folder, which must not be there yet [default: report-NUMBER].
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (_, path) = file(&stock, self.number)?;
        let to = self.to.unwrap_or_else(|| PathBuf::from(format!("report-{}", self.number)));
        let unpacked = reports::unpack(&path, &to)?;
        let mut text = format!("unpacked into {}:\n", to.display());
        for member in &unpacked.members {
            let _ = writeln!(text, "  {:>10}  {}", size(member.bytes.cast_signed()), member.name);
        }
        for left in &unpacked.left_out {
            let _ = writeln!(text, "  left alone  {}: {}", left.name, left.why);
        }
        let value = json!({
            "folder": to.display().to_string(), "files": unpacked.members, "left_out": unpacked.left_out,
        });
        context.output.show(text.trim_end(), &value)?;
        Ok(ExitCode::SUCCESS)
    }
}
