//! `offhook file`, run as people run it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use machine::{Machine, vector};

fn with_keys(stems: &[&str]) -> Machine {
    let machine = Machine::empty();
    for stem in stems {
        machine.vector(&format!("keys/{stem}.crt.pem"));
        machine.vector(&format!("keys/{stem}.pkcs8.der"));
    }
    machine
}

/// The time in a vector's header.
fn timestamp(machine: &Machine, file: &str) -> u64 {
    machine.json(&format!("file show {file}"))["header"]["timestamp"].as_u64().unwrap()
}

#[test]
fn sign_gives_the_vectors_byte_for_byte() {
    let machine = with_keys(&["asterisk", "signer-1024", "signer-4096"]);
    machine.put("DialTemplate.xml", vector("sgn/sgn-plain.DialTemplate.xml"));
    for digest in ["sha1", "sha512"] {
        for signer in ["asterisk", "signer-1024", "signer-4096"] {
            let file = machine.vector(&format!("sgn/sgn-{digest}-{signer}.DialTemplate.xml.sgn"));
            let time = timestamp(&machine, &file);
            machine.ok(&format!(
                "file sign DialTemplate.xml --signer {signer}.crt.pem --signer-key {signer}.pkcs8.der --digest {digest} \
                 --timestamp {time}"
            ));
            assert_eq!(machine.get("DialTemplate.xml.sgn"), machine.get(&file), "{file}");
        }
    }
    let nested = machine.vector("sgn/sgn-sha1-nested.mk-sip.jar.sgn");
    machine.put("mk-sip.jar", vector("sgn/sgn-nested-plain.mk-sip.jar"));
    machine.ok(&format!(
        "file sign mk-sip.jar out.sgn --name New_Zealand/mk-sip.jar.sgn --signer asterisk.crt.pem --signer-key \
         asterisk.pkcs8.der --digest sha1 --timestamp {}",
        timestamp(&machine, &nested)
    ));
    assert_eq!(machine.get("out.sgn"), machine.get(&nested));
}

#[test]
fn the_signature_is_one_that_openssl_verifies() {
    let machine = Machine::new();
    machine.put("a.xml", "<a/>");
    machine.ok("file sign a.xml");
    let bytes = machine.get("a.xml.sgn");
    let signed = wire::signed::Signed::parse(&bytes).unwrap();
    machine.put("signature", signed.signature);
    machine.put("signed", signed.signed_parts().concat());
    machine.openssl("x509 -in data/certificates/tftp.crt.pem -noout -pubkey -out key.pub");
    assert_eq!(
        machine.openssl("dgst -sha1 -verify key.pub -signature signature signed").out,
        "Verified OK\n"
    );
}

#[test]
fn sign_and_verify_with_what_is_here() {
    let machine = Machine::new();
    machine.put("DialTemplate.xml", "<DIALTEMPLATE/>");
    machine.ok("file sign DialTemplate.xml");
    assert!(machine.ok("file verify DialTemplate.xml.sgn").contains("A phone would take it"));
    machine.ok("file verify DialTemplate.xml.sgn --name DialTemplate.xml.sgn");
    let told = machine.fails(1, "file verify DialTemplate.xml.sgn --name New_Zealand/DialTemplate.xml.sgn");
    assert!(told.contains("NO    the name in its header is the one asked for"), "{told}");

    machine.ok("trust build ITLFile.tlv --signer sast-1 --record TFTP=tftp --record TVS=tvs");
    machine.ok("file verify DialTemplate.xml.sgn --against ITLFile.tlv");
    machine.ok("file sign DialTemplate.xml other.sgn --signer tvs --name DialTemplate.xml.sgn");
    let told = machine.fails(1, "file verify other.sgn --against ITLFile.tlv");
    assert!(told.contains("neither of the roles TFTP"), "{told}");
    assert!(machine.fails(1, "file verify other.sgn").contains("tvs has neither"));
    machine.ok("file verify other.sgn --certificate tvs");
    assert!(machine.fails(1, "file verify other.sgn --certificate tftp").contains("is named in the header"));

    let mut changed = machine.get("DialTemplate.xml.sgn");
    *changed.last_mut().unwrap() = b'!';
    machine.put("DialTemplate.xml.sgn", changed);
    assert!(
        machine.fails(1, "file verify DialTemplate.xml.sgn").contains("NO    the signature is the signer's")
    );
    assert!(machine.fails(1, "file verify DialTemplate.xml").contains("is not a signed file"));
}

#[test]
fn sign_refuses_what_no_phone_would_take() {
    let machine = Machine::new();
    machine.put("a.xml", "<a/>");
    assert!(machine.fails(1, "file sign a.xml --signer provisioning").contains("signed with RSA keys only"));
    assert!(machine.fails(1, "file sign a.xml --signer nobody").contains("neither a file nor a certificate"));
    assert!(machine.fails(2, "file sign a.xml a.xml").contains("own result"));
    assert!(machine.fails(2, "file sign a.xml b.txt").contains("end in .sgn"));
    assert!(machine.fails(2, "file sign a.xml --name /a.xml.sgn").contains("leading slash"));
    assert!(machine.fails(2, "file sign a.xml --digest md4").contains("sha1"));
    assert!(machine.fails(1, "file sign none.xml").contains("none.xml could not be read"));
    assert_eq!(machine.get("a.xml"), b"<a/>");
    assert!(!machine.path("a.xml.sgn").exists() && !machine.path("b.txt").exists());
}

#[test]
fn unsign_gives_the_payload_back() {
    let machine = Machine::empty();
    let signed = machine.vector("sgn/sgn-sha1-nested.mk-sip.jar.sgn");
    machine.ok(&format!("file unsign {signed}"));
    assert_eq!(machine.get("sgn-sha1-nested.mk-sip.jar"), vector("sgn/sgn-nested-plain.mk-sip.jar"));
    assert_eq!(
        machine.offhook(&format!("file unsign {signed} -")).bytes,
        vector("sgn/sgn-nested-plain.mk-sip.jar")
    );
    machine.put("plain.sgn", "plain");
    assert!(machine.fails(1, "file unsign plain.sgn").contains("is not a signed file"));
    let sealed = machine.vector("enc/enc-sha1.SEP58971ECC97C1.cnf.xml.enc.sgn");
    assert!(machine.fails(1, &format!("file unsign {sealed}")).contains("file decrypt"));
    let list = machine.vector("trust/itl-1.0-sha1.ITLFile.tlv");
    assert!(machine.fails(1, &format!("file unsign {list}")).contains("trust list"));
}

#[test]
fn unsign_cuts_a_vendors_package_at_its_header() {
    let machine = Machine::empty();
    // Version 1.5, a header length of 16, a tag nobody knows, padding; then what would be a gzip tar.
    let mut package = vec![1, 0, 2, 1, 5, 2, 0, 2, 0, 16, 99, 0, 1, 7, 13, 13];
    package.extend(b"\x1f\x8bpayload");
    machine.put("cmterm.cop.sgn", &package);
    machine.ok("file unsign cmterm.cop.sgn");
    assert_eq!(machine.get("cmterm.cop"), b"\x1f\x8bpayload");
    machine.put("cmterm.cop.sha512", &package);
    machine.ok("file unsign cmterm.cop.sha512 other.cop");
    assert_eq!(machine.get("other.cop"), b"\x1f\x8bpayload");
    assert_eq!(machine.json("file show cmterm.cop.sgn")["kind"], "the vendor's signed package");
    assert!(machine.fails(1, "file verify cmterm.cop.sgn").contains("only the vendor's key"));
}

#[test]
fn show_tells_header_signer_and_sums() {
    let machine = Machine::empty();
    let signed = machine.vector("sgn/sgn-sha512-asterisk.DialTemplate.xml.sgn");
    let shown = machine.json(&format!("file show {signed}"));
    assert_eq!(shown["header"]["name"], "DialTemplate.xml.sgn");
    assert_eq!(shown["header"]["signer"]["subject"], "CN=Asterisk,O=Example,OU=Voice");
    assert_eq!(shown["header"]["digest"], "SHA-512");
    machine.put("plain", vector("sgn/sgn-plain.DialTemplate.xml"));
    let sum = |algorithm: &str, file: &str| {
        let told = machine.openssl(&format!("dgst -{algorithm} {file}")).out;
        told.trim().rsplit(' ').next().unwrap().to_owned()
    };
    for algorithm in ["md5", "sha256"] {
        assert_eq!(shown["payload"][algorithm], sum(algorithm, "plain"));
        assert_eq!(shown["file"][algorithm], sum(algorithm, &signed));
    }
    assert!(machine.ok("file show plain").contains("plain file"));
    machine.put("half.sgn", &vector("sgn/sgn-plain.DialTemplate.xml")[..0]);
    machine.put("half.sgn", &vector("sgn/sgn-sha1-asterisk.DialTemplate.xml.sgn")[..200]);
    assert!(machine.ok("file show half.sgn").contains("begins like a signed file, but byte"));
    let sealed = machine.vector("enc/enc-sha512.SEP58971ECC97C1.cnf.xml.enc.sgn");
    assert!(machine.ok(&format!("file show {sealed}")).contains("RSA key of 2048 bits"));
}

#[test]
fn decrypt_opens_what_others_encrypted() {
    let machine = with_keys(&["phone-lsc", "asterisk"]);
    let plain = vector("enc/enc-plain.SEP58971ECC97C1.cnf.xml");
    for digest in ["sha1", "sha512"] {
        machine.put(
            "SEP58971ECC97C1.cnf.xml.enc.sgn",
            vector(&format!("enc/enc-{digest}.SEP58971ECC97C1.cnf.xml.enc.sgn")),
        );
        machine.ok("file verify SEP58971ECC97C1.cnf.xml.enc.sgn --certificate asterisk.crt.pem");
        machine.ok("file decrypt SEP58971ECC97C1.cnf.xml.enc.sgn --key phone-lsc.pkcs8.der");
        assert_eq!(machine.get("SEP58971ECC97C1.cnf.xml"), plain);
        let mode = fs::metadata(machine.path("SEP58971ECC97C1.cnf.xml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it holds passwords");
        fs::remove_file(machine.path("SEP58971ECC97C1.cnf.xml")).unwrap();
    }
    let refused = machine.fails(1, "file decrypt SEP58971ECC97C1.cnf.xml.enc.sgn --key asterisk.pkcs8.der");
    assert!(refused.contains("not encrypted to this key"), "{refused}");
    assert!(!machine.path("SEP58971ECC97C1.cnf.xml").exists());
    assert!(
        machine
            .fails(1, "file decrypt asterisk.crt.pem out --key asterisk.pkcs8.der")
            .contains("not an encrypted")
    );
}

#[test]
fn encrypt_makes_both_files_and_the_stub_is_the_vectors() {
    let machine = with_keys(&["phone-lsc", "asterisk", "provision-ec"]);
    let plain = vector("enc/enc-plain.SEP58971ECC97C1.cnf.xml");
    machine.put("SEP58971ECC97C1.cnf.xml", &plain);
    for digest in ["sha1", "sha512"] {
        let stub = machine.vector(&format!("enc/enc-{digest}-stub.SEP58971ECC97C1.cnf.xml.sgn"));
        let time = timestamp(&machine, &stub);
        machine.ok(&format!(
            "file encrypt SEP58971ECC97C1.cnf.xml --certificate phone-lsc.crt.pem --signer asterisk.crt.pem --signer-key \
             asterisk.pkcs8.der --digest {digest} --timestamp {time}"
        ));
        assert_eq!(machine.get("SEP58971ECC97C1.cnf.xml.sgn"), machine.get(&stub));
        machine.ok("file verify SEP58971ECC97C1.cnf.xml.enc.sgn --certificate asterisk.crt.pem");
        machine.ok("file decrypt SEP58971ECC97C1.cnf.xml.enc.sgn back --key phone-lsc.pkcs8.der");
        assert_eq!(machine.get("back"), plain);
    }
    let to_ec = "file encrypt SEP58971ECC97C1.cnf.xml other.enc.sgn --certificate provision-ec.crt.pem --signer \
                 asterisk.crt.pem --signer-key asterisk.pkcs8.der";
    assert!(machine.fails(1, to_ec).contains("to an RSA certificate only"));
    machine.put("broken.xml", "<device>");
    let broken =
        to_ec.replace("SEP58971ECC97C1.cnf.xml", "broken.xml").replace("provision-ec.crt", "phone-lsc.crt");
    assert!(machine.fails(1, &broken).contains("is not a configuration"));
    assert!(!machine.path("other.enc.sgn").exists());
}
