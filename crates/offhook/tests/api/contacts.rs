//! Contacts, and whose number something is.

use serde_json::json;

use crate::server::Server;

async fn with_ann() -> (Server, i64) {
    let server = Server::new().await;
    let body = json!({
        "name": "Ann O'Smith", "organisation": "Firma & Co", "book": "staff",
        "numbers": [{ "number": "1001" }, { "kind": "mobile", "number": "+49 171 1234567" }],
    });
    let reply = server.post("/contacts", body).await;
    let id = reply.ok(201)["id"].as_i64().unwrap();
    assert_eq!(reply.header("location"), format!("/api/v1/contacts/{id}"));
    (server, id)
}

#[tokio::test]
async fn a_contact_is_added_found_changed_and_removed() {
    let (server, id) = with_ann().await;
    let at = format!("/contacts/{id}");
    assert_eq!(server.read(&at).await["numbers"][1]["kind"], "mobile");
    for query in ["text=smi", "keys=266", "book=staff", "text=171123"] {
        assert_eq!(server.read(&format!("/contacts?{query}")).await["total"], 1, "{query}");
    }
    assert_eq!(server.read("/contacts?text=nobody").await["items"], json!([]));
    assert_eq!(server.read("/contacts/books").await["items"], json!(["staff"]));
    let change = json!({ "organisation": "", "numbers": [{ "kind": "home", "number": "1002" }] });
    let changed = server.patch(&at, change).await.ok(200);
    assert_eq!((&changed["organisation"], &changed["name"]), (&json!(""), &json!("Ann O'Smith")));
    server.delete(&at).await.ok(200);
    server.get(&at).await.problem(404);
}

#[tokio::test]
async fn a_number_tells_whose_it_is() {
    let (server, _) = with_ann().await;
    server
        .post("/lines", json!({ "number": "1007", "settings": { "display_name": "Reception" } }))
        .await
        .ok(201);
    for (number, name) in [("1001", "Ann O'Smith"), ("%2B491711234567", "Ann O'Smith"), ("1007", "Reception")]
    {
        let who = server.read(&format!("/contacts/who?number={number}")).await;
        assert_eq!(
            (&who["items"][0]["name"], &who["items"][0]["sure"]),
            (&json!(name), &json!(true)),
            "{who:#}"
        );
    }
    assert_eq!(server.read("/contacts/who?number=21001").await["items"], json!([]));
    server.get("/contacts/who?number=").await.problem(422);
    server.get("/contacts/who").await.problem(400);
}

#[tokio::test]
async fn what_is_no_contact_is_told() {
    let (server, id) = with_ann().await;
    for (body, pointer) in [
        (json!({ "name": " ", "numbers": [{ "number": "1" }] }), "/name"),
        (json!({ "name": "x", "numbers": [] }), "/numbers"),
        (json!({ "name": "x", "numbers": [{ "kind": "fax", "number": "1" }] }), "/numbers/0/kind"),
        (json!({ "name": "x\u{0}", "numbers": [{ "number": "1" }] }), "/name"),
        (json!({ "name": "x", "owner": "anna", "numbers": [{ "number": "1" }] }), "/owner"),
    ] {
        let problem = server.post("/contacts", body.clone()).await.problem(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    let nobody = json!({ "owner": "SEP001122334455" });
    server.patch(&format!("/contacts/{id}"), nobody).await.problem(422);
    server.get("/contacts/anna").await.problem(404);
}
