//! `offhook document list`.

use std::process::ExitCode;

use serde_json::json;

use super::{Whose, made_names, named_by};
use crate::command::Context;
use crate::command::output::Table;
use crate::command::stock::Stock;

/// List documents: those that are kept, with --made also those that offhook makes
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Also what offhook makes where there is no document.
    #[arg(long)]
    made: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let kept = stock.wait(stock.store.documents())?;
        let made = made_names()
            .filter(|name| self.made && !kept.iter().any(|own| own.name.eq_ignore_ascii_case(name)));
        let made: Vec<_> = made.filter_map(super::made).collect();
        let (mut table, mut values) = (Table::new(["DOCUMENT", "KIND", "HAS", "NAMED BY"]), Vec::new());
        let all = kept.iter().map(|own| (own, Whose::Kept)).chain(made.iter().map(|own| (own, Whose::Made)));
        for (document, whose) in all {
            let named = named_by(&stock, document)?;
            let (kind, has) = (document.content.word(), document.content.len());
            let shown = match whose {
                Whose::Kept => named.join(", "),
                Whose::Made => "(made by offhook)".to_owned(),
            };
            table.row([document.name.clone(), kind.to_owned(), has.to_string(), shown]);
            values.push(json!({
                "name": document.name, "kind": kind, "has": has, "from": whose.word(), "named_by": named,
            }));
        }
        let text = if table.is_empty() {
            "There are no documents yet; phones get those that offhook makes. `offhook document list --made` lists them, and \
             `offhook document show DialTemplate.xml --toml` is a start for one of your own."
                .to_owned()
        } else {
            table.to_string()
        };
        context.output.show(text, &json!({ "documents": values }))?;
        Ok(ExitCode::SUCCESS)
    }
}
