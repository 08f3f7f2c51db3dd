//! The whole way, as people go it: commands in one process, the server in another, phones that boot.

use std::sync::Arc;

use provision::inventory::Change;
use store::Store;
use virtual_phone::boot::{Flash, Over};
use virtual_phone::mac::Mac;
use virtual_phone::models::{self, Model};
use virtual_phone::report::{Outcome, Report};
use virtual_phone::storm::Storm;

use crate::running::{Running, now, runtime};
use crate::site::{self, Kept};
use virtual_phone::ask::Transport;

const ONE: Mac = Mac::new([2, 0, 0, 0, 0, 1]);

fn model(name: &str) -> &'static Model {
    models::find(name).unwrap()
}

fn labels(report: &Report) -> Vec<&str> {
    assert!(report.verdict.comes_up, "{report:#?}");
    report.settings.as_ref().unwrap().lines.iter().map(|line| line.label.as_str()).collect()
}

/// The next request sees a change in SQLite. PostgreSQL sends word of it, which takes its time on a busy machine.
fn boot_until(running: &Running, kept: Kept, is_seen: impl Fn(&Report) -> bool) -> Report {
    let tries = if matches!(kept, Kept::Sqlite) { 1 } else { 100 };
    let boots = (0..tries).map(|_| running.boot(model("8845"), ONE, Over::AsPhone));
    let mut last = None;
    for report in boots {
        if is_seen(&report) {
            return report;
        }
        last = Some(report);
    }
    last.unwrap()
}

fn changed_by_commands_while_it_serves(kept: Kept) {
    let mut running = Running::new(kept, "[provisioning]\nserver_name = \"pbx.example.net\"", false);
    assert!(running.printed().contains("no phones yet"), "{}", running.printed());
    let added = "phone add SEP020000000001 --model 8845 --line 1001:s3cret:Anna --line 1002::Shop";
    running.ok(added);
    running.ok("key set SEP020000000001 3 blf 1003 --label Ann");
    let first = boot_until(&running, kept, |report| labels(report).len() == 3);
    assert_eq!(labels(&first), ["Anna", "Shop", "Ann"]);
    let settings = first.settings.unwrap();
    assert_eq!(settings.lines[0].number, "1001");
    assert_eq!((&*settings.lines[2].does, settings.lines[2].picks_up), ("busy lamp", false), "{settings:#?}");
    running.ok("line set 1001 label=Johanna");
    let second = boot_until(&running, kept, |report| labels(report)[0] != "Anna");
    assert_eq!(labels(&second), ["Johanna", "Shop", "Ann"]);
    running.ok("phone set SEP020000000001 state=retired");
    let retired = boot_until(&running, kept, |report| !report.verdict.comes_up);
    assert!(!retired.verdict.comes_up);
    let says = retired
        .steps
        .iter()
        .find_map(|step| step.server_says.as_ref().filter(|says| says.contains("retired")));
    assert!(says.is_some(), "{retired:#?}");
    running.ok("phone set SEP020000000001 state=active");
    labels(&boot_until(&running, kept, |report| report.verdict.comes_up));
    // What the phone took is written down at the latest when the server stops, and no password ever.
    running.stop();
    assert!(!running.log().contains("s3cret"));
    let plan = running.json("plan");
    assert_eq!(
        (&plan["phones"], &plan["changed"], &plan["never_fetched"]),
        (&1.into(), &0.into(), &0.into()),
        "{plan:#}"
    );
    running.ok("line set 1001 label=Anna");
    let ran = running.run("plan");
    let text = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{text}");
    assert!(text.contains("label of key 1"), "{text}");
    assert!(
        text.contains("1 of 1 phone would get something else than it fetched; it needs a restart."),
        "{text}"
    );
    let plan = running.json("plan");
    assert_eq!(
        (&plan["rows"][0]["restart"], &plan["rows"][0]["state"]),
        (&true.into(), &"changed".into()),
        "{plan:#}"
    );
    assert_eq!(plan["rows"][0]["fetched"]["source"], "127.0.0.1");
    assert_eq!(plan["rows"][0]["values"][0], "sipProfile/sipLines/line[@button=1]/featureLabel");
}

#[test]
fn changed_by_commands_while_it_serves_from_sqlite() {
    changed_by_commands_while_it_serves(Kept::Sqlite);
}

#[test]
fn changed_by_commands_while_it_serves_from_postgres() {
    changed_by_commands_while_it_serves(Kept::Postgres);
}

#[test]
fn an_unknown_phone_shows_its_code_and_is_claimed_by_it() {
    let running = Running::new(Kept::Sqlite, "", true);
    let report = running.boot(model("7841"), ONE, Over::AsPhone);
    let shown = labels(&report).join(" ");
    let listed = running.json("phone claim");
    let code = listed["waiting"][0]["code"].as_str().unwrap();
    assert!(shown.contains(code), "{shown} {listed:#}");
    assert!(running.ok("phone list --state waiting").contains("SEP020000000001"));
    assert!(running.ok("phone claim").contains(code));
    let page = || running.page("/claim?name=SEP020000000001");
    assert!(page().contains(&format!("phone claim {code}")), "{}", page());
    assert!(running.page("/claim").contains(code), "the only one that waits behind this address");
    running.ok(&format!("phone claim {} --model 7841 --line 1001:s3cret:Anna", code.to_lowercase()));
    assert_eq!(labels(&running.boot(model("7841"), ONE, Over::AsPhone)), ["Anna"]);
    assert!(page().contains("is set up"), "{}", page());
    let again = running.run(&format!("phone claim {code} --line 1002"));
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("no phone waits under the code"));
    assert!(running.ok("phone claim").contains("No phone waits"));
    let check = running.json("check");
    let findings = check["findings"].as_array().unwrap();
    let database = findings.iter().find(|finding| finding["subject"] == "database").unwrap();
    assert_eq!(database["level"], "ok", "{check:#}");
    assert!(database["text"].as_str().unwrap().contains("offhook.db: 1 phone"), "{database:#}");
}

/// One of each series, over every road it can use, with and without signatures.
#[test]
fn a_phone_of_each_series_comes_up_from_the_inventory() {
    let names = ["6941", "7841", "7942", "8845", "8945", "9971"];
    for (trusted, version) in [(false, "1.0"), (true, "1.0"), (true, "1.1")] {
        let settings = format!("[provisioning]\nlegacy_tls = true\n[trust]\nversion = \"{version}\"\n");
        let running = Running::new(Kept::Sqlite, &settings, trusted);
        let mut changes: Vec<Change> = Vec::new();
        for (last, name) in (1..).zip(names) {
            let mut phone = site::phone(last, &format!("Desk {last}"));
            if let Change::PutPhone(phone) = &mut phone[1] {
                phone.model = provision::models::find(name);
            }
            changes.extend(phone);
        }
        runtime().block_on(async {
            let store = Store::open(&running.url).await.unwrap();
            store.change(&changes).await.unwrap();
            store.close().await;
        });
        for (last, name) in (1u8..).zip(names) {
            let (model, mac) = (model(name), Mac::new([2, 0, 0, 0, 0, last]));
            for over in [
                Over::AsPhone,
                Over::Only(Transport::Tftp),
                Over::Only(Transport::Http),
                Over::Only(Transport::Https),
            ] {
                let report = running.boot(model, mac, over);
                assert_eq!(labels(&report), [format!("Desk {last}")], "{name} {over:?}");
                assert_eq!(report.warnings, [""; 0], "{name} {over:?} {report:#?}");
                let configuration = report.steps.iter().find(|step| step.file.starts_with("SEP")).unwrap();
                assert_eq!(configuration.outcome, Outcome::Taken, "{name} {over:?}");
                let is_sealed = trusted && !model.ctl_only;
                assert_eq!(configuration.file.ends_with(".sgn"), is_sealed, "{name} {over:?}");
            }
        }
    }
}

#[test]
fn a_storm_of_inventory_phones_leaves_nobody_behind() {
    const PHONES: u8 = 60;
    let mut running = Running::new(Kept::Sqlite, "", true);
    let changes: Vec<Change> =
        (1..=PHONES).flat_map(|last| site::phone(last, &format!("Desk {last}"))).collect();
    runtime().block_on(async {
        let store = Store::open(&running.url).await.unwrap();
        store.change(&changes).await.unwrap();
        store.close().await;
    });
    let storm = Storm {
        phones: PHONES.into(),
        at_once: PHONES.into(),
        first: ONE,
        models: vec![model("8845")],
        same: false,
        over: Over::AsPhone,
        flash: Flash::default(),
        now: now(),
    };
    let report = runtime().block_on(storm.run(Arc::new(running.network()), || ()));
    assert_eq!((report.phones, report.came_up), (PHONES.into(), PHONES.into()), "{report:#?}");
    running.stop();
    let plan = running.json("plan");
    assert_eq!(
        (&plan["never_fetched"], &plan["changed"]),
        (&0.into(), &0.into()),
        "all were written down: {plan:#}"
    );
}
