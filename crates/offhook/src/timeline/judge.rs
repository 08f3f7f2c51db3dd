//! Gathering all that is known of a phone, for the rules to judge by: the same for the server and for commands without one.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use provision::inventory::{Bundle, State};
use provision::mac::Mac;
use provision::render::{self, Surroundings};
use provision::timeline::{Boot, Event, Known, Standing, Verdict, Wanted, boots, judge};
use store::{Enrolment, EnrolmentQuery, Fetched, Page, Store, Subject};
use tokio::sync::watch;
use wire::signed::Signed;

use super::now;
use super::registrations::Registrations;
use crate::config::{Live, Resolved};
use crate::inventory::{Inventory, surroundings};

/// Events of a phone that are looked at: several boots.
const LOOKED_AT: u32 = 400;
/// The same in a pass over all phones: the last boot or two.
const IN_PASS: u32 = 60;
/// Around a request, in milliseconds: who else was asked for from there.
const CROWD: i64 = 60_000;
/// Phones that nobody added, judged in a pass at most: the others are no longer news.
const MOST_STRANGERS: usize = 5000;
/// No phone reads more.
const MOST_BYTES: u64 = 4 << 20;
const NO_MAC: Mac = Mac::new([0; 6]);

/// Where what is known comes from. Cheap to clone.
#[derive(Clone)]
pub struct Sources {
    pub(super) store: Store,
    place: Place,
    registrations: watch::Receiver<Arc<Registrations>>,
}

/// The settings that matter.
#[derive(Clone)]
enum Place {
    /// Those in force at each moment.
    Server(Inventory, Live),
    /// Those of a command.
    Command(PathBuf, Arc<Surroundings>),
}

impl Sources {
    /// Those of a running server.
    pub(super) fn of_server(
        inventory: &Inventory,
        config: Live,
        registrations: watch::Receiver<Arc<Registrations>>,
    ) -> Self {
        let store = inventory.store().clone();
        Self { store, place: Place::Server(inventory.clone(), config), registrations }
    }

    /// Those of a command, with what Asterisk said to it.
    #[must_use]
    pub fn of_command(store: Store, resolved: &Resolved, registrations: Registrations) -> Self {
        let place = Place::Command(resolved.document_root.clone(), Arc::new(surroundings(resolved)));
        // Nobody tells anything more: what was said stays.
        let (_, registrations) = watch::channel(Arc::new(registrations));
        Self { store, place, registrations }
    }
}

/// Who judges, at one moment.
pub struct Judge {
    store: Store,
    document_root: PathBuf,
    surroundings: Arc<Surroundings>,
    registrations: Arc<Registrations>,
    now: i64,
}

impl Judge {
    /// By what holds now.
    #[must_use]
    pub fn now(sources: &Sources) -> Self {
        let (document_root, surroundings) = match &sources.place {
            Place::Server(inventory, config) => {
                (config.load().document_root.clone(), inventory.surroundings())
            }
            Place::Command(root, surroundings) => (root.clone(), surroundings.clone()),
        };
        Self {
            store: sources.store.clone(),
            document_root,
            surroundings,
            registrations: sources.registrations.borrow().clone(),
            now: now(),
        }
    }

    /// The verdict on one phone, and its boots, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn one(&self, phone: Mac) -> store::Result<(Verdict, Vec<Boot>)> {
        let bundle = self.store.bundle(phone).await?;
        let fetched = self.store.fetched(phone).await?;
        let enrolment = self.store.enrolment(phone).await?;
        let boots = boots_upto(&self.store, phone, LOOKED_AT).await?;
        let known = self.known(phone, bundle, fetched.as_ref(), enrolment.as_ref(), &boots).await?;
        Ok((self.verdict(known, &boots).await?, boots))
    }

    /// The verdicts on the next phones of the inventory behind `after`, by address; none when that was all.
    ///
    /// # Errors
    /// As [`Judge::one`].
    pub async fn portion(&self, after: Option<Mac>, most: u32) -> store::Result<Vec<(Mac, Verdict)>> {
        let bundles = self.store.bundles(after, most).await?;
        let (Some(first), Some(last)) = (bundles.first(), bundles.last()) else { return Ok(Vec::new()) };
        let (first, last) = (first.phone.mac, last.phone.mac);
        let fetched = self.store.fetched_between(first, last).await?;
        let fetched: HashMap<Mac, Fetched> = fetched.into_iter().map(|one| (one.mac, one)).collect();
        let enrolments = self.enrolments(after, last).await?;
        let mut events: HashMap<Mac, Vec<Event>> = HashMap::new();
        for kept in self.store.events_between(first, last, IN_PASS).await? {
            events.entry(kept.event.phone.unwrap_or(NO_MAC)).or_default().push(kept.event);
        }
        let mut verdicts = Vec::with_capacity(bundles.len());
        for bundle in bundles {
            let phone = bundle.phone.mac;
            let boots = boots(events.remove(&phone).unwrap_or_default());
            let (fetched, enrolment) = (fetched.get(&phone), enrolments.get(&phone));
            let known = self.known(phone, Some(bundle), fetched, enrolment, &boots).await?;
            verdicts.push((phone, self.verdict(known, &boots).await?));
            // Rendering takes a fraction of a millisecond, and others have work, too.
            tokio::task::yield_now().await;
        }
        Ok(verdicts)
    }

    /// The verdicts on phones that asked for something, and that nobody added.
    ///
    /// # Errors
    /// As [`Judge::one`].
    pub async fn strangers(&self) -> store::Result<Vec<(Mac, Verdict)>> {
        let most = u32::try_from(MOST_STRANGERS).unwrap_or(u32::MAX);
        let mut verdicts = Vec::new();
        for phone in self.store.strangers(None, most).await? {
            let boots = boots_upto(&self.store, phone, IN_PASS).await?;
            let known = self.known(phone, None, None, None, &boots).await?;
            verdicts.push((phone, self.verdict(known, &boots).await?));
        }
        Ok(verdicts)
    }

    /// What a phone did not do is looked for among what nobody is known to have done.
    async fn verdict(&self, mut known: Known, boots: &[Boot]) -> store::Result<Verdict> {
        let verdict = judge(&known, boots);
        let last = boots.last().and_then(|boot| boot.events.last());
        let Some(last) = last.filter(|_| verdict.rests_on_silence()) else { return Ok(verdict) };
        let kept = self.store.events_of(Subject::Address(last.address), IN_PASS).await?;
        known.unclaimed = kept.into_iter().map(|one| one.event).collect();
        Ok(judge(&known, boots))
    }

    async fn enrolments(&self, after: Option<Mac>, last: Mac) -> store::Result<HashMap<Mac, Enrolment>> {
        let (mut found, mut after) = (HashMap::new(), after);
        loop {
            let page = Page { after, offset: 0, limit: 500 };
            let listed = self.store.enrolments(&EnrolmentQuery::default(), &page).await?;
            let Some(end) = listed.rows.last().map(|one| one.mac) else { return Ok(found) };
            found.extend(listed.rows.into_iter().filter(|one| one.mac <= last).map(|one| (one.mac, one)));
            if end >= last {
                return Ok(found);
            }
            after = Some(end);
        }
    }

    async fn known(
        &self,
        phone: Mac,
        bundle: Option<Bundle>,
        fetched: Option<&Fetched>,
        enrolment: Option<&Enrolment>,
        boots: &[Boot],
    ) -> store::Result<Known> {
        let mut known = Known::nothing(phone, self.now);
        let own_file = own_file(&self.document_root, phone);
        known.model = bundle.as_ref().and_then(|bundle| bundle.phone.model);
        known.standing = match bundle.as_ref().map(|bundle| bundle.phone.state) {
            Some(State::Retired) => Standing::Retired,
            Some(State::Waiting) => {
                let waiting = self.store.waiting(phone).await?;
                waiting.map_or(Standing::Unknown, |waiting| Standing::Waiting(waiting.code))
            }
            Some(State::Active) => Standing::Active,
            None if own_file.is_some() => Standing::OwnFile,
            None => Standing::Unknown,
        };
        known.fetched = fetched.map(|fetched| fetched.at.saturating_mul(1000));
        if let Some(xml) = own_file {
            match Wanted::read(&xml) {
                Ok(wanted) => known.wanted = Some(wanted),
                Err(fault) => known.unreadable = Some(fault),
            }
        } else if let (Some(bundle), Standing::Active) = (&bundle, &known.standing) {
            let rendered = render::configuration(bundle, &self.surroundings);
            known.wanted = Wanted::read(rendered.xml.as_bytes()).ok();
            known.is_current = fetched.map(|fetched| fetched.stamp == rendered.stamp);
        }
        let lines = known.wanted.as_ref().map(|wanted| wanted.lines.as_slice()).unwrap_or_default();
        known.registration = self.registrations.of(phone, lines);
        known.is_encrypted = enrolment.is_some_and(|enrolment| enrolment.encrypt && enrolment.held.is_some());
        let held = enrolment.and_then(|enrolment| enrolment.held.as_ref());
        known.certificate_ends = held.map(|held| held.ends.saturating_mul(1000));
        if matches!(known.standing, Standing::Unknown | Standing::Waiting(_)) {
            known.crowd = self.crowd(boots).await?;
        }
        Ok(known)
    }

    /// How many names nobody knows were asked for from the same address at the same time, and not as phones ask.
    async fn crowd(&self, boots: &[Boot]) -> store::Result<usize> {
        let Some(last) = boots.last().and_then(|boot| boot.events.last()) else { return Ok(0) };
        let (from, to) = (last.at.saturating_sub(CROWD), last.at.saturating_add(CROWD));
        let neighbours = self.store.neighbours(last.address, from, to).await?;
        Ok(neighbours.iter().filter(|one| !one.asked_list).count())
    }
}

/// The boots of a phone, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn boots_of(store: &Store, phone: Mac) -> store::Result<Vec<Boot>> {
    boots_upto(store, phone, LOOKED_AT).await
}

async fn boots_upto(store: &Store, phone: Mac, most: u32) -> store::Result<Vec<Boot>> {
    let kept = store.events_of(Subject::Phone(phone), most).await?;
    Ok(boots(kept.into_iter().map(|one| one.event).collect()))
}

/// The administrator's own configuration of a phone, which wins over the inventory's.
fn own_file(root: &Path, phone: Mac) -> Option<Vec<u8>> {
    let read = |ending: &str| {
        let mut bytes = Vec::new();
        let file = File::open(root.join(format!("{}{ending}", phone.device_name()))).ok()?;
        file.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let bytes = [".cnf.xml", ".cnf.xml.sgn"].into_iter().find_map(read)?;
    Some(match Signed::parse(&bytes) {
        Ok(signed) => signed.payload.to_vec(),
        Err(_) => bytes,
    })
}
