//! Which phones a command is about: named, or found in the inventory.

use std::collections::BTreeSet;

use provision::mac::Mac;
use store::{EnrolmentQuery, Page, PhoneQuery};

use crate::command::stock::Stock;
use crate::command::{Context, WrongUse};
use crate::enrol::{self, Enrolments, Record};

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
    /// All phones with this text in their address, description, notes or lines.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl Phones {
    /// All of them, each once, in their order. None is wrong use.
    pub(super) fn find(&self, book: &Book) -> anyhow::Result<Vec<Mac>> {
        let found = self.if_any(book)?.map(Vec::from_iter);
        found.ok_or_else(|| {
            WrongUse("which phones? name them, or say --profile, --site, --model or --search".into()).into()
        })
    }

    /// The same; nothing when nobody said which.
    pub(super) fn if_any(&self, book: &Book) -> anyhow::Result<Option<BTreeSet<Mac>>> {
        let mut found: BTreeSet<Mac> = self.named.iter().copied().collect();
        let queries = [&self.profile, &self.site, &self.model, &self.search];
        if queries.into_iter().any(Option::is_some) {
            found.extend(self.ask(&book.stock)?);
        } else if found.is_empty() {
            return Ok(None);
        }
        anyhow::ensure!(!found.is_empty(), "the inventory has no such phone");
        Ok(Some(found))
    }

    /// The one that is named, if there is just one and nothing else was asked for.
    pub(super) fn single(&self) -> Option<Mac> {
        let queries = [&self.profile, &self.site, &self.model, &self.search];
        let only = <[Mac; 1]>::try_from(self.named.as_slice()).ok().map(|[only]| only);
        only.filter(|_| queries.into_iter().all(Option::is_none))
    }

    fn ask(&self, stock: &Stock) -> anyhow::Result<Vec<Mac>> {
        let model = self.model.as_deref().map(crate::command::catalogue::model).transpose()?;
        let query = PhoneQuery {
            profile: self.profile.clone(),
            site: self.site.clone(),
            text: self.search.clone(),
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

/// The enrolments of this installation, and the inventory they are kept with.
pub(super) struct Book {
    stock: Stock,
    enrolments: Enrolments,
}

impl Book {
    /// Opens it; what an earlier version left in files is taken over first.
    pub(super) fn open(context: &Context) -> anyhow::Result<Self> {
        let stock = Stock::open(context)?;
        let enrolments = Enrolments::new(stock.store.clone());
        stock.wait(enrol::take_over(&stock.resolved.data_dir, &enrolments))?;
        Ok(Self { stock, enrolments })
    }

    /// Changes what is known of these phones; what each change told, in the order of their addresses.
    pub(super) fn change<T>(
        &self,
        phones: &[Mac],
        change: impl FnMut(Mac, &mut Record) -> T,
    ) -> anyhow::Result<Vec<T>> {
        self.stock.wait(self.enrolments.change_all(phones, change))
    }

    /// All that the query lets through, of these phones if some are given.
    pub(super) fn list(
        &self,
        query: &EnrolmentQuery,
        phones: Option<&BTreeSet<Mac>>,
    ) -> anyhow::Result<Vec<(Mac, Record)>> {
        let mut found = self.stock.wait(self.enrolments.list(query))?;
        found.retain(|(mac, _)| phones.is_none_or(|phones| phones.contains(mac)));
        Ok(found)
    }

    /// The record of a phone that must have one.
    pub(super) fn record(&self, phone: Mac) -> anyhow::Result<Record> {
        let record = self.stock.wait(self.enrolments.read(phone))?;
        record.ok_or_else(|| {
            let name = phone.device_name();
            anyhow::anyhow!(
                "nothing is known of a certificate of {name}; `offhook lsc schedule {name}` begins"
            )
        })
    }
}
