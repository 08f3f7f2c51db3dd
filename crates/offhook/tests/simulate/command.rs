//! `offhook simulate`, run as people run it.

use crate::{Site, mac, model};

#[test]
fn the_command_prints_steps_settings_and_verdict() {
    let site = Site::new("", true);
    let mac = mac(model("8845"));
    let first = site.simulate(&format!("boot --model 8845 --mac {mac} --state kept"));
    let text = String::from_utf8(first.stdout).unwrap();
    assert_eq!(first.status.code(), Some(0), "{text}");
    for expected in [
        "its first list, trusted blindly",
        "  1  line  100     Reception",
        "comes up: it has its configuration",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("s3cret"));
    let second = site.simulate(&format!("boot --model 8845 --mac {mac} --state kept --json"));
    let report: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(report["verdict"]["comes_up"], true);
    assert!(report["steps"][2]["note"].as_str().unwrap().contains("the list it holds already"), "{report:#}");
    assert_eq!(report["settings"]["call_managers"][0]["address"], "192.0.2.10");
}

#[test]
fn the_command_fails_when_the_phone_does_not_come_up() {
    let site = Site::new("[provisioning]\nonboarding = \"reject\"", false);
    let unknown = site.simulate("boot --model 8845 --mac 0200000000AA");
    let text = String::from_utf8(unknown.stdout).unwrap();
    assert_eq!(unknown.status.code(), Some(1), "{text}");
    assert!(text.contains("SEP0200000000AA does not come up: there is no configuration for it"), "{text}");
    assert!(text.contains("next step: "), "{text}");
    for wrong in ["boot --model 8888 --mac 0200000000AA", "boot --model 8845 --mac x", "storm --models 1,2"] {
        assert_eq!(site.simulate(wrong).status.code(), Some(2), "{wrong}");
    }
}
