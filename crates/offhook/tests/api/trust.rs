//! Trust by the API: the first list, the next ones, a roll-over with its end and its abort, and lists of before.

use serde_json::{Value, json};

use crate::asking::Ask;
use crate::server::Server;

/// Who did what, the newest first.
pub(crate) async fn audited(server: &Server) -> Vec<(String, String, String)> {
    let page = store::Page::first(50);
    let rows = server.store.audit(&store::AuditQuery::default(), &page).await.unwrap().rows;
    rows.into_iter().map(|row| (row.author, row.action, row.subject)).collect()
}

fn row(action: &str, subject: &str) -> (String, String, String) {
    ("token administer".to_owned(), action.to_owned(), subject.to_owned())
}

/// Only who may do everything changes trust.
async fn fenced(server: &Server, method: &str, path: &str, body: &Value) {
    for scope in [0, 1] {
        let ask = Ask::new(server.address, method, path).token(server.token(scope)).json(body);
        ask.send().await.problem(403);
    }
}

#[tokio::test]
async fn phones_get_their_first_list_and_the_next() {
    let server = Server::trusted().await;
    assert_eq!(server.read("/trust").await["reach"], "off");
    assert_eq!(server.read("/trust/lists").await["items"], json!([]));
    server.post("/trust/lists/1/restore", json!({})).await.problem(404);
    server.post("/trust/rollover/start", json!({})).await.problem(409);

    let enabled = server.post("/trust/enable", json!({ "phones": ["sep001122334455"] })).await.ok(200);
    assert_eq!((&enabled["reach"], &enabled["phones"]), (&json!("phones"), &json!(["SEP001122334455"])));
    let list = server.read("/trust/lists/1").await;
    assert_eq!(
        (&list["purpose"], &list["by"], &list["signer"]),
        (&json!("first"), &json!("token administer"), &json!("sast-1"))
    );
    let file = server.get("/trust/lists/1/file").await;
    assert_eq!(
        (file.bytes.len() as u64, file.header("content-type")),
        (list["bytes"].as_u64().unwrap(), "application/octet-stream")
    );

    assert_eq!(server.ask("POST", "/trust/publish").send().await.ok(200)["published"], Value::Null);
    let again = json!({ "again": true, "note": "for the record" });
    let published = server.post("/trust/publish", again).await.ok(200)["published"].clone();
    assert_eq!((&published["number"], &published["note"]), (&json!(2), &json!("for the record")));
    let restored = server.post("/trust/lists/1/restore", json!(null)).await.ok(200);
    assert_eq!(
        (&restored["published"]["purpose"], &restored["signs_files"]),
        (&json!("restore"), &json!(true))
    );
    server.post("/trust/lists/3/restore", json!({})).await.problem(409);

    assert_eq!(server.ask("POST", "/trust/disable").send().await.ok(200)["reach"], "off");
    let told = audited(&server).await;
    assert_eq!(told[0], row("changed", "trust"));
    assert_eq!(told[1], row("published", "trust list 3"));
    assert_eq!(told.last().unwrap(), &row("published", "trust list 1"));
}

#[tokio::test]
async fn a_roll_over_is_begun_broken_off_and_finished() {
    let server = Server::trusted().await;
    server.post("/trust/enable", json!({})).await.ok(200);
    assert_eq!(server.read("/trust/rollover").await["signer"], "sast-1");
    server.post("/trust/rollover/finish", json!({})).await.problem(409);
    server.post("/trust/rollover/abort", json!({})).await.problem(409);
    server.post("/trust/rollover/start", json!({ "to": "nobody" })).await.problem(404);
    server.post("/trust/rollover/start", json!({ "to": "tftp" })).await.problem(409);

    let begun = server.post("/trust/rollover/start", json!({})).await.ok(200);
    assert_eq!((&begun["rollover"]["old"], &begun["rollover"]["new"]), (&json!("sast-1"), &json!("sast-3")));
    server.post("/trust/rollover/start", json!({})).await.problem(409);
    server.post("/trust/release", json!({})).await.problem(409);
    let status = server.read("/trust/rollover").await;
    assert_eq!(
        (&status["is_published"], &status["is_ready"], &status["finish"]["lost"]),
        (&json!(true), &json!(true), &json!(0))
    );
    let broken = server.post("/trust/rollover/abort", json!({ "accept_loss": 0 })).await.ok(200);
    assert_eq!(broken["published"]["signer"], "sast-1");

    // The one that was made is taken again only if no phone ever knew it.
    let begun = server.post("/trust/rollover/start", json!({})).await.ok(200);
    assert_eq!(begun["rollover"]["new"], "sast-4");
    let finished = server.post("/trust/rollover/finish", json!({})).await.ok(200);
    assert_eq!(finished["published"]["signer"], "sast-4");
    assert_eq!(server.read("/trust/rollover").await["signer"], "sast-4");
    assert_eq!(server.read("/trust/lists").await["items"].as_array().unwrap().len(), 5);
    assert_eq!(audited(&server).await[0], row("published", "trust list 5"));
}

#[tokio::test]
async fn phones_are_let_go_and_held_again() {
    let server = Server::trusted().await;
    server.post("/trust/enable", json!({})).await.ok(200);
    let released = server.post("/trust/release", json!({})).await.ok(200);
    assert_eq!(released["published"]["purpose"], "release");
    assert_eq!(server.read("/trust").await["released"], true);
    assert_eq!(server.post("/trust/release", json!({})).await.ok(200)["published"], Value::Null);
    server.post("/trust/rollover/start", json!({})).await.problem(409);
    let held = server.post("/trust/release", json!({ "back": true })).await.ok(200);
    assert_eq!(held["published"]["purpose"], "return");
    assert_eq!(server.read("/trust").await["released"], false);
}

/// A phone whose list would be lost keeps a list from being published, unless somebody says that it may.
#[tokio::test]
async fn no_phone_is_lost_by_accident() {
    let server = Server::trusted().await;
    server.post("/phones", json!({ "phone": "SEP001122334455", "model": "8845" })).await.ok(201);
    server.post("/trust/enable", json!({})).await.ok(200);
    server.post("/trust/rollover/start", json!({ "accept_loss": 1 })).await.ok(200);
    let plan = server.read("/trust/plan?all=true").await;
    assert_eq!(plan["phones"][0]["phone"], "SEP001122334455");
    if plan["lost"] == 1 || server.read("/trust/rollover").await["finish"]["lost"] == 1 {
        let problem = server.post("/trust/rollover/finish", json!({})).await.problem(409);
        assert!(problem["detail"].as_str().unwrap().contains("SEP001122334455"), "{problem}");
    }
    server.post("/trust/rollover/finish", json!({ "accept_loss": 1 })).await.ok(200);
}

#[tokio::test]
async fn roles_are_given_and_taken() {
    let server = Server::trusted().await;
    let all = server.read("/trust/roles").await;
    let tftp = all["items"].as_array().unwrap().iter().find(|one| one["name"] == "tftp").unwrap().clone();
    assert_eq!((&tftp["roles"], &tftp["set"]), (&json!(["TFTP"]), &json!(false)));
    let read = server.get("/trust/roles/tftp").await;
    let tag = read.header("etag").to_owned();
    let body = json!({ "roles": ["CCM+TFTP"] });
    let given = server.put("/trust/roles/tftp", body.clone()).await.ok(200);
    assert_eq!((&given["roles"], &given["set"]), (&json!(["CCM+TFTP"]), &json!(true)));
    let late = server.ask("PUT", "/trust/roles/tftp").header("if-match", &tag).json(&body).send().await;
    late.problem(412);
    assert_eq!(server.delete("/trust/roles/tftp").await.ok(200), tftp);
    assert_eq!(audited(&server).await[0], row("changed", "certificate tftp"));

    server.put("/trust/roles/nobody", body).await.problem(404);
    server.get("/trust/roles/nobody").await.problem(404);
    let problem = server.put("/trust/roles/tftp", json!({ "roles": ["KING"] })).await.problem(422);
    assert_eq!(problem["errors"][0]["pointer"], "/roles/0");
    // Somebody has to sign.
    server.put("/trust/roles/sast-1", json!({ "roles": [] })).await.problem(409);
    server.put("/trust/roles/tftp", json!({})).await.problem(422);
}

#[tokio::test]
async fn what_a_phone_holds_is_forgotten() {
    let server = Server::trusted().await;
    let body = json!({ "phones": ["SEP001122334455"] });
    assert_eq!(server.post("/trust/forget", body).await.ok(200)["forgotten"], 0);
    server.post("/trust/forget", json!({ "phones": [] })).await.problem(422);
    let problem = server.post("/trust/forget", json!({ "phones": ["SEP1"] })).await.problem(422);
    assert_eq!(problem["errors"][0]["pointer"], "/phones/0");
}

#[tokio::test]
async fn trust_is_for_administrators_and_bodies_are_checked() {
    let server = Server::trusted().await;
    for (method, path) in [
        ("POST", "/trust/enable"),
        ("POST", "/trust/disable"),
        ("POST", "/trust/publish"),
        ("POST", "/trust/release"),
        ("POST", "/trust/forget"),
        ("POST", "/trust/rollover/start"),
        ("POST", "/trust/rollover/finish"),
        ("POST", "/trust/rollover/abort"),
        ("POST", "/trust/lists/1/restore"),
        ("PUT", "/trust/roles/tftp"),
        ("DELETE", "/trust/roles/tftp"),
    ] {
        fenced(&server, method, path, &json!({})).await;
        if method != "DELETE" {
            server.ask(method, path).json(&json!({ "nonsense": 1 })).send().await.problem(422);
            server.ask(method, path).body("application/json", "{").send().await.problem(400);
        }
    }
    assert_eq!(audited(&server).await.len(), 0);
    for path in ["/trust/lists/9", "/trust/lists/9/file", "/trust/lists/x"] {
        server.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn a_server_without_certificates_says_so() {
    let server = Server::new().await;
    for path in ["/trust/publish", "/trust/enable", "/trust/rollover/start"] {
        let problem = server.post(path, json!({})).await.problem(409);
        assert!(problem["detail"].as_str().unwrap().contains("certificates"), "{problem}");
    }
}
