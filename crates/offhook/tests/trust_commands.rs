//! `offhook trust`, run as people run it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;

use std::fs;

use machine::{Machine, vector};

#[test]
fn trust_is_off_until_it_is_enabled_and_says_what_that_means() {
    let machine = Machine::empty();
    assert!(machine.fails(1, "trust show").contains("offhook init"));
    let ran = machine.offhook("trust enable --yes");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("accepts only what that list vouches for") && ran.err.contains("sast-2.key.pem"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("every phone is given a trust list"), "{}", ran.out);
    let state = String::from_utf8(machine.get("data/trust.toml")).unwrap();
    assert!(state.contains("trust = \"everyone\"") && state.contains("changed_by = "), "{state}");
    let ran = machine.offhook("trust disable --yes");
    assert!(
        ran.err.contains("go on asking for signed files") && ran.err.contains("goes on signing"),
        "{}",
        ran.err
    );
    assert_eq!(machine.json("trust show")["trust"], "off");
}

#[test]
fn a_person_at_a_terminal_is_asked() {
    let machine = Machine::new();
    for (answer, code) in [("n\n", 1), ("\n", 1), ("yes\n", 0)] {
        let ran = machine.on_terminal("trust enable", answer);
        assert_eq!(ran.code, code, "{}", ran.out);
        assert!(ran.out.contains("Give every phone a trust list? [y/N]"), "{}", ran.out);
        assert_eq!(machine.json("trust show")["trust"], if code == 0 { "everyone" } else { "off" });
    }
    let ran = machine.on_terminal("trust disable", "no\n");
    assert_eq!((ran.code, machine.json("trust show")["trust"].as_str()), (1, Some("everyone")));
}

#[test]
fn single_phones_come_and_go() {
    let machine = Machine::new();
    assert!(machine.fails(2, "trust enable").contains("say --yes"), "a script must say that it means it");
    machine.ok("trust enable --phone SEP001122AABBCC --phone 58:97:1e:cc:97:c1 --yes");
    let phones = || machine.json("trust show")["phones"].clone();
    assert_eq!(phones(), serde_json::json!(["SEP001122AABBCC", "SEP58971ECC97C1"]));
    machine.ok("trust enable --phone SEP001122AABBCC --yes");
    machine.ok("trust disable --phone SEP001122AABBCC --yes");
    assert_eq!(phones(), serde_json::json!(["SEP58971ECC97C1"]));
    machine.ok("trust enable --yes");
    assert!(machine.fails(1, "trust disable --phone SEP001122AABBCC").contains("cannot be left out"));
    machine.ok("trust disable --yes");
    assert_eq!(machine.json("trust show")["trust"], "off");
    assert!(machine.fails(2, "trust enable --phone kitchen").contains("twelve hexadecimal digits"));
}

#[test]
fn the_list_shown_is_whole_and_by_configuration() {
    let machine = Machine::new();
    let shown = machine.json("trust show");
    let roles: Vec<&str> = shown["list"]["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["SAST", "SAST", "TFTP", "TFTP", "APP-SERVER", "TVS", "CAPF"]);
    assert_eq!((&shown["list"]["version"], &shown["list"]["digest"]), (&"1.1".into(), &"SHA-1".into()));
    machine.put("offhook.toml", "[trust]\nversion = \"1.0\"\ndigest = \"sha512\"\n");
    let shown = machine.json("trust show");
    assert_eq!((&shown["list"]["version"], &shown["list"]["digest"]), (&"1.0".into(), &"SHA-512".into()));
    assert_eq!(shown["left_out"], serde_json::json!(["provisioning"]));
    fs::remove_file(machine.path("data/certificates/sast-2.key.pem")).unwrap();
    machine.ok("trust show");
    fs::remove_file(machine.path("data/certificates/sast-1.key.pem")).unwrap();
    assert!(machine.fails(1, "trust show").contains("sast-1.key.pem"));
    assert!(machine.fails(1, "trust enable --yes").contains("sast-1.key.pem"));
}

#[test]
fn lists_of_a_working_implementation_are_good() {
    let machine = Machine::empty();
    for name in [
        "ctl-device-1.0-sha1.CTLSEP58971ECC97C1.tlv",
        "itl-1.0-sha1.ITLFile.tlv",
        "itl-1.1-sha512.ITLFile.tlv",
    ] {
        let file = machine.vector(&format!("trust/{name}"));
        assert!(machine.ok(&format!("trust verify {file}")).contains("A phone would take it"));
        assert!(
            machine.ok(&format!("trust show {file}")).contains("CN=SAST,O=Example,OU=Voice serial 2d155cc0")
        );
        assert!(machine.ok(&format!("file verify {file}")).contains("would take it"));
    }
    let shown = machine.json("trust show itl-1.1-sha512.ITLFile.tlv");
    assert_eq!(shown["records"].as_array().unwrap().len(), 8);
    assert_eq!(shown["records"][3]["key"], "p384");
    machine.ok("trust verify itl-1.1-sha512.ITLFile.tlv --against itl-1.0-sha1.ITLFile.tlv");
}

#[test]
fn a_bad_list_is_refused_with_its_reason() {
    let machine = Machine::empty();
    let mut bytes = vector("trust/itl-1.0-sha1.ITLFile.tlv");
    // The last byte of the last certificate: the file still parses.
    *bytes.last_mut().unwrap() ^= 1;
    machine.put("ITLFile.tlv", &bytes);
    let told = machine.fails(1, "trust verify ITLFile.tlv");
    assert!(told.contains("NO    its own SAST signed it") && told.contains("would refuse it"), "{told}");
    let report: serde_json::Value =
        serde_json::from_str(&machine.offhook("trust verify ITLFile.tlv --json").out).unwrap();
    assert_eq!(report["good"], false);
    machine.put("noise.tlv", "noise");
    assert!(machine.fails(1, "trust verify noise.tlv").contains("noise.tlv is not a trust list: byte 0"));
    assert!(machine.fails(1, "trust verify none.tlv").contains("none.tlv could not be read"));
}

#[test]
fn a_strangers_list_is_refused_by_a_phone_that_holds_one() {
    let machine = Machine::new();
    machine.vector("trust/itl-1.0-sha1.ITLFile.tlv");
    machine.ok("trust build own.tlv --kind itl --signer sast-1 --record SAST=sast-2 --record TFTP=tftp --timestamp 1900000000");
    machine.ok("trust verify own.tlv");
    let told = machine.fails(1, "trust verify own.tlv --against itl-1.0-sha1.ITLFile.tlv");
    assert!(told.contains("NO    a SAST of the list the phone holds signed it"), "{told}");
    // The other SAST of the list may sign the next one, but an older list is none.
    machine.ok("trust build next.tlv --kind itl --signer sast-2 --record TFTP=tftp --timestamp 1900000001");
    machine.ok("trust verify next.tlv --against own.tlv");
    let told = machine.fails(1, "trust verify own.tlv --against next.tlv");
    assert!(told.contains("NO    it is not older"), "{told}");
}

#[test]
fn build_does_what_scripts_do_byte_for_byte() {
    let machine = Machine::empty();
    for stem in ["sast", "sast-2", "asterisk", "provision-ec", "apps", "tvs", "capf"] {
        machine.vector(&format!("keys/{stem}.crt.pem"));
    }
    machine.vector("keys/sast.pkcs8.der");
    let timestamp = u32::from_be_bytes(*b"k\x03\x80M");
    machine.ok(&format!(
        "trust build ITLFile.tlv --signer sast.crt.pem --signer-key sast.pkcs8.der --list-version 1.1 --digest sha512 \
         --timestamp {timestamp} --record SAST=sast.crt.pem --record SAST=sast-2.crt.pem --record CCM=asterisk.crt.pem \
         --record TFTP=provision-ec.crt.pem --record TFTP=asterisk.crt.pem --record APP-SERVER=apps.crt.pem \
         --record TVS=tvs.crt.pem --record CAPF=capf.crt.pem"
    ));
    assert_eq!(machine.get("ITLFile.tlv"), vector("trust/itl-1.1-sha512.ITLFile.tlv"));
    machine.ok(&format!(
        "trust build CTLSEP58971ECC97C1.tlv --signer sast.crt.pem --signer-key sast.pkcs8.der --list-version 1.0 \
         --digest sha1 --timestamp {} --record APP-SERVER=apps.crt.pem",
        timestamp + 1
    ));
    assert_eq!(
        machine.get("CTLSEP58971ECC97C1.tlv"),
        vector("trust/ctl-device-1.0-sha1.CTLSEP58971ECC97C1.tlv")
    );
    let refused = machine.fails(1, "trust build ITL.tlv --signer sast.crt.pem --signer-key sast.pkcs8.der --list-version 1.0 --record TFTP=provision-ec.crt.pem");
    assert!(refused.contains("needs a list of signer version 1.1"), "{refused}");
    assert!(!machine.path("ITL.tlv").exists());
    assert!(
        machine
            .fails(2, "trust build x.tlv --signer sast.crt.pem --signer-key sast.pkcs8.der")
            .contains("--kind")
    );
    assert!(
        machine.fails(2, "trust build ITL.tlv --signer sast.crt.pem --record KING=x").contains("not a role")
    );
    assert!(
        machine
            .fails(1, "trust build ITL.tlv --signer sast.crt.pem")
            .contains("sast.key.pem could not be read")
    );
}

#[test]
fn roles_are_set_and_shown() {
    let machine = Machine::new();
    machine.ok("cert import ccm-pbx data/certificates/../certificates/tvs.crt.pem");
    fs::remove_file(machine.path("data/certificates/tvs.crt.pem")).unwrap();
    fs::remove_file(machine.path("data/certificates/tvs.key.pem")).unwrap();
    machine.ok("trust roles ccm-pbx CCM TVS");
    let roles = |name: &str| machine.json(&format!("trust roles {name}"))[0]["roles"].clone();
    assert_eq!(roles("ccm-pbx"), serde_json::json!(["CCM", "TVS"]));
    machine.ok("trust roles ccm-pbx --none");
    assert_eq!(roles("ccm-pbx"), serde_json::json!([]));
    machine.ok("trust roles ccm-pbx --usual");
    assert_eq!(roles("ccm-pbx"), serde_json::json!(["CCM"]));
    assert!(machine.fails(2, "trust roles nobody CCM").contains("no certificate nobody"));
    assert!(machine.fails(1, "trust roles sast-1 CCM").contains("not in role SAST"));
    assert!(machine.fails(1, "trust roles tftp SAST TFTP").contains("at most 2"));
    assert_eq!(roles("sast-1"), serde_json::json!(["SAST"]));
}

#[test]
fn a_broken_state_is_told_with_its_place_and_left_alone() {
    let machine = Machine::new();
    machine.put("data/trust.toml", "trust = \"off\"\nphone = 1\n");
    for words in ["trust enable --yes", "trust disable --yes", "trust show", "cert list"] {
        let told = machine.fails(1, words);
        assert!(told.contains("trust.toml") && told.contains("unknown field `phone`"), "{words}: {told}");
    }
    assert_eq!(machine.get("data/trust.toml"), b"trust = \"off\"\nphone = 1\n");
}
