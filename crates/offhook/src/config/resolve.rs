//! From what is written to what is in force: defaults filled in, contradictions found.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use ipnet::IpNet;
use provision::models;
use wire::signature::{Digest, Version};

use super::database::Database;
use super::key_files::Keys;
use super::keys::KEYS;
use super::kind::Value;
use super::resolved::{
    Admin, Capf, Limits, Links, Listen, Listener, Log, LogFormat, Newcomers, Onboarding, Provisioning,
    Resolved, Services, Tftp, Timeline, Trust, Unknown,
};
use super::sources;
use super::written::{Problem, Written};
use crate::asterisk;
use crate::directory::Service;
use crate::listener::Name;

/// The defaults of all settings, read from the table.
static DEFAULTS: LazyLock<Written> = LazyLock::new(|| {
    let mut text = String::new();
    for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
        text.push_str(&format!("{} = {}\n", key.name, key.default));
    }
    let mut problems = Vec::new();
    let mut written = Written::default();
    written.file("defaults".as_ref(), &text, &mut problems);
    debug_assert!(problems.is_empty(), "the table of settings holds valid defaults: {problems:?}");
    written
});

/// Fills in the defaults; contradictions go to `problems`.
pub(super) fn resolve(written: &Written, problems: &mut Vec<Problem>) -> Resolved {
    let get = Get(written);
    let data_dir = PathBuf::from(get.text("data_dir").unwrap_or_default());
    let document_root = match written.get("document_root") {
        Some(_) => get.text("document_root").map(PathBuf::from).unwrap_or_default(),
        None => data_dir.join("tftpboot"),
    };
    let said = written.get("database").and_then(|_| Database::read(&get.text("database")?));
    let database = said.unwrap_or_else(|| Database::within(&data_dir));
    let resolved = Resolved {
        source: None,
        data_dir,
        document_root,
        links: get.word("links", [("inside", Links::Inside), ("anywhere", Links::Anywhere)]),
        user: get.text("user"),
        database,
        listen: listen(&get),
        admin: admin(&get),
        provisioning: provisioning(&get),
        newcomers: newcomers(&get),
        services: services(&get),
        asterisk: asterisk(&get),
        ldap: ldap(&get),
        sources: sources::resolve(&written.sources, problems),
        tftp: Tftp {
            single_port: get.flag("tftp.single_port"),
            max_block_size: get.small("tftp.max_block_size"),
            max_window_size: get.small("tftp.max_window_size"),
        },
        trust: trust(&get),
        capf: Capf { days: u32::try_from(get.number("capf.days")).unwrap_or(u32::MAX) },
        keys: Keys::new(
            get.text("keys.passphrase_file").map(PathBuf::from),
            get.text("keys.pkcs11_module").map(PathBuf::from),
            get.text("keys.pin_file").map(PathBuf::from),
            u32::try_from(get.number("keys.renew_days")).ok().filter(|days| *days > 0),
        ),
        timeline: Timeline {
            per_phone: u32::try_from(get.number("timeline.per_phone")).unwrap_or(u32::MAX),
            total: u32::try_from(get.number("timeline.total")).unwrap_or(u32::MAX),
            per_second: u32::try_from(get.number("timeline.per_second")).unwrap_or(u32::MAX),
        },
        limits: limits(&get),
        cache_bytes: get.number("limits.cache"),
        log: Log {
            format: get.word("log.format", [("text", LogFormat::Text), ("json", LogFormat::Json)]),
            filter: get.text("log.filter").unwrap_or_default(),
        },
    };
    contradictions(written, &resolved, problems);
    lacking(written, &resolved, problems);
    in_the_clear(written, &resolved, problems);
    resolved
}

fn listen(get: &Get<'_>) -> Listen {
    let listener = |name: Name| {
        let addresses = get.addresses(&format!("listen.{name}"));
        let allow = get.networks(&format!("access.{name}"));
        (!addresses.is_empty()).then_some(Listener { addresses, allow })
    };
    Listen {
        tftp: listener(Name::Tftp),
        provisioning: listener(Name::Provisioning),
        secure_provisioning: listener(Name::SecureProvisioning),
        services: listener(Name::Services),
        secure_services: listener(Name::SecureServices),
        tvs: listener(Name::Tvs),
        capf: listener(Name::Capf),
        admin: listener(Name::Admin),
    }
}

fn admin(get: &Get<'_>) -> Admin {
    let path = |name: &str| get.text(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    Admin {
        tls: get.flag("admin.tls"),
        certificate: path("admin.certificate"),
        key: path("admin.key"),
        insecure: get.flag("admin.insecure"),
    }
}

/// Passwords must not go over a network in the clear, unless somebody says so.
fn in_the_clear(written: &Written, resolved: &Resolved, problems: &mut Vec<Problem>) {
    let addresses = resolved.listen.admin.as_ref().map(|listener| listener.addresses.as_slice());
    let open =
        addresses.unwrap_or_default().iter().find(|address| !address.ip().to_canonical().is_loopback());
    let Some((open, place)) = open.zip(written.place("listen.admin")) else { return };
    if !resolved.admin.tls && !resolved.admin.insecure {
        let text = format!(
            "listen.admin = {open} is an address that others reach, and passwords would go over it in the clear: set \
             admin.tls = true; or listen on 127.0.0.1 behind a proxy; or set admin.insecure = true if you mean it"
        );
        problems.push(Problem { place: place.clone(), text });
    }
}

fn provisioning(get: &Get<'_>) -> Provisioning {
    let onboarding =
        [("reject", Onboarding::Reject), ("park", Onboarding::Park), ("register", Onboarding::Register)];
    Provisioning {
        server_name: get.text("provisioning.server_name"),
        legacy_tls: get.flag("provisioning.legacy_tls"),
        onboarding: get.word("provisioning.onboarding", onboarding),
    }
}

fn newcomers(get: &Get<'_>) -> Newcomers {
    Newcomers {
        range: get.text("onboarding.range").and_then(|text| text.parse().ok()),
        profile: get.text("onboarding.profile"),
        site: get.text("onboarding.site"),
        model: get.text("onboarding.model").and_then(|name| models::find(&name)),
        waiting: get.count("onboarding.waiting"),
        per_minute: get.count("onboarding.per_minute"),
    }
}

fn services(get: &Get<'_>) -> Services {
    Services {
        title: get.text("services.title").unwrap_or_default(),
        menu: get.lines("services.menu").iter().filter_map(|line| line.parse().ok()).collect(),
        idle_text: get.text("services.idle_text").unwrap_or_default(),
        report_bytes: get.number("services.report"),
        reports_bytes: get.number("services.reports"),
        reports_per_phone: u32::try_from(get.number("services.reports_per_phone")).unwrap_or(u32::MAX),
        unknown_reports: get
            .word("services.unknown_reports", [("keep", Unknown::Keep), ("refuse", Unknown::Refuse)]),
        personal_contacts: u32::try_from(get.number("services.personal_contacts")).unwrap_or(u32::MAX),
    }
}

fn asterisk(get: &Get<'_>) -> asterisk::Settings {
    asterisk::Settings {
        address: get.text("asterisk.url").and_then(|url| url.parse().ok()),
        username: get.text("asterisk.username").unwrap_or_default(),
        secret: get.text("asterisk.secret").unwrap_or_default(),
    }
}

fn ldap(get: &Get<'_>) -> Service {
    let text = |name: &str| get.text(name).unwrap_or_default();
    let numbers = text("ldap.numbers");
    Service {
        url: text("ldap.url"),
        starttls: get.flag("ldap.starttls"),
        base: text("ldap.base"),
        filter: text("ldap.filter"),
        user: text("ldap.user"),
        password: text("ldap.password"),
        name: text("ldap.name"),
        numbers: numbers
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect(),
    }
}

fn trust(get: &Get<'_>) -> Trust {
    let version = |minor| Version { major: 1, minor };
    Trust {
        version: get.word("trust.version", [("1.0", version(0)), ("1.1", version(1))]),
        digest: get.word("trust.digest", [("sha1", Digest::Sha1), ("sha512", Digest::Sha512)]),
        tvs_ttl: u32::try_from(get.number("trust.tvs_ttl")).unwrap_or(u32::MAX),
    }
}

fn limits(get: &Get<'_>) -> Limits {
    Limits {
        connections: get.count("limits.connections"),
        connections_per_address: get.count("limits.connections_per_address"),
        handshake: get.duration("limits.handshake"),
        header: get.duration("limits.header"),
        stall: get.duration("limits.stall"),
        tftp_transfers: get.count("limits.tftp_transfers"),
        tftp_transfers_per_address: get.count("limits.tftp_transfers_per_address"),
        shutdown: get.duration("limits.shutdown"),
    }
}

/// Two listeners cannot share an address.
fn contradictions(written: &Written, resolved: &Resolved, problems: &mut Vec<Problem>) {
    let mut taken: HashMap<(bool, SocketAddr), Name> = HashMap::new();
    for name in Name::ALL {
        let addresses = name.of(&resolved.listen).map(|listener| listener.addresses.as_slice());
        for address in addresses.unwrap_or_default().iter().filter(|address| address.port() != 0) {
            let Some(other) = taken.insert((name.is_udp(), *address), name) else { continue };
            let places = [name, other].map(|name| written.place(&format!("listen.{name}")));
            // One of the two was written: the defaults differ.
            let Some(place) = places.into_iter().flatten().next().cloned() else { continue };
            let text = format!("listen.{other} and listen.{name} both want {address}; give them one each");
            problems.push(Problem { place, text });
        }
    }
}

/// What one setting needs of another.
fn lacking(written: &Written, resolved: &Resolved, problems: &mut Vec<Problem>) {
    let name = "provisioning.onboarding";
    let register = resolved.provisioning.onboarding == Onboarding::Register;
    if let (true, None, Some(place)) = (register, resolved.newcomers.range, written.place(name)) {
        let text = format!(
            "{name} = \"register\" needs numbers to give out: set onboarding.range, such as \"2000-2999\""
        );
        problems.push(Problem { place: place.clone(), text });
    }
}

/// Reads settings by name: as written, else the default. A name or a kind that is not the table's gives nothing; the
/// test `every_setting_is_read` finds it.
struct Get<'a>(&'a Written);

impl Get<'_> {
    fn value(&self, name: &str) -> &Value {
        debug_assert!(KEYS.iter().any(|key| key.name == name), "{name} is a setting of the table");
        self.0.get(name).or_else(|| DEFAULTS.get(name)).unwrap_or(&Value::Nothing)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn word<T: Copy, const N: usize>(&self, name: &str, words: [(&str, T); N]) -> T {
        let written = self.text(name).unwrap_or_default();
        words.iter().find(|(word, _)| *word == written).map_or(words[0].1, |(_, meaning)| *meaning)
    }

    fn flag(&self, name: &str) -> bool {
        *self.value(name) == Value::Flag(true)
    }

    fn number(&self, name: &str) -> u64 {
        match self.value(name) {
            Value::Number(number) => *number,
            _ => 0,
        }
    }

    fn count(&self, name: &str) -> usize {
        usize::try_from(self.number(name)).unwrap_or(usize::MAX)
    }

    fn small(&self, name: &str) -> u16 {
        u16::try_from(self.number(name)).unwrap_or(u16::MAX)
    }

    fn duration(&self, name: &str) -> Duration {
        match self.value(name) {
            Value::Duration(duration) => *duration,
            _ => Duration::ZERO,
        }
    }

    fn lines(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Value::Lines(lines) => lines.clone(),
            _ => Vec::new(),
        }
    }

    fn addresses(&self, name: &str) -> Vec<SocketAddr> {
        match self.value(name) {
            Value::Addresses(addresses) => addresses.clone(),
            _ => Vec::new(),
        }
    }

    fn networks(&self, name: &str) -> Vec<IpNet> {
        match self.value(name) {
            Value::Networks(networks) => networks.clone(),
            _ => Vec::new(),
        }
    }
}
