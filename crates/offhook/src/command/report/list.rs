//! `offhook report list`: reports, the newest first.

use std::collections::BTreeSet;
use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;
use store::{Page, Report, ReportQuery};

use super::{size, utc, value};
use crate::command::Context;
use crate::command::output::Table;
use crate::command::phone::Count;
use crate::command::stock::Stock;
use crate::reports;

/// List problem reports, the newest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only of this phone.
    #[arg(long, value_name = "PHONE")]
    phone: Option<Mac>,
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
        let query = ReportQuery { mac: self.phone, since: None };
        let page = Page::at(u64::from(self.page - 1) * u64::from(self.limit), self.limit);
        let listed = stock.wait(stock.store.reports(&query, &page))?;
        let strays = strays(&stock)?;
        let values: Vec<_> = listed.rows.iter().map(value).collect();
        let told =
            json!({ "total": listed.total, "page": self.page, "reports": values, "without_row": strays });
        if listed.rows.is_empty() {
            let nothing = match (listed.total, self.phone) {
                (0, Some(mac)) => format!("{} has uploaded no problem report.", mac.device_name()),
                (0, None) => "No phone has uploaded a problem report.".to_owned(),
                (total, _) => format!("There is no page {}: there are {total} reports.", self.page),
            };
            context.output.show(nothing, &told)?;
        } else {
            let count = Count {
                what: "report",
                shown: listed.rows.len() as u64,
                total: listed.total,
                page: self.page,
                limit: self.limit,
            };
            context.output.show(format!("{}\n\n{count}", table(&listed.rows)), &told)?;
        }
        if !strays.is_empty() {
            let folder = reports::folder(&stock.resolved.data_dir);
            context.output.remark(format_args!(
                "{} more in {}, taken while the database was away: {}",
                strays.len(),
                folder.display(),
                strays.join(", ")
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(reports: &[Report]) -> Table {
    let mut table = Table::new(["NUMBER", "PHONE", "AT", "SIZE", "USER", "FROM", "NOTE"]);
    for report in reports {
        table.row([
            report.id.to_string(),
            report.mac.device_name(),
            utc(report.at),
            size(report.bytes),
            report.user.clone(),
            report.source.clone(),
            report.note.clone(),
        ]);
    }
    table
}

/// Files of reports that no row tells of.
fn strays(stock: &Stock) -> anyhow::Result<Vec<String>> {
    let Ok(entries) = std::fs::read_dir(reports::folder(&stock.resolved.data_dir)) else {
        return Ok(Vec::new());
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut files: BTreeSet<String> =
        names.filter(|name| name.starts_with("SEP") && name.ends_with(".tar.gz")).collect();
    let mut after = None;
    while !files.is_empty() {
        let page = Page { after, offset: 0, limit: 1000 };
        let rows = stock.wait(stock.store.reports(&ReportQuery::default(), &page))?.rows;
        let Some(last) = rows.last() else { break };
        after = Some(last.id);
        for report in &rows {
            files.remove(&report.file);
        }
    }
    Ok(files.into_iter().collect())
}
