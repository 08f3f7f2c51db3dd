//! Trust lists that change while a phone holds one.

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
    let (first, next, third) = ((Role::Sast, &keys.sast), (Role::Sast, &keys.next_sast), &keys.third_sast);
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
    let theirs = keys.stranger.sign_file(name, configuration, wire::signature::Digest::Sha1, NOW).unwrap();
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
