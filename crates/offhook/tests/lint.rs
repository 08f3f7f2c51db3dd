//! `offhook lint`: what it prints, and what its exit code says.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const GOOD: &str = "<dialTemplate>\n  <TEMPLATE match=\"...\" timeout=\"1\"/>\n</dialTemplate>\n";
const WARNED: &str = "<device>\n  <vendorConfig>\n    <webAcess>0</webAcess>\n  </vendorConfig>\n</device>\n";
const BAD: &str = "<device>\n  <vendorConfig><webAccess>on</webAccess><webAcess>0</webAcess></vendorConfig>\n  \
                   <vendorConfig><garp>7</garp></vendorConfig>\n</device>\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("good.xml", GOOD), ("warned.xml", WARNED), ("SEP 1.cnf.xml", BAD)] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn offhook(folder: &TempDir, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    command.arg("lint").args(words).env_remove("OFFHOOK_CONFIG").current_dir(folder.path()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn findings_read_well() {
    let folder = folder();
    let done = offhook(&folder, &["good.xml", "warned.xml", "SEP 1.cnf.xml"]);
    assert_eq!(done.status.code(), Some(1));
    insta::assert_snapshot!(text(&done.stdout));
}

#[test]
fn exit_codes_tell_how_bad_it_is() {
    let folder = folder();
    for (words, code) in [
        (&["good.xml"][..], 0),
        (&["good.xml", "--strict"], 0),
        (&["warned.xml"], 0),
        (&["warned.xml", "--strict"], 1),
        (&["SEP 1.cnf.xml"], 1),
        (&["good.xml", "absent.xml"], 2),
        (&["."], 2),
        (&[], 2),
        (&["good.xml", "--model", "1234"], 2),
        (&["good.xml", "--model", "CP-8845"], 0),
        (&["good.xml", "--json", "--sarif"], 2),
    ] {
        assert_eq!(offhook(&folder, words).status.code(), Some(code), "{words:?}");
    }
}

#[test]
fn json_has_every_finding() {
    let folder = folder();
    let done = offhook(&folder, &["good.xml", "SEP 1.cnf.xml", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(
        (&value["errors"], &value["warnings"], &value["hints"]),
        (&1.into(), &2.into(), &1.into()),
        "{value}"
    );
    assert_eq!(value["files"][0]["kind"], "dial template");
    let first = &value["files"][1]["findings"][0];
    assert_eq!((&first["rule"], &first["severity"]), (&"value-unknown".into(), &"error".into()));
    let offset = usize::try_from(first["offset"].as_u64().unwrap()).unwrap();
    assert!(BAD[offset..].starts_with("on</webAccess>"));
    assert_eq!((&first["line"], &first["column"]), (&2.into(), &28.into()));
}

#[test]
fn sarif_names_rules_and_places() {
    let folder = folder();
    let done = offhook(&folder, &["SEP 1.cnf.xml", "--sarif"]);
    let value: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(value["version"], "2.1.0");
    let run = &value["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), provision::lint::rules().len());
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "SEP%201.cnf.xml");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 2);
    }
}

#[test]
fn signed_files_are_looked_into() {
    let folder = folder();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/vectors/sgn");
    fs::copy(vectors.join("sgn-sha1-asterisk.DialTemplate.xml.sgn"), folder.path().join("d.sgn")).unwrap();
    let done = offhook(&folder, &["d.sgn", "--model", "8845"]);
    assert_eq!(text(&done.stdout), "d.sgn: dial template, nothing found\n");
}

#[test]
fn rings_and_pictures_are_known_by_their_names() {
    let folder = folder();
    fs::write(folder.path().join("Bell.raw"), [0xFF; 2400]).unwrap();
    fs::write(folder.path().join("Long.raw"), [0xFF; 24_000]).unwrap();
    fs::write(folder.path().join("beach.png"), "GIF89a").unwrap();
    assert_eq!(text(&offhook(&folder, &["Bell.raw"]).stdout), "Bell.raw: ring, nothing found\n");
    let done = offhook(&folder, &["Long.raw", "beach.png"]);
    assert_eq!(done.status.code(), Some(1));
    let told = text(&done.stdout);
    assert!(
        told.contains("warning: Long.raw has 24000 samples; phones play 240 to 16080 [ring-size]"),
        "{told}"
    );
    assert!(told.contains("error: beach.png is no PNG") && told.contains("[picture-format]"), "{told}");
}
