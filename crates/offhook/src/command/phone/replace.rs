//! `offhook phone replace`: another device takes the place of one.

use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::Value;

use crate::command::made::made;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};
use crate::command::{Context, catalogue};

/// Let a new device take over all that a phone has: lines, keys, settings, profile, site
///
/// For a phone that broke, or gives way to a newer model. The old one is removed. What the new model lacks is kept and left
/// out of what it is told; notes say what that is.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone that goes.
    #[arg(value_name = "OLD SEP…")]
    old: Mac,
    /// The device that takes its place; one that waits is claimed by this.
    #[arg(value_name = "NEW SEP…")]
    new: Mac,
    /// What the new one is, if it is not the same model.
    #[arg(long)]
    model: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (old, new) = (self.old.device_name(), self.new.device_name());
        let model = self.model.as_deref().map(catalogue::model).transpose()?;
        let stock = Stock::open(context)?;
        let phone = stock.wait(stock.editor.replace_phone(self.old, self.new, model))?;
        context.output.show(
            format!("{new} takes the place of {old}"),
            &Value::Object(view::phone(&phone, Secrets::Hidden)),
        )?;
        made(phone, &stock)?.remark(context);
        Ok(ExitCode::SUCCESS)
    }
}
