//! Everything that a phone asks for is there, in order, whatever the road.

use virtual_phone::ask::Transport;
use virtual_phone::boot::{Flash, Over};
use virtual_phone::report::{Outcome, Report};

use crate::machine::serving::until;
use crate::site::{ONE, Site, shown};

/// Each step of the phone is an event of the server, and the other way round. What the phone asked is compared; what it
/// made of it is its own business.
fn assert_told(site: &Site, report: &Report) {
    let asked: Vec<(String, String, bool)> = report
        .steps
        .iter()
        .map(|step| {
            let via = step.transport.to_string().to_lowercase();
            let came = matches!(step.outcome, Outcome::Taken | Outcome::Rejected);
            (step.file.trim_start_matches('/').to_owned(), via, came)
        })
        .collect();
    let events = site.events(ONE, asked.len());
    let told: Vec<(String, String, bool)> = shown(&events)
        .into_iter()
        .filter(|(_, via, _)| ["tftp", "http", "https"].contains(&via.as_str()))
        .map(|(name, via, outcome)| (name, via, outcome == "sent"))
        .collect();
    assert_eq!(told, asked);
}

#[test]
fn a_phone_without_trust_over_http() {
    let site = Site::new("", &[]);
    site.ok("phone add SEP020000000001 --model 8851 --line 1001 --set user_locale=German_Germany");
    site.put("German_Germany/sl-be-sip.jar", b"jar");
    let report = site.boot("8851", ONE);
    assert!(report.verdict.comes_up, "{report:#?}");
    assert_told(&site, &report);
    // Requests that name no phone are its, by its address.
    let events = site.events(ONE, 3);
    let locale = events.iter().find(|event| event["title"] == "locale").unwrap();
    assert_eq!((&locale["known_by"], &locale["phone"]), (&"address".into(), &"SEP020000000001".into()));
    let ctl = &events[0];
    assert_eq!((&ctl["outcome"], &ctl["normal"]), (&"normal_miss".into(), &true.into()));
    let why = site.verdict(ONE, "configured");
    assert_eq!((&why["severity"], &why["next"]), (&"fine".into(), &serde_json::Value::Null));
    let text = site.ok("phone timeline SEP020000000001");
    assert!(
        text.contains("· ") && text.contains("none, normal") && text.contains("SEP020000000001.cnf.xml"),
        "{text}"
    );
}

#[test]
fn a_phone_with_trust_over_https() {
    let site = Site::new("", &["trust enable --yes"]);
    site.ok("phone add SEP020000000001 --model 8851 --line 1001");
    let (first, flash) = site.boot_with("8851", ONE, Over::AsPhone, Flash::default());
    assert!(first.verdict.comes_up, "{first:#?}");
    assert_told(&site, &first);
    let (second, _) = site.boot_with("8851", ONE, Over::AsPhone, flash);
    assert!(second.verdict.comes_up, "{second:#?}");
    assert!(second.steps.iter().any(|step| step.transport == Transport::Https), "{second:#?}");
    site.events(ONE, first.steps.len() + second.steps.len());
    site.verdict(ONE, "configured");
    let timeline = site.json("phone timeline SEP020000000001");
    let boots = timeline["boots"].as_array().unwrap();
    let counts: Vec<usize> = boots.iter().map(|boot| boot["events"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [first.steps.len(), second.steps.len()], "{timeline:#}");
}

#[test]
fn an_old_phone_over_tftp() {
    let site = Site::new("", &[]);
    site.ok("phone add SEP020000000001 --model 7942 --line 1001");
    let report = site.boot("7942", ONE);
    assert!(report.verdict.comes_up, "{report:#?}");
    assert_told(&site, &report);
    site.verdict(ONE, "configured");
}

#[test]
fn what_was_heard_is_there_when_the_server_has_stopped() {
    let mut site = Site::new("", &[]);
    site.ok("phone add SEP020000000001 --model 8851 --line 1001");
    let report = site.boot("8851", ONE);
    site.stop();
    assert_told(&site, &report);
    site.verdict(ONE, "configured");
}

#[test]
fn pages_and_questions_are_events_too() {
    let site = Site::new("", &[]);
    site.ok("phone add SEP020000000001 --model 8851 --line 1001");
    site.get("services", "/services?name=SEP020000000001", None);
    site.get("services", "/nothing?name=SEP020000000001", None);
    let told = shown(&site.events(ONE, 2));
    let expected = [("services", "services", "sent"), ("nothing", "services", "refused")];
    assert_eq!(told, expected.map(|(name, via, outcome)| (name.into(), via.into(), outcome.into())));
}

#[test]
fn what_names_nobody_is_told_by_its_address() {
    let site = Site::new("", &[]);
    site.get("provisioning", "/Ringlist.xml", Some([127, 0, 0, 77].into()));
    let told = || site.ok("phone timeline 127.0.0.77");
    until("it is told", told, |text| text.contains("Ringlist.xml"));
}
