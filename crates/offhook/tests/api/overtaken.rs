//! Lost updates are refused, what is known is not sent again, and programs at the same time undo nothing of each other.

use serde_json::json;

use crate::server::Server;

async fn things(server: &Server) -> [&'static str; 5] {
    let phone = json!({ "phone": "SEP001122334455", "model": "8845" });
    server.post("/phones", phone).await.ok(201);
    server.post("/lines", json!({ "number": "1001" })).await.ok(201);
    server.post("/groups/site", json!({ "name": "berlin" })).await.ok(201);
    server.post("/contacts", json!({ "name": "Ann", "numbers": [{ "number": "1" }] })).await.ok(201);
    let document = json!({ "kind": "dial-template", "content": [{ "pattern": "*", "wait": 5 }] });
    server.put("/documents/Dial-x.xml", document).await.ok(201);
    ["/phones/SEP001122334455", "/lines/1001", "/groups/site/berlin", "/contacts/1", "/documents/Dial-x.xml"]
}

/// A change of each.
fn change(path: &str, text: &str) -> (&'static str, serde_json::Value) {
    match path {
        "/lines/1001" => ("PATCH", json!({ "settings": { "label": text } })),
        "/contacts/1" => ("PATCH", json!({ "organisation": text })),
        "/documents/Dial-x.xml" => (
            "PUT",
            json!({ "kind": "dial-template", "content": [{ "pattern": text.len().to_string(), "wait": 1 }] }),
        ),
        _ => ("PATCH", json!({ "description": text })),
    }
}

#[tokio::test]
async fn whoever_read_something_older_changes_nothing() {
    let server = Server::new().await;
    for path in things(&server).await {
        let read = server.get(path).await;
        let tag = read.header("etag").to_owned();
        let known = server.ask("GET", path).header("if-none-match", &tag).send().await;
        assert!(known.status == 304 && known.bytes.is_empty() && known.header("etag") == tag, "{path}");
        let (method, body) = change(path, "one");
        let first = server.ask(method, path).header("if-match", &tag).json(&body).send().await;
        assert_eq!(first.status, 200, "{path}: {}", first.text());
        let (method, body) = change(path, "other");
        let lost = server.ask(method, path).header("if-match", &tag).json(&body).send().await;
        assert_eq!(lost.problem(412)["type"], "urn:offhook:problem:precondition-failed", "{path}");
        server.ask("DELETE", path).header("if-match", &tag).send().await.problem(412);
        let now = server.ask("GET", path).header("if-none-match", &tag).send().await;
        assert_eq!(now.status, 200, "{path}");
        let tag = now.header("etag").to_owned();
        let last = server.ask("DELETE", path).header("if-match", &format!("\"x\", W/{tag}")).send().await;
        assert_eq!(last.status, 200, "{path}: {}", last.text());
    }
}

#[tokio::test]
async fn the_tag_of_a_change_is_the_tag_of_what_is_there_then() {
    let server = Server::new().await;
    for path in things(&server).await.into_iter().filter(|path| !path.starts_with("/lines")) {
        let (method, body) = change(path, "one");
        let changed = server.ask(method, path).header("if-match", "*").json(&body).send().await;
        assert_eq!(changed.header("etag"), server.get(path).await.header("etag"), "{path}");
    }
}

#[tokio::test]
async fn programs_at_the_same_time_undo_nothing_of_each_other() {
    let server = Server::new().await;
    let phone = json!({ "phone": "SEP001122334455", "model": "8845" });
    server.post("/phones", phone).await.ok(201);
    let key = |n: u32| {
        let body = json!({ "feature": "blf", "settings": { "number": n.to_string() } });
        server.ask("PUT", &format!("/phones/SEP001122334455/keys/{n}")).json(&body).send()
    };
    let asked = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(|n| tokio::spawn(key(n)));
    for one in asked {
        one.await.unwrap().ok(200);
    }
    let keys = server.read("/phones/SEP001122334455/keys").await;
    assert_eq!(keys["items"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn what_changes_nothing_is_no_change() {
    let server = Server::new().await;
    for path in things(&server).await {
        let (method, body) = change(path, "one");
        server.ask(method, path).header("if-match", "*").json(&body).send().await.ok(200);
        let before = server.store.current_generation().await.unwrap();
        server.ask(method, path).json(&body).send().await.ok(200);
        assert_eq!(server.store.current_generation().await.unwrap(), before, "{path}");
    }
}

#[tokio::test]
async fn who_changed_what_is_written_down() {
    let server = Server::new().await;
    things(&server).await;
    let query = store::AuditQuery::default();
    let audit = server.store.audit(&query, &store::Page::first(100)).await.unwrap();
    let said: Vec<_> = audit.rows.iter().map(|one| (one.author.as_str(), one.subject.as_str())).collect();
    assert!(said.contains(&("token administer", "line 1001")), "{said:?}");
}
