//! The inventory as commands use it: opened once, asked in turn, changed at the end.

use std::collections::BTreeSet;
use std::future::Future;

use provision::catalogue::nearest;
use provision::inventory::{Bundle, Change, Group, GroupKind, Layer, Line, Number, Phone, State};
use provision::mac::Mac;
use provision::models::{self, Model};
use store::Store;

use super::{Context, WrongUse, values::Scope};
use crate::config::Resolved;
use crate::inventory;

/// No answer names more things than people read.
const SHOWN: usize = 12;

/// The inventory, open.
pub(super) struct Stock {
    runtime: tokio::runtime::Runtime,
    pub(super) store: Store,
    pub(super) resolved: Resolved,
    /// What the inventory was when the first question was asked.
    read_at: u64,
}

impl Stock {
    pub(super) fn open(context: &Context) -> anyhow::Result<Self> {
        let resolved = context.resolved()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let store = runtime.block_on(inventory::open(&resolved))?;
        let read_at = store.generation();
        Ok(Self { runtime, store, resolved, read_at })
    }

    /// Waits for an answer of the store.
    pub(super) fn wait<T, E>(&self, answer: impl Future<Output = Result<T, E>>) -> anyhow::Result<T>
    where
        anyhow::Error: From<E>,
    {
        Ok(self.runtime.block_on(answer)?)
    }

    /// Makes all changes or none: none, too, if somebody else changed something since this was opened. The command is then
    /// done again, with what they did.
    pub(super) fn change(&self, changes: &[Change]) -> anyhow::Result<()> {
        self.wait(self.store.change_since(self.read_at, changes)).map(drop)
    }

    /// As [`Stock::change`], for changes that put a new phone in: if it came by itself and waits, it waits no more.
    pub(super) fn welcome(&self, new: Mac, changes: &[Change]) -> anyhow::Result<()> {
        match self.wait(self.store.waiting(new))? {
            Some(waiting) => self.wait(self.store.claim(&waiting.code, changes)).map(drop),
            None => self.change(changes),
        }
    }

    /// Whether a phone of that address may be added: nobody has, and it did not come by itself or still waits.
    pub(super) fn is_free(&self, mac: Mac) -> anyhow::Result<bool> {
        Ok(self.wait(self.store.phone(mac))?.is_none_or(|phone| phone.state == State::Waiting))
    }

    pub(super) fn phone(&self, mac: Mac) -> anyhow::Result<Phone> {
        let found = self.wait(self.store.phone(mac))?;
        let name = mac.device_name();
        found.ok_or_else(|| {
            anyhow::anyhow!("there is no phone {name}; `offhook phone add {name} --model …` adds it")
        })
    }

    pub(super) fn line(&self, number: &Number) -> anyhow::Result<Line> {
        let found = self.wait(self.store.line(number))?;
        found.ok_or_else(|| anyhow::anyhow!("there is no line {number}; `offhook line add {number}` adds it"))
    }

    /// The group of that name; of a series that has said nothing yet, an empty one.
    pub(super) fn group(&self, kind: GroupKind, name: &str) -> anyhow::Result<Group> {
        if let Some(found) = self.wait(self.store.group(kind, name))? {
            return Ok(found);
        }
        if kind == GroupKind::Series {
            return Ok(Group::new(kind, series(name)?));
        }
        let names: Vec<String> =
            self.wait(self.store.groups(kind))?.into_iter().map(|group| group.name).collect();
        let near = nearest(name, names.iter().map(String::as_str));
        let rather = match (near, &names[..]) {
            (Some(near), _) => format!("; perhaps {near}"),
            (None, []) => format!("; `offhook {kind} add {name}` adds it"),
            (None, [only]) => format!("; there is only {only}"),
            (None, names) if names.len() <= SHOWN => format!("; there are {}", names.join(", ")),
            (None, names) => format!("; `offhook {kind} list` shows the {} there are", names.len()),
        };
        anyhow::bail!("there is no {kind} {name:?}{rather}")
    }

    /// The phone with its groups and lines, whether it is kept already or not.
    pub(super) fn bundle(&self, phone: Phone) -> anyhow::Result<Bundle> {
        self.wait(self.store.bundle_of(phone))
    }

    /// The models of these phones, each once; all models if nobody knows any.
    pub(super) fn scope_of(&self, phones: &[Mac]) -> anyhow::Result<Scope> {
        let mut found: BTreeSet<&'static str> = BTreeSet::new();
        for mac in phones {
            found.extend(
                self.wait(self.store.phone(*mac))?.and_then(|phone| phone.model).map(|model| model.name),
            );
        }
        let models: Vec<&'static Model> =
            models::all().iter().filter(|model| found.contains(model.name)).collect();
        Ok(if models.is_empty() { Scope::all() } else { Scope::AnyOf(models) })
    }
}

/// The series of that name.
fn series(name: &str) -> Result<&'static str, WrongUse> {
    super::catalogue::series(name)
}

/// Whose layer a command changes.
#[derive(Clone, Debug)]
pub(super) enum Holder {
    Phone(Phone),
    Group(Group),
}

impl Holder {
    pub(super) fn layer(&self) -> &Layer {
        match self {
            Self::Phone(phone) => &phone.layer,
            Self::Group(group) => &group.layer,
        }
    }

    pub(super) fn layer_mut(&mut self) -> &mut Layer {
        match self {
            Self::Phone(phone) => &mut phone.layer,
            Self::Group(group) => &mut group.layer,
        }
    }

    /// For which phones its values must be right.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::Phone(phone) => Scope::of(phone.model),
            Self::Group(group) if group.kind == GroupKind::Series => Scope::series(&group.name),
            Self::Group(_) => Scope::all(),
        }
    }

    /// `SEP001122334455`, `profile reception`.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Phone(phone) => phone.mac.device_name(),
            Self::Group(group) => format!("{} {}", group.kind, group.name),
        }
    }

    /// What keeps it as it is now.
    pub(super) fn put(self) -> Change {
        match self {
            Self::Phone(phone) => Change::PutPhone(phone),
            Self::Group(group) => Change::PutGroup(group),
        }
    }
}

/// A group that an option names, instead of a phone.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct GroupOption {
    /// Of this profile instead of a phone.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["site", "series"])]
    profile: Option<String>,
    /// Of this site instead of a phone.
    #[arg(long, value_name = "NAME", conflicts_with = "series")]
    site: Option<String>,
    /// Of this series instead of a phone: 7800, 8800.
    #[arg(long, value_name = "NAME")]
    series: Option<String>,
}

impl GroupOption {
    fn named(&self) -> Option<(GroupKind, &str)> {
        let named = [
            (GroupKind::Profile, &self.profile),
            (GroupKind::Site, &self.site),
            (GroupKind::Series, &self.series),
        ];
        named.into_iter().find_map(|(kind, name)| Some((kind, name.as_deref()?)))
    }

    /// Whose layer is meant, and the words that remain: without a group the first word names a phone.
    pub(super) fn holder<'w>(
        &self,
        words: &'w [String],
        stock: &Stock,
    ) -> anyhow::Result<(Holder, &'w [String])> {
        if let Some((kind, name)) = self.named() {
            return Ok((Holder::Group(stock.group(kind, name)?), words));
        }
        let Some((phone, rest)) = words.split_first() else {
            return Err(WrongUse(
                "say which phone: SEP001122334455, or --profile, --site or --series NAME".to_owned(),
            )
            .into());
        };
        Ok((Holder::Phone(stock.phone(mac(phone)?)?), rest))
    }
}

/// The phone that a word names.
pub(super) fn mac(word: &str) -> Result<Mac, WrongUse> {
    word.parse().map_err(|error| WrongUse(format!("{word:?} is no phone: {error}")))
}
