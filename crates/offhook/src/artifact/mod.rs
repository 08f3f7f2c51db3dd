//! The one road for every file: TFTP, 6970 and 6971 all ask [`Artifacts::fetch`].
//!
//! name → override → inventory → made → seal → cache; each answer remembers what it was built from ([`Witness`], and the
//! generation of the inventory), so the next request sees a change without a restart.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::num::NonZero;
use std::sync::Arc;

use provision::artifact::{Artifact, Form, Kind};
use provision::mac::Mac;
use provision::name::{FileName, From};
use tokio::sync::{Mutex, Semaphore};

use crate::config::{Live, Onboarding};
use crate::inventory::{self, Delivery, Inventory, Told, What};
use crate::metrics::Metrics;
use crate::stamp::{Look, Witness};
use crate::trust::Trust;

mod cache;
mod directory;
mod file;
mod from_inventory;
mod make;
mod newcomers;
mod protect;
mod refusal;
mod root;
mod seal;

use cache::{Cache, Entry};
use make::{Maker, Supply};
use newcomers::Newcomers;

pub use file::{File, How};
pub use refusal::{Reason, Refusal};

/// Requests for one name wait for each other here, so that a storm makes each file once.
const LANES: usize = 64;
/// Files made at one time for each core: one signs while another waits for the disk. More would only take turns.
const MAKERS_PER_CORE: usize = 2;

/// The road a request came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TFTP, port 69.
    Tftp,
    /// HTTP, port 6970.
    Http,
    /// HTTPS, port 6971: it authenticates by itself, so a signed configuration is given unsigned.
    Https,
}

impl Transport {
    /// A word for logs and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tftp => "tftp",
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// What a request gets.
pub type Answer = Result<Arc<File>, Refusal>;

/// Where files come from. Clones share everything.
#[derive(Clone)]
pub struct Artifacts(Arc<Shared>);

struct Shared {
    config: Live,
    maker: Maker,
    inventory: Option<Inventory>,
    newcomers: Newcomers,
    trust: Trust,
    metrics: Arc<Metrics>,
    cache: Cache,
    lanes: Vec<Mutex<()>>,
    makers: Arc<Semaphore>,
    hasher: RandomState,
}

impl std::fmt::Debug for Artifacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Artifacts").finish_non_exhaustive()
    }
}

impl Default for Artifacts {
    fn default() -> Self {
        Self::new(Live::default(), Arc::default())
    }
}

impl Artifacts {
    /// Files by the settings in `config`, without an inventory.
    #[must_use]
    pub fn new(config: Live, metrics: Arc<Metrics>) -> Self {
        Self::with_inventory(config, metrics, None)
    }

    /// Files by the settings in `config` and what the inventory says.
    #[must_use]
    pub fn with_inventory(config: Live, metrics: Arc<Metrics>, inventory: Option<Inventory>) -> Self {
        let trust = Trust::of(&config.load());
        let cache = Cache::new(config.load().cache_bytes);
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let lanes = (0..LANES).map(|_| Mutex::new(())).collect();
        Self(Arc::new(Shared {
            maker: Maker::new(config.clone(), trust.clone(), metrics.clone()),
            config,
            inventory,
            newcomers: Newcomers::default(),
            trust,
            metrics,
            cache,
            lanes,
            makers: Arc::new(Semaphore::new(MAKERS_PER_CORE * cores)),
            hasher: RandomState::new(),
        }))
    }

    /// The answer to a request for `raw_name`, made when it is not at hand.
    ///
    /// # Errors
    /// The refusal says why, and whether that is normal.
    pub async fn fetch(&self, raw_name: &[u8], peer: IpAddr, transport: Transport) -> Answer {
        let name = wanted(raw_name, transport)?;
        if let Some(answer) = self.0.cached(name.as_str()) {
            return answer;
        }
        let lane = &self.0.lanes[self.0.hasher.hash_one(name.as_str()) as usize % LANES];
        let _alone = lane.lock().await;
        // Whoever held the lane before may have made it, and the inventory may turn out not to have changed.
        if let Some(answer) = self.0.asked(name.as_str()).await {
            return answer;
        }
        self.0.produce(name.into_owned(), peer).await
    }

    /// The answer, if it is at hand and still true; looks at the disk, never waits.
    #[must_use]
    pub fn ready(&self, raw_name: &[u8], transport: Transport) -> Option<Answer> {
        match wanted(raw_name, transport) {
            Ok(name) => self.0.cached(name.as_str()),
            Err(refusal) => Some(Err(refusal)),
        }
    }

    /// To be told when all of `file` has arrived, if it is a configuration that offhook made for a phone, or a trust list.
    #[must_use]
    pub fn delivery(&self, file: &File) -> Option<Delivery> {
        let inventory = self.0.inventory.as_ref()?;
        match &file.fingerprint {
            Some(fingerprint) => inventory.delivery(fingerprint),
            None => inventory.list_delivery(&file.name, &file.bytes),
        }
    }

    /// Somebody asks for `raw_name`, whatever comes of it: that alone tells which trust list a phone holds.
    pub fn asked(&self, raw_name: &[u8], peer: IpAddr, transport: Transport) {
        if let Some(inventory) = &self.0.inventory {
            inventory.asked(raw_name, peer, transport);
        }
    }

    /// The inventory, if there is one.
    #[must_use]
    pub fn inventory(&self) -> Option<&Inventory> {
        self.0.inventory.as_ref()
    }

    /// Who signs and whom phones trust; what TLS shows comes from there too.
    #[must_use]
    pub fn trust(&self) -> &Trust {
        &self.0.trust
    }

    /// Forgets everything made so far: the settings changed.
    pub fn forget(&self) {
        if let Some(inventory) = &self.0.inventory {
            inventory.set_surroundings(inventory::surroundings(&self.0.config.load()));
        }
        self.0.cache.clear();
    }
}

impl Shared {
    /// The answer at hand, if nothing has to be asked to know that it holds.
    fn cached(&self, name: &str) -> Option<Answer> {
        let (look, inventory) = (Look::now(), self.inventory.as_ref());
        self.kept(
            name,
            look,
            || inventory?.generation_at(look),
            |phone| inventory?.protection_number_at(look, phone),
        )
    }

    /// The answer at hand, if it holds; the database is asked whether it changed, if need be.
    async fn asked(&self, name: &str) -> Option<Answer> {
        let Some(inventory) = &self.inventory else { return self.kept(name, Look::now(), || None, |_| None) };
        let generation = inventory.current_generation().await;
        inventory.learn_protections().await.ok()?;
        let number = |phone| Some(inventory.protection_number_last_known(phone));
        self.kept(name, Look::now(), || Some(generation), number)
    }

    fn kept(
        &self,
        name: &str,
        look: Look,
        generation: impl FnOnce() -> Option<u64>,
        protection: impl FnOnce(Mac) -> Option<u64>,
    ) -> Option<Answer> {
        let answer = self.cache.get(name, look, generation, protection)?;
        self.metrics.cache_hits.inc();
        Some(answer)
    }

    /// Makes the answer for `name`; a phone that nobody knows is taken in on the way, if the settings say so.
    async fn produce(self: &Arc<Self>, name: FileName<'static>, peer: IpAddr) -> Answer {
        let artifact = Artifact::parse(&name);
        let Some(inventory) = &self.inventory else { return self.make(&name, Told::nothing(), true).await };
        let told = inventory.about(&artifact).await;
        let settings = self.config.load_full();
        let stranger = newcomers::stranger(&artifact, &told)
            .filter(|_| settings.provisioning.onboarding != Onboarding::Reject);
        let answer = self.make(&name, told, stranger.is_none()).await;
        // Whatever lies in the document root makes a phone known, too.
        match (stranger, &answer) {
            (Some(mac), Err(refusal)) if matches!(refusal.reason, Reason::Missing(_)) => {
                let told = self.newcomers.receive(inventory, &settings, (mac, peer), &artifact).await?;
                self.make(&name, told, false).await
            }
            _ => answer,
        }
    }

    /// Makes the answer for `name` where waiting for a disk holds nobody up. A refusal `is_kept` as files are.
    async fn make(self: &Arc<Self>, name: &FileName<'static>, told: Told, is_kept: bool) -> Answer {
        let slot = self.makers.clone().acquire_owned().await.map_err(|_| Reason::Busy)?;
        let (shared, name) = (self.clone(), name.clone());
        let made = tokio::task::spawn_blocking(move || {
            // A disk that hangs has no more threads than this, however many come and go meanwhile.
            let _slot = slot;
            shared.make_here(&name, &told, is_kept)
        });
        let made = made.await;
        made.unwrap_or_else(|failed| {
            tracing::error!(%failed, "making a file failed; this is a fault of offhook, please report it");
            Err(Reason::Busy.into())
        })
    }

    /// Makes the answer for `name` and keeps it.
    fn make_here(&self, name: &FileName<'_>, told: &Told, is_kept: bool) -> Answer {
        self.metrics.cache_misses.inc();
        let mut witness = Witness::default();
        let supply = Supply::new(told, self.cache.before(name.as_str()));
        let answer = self.maker.make(name, &supply, &mut witness).map_err(Refusal::from);
        // Phones that wait come and go without moving the generation, so what they get is made each time.
        let passes = matches!(told.what, What::Waiting(..));
        if !passes && answer.as_ref().err().is_none_or(|refusal| is_kept && refusal.reason.lasts()) {
            let entry = Entry::new(answer.clone(), witness, supply.generation(), supply.protection());
            self.cache.put(name.as_str(), entry);
            self.metrics.cache_bytes.set(self.cache.bytes().cast_signed());
        }
        answer
    }
}

/// The name that `raw_name` stands for on this transport.
fn wanted(raw_name: &[u8], transport: Transport) -> Result<FileName<'_>, Refusal> {
    let from = if transport == Transport::Tftp { From::Plain } else { From::Percent };
    let name = FileName::parse(raw_name, from).map_err(Reason::Name)?;
    Ok(if transport == Transport::Https { without_needless_seal(name) } else { name })
}

/// TLS already vouches for a configuration, and a phone that asks over it expects the bare document.
fn without_needless_seal(name: FileName<'_>) -> FileName<'_> {
    let artifact = Artifact::parse(&name);
    if artifact.form != Form::Signed || !matches!(artifact.kind, Kind::PhoneConfiguration(_)) {
        return name;
    }
    let bare = FileName::parse(artifact.plain_name.as_bytes(), From::Plain).map(FileName::into_owned);
    bare.unwrap_or_else(|_| name.into_owned())
}
