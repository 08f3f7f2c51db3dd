//! Users by the API: people are let in by a link, and no password is ever given back.

use serde_json::json;

use crate::asking::Ask;
use crate::server::Server;
use crate::trust::audited;

#[tokio::test]
async fn a_user_is_added_and_gets_in_by_the_link() {
    let server = Server::new().await;
    assert_eq!(server.read("/users").await["items"], json!([]));
    let first = server.ask("POST", "/first-user").send().await.ok(200);
    assert!(first["name"].is_null() && first["link"].as_str().unwrap().contains("/welcome/"), "{first}");

    let reply = server.post("/users", json!({ "name": "Anna", "role": "administrator" })).await;
    let added = reply.ok(201);
    assert_eq!(
        (&added["name"], &added["role"], &added["has_password"]),
        (&json!("anna"), &json!("administrator"), &json!(false))
    );
    assert_eq!(reply.header("location"), "/api/v1/users/anna");
    let link = added["link"]["link"].as_str().unwrap();
    let secret = link.strip_prefix(&format!("http://{}/welcome/", server.address)).unwrap();
    let mark = offhook::admin::people::mark("link", secret);
    assert_eq!(server.store.link(&mark, 0).await.unwrap(), Some(Some("anna".to_owned())));
    server.post("/users", json!({ "name": "anna" })).await.problem(409);
    let problem = server.post("/users", json!({ "name": "an na" })).await.problem(422);
    assert_eq!(problem["errors"][0]["pointer"], "/name");

    let newer = server.ask("POST", "/users/ANNA/link").send().await.ok(200);
    assert_eq!(newer["name"], "anna");
    assert_eq!(server.store.link(&mark, 0).await.unwrap(), None);
    let told = audited(&server).await;
    let said: Vec<_> = told.iter().map(|(who, what, whom)| format!("{who}: {what} {whom}")).collect();
    assert_eq!(
        said,
        [
            "token administer: invited user anna",
            "token administer: invited user anna",
            "token administer: added user anna",
            "token administer: invited first administrator",
        ]
    );
}

#[tokio::test]
async fn roles_and_passwords_are_changed_and_none_is_shown() {
    let server = Server::new().await;
    server.post("/users", json!({ "name": "anna", "role": "administrator" })).await.ok(201);
    server.post("/users", json!({ "name": "bob" })).await.ok(201);
    let password = json!({ "password": "quite a secret" });
    assert_eq!(server.put("/users/anna/password", password).await.ok(200), json!({ "name": "anna" }));
    for short in ["", "short", "anna"] {
        let problem = server.put("/users/anna/password", json!({ "password": short })).await.problem(422);
        assert_eq!(problem["errors"][0]["pointer"], "/password");
    }
    let shown = server.get("/users").await;
    assert!(!shown.text().contains("secret") && !shown.text().contains("$"), "{}", shown.text());
    assert_eq!(server.read("/users/anna").await["has_password"], true);
    server.ask("POST", "/first-user").send().await.problem(409);

    let tag = server.get("/users/bob").await.header("etag").to_owned();
    assert_eq!(server.patch("/users/bob", json!({ "role": "viewer" })).await.ok(200)["role"], "viewer");
    let late =
        server.ask("PATCH", "/users/bob").header("if-match", &tag).json(&json!({ "role": "operator" }));
    late.send().await.problem(412);
    server.ask("DELETE", "/users/bob").header("if-match", &tag).send().await.problem(412);
    // Somebody has to be left who makes users.
    server.patch("/users/anna", json!({ "role": "viewer" })).await.problem(409);
    server.delete("/users/anna").await.problem(409);
    assert_eq!(server.delete("/users/bob/sessions").await.ok(200), json!({ "name": "bob", "sessions": 0 }));
    assert_eq!(server.delete("/users/bob").await.ok(200)["name"], "bob");
    assert_eq!(audited(&server).await[0].1, "removed");
}

#[tokio::test]
async fn users_are_the_business_of_administrators() {
    let server = Server::new().await;
    for (method, path, body) in [
        ("GET", "/users", json!({})),
        ("POST", "/users", json!({ "name": "eve", "role": "administrator" })),
        ("GET", "/users/eve", json!({})),
        ("PATCH", "/users/eve", json!({ "role": "administrator" })),
        ("DELETE", "/users/eve", json!({})),
        ("POST", "/users/eve/link", json!({})),
        ("PUT", "/users/eve/password", json!({ "password": "quite a secret" })),
        ("DELETE", "/users/eve/sessions", json!({})),
        ("POST", "/first-user", json!({})),
    ] {
        for scope in [0, 1] {
            let ask = Ask::new(server.address, method, path).token(server.token(scope)).json(&body);
            ask.send().await.problem(403);
        }
        if path.contains("/eve") {
            server.ask(method, path).json(&body).send().await.problem(404);
        }
        if matches!(method, "PATCH" | "PUT") || (method, path) == ("POST", "/users") {
            server.ask(method, path).json(&json!({ "nonsense": 1 })).send().await.problem(422);
        }
    }
    assert_eq!(server.store.users().await.unwrap().len(), 0);
}
