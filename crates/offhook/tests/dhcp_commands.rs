//! `offhook dhcp`: what it prints is taken by the programs it is for.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

mod machine;

use machine::Machine;

fn snippet(machine: &Machine, program: &str, more: &str) -> String {
    machine.ok(&format!("dhcp show {program} --address 192.0.2.10 --address 192.0.2.11 {more}"))
}

/// Runs a program of the system, or one that the tests brought along; it must be content.
fn content(machine: &Machine, names: &[&str], words: &[&str]) {
    let brought = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers");
    let found =
        names.iter().map(|name| brought.join(name.trim_start_matches('/'))).find(|path| path.exists());
    let program =
        found.or_else(|| names.iter().map(Into::into).find(|path: &std::path::PathBuf| path.exists()));
    let program = program.unwrap_or_else(|| panic!("these tests need {names:?}: run scripts/need test"));
    let output = Command::new(program).args(words).current_dir(machine.path("")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
}

#[test]
fn dnsmasq_takes_its_lines() {
    let machine = Machine::empty();
    for more in ["", "--phones-only", "--name="] {
        machine.put("phones.conf", snippet(&machine, "dnsmasq", more));
        content(&machine, &["/usr/sbin/dnsmasq"], &["--test", "--conf-file=phones.conf"]);
    }
}

#[test]
fn isc_dhcpd_takes_its_lines() {
    let machine = Machine::empty();
    for more in ["", "--phones-only"] {
        let subnet = "subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.110; }\n";
        machine.put("dhcpd.conf", snippet(&machine, "isc", more) + subnet);
        machine.put("leases", "");
        let words = ["-t", "-cf", "dhcpd.conf", "-lf", "leases", "-pf", "pid"];
        content(&machine, &["/usr/sbin/dhcpd"], &words);
    }
}

#[test]
fn kea_gets_json() {
    let machine = Machine::empty();
    for more in ["", "--phones-only"] {
        let text = format!("{{ \"Dhcp4\": {{ {} }} }}", snippet(&machine, "kea", more));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["Dhcp4"]["option-def"][0]["code"], 150);
    }
}

#[test]
fn everything_is_shown_to_people_and_programs() {
    let machine = Machine::empty();
    let all = machine.ok("dhcp show --address 192.0.2.10");
    for needed in [
        "ISC dhcpd",
        "Kea",
        "dnsmasq",
        "MikroTik",
        "Windows Server",
        "Cisco IOS",
        "6900, 7900",
        "pbx.example.net",
    ] {
        assert!(all.contains(needed), "{needed} in {all}");
    }
    let json = machine.json("dhcp show isc --address 192.0.2.10");
    assert_eq!((&json["servers"][0], &json["programs"][0]["program"]), (&"192.0.2.10".into(), &"isc".into()));
    for (words, said) in [
        ("dhcp show bind", "isc, kea, dnsmasq"),
        ("dhcp show windows --phones-only", "isc, kea and dnsmasq"),
        ("dhcp show isc --address 2001:db8::1", "invalid"),
        ("dhcp show isc --name=a_b;c", "is no name of a host"),
    ] {
        let refused = machine.fails(2, words);
        assert!(refused.contains(said), "{words}: {refused}");
    }
}
