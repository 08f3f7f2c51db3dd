//! `offhook phone export`: phones as a table, JSON or YAML, so that importing it again changes nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use provision::exchange::{self, Chosen, Format};
use provision::inventory::{Bundle, Number, State};
use provision::mac::Mac;
use store::{Page, PhoneQuery};

use crate::command::console::Manner;
use crate::command::stock::Stock;
use crate::command::{Context, catalogue};

/// Write phones with their lines, keys and settings to a file
///
/// Importing it again changes nothing. Passwords are left out unless they are asked for; what a profile or a site says
/// is not part of it.
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
    /// How it is written: csv, json, yaml; without it, as the name of the file says, else csv.
    #[arg(long)]
    format: Option<Format>,
    /// Write to this file, which only its owner can read.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Passwords too.
    #[arg(long)]
    secrets: bool,
}

/// So many phones are asked for at a time.
const PORTION: u32 = 1000;

impl Args {
    /// Writes the phones wanted.
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let stock = Stock::open(context)?;
        let bundles = self.bundles(&stock)?;
        let chosen = Chosen { secrets: self.secrets };
        let text = exchange::write(&bundles, self.format(context), chosen);
        let Some(path) = &self.output else {
            context.output.bytes(text.as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        };
        let manner = Manner { private: true, fresh: false };
        context
            .output
            .console
            .write(path, text.as_bytes(), manner)
            .map_err(|error| anyhow::anyhow!("{} cannot be written: {error}", path.display()))?;
        context.output.remark(format!("{} phones are in {}", bundles.len(), path.display()));
        Ok(ExitCode::SUCCESS)
    }

    fn format(&self, context: &Context) -> Format {
        let named = || Format::of_name(self.output.as_ref()?.to_str()?);
        let asked = || context.output.is_json().then_some(Format::Json);
        self.format.or_else(asked).or_else(named).unwrap_or(Format::Csv)
    }

    fn bundles(&self, stock: &Stock) -> anyhow::Result<Vec<Bundle>> {
        let wanted = self.wanted(stock)?;
        let mut bundles: Vec<Bundle> = Vec::new();
        let mut after = None;
        loop {
            let portion = stock.wait(stock.store.bundles(after, PORTION))?;
            let Some(last) = portion.last() else { return Ok(bundles) };
            after = Some(last.phone.mac);
            let of =
                |bundle: &Bundle| wanted.as_ref().is_none_or(|wanted| wanted.contains(&bundle.phone.mac));
            bundles.extend(portion.into_iter().filter(of));
        }
    }

    /// Which phones; `None` is all of them.
    fn wanted(&self, stock: &Stock) -> anyhow::Result<Option<BTreeSet<Mac>>> {
        let model = self.model.as_deref().map(catalogue::model).transpose()?;
        let query = PhoneQuery {
            text: self.text.clone(),
            model: model.map(|model| model.name.to_owned()),
            site: self.site.clone(),
            profile: self.profile.clone(),
            state: self.state,
            line: self.line.clone(),
            ..PhoneQuery::default()
        };
        if query == PhoneQuery::default() {
            return Ok(None);
        }
        let mut found: BTreeSet<Mac> = BTreeSet::new();
        loop {
            let page = Page { after: found.last().copied(), offset: 0, limit: PORTION };
            let rows = stock.wait(stock.store.phones(&query, &page))?.rows;
            if rows.is_empty() {
                return Ok(Some(found));
            }
            found.extend(rows.iter().map(|row| row.mac));
        }
    }
}
