//! The floors of the house: which crate may see which, and what stays out of the pure ones.
//!
//! ARCHITECTURE.md draws them; a dependency that is not in these tables is a decision, and belongs there first.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// What each crate may use of ours, dependencies of its tests included.
const EDGES: [(&str, &[&str]); 7] = [
    ("offhook", &["pki", "provision", "store", "virtual-phone", "wire"]),
    ("store", &["provision"]),
    ("virtual-phone", &["pki", "wire"]),
    ("provision", &[]),
    ("pki", &["wire"]),
    ("wire", &[]),
    ("bench", &["pki", "provision", "store", "wire"]),
];

/// All that the pure crates use of others; a new name here is a decision.
const PURE: [(&str, &[&str]); 2] = [
    ("wire", &["thiserror"]),
    (
        "provision",
        &[
            "any_ascii",
            "csv",
            "percent-encoding",
            "png",
            "quick-xml",
            "saphyr-parser",
            "serde",
            "serde_json",
            "siphasher",
            "strsim",
            "thiserror",
        ],
    ),
];

/// Libraries for TLS and cryptography, by the start of their names: in `pki` and nowhere else.
const CRYPTOGRAPHY: [&str; 10] = [
    "cryptoki",
    "openssl",
    "tokio-openssl",
    "native-tls",
    "rustls",
    "tokio-rustls",
    "ring",
    "aws-lc",
    "rsa",
    "hyper-tls",
];

/// What a pure crate does not do: touch the disk or the network, or read a clock.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::process",
    "std::thread",
    "TcpStream",
    "UdpSocket",
    "SystemTime::now",
    "Instant::now",
    "tokio::",
];

#[test]
fn arrows_between_our_crates_point_down() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        EDGES.into_iter().map(|(from, to)| (from, to.iter().copied().collect())).collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "a crate has come or gone: draw its arrows in EDGES");
    for package in &metadata.packages {
        let used: BTreeSet<&str> = all(package).filter(|name| ours.contains(name)).collect();
        let too_many: Vec<_> = used.difference(&allowed[package.name.as_str()]).collect();
        assert!(too_many.is_empty(), "{} must not use {too_many:?}", package.name);
    }
}

#[test]
fn only_pki_knows_cryptography() {
    for package in metadata().packages.iter().filter(|package| package.name.as_str() != "pki") {
        // `store` only says which OpenSSL its connections to PostgreSQL are made with: the one that is compiled in.
        let allowed = |name: &&str| package.name.as_str() == "store" && *name == "native-tls";
        let known = all(package)
            .filter(|name| !allowed(name))
            .find(|name| CRYPTOGRAPHY.iter().any(|start| name.starts_with(start)));
        assert_eq!(known, None, "{} must leave that to pki", package.name);
    }
}

#[test]
fn pure_crates_use_what_is_listed() {
    let metadata = metadata();
    for (name, listed) in PURE {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap();
        let used: BTreeSet<&str> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.as_str())
            .collect();
        assert_eq!(used, listed.iter().copied().collect(), "{name} and its list in PURE differ");
    }
}

#[test]
fn pure_crates_have_no_io_and_no_clock() {
    let metadata = metadata();
    for (name, _) in PURE {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap();
        let folder = package.manifest_path.parent().unwrap().join("src");
        for file in sources(folder.as_std_path()) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let found = IMPURE.iter().find(|word| code.iter().any(|line| line.contains(*word)));
            assert_eq!(found, None, "{} is not pure", file.display());
        }
    }
}

fn metadata() -> Metadata {
    MetadataCommand::new().no_deps().exec().unwrap()
}

fn all(package: &Package) -> impl Iterator<Item = &str> {
    package.dependencies.iter().map(|dependency| dependency.name.as_str())
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
