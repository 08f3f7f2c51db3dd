//! Settings as the rest of the program sees them: complete, checked, with every default filled in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

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
    /// Whom to become once everything is bound (root only).
    pub user: Option<String>,
    /// What listens where.
    pub listen: Listen,
    /// What phones are told.
    pub provisioning: Provisioning,
    /// How TFTP behaves.
    pub tftp: Tftp,
    /// How trust lists and signatures are made.
    pub trust: Trust,
    /// How much of anything is allowed.
    pub limits: Limits,
    /// How many bytes of finished files are kept in memory.
    pub cache_bytes: u64,
    /// What is logged, and how.
    pub log: Log,
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
}

/// The version of trust lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
}

/// The digest of signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
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
    /// Time for a request to arrive whole, from its first byte.
    pub header: Duration,
    /// Time a connection may stay silent between requests.
    pub idle: Duration,
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

impl Default for Resolved {
    fn default() -> Self {
        Self {
            source: None,
            data_dir: PathBuf::from("data"),
            document_root: PathBuf::from("data/tftpboot"),
            links: Links::default(),
            user: None,
            listen: Listen::default(),
            provisioning: Provisioning::default(),
            tftp: Tftp::default(),
            trust: Trust::default(),
            limits: Limits::default(),
            cache_bytes: 256 << 20,
            log: Log::default(),
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        let everywhere = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        Self {
            tftp: Some(Listener::on(everywhere, 69)),
            provisioning: Some(Listener::on(everywhere, 6970)),
            secure_provisioning: Some(Listener::on(everywhere, 6971)),
            admin: Some(Listener::on(IpAddr::V4(Ipv4Addr::LOCALHOST), 8970)),
        }
    }
}

impl Listener {
    /// A listener on one address, for everyone.
    #[must_use]
    pub fn on(address: IpAddr, port: u16) -> Self {
        Self { addresses: vec![SocketAddr::new(address, port)], allow: Vec::new() }
    }
}

impl Default for Tftp {
    fn default() -> Self {
        Self { single_port: false, max_block_size: 65_464, max_window_size: 64 }
    }
}

impl Default for Trust {
    fn default() -> Self {
        Self { version: Version { major: 1, minor: 1 }, digest: Digest::Sha1 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 1024,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            tftp_transfers: 4096,
            tftp_transfers_per_address: 1024,
            shutdown: Duration::from_secs(10),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned() }
    }
}
