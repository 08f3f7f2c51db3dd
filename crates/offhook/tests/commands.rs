//! The command line as a person or a script meets it: help, pages, exit codes, `init` and `check`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use clap::CommandFactory;
use offhook::command::Offhook;
use tempfile::TempDir;

fn offhook(directory: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_offhook")).args(args).current_dir(directory).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A directory after `offhook init`, on ports the system chooses.
fn initialised() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let done = offhook(directory.path(), &["init"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let file = directory.path().join("offhook.toml");
    let mut settings = fs::read_to_string(&file).unwrap();
    for port in ["69", "6970", "6971", "6972", "6973", "2445", "8970"] {
        settings = settings.replace(&format!(":{port}\""), ":0\"").replace("# tftp = \"[", "tftp = \"[");
    }
    for name in ["provisioning", "secure_provisioning", "services", "secure_services", "tvs", "capf", "admin"]
    {
        settings = settings.replace(&format!("# {name} = \""), &format!("{name} = \""));
    }
    fs::write(file, settings).unwrap();
    directory
}

fn findings(directory: &Path) -> (Option<i32>, serde_json::Value) {
    let done = offhook(directory, &["check", "--json"]);
    (done.status.code(), serde_json::from_slice(&done.stdout).unwrap())
}

/// The texts of all problems, one a line.
fn problems(directory: &Path) -> String {
    let (code, found) = findings(directory);
    let problems: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["level"] == "problem")
        .map(|f| f["text"].as_str().unwrap())
        .collect();
    assert_eq!(code, Some(i32::from(!problems.is_empty())), "{found}");
    assert_eq!(found["problems"], problems.len());
    problems.join("\n")
}

#[test]
fn the_definition_is_sound_and_says_what_everything_is_for() {
    fn each(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "{path} says what it does");
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{path} {} says what it is for", argument.get_id());
        }
        command.get_subcommands().for_each(|inner| each(inner, &path));
    }
    let mut definition = Offhook::command();
    definition.build();
    definition.clone().debug_assert();
    each(&definition, "");
}

#[test]
fn help_is_short_and_complete() {
    let mut definition = Offhook::command().term_width(100);
    insta::assert_snapshot!("help", definition.render_help());
    definition.build();
    for name in ["serve", "init", "check", "completions", "man"] {
        let command = definition.find_subcommand_mut(name).unwrap();
        insta::assert_snapshot!(format!("help-{name}"), command.render_long_help());
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = tempfile::tempdir().unwrap();
    let done = offhook(directory.path(), &["man", "pages"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let mut definition = Offhook::command();
    definition.build();
    let commands = definition.get_subcommands().map(|command| format!("-{}", command.get_name()));
    for command in commands.filter(|name| name != "-help").chain([String::new()]) {
        let page = fs::read_to_string(directory.path().join(format!("pages/offhook{command}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{page}");
    }
    insta::assert_snapshot!(fs::read_to_string(directory.path().join("pages/offhook-serve.1")).unwrap());
    let printed = offhook(directory.path(), &["man"]);
    assert_eq!(printed.stdout, fs::read(directory.path().join("pages/offhook.1")).unwrap());
}

#[test]
fn every_shell_has_completions() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = offhook(directory.path(), &["completions", shell]);
        assert_eq!(done.status.code(), Some(0));
        let script = text(&done.stdout);
        for word in ["serve", "ready-file", "simulate"] {
            assert!(script.contains(word), "{word} for {shell}");
        }
    }
}

#[test]
fn exit_codes_tell_wrong_use_from_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let code = |args: &[&str]| offhook(directory.path(), args).status.code();
    assert_eq!(code(&["--version"]), Some(0));
    assert_eq!(code(&["srve"]), Some(2));
    assert_eq!(code(&[]), Some(2));
    assert_eq!(code(&["serve", "--no-such-option"]), Some(2));
    assert_eq!(code(&["serve", "--config", "absent.toml"]), Some(2));
    fs::write(directory.path().join("offhook.toml"), "data-dir = 1").unwrap();
    let refused = offhook(directory.path(), &["serve"]);
    assert_eq!(refused.status.code(), Some(2));
    insta::assert_snapshot!(text(&refused.stderr), @r"
    error: the configuration cannot be used
      offhook.toml:1: unknown setting data-dir; did you mean data_dir?
    ");
    assert_eq!(code(&["check"]), Some(1));
}

#[test]
fn the_configuration_may_be_named_before_and_after_the_command() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("other.toml"), "bad = 1").unwrap();
    for args in [["--config", "other.toml", "check"], ["check", "--config", "other.toml"]] {
        let done = offhook(directory.path(), &args);
        assert!(text(&done.stdout).contains("other.toml:1: unknown setting bad"), "{}", text(&done.stdout));
    }
    let by_environment = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg("check")
        .env("OFFHOOK_CONFIG", "other.toml")
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert!(text(&by_environment.stdout).contains("other.toml:1"));
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_offhook"))
        .arg("man")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), text(&done.stderr)), (Some(0), String::new()));
}

#[test]
fn init_makes_everything_and_overwrites_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let first = offhook(directory.path(), &["init", "site"]);
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    insta::assert_snapshot!(text(&first.stdout), @r"
          path                    what it is for
    made  site/offhook.toml       configuration
    made  site/data               keys and state
    made  site/data/tftpboot      your own files
    made  site/data/certificates  certificates: sast-1, sast-2, tftp, provisioning, application, tvs, capf

    Next: cd site && offhook serve
    ");
    let site = directory.path().join("site");
    let key = fs::read(site.join("data/certificates/tftp.key.pem")).unwrap();
    fs::write(site.join("offhook.toml"), "# mine\n").unwrap();
    let second = offhook(directory.path(), &["init", "site", "--json"]);
    let made: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert!(made.as_array().unwrap().iter().all(|one| one["is_new"] == false), "{made}");
    assert_eq!(fs::read(site.join("data/certificates/tftp.key.pem")).unwrap(), key);
    assert_eq!(fs::read_to_string(site.join("offhook.toml")).unwrap(), "# mine\n");
}

#[test]
fn init_goes_where_the_configuration_says() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("mine.toml"), "data_dir = \"state\"\ndocument_root = \"files\"").unwrap();
    let done = offhook(directory.path(), &["init", "--config", "mine.toml"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(directory.path().join("state/certificates").is_dir() && directory.path().join("files").is_dir());
    assert!(!directory.path().join("data").exists() && !directory.path().join("offhook.toml").exists());
}

#[test]
fn check_finds_nothing_after_init() {
    let directory = initialised();
    assert_eq!(problems(directory.path()), "");
    // And nothing it cannot explain before.
    let empty = tempfile::tempdir().unwrap();
    let ports = "[listen]\ntftp = \"127.0.0.1:0\"\nprovisioning = \"\"\nsecure_provisioning = \"\"\nservices = \"\"\nsecure_services = \"\"\ntvs = \"\"\ncapf = \"\"\nadmin = \"\"";
    fs::write(empty.path().join("offhook.toml"), ports).unwrap();
    assert_eq!(problems(empty.path()), "");
}

#[test]
fn check_finds_what_keeps_phones_from_booting() {
    let directory = initialised();
    let root = directory.path().join("data/tftpboot");
    fs::write(directory.path().join("secret"), "").unwrap();
    symlink("../../secret", root.join("leaving")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    fs::write(root.join("fine"), "").unwrap();
    symlink("fine", root.join("also-fine")).unwrap();
    let certificates = directory.path().join("data/certificates");
    fs::set_permissions(certificates.join("tftp.key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let found = problems(directory.path());
    for part in ["leaving links out of", "dangling links to nothing", "tftp.key.pem can be read by others"] {
        assert!(found.contains(part), "{part} in {found}");
    }
    assert_eq!(found.lines().count(), 3, "{found}");
    fs::copy(certificates.join("sast-1.key.pem"), certificates.join("sast-2.key.pem")).unwrap();
    assert!(problems(directory.path()).contains("sast-2"));
}

#[test]
fn check_names_whoever_holds_a_port() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let address = taken.local_addr().unwrap();
    let settings = format!(
        "[listen]\ntftp = \"\"\nprovisioning = \"{address}\"\nsecure_provisioning = \"\"\nservices = \"\"\nsecure_services = \"\"\ntvs = \"\"\ncapf = \"\"\nadmin = \"\""
    );
    fs::write(directory.path().join("offhook.toml"), settings).unwrap();
    let found = problems(directory.path());
    assert!(
        found.contains(&address.to_string()) && found.contains(&format!("(pid {})", std::process::id())),
        "{found}"
    );
}

#[test]
fn check_tells_every_mistake_of_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("offhook.toml"), "bad = 1\nworse = 2\n").unwrap();
    let found = problems(directory.path());
    assert_eq!(found.lines().count(), 2, "{found}");
    fs::write(directory.path().join("offhook.toml"), "user = \"nobody-of-that-name\"\n[listen]\ntftp=\"\"\nprovisioning=\"\"\nsecure_provisioning=\"\"\nservices=\"\"\nsecure_services=\"\"\ntvs=\"\"\ncapf=\"\"\nadmin=\"\"\n").unwrap();
    let found = problems(directory.path());
    assert!(found.contains("no such user") && found.contains("every listener is turned off"), "{found}");
}
