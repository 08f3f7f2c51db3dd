//! What the inventory has to say about a file that is asked for, fetched before the file is made.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use provision::artifact::{Artifact, Form, Kind, List, TrustList};
use provision::inventory::{Bundle, Document, Group, GroupKind, State};
use provision::mac::Mac;
use provision::render::Surroundings;

use super::fingerprint::hash;
use super::live::{Inventory, Silence};
use super::protection::Guard;

/// What the inventory says about one name.
#[derive(Clone, Debug)]
pub struct Told {
    /// What it says.
    pub what: What,
    /// The generation it holds for.
    pub generation: u64,
    /// What phones are told about this server.
    pub surroundings: Arc<Surroundings>,
    /// The documents of that generation.
    pub documents: Arc<Documents>,
    /// How the configuration is protected, if it is one of a phone's.
    pub protection: Option<(Mac, Result<Guard, Silence>)>,
}

/// What the inventory says about one name.
#[derive(Clone, Debug)]
pub enum What {
    /// It has no say in such a file.
    Nothing,
    /// It could have said something, and knows nothing of that name.
    Unknown,
    /// A phone that is served.
    Phone(Box<Bundle>),
    /// A phone that waits to be claimed by this code.
    Waiting(Mac, String),
    /// A phone that is kept on the list and gets nothing.
    Retired,
    /// A document of this name.
    Document(Arc<Document>),
    /// What all series say: phones without a configuration of their own read it.
    Series(Vec<Group>),
    /// It cannot be asked, or what it said cannot be used.
    Silent(Silence),
}

/// All documents of one generation, found whatever the case of the letters.
#[derive(Debug, Default)]
pub struct Documents {
    generation: Option<u64>,
    by_name: HashMap<String, (Arc<Document>, u64)>,
    list: Option<Bytes>,
}

impl Documents {
    /// The documents as they are at that generation.
    #[must_use]
    pub fn new(generation: u64, documents: Vec<Document>) -> Self {
        let by_name = documents.into_iter().map(|one| {
            let content = serde_json::to_vec(&one.content).unwrap_or_default();
            (one.name.to_lowercase(), (Arc::new(one), hash(&content)))
        });
        Self { generation: Some(generation), by_name: by_name.collect(), list: None }
    }

    /// The trust list that was published last.
    #[must_use]
    pub fn list(&self) -> Option<&Bytes> {
        self.list.as_ref()
    }

    /// The document of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Document>> {
        self.by_name.get(&name.to_lowercase()).map(|(document, _)| document)
    }

    /// The same, with a hash of what is in it.
    pub(super) fn find_with_hash(&self, name: &str) -> Option<(&Document, u64)> {
        self.by_name.get(&name.to_lowercase()).map(|(document, hash)| (&**document, *hash))
    }
}

impl Told {
    /// What is said where there is no inventory.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            what: What::Nothing,
            generation: 0,
            surroundings: Arc::default(),
            documents: Arc::default(),
            protection: None,
        }
    }
}

impl Inventory {
    /// What it says about the file `artifact`.
    pub async fn about(&self, artifact: &Artifact<'_>) -> Told {
        if !concerns(artifact) {
            return Told { surroundings: self.surroundings(), ..Told::nothing() };
        }
        // The number first: what changes while the rest is read makes the answer a passing one, never a wrong one.
        let generation = self.current_generation().await;
        let protection = match artifact.kind {
            Kind::PhoneConfiguration(mac) => Some((mac, self.protection(mac).await)),
            _ => None,
        };
        let told = |what, documents| Told {
            what,
            generation,
            surroundings: self.surroundings(),
            documents,
            protection,
        };
        let documents = match self.documents(generation).await {
            Ok(documents) => documents,
            Err(silence) => return told(What::Silent(silence), Arc::default()),
        };
        let what = match artifact.kind {
            Kind::PhoneConfiguration(mac) => self.phone(mac).await,
            Kind::TrustList(TrustList { device: Some(mac), .. }) => self.phone(mac).await,
            Kind::DefaultConfiguration => {
                self.ask(|store| async move { store.groups(GroupKind::Series).await }).await.map(What::Series)
            }
            _ => Ok(documents
                .find(artifact.plain_name)
                .map_or(What::Unknown, |one| What::Document(one.clone()))),
        };
        told(what.unwrap_or_else(What::Silent), documents)
    }

    async fn phone(&self, mac: Mac) -> Result<What, Silence> {
        let Some(bundle) = self.ask(|store| async move { store.bundle(mac).await }).await? else {
            return Ok(What::Unknown);
        };
        match bundle.phone.state {
            State::Active => Ok(What::Phone(Box::new(bundle))),
            State::Retired => Ok(What::Retired),
            // Its code is drawn again when it has none: somebody made it wait by hand.
            State::Waiting => {
                let waiting = self.ask(|store| async move { store.waiting(mac).await }).await?;
                Ok(waiting.map_or(What::Unknown, |waiting| What::Waiting(mac, waiting.code)))
            }
        }
    }

    /// All documents; read once a generation.
    async fn documents(&self, generation: u64) -> Result<Arc<Documents>, Silence> {
        let kept = self.kept_documents().load_full();
        if kept.generation == Some(generation) {
            return Ok(kept);
        }
        let all = self.ask(|store| async move { store.documents().await }).await?;
        let last = self.ask(|store| async move { store.last_trust_list().await }).await?;
        let list = last.map(|last| Bytes::from(last.bytes));
        let documents = Arc::new(Documents { list, ..Documents::new(generation, all) });
        self.kept_documents().store(documents.clone());
        Ok(documents)
    }
}

/// Whether the inventory can have a say in it: phones, and lists that have a name ending in `.xml`.
fn concerns(artifact: &Artifact<'_>) -> bool {
    let is_xml = || artifact.plain_name.to_ascii_lowercase().ends_with(".xml");
    match artifact.kind {
        Kind::PhoneConfiguration(_) => true,
        Kind::TrustList(TrustList { list: List::Itl, extended: false, .. }) => artifact.form == Form::Plain,
        Kind::TrustList(_) | Kind::Firmware | Kind::Image | Kind::Ring | Kind::HeadsetDefaults => false,
        _ => is_xml(),
    }
}
