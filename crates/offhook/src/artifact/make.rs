//! The steps of the road, in order: the administrator's file, what offhook makes, the seal around either.

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
use super::refusal::Reason;
use super::root::{Content, Root};
use super::seal::Seal;
use crate::config::{Links, Live};
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

    /// The file `name`; `witness` learns on what it rests.
    pub(super) fn make(&self, name: &FileName<'_>, witness: &mut Witness) -> Result<File, Reason> {
        let settings = self.config.load_full();
        let place = Place { root: &settings.document_root, links: settings.links };
        let artifact = Artifact::parse(name);
        let name = name.as_str();
        if let Some(content) = self.root.read(place.root, place.links, name, witness)? {
            return Ok(content.into_file(How::Override));
        }
        let itl = |kind| match kind {
            Kind::TrustList(TrustList { list: List::Itl, device, extended: false }) => Some(device),
            _ => None,
        };
        if let (Some(device), Form::Plain) = (itl(artifact.kind), artifact.form) {
            let known = device.is_none_or(|device| self.knows(&place, device, witness));
            let made = if known { self.seal.trust_list(name, device, witness)? } else { None };
            return made.ok_or_else(|| missing(name, &artifact));
        }
        match artifact.form {
            Form::Signed => self.signed(&place, name, &artifact, witness),
            Form::Encrypted => Err(missing(name, &artifact)),
            Form::Plain => {
                self.plain(&place, name, &artifact, witness)?.ok_or_else(|| missing(name, &artifact))
            }
        }
    }

    /// `NAME.sgn`, around whatever `NAME` is.
    fn signed(
        &self,
        place: &Place<'_>,
        name: &str,
        artifact: &Artifact<'_>,
        witness: &mut Witness,
    ) -> Result<File, Reason> {
        let plain = artifact.plain_name;
        let inner = match self.root.read(place.root, place.links, plain, witness)? {
            Some(content) => content,
            None => self.made(plain).ok_or_else(|| missing(name, artifact))?,
        };
        self.seal.sign(name, &inner, witness)
    }

    /// `NAME`, made by offhook or cut out of the administrator's `NAME.sgn`.
    fn plain(
        &self,
        place: &Place<'_>,
        name: &str,
        artifact: &Artifact<'_>,
        witness: &mut Witness,
    ) -> Result<Option<File>, Reason> {
        // The vendor's own signature belongs to the load: without it the phone refuses the file.
        if artifact.kind == Kind::Firmware {
            return Ok(None);
        }
        let sealed = format!("{name}.sgn");
        let Some(content) = self.root.read(place.root, place.links, &sealed, witness)? else {
            return Ok(self.made(name).map(|made| made.into_file(How::Made)));
        };
        // A file that only looks signed by its name is not ours to take apart.
        let payload =
            Signed::parse(&content.bytes).ok().map(|signed| content.bytes.slice_ref(signed.payload));
        Ok(payload.map(|bytes| File::new(name.to_owned(), bytes, content.modified, How::Unwrapped)))
    }

    /// What offhook makes under `name` by itself.
    fn made(&self, name: &str) -> Option<Content> {
        let made = made::make(name)?;
        Some(Content { name: name.to_owned(), bytes: Bytes::from(made.bytes), modified: self.started })
    }

    /// Whether the configuration of `device` is here, signed or not; one that cannot be read is here, too.
    fn knows(&self, place: &Place<'_>, device: Mac, witness: &mut Witness) -> bool {
        [".cnf.xml", ".cnf.xml.sgn"].iter().any(|ending| {
            let name = format!("SEP{device}{ending}");
            !matches!(self.root.read(place.root, place.links, &name, witness), Ok(None))
        })
    }
}

impl Content {
    fn into_file(self, how: How) -> File {
        File::new(self.name, self.bytes, self.modified, how)
    }
}

/// The refusal for a name that leads nowhere.
fn missing(name: &str, artifact: &Artifact<'_>) -> Reason {
    match artifact.normal_miss() {
        Some(why) => Reason::Expected { name: name.to_owned(), why },
        None => Reason::Missing(name.to_owned()),
    }
}
