//! Which phones a command is about: named, or found in the inventory.

use std::collections::BTreeSet;

use provision::mac::Mac;
use store::{Page, PhoneQuery};

use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};
use crate::enrol::{Enrolments, Record};

/// So many are asked for at a time.
const PORTION: u32 = 1000;

/// Phones, by name or by what the inventory says of them.
#[derive(Debug, clap::Args)]
pub(super) struct Phones {
    /// The phones: SEP001122AABBCC, or an address in any usual spelling.
    #[arg(value_name = "PHONE")]
    named: Vec<Mac>,
    /// All phones of this profile.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// All phones at this site.
    #[arg(long, value_name = "NAME")]
    site: Option<String>,
    /// All phones of this model.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
}

impl Phones {
    /// All of them, each once, in their order. None is wrong use.
    pub(super) fn find(&self, context: &Context) -> anyhow::Result<Vec<Mac>> {
        let mut found: BTreeSet<Mac> = self.named.iter().copied().collect();
        let is_query = self.profile.is_some() || self.site.is_some() || self.model.is_some();
        if is_query {
            found.extend(self.ask(context)?);
        } else if found.is_empty() {
            return Err(
                WrongUse("which phones? name them, or say --profile, --site or --model".into()).into()
            );
        }
        anyhow::ensure!(!found.is_empty(), "the inventory has no such phone");
        Ok(found.into_iter().collect())
    }

    fn ask(&self, context: &Context) -> anyhow::Result<Vec<Mac>> {
        let stock = Stock::open(context)?;
        let model = self.model.as_deref().map(crate::command::catalogue::model).transpose()?;
        let query = PhoneQuery {
            profile: self.profile.clone(),
            site: self.site.clone(),
            model: model.map(|model| model.name.to_owned()),
            ..PhoneQuery::default()
        };
        let mut phones: Vec<Mac> = Vec::new();
        loop {
            let page = Page { after: phones.last().copied(), ..Page::first(PORTION) };
            let rows = stock.wait(stock.store.phones(&query, &page))?.rows;
            let is_last = rows.len() < PORTION as usize;
            phones.extend(rows.into_iter().map(|row| row.mac));
            if is_last {
                return Ok(phones);
            }
        }
    }
}

/// The enrolments of this installation.
pub(super) fn enrolments(context: &Context) -> anyhow::Result<Enrolments> {
    Ok(Enrolments::open(&context.resolved()?.data_dir))
}

/// The record of a phone that must have one.
pub(super) fn record(phone: Mac, context: &Context) -> anyhow::Result<Record> {
    let record = enrolments(context)?.read(phone)?;
    record.ok_or_else(|| {
        let name = phone.device_name();
        anyhow::anyhow!("nothing is known of a certificate of {name}; `offhook lsc schedule {name}` begins")
    })
}
