//! `offhook report get`: the file as it came.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use super::file;
use crate::command::Context;
use crate::command::console::Manner;
use crate::command::stock::Stock;

/// Fetch a report as it came from the phone, a tar.gz as a rule
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number of the report: the first column of `offhook report list`.
    number: i64,
    /// Where to put it; - is standard output [default: its own name, in this folder].
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (report, path) = file(&stock, self.number)?;
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let out = self.out.unwrap_or_else(|| PathBuf::from(&report.file));
        if out.as_os_str() == "-" {
            context.output.bytes(&bytes)?;
            return Ok(ExitCode::SUCCESS);
        }
        // What a phone notes is nobody else's business, and nothing that is there is written over.
        let written = context.output.console.write(&out, &bytes, Manner { private: true, fresh: true });
        written.with_context(|| format!("cannot make {}", out.display()))?;
        let bytes = bytes.len();
        context.output.show(
            format_args!("{}: {bytes} bytes", out.display()),
            &json!({ "file": out.display().to_string(), "bytes": bytes }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
