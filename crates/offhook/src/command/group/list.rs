//! All groups of a kind.

use std::process::ExitCode;

use provision::inventory::{Group, GroupKind};

use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};

/// List all, with the number of phones in each
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

impl Args {
    pub(super) fn run(self, kind: GroupKind, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let counts = stock.wait(stock.store.phones_by_group(kind))?;
        let mut groups = stock.wait(stock.store.groups(kind))?;
        // Series are there by themselves; those of our phones are worth showing.
        if kind == GroupKind::Series {
            for name in counts.keys().filter(|name| counts[*name] > 0) {
                if !groups.iter().any(|group| group.name == *name) {
                    groups.push(Group::new(kind, name.clone()));
                }
            }
            groups.sort_by(|one, other| one.name.cmp(&other.name));
        }
        let phones = |group: &Group| counts.get(&group.name).copied().unwrap_or_default();
        if context.output.is_json() {
            let rows: Vec<_> =
                groups.iter().map(|group| view::group(group, phones(group), Secrets::Hidden)).collect();
            context.output.value(&rows)?;
            return Ok(ExitCode::SUCCESS);
        }
        if groups.is_empty() {
            context.output.line(format!("There is no {kind} yet: offhook {kind} add NAME"))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut table =
            Table::new([&kind.word().to_uppercase()[..], "PHONES", "SETTINGS", "KEYS", "DESCRIPTION"]);
        for group in &groups {
            let right = |count: usize, width: usize| format!("{count:>width$}");
            let keys = group.layer.keys.len();
            let settings = group.layer.settings.len() + group.layer.overrides.len();
            let count = usize::try_from(phones(group)).unwrap_or(usize::MAX);
            table.row([
                group.name.clone(),
                right(count, 6),
                right(settings, 8),
                right(keys, 4),
                group.description.clone(),
            ]);
        }
        context.output.line(table)?;
        Ok(ExitCode::SUCCESS)
    }
}
