//! What stands in the documents of a group's phones in spite of everything else.

use std::process::ExitCode;

use provision::inventory::{Change, GroupKind};

use crate::command::Context;
use crate::command::overrides::{self, Edits};
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};

/// Write any element or attribute of its phones' configurations, whatever the catalogue says
///
/// A path begins below <device>: vendorConfig/webAccess, phoneServices/@useHTTPS. Without changes, the overrides are
/// shown.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which one.
    name: String,
    #[command(flatten)]
    edits: Edits,
}

impl Args {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let mut group = stock.group(kind, &self.name)?;
        let name = format!("{kind} {}", group.name);
        self.edits.apply(&stock.console, &name, &mut group.layer.overrides)?;
        if !self.edits.is_empty() {
            stock.change(&[Change::PutGroup(group.clone())])?;
        }
        let phones = stock.wait(stock.store.phones_in(kind, &group.name))?;
        let text = match &group.layer.overrides[..] {
            [] => format!("{name} has no overrides"),
            some => overrides::table(some).to_string(),
        };
        context.output.show(text, &view::group(&group, phones, Secrets::Hidden))?;
        Ok(ExitCode::SUCCESS)
    }
}
