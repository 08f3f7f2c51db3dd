//! The inventory, read at one moment and changed if nobody else was faster.

use std::collections::BTreeSet;

use provision::catalogue::nearest;
use provision::inventory::{Bundle, Change, Group, GroupKind, Line, Number, Phone, State};
use provision::mac::Mac;
use provision::models::{self, Model};
use store::Store;

use super::{Error, Result, Scope, series};

/// No answer names more things than people read.
const SHOWN: usize = 12;

/// Reads, checks and changes.
#[derive(Clone, Debug)]
pub struct Editor {
    /// Where everything is kept; read it through this as well.
    pub store: Store,
    /// What the inventory was when the first question was asked.
    read_at: u64,
}

impl Editor {
    /// An editor of what the inventory is now, whoever changed it last.
    pub async fn begin(store: Store) -> Result<Self> {
        let read_at = store.current_generation().await?;
        Ok(Self { store, read_at })
    }

    /// The same for a store that was opened this moment, and knows.
    #[must_use]
    pub fn just_opened(store: Store) -> Self {
        let read_at = store.generation();
        Self { store, read_at }
    }

    /// Makes all changes or none: none, too, if somebody else changed something since this began. Everything is then to be
    /// done again, with what they did.
    pub async fn change(&self, changes: &[Change]) -> Result<u64> {
        if changes.is_empty() {
            return Ok(self.read_at);
        }
        Ok(self.store.change_since(self.read_at, changes).await?)
    }

    /// As [`Editor::change`], for changes that put a new phone in: if it came by itself and waits, it waits no more.
    pub async fn welcome(&self, new: Mac, changes: &[Change]) -> Result<()> {
        match self.store.waiting(new).await? {
            Some(waiting) => self.store.claim(&waiting.code, changes).await.map(drop)?,
            None => self.change(changes).await.map(drop)?,
        }
        Ok(())
    }

    /// Whether a phone of that address may be added: nobody has, and it did not come by itself or still waits.
    pub async fn is_free(&self, mac: Mac) -> Result<bool> {
        Ok(self.store.phone(mac).await?.is_none_or(|phone| phone.state == State::Waiting))
    }

    /// The phone of that address.
    pub async fn phone(&self, mac: Mac) -> Result<Phone> {
        let name = mac.device_name();
        self.store.phone(mac).await?.ok_or_else(|| {
            let hint = format!("; `offhook phone add {name} --model …` adds it");
            Error::no_such("phone", format!("there is no phone {name}"), hint)
        })
    }

    /// The line of that number.
    pub async fn line(&self, number: &Number) -> Result<Line> {
        self.store.line(number).await?.ok_or_else(|| {
            let hint = format!("; `offhook line add {number}` adds it");
            Error::no_such("line", format!("there is no line {number}"), hint)
        })
    }

    /// The group of that name; of a series that has said nothing yet, an empty one.
    pub async fn group(&self, kind: GroupKind, name: &str) -> Result<Group> {
        if let Some(found) = self.store.group(kind, name).await? {
            return Ok(found);
        }
        if kind == GroupKind::Series {
            return Ok(Group::new(kind, series(name)?));
        }
        let names: Vec<String> = self.store.groups(kind).await?.into_iter().map(|group| group.name).collect();
        let near = nearest(name, names.iter().map(String::as_str));
        let (rather, hint) = match (near, &names[..]) {
            (Some(near), _) => (format!("; perhaps {near}"), String::new()),
            (None, []) => (String::new(), format!("; `offhook {kind} add {name}` adds it")),
            (None, [only]) => (format!("; there is only {only}"), String::new()),
            (None, names) if names.len() <= SHOWN => {
                (format!("; there are {}", names.join(", ")), String::new())
            }
            (None, names) => {
                (String::new(), format!("; `offhook {kind} list` shows the {} there are", names.len()))
            }
        };
        Err(Error::no_such(kind.word(), format!("there is no {kind} {name:?}{rather}"), hint))
    }

    /// The phone with its groups and lines, whether it is kept already or not.
    pub async fn bundle(&self, phone: Phone) -> Result<Bundle> {
        Ok(self.store.bundle_of(phone).await?)
    }

    /// The models of these phones, each once; all models if nobody knows any.
    pub async fn scope_of(&self, phones: &[Mac]) -> Result<Scope> {
        let mut found: BTreeSet<&'static str> = BTreeSet::new();
        for mac in phones {
            found.extend(self.store.phone(*mac).await?.and_then(|phone| phone.model).map(|model| model.name));
        }
        let models: Vec<&'static Model> =
            models::all().iter().filter(|model| found.contains(model.name)).collect();
        Ok(if models.is_empty() { Scope::all() } else { Scope::AnyOf(models) })
    }
}
