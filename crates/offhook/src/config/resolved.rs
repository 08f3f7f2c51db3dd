//! Settings as the rest of the program sees them: complete, checked, with every default filled in.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use provision::models::Model;
use wire::signature::{Digest, Version};

use super::database::Database;
use super::key_files::Keys;
use super::menu_line::MenuLine;
use super::range::Range;
use super::resolve::resolve;
use super::written::Written;
use crate::asterisk;
use crate::directory::{Service, SourceSettings};
use crate::listener::Name;

/// All settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The file they came from; none means defaults and environment only.
    pub source: Option<PathBuf>,
    /// Keys, assets, state.
    pub data_dir: PathBuf,
    /// The administrator's own files; they win.
    pub document_root: PathBuf,
    /// Which symbolic links in the document root are followed.
    pub links: Links,
    /// Where the inventory is kept.
    pub database: Database,
    /// Whom to become once everything is bound (root only).
    pub user: Option<String>,
    /// What listens where.
    pub listen: Listen,
    /// How browsers reach the page.
    pub admin: Admin,
    /// What phones are told.
    pub provisioning: Provisioning,
    /// Phones that nobody knows.
    pub newcomers: Newcomers,
    /// What the keys of phones show.
    pub services: Services,
    /// Whom to ask about calls.
    pub asterisk: asterisk::Settings,
    /// Whose people phones look up.
    pub ldap: Service,
    /// Where else people are found, in the order of the menu.
    pub sources: Vec<SourceSettings>,
    /// How TFTP behaves.
    pub tftp: Tftp,
    /// How trust lists and signatures are made.
    pub trust: Trust,
    /// Certificates of phones.
    pub capf: Capf,
    /// How private keys are opened.
    pub keys: Keys,
    /// How much is kept of what phones did.
    pub timeline: Timeline,
    /// How much of anything is allowed.
    pub limits: Limits,
    /// How many bytes of finished files are kept in memory.
    pub cache_bytes: u64,
    /// What is logged, and how.
    pub log: Log,
}

/// How many events are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Of each phone.
    pub per_phone: u32,
    /// Of all together.
    pub total: u32,
    /// Requests for files, of one address in a second.
    pub per_second: u32,
}

/// Which symbolic links are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// Those that stay inside the document root.
    #[default]
    Inside,
    /// All of them.
    Anywhere,
}

/// The listeners; `None` is one that is turned off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// TFTP.
    pub tftp: Option<Listener>,
    /// Files over HTTP.
    pub provisioning: Option<Listener>,
    /// Files over HTTPS.
    pub secure_provisioning: Option<Listener>,
    /// XML services over HTTP.
    pub services: Option<Listener>,
    /// XML services over HTTPS.
    pub secure_services: Option<Listener>,
    /// The Trust Verification Service.
    pub tvs: Option<Listener>,
    /// Certificate enrolment.
    pub capf: Option<Listener>,
    /// Metrics and health.
    pub admin: Option<Listener>,
}

/// Where one listener listens, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Addresses to bind; never empty.
    pub addresses: Vec<SocketAddr>,
    /// Who may connect; empty means everyone.
    pub allow: Vec<IpNet>,
}

/// How browsers reach the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admin {
    /// Over HTTPS.
    pub tls: bool,
    /// With a certificate of the administrator's own; else with the application certificate.
    pub certificate: Option<PathBuf>,
    /// Its key; else in the same file.
    pub key: Option<PathBuf>,
    /// In the clear, although others reach the address.
    pub insecure: bool,
}

/// What phones are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provisioning {
    /// The name phones know this server by; `None` means this machine's address.
    pub server_name: Option<String>,
    /// Whether the HTTPS listener also speaks TLS 1.0 with RSA key exchange, for 7900-series phones.
    pub legacy_tls: bool,
    /// What happens to phones nobody knows.
    pub onboarding: Onboarding,
}

/// What happens to phones nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Onboarding {
    /// They get nothing.
    Reject,
    /// They get a configuration that says they wait to be claimed.
    #[default]
    Park,
    /// They become phones of their own.
    Register,
}

/// What phones get that nobody knows, and how many there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomers {
    /// Numbers for those that are taken in.
    pub range: Option<Range>,
    /// Their profile.
    pub profile: Option<String>,
    /// Their site.
    pub site: Option<String>,
    /// What they are.
    pub model: Option<&'static Model>,
    /// How many may wait to be claimed.
    pub waiting: usize,
    /// How many new ones an address may bring in a minute.
    pub per_minute: usize,
}

/// What the keys of phones show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Services {
    /// Above the menu.
    pub title: String,
    /// The menu, line by line.
    pub menu: Vec<MenuLine>,
    /// What idle phones show.
    pub idle_text: String,
    /// The largest problem report taken.
    pub report_bytes: u64,
    /// How much all kept reports may take together.
    pub reports_bytes: u64,
    /// How many reports of one phone are kept.
    pub reports_per_phone: u32,
    /// What becomes of reports of phones that the inventory does not know.
    pub unknown_reports: Unknown,
    /// How many contacts of their own the user of a phone may keep.
    pub personal_contacts: u32,
}

/// What becomes of what a phone sends that the inventory does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is kept, with a note.
    Keep,
    /// It is refused.
    Refuse,
}

/// How TFTP behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tftp {
    /// Keep whole transfers on the listening port, for firewalls and containers.
    pub single_port: bool,
    /// The largest block size granted to a client that asks for more than 512 bytes.
    pub max_block_size: u16,
    /// The largest window granted to a client that asks for one.
    pub max_window_size: u16,
}

/// How trust lists and signatures are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// The version of trust lists.
    pub version: Version,
    /// The digest of signatures.
    pub digest: Digest,
    /// How many seconds phones may keep an answer of the Trust Verification Service.
    pub tvs_ttl: u32,
}

/// How much of anything is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections of one listener.
    pub connections: usize,
    /// Open connections of one listener from one address.
    pub connections_per_address: usize,
    /// Time for a TLS handshake.
    pub handshake: Duration,
    /// Time for a request to arrive whole, and for a connection to stay silent between two.
    pub header: Duration,
    /// Time a transfer may stand still.
    pub stall: Duration,
    /// Running TFTP transfers.
    pub tftp_transfers: usize,
    /// Running TFTP transfers to one address.
    pub tftp_transfers_per_address: usize,
    /// Time running transfers get to finish when offhook stops.
    pub shutdown: Duration,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The form of the lines.
    pub format: LogFormat,
    /// Which lines: a level, or a filter as `tracing-subscriber` reads it.
    pub filter: String,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// Certificates of phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capf {
    /// How many days one holds.
    pub days: u32,
}

impl Resolved {
    /// These settings, as far as a running server can take up `new` ones: what only a restart changes stays as it is,
    /// and is named.
    #[must_use]
    pub fn take_up(&self, new: Self) -> (Self, Vec<&'static str>) {
        let mut taken = new.clone();
        let mut kept = Vec::new();
        let mut keep = |name: &'static str, changed: bool| {
            if changed {
                kept.push(name);
            }
        };
        if taken.data_dir != self.data_dir && taken.document_root == taken.data_dir.join("tftpboot") {
            taken.document_root.clone_from(&self.document_root);
        }
        if taken.database == Database::within(&taken.data_dir) && taken.data_dir != self.data_dir {
            taken.database.clone_from(&self.database);
        }
        keep("database", taken.database != self.database);
        taken.database.clone_from(&self.database);
        keep("data_dir", taken.data_dir != self.data_dir);
        taken.data_dir.clone_from(&self.data_dir);
        keep("user", taken.user != self.user);
        taken.user.clone_from(&self.user);
        for (key, name) in LISTEN_KEYS {
            let running = name.of(&self.listen);
            let wanted = name.of_mut(&mut taken.listen);
            let addresses = |listener: &Listener| listener.addresses.clone();
            keep(key, running.map(addresses) != wanted.as_ref().map(addresses));
            let allow = wanted.take().map(|listener| listener.allow);
            *wanted = running.cloned();
            if let (Some(listener), Some(allow)) = (wanted, allow) {
                listener.allow = allow;
            }
        }
        keep("tftp.single_port", taken.tftp.single_port != self.tftp.single_port);
        taken.tftp.single_port = self.tftp.single_port;
        for (key, changed) in [
            ("keys.passphrase_file", taken.keys.passphrase_file != self.keys.passphrase_file),
            ("keys.pkcs11_module", taken.keys.module != self.keys.module),
            ("keys.pin_file", taken.keys.pin_file != self.keys.pin_file),
        ] {
            keep(key, changed);
        }
        taken.keys = self.keys.clone().renewing(taken.keys.renew_days);
        keep("limits.cache", taken.cache_bytes != self.cache_bytes);
        taken.cache_bytes = self.cache_bytes;
        for (key, changed) in [
            ("asterisk.url", taken.asterisk.address != self.asterisk.address),
            ("asterisk.username", taken.asterisk.username != self.asterisk.username),
            ("asterisk.secret", taken.asterisk.secret != self.asterisk.secret),
            ("ldap.url", taken.ldap.url != self.ldap.url),
            ("ldap.starttls", taken.ldap.starttls != self.ldap.starttls),
            ("ldap.base", taken.ldap.base != self.ldap.base),
            ("ldap.filter", taken.ldap.filter != self.ldap.filter),
            ("ldap.user", taken.ldap.user != self.ldap.user),
            ("ldap.password", taken.ldap.password != self.ldap.password),
            ("ldap.name", taken.ldap.name != self.ldap.name),
            ("ldap.numbers", taken.ldap.numbers != self.ldap.numbers),
        ] {
            keep(key, changed);
        }
        taken.asterisk.clone_from(&self.asterisk);
        taken.ldap.clone_from(&self.ldap);
        keep("directory.sources", taken.sources != self.sources);
        taken.sources.clone_from(&self.sources);
        keep("log.format", taken.log.format != self.log.format);
        taken.log.format = self.log.format;
        (taken, kept)
    }
}

const LISTEN_KEYS: [(&str, Name); 8] = [
    ("listen.tftp", Name::Tftp),
    ("listen.provisioning", Name::Provisioning),
    ("listen.secure_provisioning", Name::SecureProvisioning),
    ("listen.services", Name::Services),
    ("listen.secure_services", Name::SecureServices),
    ("listen.tvs", Name::Tvs),
    ("listen.capf", Name::Capf),
    ("listen.admin", Name::Admin),
];

impl Admin {
    /// The files of the administrator's own certificate and its key, if there are.
    #[must_use]
    pub fn own(&self) -> Option<(&Path, &Path)> {
        let certificate = self.certificate.as_deref()?;
        Some((certificate, self.key.as_deref().unwrap_or(certificate)))
    }
}

impl Listener {
    /// A listener on one address, for everyone.
    #[must_use]
    pub fn on(address: IpAddr, port: u16) -> Self {
        Self { addresses: vec![SocketAddr::new(address, port)], allow: Vec::new() }
    }
}

impl Default for Resolved {
    /// What holds when nothing is written.
    fn default() -> Self {
        resolve(&Written::default(), &mut Vec::new())
    }
}

impl Default for Listen {
    fn default() -> Self {
        Resolved::default().listen
    }
}

impl Default for Tftp {
    fn default() -> Self {
        Resolved::default().tftp
    }
}

impl Default for Trust {
    fn default() -> Self {
        Resolved::default().trust
    }
}

impl Default for Capf {
    fn default() -> Self {
        Resolved::default().capf
    }
}

impl Default for Limits {
    fn default() -> Self {
        Resolved::default().limits
    }
}

impl Default for Log {
    fn default() -> Self {
        Resolved::default().log
    }
}
