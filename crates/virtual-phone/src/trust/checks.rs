//! The checks that cost something, done once for the same bytes: a thousand phones that are given one list and one dial
//! template check each of them once, together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use pki::Certificate;
use wire::{
    encrypted::Encrypted,
    signature::{Digest, Signer},
    signed::Signed,
    trust_list::Kind,
};

use super::{Distrust, List, Trust};
use crate::models::Model;

/// A clock may be this far ahead before a timestamp counts as one from the future: a day, as certificates are backdated.
const TOLERANCE: u32 = 24 * 60 * 60;
/// More names than any storm shares; what is unique to a phone is not remembered.
const MOST_REMEMBERED: usize = 256;

/// A signed file after all checks.
#[derive(Debug)]
pub struct Opened<'a> {
    /// The file's own bytes.
    pub payload: &'a [u8],
    /// Who signed it.
    pub signer: String,
}

/// What has been checked so far, shared by all phones of a storm.
#[derive(Debug, Default)]
pub struct Checks {
    lists: Mutex<HashMap<Kind, Arc<List>>>,
    files: Mutex<HashMap<String, Verified>>,
}

/// A whole file whose signature was found right, and by whom.
#[derive(Debug)]
struct Verified {
    file: Vec<u8>,
    by: Certificate,
}

impl Checks {
    /// Reads a list for a phone of this model and checks all that concerns the list alone.
    pub fn list(&self, bytes: &[u8], asked: Kind, model: &Model, now: u32) -> Result<Arc<List>, Distrust> {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        let list = match lists.get(&asked) {
            Some(known) if known.bytes == bytes => Arc::clone(known),
            _ => {
                let list = Arc::new(List::read(bytes, asked)?);
                lists.insert(asked, Arc::clone(&list));
                list
            }
        };
        check_digest(list.digest, model)?;
        check_time(list.timestamp, now)?;
        Ok(list)
    }

    /// Takes a signed file out of its cover, if its name, its signer, the signer's role, its signature and its time
    /// are what a phone that holds these lists accepts.
    pub fn signed<'a>(
        &self,
        file: &'a [u8],
        name: &str,
        trust: &Trust,
        model: &Model,
        now: u32,
    ) -> Result<Opened<'a>, Distrust> {
        let signed = Signed::parse(file)?;
        let header = Header {
            name: signed.name,
            signer: &signed.signer,
            digest: signed.digest,
            timestamp: signed.timestamp,
        };
        let by = header.check(name, trust, model, now)?;
        if !self.remembers(name, file, &by) {
            pki::verify(signed.signed_parts(), signed.digest, signed.signature, &by)?;
            self.remember(name, file, by);
        }
        Ok(Opened { payload: signed.payload, signer: signed.signer.subject })
    }

    /// The same checks for an encrypted configuration; what is inside it is for the holder of the key to see.
    pub fn encrypted<'a>(
        &self,
        file: &'a [u8],
        name: &str,
        trust: &Trust,
        model: &Model,
        now: u32,
    ) -> Result<Encrypted<'a>, Distrust> {
        let sealed = Encrypted::parse(file)?;
        let header = Header {
            name: sealed.sealed.name,
            signer: &sealed.signer,
            digest: sealed.digest,
            timestamp: sealed.timestamp,
        };
        let by = header.check(name, trust, model, now)?;
        pki::verify(sealed.signed_parts(), sealed.digest, sealed.signature, &by)?;
        Ok(sealed)
    }

    fn remembers(&self, name: &str, file: &[u8], by: &Certificate) -> bool {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.get(name).is_some_and(|known| known.file == file && known.by == *by)
    }

    fn remember(&self, name: &str, file: &[u8], by: Certificate) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        if !name.starts_with("SEP") && files.len() < MOST_REMEMBERED {
            files.insert(name.to_owned(), Verified { file: file.to_vec(), by });
        }
    }
}

/// What the headers of both kinds of signed files have.
struct Header<'a> {
    name: &'a str,
    signer: &'a Signer,
    digest: Digest,
    timestamp: u32,
}

impl Header<'_> {
    /// Checks everything but the signature, and gives the certificate it must be made with.
    fn check(&self, asked: &str, trust: &Trust, model: &Model, now: u32) -> Result<Certificate, Distrust> {
        if self.name != asked {
            return Err(Distrust::OtherName { asked: asked.to_owned(), found: self.name.to_owned() });
        }
        check_digest(self.digest, model)?;
        check_time(self.timestamp, now)?;
        trust.file_signer(self.signer)
    }
}

fn check_digest(digest: Digest, model: &Model) -> Result<(), Distrust> {
    if digest == Digest::Sha1 || model.sha512 { Ok(()) } else { Err(Distrust::DigestTooNew(digest)) }
}

fn check_time(timestamp: u32, now: u32) -> Result<(), Distrust> {
    match timestamp {
        0 => Err(Distrust::NoTime),
        ahead if ahead > now.saturating_add(TOLERANCE) => Err(Distrust::FromTheFuture(ahead)),
        _ => Ok(()),
    }
}
