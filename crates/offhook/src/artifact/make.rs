//! The steps of the road, in order: the administrator's file, the inventory's, what offhook always has; the seal around each.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use provision::artifact::{Artifact, Form, Kind, List, TrustList};
use provision::mac::Mac;
use provision::made;
use provision::name::FileName;
use wire::signed::Signed;

use super::file::{File, How};
use super::from_inventory;
use super::protect::{self, Protected};
use super::refusal::Reason;
use super::root::{Content, Root};
use super::seal::Seal;
use crate::config::{Links, Live};
use crate::inventory::{Told, What};
use crate::metrics::Metrics;
use crate::stamp::Witness;
use crate::trust::Trust;

/// Makes answers; knows the document root and who signs.
pub(super) struct Maker {
    config: Live,
    root: Root,
    seal: Seal,
    started: SystemTime,
}

/// Where one answer looks.
struct Place<'a> {
    root: &'a Path,
    links: Links,
}

/// What was fetched before the making, so that the making waits for nobody.
pub(super) struct Supply<'a> {
    told: &'a Told,
    /// The file last given under this name.
    before: Option<Arc<File>>,
    rests: Cell<bool>,
}

impl<'a> Supply<'a> {
    /// What the inventory said, and what was given before.
    pub(super) fn new(told: &'a Told, before: Option<Arc<File>>) -> Self {
        Self { told, before, rests: Cell::new(false) }
    }

    /// What the inventory said; the answer rests on it from now on.
    pub(super) fn look(&self) -> &'a Told {
        self.rests.set(true);
        self.told
    }

    /// The generation that the answer rests on, if anybody looked.
    pub(super) fn generation(&self) -> Option<u64> {
        let said = !matches!(self.told.what, What::Nothing);
        (said && self.rests.get()).then_some(self.told.generation)
    }

    /// The phone whose protection the answer rests on, and the last change to that.
    pub(super) fn protection(&self) -> Option<(Mac, u64)> {
        let (phone, guard) = self.told.protection.as_ref()?;
        Some((*phone, guard.as_ref().ok()?.number))
    }
}

impl Maker {
    /// A maker by the settings in `config`.
    pub(super) fn new(config: Live, trust: Trust, metrics: Arc<Metrics>) -> Self {
        Self {
            seal: Seal::new(config.clone(), trust, metrics),
            config,
            root: Root::new(),
            started: SystemTime::now(),
        }
    }

    /// The file `name` from what it is `supplied` with; `witness` learns on what it rests beside the inventory.
    pub(super) fn make(
        &self,
        name: &FileName<'_>,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<Arc<File>, Reason> {
        let settings = self.config.load_full();
        let place = Place { root: &settings.document_root, links: settings.links };
        let artifact = Artifact::parse(name);
        let name = name.as_str();
        if tells_of_others(artifact.plain_name) {
            return Err(Reason::Private(name.to_owned()));
        }
        let protected = protect::told(&artifact, supplied.told)?;
        // What the administrator put under the plain name is the configuration, too, and not for everybody's eyes.
        if (protected.is_none() || artifact.form != Form::Plain)
            && let Some(content) = self.root.read(place.root, place.links, name, witness)?
        {
            return Ok(content.into_file(How::Override, supplied));
        }
        let itl = |kind| match kind {
            Kind::TrustList(TrustList { list: List::Itl, device, extended: false }) => Some(device),
            _ => None,
        };
        if let (Some(device), Form::Plain) = (itl(artifact.kind), artifact.form) {
            let known = match device {
                Some(device) => self.knows(&place, device, supplied, witness)?,
                None => true,
            };
            let made = if known { self.list(name, device, supplied, witness)? } else { None };
            return made.map(Arc::new).ok_or_else(|| missing(name, &artifact));
        }
        let made = match (artifact.form, &protected) {
            (_, Some(protected)) => self.protected(&place, name, &artifact, protected, supplied, witness),
            (Form::Signed, None) => self.signed(&place, name, &artifact, supplied, witness),
            (Form::Encrypted, None) => Err(missing(name, &artifact)),
            (Form::Plain, None) => self.plain(&place, name, &artifact, supplied, witness),
        };
        // What was right when the inventory was last heard of is better than nothing.
        let before = supplied.before.as_ref().filter(|file| matches!(file.how, How::Made | How::Signed));
        // But not what was given before it was to be encrypted.
        let before = before.filter(|_| protected.is_none() || artifact.form == Form::Encrypted);
        match (made, before) {
            (Err(Reason::Away(_)), Some(before)) => Ok(before.clone()),
            (made, _) => made,
        }
    }

    /// The identity trust list: the one that was published last, or what is on disk as long as none was.
    fn list(
        &self,
        name: &str,
        device: Option<Mac>,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<Option<File>, Reason> {
        let told = supplied.look();
        if let What::Silent(silence) = told.what {
            return Err(from_inventory::refusal(name, silence));
        }
        self.seal.trust_list(name, device, told.documents.list(), witness)
    }

    /// The configuration of a phone that gets it encrypted only; under its other names the stub.
    fn protected(
        &self,
        place: &Place<'_>,
        name: &str,
        artifact: &Artifact<'_>,
        protected: &Protected,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<Arc<File>, Reason> {
        let full = self.inner(place, name, artifact, supplied, witness)?;
        let before = supplied.before.as_ref();
        match (artifact.form, &protected.recipient) {
            (Form::Encrypted, Some(recipient)) => self.seal.encrypt(name, full, recipient, before, witness),
            (Form::Encrypted, None) => Err(missing(name, artifact)),
            (Form::Signed, _) => self.seal.sign(name, protected.stub(&full)?, before, witness),
            (Form::Plain, _) => Ok(protected.stub(&full)?.into_file(How::Made, supplied)),
        }
    }

    /// What stands inside every sealed form of `artifact`: the administrator's file, else what offhook makes.
    fn inner(
        &self,
        place: &Place<'_>,
        name: &str,
        artifact: &Artifact<'_>,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<Content, Reason> {
        match self.root.read(place.root, place.links, artifact.plain_name, witness)? {
            Some(content) => Ok(content),
            None => self.made(artifact, supplied)?.ok_or_else(|| missing(name, artifact)),
        }
    }

    /// `NAME.sgn`, around whatever `NAME` is.
    fn signed(
        &self,
        place: &Place<'_>,
        name: &str,
        artifact: &Artifact<'_>,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<Arc<File>, Reason> {
        let inner = self.inner(place, name, artifact, supplied, witness)?;
        self.seal.sign(name, inner, supplied.before.as_ref(), witness)
    }

    /// `NAME`, made by offhook or cut out of the administrator's `NAME.sgn`.
    fn plain(
        &self,
        place: &Place<'_>,
        name: &str,
        artifact: &Artifact<'_>,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<Arc<File>, Reason> {
        // The vendor's own signature belongs to the load: without it the phone refuses the file.
        if artifact.kind == Kind::Firmware {
            return Err(missing(name, artifact));
        }
        let sealed = format!("{name}.sgn");
        let Some(content) = self.root.read(place.root, place.links, &sealed, witness)? else {
            let made = self.made(artifact, supplied)?.ok_or_else(|| missing(name, artifact))?;
            return Ok(made.into_file(How::Made, supplied));
        };
        // A file that only looks signed by its name is not ours to take apart.
        let signed = Signed::parse(&content.bytes).map_err(|_| missing(name, artifact))?;
        let bytes = content.bytes.slice_ref(signed.payload);
        let payload = Content { name: name.to_owned(), bytes, ..content };
        Ok(payload.into_file(How::Unwrapped, supplied))
    }

    /// What offhook makes by itself: from the inventory, else what it always has.
    fn made(&self, artifact: &Artifact<'_>, supplied: &Supply<'_>) -> Result<Option<Content>, Reason> {
        let name = artifact.plain_name;
        if let Some(told) = from_inventory::content(artifact, supplied)? {
            return Ok(Some(told));
        }
        let Some(made) = made::make(name) else { return Ok(None) };
        let (bytes, modified) = (Bytes::from(made.bytes), Some(self.started));
        Ok(Some(Content { name: name.to_owned(), bytes, modified, fingerprint: None }))
    }

    /// Whether `device` has a configuration here: signed or not, in the document root (where one that cannot be read is one,
    /// too) or in the inventory.
    fn knows(
        &self,
        place: &Place<'_>,
        device: Mac,
        supplied: &Supply<'_>,
        witness: &mut Witness,
    ) -> Result<bool, Reason> {
        let is_there = [".cnf.xml", ".cnf.xml.sgn"].iter().any(|ending| {
            let name = format!("SEP{device}{ending}");
            !matches!(self.root.read(place.root, place.links, &name, witness), Ok(None))
        });
        Ok(is_there || from_inventory::serves(device, supplied)?)
    }
}

impl Content {
    /// The file; the very one that was given before, if nothing of it changed.
    fn into_file(self, how: How, supplied: &Supply<'_>) -> Arc<File> {
        let Self { name, bytes, modified, fingerprint } = self;
        let before = supplied.before.as_ref().filter(|file| file.how == how && file.bytes == bytes);
        let modified = modified.or(before.map(|file| file.modified)).unwrap_or_else(SystemTime::now);
        match before.filter(|file| file.name == name && file.modified == modified) {
            Some(before) => before.clone().saying(fingerprint),
            None => Arc::new(File::new(name, bytes, modified, how)).saying(fingerprint),
        }
    }
}

/// What a call manager publishes about itself: whoever reads it knows whose configurations to ask for.
const TELLING: [&str; 5] =
    ["configfilecachelist.txt", "binfilecachelist.txt", "filelist.txt", "paramlist.txt", "perfmon.txt"];

fn tells_of_others(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    TELLING.iter().any(|telling| telling.eq_ignore_ascii_case(file))
}

/// The refusal for a name that leads nowhere.
fn missing(name: &str, artifact: &Artifact<'_>) -> Reason {
    match artifact.normal_miss() {
        Some(why) => Reason::Expected { name: name.to_owned(), why },
        None => Reason::Missing(name.to_owned()),
    }
}
