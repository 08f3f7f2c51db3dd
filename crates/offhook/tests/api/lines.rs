//! Lines.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_line_is_added_shown_changed_and_removed() {
    let server = Server::new().await;
    let body = json!({ "number": "*47#", "password": "s3cret", "settings": { "label": "Anna", "display_name": "Anna Ü" } });
    let reply = server.post("/lines", body).await;
    reply.ok(201);
    assert_eq!(reply.header("location"), "/api/v1/lines/%2A47%23");
    let shown = server.read("/lines/%2A47%23").await;
    assert_eq!(shown["settings"], json!({ "label": "Anna", "display_name": "Anna Ü" }));
    assert_eq!((&shown["password_set"], &shown["secrets_set"]), (&json!(true), &json!(["auth_password"])));
    let change = json!({ "password": "other", "settings": { "label": null } });
    let changed = server.patch("/lines/%2A47%23", change).await;
    assert!(!changed.text().contains("other"));
    assert_eq!(changed.ok(200)["settings"], json!({ "display_name": "Anna Ü" }));
    let kept = server.store.line(&"*47#".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(kept.settings.of("auth_password"), Some("other"));
    let made_up = server.patch("/lines/%2A47%23", json!({ "new_password": true })).await.ok(200);
    assert_eq!(made_up["made_up_password"].as_str().unwrap().len(), 20);
    server.delete("/lines/%2A47%23").await.ok(200);
    server.get("/lines/%2A47%23").await.problem(404);
}

#[tokio::test]
async fn a_line_that_a_key_has_stays_unless_the_key_goes() {
    let server = Server::new().await;
    let body = json!({ "phone": "SEP001122334455", "model": "8845", "lines": [{ "number": "1001", "password": "x" }] });
    server.post("/phones", body).await.ok(201);
    let problem = server.delete("/lines/1001").await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("SEP001122334455"), "{problem}");
    let removed = server.delete("/lines/1001?with_keys=true").await.ok(200);
    assert_eq!(removed["cleared"], json!(["SEP001122334455"]));
    assert_eq!(server.read("/phones/SEP001122334455").await["keys"], json!([]));
}

#[tokio::test]
async fn refusals_say_what_would_be_right() {
    let server = Server::new().await;
    server.post("/lines", json!({ "number": "1001", "no_password": true })).await.ok(201);
    assert_eq!(server.read("/lines/1001").await["password_set"], false);
    server.post("/lines", json!({ "number": "1001" })).await.problem(409);
    server.post("/lines", json!({ "number": "10 01" })).await.problem(422);
    let of_a_phone =
        server.patch("/lines/1001", json!({ "settings": { "web_access": "on" } })).await.problem(422);
    assert_eq!(of_a_phone["errors"][0]["pointer"], "/settings/web_access");
    let long = "0123456789".repeat(4);
    let problem = server.patch("/lines/1001", json!({ "password": long })).await.problem(422);
    assert!(!problem.to_string().contains("0123"), "a password is not in the complaint: {problem}");
}

#[tokio::test]
async fn a_list_tells_the_phones_of_each_line() {
    let server = Server::new().await;
    let line = json!([{ "number": "1001", "password": "x" }]);
    for phone in ["SEP001122334455", "SEP001122334466"] {
        let body = json!({ "phone": phone, "model": "8845", "lines": line });
        server.post("/phones", body).await.ok(201);
    }
    server.post("/lines", json!({ "number": "1002" })).await.ok(201);
    let listed = server.read("/lines?limit=1").await;
    assert_eq!(listed["items"][0]["phones"], json!(["SEP001122334455", "SEP001122334466"]));
    assert_eq!((&listed["total"], &listed["next"]), (&json!(2), &json!("1001")));
    let rest = server.read("/lines?limit=5&cursor=1001").await;
    assert_eq!((&rest["items"][0]["number"], &rest["next"]), (&json!("1002"), &json!(null)));
}
