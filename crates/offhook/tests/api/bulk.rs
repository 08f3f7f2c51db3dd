//! Imports as jobs, and exports.

use std::time::Duration;

use serde_json::{Value, json};

use crate::asking::{Ask, Reply};
use crate::server::Server;

const TABLE: &str = "mac,model,description,line1,password1\nSEP001122334455,8845,Empfang,1001,s3cret\nSEP001122334466,7841,Lager,1002,\n";

/// The job once it is over.
async fn over(server: &Server, begun: &Reply) -> Value {
    let at = begun.header("location").strip_prefix("/api/v1").unwrap().to_owned();
    let waiting = async {
        loop {
            let job = server.read(&at).await;
            if job["ended"].is_string() {
                return job;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap()
}

fn table(server: &Server, query: &str, body: &str) -> Ask {
    server.ask("POST", &format!("/imports/phones{query}")).body("text/csv", body)
}

#[tokio::test]
async fn phones_come_in_by_a_job_and_go_out_again() {
    let server = Server::new().await;
    let dry = table(&server, "?dry_run=true", TABLE).send().await;
    dry.ok(202);
    let job = over(&server, &dry).await;
    assert_eq!(
        (&job["state"], &job["result"]["added"], &job["dry_run"]),
        (&json!("done"), &json!(2), &json!(true))
    );
    assert_eq!(server.read("/phones").await["total"], 0);
    let begun = table(&server, "", TABLE).send().await;
    let job = over(&server, &begun).await;
    assert_eq!((&job["state"], &job["progress"]["rows"]), (&json!("done"), &json!(2)));
    assert!(!job.to_string().contains("s3cret"), "{job:#}");
    assert_eq!(server.read("/phones/SEP001122334455").await["description"], "Empfang");
    for (format, kind) in [("csv", "text/csv"), ("json", "application/json"), ("yaml", "application/yaml")] {
        let export = server.get(&format!("/exports/phones?format={format}")).await;
        assert!(export.header("content-type").starts_with(kind) && !export.text().contains("s3cret"));
        assert!(export.header("content-disposition").contains("attachment"));
        let again = server.ask("POST", "/imports/phones").body(kind, export.bytes.to_vec()).send().await;
        let job = over(&server, &again).await;
        assert_eq!(
            (&job["state"], &job["result"]["unchanged"]),
            (&json!("done"), &json!(2)),
            "{format}: {job:#}"
        );
    }
    let some = server.get("/exports/phones?model=7841").await.text();
    assert!(some.contains("001122334466") && !some.contains("001122334455"), "{some}");
}

#[tokio::test]
async fn the_same_request_is_the_same_job() {
    let server = Server::new().await;
    let ask = |body: &str| table(&server, "", body).header("idempotency-key", "2026-11-23 1").send();
    let (one, other) = (ask(TABLE).await, ask(TABLE).await);
    assert_eq!(one.header("location"), other.header("location"));
    over(&server, &one).await;
    assert_eq!(ask(TABLE).await.ok(202)["state"], "done");
    ask("mac,model\n").await.problem(422);
    assert_eq!(server.read("/imports").await["items"].as_array().unwrap().len(), 1);
    let long = "x".repeat(201);
    table(&server, "", TABLE).header("idempotency-key", &long).send().await.problem(422);
}

#[tokio::test]
async fn a_file_that_is_wrong_changes_nothing_and_names_its_rows() {
    let server = Server::new().await;
    let wrong =
        "mac,model,web_access\nSEP001122334455,8845,on\nSEP001122334466,8846,on\nSEP001122334477,8845,onn\n";
    let begun = table(&server, "", wrong).send().await;
    let job = over(&server, &begun).await;
    assert_eq!(job["state"], "failed");
    let rows: Vec<_> = job["faults"].as_array().unwrap().iter().map(|fault| fault["row"].clone()).collect();
    assert_eq!(rows, [3, 4], "{job:#}");
    assert_eq!(server.read("/phones").await["total"], 0);
    server.ask("POST", "/imports/phones").body("text/plain", TABLE).send().await.problem(415);
    server.get("/imports/4711").await.problem(404);
}

#[tokio::test]
async fn contacts_come_in_and_go_out() {
    let server = Server::new().await;
    let table = "name,work,mobile\nAnn Smith,1001,+49171123\nBen Ü,1002,\n";
    let begun = server.ask("POST", "/imports/contacts?book=staff").body("text/csv", table).send().await;
    let job = over(&server, &begun).await;
    assert_eq!((&job["what"], &job["result"]["added"]), (&json!("contacts"), &json!(2)), "{job:#}");
    assert_eq!(server.read("/contacts?book=staff").await["total"], 2);
    let cards = server.get("/exports/contacts?format=vcard").await;
    assert!(cards.text().contains("BEGIN:VCARD") && cards.text().contains("Ben Ü"));
    let less = "name,work\nAnn Smith,1001\n";
    let replace =
        server.ask("POST", "/imports/contacts?book=staff&replace=true").body("text/csv", less).send().await;
    assert_eq!(over(&server, &replace).await["result"]["removed"], 1);
}

#[tokio::test]
async fn imports_at_the_same_time_wait_for_each_other() {
    let server = Server::new().await;
    let ask = |n: u8| {
        let body = format!("mac,model,description\nSEP0011223344{n:02X},8845,Nr {n}\n");
        table(&server, "", &body).send()
    };
    let mut begun = Vec::new();
    for n in 0..5 {
        let reply = ask(n).await;
        reply.ok(202);
        begun.push(reply);
    }
    for reply in &begun {
        assert_eq!(over(&server, reply).await["state"], "done");
    }
    assert_eq!(server.read("/phones").await["total"], 5);
}

/// What a server that is started anew finds in the database.
#[tokio::test]
async fn a_request_is_known_after_a_restart() {
    let (before, after) = (Server::new().await, Server::new().await);
    let ask = |server: &Server, body: &str| {
        table(server, "", body).header("idempotency-key", "2026-11-23 1").send()
    };
    let begun = ask(&before, TABLE).await;
    over(&before, &begun).await;
    let job = before.store.jobs().await.unwrap().remove(0);
    assert!(job.ended.is_some() && !job.told.contains("s3cret"), "{job:?}");
    let store::Begun::New(id) = after.store.begin_job(&job).await.unwrap() else { panic!("it was there") };
    let again = ask(&after, TABLE).await.ok(202);
    assert_eq!(
        (&again["id"], &again["state"], &again["result"]["added"]),
        (&json!(id), &json!("done"), &json!(2))
    );
    assert_eq!(after.read("/phones").await["total"], 0, "it is not done twice");
    ask(&after, "mac,model\n").await.problem(422);
}

#[tokio::test]
async fn a_job_of_a_server_that_is_gone_is_told_as_such() {
    let server = Server::new().await;
    let begun = table(&server, "?dry_run=true", TABLE).header("idempotency-key", "1").send().await;
    over(&server, &begun).await;
    let job = server.store.jobs().await.unwrap().remove(0);
    let mut told: Value = serde_json::from_str(&job.told).unwrap();
    for (step, problem) in [("comparing", "nothing was changed"), ("keeping", "the audit")] {
        (told["state"], told["ended"]) = (json!("working"), Value::Null);
        told["result"] = Value::Null;
        told["progress"]["step"] = json!(step);
        let gone =
            store::Job { told: told.to_string(), key: None, ended: None, beat: job.beat - 60, ..job.clone() };
        let store::Begun::New(id) = server.store.begin_job(&gone).await.unwrap() else { panic!() };
        let shown = server.read(&format!("/imports/{id}")).await;
        assert_eq!(shown["state"], "failed");
        assert!(shown["problem"].as_str().unwrap().contains(problem), "{shown}");
        server.store.job_goes_on(id, job.beat + 3600).await.unwrap();
        assert_eq!(server.read(&format!("/imports/{id}")).await["state"], "working");
    }
    assert_eq!(server.read("/imports").await["items"].as_array().unwrap().len(), 3);
}

/// More than is held at once, and with columns that only the last phone needs.
#[tokio::test]
async fn a_large_export_comes_in_parts_and_changes_nothing() {
    let server = Server::new().await;
    let mut file = String::from("mac,model,description,web_access\n");
    for number in 0..450 {
        let last = if number == 449 { "on" } else { "" };
        file += &format!("SEP00112233{number:04X},8845,Nr {number},{last}\n");
    }
    let begun = table(&server, "", &file).send().await;
    assert_eq!(over(&server, &begun).await["result"]["added"], 450);
    for (format, kind) in [("csv", "text/csv"), ("json", "application/json"), ("yaml", "application/yaml")] {
        for (filter, count) in [("", 450), ("&text=Nr%204", 61)] {
            let export = server.get(&format!("/exports/phones?format={format}{filter}")).await;
            assert_eq!(export.header("content-length"), "", "it is made while it is sent");
            let again = server.ask("POST", "/imports/phones").body(kind, export.bytes.to_vec()).send().await;
            let job = over(&server, &again).await;
            assert_eq!(job["result"]["unchanged"], count, "{format}{filter}: {job:#}");
        }
    }
    assert_eq!(server.get("/exports/phones?format=json&site=nowhere").await.json(), json!({ "phones": [] }));
    assert_eq!(server.get("/exports/phones?format=yaml&site=nowhere").await.text(), "phones: []\n");
}
