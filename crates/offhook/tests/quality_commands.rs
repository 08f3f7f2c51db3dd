//! `offhook quality`, run as people and programs run it.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};
use store::{Call, Quality, Store};

mod machine;
#[path = "../../store/tests/support/postgres.rs"]
mod postgres;

use machine::{Machine, snapshot};

/// A machine on which calls were reported: three times from one phone, once from another.
async fn reported(machine: Machine, url: &str) -> Machine {
    let store = Store::open_or_create(url).await.unwrap();
    let call = Call {
        codec: Some("PCMU".into()),
        packets: Some(408),
        lost: Some(10),
        jitter: Some(3000),
        sent: Some(409),
        sent_lost: None,
        sent_jitter: None,
        round_trip: Some(562_000),
        raw: "RTP-RxStat: Dur=13,Pkt=408\nRTP-TxStat: Dur=13,Pkt=409".into(),
    };
    let report = |mac: &str, at, reason: &str, call: Call| Quality {
        id: 0,
        mac: mac.parse().unwrap(),
        at,
        line: (call != Call::default()).then(|| "101".into()),
        reason: reason.into(),
        call,
    };
    for report in [
        report("001122334455", 1_700_000_000, "echo", call.clone()),
        report("001122334466", 1_700_000_060, "dropped", Call::default()),
        report("001122334455", 1_700_000_120, "noise", Call::default()),
        report("001122334455", 1_700_000_180, "echo", Call { jitter: Some(41_500), ..call.clone() }),
    ] {
        store.report_quality(&report, 10).await.unwrap();
    }
    store.close().await;
    machine
}

async fn both() -> [Machine; 2] {
    let (file, url) = (Machine::empty(), postgres::database());
    file.ok("db migrate");
    let path = format!("sqlite://{}", file.path("data/offhook.db").display());
    [reported(file, &path).await, reported(Machine::with_database(&url), &url).await]
}

fn numbers(list: &Value) -> Vec<i64> {
    list["reports"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn reports_are_listed_and_shown() {
    for machine in both().await {
        snapshot!("quality-list", machine.ok("quality list"));
        snapshot!("quality-by-phone", machine.ok("quality list --by-phone"));
        snapshot!("quality-show", machine.ok("quality show 1"));
        snapshot!("quality-show-bare", machine.ok("quality show 2"));
        snapshot!("quality-show-phone", machine.ok("quality show SEP001122334455"));
        for (words, found) in [
            ("quality list", vec![4, 3, 2, 1]),
            ("quality list --phone SEP001122334455", vec![4, 3, 1]),
            ("quality list --reason echo", vec![4, 1]),
            ("quality list --limit 3 --page 2", vec![1]),
            ("quality list --reason nonsense", vec![]),
        ] {
            assert_eq!(numbers(&machine.json(words)), found, "{words}");
        }
    }
}

#[tokio::test]
async fn programs_are_told_the_same() {
    for machine in both().await {
        let one = machine.json("quality show 4");
        assert_eq!((&one["jitter_ms"], &one["round_trip_ms"]), (&json!(41.5), &json!(562.0)));
        assert_eq!((&one["sent_lost"], &one["line"]), (&Value::Null, &json!("101")));
        let phones = machine.json("quality list --by-phone");
        assert_eq!(
            phones["phones"][0],
            json!({
                "phone": "SEP001122334455", "reports": 3, "last": "2023-11-14T22:16:20Z", "packets": 816, "lost": 20,
                "worst_jitter_ms": 41.5, "longest_round_trip_ms": 562.0
            })
        );
        let phone = machine.json("quality show 001122334455");
        assert_eq!(phone["reasons"], json!({ "echo": 2, "noise": 1 }));
        assert_eq!(phone["list"].as_array().unwrap().len(), 3);
    }
}

#[test]
fn what_is_not_there_is_said() {
    let machine = Machine::empty();
    assert!(machine.ok("quality list").contains("Nobody has reported a call yet"));
    assert!(machine.ok("quality list --by-phone").contains("Nobody has reported"));
    assert!(machine.ok("quality list --reason echo").contains("No report is like that"));
    assert_eq!(machine.json("quality list"), json!({ "total": 0, "page": 1, "reports": [] }));
    assert!(machine.fails(1, "quality show 7").contains("there is no report 7"));
    assert!(machine.fails(1, "quality show SEP001122334455").contains("has not reported any call"));
    assert!(machine.fails(2, "quality show nonsense").contains("neither the number of a report nor a phone"));
    assert!(machine.fails(2, "quality list --phone nonsense").contains("nonsense"));
}
