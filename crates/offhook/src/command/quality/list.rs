//! `offhook quality list`: the reports, the newest first, or what they say of each phone.

use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;
use store::{Listed, Page, Quality, QualityQuery};

use crate::command::Context;
use crate::command::output::Table;
use crate::command::phone::Count;
use crate::command::stock::Stock;
use crate::services::quality::{loss, meaning, milliseconds};
use crate::trust::calendar::utc;

/// List reports, the newest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only of this phone.
    #[arg(long, value_name = "PHONE")]
    phone: Option<Mac>,
    /// Only with this reason: gaps, noise, echo, delay, quiet, unheard, silent, dropped, other.
    #[arg(long, value_name = "WORD")]
    reason: Option<String>,
    /// One row for each phone; those with the most reports first.
    #[arg(long, conflicts_with_all = ["limit", "page"])]
    by_phone: bool,
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
        let query = QualityQuery { mac: self.phone, reason: self.reason.clone(), since: None };
        if self.by_phone {
            return by_phone(context, &stock, &query);
        }
        let page = Page::at(u64::from(self.page - 1) * u64::from(self.limit), self.limit);
        let listed = stock.wait(stock.store.quality_reports(&query, &page))?;
        let values: Vec<_> = listed.rows.iter().map(super::value).collect();
        let value = json!({ "total": listed.total, "page": self.page, "reports": values });
        context.output.show(self.text(&query, &listed), &value)?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self, query: &QualityQuery, listed: &Listed<Quality>) -> String {
        if listed.rows.is_empty() && listed.total > 0 {
            return format!("There is no page {}: there are {} reports.", self.page, listed.total);
        }
        if listed.rows.is_empty() {
            return nothing(query).to_owned();
        }
        let count = Count {
            what: "report",
            shown: listed.rows.len() as u64,
            total: listed.total,
            page: self.page,
            limit: self.limit,
        };
        format!("{}\n\n{count}", table(&listed.rows))
    }
}

pub(super) fn table(reports: &[Quality]) -> Table {
    let mut table =
        Table::new(["ID", "WHEN", "PHONE", "LINE", "REASON", "CODEC", "LOST", "JITTER", "ROUND TRIP"]);
    for report in reports {
        let call = &report.call;
        let lost = call.packets.zip(call.lost).map(|(packets, lost)| loss(packets, lost));
        table.row([
            report.id.to_string(),
            utc(report.at),
            report.mac.device_name(),
            report.line.clone().unwrap_or_default(),
            meaning(&report.reason).to_owned(),
            call.codec.clone().unwrap_or_default(),
            lost.unwrap_or_default(),
            call.jitter.map(milliseconds).unwrap_or_default(),
            call.round_trip.map(milliseconds).unwrap_or_default(),
        ]);
    }
    table
}

fn by_phone(context: &Context, stock: &Stock, query: &QualityQuery) -> anyhow::Result<ExitCode> {
    let phones = stock.wait(stock.store.quality_by_phone(query))?;
    let values: Vec<_> = phones.iter().map(super::summary_value).collect();
    let mut table = Table::new(super::SUMMARY);
    for phone in &phones {
        table.row(super::summary_cells(phone));
    }
    let text = if phones.is_empty() { nothing(query).to_owned() } else { table.to_string() };
    context.output.show(text, &json!({ "phones": values }))?;
    Ok(ExitCode::SUCCESS)
}

fn nothing(query: &QualityQuery) -> &'static str {
    if *query == QualityQuery::default() {
        "Nobody has reported a call yet. Phones report at /quality-report."
    } else {
        "No report is like that."
    }
}
