//! Where private keys live: behind a passphrase, on a token; and the renewal of certificates, run as people run it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use machine::{Machine, Ran};
use serde_json::Value;

const PASSPHRASE: &str = "[keys]\npassphrase_file = \"passphrase\"\n";

/// Lets the settings say this as well.
fn set(machine: &Machine, settings: &str) {
    let before = String::from_utf8(machine.get("offhook.toml")).unwrap();
    machine.put("offhook.toml", format!("{before}\n{settings}"));
}

fn secret(machine: &Machine, name: &str, text: &str) {
    machine.put(name, text);
    fs::set_permissions(machine.path(name), fs::Permissions::from_mode(0o600)).unwrap();
}

/// Where the key of each certificate is.
fn places(machine: &Machine) -> Vec<(String, String)> {
    let list = machine.json("cert list");
    let row = |row: &Value| [&row["name"], &row["key"]].map(|word| word.as_str().unwrap().to_owned());
    list.as_array().unwrap().iter().map(row).map(|[name, key]| (name, key)).collect()
}

fn in_files(machine: &Machine, place: &str) -> usize {
    places(machine).iter().filter(|(_, key)| key == place).count()
}

fn findings(ran: &Ran, subject: &str) -> Vec<String> {
    let check: Value = serde_json::from_str(&ran.out).unwrap();
    let ours = check["findings"].as_array().unwrap().iter().filter(|one| one["subject"] == subject);
    ours.map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn keys_go_behind_a_passphrase_and_come_back() {
    let machine = Machine::new();
    let keys = in_files(&machine, "file");
    assert!(keys >= 7 && machine.fails(1, "cert protect").contains("no passphrase is set"));
    let before = machine.get("data/certificates/tftp.key.pem");
    set(&machine, PASSPHRASE);
    assert!(machine.fails(1, "cert protect").contains("passphrase cannot be read"));
    secret(&machine, "passphrase", "open sesame\n");
    assert!(findings(&machine.offhook("check --json"), "keys")[0].contains("lie in the clear"));
    assert_eq!(machine.json("cert protect")["changed"].as_array().unwrap().len(), keys);
    assert_eq!(machine.json("cert protect")["changed"].as_array().unwrap().len(), 0);
    assert_eq!(in_files(&machine, "encrypted file"), keys);
    assert!(machine.ok("cert show tftp").contains("key in    an encrypted file"));
    let file = machine.get("data/certificates/tftp.key.pem");
    assert!(String::from_utf8_lossy(&file).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    let mode = fs::metadata(machine.path("data/certificates/tftp.key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // OpenSSL reads it, and it is the same key.
    machine.put("before.pem", &before);
    let theirs = "pkey -in data/certificates/tftp.key.pem -passin file:passphrase -pubout";
    assert_eq!(machine.openssl(theirs).out, machine.openssl("pkey -in before.pem -pubout").out);
    // Everything that signs goes on, and new keys are protected from the first moment on.
    machine.put("x.xml", "<x/>");
    machine.ok("file sign x.xml");
    machine.ok("file verify x.xml.sgn");
    machine.ok("cert make capf --replace");
    assert_eq!(in_files(&machine, "encrypted file"), keys);
    assert!(findings(&machine.offhook("check --json"), "keys")[0].contains("behind a passphrase"));
    // Another passphrase.
    secret(&machine, "old", "open sesame");
    secret(&machine, "passphrase", "another one\n");
    let said = machine.fails(1, "cert list");
    assert!(said.contains("protected by another one") && said.contains(".key.pem"), "{said}");
    assert_eq!(machine.json("cert protect --from old")["changed"].as_array().unwrap().len(), keys);
    assert_eq!(in_files(&machine, "encrypted file"), keys);
    assert_eq!(machine.json("cert unprotect")["changed"].as_array().unwrap().len(), keys);
    assert_eq!(in_files(&machine, "file"), keys);
    assert_eq!(machine.get("data/certificates/tftp.key.pem"), before);
}

#[test]
fn a_start_with_a_wrong_passphrase_or_none_says_so() {
    let machine = Machine::new();
    let plain = machine.get("offhook.toml");
    set(&machine, PASSPHRASE);
    secret(&machine, "passphrase", "open sesame\n");
    machine.ok("cert protect");
    let start = |words: &str| {
        let said = machine.fails(1, "serve");
        assert!(said.contains(words) && said.contains(".key.pem"), "{said}");
        let check = findings(&machine.offhook("check --json"), "keys").join(" ");
        assert!(check.contains(words), "{check}");
    };
    secret(&machine, "passphrase", "open sesam\n");
    start("the passphrase does not open this key");
    machine.put("offhook.toml", plain);
    start("set keys.passphrase_file");
    // What systemd passes counts where nothing is set.
    secret(&machine, "credentials/keys-passphrase", "open sesame");
    let ran = machine.in_a_shell("CREDENTIALS_DIRECTORY=$PWD/credentials offhook cert list", "");
    assert!(ran.code == 0 && ran.out.contains("encrypted file"), "{}", ran.err);
    let ran = machine
        .in_a_shell("OFFHOOK__KEYS__PASSPHRASE_FILE=credentials/keys-passphrase offhook cert list", "");
    assert!(ran.code == 0 && ran.out.contains("encrypted file"), "{}", ran.err);
}

#[test]
fn a_first_start_with_a_passphrase_leaves_no_key_in_the_clear() {
    let machine = Machine::empty();
    set(&machine, PASSPHRASE);
    secret(&machine, "passphrase", "open sesame\n");
    machine.ok("trust enable --yes");
    assert_eq!(in_files(&machine, "file"), 0);
    for file in fs::read_dir(machine.path("data/certificates")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("BEGIN PRIVATE KEY"));
    }
}

#[test]
fn a_protected_key_is_brought_along() {
    let machine = Machine::new();
    machine.openssl(
        "req -x509 -newkey rsa:2048 -keyout k.pem -out c.pem -days 9 -subj /CN=x/O=o/OU=u -passout pass:abc",
    );
    assert!(machine.fails(1, "cert import web c.pem --key k.pem").contains("protected by a passphrase"));
    secret(&machine, "abc", "abc\n");
    machine.ok("cert import web c.pem --key k.pem --passphrase-file abc");
    assert!(places(&machine).contains(&("web".into(), "file".into())));
}

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

/// A server that is ended when it goes.
struct Serving(std::process::Child, u16);

impl Serving {
    /// Files over HTTP, and nothing else.
    fn start(token: &Token) -> Self {
        let machine = &token.0;
        let off = ["tftp", "secure_provisioning", "services", "secure_services", "tvs", "capf", "admin"];
        let off: Vec<String> = off.iter().map(|name| format!("{name} = \"\"\n")).collect();
        set(machine, &format!("[listen]\nprovisioning = \"127.0.0.1:0\"\n{}", off.concat()));
        let child = Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(["serve", "--ready-file", "ready.json"])
            .current_dir(machine.path(""))
            .env("SOFTHSM2_CONF", machine.path("softhsm2.conf"))
            .stdout(std::process::Stdio::null())
            .stderr(fs::File::create(machine.path("log")).unwrap())
            .spawn()
            .unwrap();
        let mut serving = Self(child, 0);
        let ready = || fs::read(machine.path("ready.json")).ok();
        let ready = std::iter::repeat_with(|| {
            std::thread::sleep(Duration::from_millis(20));
            ready().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        });
        let mut ready = ready.take(6000).flatten();
        let ready =
            ready.next().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&machine.get("log"))));
        let address = ready["listeners"]["provisioning"][0].as_str().unwrap();
        serving.1 = address.rsplit(':').next().unwrap().parse().unwrap();
        serving
    }

    /// The status and the body of an answer.
    fn get(&self, name: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).unwrap();
        write!(stream, "GET /{name} HTTP/1.1\r\nHost:x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let status = String::from_utf8_lossy(&answer[9..12]).parse().unwrap();
        (status, answer[head..].to_vec())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_server_gives_what_was_signed_while_its_token_is_away() {
    let token = Token::new();
    token.ok("trust enable --yes");
    for name in ["sast-1", "tftp"] {
        token.ok(&format!("cert token put {name} --token vault --yes"));
    }
    token.0.put("data/tftpboot/known.xml", "<known/>");
    let serving = Serving::start(&token);
    let (list, file) = (serving.get("ITLFile.tlv"), serving.get("known.xml.sgn"));
    assert_eq!((list.0, file.0), (200, 200), "{}", String::from_utf8_lossy(&token.0.get("log")));
    fs::rename(token.0.path("tokens"), token.0.path("pulled")).unwrap();
    fs::create_dir(token.0.path("tokens")).unwrap();
    // Something else changes, so that everything is looked at again.
    token.ok("cert renew application");
    assert_eq!(serving.get("ITLFile.tlv"), list);
    assert_eq!(serving.get("known.xml.sgn"), file);
    token.0.put("data/tftpboot/new.xml", "<new/>");
    let (status, body) = serving.get("new.xml.sgn");
    let said = String::from_utf8_lossy(&body).into_owned();
    assert!(status >= 500 && said.contains("cannot be signed"), "{status} {said}");
    // It comes back, and nobody has to start anything again.
    fs::remove_dir(token.0.path("tokens")).unwrap();
    fs::rename(token.0.path("pulled"), token.0.path("tokens")).unwrap();
    assert_eq!(serving.get("new.xml.sgn").0, 200);
}

#[test]
fn certificates_are_renewed_and_the_next_list_shows_it() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    let hash = |name: &str| machine.ok(&format!("cert hash {name} --only sha256"));
    let before = hash("provisioning");
    let told = machine.json("cert renew provisioning");
    assert_eq!(
        (told[0]["result"].as_str(), told[0]["name"].as_str()),
        (Some("replaced"), Some("provisioning"))
    );
    assert_ne!(hash("provisioning"), before);
    // The one of before is vouched for, without its key.
    assert_eq!(hash("provisioning-before"), before);
    let roles = machine.json("cert role show provisioning-before");
    assert_eq!((roles["tvs_only"][0].as_str(), roles["roles"].as_array().unwrap().len()), (Some("TFTP"), 0));
    assert!(places(&machine).contains(&("provisioning-before".into(), "elsewhere".into())));
    let plan = machine.ok("trust plan");
    assert!(plan.contains("provisioning"), "{plan}");
    // Nobody can vouch for the Trust Verification Service: its next one waits until it was published.
    let tvs = hash("tvs");
    assert_eq!(machine.json("cert renew tvs")[0]["result"], "prepared");
    assert_eq!(
        (hash("tvs"), machine.json("cert role show tvs-next")["roles"][0].as_str()),
        (tvs.clone(), Some("TVS"))
    );
    let calendar = findings(&machine.offhook("check --json"), "calendar");
    assert!(calendar[0].contains("waits for phones"), "{calendar:?}");
    let next = hash("tvs-next");
    machine.ok("trust publish");
    assert_eq!(machine.json("cert renew tvs")[0]["result"], "replaced");
    assert_eq!((hash("tvs"), hash("tvs-before")), (next, tvs));
    assert!(!places(&machine).iter().any(|(name, _)| name == "tvs-next"));
    machine.ok("trust publish");
    for (name, words) in
        [("sast-1", "trust rollover"), ("nobody", "no certificate nobody"), ("../x", "no name")]
    {
        let ran = machine.offhook(&format!("cert renew {name}"));
        assert!(ran.code != 0 && (ran.out + &ran.err).contains(words), "{name}");
    }
    machine.ok("cert import ccm-pbx data/certificates/tvs-before.crt.pem");
    assert!(machine.fails(1, "cert renew ccm-pbx").contains("cert import"));
}

#[test]
fn what_is_due_is_renewed_and_nothing_else() {
    let machine = Machine::new();
    assert!(machine.ok("cert renew --due").contains("nothing is due"));
    machine.ok("cert make application --replace --days 40");
    // Made just now: half of its life is to come.
    assert!(machine.ok("cert renew --due").contains("nothing is due"));
    machine.openssl(
        "req -x509 -newkey rsa:2048 -keyout k.pem -out c.pem -nodes -subj /CN=x/O=o/OU=u -days 20 -set_serial 77",
    );
    machine.ok("cert import application c.pem --key k.pem --replace");
    machine.put("offhook.toml", "[keys]\nrenew_days = 30\n");
    assert!(
        machine.ok("cert renew --due").contains("nothing is due"),
        "it holds for twenty days, and is new"
    );
}
