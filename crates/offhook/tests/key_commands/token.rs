//! Keys on a token, as SoftHSM plays one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine::serving::{Serving, listen};
use crate::machine::{Machine, Ran};
use crate::{findings, secret, set};

/// Debian's token without hardware, from the system or unpacked under `target/peers`.
fn peer(path: &str) -> PathBuf {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers").join(path);
    if unpacked.exists() { unpacked.canonicalize().unwrap() } else { Path::new("/").join(path) }
}

/// A machine with a token of its own, and what offhook must know of it.
struct Token(Machine);

impl Token {
    fn new() -> Self {
        let machine = Machine::new();
        let module = peer("usr/lib/softhsm/libsofthsm2.so");
        assert!(module.exists(), "there is no SoftHSM: `scripts/need test` brings it");
        let folder = machine.path("tokens");
        fs::create_dir(&folder).unwrap();
        let conf = format!("directories.tokendir = {}\nobjectstore.backend = file\n", folder.display());
        machine.put("softhsm2.conf", conf);
        set(&machine, &format!("[keys]\npkcs11_module = {module:?}\npin_file = \"pin\"\n"));
        secret(&machine, "pin", "123456\n");
        let made = Command::new(peer("usr/bin/softhsm2-util"))
            .args([
                "--init-token",
                "--free",
                "--label",
                "vault",
                "--pin",
                "123456",
                "--so-pin",
                "654321",
                "--module",
            ])
            .arg(&module)
            .env("SOFTHSM2_CONF", machine.path("softhsm2.conf"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self(machine)
    }

    fn offhook(&self, words: &str) -> Ran {
        self.0.in_a_shell(&format!("SOFTHSM2_CONF=$PWD/softhsm2.conf offhook {words}"), "")
    }

    fn ok(&self, words: &str) -> String {
        let ran = self.offhook(words);
        assert_eq!(ran.code, 0, "{words}: {}{}", ran.out, ran.err);
        ran.out
    }

    fn fails(&self, words: &str) -> String {
        let ran = self.offhook(words);
        assert_eq!(ran.code, 1, "{words}: {}{}", ran.out, ran.err);
        ran.out + &ran.err
    }
}

#[test]
fn keys_that_sign_live_on_a_token() {
    let token = Token::new();
    assert!(token.ok("cert token list").contains("no token holds a key"));
    let said = token.fails("cert token put sast-1 --token vault");
    assert!(
        said.contains("make sure of a copy") && token.0.path("data/certificates/sast-1.key.pem").exists()
    );
    assert!(
        token.fails("cert token put sast-1 --token nowhere --yes").contains("there is no token \"nowhere\"")
    );
    for name in ["tvs", "capf", "provisioning"] {
        assert!(
            token
                .fails(&format!("cert token put {name} --token vault --yes"))
                .contains("needs its key at hand")
        );
    }
    token.ok("trust enable --yes");
    let before = token.ok("cert hash sast-1");
    for name in ["sast-1", "tftp"] {
        let said = token.ok(&format!("cert token put {name} --token vault --yes"));
        assert!(said.contains(&format!("pkcs11:token=vault;object={name}")), "{said}");
        assert!(!token.0.path(&format!("data/certificates/{name}.key.pem")).exists());
    }
    assert_eq!(token.ok("cert hash sast-1"), before, "the certificate stays, so no phone notices");
    let listed = token.ok("cert token list");
    assert!(listed.contains("sast-1") && listed.contains("pkcs11:token=vault;object=tftp"), "{listed}");
    assert!(token.ok("cert show sast-1").contains("key in    pkcs11:token=vault;object=sast-1"));
    assert!(token.ok("cert list").lines().any(|line| line.starts_with("sast-1") && line.contains("token")));
    assert!(token.fails("cert token put sast-1 --token vault --yes").contains("on a token already"));
    // Lists and files are signed there, and phones take them.
    token.0.put("x.xml", "<x/>");
    token.ok("file sign x.xml");
    token.ok("file verify x.xml.sgn");
    token.ok("cert make application --replace");
    token.ok("trust publish");
    token.ok("trust history 2 --out list.tlv");
    token.ok("trust verify list.tlv");
    let check = token.offhook("check --json");
    let keys = findings(&check, "keys");
    assert!(keys.iter().any(|text| text.contains("the key of sast-1 is on a token")), "{keys:?}");
    // The token does not hand a key over to another certificate.
    let said = token.fails("cert token use sast-2 'pkcs11:token=vault;object=tftp'");
    assert!(said.contains("in a file here") || said.contains("not the one of the certificate"), "{said}");
    token.0.put("sast-2.key.copy", token.0.get("data/certificates/sast-2.key.pem"));
    fs::remove_file(token.0.path("data/certificates/sast-2.key.pem")).unwrap();
    let said = token.fails("cert token use sast-2 'pkcs11:token=vault;object=tftp'");
    assert!(said.contains("not the one of the certificate"), "{said}");
    assert!(
        token.fails("cert token use sast-2 'pkcs11:token=vault;object=x'").contains("no private key \"x\"")
    );
}

#[test]
fn a_token_that_is_away_is_named_and_holds_nothing_up() {
    let token = Token::new();
    token.ok("cert token put tftp --token vault --yes");
    token.0.put("x.xml", "<x/>");
    fs::rename(token.0.path("tokens"), token.0.path("pulled")).unwrap();
    fs::create_dir(token.0.path("tokens")).unwrap();
    let said = token.fails("file sign x.xml");
    assert!(said.contains("there is no token \"vault\""), "{said}");
    // Certificates are known all the same.
    assert!(token.ok("cert list").contains("token"));
    let keys = findings(&token.offhook("check --json"), "keys");
    assert!(keys.iter().any(|text| text.contains("the key of tftp cannot be used")), "{keys:?}");
    fs::remove_dir(token.0.path("tokens")).unwrap();
    fs::rename(token.0.path("pulled"), token.0.path("tokens")).unwrap();
    token.ok("file sign x.xml");
    // A wrong PIN is tried once.
    secret(&token.0, "pin", "000000");
    assert!(token.fails("file sign x.xml").contains("refuses the PIN"));
    fs::remove_file(token.0.path("pin")).unwrap();
    assert!(token.fails("file sign x.xml").contains("PIN for private keys"));
    let plain = String::from_utf8(token.0.get("offhook.toml")).unwrap().replace("pin_file = \"pin\"\n", "");
    token.0.put("offhook.toml", &plain);
    assert!(token.fails("file sign x.xml").contains("set keys.pin_file"));
    let none = plain.lines().filter(|line| !line.starts_with("pkcs11_module")).collect::<Vec<_>>().join("\n");
    token.0.put("offhook.toml", none);
    assert!(token.fails("file sign x.xml").contains("set keys.pkcs11_module"));
}

/// Files over HTTP, and nothing else.
fn serve(token: &Token) -> Serving {
    set(&token.0, &listen(&["provisioning"]));
    Serving::with(&token.0, |command| {
        command.env("SOFTHSM2_CONF", token.0.path("softhsm2.conf"));
    })
}

#[test]
fn a_server_gives_what_was_signed_while_its_token_is_away() {
    let token = Token::new();
    token.ok("trust enable --yes");
    for name in ["sast-1", "tftp"] {
        token.ok(&format!("cert token put {name} --token vault --yes"));
    }
    token.0.put("data/tftpboot/known.xml", "<known/>");
    let serving = serve(&token);
    let get = |name: &str| serving.fetch("provisioning", &format!("/{name}"));
    let (list, file) = (get("ITLFile.tlv"), get("known.xml.sgn"));
    assert_eq!((list.0, file.0), (200, 200), "{}", serving.log());
    fs::rename(token.0.path("tokens"), token.0.path("pulled")).unwrap();
    fs::create_dir(token.0.path("tokens")).unwrap();
    // Something else changes, so that everything is looked at again.
    token.ok("cert renew application");
    assert_eq!(get("ITLFile.tlv"), list);
    assert_eq!(get("known.xml.sgn"), file);
    token.0.put("data/tftpboot/new.xml", "<new/>");
    let (status, body) = get("new.xml.sgn");
    let said = String::from_utf8_lossy(&body).into_owned();
    assert!(status >= 500 && said.contains("cannot be signed"), "{status} {said}");
    // It comes back, and nobody has to start anything again.
    fs::remove_dir(token.0.path("tokens")).unwrap();
    fs::rename(token.0.path("pulled"), token.0.path("tokens")).unwrap();
    assert_eq!(get("new.xml.sgn").0, 200);
}
