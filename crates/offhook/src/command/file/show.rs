//! `offhook file show`: what a file is, who signed it, and its sums.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use pki::{digest, files};
use serde::Serialize;
use wire::signature::{Digest, Signer};

use super::kind::File;
use crate::command::Context;
use crate::command::trust::SignerView;
use crate::trust::calendar;

/// Show what a file is: its header, its signer, its MD5 and SHA-256
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file.
    file: PathBuf,
}

#[derive(Debug, Serialize)]
struct View {
    kind: &'static str,
    file: Sums,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<Header>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Sums>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Header {
    name: String,
    signer: SignerView,
    digest: String,
    timestamp: u32,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encrypted_with: Option<String>,
}

#[derive(Debug, Serialize)]
struct Sums {
    bytes: usize,
    md5: String,
    sha256: String,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let bytes = files::read(&self.file)?;
        let view = View::new(&bytes);
        context.output.show(format!("file      {}\n{view}", self.file.display()), &view)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl View {
    fn new(bytes: &[u8]) -> Self {
        let plain =
            Self { kind: "plain file", file: Sums::of(bytes), header: None, payload: None, problem: None };
        match File::of(bytes) {
            File::Signed(file) => Self {
                kind: "signed file",
                header: Some(Header::new(file.name, &file.signer, file.digest, file.timestamp)),
                payload: Some(Sums::of(file.payload)),
                ..plain
            },
            File::Encrypted(file) => {
                let bits = file.sealed.encrypted_key.len() * 8;
                let header = Header::new(file.sealed.name, &file.signer, file.digest, file.timestamp);
                let encrypted_with = Some(format!("AES-128, its key to an RSA key of {bits} bits"));
                Self {
                    kind: "encrypted configuration",
                    header: Some(Header { encrypted_with, ..header }),
                    ..plain
                }
            }
            File::TrustList(list) => Self {
                kind: "trust list",
                header: Some(Header::new(list.kind.file_name(), &list.signer, list.digest, list.timestamp)),
                ..plain
            },
            File::Package(payload) => {
                Self { kind: "the vendor's signed package", payload: Some(Sums::of(payload)), ..plain }
            }
            File::Plain(problem) => Self { problem, ..plain },
        }
    }
}

impl Header {
    fn new(name: &str, signer: &Signer, digest: Digest, timestamp: u32) -> Self {
        Self {
            name: name.to_owned(),
            signer: SignerView::new(signer),
            digest: digest.to_string(),
            timestamp,
            time: calendar::utc(timestamp.into()),
            encrypted_with: None,
        }
    }
}

impl Sums {
    fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.len(),
            md5: digest::hex(&digest::md5(bytes)),
            sha256: digest::hex(&digest::sha256(bytes)),
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kind      {}\n{}", self.kind, self.file)?;
        if let Some(problem) = &self.problem {
            write!(f, "\nproblem   it begins like a signed file, but {problem}")?;
        }
        if let Some(header) = &self.header {
            write!(f, "\nname      {}\nsigner    {}", header.name, header.signer)?;
            write!(f, "\nsigned    {} ({}) with {}", header.time, header.timestamp, header.digest)?;
            if let Some(encrypted_with) = &header.encrypted_with {
                write!(f, "\nencrypted {encrypted_with}")?;
            }
        }
        match &self.payload {
            Some(payload) => write!(f, "\n\npayload\n{payload}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bytes     {}\nmd5       {}\nsha256    {}", self.bytes, self.md5, self.sha256)
    }
}
