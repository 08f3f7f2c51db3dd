//! Documents that phones share.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_document_is_put_shown_tried_and_removed() {
    let server = Server::new().await;
    let rules = json!([{ "pattern": "0,..", "wait": 2 }, { "pattern": "*", "wait": 5 }]);
    let body = json!({ "kind": "dial-template", "content": rules });
    server.put("/documents/Dial-Berlin.xml", body.clone()).await.ok(201);
    server.put("/documents/Dial-Berlin.xml", body.clone()).await.ok(200);
    // Somebody's document is replaced by whoever says so.
    let other = json!({ "kind": "dial-template", "content": [{ "pattern": "9", "wait": 1 }] });
    server.put("/documents/Dial-Berlin.xml", other.clone()).await.problem(428);
    let whatever = |body| server.ask("PUT", "/documents/Dial-Berlin.xml").header("if-match", "*").json(body);
    whatever(&other).send().await.ok(200);
    whatever(&body).send().await.ok(200);
    let shown = server.read("/documents/Dial-Berlin.xml").await;
    assert_eq!((&shown["content"], &shown["made"]), (&rules, &json!(false)));
    let tried =
        server.post("/documents/Dial-Berlin.xml/dial", json!({ "digits": ["012", "1"] })).await.ok(200);
    assert_eq!((&tried["items"][0]["rule"], &tried["items"][0]["waits"]), (&json!(1), &json!(2)));
    assert_eq!(tried["items"][1]["rule"], 2);
    server.delete("/documents/dial-berlin.xml").await.ok(200);
    server.get("/documents/Dial-Berlin.xml").await.problem(404);
}

#[tokio::test]
async fn a_name_with_a_slash_is_one_name() {
    let server = Server::new().await;
    let content = json!([{ "thumbnail": "TN-a.png", "image": "a.png" }]);
    let at = "/documents/Desktops%2F800x480x24%2FList.xml";
    let reply = server.put(at, json!({ "kind": "backgrounds", "content": content })).await;
    reply.ok(201);
    assert_eq!(server.read(at).await["name"], "Desktops/800x480x24/List.xml");
    assert_eq!(server.read("/documents").await["items"][0]["kind"], "backgrounds");
}

#[tokio::test]
async fn what_phones_cannot_use_is_refused() {
    let server = Server::new().await;
    for (body, says) in [
        (json!({ "kind": "soft-keys", "content": { "On Hook": ["NewCal"] } }), "must have NewCall"),
        (json!({ "kind": "soft-keys", "content": [] }), "invalid type"),
        (json!({ "kind": "soft", "content": [] }), "unknown variant"),
        (json!({ "content": [] }), "missing field"),
    ] {
        let problem = server.put("/documents/SoftKeys-x.xml", body.clone()).await.problem(422);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{body}: {problem}");
    }
    let made = server.read("/documents?made=true").await;
    let made = made["items"].as_array().unwrap().iter().find(|item| item["made"] == true).unwrap();
    let at = format!("/documents/{}", made["name"].as_str().unwrap().replace('/', "%2F"));
    server.get(&at).await.ok(200);
    server.delete(&at).await.problem(409);
    let digits: Vec<String> = (0..101).map(|n| n.to_string()).collect();
    server.post("/documents/dialplan.xml/dial", json!({ "digits": digits })).await.problem(422);
}

#[tokio::test]
async fn a_document_that_is_named_stays_unless_it_is_forced() {
    let server = Server::new().await;
    let body = json!({ "kind": "soft-keys", "content": { "On Hook": ["NewCall"] } });
    server.put("/documents/SoftKeys-x.xml", body.clone()).await.ok(201);
    server
        .post("/groups/profile", json!({ "name": "p", "settings": { "soft_key_file": "SoftKeys-x.xml" } }))
        .await
        .ok(201);
    assert_eq!(server.read("/documents/SoftKeys-x.xml").await["named_by"], json!(["profile p"]));
    server.delete("/documents/SoftKeys-x.xml").await.problem(409);
    server.delete("/documents/SoftKeys-x.xml?force=true").await.ok(200);
}
