//! `offhook quality show`: one report with all that is known, or all of one phone together.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use provision::mac::Mac;
use serde_json::json;
use store::{Page, Quality, QualityQuery};

use super::{Which, figures, list, meaning, summary_value, utc, value};
use crate::command::Context;
use crate::command::stock::Stock;

/// Show a report with what Asterisk said of the call, or what all reports of a phone say together
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The number of a report, the first column of `offhook quality list`, or a phone.
    #[arg(value_name = "NUMBER|PHONE")]
    which: Which,
}

/// As many reports as are kept of a phone, and some.
const ALL: u32 = 10_000;

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        match self.which {
            Which::Report(number) => report(context, &stock, number),
            Which::Phone(mac) => phone(context, &stock, mac),
        }
    }
}

fn report(context: &Context, stock: &Stock, number: i64) -> anyhow::Result<ExitCode> {
    let report = stock.wait(stock.store.quality(number))?;
    let report = report.ok_or_else(|| {
        anyhow::anyhow!("there is no report {number}; `offhook quality list` shows those there are")
    })?;
    context.output.show(text(&report), &value(&report))?;
    Ok(ExitCode::SUCCESS)
}

fn text(report: &Quality) -> String {
    let mut text = format!("{}, {}\n", meaning(&report.reason), utc(report.at));
    let line = report.line.as_ref().map(|line| format!(", line {line}")).unwrap_or_default();
    let _ = writeln!(text, "{}{line}\n", report.mac.device_name());
    let figures = figures(report);
    if figures.is_empty() {
        text.push_str("Nothing is known of the call.");
    }
    for (name, value) in figures {
        let _ = writeln!(text, "  {name:<10}  {value}");
    }
    if !report.call.raw.is_empty() {
        let _ = write!(text, "\nAs it was told:\n  {}", report.call.raw.replace('\n', "\n  "));
    }
    text
}

fn phone(context: &Context, stock: &Stock, mac: Mac) -> anyhow::Result<ExitCode> {
    let query = QualityQuery { mac: Some(mac), ..QualityQuery::default() };
    let summary = stock.wait(stock.store.quality_by_phone(&query))?.pop();
    let summary =
        summary.ok_or_else(|| anyhow::anyhow!("{} has not reported any call", mac.device_name()))?;
    let reports = stock.wait(stock.store.quality_reports(&query, &Page::first(ALL)))?.rows;
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for report in &reports {
        *reasons.entry(&report.reason).or_default() += 1;
    }
    let mut told = summary_value(&summary);
    told["reasons"] = json!(reasons);
    told["list"] = reports.iter().map(value).collect();
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let reasons: Vec<String> =
        reasons.into_iter().map(|(word, count)| format!("{} {count}", meaning(word))).collect();
    let mut text = String::new();
    let cells = super::summary_cells(&summary);
    for (name, cell) in super::SUMMARY.iter().zip(&cells).filter(|(_, cell)| !cell.is_empty()) {
        let _ = writeln!(text, "{:<18}  {cell}", name.to_lowercase());
    }
    let _ = writeln!(text, "{:<18}  {}\n", "reasons", reasons.join(", "));
    let _ = write!(text, "{}", list::table(&reports));
    context.output.show(text, &told)?;
    Ok(ExitCode::SUCCESS)
}
