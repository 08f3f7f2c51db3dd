//! `offhook phone list`: the phones, page by page.

use std::fmt;
use std::process::ExitCode;

use provision::inventory::{Number, State};
use serde_json::json;
use store::{Page, PhoneQuery, PhoneRow};

use crate::command::output::Table;
use crate::command::stock::Stock;
use crate::command::{Context, WrongUse, catalogue};

/// List phones, by address
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only phones with this text in address, model, description, notes, or number, name or label of a line.
    text: Option<String>,
    /// Only this model.
    #[arg(long)]
    model: Option<String>,
    /// Only at this site.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// Only of this profile.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Only in this state: active, waiting, retired.
    #[arg(long)]
    state: Option<State>,
    /// Only with a key of their own for this line.
    #[arg(long, value_name = "NUMBER")]
    line: Option<Number>,
    /// How many to a page; 0 is all of them.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
    /// Which page.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// What to show, between commas: phone, model, description, site, profile, state, lines, changed.
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_values = Column::USUAL.map(Column::word),
        hide_default_value = true,
        hide_possible_values = true
    )]
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Column {
    Phone,
    Model,
    Description,
    Site,
    Profile,
    State,
    Lines,
    Changed,
}

impl Column {
    const USUAL: [Self; 7] =
        [Self::Phone, Self::Model, Self::Description, Self::Site, Self::Profile, Self::State, Self::Lines];

    fn word(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Model => "model",
            Self::Description => "description",
            Self::Site => "site",
            Self::Profile => "profile",
            Self::State => "state",
            Self::Lines => "lines",
            Self::Changed => "changed",
        }
    }

    fn cell(self, row: &PhoneRow) -> String {
        let named = |name: &Option<String>| name.clone().unwrap_or_default();
        match self {
            Self::Phone => row.mac.device_name(),
            Self::Model => row.model.map_or("unknown", |model| model.name).to_owned(),
            Self::Description => row.description.clone(),
            Self::Site => named(&row.site),
            Self::Profile => named(&row.profile),
            Self::State => row.state.to_string(),
            Self::Lines => lines(row).join(" "),
            Self::Changed => calendar(row.changed),
        }
    }
}

fn calendar(seconds: i64) -> String {
    crate::trust::calendar::utc(seconds)
}

/// So many rows are asked for at a time when all are wanted.
const PORTION: u32 = 1000;

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let query = PhoneQuery {
            text: self.text.clone(),
            model: self
                .model
                .as_deref()
                .map(catalogue::model)
                .transpose()?
                .map(|model| model.name.to_owned()),
            site: self.site.clone(),
            profile: self.profile.clone(),
            state: self.state,
            line: self.line.clone(),
            ..PhoneQuery::default()
        };
        let stock = Stock::open(context)?;
        let (rows, total) = self.rows(&query, &stock)?;
        if context.output.is_json() {
            let rows: Vec<_> = rows.iter().map(value).collect();
            context.output.value(&json!({ "total": total, "page": self.page, "phones": rows }))?;
            return Ok(ExitCode::SUCCESS);
        }
        if rows.is_empty() {
            context.output.line(self.nothing(total))?;
            return Ok(ExitCode::SUCCESS);
        }
        context.output.line(self.table(&rows))?;
        context.output.line(format!(
            "\n{}",
            Count { what: "phone", shown: rows.len() as u64, total, page: self.page, limit: self.limit }
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn rows(&self, query: &PhoneQuery, stock: &Stock) -> anyhow::Result<(Vec<PhoneRow>, u64)> {
        if self.limit > 0 {
            let page = Page::at(u64::from(self.page - 1) * u64::from(self.limit), self.limit);
            let listed = stock.wait(stock.store.phones(query, &page))?;
            return Ok((listed.rows, listed.total));
        }
        if self.page > 1 {
            return Err(WrongUse("--limit 0 shows all phones, so there is no other page".to_owned()).into());
        }
        let mut rows: Vec<PhoneRow> = Vec::new();
        loop {
            let page = Page { after: rows.last().map(|row| row.mac), offset: 0, limit: PORTION };
            let listed = stock.wait(stock.store.phones(query, &page))?;
            if listed.rows.is_empty() {
                let total = rows.len() as u64;
                return Ok((rows, total));
            }
            rows.extend(listed.rows);
        }
    }

    fn table(&self, rows: &[PhoneRow]) -> Table {
        // A column in which nothing stands tells nothing.
        let told = |column: &&Column| rows.iter().any(|row| !column.cell(row).is_empty());
        let columns: Vec<_> = self.columns.iter().filter(told).collect();
        let mut table = Table::new(columns.iter().map(|column| column.word().to_uppercase()));
        for row in rows {
            table.row(columns.iter().map(|column| column.cell(row)));
        }
        table
    }

    fn nothing(&self, total: u64) -> String {
        let narrowed = self.text.is_some()
            || self.model.is_some()
            || self.site.is_some()
            || self.profile.is_some()
            || self.state.is_some()
            || self.line.is_some();
        match (total, narrowed) {
            (0, false) => {
                "There are no phones yet: offhook phone add SEP001122334455 --model 8845 --line 1001"
                    .to_owned()
            }
            (0, true) => "No phone is like that.".to_owned(),
            (total, _) => {
                format!("There is no page {}; the last is {}.", self.page, total.div_ceil(self.limit.into()))
            }
        }
    }
}

/// The lines of a phone, each once: one may be on several keys.
fn lines(row: &PhoneRow) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    for line in &row.lines {
        if !lines.contains(&line.as_str()) {
            lines.push(line.as_str());
        }
    }
    lines
}

fn value(row: &PhoneRow) -> serde_json::Value {
    json!({
        "phone": row.mac.device_name(),
        "mac": row.mac.to_string(),
        "model": row.model.map(|model| model.name),
        "description": row.description,
        "site": row.site,
        "profile": row.profile,
        "state": row.state.word(),
        "lines": lines(row),
        "changed": calendar(row.changed),
    })
}

/// How much of a list is shown, and how to see more.
pub(in crate::command) struct Count {
    pub(in crate::command) what: &'static str,
    pub(in crate::command) shown: u64,
    pub(in crate::command) total: u64,
    pub(in crate::command) page: u32,
    pub(in crate::command) limit: u32,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.shown >= self.total {
            let s = if self.total == 1 { "" } else { "s" };
            return write!(f, "{} {}{s}", self.total, self.what);
        }
        let first = u64::from(self.page - 1) * u64::from(self.limit) + 1;
        let last = first + self.shown - 1;
        write!(f, "{first} to {last} of {} {}s", self.total, self.what)?;
        if last < self.total { write!(f, "; --page {} shows more", self.page + 1) } else { Ok(()) }
    }
}
