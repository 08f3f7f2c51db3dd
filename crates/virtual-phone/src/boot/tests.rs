//! The boot against scripted servers: the order of files by series, and the cases of a phone's life.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use wire::trust_list::{Kind, Role};

use super::*;
use crate::testing::*;

mod encrypted;
mod of_another_program;
mod rollover;
mod tvs;

/// Everything a phone can ask for, plain.
fn full_server() -> Server {
    let mut server = Server::default();
    server
        .put("SEP001122334455.cnf.xml", CONFIGURATION)
        .put("DialTemplate.xml", "<dialTemplate/>")
        .put("SoftKeys.xml", "<softKeyCfg/>")
        .put("FeaturePolicy.xml", "<featurePolicy/>")
        .put("AppDialRules.xml", "<DialRules/>")
        .put("Ringlist.xml", "<CiscoIPPhoneRingList/>")
        .put("Ringlist-wb.xml", "<CiscoIPPhoneRingList/>")
        .put("defaultheadsetconfig.json", "{}")
        .put("New_Zealand/g3-tones.xml", "<tones/>")
        .put("New_Zealand/g4-tones.xml", "<tones/>");
    for model in crate::models::all() {
        if let Some(jar) = &model.jar {
            server.put(&format!("New_Zealand/{jar}"), "PK\x03\x04");
        }
    }
    server
}

/// The same with a trust list, and every file but the exceptions signed.
fn signed_server(version: wire::signature::Version) -> Server {
    let plain = full_server();
    let mut server = Server::with(plain.files.iter().map(|(name, payload)| {
        let name = format!("{name}.sgn");
        (name.clone(), signed(&name, payload))
    }));
    server.put("ITLFile.tlv", usual_list(version)).put("AppDialRules.xml", "<DialRules/>");
    if version == V1_1 {
        server.put("SEP001122334455.cnf.xml", CONFIGURATION);
    }
    server
}

/// The files asked for, each named once: the last road it took is not of interest.
fn files(boots: &Boots) -> Vec<&str> {
    let mut files: Vec<&str> = boots.asked.iter().map(|line| line.split_once(' ').unwrap().1).collect();
    files.dedup();
    files
}

#[test]
fn a_7841_without_lists_asks_in_its_order() {
    let boots = boot("7841", &full_server());
    assert_eq!(
        boots.asked,
        [
            "HTTP CTLSEP001122334455.tlv",
            "TFTP CTLSEP001122334455.tlv",
            "HTTP ITLSEP001122334455.tlv",
            "TFTP ITLSEP001122334455.tlv",
            "HTTP ITLFile.tlv",
            "TFTP ITLFile.tlv",
            "HTTP SEP001122334455.cnf.xml",
            "HTTP New_Zealand/sp-sip.jar",
            "HTTP New_Zealand/g3-tones.xml",
            "HTTP DialTemplate.xml",
            "HTTP AppDialRules.xml",
            "HTTP SoftKeys.xml",
            "HTTP defaultheadsetconfig.json",
            "HTTP Ringlist-wb.xml",
        ]
    );
    assert!(boots.report.verdict.comes_up);
    assert_eq!(boots.report.warnings, [""; 0]);
}

#[test]
fn a_7942_uses_nothing_but_tftp() {
    let boots = boot("7942", &full_server());
    assert!(boots.asked.iter().all(|line| line.starts_with("TFTP ")), "{:?}", boots.asked);
    assert_eq!(
        files(&boots),
        [
            "CTLSEP001122334455.tlv",
            "ITLSEP001122334455.tlv",
            "ITLFile.tlv",
            "SEP001122334455.cnf.xml",
            "New_Zealand/mk-sip.jar",
            "New_Zealand/g3-tones.xml",
            "DialTemplate.xml",
            "SoftKeys.xml",
            "Ringlist.xml",
        ]
    );
}

#[test]
fn a_9971_follows_the_feature_policy_unless_soft_keys_rule() {
    let mut server = full_server();
    let boots = boot("9971", &server);
    assert!(boots.asked.contains(&"HTTP FeaturePolicy.xml".to_owned()), "{:?}", boots.asked);
    assert!(boots.asked.contains(&"HTTP New_Zealand/g4-tones.xml".to_owned()));
    assert!(!boots.asked.contains(&"HTTP SoftKeys.xml".to_owned()));
    let control = "<vendorConfig><softKeyControl>1</softKeyControl></vendorConfig></device>";
    server.put("SEP001122334455.cnf.xml", CONFIGURATION.replace("</device>", control));
    let boots = boot("9971", &server);
    assert!(!boots.asked.contains(&"HTTP FeaturePolicy.xml".to_owned()));
    assert!(boots.asked.contains(&"HTTP SoftKeys.xml".to_owned()));
}

#[test]
fn a_6901_knows_the_ctl_only() {
    for server in [full_server(), signed_server(V1_0)] {
        let boots = boot("6901", &server);
        assert_eq!(files(&boots)[..2], ["CTLSEP001122334455.tlv", "SEP001122334455.cnf.xml"]);
    }
}

#[test]
fn every_model_comes_up_from_plain_and_from_signed_files() {
    for model in crate::models::all() {
        let name = &model.name;
        let plain = boot(name, &full_server());
        assert!(plain.report.verdict.comes_up, "{name}: {:?}", plain.report);
        let server = signed_server(V1_0);
        let expected = !model.ctl_only;
        let boots = boot(name, &server);
        assert_eq!(boots.report.verdict.comes_up, expected, "{name}: {:?}", boots.report);
    }
}

#[test]
fn http_is_tried_first_for_every_file_and_tftp_follows_for_each() {
    let mut server = full_server();
    server.down = vec![Transport::Http];
    let boots = boot("8851", &server);
    assert!(boots.report.verdict.comes_up);
    for pair in boots.asked.chunks(2) {
        assert_eq!(pair[0].replace("HTTP", "TFTP"), pair[1]);
    }
}

#[test]
fn a_list_for_this_phone_spares_the_one_for_all_and_makes_it_ask_for_signed_files() {
    let mut server = signed_server(V1_0);
    let list = server.files.remove("ITLFile.tlv").unwrap();
    server.put("ITLSEP001122334455.tlv", list);
    let boots = boot("8861", &server);
    assert_eq!(
        files(&boots),
        [
            "CTLSEP001122334455.tlv",
            "ITLSEP001122334455.tlv",
            "SEP001122334455.cnf.xml.sgn",
            "New_Zealand/sl-be-sip.jar.sgn",
            "New_Zealand/g3-tones.xml.sgn",
            "DialTemplate.xml.sgn",
            "AppDialRules.xml",
            "SoftKeys.xml.sgn",
            "defaultheadsetconfig.json.sgn",
            "Ringlist-wb.xml.sgn",
        ]
    );
    assert!(boots.note("ITLSEP").contains("trusted blindly"));
    let configuration = &boots.report.steps[3];
    assert_eq!(configuration.signed_by.as_deref(), Some("CN=tftp,O=Example,OU=Telephones"));
    assert!(boots.report.settings.unwrap().trust_list.starts_with("ITL 1.0, SHA-1"));
}

#[test]
fn a_1_1_list_makes_it_fetch_the_configuration_and_nothing_else_over_https() {
    let boots = boot("8845", &signed_server(V1_1));
    let over_https: Vec<&String> = boots.asked.iter().filter(|line| line.starts_with("HTTPS")).collect();
    assert_eq!(over_https, ["HTTPS SEP001122334455.cnf.xml.sgn"]);
    assert!(boots.asked.contains(&"HTTP DialTemplate.xml.sgn".to_owned()));
    assert!(boots.report.verdict.comes_up);
    // No TLS 1.2, no HTTPS.
    let boots = boot("9971", &signed_server(V1_1));
    assert!(boots.asked.contains(&"HTTP SEP001122334455.cnf.xml.sgn".to_owned()), "{:?}", boots.asked);
    assert!(boots.note("ITLFile").contains("no use for 1 with EC keys"));
}

#[test]
fn https_servers_are_those_of_the_list_that_may_serve_files() {
    let keys = &*KEYS;
    let no_list = Boot::new(phone("8845"), Flash::default(), Arc::default());
    assert_eq!(no_list.trusted_servers(), None);
    let of = [(Role::Sast, &keys.sast), (Role::Tftp, &keys.web), (Role::CcmTftp, &keys.tftp)];
    let others =
        [(Role::AppServer, &keys.stranger), (Role::Tvs, &keys.third_sast), (Role::Ccm, &keys.next_sast)];
    let list = list(Kind::Itl, V1_1, &[&of[..], &others].concat());
    let flash = boot("8845", &Server::with([("ITLFile.tlv".to_owned(), list)])).flash;
    let boot = Boot::new(phone("8845"), flash, Arc::default());
    let trusted = boot.trusted_servers();
    assert_eq!(trusted, Some(vec![keys.web.certificate.clone(), keys.tftp.certificate.clone()]));
}

#[test]
fn when_https_fails_the_signed_form_comes_over_http_and_then_tftp() {
    let mut server = signed_server(V1_1);
    server.down = vec![Transport::Https, Transport::Http];
    let boots = boot("7821", &server);
    let asked: Vec<&String> = boots.asked.iter().filter(|line| line.contains(" SEP")).collect();
    let name = "SEP001122334455.cnf.xml.sgn";
    assert_eq!(asked, [&format!("HTTPS {name}"), &format!("HTTP {name}"), &format!("TFTP {name}")]);
    assert!(boots.report.verdict.comes_up);
}

#[test]
fn a_signed_file_on_6971_is_no_configuration() {
    let mut server = signed_server(V1_1);
    let cover = server.files["SEP001122334455.cnf.xml.sgn"].clone();
    server.put("SEP001122334455.cnf.xml", cover);
    let boots = boot("8845", &server);
    assert!(!boots.report.verdict.comes_up);
    assert!(boots.report.verdict.next_step.unwrap().contains("unsigned"));
}

#[test]
fn a_missing_configuration_leads_to_the_default_and_no_further() {
    let mut server = Server::default();
    let boots = boot("8851", &server);
    assert_eq!(boots.asked[8..], ["HTTP XMLDefault.cnf.xml", "TFTP XMLDefault.cnf.xml"]);
    assert!(boots.report.verdict.why.contains("no configuration"), "{:?}", boots.report.verdict);
    server.put(
        "XMLDefault.cnf.xml",
        "<Default><loadinformation684>sip88xx.14-2</loadinformation684></Default>",
    );
    let boots = boot("8851", &server);
    assert!(!boots.report.verdict.comes_up);
    assert!(boots.note("XMLDefault").contains("firmware sip88xx.14-2"));
    assert_eq!(boots.report.verdict.next_step.as_deref(), Some("add the phone to the server"));
}

#[test]
fn a_broken_configuration_is_dropped_whole() {
    for (file, expected) in [
        ("<device>\n<a></device>", "line 2"),
        ("<device>R & D</device>", "well-formed"),
        ("<Default/>", "<Default>"),
        ("", "no element"),
    ] {
        let mut server = full_server();
        server.put("SEP001122334455.cnf.xml", file);
        let boots = boot("8851", &server);
        let verdict = boots.report.verdict;
        assert!(!verdict.comes_up && verdict.why.contains(expected), "{file}: {verdict:?}");
        assert!(boots.asked.last().unwrap().contains("SEP001122334455.cnf.xml"), "nothing is asked after it");
    }
}

#[test]
fn a_silent_server_keeps_old_phones_for_ever_and_lets_new_ones_go_on() {
    let server = Server { silent: true, ..Server::default() };
    let old = boot("7942", &server);
    assert_eq!(old.asked, ["TFTP CTLSEP001122334455.tlv"; 3]);
    assert!(old.report.verdict.why.contains("DHCP"));
    let new = boot("8851", &server);
    assert_eq!(new.asked.len(), 10);
    assert_eq!(new.report.verdict.why, "no server answers");
    assert_eq!(new.note("CTLSEP"), "no answer within 5s; goes on without");
}

#[test]
fn the_locale_without_a_name_lies_in_the_root_and_the_built_in_one_is_not_asked() {
    let nameless = CONFIGURATION.replace("<name>New_Zealand</name>", "<name></name>");
    let mut server = full_server();
    server.put("SEP001122334455.cnf.xml", nameless);
    let boots = boot("7942", &server);
    assert_eq!(boots.asked[4..6], ["TFTP /mk-sip.jar", "TFTP /g3-tones.xml"]);
    assert!(boots.report.verdict.comes_up && boots.report.warnings.is_empty());
    let built_in = CONFIGURATION.replacen("New_Zealand", "English_United_States", 1);
    server.put("SEP001122334455.cnf.xml", built_in.replacen("New_Zealand", "United_States", 1));
    assert_eq!(boot("7942", &server).asked[4], "TFTP DialTemplate.xml");
}

#[test]
fn firmware_is_asked_for_when_it_differs_and_a_missing_load_is_a_warning() {
    let mut server = full_server();
    let with_load = |load: &str| {
        CONFIGURATION.replace("</device>", &format!("<loadInformation>{load}</loadInformation></device>"))
    };
    server.put("SEP001122334455.cnf.xml", with_load("sip8845_65.14-2-1"));
    let boots = boot("8845", &server);
    assert!(boots.asked.contains(&"TFTP sip8845_65.14-2-1.loads".to_owned()));
    assert!(boots.report.verdict.comes_up && boots.report.warnings[0].contains("sip8845_65.14-2-1.loads"));
    let flash = Flash { load: Some("sip8845_65.14-2-1".to_owned()), ..Flash::default() };
    let boots = boot_with(phone("8845"), flash, &server);
    assert!(!boots.asked.iter().any(|line| line.ends_with(".loads")));
    server.put("sip8845_65.14-2-1.loads", signed("sip8845_65.14-2-1.loads", b"[PLATFORM_1]\nrootfs.sbn\n"));
    let boots = boot("8845", &server);
    assert_eq!(boots.flash.load.as_deref(), Some("sip8845_65.14-2-1"));
    assert_eq!(boots.report.warnings, [""; 0]);
}

#[test]
fn a_secure_phone_without_a_list_never_comes_up() {
    let mut server = full_server();
    let secure = CONFIGURATION.replace("</device>", "<deviceSecurityMode>3</deviceSecurityMode></device>");
    server.put("SEP001122334455.cnf.xml", secure);
    assert!(boot("8851", &server).report.verdict.why.contains("deviceSecurityMode"));
}

#[test]
fn a_forced_wallpaper_is_fetched_from_the_models_folder() {
    let forced = "<commonProfile><backgroundImageAccess>false</backgroundImageAccess></commonProfile>\
        <vendorConfig><defaultWallpaperFile>Sea.png</defaultWallpaperFile></vendorConfig></device>";
    let mut server = full_server();
    server.put("SEP001122334455.cnf.xml", CONFIGURATION.replace("</device>", forced));
    let boots = boot("8845", &server);
    assert_eq!(boots.asked.last().unwrap(), "TFTP Desktops/800x480x24/Sea.png");
    assert!(boots.report.warnings[0].contains("Sea.png"));
    assert!(!boot("7841", &server).asked.last().unwrap().contains("Desktops"));
}

#[test]
fn one_road_only_is_kept_to() {
    for transport in [Transport::Https, Transport::Http, Transport::Tftp] {
        let phone = Phone { over: Over::Only(transport), ..phone("8851") };
        let boots = boot_with(phone, Flash::default(), &full_server());
        assert!(boots.report.verdict.comes_up);
        assert!(boots.report.steps.iter().all(|step| step.transport == transport));
        assert_eq!(boots.asked.len(), 11, "{:?}", boots.asked);
    }
}
