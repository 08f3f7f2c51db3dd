//! Files that another program made, with the keys that made them.

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
        server.put(&format!("CTLSEP{MAC}.tlv"), vector("trust/ctl-device-1.0-sha1.CTLSEP58971ECC97C1.tlv"));
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
        assert_eq!(boots.note(&format!("SEP{MAC}.cnf.xml.enc.sgn")), "decrypted; takes its configuration");
        let settings = boots.report.settings.unwrap();
        assert_eq!((&*settings.phone_label, &*settings.firmware), ("Reception", "sip88xx.14-2-1-0101-53"));
    }
}
