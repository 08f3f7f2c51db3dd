//! The tables of the sources of the directory.

use std::time::Duration;

use offhook::config::Resolved;
use offhook::config::sources::SOURCE_KEYS;
use offhook::directory::Origin;

use crate::read;

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
