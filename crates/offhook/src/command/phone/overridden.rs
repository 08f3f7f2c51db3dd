//! `offhook phone override`: what stands in the document in spite of everything else.

use std::process::ExitCode;

use provision::inventory::Change;
use provision::mac::Mac;

use crate::command::Context;
use crate::command::made;
use crate::command::overrides::{self, Edits};
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};

/// Write any element or attribute of a phone's configuration, whatever the catalogue says
///
/// A path begins below <device>: vendorConfig/webAccess, sipProfile/sipLines/line[2]/proxy or line[@button=3],
/// phoneServices/@useHTTPS. Without changes, the overrides are shown. `offhook phone render SEP… --explain` shows what
/// stands where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone.
    #[arg(value_name = "SEP…")]
    mac: Mac,
    #[command(flatten)]
    edits: Edits,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let mut phone = stock.phone(self.mac)?;
        let name = self.mac.device_name();
        self.edits.apply(&stock.console, &name, &mut phone.layer.overrides)?;
        if !self.edits.is_empty() {
            stock.change(&[Change::PutPhone(phone.clone())])?;
        }
        let value = view::phone(&phone, Secrets::Hidden);
        let text = match &phone.layer.overrides[..] {
            [] => format!("{name} has no overrides"),
            some => overrides::table(some).to_string(),
        };
        context.output.show(text, &value)?;
        for note in
            made::made(phone, &stock)?.rendered.notes.iter().filter(|note| note.text.contains("override"))
        {
            context.output.remark(format!("note: {}", note.text));
        }
        Ok(ExitCode::SUCCESS)
    }
}
