//! Keys and overrides, of phones and of groups.

use serde_json::json;

use crate::server::Server;

async fn with_phone() -> Server {
    let server = Server::new().await;
    server.post("/groups/profile", json!({ "name": "reception" })).await.ok(201);
    let body = json!({
        "phone": "SEP001122334455", "model": "8845", "profile": "reception",
        "lines": [{ "number": "1001", "password": "x" }],
    });
    server.post("/phones", body).await.ok(201);
    server
}

#[tokio::test]
async fn keys_are_set_listed_moved_and_cleared() {
    let server = with_phone().await;
    let keys = "/phones/SEP001122334455/keys";
    let blf = json!({ "feature": "blf", "settings": { "number": "1003", "label": "Ann" } });
    let set = server.put(&format!("{keys}/3"), blf.clone()).await.ok(200);
    assert_eq!((&set["button"], &set["settings"]["number"]), (&json!(3), &json!("1003")));
    server.put("/groups/profile/reception/keys/4", blf).await.ok(200);
    let listed = server.read(keys).await;
    let from: Vec<_> = listed["items"].as_array().unwrap().iter().map(|key| key["from"].clone()).collect();
    assert_eq!(from, ["phone", "phone", "profile reception"]);
    let moved = server.post(&format!("{keys}/3/move"), json!({ "to": 1 })).await.ok(200);
    let features: Vec<_> =
        moved["items"].as_array().unwrap().iter().map(|key| key["feature"].clone()).collect();
    assert_eq!(features, ["blf", "line"]);
    server.delete(&format!("{keys}/4?empty=true")).await.ok(200);
    let kept_empty = &server.read(keys).await["items"][2];
    assert_eq!((&kept_empty["button"], &kept_empty["feature"]), (&json!(4), &json!(null)));
    server.delete(&format!("{keys}/4")).await.ok(200);
    server.delete(&format!("{keys}/4")).await.problem(404);
    assert_eq!(server.read("/groups/profile/reception/keys").await["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_key_cannot_be_is_told() {
    let server = with_phone().await;
    let keys = "/phones/SEP001122334455/keys";
    for (key, status, says) in [
        (json!({ "feature": "bfl" }), 422, "no key feature"),
        (json!({ "feature": "blf" }), 422, "needs number"),
        (json!({ "feature": "line", "line": "9999" }), 404, "no line 9999"),
        (json!({ "feature": "line", "line": "9 9" }), 422, "cannot be the number"),
        (
            json!({ "feature": "blf", "line": "1001", "settings": { "number": "1" } }),
            422,
            "belongs to no line",
        ),
    ] {
        let problem = server.put(&format!("{keys}/3"), key.clone()).await.problem(status);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{key}: {problem}");
    }
    let key = json!({ "feature": "blf", "settings": { "number": "1" } });
    server.put(&format!("{keys}/0"), key.clone()).await.problem(422);
    server.put(&format!("{keys}/999"), key.clone()).await.problem(422);
    server.put(&format!("{keys}/x"), key.clone()).await.problem(404);
    server.put(&format!("{keys}/99999999"), key).await.problem(404);
}

#[tokio::test]
async fn overrides_are_put_and_dropped() {
    let server = with_phone().await;
    let overrides = "/phones/SEP001122334455/overrides";
    let put = server.post(overrides, json!({ "path": "vendorConfig/webAccess", "text": "0" })).await.ok(200);
    assert_eq!(
        put["items"][0],
        json!({ "path": "vendorConfig/webAccess", "kind": "text", "value": "0", "secret": false })
    );
    let secret = json!({ "path": "sshPassword", "text": "s3cret" });
    let put = server.post(overrides, secret).await;
    assert!(!put.text().contains("s3cret") && put.ok(200)["items"][1]["secret"] == true, "{}", put.text());
    server.post(overrides, json!({ "path": "a b", "text": "" })).await.problem(422);
    server.post(overrides, json!({ "path": "x" })).await.problem(422);
    server.post(overrides, json!({ "path": "x", "text": "1", "remove": true })).await.problem(422);
    server.post(overrides, json!({ "path": "x", "fragment": "<x><y>" })).await.problem(422);
    let dropped = server.delete(&format!("{overrides}?path=vendorConfig%2FwebAccess")).await.ok(200);
    assert_eq!(dropped["items"].as_array().unwrap().len(), 1);
    server.delete(&format!("{overrides}?path=vendorConfig%2FwebAccess")).await.problem(404);
    let of_group = "/groups/profile/reception/overrides";
    server.post(of_group, json!({ "path": "vendorConfig/webAccess", "remove": true })).await.ok(200);
    assert_eq!(server.read(of_group).await["items"][0]["kind"], "remove");
}

/// Two who read the same key or the same overrides: the second is told.
#[tokio::test]
async fn keys_and_overrides_that_changed_meanwhile_are_not_overwritten() {
    let server = Server::new().await;
    server.post("/phones", json!({ "phone": "SEP001122334455", "model": "8845" })).await.ok(201);
    server.post("/groups/profile", json!({ "name": "reception" })).await.ok(201);
    let blf =
        |number: &str| json!({ "feature": "speed_dial", "settings": { "number": number, "label": "x" } });
    for whose in ["/phones/SEP001122334455", "/groups/profile/reception"] {
        let at = format!("{whose}/keys/3");
        server.get(&at).await.problem(404);
        server.put(&at, blf("1")).await.ok(200);
        let tag = server.get(&at).await.header("etag").to_owned();
        let ask = |method: &str| server.ask(method, &at).header("if-match", &tag);
        let changed = ask("PUT").json(&blf("2")).send().await;
        assert_eq!((changed.status, server.get(&at).await.header("etag")), (200, changed.header("etag")));
        ask("PUT").json(&blf("3")).send().await.problem(412);
        ask("DELETE").send().await.problem(412);
        assert_eq!(server.read(&at).await["settings"]["number"], "2");
        server.ask("DELETE", &at).header("if-match", changed.header("etag")).send().await.ok(200);

        let at = format!("{whose}/overrides");
        let tag = server.get(&at).await.header("etag").to_owned();
        let put = |text: &str| json!({ "path": "vendorConfig/webAccess", "text": text });
        server.ask("POST", &at).header("if-match", &tag).json(&put("1")).send().await.ok(200);
        server.ask("POST", &at).header("if-match", &tag).json(&put("0")).send().await.problem(412);
        let path = format!("{at}?path=vendorConfig/webAccess");
        server.ask("DELETE", &path).header("if-match", &tag).send().await.problem(412);
        assert_eq!(server.read(&at).await["items"][0]["value"], "1");
    }
}
