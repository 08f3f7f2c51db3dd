//! Files from the inventory: configurations of phones, and the documents that several share.

use std::sync::Arc;

use bytes::Bytes;
use provision::artifact::{Artifact, Kind};
use provision::mac::Mac;
use provision::render::{self, Rendered};

use super::make::Supply;
use super::refusal::Reason;
use super::root::Content;
use crate::inventory::fingerprint::Fingerprint;
use crate::inventory::{Silence, What};

/// What the inventory makes of a name; `None` when it knows nothing of it.
pub(super) fn content(artifact: &Artifact<'_>, supplied: &Supply<'_>) -> Result<Option<Content>, Reason> {
    let name = artifact.plain_name;
    let told = supplied.look();
    Ok(match (&told.what, artifact.kind) {
        (What::Phone(bundle), Kind::PhoneConfiguration(mac)) => {
            let rendered = render::configuration(bundle, &told.surroundings);
            let print = Fingerprint::of(mac, bundle.phone.model, &rendered, &told.documents);
            Some(Content { fingerprint: Some(Arc::new(print)), ..document(name, rendered.xml) })
        }
        (What::Waiting(mac, code), Kind::PhoneConfiguration(_)) => {
            let Rendered { xml, .. } = render::waiting(*mac, code, &told.surroundings);
            Some(document(name, xml))
        }
        (What::Retired, Kind::PhoneConfiguration(mac)) => return Err(Reason::Retired(mac.device_name())),
        (What::Document(kept), _) => Some(document(name, render::document(kept))),
        (What::Series(groups), _) => {
            Some(document(name, render::default_configuration(groups, &told.surroundings).xml))
        }
        (What::Silent(silence), _) => return Err(refusal(name, *silence)),
        _ => None,
    })
}

/// Whether the inventory serves this phone.
pub(super) fn serves(device: Mac, supplied: &Supply<'_>) -> Result<bool, Reason> {
    match &supplied.look().what {
        What::Phone(_) => Ok(true),
        What::Silent(silence) => Err(refusal(&device.device_name(), *silence)),
        _ => Ok(false),
    }
}

fn document(name: &str, xml: String) -> Content {
    Content { name: name.to_owned(), bytes: Bytes::from(xml), modified: None, fingerprint: None }
}

pub(super) fn refusal(name: &str, silence: Silence) -> Reason {
    match silence {
        Silence::Away => Reason::Away(name.to_owned()),
        Silence::Broken => Reason::Broken(name.to_owned()),
    }
}
