//! The one table of settings: name, kind, default, a line of documentation.
//!
//! It drives reading and checking, the file that `offhook init` writes and `docs/configuration.md`. A new setting is
//! a row here and a line in `resolve.rs`.

use super::kind::Kind;

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// `section.key`, or `key` for those above all sections.
    pub name: &'static str,
    /// What may be written.
    pub kind: Kind,
    /// The default as written in TOML; empty means there is none.
    pub default: &'static str,
    /// Another value, as written in TOML, for the documentation.
    pub example: &'static str,
    /// What it does, in one line.
    pub doc: &'static str,
    /// When a change is felt.
    pub felt: Felt,
}

/// When a change of a setting is felt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Felt {
    /// After `SIGHUP`.
    OnReload,
    /// After a restart.
    OnRestart,
    /// Not in this version: the setting is accepted, so that a file can be shared with later ones.
    Later,
}

/// The part of a file that begins with `[name]`; the first has no name.
#[derive(Debug)]
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// What it is about, in one line.
    pub doc: &'static str,
}

pub(super) const fn key(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    example: &'static str,
    felt: Felt,
    doc: &'static str,
) -> Key {
    Key { name, kind, default, example, doc, felt }
}

/// All sections, in the order of the file.
pub const SECTIONS: &[Section] = &[
    Section { name: "", doc: "Where things are" },
    Section {
        name: "listen",
        doc: "Where each listener listens: an address and port, a list of them, or \"\" to turn it off",
    },
    Section {
        name: "access",
        doc: "Who may talk to each listener: networks in CIDR form; an empty list lets everyone in",
    },
    Section { name: "admin", doc: "The page and the API: how browsers reach them" },
    Section { name: "provisioning", doc: "What phones are told" },
    Section {
        name: "onboarding",
        doc: "Phones that nobody knows: how many may wait, and what those get that are taken in",
    },
    Section { name: "services", doc: "What the keys of phones show, and what phones report" },
    Section { name: "asterisk", doc: "The PBX to ask for parked calls, mailboxes and registrations" },
    Section { name: "ldap", doc: "A directory service whose people phones look up" },
    Section { name: "tftp", doc: "How TFTP behaves" },
    Section { name: "trust", doc: "How trust lists and signatures are made" },
    Section { name: "keys", doc: "How private keys are kept, and when certificates are renewed" },
    Section { name: "capf", doc: "Certificates of phones" },
    Section { name: "timeline", doc: "What phones did, and how much of it is kept" },
    Section { name: "limits", doc: "How much of anything is allowed, and how long it may take" },
    Section { name: "log", doc: "What is logged, and how" },
];

use Felt::{OnReload, OnRestart};
use Kind::{
    Addresses, Asterisk, Database, Filter, Flag, HostName, Menu, Model, Networks, OneOf, Path, Range, Secret,
    Size, Text,
};

/// A deadline of nothing would refuse everybody.
const DEADLINE: Kind = Kind::Duration { least: 100 };
const MANY: Kind = Kind::Number { least: 1, most: 1_000_000 };
const DAYS: Kind = Kind::Number { least: 1, most: 3650 };
const BLOCK: Kind = Kind::Number { least: 512, most: 65_464 };
/// Up to thirty days.
const SECONDS: Kind = Kind::Number { least: 1, most: 2_592_000 };
const WINDOW: Kind = Kind::Number { least: 1, most: 65_535 };

/// All settings, in the order of the file.
#[rustfmt::skip]
pub const KEYS: &[Key] = &[
    key("data_dir", Path, r#""data""#, r#""/var/lib/offhook""#, OnRestart,
        "Keys, certificates and state; relative to the working directory."),
    key("document_root", Path, r#""data/tftpboot""#, r#""/srv/tftp""#, OnReload,
        "Your own files; they win over everything offhook makes. Default: `tftpboot` in `data_dir`."),
    key("links", OneOf(&["inside", "anywhere"]), r#""inside""#, r#""anywhere""#, OnReload,
        "Symbolic links in the document root: follow those that stay inside it, or all."),
    key("user", Text, "", r#""offhook""#, OnRestart,
        "Whom to become once all ports are bound, when started as root."),
    key("database", Database, r#""sqlite://data/offhook.db""#, r#""postgres://offhook@db.example.net/offhook""#, OnRestart,
        "Where the inventory is kept. Default: `offhook.db` in `data_dir`."),

    key("listen.tftp", Addresses, r#""[::]:69""#, r#""192.0.2.5:69""#, OnRestart,
        "Every file over TFTP. Moves to port 6969 when started without the right to bind a low port."),
    key("listen.provisioning", Addresses, r#""[::]:6970""#, r#"["192.0.2.5:6970", "[2001:db8::5]:6970"]"#, OnRestart,
        "Every file over HTTP. Phones know this port; change it only behind something that maps it back."),
    key("listen.secure_provisioning", Addresses, r#""[::]:6971""#, r#""""#, OnRestart,
        "Phone configurations over HTTPS."),
    key("listen.services", Addresses, r#""[::]:6972""#, r#""""#, OnRestart,
        "XML services, directory and reports over HTTP."),
    key("listen.secure_services", Addresses, r#""[::]:6973""#, r#""""#, OnRestart,
        "The same over HTTPS."),
    key("listen.tvs", Addresses, r#""[::]:2445""#, r#""""#, OnRestart,
        "Trust Verification Service: vouches for certificates that a phone's trust list does not hold."),
    key("listen.capf", Addresses, r#""[::]:3804""#, r#""""#, OnRestart,
        "Certificate enrolment (CAPF): phones get certificates of their own."),
    key("listen.admin", Addresses, r#""127.0.0.1:8970""#, r#""""#, OnRestart,
        "The page, the API, metrics and health: for you and not for phones."),

    key("access.tftp", Networks, "[]", r#"["10.0.0.0/8"]"#, OnReload,
        "Who may fetch over TFTP."),
    key("access.provisioning", Networks, "[]", r#"["10.0.0.0/8", "2001:db8::/32"]"#, OnReload,
        "Who may fetch over HTTP."),
    key("access.secure_provisioning", Networks, "[]", r#"["10.0.0.0/8"]"#, OnReload,
        "Who may fetch over HTTPS."),
    key("access.tvs", Networks, "[]", r#"["10.0.0.0/8"]"#, OnReload,
        "Who may ask the Trust Verification Service."),
    key("access.services", Networks, "[]", r#"["10.0.0.0/8"]"#, OnReload,
        "Who may use XML services over HTTP."),
    key("access.secure_services", Networks, "[]", r#"["10.0.0.0/8"]"#, OnReload,
        "Who may use XML services over HTTPS."),
    key("access.capf", Networks, "[]", r#"["10.0.0.0/8"]"#, OnReload,
        "Who may enrol."),
    key("access.admin", Networks, "[]", r#"["127.0.0.0/8", "::1"]"#, OnReload,
        "Who may open the page, use the API, and read metrics and health."),

    key("admin.tls", Flag, "false", "true", OnReload,
        "Serve the page over HTTPS. Needed when listen.admin is an address that others reach."),
    key("admin.certificate", Path, "", r#""/etc/offhook/page.pem""#, OnReload,
        "The certificate for browsers, in PEM. Default: the application certificate that offhook made."),
    key("admin.key", Path, "", r#""/etc/offhook/page.key""#, OnReload,
        "The key of that certificate, in PEM. Default: it is in the same file."),
    key("admin.insecure", Flag, "false", "true", OnReload,
        "Let others reach listen.admin in the clear: behind a proxy that speaks TLS, or within a container."),

    key("provisioning.server_name", HostName, "", r#""provision.example.net""#, OnReload,
        "The name phones know this server by. Default: this machine's address."),
    key("provisioning.legacy_tls", Flag, "false", "true", OnReload,
        "Also speak TLS 1.0 with RSA key exchange on the HTTPS listeners, for 7900-series phones."),
    key("provisioning.onboarding", OneOf(&["reject", "park", "register"]), r#""park""#, r#""reject""#, OnReload,
        "Phones that nobody knows get nothing, wait with a code to claim them by, or are taken in."),

    key("onboarding.range", Range, "", r#""2000-2999""#, OnReload,
        "Numbers for phones that are taken in (register): each gets the next that is free."),
    key("onboarding.profile", Text, "", r#""office""#, OnReload,
        "The profile of phones that are taken in (register). What their lines register with is its business."),
    key("onboarding.site", Text, "", r#""berlin""#, OnReload,
        "The site of phones that are taken in (register)."),
    key("onboarding.model", Model, "", r#""8845""#, OnReload,
        "The model of phones that are taken in (register): phones do not say what they are."),
    key("onboarding.waiting", MANY, "1000", "100", OnReload,
        "How many phones may wait to be claimed; beyond that, who has waited the longest without asking falls out."),
    key("onboarding.per_minute", MANY, "60", "600", OnReload,
        "How many new phones one address may bring in a minute. Whoever asks for more is refused: names can be guessed."),

    key("services.title", Text, r#""Services""#, r#""Example Inc.""#, OnReload,
        "Above the menu of services."),
    key("services.menu", Menu, r#"["About this phone = /about", "Help = /information"]"#, r#"["Help = /information", "Weather = http://weather.example.net/menu.xml"]"#, OnReload,
        "The menu: names, and pages of this server or anything else a phone follows; what a series cannot is left out."),
    key("services.idle_text", Text, r#""offhook""#, r#""Example Inc.""#, OnReload,
        "What idle phones show beside the picture. Your own picture is idle.png in the document root."),
    key("services.report", Size, r#""64 MiB""#, r#""20 MiB""#, OnReload,
        "The largest problem report taken from a phone."),
    key("services.reports", Size, r#""2 GiB""#, r#""500 MiB""#, OnReload,
        "How much all problem reports may take together; beyond it none are taken until some are deleted."),
    key("services.reports_per_phone", Kind::Number { least: 1, most: 1000 }, "10", "3", OnReload,
        "How many problem reports of one phone are kept; the oldest go."),
    key("services.unknown_reports", OneOf(&["keep", "refuse"]), r#""keep""#, r#""refuse""#, OnReload,
        "Problem reports of unknown phones: keep them with a note, up to a quarter of the room, or refuse them."),
    key("services.personal_contacts", Kind::Number { least: 0, most: 1000 }, "100", "0", OnReload,
        "How many contacts of their own the user of a phone may keep; 0 turns the list off."),

    key("asterisk.url", Asterisk, "", r#""ami://127.0.0.1:5038""#, OnRestart,
        "Its manager interface, over TCP (`ami:`) or HTTP."),
    key("asterisk.username", Text, r#""offhook""#, r#""phones""#, OnRestart,
        "The user in `manager.conf`; it needs `read` and `write` of `call,system,reporting`."),
    key("asterisk.secret", Secret, "", r#""…""#, OnRestart,
        "Its secret; better in the environment, as `OFFHOOK__ASTERISK__SECRET`."),
    key("ldap.url", Text, "", r#""ldaps://ldap.example.net""#, OnRestart,
        "Where it is: `ldap://` or `ldaps://`, with a certificate that this machine trusts."),
    key("ldap.starttls", Flag, "false", "true", OnRestart,
        "Encrypt a connection to `ldap://` before anything is said."),
    key("ldap.base", Text, "", r#""ou=people,dc=example,dc=net""#, OnRestart,
        "The part of its tree that people are in."),
    key("ldap.filter", Text, r#""(objectClass=person)""#, r#""(&(objectCategory=person)(telephoneNumber=*))""#, OnRestart,
        "Who counts."),
    key("ldap.user", Text, "", r#""cn=offhook,dc=example,dc=net""#, OnRestart,
        "Whom to log in as; without one, nobody."),
    key("ldap.password", Secret, "", r#""…""#, OnRestart,
        "Their password; better in the environment, as `OFFHOOK__LDAP__PASSWORD`."),
    key("ldap.name", Text, r#""cn""#, r#""displayName""#, OnRestart,
        "The attribute with the name."),
    key("ldap.numbers", Text, r#""telephoneNumber, mobile""#, r#""ipPhone""#, OnRestart,
        "The attributes with numbers, with commas between."),
    key("tftp.single_port", Flag, "false", "true", OnRestart,
        "Keep whole transfers on the listening port, for firewalls and containers."),
    key("tftp.max_block_size", BLOCK, "65464", "1428", OnReload,
        "The largest block granted to a client that asks for one; 1428 keeps each in one Ethernet frame."),
    key("tftp.max_window_size", WINDOW, "64", "16", OnReload,
        "The largest number of blocks sent without waiting, for a client that asks for it."),

    key("trust.version", OneOf(&["1.0", "1.1"]), r#""1.1""#, r#""1.0""#, OnReload,
        "Version of the trust lists. 1.1 makes 7800 and 8800 phones fetch their configuration over HTTPS."),
    key("trust.digest", OneOf(&["sha1", "sha512"]), r#""sha1""#, r#""sha512""#, OnReload,
        "Digest of signatures. All phones know sha1; sha512 needs firmware that knows version 1.1."),
    key("trust.tvs_ttl", SECONDS, "86400", "3600", OnReload,
        "Seconds a phone may keep an answer of the Trust Verification Service."),

    key("keys.passphrase_file", Path, "", r#""/etc/offhook/passphrase""#, OnRestart,
        "A file with the passphrase of private keys. Default: what systemd passes as `keys-passphrase`."),
    key("keys.pkcs11_module", Path, "", r#""/usr/lib/softhsm/libsofthsm2.so""#, OnRestart,
        "The PKCS#11 module of a token that holds keys."),
    key("keys.pin_file", Path, "", r#""/etc/offhook/pin""#, OnRestart,
        "A file with the PIN of the token. Default: what systemd passes as `keys-pin`."),
    key("keys.renew_days", Kind::Number { least: 0, most: 3650 }, "90", "30", OnReload,
        "How many days before its end a certificate is renewed by itself. 0 leaves that to you."),

    key("capf.days", DAYS, "365", "730", OnReload,
        "How many days a phone's certificate holds. It is renewed by itself when a phone comes by in its last 30 days."),

    key("timeline.per_phone", Kind::Number { least: 20, most: 100_000 }, "400", "2000", OnReload,
        "Events kept of each phone, some 20 of them a boot; a few more until the next look."),
    key("timeline.total", Kind::Number { least: 1000, most: 100_000_000 }, "1000000", "100000", OnReload,
        "Events kept of all phones together; a million take some 300 MiB."),
    key("timeline.per_second", Kind::Number { least: 10, most: 1_000_000 }, "250", "5000", OnReload,
        "What is kept of one phone in a second, or of one address whose requests name no phone; the rest is only counted."),

    key("limits.connections", MANY, "4096", "10000", OnReload,
        "Open connections of one listener."),
    key("limits.connections_per_address", MANY, "1024", "64", OnReload,
        "Open connections of one listener from one address. Phones behind one router share an address."),
    key("limits.handshake", DEADLINE, r#""10s""#, r#""5s""#, OnReload,
        "Time for a TLS handshake."),
    key("limits.header", DEADLINE, r#""10s""#, r#""5s""#, OnReload,
        "Time for a request to arrive whole, and for a connection to stay silent between two."),
    key("limits.stall", DEADLINE, r#""30s""#, r#""1m""#, OnReload,
        "Time a transfer may stand still before it is given up."),
    key("limits.tftp_transfers", MANY, "4096", "1000", OnReload,
        "TFTP transfers running at once."),
    key("limits.tftp_transfers_per_address", MANY, "1024", "64", OnReload,
        "TFTP transfers running at once to one address."),
    key("limits.shutdown", Kind::Duration { least: 0 }, r#""10s""#, r#""1m""#, OnReload,
        "Time running transfers get to finish when offhook stops."),
    key("limits.cache", Size, r#""256 MiB""#, r#""1 GiB""#, OnRestart,
        "Memory for finished files: signed, made or read."),

    key("log.format", OneOf(&["text", "json"]), r#""text""#, r#""json""#, OnRestart,
        "Lines for people, or for programs."),
    key("log.filter", Filter, r#""info""#, r#""warn,offhook::request=info""#, OnReload,
        "Which lines: error, warn, info, debug, trace, or a list by target. `RUST_LOG` wins over it."),
];

impl Key {
    /// The setting of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Its environment variable.
    #[must_use]
    pub fn environment(&self) -> String {
        format!("{ENVIRONMENT}{}", self.name.replace('.', "__").to_uppercase())
    }

    /// The section it stands in, and its name there.
    #[must_use]
    pub fn split(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }
}

/// What all environment variables for settings begin with.
pub const ENVIRONMENT: &str = "OFFHOOK__";

/// The known setting whose name is nearest to a mistyped one, if any is near.
#[must_use]
pub fn nearest_key(name: &str) -> Option<&'static Key> {
    // The right key in the wrong section is nearer than any misspelling of another.
    let moved = || KEYS.iter().find(|key| last(key.name) == last(name));
    let misspelt = || nearest(name, KEYS, |key| key.name);
    // Short names are too like each other for both mistakes at once.
    let both = || nearest(last(name), KEYS, |key| key.split().1).filter(|_| last(name).len() > 4);
    moved().or_else(misspelt).or_else(both)
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The known section whose name is nearest to a mistyped one, if any is near.
#[must_use]
pub fn nearest_section(name: &str) -> Option<&'static Section> {
    nearest(name, SECTIONS, |section| section.name)
}

fn nearest<'a, T>(name: &str, known: &'a [T], of: impl Fn(&T) -> &str) -> Option<&'a T> {
    // A third of the letters may be wrong: more than that and the guess would puzzle rather than help. Within a section
    // that is known, only the letters behind its name count.
    let in_section =
        |item: &T| of(item).split_once('.').zip(name.split_once('.')).is_some_and(|(a, b)| a.0 == b.0);
    let letters = |item: &T| {
        let all = name.chars().count();
        if in_section(item) { name.rsplit('.').next().map_or(all, |last| last.chars().count()) } else { all }
    };
    let distance = |item: &T| strsim::osa_distance(name, of(item));
    let is_near = |item: &&T| !of(item).is_empty() && distance(item) <= (letters(item) / 3).max(2);
    known.iter().filter(is_near).min_by_key(|item| distance(item))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_its_sections() {
        let mut order: Vec<&str> = KEYS.iter().map(|key| key.split().0).collect();
        order.dedup();
        let sections: Vec<&str> = SECTIONS.iter().map(|section| section.name).collect();
        assert_eq!(order, sections);
        let names: HashSet<&str> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), KEYS.len());
    }

    #[test]
    fn mistyped_names_find_the_one_that_was_meant() {
        for (typed, meant) in [
            ("listen.provisoning", Some("listen.provisioning")),
            ("listne.tftp", Some("listen.tftp")),
            ("legacy_tls", Some("provisioning.legacy_tls")),
            ("tftp.legacy_tls", Some("provisioning.legacy_tls")),
            ("log.data-dir", Some("data_dir")),
            ("data-dir", Some("data_dir")),
            ("documentroot", Some("document_root")),
            ("limits.conections", Some("limits.connections")),
            ("listen.bla", None),
            ("colour_of_the_handset", None),
            ("", None),
        ] {
            assert_eq!(nearest_key(typed).map(|key| key.name), meant, "{typed}");
        }
        assert_eq!(nearest_section("lisen").map(|section| section.name), Some("listen"));
        assert!(nearest_section("colours").is_none());
        assert!(nearest_section("x").is_none());
    }
}
