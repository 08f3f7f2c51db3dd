//! `offhook db`, run as people and programs run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::Machine;

/// A machine with a phone, its line and its profile.
fn furnished(machine: Machine) -> Machine {
    machine.ok("profile add reception --set web_access=on");
    machine.ok("phone add SEP001122334455 --model 8845 --profile reception --line 1001:s3cret:Ann");
    machine
}

fn both() -> [Machine; 2] {
    [Machine::empty(), Machine::with_database(&postgres::database())]
}

/// All that is kept, as far as commands show it.
fn all(machine: &Machine) -> [Value; 4] {
    let mut shown = machine.json("db show");
    let counts = shown["counts"].take();
    [counts, machine.json("phone list"), machine.json("line list"), machine.json("profile list")]
}

#[test]
fn a_backup_of_one_database_is_restored_into_the_other() {
    let (from, to) = (both(), both().into_iter().rev());
    for (from, to) in from.into_iter().zip(to) {
        let from = furnished(from);
        let said = from.ok("db backup all.backup");
        assert!(said.contains("passwords") && !said.contains("s3cret"), "{said}");
        let mode = fs::metadata(from.path("all.backup")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        to.put("all.backup", from.get("all.backup"));
        let restored = to.json("db restore all.backup");
        for (kind, count) in [("groups", 1), ("lines", 1), ("phones", 1), ("documents", 0), ("enrolments", 0)]
        {
            assert_eq!(restored["counts"][kind], count, "{kind}");
        }
        assert_eq!(all(&from), all(&to));
        assert_eq!(from.ok("phone render SEP001122334455"), to.ok("phone render SEP001122334455"));
    }
}

#[test]
fn nothing_is_written_over_unless_it_is_said() {
    for machine in both().map(furnished) {
        machine.ok("db backup all.backup");
        let again = machine.offhook("db backup all.backup");
        assert_eq!((again.code, again.out.as_str()), (2, ""));
        assert!(again.err.contains("--force"), "{}", again.err);
        machine.ok("db backup all.backup --force");
        machine.ok("line add 2000");
        let before = all(&machine);
        let refused = machine.offhook("db restore all.backup");
        assert_eq!(refused.code, 1);
        assert!(
            refused.err.contains("not empty: phones 1") && refused.err.contains("--force"),
            "{}",
            refused.err
        );
        assert_eq!(all(&machine), before);
        machine.ok("db restore all.backup --force");
        assert_eq!(machine.json("db show")["counts"]["lines"], 1);
    }
}

#[test]
fn a_backup_that_is_not_whole_changes_nothing() {
    let machine = furnished(Machine::empty());
    machine.ok("db backup all.backup");
    let good = machine.get("all.backup");
    let text = unpack(&good);
    let changed = text.replace("1001", "1009");
    let lines: Vec<&str> = text.lines().collect();
    let without_end = lines[..lines.len() - 1].join("\n") + "\n";
    let newer = text.replace("\"offhook-backup\":1", "\"offhook-backup\":2");
    let unknown = text.replace("\"line\":{", "\"lime\":{");
    let before = all(&machine);
    for (bytes, said) in [
        (good[..good.len() / 2].to_vec(), "cannot be read"),
        (pack(&changed), "the file was changed"),
        (pack(&without_end), "not whole"),
        (pack(&newer), "upgrade offhook"),
        (pack(&unknown), "line 3: unknown variant `lime`"),
        (b"mac,model\n".to_vec(), "is no backup of offhook"),
        (Vec::new(), "is no backup of offhook"),
    ] {
        machine.put("bad.backup", &bytes);
        let refused = machine.offhook("db restore bad.backup --force");
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains(said), "{said}: {}", refused.err);
        assert_eq!(all(&machine), before, "{said}");
    }
    let missing = machine.offhook("db restore nowhere.backup");
    assert!(missing.code == 1 && missing.err.contains("nowhere.backup"), "{}", missing.err);
}

#[test]
fn everything_is_copied_and_compared() {
    for (machine, url) in both().into_iter().zip([postgres::database(), "sqlite://moved.db".to_owned()]) {
        let machine = furnished(machine);
        let said = machine.ok(&format!("db copy {url}"));
        let shown = url.split('?').next().unwrap();
        assert!(said.contains(&format!("database = \"{shown}")), "{said}");
        let before = all(&machine);
        let again = machine.offhook(&format!("db copy {url}"));
        assert!(again.code == 1 && again.err.contains("--force"), "{}", again.err);
        let copied = machine.json(&format!("db copy {url} --force"));
        assert_eq!((&copied["counts"], copied["sha256"].as_str().unwrap().len()), (&before[0], 64));
        let settings = String::from_utf8(machine.get("offhook.toml")).unwrap();
        let settings: Vec<&str> = settings.lines().filter(|line| !line.starts_with("database")).collect();
        machine.put("offhook.toml", format!("database = {url:?}\n{}\n", settings.join("\n")));
        assert_eq!(all(&machine), before);
        let same = machine.offhook(&format!("db copy {url}"));
        assert_eq!(same.code, 2, "{}", same.err);
    }
}

#[test]
fn migrating_prepares_a_database_and_says_so() {
    for machine in both() {
        let missing = machine.offhook("db show");
        assert!(missing.code == 1 && missing.err.contains("`offhook db migrate`"), "{}", missing.err);
        assert!(machine.ok("db migrate").contains("is ready"));
        let again = machine.json("db migrate");
        assert_eq!(again["before"], again["version"]);
        let shown = machine.ok("db show");
        assert!(shown.contains("phones") && shown.contains("tables of version"), "{shown}");
    }
}

#[test]
fn passwords_of_urls_are_not_printed() {
    let machine = Machine::with_database("postgres://offhook:s3cret@127.0.0.1:1/offhook");
    for command in ["db show", "db migrate", "db backup x", "phone list"] {
        let failed = machine.offhook(command);
        assert_eq!(failed.code, 1);
        assert!(failed.err.contains("127.0.0.1:1"), "{}", failed.err);
        assert!(!failed.err.contains("s3cret"), "{}", failed.err);
    }
}

fn unpack(bytes: &[u8]) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes), &mut text).unwrap();
    text
}

fn pack(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
