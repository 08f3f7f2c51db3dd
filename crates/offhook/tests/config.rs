//! The configuration: search order, environment, mistakes and what is said about them, and the generated page.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use offhook::config::keys::{Felt, KEYS, Key};
use offhook::config::sources::SOURCE_KEYS;
use offhook::config::written::Written;
use offhook::config::{self, Digest, Links, LogFormat, Resolved, Source, page};
use offhook::directory::Origin;
use proptest::prelude::*;

fn read(text: &str, variables: &[(&str, &str)]) -> Result<config::Found, config::Error> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("offhook.toml"), text).unwrap();
    config::load_from(&source(directory.path(), variables))
}

fn source(directory: &Path, variables: &[(&str, &str)]) -> Source {
    let variables = variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Source { file: None, directory: directory.to_owned(), variables: variables.collect() }
}

fn refusal(text: &str) -> String {
    read(text, &[]).unwrap_err().to_string()
}

/// Settings without a default: the file shows an example.
const EMPTY: [&str; 15] = [
    "user",
    "server_name",
    "range",
    "profile",
    "site",
    "model",
    "url",
    "secret",
    "base",
    "password",
    "certificate",
    "key",
    "passphrase_file",
    "pkcs11_module",
    "pin_file",
];

/// The sample of the design, word for word.
const SAMPLE: &str = r#"
data_dir      = "data"                 # database, keys, assets, reports
document_root = "data/tftpboot"        # the administrator's own files; they win
database      = "sqlite://data/offhook.db"   # or postgres://…
[listen]                                # "" turns one off
tftp = "[::]:69"
provisioning = "[::]:6970"
secure_provisioning = "[::]:6971"
services = "[::]:6972"
secure_services = "[::]:6973"
tvs = "[::]:2445"
capf = "[::]:3804"
admin = "127.0.0.1:8970"
[provisioning]
server_name = "provision.example.net"   # what phones are told; default: this machine's address
legacy_tls  = false
onboarding  = "park"                    # reject | park | register
"#;

#[test]
fn the_sample_of_the_design_is_the_default_with_a_name() {
    let found = read(SAMPLE, &[]).unwrap();
    let source = Some(PathBuf::from("offhook.toml"));
    let mut expected = Resolved { source, ..Resolved::default() };
    expected.provisioning.server_name = Some("provision.example.net".to_owned());
    assert_eq!(found.resolved, expected);
    assert_eq!(found.not_yet, [""; 0]);
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let resolved = Resolved::default();
    let address = |listener: Option<config::Listener>| listener.unwrap().addresses[0].to_string();
    assert_eq!(address(resolved.listen.tftp), "[::]:69");
    assert_eq!(address(resolved.listen.provisioning), "[::]:6970");
    assert_eq!(address(resolved.listen.secure_provisioning), "[::]:6971");
    assert_eq!(address(resolved.listen.tvs), "[::]:2445");
    assert_eq!(address(resolved.listen.admin), "127.0.0.1:8970");
    assert_eq!(resolved.document_root, Path::new("data/tftpboot"));
    assert_eq!(resolved.limits.connections, 4096);
    assert_eq!(resolved.limits.connections_per_address, 1024);
    assert_eq!(resolved.limits.stall, Duration::from_secs(30));
    assert_eq!(resolved.cache_bytes, 256 << 20);
    assert_eq!(resolved.trust.tvs_ttl, 86_400);
    assert_eq!((resolved.trust.version.major, resolved.trust.version.minor), (1, 1));
    assert_eq!(resolved.trust.digest, Digest::Sha1);
    assert_eq!(resolved.links, Links::Inside);
    assert_eq!(resolved.log.format, LogFormat::Text);
}

/// Every row of the table reaches the settings: an example other than the default changes them.
#[test]
fn every_setting_is_read() {
    for key in KEYS.iter().filter(|key| key.felt != Felt::Later) {
        let found = read(&format!("{} = {}", key.name, key.example), &[]).unwrap();
        let found = Resolved { source: None, ..found.resolved };
        assert_ne!(found, Resolved::default(), "{} is in the table, and nobody reads it", key.name);
    }
}

/// The table says when a change is felt, and `take_up` does as it says.
#[test]
fn every_setting_is_felt_when_the_table_says() {
    for key in KEYS.iter().filter(|key| key.felt != Felt::Later) {
        let running = Resolved::default();
        let found = read(&format!("{} = {}", key.name, key.example), &[]).unwrap();
        let new = Resolved { source: None, ..found.resolved };
        let (taken, kept) = running.take_up(new.clone());
        match key.felt {
            Felt::OnReload => {
                assert!(taken == new && kept.is_empty(), "{} is felt on reload: {kept:?}", key.name)
            }
            _ => assert!(taken == running && kept == [key.name], "{} is felt on restart: {kept:?}", key.name),
        }
    }
}

#[test]
fn a_file_that_is_named_must_be_there_and_none_is_needed() {
    let empty = tempfile::tempdir().unwrap();
    let mut source = source(empty.path(), &[]);
    if !Path::new("/etc/offhook/offhook.toml").exists() {
        assert_eq!(config::load_from(&source).unwrap().resolved, Resolved::default());
    }
    source.file = Some(PathBuf::from("absent.toml"));
    let text = config::load_from(&source).unwrap_err().to_string();
    assert!(text.contains("absent.toml"), "{text}");
    std::fs::write(empty.path().join("absent.toml"), "data_dir = \"elsewhere\"").unwrap();
    let resolved = config::load_from(&source).unwrap().resolved;
    assert_eq!(resolved.document_root, Path::new("elsewhere/tftpboot"));
}

#[test]
fn the_environment_wins_over_the_file() {
    let variables = [
        ("OFFHOOK__DATA_DIR", "from-environment"),
        ("OFFHOOK__LISTEN__ADMIN", ""),
        ("OFFHOOK__LISTEN__PROVISIONING", "192.0.2.1:6970, [2001:db8::1]:6970"),
        ("OFFHOOK__ACCESS__TFTP", "10.0.0.0/8"),
        ("OFFHOOK__LIMITS__CONNECTIONS", "17"),
        ("OFFHOOK__PROVISIONING__LEGACY_TLS", "true"),
        ("OFFHOOK_SOMETHING_ELSE", "is none of our business"),
        ("PATH", "/bin"),
    ];
    let resolved = read("data_dir = \"from-file\"\n[limits]\nstall = \"3s\"", &variables).unwrap().resolved;
    assert_eq!(resolved.data_dir, Path::new("from-environment"));
    assert_eq!(resolved.limits.stall, Duration::from_secs(3));
    assert_eq!(resolved.limits.connections, 17);
    assert_eq!(resolved.listen.admin, None);
    assert_eq!(resolved.listen.provisioning.unwrap().addresses.len(), 2);
    assert_eq!(resolved.listen.tftp.unwrap().allow, ["10.0.0.0/8".parse().unwrap()]);
    assert!(resolved.provisioning.legacy_tls);
}

/// Every mistake is told at once, each with its place and its remedy.
#[test]
fn mistakes_are_told_with_place_and_remedy() {
    let text = r#"data-dir = "x"
[lisen]
tftp = ""
[listen]
provisoning = "[::]:6970"
admin = "8970"
[provisioning]
legacy_tls = "yes"
[limits]
connections = 0
stall = "soon"
[log]
filter = "loud=very"
[colours]
"#;
    let error = read(text, &[("OFFHOOK__LIMITS__CONECTIONS", "9"), ("OFFHOOK__TRUST__DIGEST", "md5")]);
    insta::assert_snapshot!(error.unwrap_err(), @r#"
    the configuration cannot be used
      offhook.toml:1: unknown setting data-dir; did you mean data_dir?
      offhook.toml:2: unknown section [lisen]; did you mean [listen]?
      offhook.toml:5: unknown setting listen.provisoning; did you mean listen.provisioning?
      offhook.toml:6: listen.admin = "8970" will not do: it takes an address with a port, such as "[::]:6970" or "192.0.2.1:6970", a list of them, or "" for none
      offhook.toml:8: provisioning.legacy_tls = "yes" will not do: it takes true or false
      offhook.toml:10: limits.connections = 0 will not do: it takes a whole number from 1 to 1000000
      offhook.toml:11: limits.stall = "soon" will not do: it takes a time from 100ms to one day, such as "500ms", "10s" or "2m"
      offhook.toml:13: log.filter = "loud=very" will not do: it takes a level (error, warn, info, debug, trace, off) or a list such as "warn,offhook::request=info"
      offhook.toml:14: unknown section [colours]; docs/configuration.md lists all
      environment: OFFHOOK__LIMITS__CONECTIONS: unknown setting limits.conections; did you mean OFFHOOK__LIMITS__CONNECTIONS?
      environment: OFFHOOK__TRUST__DIGEST: trust.digest = "md5" will not do: it takes "sha1" or "sha512"
    "#);
}

#[test]
fn broken_toml_is_told_with_its_line() {
    insta::assert_snapshot!(refusal("data_dir = \"x\"\n[listen\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: unclosed table, expected `]`
    "#);
    insta::assert_snapshot!(refusal("data_dir = \"x\"\ndata_dir = \"y\"\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: duplicate key
    "#);
    insta::assert_snapshot!(refusal("listen = 5\n"), @r#"
    the configuration cannot be used
      offhook.toml:1: listen is a section: write [listen] and its settings below it
    "#);
}

#[test]
fn two_listeners_cannot_share_an_address() {
    insta::assert_snapshot!(refusal("[listen]\nadmin = \"[::]:6970\"\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: listen.provisioning and listen.admin both want [::]:6970; give them one each
      offhook.toml:2: listen.admin = [::]:6970 is an address that others reach, and passwords would go over it in the clear: set admin.tls = true; or listen on 127.0.0.1 behind a proxy; or set admin.insecure = true if you mean it
    "#);
    // Different protocols can, and so can ports the system chooses.
    read("[listen]\ntftp = \"[::]:6970\"", &[]).unwrap();
    read("[listen]\nprovisioning = \"[::]:0\"\nsecure_provisioning = \"[::]:0\"", &[]).unwrap();
}

#[test]
fn register_needs_numbers() {
    insta::assert_snapshot!(refusal("[provisioning]\nonboarding = \"register\"\n"), @r#"
    the configuration cannot be used
      offhook.toml:2: provisioning.onboarding = "register" needs numbers to give out: set onboarding.range, such as "2000-2999"
    "#);
    let taken =
        read("provisioning.onboarding = \"register\"\n[onboarding]\nrange = \"0200-0299\"", &[]).unwrap();
    assert_eq!(taken.resolved.newcomers.range.unwrap().to_string(), "0200-0299");
    assert!(refusal("database = \"mysql://me:s3cret@db/x\"").contains("database = … will not do"));
}

#[test]
fn the_commented_file_says_the_defaults() {
    let text = page::commented_file();
    assert_eq!(Resolved { source: None, ..read(&text, &[]).unwrap().resolved }, Resolved::default());
    let open = text.lines().map(|line| line.strip_prefix("# ").filter(|l| l.contains(" = ")).unwrap_or(line));
    let open: Vec<&str> = open.filter(|line| !EMPTY.iter().any(|name| line.starts_with(name))).collect();
    let resolved = read(&open.join("\n"), &[]).unwrap().resolved;
    assert_eq!(Resolved { source: None, ..resolved }, Resolved::default());
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
}

const SOURCES: &str = r#"
[directory.sources.head_office]
kind = "carddav"
url = "https://dav.example.net/anna/"
user = "anna"
refresh = "1h"
order = 5
profiles = ["sales", "reception"]
[directory.sources.doctors]
kind = "vcard"
path = "/srv/doctors.vcf"
title = "Doctors nearby"
most = 500
"#;

#[test]
fn sources_of_the_directory_have_tables_of_their_own() {
    let variables = [("OFFHOOK__DIRECTORY__SOURCES__HEAD_OFFICE__PASSWORD", "s3cret")];
    let found = read(SOURCES, &variables).unwrap().resolved;
    let [office, doctors] = &found.sources[..] else { panic!("{:?}", found.sources) };
    assert_eq!(
        (&*office.name, &*office.title, office.order, office.most),
        ("head_office", "Head office", 5, 100_000)
    );
    assert_eq!(office.profiles, ["sales", "reception"]);
    let Origin::CardDav { url, password, refresh, .. } = &office.origin else { panic!("{office:?}") };
    assert_eq!((url.to_string().as_str(), password.as_str()), ("https://dav.example.net/anna/", "s3cret"));
    assert_eq!(*refresh, Duration::from_secs(3600));
    assert!(!format!("{found:?}").contains("s3cret"), "passwords are told to nobody");
    assert_eq!((&*doctors.title, doctors.order, doctors.most), ("Doctors nearby", 25, 500));
    let (taken, kept) = Resolved::default().take_up(Resolved { source: None, ..found });
    assert_eq!(
        (taken, kept),
        (Resolved::default(), vec!["directory.sources"]),
        "they are felt after a restart"
    );
}

/// Every setting of a source reaches it.
#[test]
fn every_setting_of_a_source_is_read() {
    for key in SOURCE_KEYS.iter().filter(|key| !["kind", "url", "path"].contains(&key.name)) {
        let base = |kind: &str, needs: &str| format!("[directory.sources.x]\nkind = {kind:?}\n{needs}\n");
        let plain = base("carddav", "url = \"https://x/\"");
        let with = format!("{plain}{} = {}\n", key.name, key.example);
        assert_ne!(
            read(&plain, &[]).unwrap().resolved.sources,
            read(&with, &[]).unwrap().resolved.sources,
            "{}",
            key.name
        );
    }
}

#[test]
fn what_is_wrong_with_a_source_is_told_with_place_and_remedy() {
    let text = r#"[directory]
colour = "red"
[directory.sources]
loose = "x"
[directory.sources.a]
kind = "carddav"
[directory.sources.b]
kind = "ftp"
[directory.sources.c]
path = "/x"
[directory.sources.d]
kind = "csv"
path = "/x"
user = "anna"
[directory.sources.e]
kind = "carddav"
url = "dav.example.net"
[directory.sources.f]
kind = "vcard"
pth = "/x"
[directory.sources.Big-Name]
kind = "vcard"
path = "/x"
[directory.sources.contacts]
kind = "vcard"
path = "/x"
"#;
    let error = read(text, &[("OFFHOOK__DIRECTORY__SOURCES__G__COLOUR", "red")]);
    insta::assert_snapshot!(error.unwrap_err(), @r#"
    the configuration cannot be used
      offhook.toml:2: unknown setting directory.colour; a source is a table [directory.sources.NAME]
      offhook.toml:4: directory.sources.loose is a source: write [directory.sources.loose] and its settings below it
      offhook.toml:8: directory.sources.b.kind = "ftp" will not do: it takes "carddav" or "vcard" or "csv"
      offhook.toml:20: unknown setting directory.sources.f.pth; did you mean directory.sources.f.path?
      environment: OFFHOOK__DIRECTORY__SOURCES__G__COLOUR: unknown setting directory.sources.g.colour; a source has kind, title, url, user, password, authority, refresh, path, most, order, profiles
      offhook.toml:22: [directory.sources.Big-Name]: the name of a source is of small letters, digits and single _, at most 32, and not contacts, company, mailboxes or lines; what people see is its title
      offhook.toml:6: [directory.sources.a] lacks url, such as url = "https://dav.example.net/anna/contacts/"
      offhook.toml:10: [directory.sources.c] lacks kind, such as kind = "carddav"
      offhook.toml:25: [directory.sources.contacts]: the name of a source is of small letters, digits and single _, at most 32, and not contacts, company, mailboxes or lines; what people see is its title
      offhook.toml:12: directory.sources.d.user is not for sources of the kind "csv"; leave it out
      offhook.toml:16: directory.sources.e.url = "dav.example.net" will not do: it begins with https:// or http://
    "#);
}

/// Holds `docs/configuration.md` to the table; `UPDATE=1` writes it.
#[test]
fn the_page_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page::markdown()).unwrap();
    }
    let current = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        current == page::markdown(),
        "docs/configuration.md is old: UPDATE=1 cargo test -p offhook --test config"
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        Written::default().file(Path::new("x"), &text, &mut Vec::new());
    }

    #[test]
    fn no_value_makes_it_panic(key in 0..KEYS.len(), value in "\\PC{0,40}|[0-9]{1,30}[a-zA-Z]{0,3}|\\[[^\\]]{0,20}\\]") {
        let key: &Key = &KEYS[key];
        let mut problems = Vec::new();
        let mut written = Written::default();
        written.environment([(key.environment().into(), OsString::from(&value))], &mut problems);
        prop_assert_eq!(problems.is_empty(), written.place(key.name).is_some());
        for quoted in [format!("{} = {value}", key.name), format!("{} = {value:?}", key.name)] {
            Written::default().file(Path::new("x"), &quoted, &mut Vec::new());
        }
    }

    #[test]
    fn every_misspelling_by_one_letter_is_understood(key in 0..KEYS.len(), at in 0usize..40, letter in "[a-z]") {
        let key = &KEYS[key];
        let (_, last) = key.split();
        let start = key.name.len() - last.len();
        let mut typed = key.name.to_owned();
        let at = start + at % last.len();
        typed.replace_range(at..=at, &letter);
        prop_assume!(Key::find(&typed).is_none());
        let mut problems = Vec::new();
        Written::default().file(Path::new("x"), &format!("{typed} = 1"), &mut problems);
        prop_assert!(problems[0].text.contains("did you mean"), "{}", problems[0]);
    }
}
