//! `offhook phone replace`: another device takes the place of one.

use std::process::ExitCode;

use anyhow::bail;
use provision::inventory::{Change, Phone};
use provision::mac::Mac;
use serde_json::Value;

use crate::command::made::Made;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};
use crate::command::{Context, WrongUse, catalogue};

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
        if self.old == self.new {
            return Err(WrongUse(format!("{old} cannot take its own place")).into());
        }
        let model = self.model.as_deref().map(catalogue::model).transpose()?;
        let stock = Stock::open(context)?;
        let before = stock.phone(self.old)?;
        if !stock.is_free(self.new)? {
            bail!("{new} is there already; `offhook phone remove {new}` makes room");
        }
        let phone = Phone { mac: self.new, model: model.or(before.model), ..before };
        stock.welcome(self.new, &[Change::RemovePhone(self.old), Change::PutPhone(phone.clone())])?;
        context.output.show(
            format!("{new} takes the place of {old}"),
            &Value::Object(view::phone(&phone, Secrets::Hidden)),
        )?;
        Made::of(phone, &stock)?.remark(context);
        Ok(ExitCode::SUCCESS)
    }
}
