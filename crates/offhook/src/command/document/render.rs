//! `offhook document render`: the file that phones get.

use std::process::ExitCode;

use provision::render;
use serde_json::json;

use super::{find, shadowed};
use crate::command::Context;
use crate::command::stock::Stock;

/// Print the file that phones get for a document
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The document.
    #[arg(value_name = "NAME")]
    name: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let (document, whose) = find(&stock, &self.name)?;
        shadowed(&document, &stock, context);
        let xml = render::document(&document);
        if context.output.is_json() {
            context.output.value(&json!({ "name": document.name, "from": whose.word(), "xml": xml }))?;
        } else {
            context.output.bytes(xml.as_bytes())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
