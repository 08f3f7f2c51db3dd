//! `offhook line remove`.

use std::process::ExitCode;

use provision::inventory::{Change, Layer, Number};
use serde_json::json;

use crate::command::Context;
use crate::command::stock::{Holder, Stock};

/// Remove lines; refused while a key has one, unless the key goes, too
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The lines.
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<Number>,
    /// Also clear the keys that have them, on phones and in profiles, sites and series.
    #[arg(long)]
    with_keys: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let mut changes = Vec::new();
        for number in &self.numbers {
            stock.line(number)?;
            changes.push(Change::RemoveLine(number.clone()));
        }
        let holders = self.holders(&stock)?;
        if !holders.is_empty() && !self.with_keys {
            let names: Vec<_> = holders.iter().map(Holder::name).collect();
            anyhow::bail!(
                "line {} is on keys of {}; --with-keys clears them, too",
                super::numbers(&self.numbers),
                names.join(", ")
            );
        }
        let cleared: Vec<_> = holders.iter().map(Holder::name).collect();
        for mut holder in holders {
            holder
                .layer_mut()
                .keys
                .retain(|_, key| !key.as_ref().is_some_and(|key| self.is(key.line.as_ref())));
            changes.push(holder.put());
        }
        stock.change(&changes)?;
        let mut text = format!("line {} removed", super::numbers(&self.numbers));
        if !cleared.is_empty() {
            text.push_str(&format!(", and its keys on {}", cleared.join(", ")));
        }
        context.output.show(text, &json!({ "lines": self.numbers, "cleared": cleared }))?;
        Ok(ExitCode::SUCCESS)
    }

    fn is(&self, number: Option<&Number>) -> bool {
        number.is_some_and(|number| self.numbers.contains(number))
    }

    /// Every phone and group with a key of its own for one of the lines, once.
    fn holders(&self, stock: &Stock) -> anyhow::Result<Vec<Holder>> {
        let (mut macs, mut groups) = (Vec::new(), Vec::new());
        for number in &self.numbers {
            macs.extend(stock.wait(stock.store.phones_with_line(number))?);
            groups.extend(stock.wait(stock.store.groups_with_line(number))?);
        }
        macs.sort_unstable();
        macs.dedup();
        groups.sort_unstable();
        groups.dedup();
        let mut holders = Vec::new();
        for mac in macs {
            holders.push(Holder::Phone(stock.phone(mac)?));
        }
        for (kind, name) in groups {
            holders.push(Holder::Group(stock.group(kind, &name)?));
        }
        let has = |layer: &Layer| layer.keys.values().flatten().any(|key| self.is(key.line.as_ref()));
        holders.retain(|holder| has(holder.layer()));
        Ok(holders)
    }
}
