//! `offhook backup` and `offhook restore`, run as people and programs run them.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::Machine;

const PASSPHRASE: &str = "a few words that nobody guesses";

/// A machine with everything that a backup is for.
fn furnished(machine: Machine) -> Machine {
    machine.ok("trust enable --yes");
    machine.ok("profile add reception --set web_access=on");
    machine.ok("phone add SEP001122334455 --model 8845 --profile reception --line 1001:s3cret:Ann");
    machine.exactly(&["contact", "add", "Ann Example", "1001"]);
    machine.put("word", "correct horse battery");
    machine.ok("push allow anna --password @word");
    machine.ok("lsc schedule SEP001122334455 --no-password");
    machine.put("data/help/own.txt", "the administrator's");
    machine.put("data/reports/SEP001122334455/one.tar.gz", vec![7; 100_000]);
    machine.put("data/tftpboot/sip8845.loads", vec![9; 200_000]);
    machine.put("data/tftpboot/Desktops/800x480x24/own.png", "a picture");
    machine.put("pass", format!("{PASSPHRASE}\n"));
    machine
}

fn both() -> [Machine; 2] {
    [Machine::empty(), Machine::with_database(&postgres::database())]
}

/// Every file below a folder but those of a database, with its rights.
fn files(root: &Path) -> Vec<(String, u32, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !is_passing(&name) {
                let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
                found.push((name, mode, pki::digest::hex(&pki::digest::sha256(&fs::read(&path).unwrap()))));
            }
        }
    }
    found.sort();
    found
}

/// Databases, locks, and what a restore keeps.
fn is_passing(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap();
    path.starts_with("offhook.db")
        || path.starts_with("replaced-")
        || name.starts_with('.')
        || name.ends_with(".lock")
}

/// All that commands show of the inventory.
fn inventory(machine: &Machine) -> [Value; 4] {
    let mut shown = machine.json("db show");
    [
        shown["counts"].take(),
        machine.json("phone list"),
        machine.json("line list"),
        machine.json("contact list"),
    ]
}

/// The state of trust. A list is made when it is asked for, so its time is its own.
fn trust(machine: &Machine) -> Value {
    let mut shown = machine.json("trust show");
    for field in ["time", "timestamp"] {
        shown["list"][field].take();
    }
    shown
}

#[test]
fn everything_moves_from_one_machine_and_database_to_another() {
    for (from, to) in both().into_iter().zip(both().into_iter().rev()) {
        let from = furnished(from);
        let said = from.ok("backup all.vault --passphrase @pass --document-root");
        assert!(said.contains("encrypted") && said.contains("files of the document root"), "{said}");
        let file = from.path("all.vault");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|some| some == b"s3cret" || some == b"BEGIN "), "it is encrypted");
        to.put("all.vault", &bytes);
        to.put("pass", PASSPHRASE);
        let restored = to.json("restore all.vault --passphrase @pass");
        assert_eq!(restored["kept"], Value::Null);
        assert_eq!(inventory(&from), inventory(&to));
        assert_eq!(files(&from.path("data")), files(&to.path("data")));
        assert_eq!(trust(&from), trust(&to));
        assert_eq!(from.ok("phone render SEP001122334455"), to.ok("phone render SEP001122334455"));
    }
}

#[test]
fn the_document_root_and_reports_come_along_when_they_are_wanted() {
    let machine = furnished(Machine::empty());
    machine.ok("backup small.vault --passphrase @pass --without-reports");
    let shown = machine.json("backup show small.vault --passphrase @pass");
    assert_eq!((&shown["files"]["document_root"], &shown["files"]["reports"]), (&0.into(), &0.into()));
    assert_eq!(shown["files"]["configuration"], 1);
    let names: Vec<&str> =
        shown["names"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    for needed in ["trust.toml", "push.toml", "help/own.txt", "certificates/sast-1.key.pem", "offhook.toml"] {
        assert!(names.contains(&needed), "{needed} in {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("offhook.db") || name.contains("tftpboot")), "{names:?}");
    let said = machine.ok("backup show small.vault --passphrase @pass --files");
    assert!(said.contains("It is whole.") && said.contains("certificates/sast-1.key.pem"), "{said}");
    let to = Machine::empty();
    to.put("small.vault", machine.get("small.vault"));
    to.put("pass", PASSPHRASE);
    to.put("data/tftpboot/mine.txt", "mine");
    to.ok("restore small.vault --passphrase @pass --configuration old.toml");
    assert_eq!(to.get("data/tftpboot/mine.txt"), b"mine");
    assert_eq!(to.get("old.toml"), machine.get("offhook.toml"));
}

#[test]
fn what_is_there_is_left_alone_unless_it_is_said_and_kept_then() {
    for machine in both().map(furnished) {
        machine.ok("backup all.vault --passphrase @pass --document-root");
        let again = machine.fails(2, "backup all.vault --passphrase @pass");
        assert!(again.contains("--force"), "{again}");
        machine.ok("line add 2000");
        machine.ok("trust disable --yes");
        machine.put("data/tftpboot/sip8845.loads", "newer");
        let before = (inventory(&machine), files(&machine.path("data")));
        let refused = machine.fails(1, "restore all.vault --passphrase @pass");
        assert!(refused.contains("--replace"), "{refused}");
        assert_eq!((inventory(&machine), files(&machine.path("data"))), before);
        let restored = machine.json("restore all.vault --passphrase @pass --replace");
        assert_eq!(inventory(&machine)[0]["lines"], 1);
        let kept = Path::new(restored["kept"].as_str().unwrap()).to_owned();
        let kept = if kept.is_absolute() { kept } else { machine.path(kept.to_str().unwrap()) };
        let old = fs::read_to_string(kept.join("data/trust.toml")).unwrap();
        assert_ne!(old.as_bytes(), machine.get("data/trust.toml"));
        assert_eq!(machine.get("data/tftpboot/sip8845.loads"), vec![9; 200_000]);
        // What was replaced is not in the next backup.
        let next = machine.json("backup next.vault --passphrase @pass");
        let first = machine.json("backup show all.vault --passphrase @pass");
        assert_eq!(next["files"]["data"], first["files"]["data"]);
    }
}

#[test]
fn a_backup_that_is_not_as_it_was_made_changes_nothing() {
    let machine = furnished(Machine::empty());
    machine.ok("backup all.vault --passphrase @pass --document-root");
    let good = machine.get("all.vault");
    let to = Machine::empty();
    to.put("pass", PASSPHRASE);
    to.put("wrong", "some other words entirely");
    to.put("all.vault", &good);
    let wrong = to.fails(1, "restore all.vault --passphrase @wrong");
    assert!(wrong.contains("not its passphrase"), "{wrong}");
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let newer = [&good[..14], &[2], &good[15..]].concat();
    for (bytes, said) in [
        (good[..good.len() / 2].to_vec(), "all.vault"),
        (good[..good.len() - 1].to_vec(), "cut off"),
        ([&good[..], b"x"].concat(), "all.vault"),
        (flipped(20), "passphrase"),
        (flipped(good.len() / 2), "changed or damaged"),
        (flipped(good.len() - 20), "changed or damaged"),
        (newer, "upgrade offhook"),
        (b"mac,model\n".to_vec(), "is no backup of offhook"),
        (Vec::new(), "is no backup of offhook"),
    ] {
        to.put("all.vault", &bytes);
        let refused = to.fails(1, "restore all.vault --passphrase @pass --replace");
        assert!(refused.contains(said), "{said}: {refused}");
        assert!(!to.path("data").exists(), "nothing was made: {said}");
    }
    machine.ok("db backup records.backup");
    to.put("all.vault", machine.get("records.backup"));
    let other = to.fails(1, "restore all.vault --passphrase @pass");
    assert!(other.contains("offhook db restore"), "{other}");
}

#[test]
fn a_restore_that_fails_at_the_end_leaves_all_as_it_was() {
    let machine = furnished(Machine::empty());
    machine.ok("backup all.vault --passphrase @pass --document-root");
    let to = furnished(Machine::empty());
    to.ok("line add 2000");
    to.put("all.vault", machine.get("all.vault"));
    // A folder where the backup has a file.
    fs::remove_file(to.path("data/tftpboot/sip8845.loads")).unwrap();
    fs::create_dir_all(to.path("data/tftpboot/sip8845.loads/x")).unwrap();
    let before = (inventory(&to), files(&to.path("data")));
    let refused = to.fails(1, "restore all.vault --passphrase @pass --replace");
    assert!(refused.contains("is a folder"), "{refused}");
    assert_eq!((inventory(&to), files(&to.path("data"))), before);
    let left: Vec<_> =
        fs::read_dir(to.path("data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let passing = |name: &str| {
        name.starts_with(".restore") || name.starts_with("replaced-") || name.starts_with("restore-")
    };
    assert!(!left.iter().any(|name| passing(&name.to_string_lossy())), "{left:?}");
}

#[test]
fn a_server_does_not_start_beside_half_a_restore() {
    let machine = Machine::empty();
    machine.put("data/restore-unfinished", "");
    let said = machine.fails(1, "serve");
    assert!(said.contains("a restore was broken off") && said.contains("--replace"), "{said}");
}

#[test]
fn keys_open_what_they_made_and_passphrases_are_not_for_processes() {
    let machine = furnished(Machine::empty());
    machine.ok("backup key backup.key");
    assert_eq!(fs::metadata(machine.path("backup.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(machine.fails(1, "backup key backup.key").contains("cannot make"), "a key is never written over");
    machine.ok("backup all.vault --key-file backup.key");
    assert!(machine.ok("backup show all.vault --key-file backup.key").contains("It is whole."));
    machine.put("short", "0123");
    for (words, said) in [
        ("backup b.vault --passphrase hunter2hunter2", "@FILE"),
        ("backup b.vault --key-file short", "too short"),
        ("backup b.vault --passphrase @short", "at least 12"),
        ("backup", "FILE"),
    ] {
        let refused = machine.fails(2, words);
        assert!(refused.contains(said), "{words}: {refused}");
    }
    assert!(!machine.path("b.vault").exists());
    let piped = machine.given(&["backup", "c.vault"], "words that are typed elsewhere\n");
    assert_eq!(piped.code, 0, "{}", piped.err);
    let opened = machine.given(&["backup", "show", "c.vault"], "words that are typed elsewhere\n");
    assert_eq!(opened.code, 0, "{}", opened.err);
}
