//! What is read from where, and what holds when nothing is said.

use std::path::{Path, PathBuf};
use std::time::Duration;

use offhook::config;
use offhook::config::keys::{Felt, KEYS};
use offhook::config::{Digest, Links, LogFormat, Resolved, page};

use crate::{read, source};

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
