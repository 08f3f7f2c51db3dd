//! The boot against scripted servers: the order of files by series, and the cases of a phone's life.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use wire::trust_list::{Kind, Role};

use super::*;
use crate::testing::*;

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

mod encrypted {
    use super::*;
    use pki::seal;
    use wire::signature::Digest;

    const NAME: &str = "SEP001122334455.cnf.xml.enc.sgn";

    fn server(hash: &str) -> Server {
        let stub = format!(
            "<device><fullConfig>false</fullConfig><capfAuthMode>2</capfAuthMode><capfList><capf/></capfList>\
             <certHash>{hash}</certHash><encrConfig>true</encrConfig></device>"
        );
        let mut server = signed_server(V1_0);
        let name = "SEP001122334455.cnf.xml.sgn";
        let keys = &*KEYS;
        let (certificate, xml) = (&keys.phone.certificate, CONFIGURATION.as_bytes());
        let sealed = seal::encrypt(NAME, xml, certificate, &keys.tftp, Digest::Sha1, NOW).unwrap();
        server.put(name, signed(name, stub.as_bytes())).put(NAME, sealed);
        server
    }

    fn phone_with_key() -> Phone {
        Phone { identity: Some(KEYS.phone.clone()), ..phone("8861") }
    }

    #[test]
    fn the_phone_with_the_key_reads_it_and_asks_for_it_first_next_time() {
        let server = server(&KEYS.phone.certificate.md5_hex());
        let first = boot_with(phone_with_key(), Flash::default(), &server);
        assert!(first.report.verdict.comes_up, "{:?}", first.report);
        assert!(first.note(NAME).starts_with("decrypted"));
        let asked: Vec<&str> = files(&first).into_iter().filter(|name| name.starts_with("SEP")).collect();
        assert_eq!(asked, ["SEP001122334455.cnf.xml.sgn", NAME]);
        let second = boot_with(phone_with_key(), first.flash, &server);
        assert!(second.report.verdict.comes_up);
        assert_eq!(files(&second).into_iter().find(|name| name.starts_with("SEP")), Some(NAME));
    }

    #[test]
    fn without_the_key_it_would_enrol() {
        let with_hash = server(&KEYS.phone.certificate.md5_hex());
        for (phone, server) in [(phone("8861"), &with_hash), (phone_with_key(), &server(""))] {
            let boots = boot_with(phone, Flash::default(), server);
            assert!(!boots.report.verdict.comes_up);
            assert!(boots.report.verdict.why.contains("enrol"), "{:?}", boots.report.verdict);
        }
    }

    #[test]
    fn encryption_switched_off_is_found_out_by_the_missing_file() {
        let was_encrypted = Flash { encrypted: true, ..Flash::default() };
        let boots = boot_with(phone_with_key(), was_encrypted, &signed_server(V1_0));
        assert!(boots.report.verdict.comes_up, "{:?}", boots.report);
        assert!(!boots.flash.encrypted);
    }

    #[test]
    fn a_stub_without_its_file_ends_the_boot() {
        let mut server = server(&KEYS.phone.certificate.md5_hex());
        server.files.remove(NAME);
        for encrypted in [false, true] {
            let flash = Flash { encrypted, ..Flash::default() };
            let boots = boot_with(phone_with_key(), flash, &server);
            assert!(!boots.report.verdict.comes_up);
            assert!(
                boots.report.verdict.why.contains("encrypted file is not there")
                    || boots.report.verdict.why.contains("not the encrypted configuration")
            );
        }
    }

    #[test]
    fn a_file_for_another_phone_is_not_decrypted() {
        let mut server = server(&KEYS.phone.certificate.md5_hex());
        let keys = &*KEYS;
        let other =
            seal::encrypt(NAME, b"<device/>", &keys.stranger.certificate, &keys.tftp, Digest::Sha1, NOW);
        server.put(NAME, other.unwrap());
        let boots = boot_with(phone_with_key(), Flash::default(), &server);
        assert!(boots.report.verdict.why.contains("cannot decrypt"), "{:?}", boots.report.verdict);
    }
}

mod rollover {
    use super::*;

    fn itl(of: &[(Role, &Identity)]) -> Vec<u8> {
        list(Kind::Itl, V1_0, of)
    }

    fn with_list(bytes: Vec<u8>) -> Server {
        let mut server = signed_server(V1_0);
        server.put("ITLFile.tlv", bytes);
        server
    }

    #[test]
    fn a_signer_changes_in_two_steps() {
        let keys = &*KEYS;
        let (first, next, third) =
            ((Role::Sast, &keys.sast), (Role::Sast, &keys.next_sast), &keys.third_sast);
        let tftp = (Role::Tftp, &keys.tftp);
        let steps = [itl(&[first, tftp]), itl(&[first, next, tftp]), itl(&[next, (Role::Sast, third), tftp])];
        let mut flash = Flash::default();
        for (number, list) in steps.iter().enumerate() {
            let boots = boot_with(phone("8851"), flash, &with_list(list.clone()));
            assert!(boots.report.verdict.comes_up && boots.report.warnings.is_empty(), "{:?}", boots.report);
            assert_eq!(boots.note("ITLFile").contains("signed by a SAST of it"), number > 0);
            flash = boots.flash;
        }
        let again = boot_with(phone("8851"), flash.clone(), &with_list(steps[2].clone()));
        assert!(again.note("ITLFile").contains("holds already"));
        // Back to the first list: its signer stands in no list held any more.
        let back = boot_with(phone("8851"), flash, &with_list(steps[0].clone()));
        assert!(back.note("ITLFile").contains("Trust List update failed"), "{}", back.note("ITLFile"));
        assert!(back.report.verdict.comes_up, "the files are still signed by somebody it knows");
    }

    #[test]
    fn a_strange_list_is_refused_and_so_are_the_files_of_its_signer() {
        let keys = &*KEYS;
        let held = boot("8851", &signed_server(V1_0)).flash;
        let strange = itl(&[(Role::Sast, &keys.stranger), (Role::Tftp, &keys.stranger)]);
        let mut server = Server::default();
        let name = "SEP001122334455.cnf.xml.sgn";
        let configuration = CONFIGURATION.as_bytes();
        let theirs =
            keys.stranger.sign_file(name, configuration, wire::signature::Digest::Sha1, NOW).unwrap();
        server.put("ITLFile.tlv", strange.clone()).put(name, theirs);
        let boots = boot_with(phone("8851"), held.clone(), &server);
        assert!(!boots.report.verdict.comes_up);
        assert!(boots.report.warnings[0].contains("CN=stranger"), "{:?}", boots.report.warnings);
        assert!(boots.report.verdict.why.contains("CN=stranger"));
        let kept = boots.flash.trust.itl.unwrap();
        assert!(Arc::ptr_eq(&kept, held.trust.itl.as_ref().unwrap()));
        // A phone that holds no list believes the same server everything.
        assert!(boot("8851", &server).report.verdict.comes_up);
    }

    #[test]
    fn a_list_without_servers_lets_the_phone_go() {
        let keys = &*KEYS;
        let held = boot("8851", &signed_server(V1_0)).flash;
        let mut server = full_server();
        server.put("ITLFile.tlv", itl(&[(Role::Sast, &keys.sast)]));
        let released = boot_with(phone("8851"), held, &server);
        assert!(released.report.verdict.comes_up, "{:?}", released.report);
        assert!(released.asked.contains(&"HTTP SEP001122334455.cnf.xml".to_owned()));
        let strange = itl(&[(Role::Sast, &keys.stranger), (Role::Tftp, &keys.tftp)]);
        let boots = boot_with(phone("8851"), released.flash, &with_list(strange));
        assert!(boots.note("ITLFile").contains("let go"));
        assert!(boots.report.verdict.comes_up);
    }

    #[test]
    fn a_ctl_vouches_for_the_itl() {
        let keys = &*KEYS;
        let mut server = signed_server(V1_0);
        server.put("CTLSEP001122334455.tlv", list(Kind::Ctl, V1_0, &[(Role::Sast, &keys.stranger)]));
        let boots = boot("8851", &server);
        assert!(boots.note("ITLFile").contains("Trust List update failed"));
        server.put("CTLSEP001122334455.tlv", list(Kind::Ctl, V1_0, &[(Role::Sast, &keys.sast)]));
        let boots = boot("8851", &server);
        assert!(boots.note("ITLFile").contains("signed by a SAST of it"), "{}", boots.note("ITLFile"));
    }

    #[test]
    fn once_a_list_is_held_plain_files_are_not_asked_for() {
        let held = boot("8851", &signed_server(V1_0)).flash;
        let boots = boot_with(phone("8851"), held, &full_server());
        assert!(!boots.report.verdict.comes_up);
        assert!(boots.report.verdict.why.contains("no signed configuration"), "{:?}", boots.report.verdict);
    }

    #[test]
    fn an_empty_list_counts_as_none() {
        let mut server = full_server();
        server.put("CTLSEP001122334455.tlv", "").put("ITLSEP001122334455.tlv", "");
        let boots = boot("8851", &server);
        assert!(boots.report.verdict.comes_up && boots.report.warnings.is_empty());
    }
}

/// Files that another program made, with the keys that made them.
mod tvs {
    use super::*;

    const TVS: Role = Role::Tvs;

    /// A server whose list names a Trust Verification Service.
    fn naming(version: wire::signature::Version) -> Server {
        let keys = &*KEYS;
        let mut of = vec![(Role::Sast, &keys.sast), (Role::Tftp, &keys.tftp), (TVS, &keys.next_sast)];
        if version == V1_1 {
            of.push((Role::Tftp, &keys.web));
        }
        let mut server = signed_server(version);
        server.put("ITLFile.tlv", list(Kind::Itl, version, &of));
        server
    }

    /// A phone that holds such a list.
    fn holding(version: wire::signature::Version) -> Flash {
        let boots = boot("8851", &naming(version));
        assert!(boots.report.verdict.comes_up, "{:?}", boots.report);
        boots.flash
    }

    /// A server whose list is signed by somebody the phone does not know.
    fn strange() -> Server {
        let keys = &*KEYS;
        let mut server = signed_server(V1_0);
        let of = [(Role::Sast, &keys.stranger), (Role::Tftp, &keys.tftp), (TVS, &keys.next_sast)];
        server.put("ITLFile.tlv", list(Kind::Itl, V1_0, &of));
        server
    }

    const QUERY: &str = "TVS query CN=stranger,O=Example,OU=Telephones";

    #[test]
    fn a_strange_list_is_taken_when_its_signer_is_vouched_for_as_a_sast() {
        let keys = &*KEYS;
        let server =
            Server { vouches: Some(vec![(&keys.stranger, vec![Role::Sast, Role::Tftp])]), ..strange() };
        let boots = boot_with(phone("8851"), holding(V1_0), &server);
        assert!(boots.report.verdict.comes_up && boots.report.warnings.is_empty(), "{:?}", boots.report);
        assert_eq!(boots.asked.iter().filter(|asked| *asked == QUERY).count(), 1, "{:?}", boots.asked);
        let note = boots.note("ITLFile");
        assert!(note.contains("vouches for CN=stranger,O=Example,OU=Telephones as SAST and TFTP"), "{note}");
        assert_eq!(boots.flash.trust.itl.unwrap().signer.subject, "CN=stranger,O=Example,OU=Telephones");
    }

    #[test]
    fn without_the_services_word_the_old_list_stays() {
        let keys = &*KEYS;
        for (vouches, words) in [
            (Some(vec![]), "does not vouch"),
            (None, "asked in vain: the server refuses the connection"),
            (
                Some(vec![(&keys.stranger, vec![Role::AppServer])]),
                "the trust verification service knows as APP-SERVER only, and not as SAST",
            ),
        ] {
            let held = holding(V1_0);
            let server = Server { vouches, ..strange() };
            let boots = boot_with(phone("8851"), held.clone(), &server);
            assert!(boots.note("ITLFile").contains(words), "{}", boots.note("ITLFile"));
            assert!(boots.note("ITLFile").contains("keeps the list it holds"));
            assert!(Arc::ptr_eq(&boots.flash.trust.itl.unwrap(), held.trust.itl.as_ref().unwrap()));
            assert_eq!(boots.asked.iter().filter(|asked| *asked == QUERY).count(), 1, "{:?}", boots.asked);
        }
    }

    #[test]
    fn a_phone_whose_list_names_no_service_asks_none() {
        let keys = &*KEYS;
        let held = boot("8851", &signed_server(V1_0)).flash;
        let server = Server { vouches: Some(vec![(&keys.stranger, vec![Role::Sast])]), ..strange() };
        let boots = boot_with(phone("8851"), held, &server);
        assert!(!boots.asked.iter().any(|asked| asked.starts_with("TVS")), "{:?}", boots.asked);
        assert!(boots.note("ITLFile").contains("Trust List update failed"));
        // Nor does one that holds none at all.
        assert!(!boot("8851", &server).asked.iter().any(|asked| asked.starts_with("TVS")));
    }

    #[test]
    fn a_file_is_taken_when_its_signer_is_vouched_for_as_tftp_and_for_as_long_as_that_holds() {
        let keys = &*KEYS;
        let name = "SEP001122334455.cnf.xml.sgn";
        let theirs =
            keys.stranger.sign_file(name, CONFIGURATION.as_bytes(), wire::signature::Digest::Sha1, NOW);
        let mut server = strange();
        server.files.remove("ITLFile.tlv");
        server.put(name, theirs.unwrap());
        server.vouches = Some(vec![(&keys.stranger, vec![Role::AppServer])]);
        let boots = boot_with(phone("8851"), holding(V1_0), &server);
        assert!(
            boots.report.verdict.why.contains("as APP-SERVER only, and not as TFTP"),
            "{:?}",
            boots.report
        );
        let next_step = boots.report.verdict.next_step.unwrap();
        assert!(next_step.contains("offhook cert role add"), "{next_step}");
        server.vouches = Some(vec![(&keys.stranger, vec![Role::Tftp])]);
        let boots = boot_with(phone("8851"), holding(V1_0), &server);
        assert!(boots.report.verdict.comes_up, "{:?}", boots.report);
        assert!(boots.asked.contains(&QUERY.to_owned()));
        for (later, asks) in [(TTL - 1, false), (TTL, true)] {
            let phone = Phone { now: NOW + later, ..phone("8851") };
            let again = boot_with(phone, boots.flash.clone(), &server);
            assert!(again.report.verdict.comes_up);
            assert_eq!(again.asked.contains(&QUERY.to_owned()), asks, "after {later} seconds");
        }
    }

    #[test]
    fn an_https_server_is_shown_to_the_service_and_connected_to_once_more() {
        let keys = &*KEYS;
        let server = |roles| Server {
            shows: Some(&keys.stranger),
            vouches: Some(vec![(&keys.stranger, roles)]),
            ..naming(V1_1)
        };
        let boots = boot_with(phone("8851"), holding(V1_1), &server(vec![Role::Tftp]));
        let https = "HTTPS SEP001122334455.cnf.xml.sgn";
        let verify = "TVS verify CN=stranger,O=Example,OU=Telephones";
        let from = boots.asked.iter().position(|asked| asked == https).unwrap();
        assert_eq!(boots.asked[from..from + 3], [https, verify, https]);
        assert!(boots.note("SEP").contains("vouches for CN=stranger"), "{}", boots.note("SEP"));
        let boots = boot_with(phone("8851"), holding(V1_1), &server(vec![Role::AppServer]));
        assert_eq!(boots.asked.iter().filter(|asked| *asked == https).count(), 1);
        assert!(boots.report.verdict.comes_up, "the signed file comes over HTTP");
    }
}

mod of_another_program {
    use std::{fs, path::Path};

    use super::*;

    const MAC: &str = "58971ECC97C1";

    fn vector(name: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pki/vectors");
        fs::read(folder.join(name)).unwrap()
    }

    fn identity(name: &str) -> Identity {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pki/vectors/keys");
        Identity::read(&folder.join(format!("{name}.crt.pem")), &folder.join(format!("{name}.pkcs8.der")))
            .unwrap()
    }

    fn phone_with_lsc() -> Phone {
        let mac = MAC.parse().unwrap();
        Phone { mac, identity: Some(identity("phone-lsc")), now: 2_000_000_000, ..phone("8861") }
    }

    #[test]
    fn its_lists_are_taken_and_its_ctl_vouches_for_its_itl() {
        for list in ["itl-1.0-sha1.ITLFile.tlv", "itl-1.1-sha512.ITLFile.tlv"] {
            let mut server = Server::default();
            server.put("ITLFile.tlv", vector(&format!("trust/{list}")));
            let boots = boot_with(phone_with_lsc(), Flash::default(), &server);
            assert!(boots.note("ITLFile").contains("trusted blindly"), "{}", boots.note("ITLFile"));
            server
                .put(&format!("CTLSEP{MAC}.tlv"), vector("trust/ctl-device-1.0-sha1.CTLSEP58971ECC97C1.tlv"));
            let boots = boot_with(phone_with_lsc(), Flash::default(), &server);
            assert!(boots.note("CTLSEP").contains("trusted blindly"), "{}", boots.note("CTLSEP"));
            assert!(boots.note("ITLFile").contains("signed by a SAST of it"), "{}", boots.note("ITLFile"));
        }
    }

    #[test]
    fn its_stubs_encrypted_configurations_and_signed_files_are_taken() {
        let own_list =
            list(Kind::Itl, V1_0, &[(Role::Sast, &identity("sast")), (Role::Tftp, &identity("asterisk"))]);
        for digest in ["sha1", "sha512"] {
            let file = |kind: &str| vector(&format!("enc/enc-{digest}{kind}"));
            let mut server = Server::default();
            server
                .put("ITLFile.tlv", own_list.clone())
                .put(&format!("SEP{MAC}.cnf.xml.sgn"), file(&format!("-stub.SEP{MAC}.cnf.xml.sgn")))
                .put(&format!("SEP{MAC}.cnf.xml.enc.sgn"), file(&format!(".SEP{MAC}.cnf.xml.enc.sgn")));
            let boots = boot_with(phone_with_lsc(), Flash::default(), &server);
            assert!(boots.report.verdict.comes_up, "{digest}: {:#?}", boots.report);
            assert_eq!(
                boots.note(&format!("SEP{MAC}.cnf.xml.enc.sgn")),
                "decrypted; takes its configuration"
            );
            let settings = boots.report.settings.unwrap();
            assert_eq!(
                (&*settings.phone_label, &*settings.firmware),
                ("Reception", "sip88xx.14-2-1-0101-53")
            );
        }
    }
}
