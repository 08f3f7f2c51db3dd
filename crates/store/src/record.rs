//! Everything that is kept, as records that both databases give and take: what backups and copies are made of.

use provision::inventory::{
    Contact, ContactNumber, Document, Group, GroupKind, Layer, Line, Number, Phone, Settings,
};
use provision::ledger::{Contents, Entry, Listed};
use provision::mac::Mac;
use provision::models;
use serde::{Deserialize, Serialize};

use crate::{
    Altered, Audited, Call, Enrolment, Fetched, Held, Issued, Issuer, LastSession, Published, Quality,
    Report, Revoked, Scheduled, Token, User, Waiting,
};

/// One thing that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// A site, a series or a profile.
    Group(Group),
    /// A line.
    Line(Line),
    /// A phone, and when it was changed last, in seconds since 1970.
    Phone(Box<Phone>, i64),
    /// A document.
    Document(Document),
    /// A contact under its number.
    Contact(Contact),
    /// A phone that waits to be claimed.
    Waiting(Waiting),
    /// What a phone fetched last.
    Fetched(Fetched),
    /// A report about a call.
    Quality(Quality),
    /// A phone's certificates.
    Enrolment(Box<Enrolment>),
    /// Somebody who issued certificates.
    Issuer(Issuer),
    /// A problem report, without its file.
    Report(Report),
    /// A program that may use the API.
    Token(Token),
    /// A user of the page.
    User(User),
    /// What somebody did.
    Audited(Audited),
    /// A trust list that was published.
    TrustList(Box<Published>),
    /// What is known of the trust list that a phone holds.
    Ledger(Mac, Box<Entry>),
}

/// How many of each are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub groups: u64,
    pub lines: u64,
    pub phones: u64,
    pub documents: u64,
    pub contacts: u64,
    pub waiting: u64,
    pub fetched: u64,
    #[serde(default)]
    pub quality: u64,
    #[serde(default)]
    pub enrolments: u64,
    #[serde(default)]
    pub issuers: u64,
    #[serde(default)]
    pub reports: u64,
    #[serde(default)]
    pub tokens: u64,
    #[serde(default)]
    pub users: u64,
    #[serde(default)]
    pub audit: u64,
    #[serde(default)]
    pub trust_lists: u64,
    #[serde(default)]
    pub ledger: u64,
}

impl Counts {
    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        let inventory = self.groups + self.lines + self.phones + self.documents + self.contacts;
        inventory
            + self.waiting
            + self.fetched
            + self.quality
            + self.enrolments
            + self.issuers
            + self.reports
            + self.tokens
            + self.users
            + self.audit
            + self.trust_lists
            + self.ledger
    }

    /// One more of that kind.
    pub fn add(&mut self, record: &Record) {
        let count = match record {
            Record::Group(_) => &mut self.groups,
            Record::Line(_) => &mut self.lines,
            Record::Phone(..) => &mut self.phones,
            Record::Document(_) => &mut self.documents,
            Record::Contact(_) => &mut self.contacts,
            Record::Waiting(_) => &mut self.waiting,
            Record::Fetched(_) => &mut self.fetched,
            Record::Quality(_) => &mut self.quality,
            Record::Enrolment(_) => &mut self.enrolments,
            Record::Issuer(_) => &mut self.issuers,
            Record::Report(_) => &mut self.reports,
            Record::Token(_) => &mut self.tokens,
            Record::User(_) => &mut self.users,
            Record::Audited(_) => &mut self.audit,
            Record::TrustList(_) => &mut self.trust_lists,
            Record::Ledger(..) => &mut self.ledger,
        };
        *count += 1;
    }
}

impl Record {
    /// As one line of JSON, passwords included. The same record is always the same line.
    #[must_use]
    pub fn to_line(&self) -> String {
        crate::json::text(&Written::of(self))
    }

    /// Reads such a line.
    pub fn from_line(line: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(line).map_err(|problem| problem.to_string())?;
        written.read()
    }
}

/// A record as it is written. Names stay as they are: backups are read by later versions.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Written {
    Group {
        kind: GroupKind,
        name: String,
        description: String,
        layer: Layer,
    },
    Line {
        number: Number,
        settings: Settings,
    },
    Phone {
        mac: String,
        model: Option<String>,
        description: String,
        site: Option<String>,
        profile: Option<String>,
        state: String,
        notes: String,
        layer: Layer,
        changed: i64,
    },
    Document(Document),
    Contact {
        id: i64,
        book: String,
        owner: Option<String>,
        name: String,
        organisation: String,
        numbers: Vec<ContactNumber>,
    },
    Waiting {
        mac: String,
        code: String,
        since: i64,
        seen: i64,
        source: String,
    },
    Fetched {
        mac: String,
        stamp: String,
        fingerprint: String,
        at: i64,
        transport: String,
        source: String,
    },
    Quality {
        id: i64,
        mac: String,
        at: i64,
        line: Option<String>,
        reason: String,
        call: Call,
    },
    Enrolment {
        mac: String,
        encrypt: bool,
        scheduled: Option<Scheduled>,
        issued: Option<Paper>,
        held: Option<Paper>,
        revoked: Vec<Revoked>,
        last: Option<LastSession>,
    },
    Issuer {
        fingerprint: String,
        certificate: String,
    },
    Report {
        id: i64,
        mac: String,
        at: i64,
        serial: String,
        user: String,
        source: String,
        bytes: i64,
        file: String,
        note: String,
    },
    Token {
        name: String,
        hash: String,
        scope: String,
        made: i64,
        expires: Option<i64>,
        used: Option<i64>,
    },
    User {
        name: String,
        role: String,
        password: String,
        made: i64,
        last: Option<i64>,
    },
    Audited {
        id: i64,
        at: i64,
        author: String,
        action: String,
        subject: String,
        fields: Vec<Altered>,
    },
    TrustList {
        number: i64,
        at: i64,
        by: String,
        purpose: String,
        note: String,
        contents: Contents,
        certificates: Vec<Listed>,
        bytes: String,
    },
    Ledger {
        mac: String,
        entry: Box<Entry>,
    },
}

/// A certificate of a phone as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paper {
    certificate: String,
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends: Option<i64>,
}

impl Written {
    fn of(record: &Record) -> Self {
        match record.clone() {
            Record::Group(Group { kind, name, description, layer }) => {
                Self::Group { kind, name, description, layer }
            }
            Record::Line(Line { number, settings }) => Self::Line { number, settings },
            Record::Phone(phone, changed) => Self::Phone {
                mac: phone.mac.to_string(),
                model: phone.model.map(|model| model.name.to_owned()),
                description: phone.description,
                site: phone.site,
                profile: phone.profile,
                state: phone.state.word().to_owned(),
                notes: phone.notes,
                layer: phone.layer,
                changed,
            },
            Record::Document(document) => Self::Document(document),
            Record::Contact(Contact { id, book, owner, name, organisation, numbers }) => {
                let owner = owner.map(|owner| owner.to_string());
                Self::Contact { id, book, owner, name, organisation, numbers }
            }
            Record::Waiting(Waiting { mac, code, since, seen, source }) => {
                Self::Waiting { mac: mac.to_string(), code, since, seen, source }
            }
            Record::Fetched(Fetched { mac, stamp, fingerprint, at, transport, source }) => {
                let fingerprint = hex(&fingerprint);
                Self::Fetched { mac: mac.to_string(), stamp, fingerprint, at, transport, source }
            }
            Record::Quality(Quality { id, mac, at, line, reason, call }) => {
                Self::Quality { id, mac: mac.to_string(), at, line, reason, call }
            }
            Record::Enrolment(enrolment) => Self::enrolment(*enrolment),
            Record::Issuer(Issuer { fingerprint, certificate }) => {
                Self::Issuer { fingerprint, certificate: hex(&certificate) }
            }
            Record::Report(Report { id, mac, at, serial, user, source, bytes, file, note }) => {
                Self::Report { id, mac: mac.to_string(), at, serial, user, source, bytes, file, note }
            }
            Record::Token(Token { name, hash, scope, made, expires, used }) => {
                Self::Token { name, hash: hex(&hash), scope, made, expires, used }
            }
            Record::User(User { name, role, password, made, last }) => {
                Self::User { name, role, password, made, last }
            }
            Record::Audited(Audited { id, at, author, action, subject, fields }) => {
                Self::Audited { id, at, author, action, subject, fields }
            }
            Record::TrustList(list) => {
                let Published { number, at, by, purpose, note, contents, certificates, bytes } = *list;
                let bytes = hex(&bytes);
                Self::TrustList { number, at, by, purpose, note, contents, certificates, bytes }
            }
            Record::Ledger(mac, entry) => Self::Ledger { mac: mac.to_string(), entry },
        }
    }

    fn read(self) -> Result<Record, String> {
        Ok(match self {
            Self::Group { kind, name, description, layer } => {
                Record::Group(Group { kind, name, description, layer })
            }
            Self::Line { number, settings } => Record::Line(Line { number, settings }),
            Self::Phone { mac, model, description, site, profile, state, notes, layer, changed } => {
                let known = |name: String| {
                    models::find(&name).ok_or_else(|| format!("this offhook knows no model {name:?}"))
                };
                let (mac, state) = (address(&mac)?, state.parse()?);
                let model = model.map(known).transpose()?;
                let phone = Phone { mac, model, description, site, profile, state, notes, layer };
                Record::Phone(Box::new(phone), changed)
            }
            Self::Document(document) => Record::Document(document),
            Self::Contact { id, book, owner, name, organisation, numbers } => {
                let owner = owner.as_deref().map(address).transpose()?;
                Record::Contact(Contact { id, book, owner, name, organisation, numbers })
            }
            Self::Waiting { mac, code, since, seen, source } => {
                Record::Waiting(Waiting { mac: address(&mac)?, code, since, seen, source })
            }
            Self::Fetched { mac, stamp, fingerprint, at, transport, source } => {
                let (mac, fingerprint) = (address(&mac)?, bytes(&fingerprint)?);
                Record::Fetched(Fetched { mac, stamp, fingerprint, at, transport, source })
            }
            Self::Quality { id, mac, at, line, reason, call } => {
                Record::Quality(Quality { id, mac: address(&mac)?, at, line, reason, call })
            }
            Self::Enrolment { mac, encrypt, scheduled, issued, held, revoked, last } => {
                let enrolment = Enrolment {
                    encrypt,
                    scheduled,
                    issued: issued.map(Paper::issued).transpose()?,
                    held: held.map(Paper::held).transpose()?,
                    revoked,
                    last,
                    ..Enrolment::new(address(&mac)?)
                };
                Record::Enrolment(Box::new(enrolment))
            }
            Self::Issuer { fingerprint, certificate } => {
                Record::Issuer(Issuer { fingerprint, certificate: bytes(&certificate)? })
            }
            Self::Report { id, mac, at, serial, user, source, bytes, file, note } => {
                let mac = address(&mac)?;
                Record::Report(Report { id, mac, at, serial, user, source, bytes, file, note })
            }
            Self::Token { name, hash, scope, made, expires, used } => {
                Record::Token(Token { name, hash: bytes(&hash)?, scope, made, expires, used })
            }
            Self::User { name, role, password, made, last } => {
                Record::User(User { name, role, password, made, last })
            }
            Self::Audited { id, at, author, action, subject, fields } => {
                Record::Audited(Audited { id, at, author, action, subject, fields })
            }
            Self::TrustList { number, at, by, purpose, note, contents, certificates, bytes: list } => {
                let bytes = bytes(&list)?;
                let list = Published { number, at, by, purpose, note, contents, certificates, bytes };
                Record::TrustList(Box::new(list))
            }
            Self::Ledger { mac, entry } => Record::Ledger(address(&mac)?, entry),
        })
    }
}

impl Written {
    /// Who is enrolling right now is of this moment only, and counts belong to their database.
    fn enrolment(enrolment: Enrolment) -> Self {
        let Enrolment { mac, encrypt, scheduled, issued, held, revoked, last, .. } = enrolment;
        let paper = |certificate: Vec<u8>, at, origin, ends| Paper {
            certificate: hex(&certificate),
            at,
            origin,
            ends,
        };
        let issued = issued.map(|Issued { certificate, at }| paper(certificate, at, None, None));
        let held = held
            .map(|Held { certificate, origin, at, ends }| paper(certificate, at, Some(origin), Some(ends)));
        Self::Enrolment { mac: mac.to_string(), encrypt, scheduled, issued, held, revoked, last }
    }
}

impl Paper {
    fn issued(self) -> Result<Issued, String> {
        Ok(Issued { certificate: bytes(&self.certificate)?, at: self.at })
    }

    fn held(self) -> Result<Held, String> {
        let missing = || "a certificate that a phone holds has an origin and an end".to_owned();
        let (origin, ends) = self.origin.zip(self.ends).ok_or_else(missing)?;
        Ok(Held { certificate: bytes(&self.certificate)?, origin, at: self.at, ends })
    }
}

fn address(digits: &str) -> Result<Mac, String> {
    Mac::from_digits(digits).ok_or_else(|| format!("{digits:?} is no address of a phone"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(pair).collect();
    bytes.ok_or_else(|| "a fingerprint is pairs of hexadecimal digits".to_owned())
}
