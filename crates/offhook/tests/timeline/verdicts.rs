//! What is wrong with a phone is said: each case is made on purpose.

use std::net::IpAddr;

use virtual_phone::ask::Transport;
use virtual_phone::boot::{Flash, Over};

use crate::site::{ONE, Site};

const ADD: &str = "phone add SEP020000000001 --model 8851 --line 1001";

fn next(why: &serde_json::Value) -> &str {
    why["next"].as_str().unwrap()
}

#[test]
fn a_phone_that_never_came() {
    let site = Site::new("", &[ADD]);
    let why = site.verdict(ONE, "never-asked");
    assert!(next(&why).contains("DHCP"), "{why:#}");
    assert!(!site.run("phone why SEP020000000001").status.success() || why["severity"] != "problem");
}

#[test]
fn an_unknown_phone_that_is_parked() {
    let site = Site::new("[provisioning]\nonboarding = \"park\"", &[]);
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "waiting");
    let code = site.json("phone show SEP020000000001")["claim_code"].as_str().unwrap().to_owned();
    assert!(why["sentence"].as_str().unwrap().contains(&code), "{why:#}");
    assert!(next(&why).contains(&format!("phone claim {code}")), "{why:#}");
    site.ok(&format!("phone claim {code} --model 8851 --line 1001"));
    site.boot("8851", ONE);
    site.verdict(ONE, "configured");
}

#[test]
fn an_unknown_phone_that_is_refused() {
    let site = Site::new("[provisioning]\nonboarding = \"reject\"", &[]);
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "unknown");
    assert!(next(&why).contains("phone add SEP020000000001"), "{why:#}");
    assert_eq!(site.run("phone why SEP020000000001").status.code(), Some(1));
}

#[test]
fn a_phone_that_trusts_another_cluster() {
    let other = Site::new("", &["trust enable --yes", ADD]);
    let (report, flash) = other.boot_with("8851", ONE, Over::AsPhone, Flash::default());
    assert!(report.verdict.comes_up && !flash.trust.is_empty(), "{report:#?}");
    for before in [&["trust enable --yes", ADD][..], &[ADD]] {
        let site = Site::new("", before);
        // It comes again and again, as such phones do.
        let (first, flash) = site.boot_with("8851", ONE, Over::AsPhone, flash.clone());
        assert!(!first.verdict.comes_up, "{first:#?}");
        site.boot_with("8851", ONE, Over::AsPhone, flash);
        let why = site.verdict(ONE, "foreign-trust");
        assert!(next(&why).contains("Reset settings"), "{why:#}");
        let text = String::from_utf8(site.run("phone why SEP020000000001").stdout).unwrap();
        assert!(text.starts_with("SEP020000000001: problem\nIt trusts another call manager"), "{text}");
        // Somebody does what it says, and all is well.
        site.boot_with("8851", ONE, Over::AsPhone, Flash::default());
        site.verdict(ONE, "configured");
    }
}

#[test]
fn firmware_that_is_not_here() {
    let site = Site::new("", &[&format!("{ADD} --set firmware=sip88xx.99-9")]);
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "firmware-missing");
    assert!(why["sentence"].as_str().unwrap().contains("sip88xx.99-9.loads"), "{why:#}");
    site.ok("phone unset SEP020000000001 firmware");
    site.boot("8851", ONE);
    site.verdict(ONE, "configured");
}

#[test]
fn tftp_only_because_http_cannot_be_reached() {
    let site = Site::new("", &[ADD]);
    site.boot_with("8851", ONE, Over::Only(Transport::Tftp), Flash::default());
    let why = site.verdict(ONE, "http-blocked");
    assert!(next(&why).contains("6970"), "{why:#}");
    site.boot("8851", ONE);
    site.verdict(ONE, "configured");
}

#[test]
fn a_locale_that_is_not_here() {
    let site = Site::new("", &[&format!("{ADD} --set user_locale=German_Germany")]);
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "locale-missing");
    assert!(next(&why).contains("German_Germany/"), "{why:#}");
}

#[test]
fn somebody_who_guesses_names() {
    let site = Site::new("[provisioning]\nonboarding = \"park\"", &[]);
    let scanner: IpAddr = [127, 0, 0, 66].into();
    for last in 1..=40 {
        site.get("provisioning", &format!("/SEP0200000000{last:02X}.cnf.xml"), Some(scanner));
    }
    let why = site.verdict(ONE, "scanning");
    assert!(why["sentence"].as_str().unwrap().contains("127.0.0.66"), "{why:#}");
    // A phone that happens to be new at the same time is a phone.
    let new = virtual_phone::mac::Mac::new([2, 0, 0, 0, 1, 1]);
    site.boot("8851", new);
    site.verdict(new, "waiting");
    let all = site.json("phone why");
    assert_eq!(all[0]["verdict"], "scanning", "{all:#}");
    assert!(all[0]["count"].as_u64().unwrap() >= 10, "{all:#}");
    assert!(
        site.metrics().contains("offhook_events_dropped_total{reason=\"crowd\"} 10"),
        "{}",
        site.metrics()
    );
}

#[test]
fn an_address_that_is_kept_out() {
    let access = "[access]\ntftp = [\"192.0.2.0/24\"]\nprovisioning = [\"192.0.2.0/24\"]";
    let site = Site::new(access, &[ADD]);
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "not-allowed");
    assert!(next(&why).contains("access.tftp") || next(&why).contains("access.provisioning"), "{why:#}");
}

#[test]
fn an_older_configuration() {
    let site = Site::new("", &[ADD]);
    assert!(site.boot("8851", ONE).verdict.comes_up);
    site.verdict(ONE, "configured");
    site.ok("line set 1001 label=Anna");
    // It was not restarted, so it did not fetch that.
    let why = site.verdict(ONE, "old-config");
    assert!(why["sentence"].as_str().unwrap().contains("runs an older configuration"), "{why:#}");
    assert!(next(&why).contains("offhook phone restart SEP020000000001"), "{why:#}");
    site.boot("8851", ONE);
    let why = site.verdict(ONE, "configured");
    assert_eq!(why["severity"], "fine");
}

#[test]
fn phones_behind_one_address() {
    let two = virtual_phone::mac::Mac::new([2, 0, 0, 0, 0, 2]);
    let site = Site::new("", &[ADD, "phone add SEP020000000002 --model 8851 --line 1002"]);
    // What they ask for behind their configurations names nobody, and is nobody's.
    for _ in 0..2 {
        for mac in [ONE, two] {
            assert!(site.boot("8851", mac).verdict.comes_up);
        }
    }
    site.events(ONE, 8);
    site.events(two, 8);
    for mac in [ONE, two] {
        let why = site.json(&format!("phone why SEP{mac}"));
        assert!(["configured", "booting"].contains(&why["verdict"].as_str().unwrap()), "{why:#}");
    }
}

#[test]
fn a_configuration_that_the_phone_drops() {
    let site = Site::new("", &[]);
    let own = |text: &str| {
        let xml = format!(
            "<device>\n<sipProfile><dialTemplate>DialTemplate.xml</dialTemplate></sipProfile>\n{text}</device>"
        );
        site.put("SEP020000000001.cnf.xml", xml.as_bytes());
    };
    own("<a>&nbsp;</a>");
    // It takes it, drops it and begins anew: twice in a row, and nobody has to wait to be sure.
    for _ in 0..2 {
        assert!(!site.boot("8851", ONE).verdict.comes_up);
    }
    let why = site.verdict(ONE, "config-refused");
    let sentence = why["sentence"].as_str().unwrap();
    assert!(sentence.contains("document root") && sentence.contains("line 3"), "{why:#}");
    assert!(next(&why).contains("offhook lint"), "{why:#}");
    own("<a>x</a>");
    assert!(site.boot("8851", ONE).verdict.comes_up);
    let events = site.verdict(ONE, "no-lines");
    assert_eq!(events["severity"], "warning");
}
