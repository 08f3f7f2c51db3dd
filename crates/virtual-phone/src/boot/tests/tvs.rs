//! Signers and servers that no list holds, and the service that vouches for them.

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
    let server = Server { vouches: Some(vec![(&keys.stranger, vec![Role::Sast, Role::Tftp])]), ..strange() };
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
    let theirs = keys.stranger.sign_file(name, CONFIGURATION.as_bytes(), wire::signature::Digest::Sha1, NOW);
    let mut server = strange();
    server.files.remove("ITLFile.tlv");
    server.put(name, theirs.unwrap());
    server.vouches = Some(vec![(&keys.stranger, vec![Role::AppServer])]);
    let boots = boot_with(phone("8851"), holding(V1_0), &server);
    assert!(boots.report.verdict.why.contains("as APP-SERVER only, and not as TFTP"), "{:?}", boots.report);
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
