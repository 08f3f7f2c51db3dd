//! Phones, from their first day to their last.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_phone_is_added_shown_changed_and_removed() {
    let server = Server::new().await;
    let body = json!({
        "phone": "00:11:22:33:44:55", "model": "8845", "description": "Empfang ☎",
        "settings": { "web_access": "on" },
        "lines": [{ "number": "1001", "password": "s3cret", "label": "Anna" }, { "number": "1002" }],
    });
    let reply = server.post("/phones", body).await;
    let added = reply.ok(201);
    assert_eq!(reply.header("location"), "/api/v1/phones/SEP001122334455");
    assert_eq!(added["placed"][0], json!({ "button": 1, "line": "1001", "new": true }));
    assert!(!reply.text().contains("s3cret"));
    let shown = server.read("/phones/SEP001122334455").await;
    assert_eq!(shown["description"], "Empfang ☎");
    assert_eq!(shown["settings"], json!({ "web_access": "on" }));
    assert_eq!(shown["keys"][0]["line"], "1001");
    // Any usual spelling names it.
    assert_eq!(server.read("/phones/0011.2233.4455").await, shown);
    let change = json!({ "description": "Lager", "settings": { "web_access": null, "ssh_access": "off" } });
    let changed = server.patch("/phones/SEP001122334455", change).await.ok(200);
    assert_eq!(
        (&changed["description"], &changed["settings"]),
        (&json!("Lager"), &json!({ "ssh_access": "off" }))
    );
    let removed = server.delete("/phones/SEP001122334455?with_lines=true").await.ok(200);
    assert_eq!(removed, json!({ "phone": "SEP001122334455", "lines": ["1001", "1002"] }));
    server.get("/phones/SEP001122334455").await.problem(404);
    server.get("/lines/1001").await.problem(404);
}

#[tokio::test]
async fn a_made_up_password_is_told_once() {
    let server = Server::new().await;
    let body = json!({ "phone": "SEP001122334455", "model": "8845", "lines": [{ "number": "1001" }] });
    let added = server.post("/phones", body).await.ok(201);
    let password = added["placed"][0]["made_up_password"].as_str().unwrap().to_owned();
    assert_eq!(password.len(), 20);
    for path in [
        "/phones",
        "/phones/SEP001122334455",
        "/lines",
        "/lines/1001",
        "/phones/SEP001122334455/keys",
        "/phones/SEP001122334455/explanation",
        "/phones/SEP001122334455/configuration",
        "/phones/SEP001122334455/findings",
        "/exports/phones",
        "/exports/phones?format=json",
        "/plan",
    ] {
        let reply = server.get(path).await;
        assert!(reply.status == 200 && !reply.text().contains(&password), "{path}: {}", reply.text());
    }
    assert_eq!(server.read("/lines/1001").await["password_set"], true);
}

#[tokio::test]
async fn what_is_wrong_names_its_field() {
    let server = Server::new().await;
    server.post("/phones", json!({ "phone": "SEP001122334455", "model": "8845" })).await.ok(201);
    for (change, pointer, says) in [
        (json!({ "settings": { "web_acess": "on" } }), "/settings/web_acess", "perhaps web_access"),
        (json!({ "settings": { "web_access": "onn" } }), "/settings/web_access", "perhaps on"),
        (json!({ "settings": { "model": "8861" } }), "/settings/model", "beside settings"),
        (json!({ "model": "8846" }), "/model", "there is no model"),
        (json!({ "state": "activ" }), "/state", "perhaps active"),
        (json!({ "description": "a\u{7}b" }), "/description", "control characters"),
        (json!({ "descrption": "x" }), "/descrption", "unknown field"),
        (json!({ "description": 7 }), "/description", "expected a string"),
        (json!({ "settings": { "web_access": 1 } }), "/settings/web_access", "expected a string"),
    ] {
        let problem = server.patch("/phones/SEP001122334455", change.clone()).await.problem(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{change}: {problem:#}");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{change}: {problem:#}");
    }
    let problem = server.patch("/phones/SEP001122334455", json!({ "site": "nowhere" })).await.problem(404);
    assert!(!problem.to_string().contains("offhook site add"), "commands are no help to programs: {problem}");
    let twice = json!({ "phone": "SEP001122334455", "model": "8845" });
    assert_eq!(server.post("/phones", twice).await.problem(409)["type"], "urn:offhook:problem:exists");
    let lines = json!({ "phone": "SEP001122334466", "model": "8845", "lines": [{ "number": "1001" }, { "number": "10 2" }] });
    let problem = server.post("/phones", lines).await.problem(422);
    assert_eq!(problem["errors"][0]["pointer"], "/lines/1/number");
}

#[tokio::test]
async fn several_wrong_settings_are_told_at_once() {
    let server = Server::new().await;
    server.post("/phones", json!({ "phone": "SEP001122334455", "model": "8845" })).await.ok(201);
    let change = json!({ "settings": { "web_access": "perhaps", "nonsense": "1", "ssh_access": "off" } });
    let problem = server.patch("/phones/SEP001122334455", change).await.problem(422);
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
    assert_eq!(pointers, ["/settings/nonsense", "/settings/web_access"]);
    assert_eq!(server.read("/phones/SEP001122334455").await["settings"], json!({}));
}

#[tokio::test]
async fn another_device_takes_the_place_of_one() {
    let server = Server::new().await;
    let body = json!({ "phone": "SEP001122334455", "model": "8845", "lines": [{ "number": "1001", "password": "x" }] });
    server.post("/phones", body).await.ok(201);
    let by = json!({ "by": "SEP665544332211", "model": "8861" });
    let new = server.post("/phones/SEP001122334455/replace", by).await.ok(200);
    assert_eq!((&new["phone"], &new["model"]), (&json!("SEP665544332211"), &json!("8861")));
    assert_eq!(new["keys"][0]["line"], "1001");
    server.get("/phones/SEP001122334455").await.problem(404);
    let itself = json!({ "by": "SEP665544332211" });
    server.post("/phones/SEP665544332211/replace", itself).await.problem(422);
}

#[tokio::test]
async fn a_waiting_phone_is_claimed_by_its_code() {
    let server = Server::new().await;
    let mac = "SEP001122334455".parse().unwrap();
    let newcomer = store::Newcomer { mac, source: "192.0.2.1", now: 1_700_000_000 };
    server.store.park(newcomer, 10, || "K7QM4X".into()).await.unwrap();
    let waiting = server.read("/waiting").await;
    assert_eq!((&waiting["items"][0]["code"], &waiting["total"]), (&json!("K7QM4X"), &json!(1)));
    let body = json!({ "model": "7841", "lines": [{ "number": "1001", "password": "x" }] });
    server.post("/waiting/QQQQQQ/claim", body.clone()).await.problem(404);
    let claimed = server.post("/waiting/k7qm4x/claim", body.clone()).await.ok(201);
    assert_eq!((&claimed["state"], &claimed["phone"]), (&json!("active"), &json!("SEP001122334455")));
    server.post("/waiting/K7QM4X/claim", body).await.problem(404);
}

#[tokio::test]
async fn any_text_survives() {
    let server = Server::new().await;
    let text = "<script>alert('&\"')</script> 电话 \u{1f4de} \\u0000 %00 ../..";
    let body = json!({ "phone": "SEP001122334455", "model": "8845", "description": text, "notes": "a\nb" });
    server.post("/phones", body).await.ok(201);
    let shown = server.read("/phones/SEP001122334455").await;
    assert_eq!((&shown["description"], &shown["notes"]), (&json!(text), &json!("a\nb")));
    let reply = server.get("/phones/SEP001122334455").await;
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
}
