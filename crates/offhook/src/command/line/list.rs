//! `offhook line list`: the lines, page by page.

use std::process::ExitCode;

use provision::inventory::Number;
use provision::mac::Mac;
use serde_json::json;
use store::Page;

use crate::command::Context;
use crate::command::output::Table;
use crate::command::phone::Count;
use crate::command::stock::Stock;
use crate::command::view::{self, Secrets};

/// A line on more phones is shown by itself.
const SHOWN: usize = 4;

/// List lines, and the phones that have them
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only lines with this text in number, name or label.
    text: Option<String>,
    /// How many to a page.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Which page.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let page = Page::at(u64::from(self.page - 1) * u64::from(self.limit), self.limit);
        let listed = stock.wait(stock.store.lines(self.text.as_deref(), &page))?;
        let numbers: Vec<Number> = listed.rows.iter().map(|line| line.number.clone()).collect();
        let mut phones_with = stock.wait(stock.store.phones_with_lines(&numbers))?;
        let mut table = Table::new(["LINE", "LABEL", "NAME", "PASSWORD", "PHONES"]);
        let mut values = Vec::new();
        for line in &listed.rows {
            let phones = phones_with.remove(&line.number).unwrap_or_default();
            let setting = |key| line.settings.of(key).unwrap_or_default().to_owned();
            let password = if setting("auth_password").is_empty() { "none" } else { "set" };
            let names = some(&phones);
            table.row([
                line.number.to_string(),
                setting("label"),
                setting("display_name"),
                password.to_owned(),
                names,
            ]);
            values.push(view::line(line, &phones, Secrets::Hidden));
        }
        let value = json!({ "total": listed.total, "page": self.page, "lines": values });
        if listed.rows.is_empty() {
            let nothing = match (&self.text, listed.total) {
                (None, 0) => "There are no lines yet: offhook line add 1001".to_owned(),
                (Some(_), 0) => "No line is like that.".to_owned(),
                (_, total) => {
                    format!(
                        "There is no page {}; the last is {}.",
                        self.page,
                        total.div_ceil(self.limit.into())
                    )
                }
            };
            context.output.show(nothing, &value)?;
            return Ok(ExitCode::SUCCESS);
        }
        let count = Count {
            what: "line",
            shown: values.len() as u64,
            total: listed.total,
            page: self.page,
            limit: self.limit,
        };
        context.output.show(format!("{table}\n\n{count}"), &value)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The first of them, and how many more there are.
fn some(phones: &[Mac]) -> String {
    let mut text: Vec<String> = phones.iter().take(SHOWN).map(|mac| mac.device_name()).collect();
    if phones.len() > SHOWN {
        text.push(format!("and {} more", phones.len() - SHOWN));
    }
    text.join(" ")
}
