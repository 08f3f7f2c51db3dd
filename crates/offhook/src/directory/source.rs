//! One source: what it is called, who sees it, and how it is asked.

use std::sync::Arc;
use std::time::Duration;

use provision::dialled::{Dialled, Same};

use super::carddav::{self, CardDav};
use super::contacts::Contacts;
use super::files::{self, Files};
use super::index::{Index, Person};
use super::ldap::{Ldap, Service};
use super::settings::{Origin, SourceSettings};
use super::snapshot::{Given, Patience, Snapshot};
use super::{Part, Search};
use crate::asterisk::Asterisk;
use crate::inventory::Inventory;

/// How long mailboxes are not asked for again.
const MAILBOXES: Duration = Duration::from_secs(30);
/// How long a directory service is not asked again: its people change by the day.
const SERVICE: Duration = Duration::from_secs(300);
/// Files tell by themselves when they change.
const FOREVER: Duration = Duration::from_secs(1 << 30);
/// How long a search waits for files that are read again, rather than give what they held before.
const FILES: Duration = Duration::from_millis(300);

/// Where entries come from. Clones are cheap.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source(Arc<(String, String)>);

impl Source {
    pub(super) fn new(word: &str, title: &str) -> Self {
        Self(Arc::new((word.to_owned(), title.to_owned())))
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.0.1
    }

    /// The word in addresses and settings.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.0.0
    }
}

/// A source with all that belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) source: Source,
    order: u64,
    /// The profiles whose phones see it; everybody, if there are none.
    pub(super) profiles: Vec<String>,
    pub(super) way: Way,
}

/// How a source is asked.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Contacts(Contacts),
    Mailboxes(Asterisk, Snapshot<Index>),
    Ldap(Ldap, Snapshot<Index>),
    CardDav(CardDav, Snapshot<carddav::Shelf>),
    Files(Files, Snapshot<files::Shelf>),
}

impl Kept {
    fn built_in(word: &str, title: &str, order: u64, way: Way) -> Self {
        Self { source: Source::new(word, title), order, profiles: Vec::new(), way }
    }

    pub(super) fn contacts(inventory: Inventory) -> Self {
        Self::built_in("contacts", "Contacts", 10, Way::Contacts(Contacts::new(inventory)))
    }

    pub(super) fn ldap(service: Service) -> Self {
        let way = Way::Ldap(Ldap::new(service), Snapshot::fresh_for(SERVICE));
        Self::built_in("company", "Company", 20, way)
    }

    pub(super) fn mailboxes(asterisk: Asterisk) -> Self {
        let way = Way::Mailboxes(asterisk, Snapshot::fresh_for(MAILBOXES));
        Self::built_in("mailboxes", "Mailboxes", 30, way)
    }

    pub(super) fn configured(settings: &SourceSettings) -> Self {
        let SourceSettings { name, title, order, profiles, most, origin } = settings;
        let (name, most) = (name.clone(), *most);
        let way = match origin.clone() {
            Origin::CardDav { url, user, password, authority, refresh } => {
                let way = CardDav { name, url, user, password, authority, most };
                Way::CardDav(way, Snapshot::fresh_for(refresh))
            }
            Origin::Files { path, format } => {
                Way::Files(Files { name, path, format, most }, Snapshot::fresh_for(FOREVER))
            }
        };
        let source = Source::new(&settings.name, title);
        Self { source, order: *order, profiles: profiles.clone(), way }
    }

    /// Its place in the menu.
    pub(super) fn place(&self) -> (u64, &str) {
        (self.order, self.source.word())
    }
}

impl Way {
    /// Those who fit, by name.
    pub(super) async fn find(&self, search: &Search, patience: Duration) -> Result<Part, String> {
        match self {
            Self::Contacts(contacts) => contacts.find(search).await,
            _ => {
                self.with(patience, |index| index.find(search)).await.map(|(part, old)| Part { old, ..part })
            }
        }
    }

    /// Who has that number, and whether that is what was said a while ago.
    pub(super) async fn known_by(
        &self,
        number: &Dialled,
        patience: Duration,
    ) -> Result<(Vec<(Same, Person)>, bool), String> {
        match self {
            Self::Contacts(contacts) => contacts.known_by(number).await.map(|found| (found, false)),
            _ => {
                let known =
                    |index: &Index| index.known_by(number).map(|(same, one)| (same, one.clone())).collect();
                self.with(patience, known).await
            }
        }
    }

    /// What is seen of all that the source gives, and whether that is old.
    async fn with<T>(&self, first: Duration, look: impl FnOnce(&Index) -> T) -> Result<(T, bool), String> {
        let patience = Patience { first, newer: Duration::ZERO };
        match self {
            Self::Contacts(_) => Err("contacts are asked in their own way".to_owned()),
            Self::Mailboxes(asterisk, snapshot) => {
                let asterisk = asterisk.clone();
                let ask = async move {
                    let boxes = asterisk.mailboxes().await.map_err(|trouble| trouble.to_string())?;
                    let people = boxes.iter().map(|one| Person::new(&one.name, &one.number));
                    Ok(Arc::new(Index::of(people.collect())))
                };
                let given = snapshot.get(patience, |_| true, |_| ask).await?;
                Ok((look(&given.all), given.old))
            }
            Self::Ldap(ldap, snapshot) => {
                let ldap = ldap.clone();
                let ask = async move {
                    let people = ldap.all().await.map_err(|error| error.to_string())?;
                    apart(move || Ok(Arc::new(Index::of(people)))).await
                };
                let given = snapshot.get(patience, |_| true, |_| ask).await?;
                Ok((look(&given.all), given.old))
            }
            Self::CardDav(server, snapshot) => {
                let server = server.clone();
                let ask = |last| async move { server.read(last).await };
                let Given { all, old } = snapshot.get(patience, |_| true, ask).await?;
                Ok((look(&all.index), old))
            }
            Self::Files(files, snapshot) => {
                let files = files.clone();
                let patience = Patience { newer: FILES, ..patience };
                let ask = |_| apart(move || files.read().map(Arc::new));
                let Given { all, old } = snapshot.get(patience, files::Shelf::holds, ask).await?;
                Ok((look(&all.index), old))
            }
        }
    }
}

/// Does what takes its time where nobody waits for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}
