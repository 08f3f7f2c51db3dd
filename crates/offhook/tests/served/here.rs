//! The server of this machine.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::unistd::{Uid, User};

use crate::machine::Machine;
use crate::machine::serving::{PATIENCE, Serving, listen};

/// A machine, and its server, which a test begins and ends itself.
fn served(settings: &str) -> (Machine, Serving) {
    let machine = Machine::empty().alone();
    machine.put("offhook.toml", format!("{settings}{}", listen(&["provisioning", "admin"])));
    let serving = Serving::on(&machine);
    (machine, serving)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            found.push(entry.path());
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
        }
    }
    found
}

#[test]
fn nothing_that_root_types_is_root_s() {
    if !Uid::effective().is_root() {
        return;
    }
    let machine = Machine::empty().alone();
    fs::set_permissions(machine.path(""), fs::Permissions::from_mode(0o777)).unwrap();
    machine.put("offhook.toml", format!("user = \"nobody\"\n{}", listen(&["provisioning", "admin"])));
    let _serving = Serving::on(&machine);
    let nobody = User::from_name("nobody").unwrap().unwrap().uid.as_raw();
    machine.put("more.csv", "mac,model\nSEP001122334466,8845\n");
    for words in [
        "phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann",
        "phone import more.csv",
        "profile add reception --set web_access=on",
        "push allow anna",
        "trust enable --yes",
        "trust publish --yes",
        "cert role add tftp CCM",
        "cert renew application",
        "user add anna",
        "token add billing --scope read",
        "phone list",
    ] {
        let ran = machine.offhook(words);
        assert!(ran.code == 0 || words == "trust publish --yes", "{words}: {}{}", ran.out, ran.err);
    }
    for file in files(&machine.path("data")) {
        assert_eq!(fs::symlink_metadata(&file).unwrap().uid(), nobody, "{}", file.display());
    }
    assert_eq!(fs::metadata(machine.path("data/offhook.sock")).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn the_audit_names_whoever_typed_it() {
    let (machine, _serving) = served("");
    machine.ok("phone add SEP001122334455 --model 8845");
    let own = User::from_uid(Uid::current()).unwrap().unwrap().name;
    let mut behind = machine.program();
    behind.env("SUDO_USER", "anna").args(["phone", "set", "SEP001122334455", "description=Desk"]);
    assert!(behind.status().unwrap().success());
    let token = machine.ok("token add audit --scope administer").lines().next().unwrap().to_owned();
    let runtime = crate::machine::serving::runtime();
    let url = format!("sqlite://{}", machine.path("data/offhook.db").display());
    let authors: Vec<String> = runtime.block_on(async {
        let store = store::Store::open(&url).await.unwrap();
        let listed = store.audit(&store::AuditQuery::default(), &store::Page::first(50)).await.unwrap();
        listed.rows.into_iter().map(|row| format!("{} {} {}", row.author, row.action, row.subject)).collect()
    });
    assert!(token.starts_with("offhook_"));
    let by = if Uid::current().is_root() { "anna" } else { &own };
    for told in [
        format!("command line ({own}) added phone SEP001122334455"),
        format!("command line ({by}) changed phone SEP001122334455"),
    ] {
        assert!(authors.contains(&told), "{told}: {authors:#?}");
    }
    assert!(!authors.iter().any(|told| told.contains(&token)));
}

#[test]
fn phones_get_what_was_typed_with_the_next_request() {
    let (machine, serving) = served("");
    machine.ok("phone add SEP001122334455 --model 8845 --line 1001:s3cret:Ann");
    for label in ["Ben", "Cleo", "Dora"] {
        machine.ok(&format!("line set 1001 label={label}"));
        let (status, body) = serving.fetch("provisioning", "/SEP001122334455.cnf.xml");
        assert!(status == 200 && String::from_utf8_lossy(&body).contains(label), "{status} {label}");
    }
}

#[test]
fn what_only_the_caller_has_is_asked_for() {
    let (machine, _serving) = served("");
    let ran = machine.given(&["line", "add", "1001", "--set", "auth_password=@-"], "s3cret\n");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    machine.put("password", "geheim\n");
    machine.ok("line add 1002 --set auth_password=@password");
    for (line, password) in [("1001", "s3cret"), ("1002", "geheim")] {
        let shown = machine.json(&format!("line show {line} --secrets"));
        assert_eq!(shown["settings"]["auth_password"], password);
    }
    let error = machine.fails(1, "line set 1001 auth_password=@nowhere");
    assert!(error.contains("cannot read nowhere: No such file"), "{error}");
    machine.ok("phone add SEP001122334455 --model 8845 --line 1001");
    machine.ok("phone export --secrets --output phones.csv");
    assert!(String::from_utf8(machine.get("phones.csv")).unwrap().contains("s3cret"));
    assert_eq!(fs::metadata(machine.path("phones.csv")).unwrap().mode() & 0o777, 0o600);
    let piped = machine.in_a_shell("offhook phone export | sed s/8845/8851/ | offhook phone import -", "");
    assert_eq!(piped.code, 0, "{}", piped.err);
    assert_eq!(machine.json("phone show SEP001122334455")["model"], "8851");
}

#[test]
fn a_question_is_asked_once_and_what_it_is_about_is_shown_once() {
    let (machine, _serving) = served("");
    for (answer, code, state) in [("n\n", 1, "off"), ("y\n", 0, "everyone")] {
        let ran = machine.on_terminal("trust enable", answer);
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert_eq!(
            ran.out.matches("Without either key every phone must be visited").count(),
            1,
            "{}",
            ran.out
        );
        assert_eq!(ran.out.matches("[y/N]").count(), 1, "{}", ran.out);
        assert_eq!(machine.json("trust show")["trust"], state);
    }
    assert!(machine.fails(2, "trust disable").contains("say --yes to mean it"));
}

#[test]
fn a_socket_that_was_left_behind_is_no_server() {
    let (machine, serving) = served("");
    machine.ok("phone add SEP001122334455 --model 8845");
    serving.signal(Signal::SIGKILL);
    serving.end();
    assert!(machine.path("data/offhook.sock").exists());
    assert_eq!(machine.json("phone list")["total"], 1);
    let serving = Serving::on(&machine);
    machine.ok("phone add SEP001122334466 --model 8845");
    serving.stop();
    assert!(!machine.path("data/offhook.sock").exists());
    assert_eq!(machine.json("phone list")["total"], 2);
}

#[test]
fn whoever_says_so_does_it_without_the_server() {
    let (machine, serving) = served("");
    serving.signal(Signal::SIGSTOP);
    machine.ok("phone add SEP001122334455 --model 8845 --direct");
    machine.ok("catalogue models 8845");
    serving.signal(Signal::SIGCONT);
    assert_eq!(machine.json("phone list")["total"], 1);
}

#[test]
fn whoever_follows_a_phone_keeps_no_server_from_ending() {
    let (machine, serving) = served("");
    machine.ok("phone add SEP001122334455 --model 8845");
    let mut follow = machine.program();
    follow.args(["phone", "timeline", "SEP001122334455", "--follow"]);
    let mut follow =
        follow.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    serving.get("provisioning", "/SEP001122334455.cnf.xml");
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(follow.stdout.as_mut().unwrap()), &mut line)
        .unwrap();
    assert!(line.contains("SEP001122334455.cnf.xml"), "{line}");
    let began = Instant::now();
    serving.stop();
    // Transfers have ten seconds to end; nothing here needs them.
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    while follow.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
}

#[test]
fn one_data_directory_has_one_server_that_commands_find() {
    let (machine, _serving) = served("");
    let mut second = Serving::begin(&machine, "second.json", |_| ());
    second.hears("READY=1");
    assert!(second.log().contains("another server serves this data directory already"), "{}", second.log());
    second.stop();
    machine.ok("phone add SEP001122334455 --model 8845");
    assert!(machine.path("data/offhook.sock").exists());
}
