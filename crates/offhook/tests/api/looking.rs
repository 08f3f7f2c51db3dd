//! What is only looked at: configurations, the catalogue, health, trust, certificates of phones, reports.

use serde_json::json;
use store::{Call, Quality};

use crate::server::Server;

async fn with_phone(server: &Server) {
    let body = json!({
        "phone": "SEP001122334455", "model": "8845", "settings": { "web_access": "on" },
        "lines": [{ "number": "1001", "password": "s3cret", "label": "Anna" }],
    });
    server.post("/phones", body).await.ok(201);
}

#[tokio::test]
async fn a_configuration_is_shown_explained_looked_over_and_compared() {
    let server = Server::new().await;
    with_phone(&server).await;
    let at = "/phones/SEP001122334455";
    let document = server.get(&format!("{at}/configuration")).await;
    assert!(document.header("content-type").starts_with("application/xml"));
    assert!(
        document.text().contains("<featureLabel>Anna</featureLabel>") && !document.text().contains("s3cret")
    );
    let explained = server.read(&format!("{at}/explanation")).await;
    let values = explained["values"].as_array().unwrap();
    let web = values.iter().find(|value| value["name"] == "web_access").unwrap();
    assert_eq!((&web["value"], &web["from"]), (&json!("on"), &json!("phone")), "{web}");
    let password = values.iter().find(|value| value["name"] == "auth_password").unwrap();
    assert_eq!((&password["value"], &password["secret"]), (&json!(null), &json!(true)));
    assert_eq!(server.read(&format!("{at}/findings")).await["items"], json!([]));
    let own = document.bytes.to_vec();
    let other = document.text().replace("Anna", "Berta");
    for (body, differ) in [(own, vec![]), (other.into_bytes(), vec!["Berta"])] {
        let reply = server.ask("POST", &format!("{at}/diff")).body("application/xml", body).send().await;
        let compared = reply.ok(200);
        let said = compared["differences"].as_array().unwrap().iter();
        let said: Vec<_> =
            said.filter(|one| one["secret"] == false).map(|one| one["other"].clone()).collect();
        assert!(said.iter().all(|one| differ.iter().any(|word| one == word)), "{compared:#}");
        assert_eq!(said.is_empty(), differ.is_empty());
    }
    for (body, status) in [("", 400), ("<a/>", 422), ("nonsense", 400), ("<device>", 400)] {
        server.ask("POST", &format!("{at}/diff")).body("application/xml", body).send().await.problem(status);
    }
}

#[tokio::test]
async fn the_catalogue_is_told_for_a_model_or_a_series() {
    let server = Server::new().await;
    let models = server.read("/catalogue/models?series=8800").await;
    assert!(models["items"].as_array().unwrap().iter().all(|model| model["series"] == "8800"));
    let settings = server.read("/catalogue/settings?model=8845").await;
    let web = settings["items"].as_array().unwrap().iter().find(|one| one["key"] == "web_access").unwrap();
    assert_eq!(web["words"], json!(["on", "off"]));
    let keys = server.read("/catalogue/keys").await;
    assert!(keys["items"].as_array().unwrap().iter().any(|key| key["feature"] == "blf"));
    let problem = server.get("/catalogue/settings?model=8846").await.problem(422);
    assert!(problem["detail"].as_str().unwrap().contains("8846"), "{problem}");
}

#[tokio::test]
async fn health_and_trust_are_told() {
    let server = Server::trusted().await;
    let health = server.read("/health").await;
    assert_eq!((&health["phones"], &health["version"]), (&json!(0), &json!(env!("CARGO_PKG_VERSION"))));
    assert_eq!(server.read("/trust").await["reach"], "off");
    let plan = server.read("/trust/plan").await;
    assert_eq!(
        (&plan["published"], &plan["lost"], &plan["phones"]),
        (&json!(null), &json!(0), &json!([])),
        "{plan:#}"
    );
    assert_eq!(server.read("/trust/lists").await["items"], json!([]));
    let certificates = server.read("/certificates").await;
    assert!(
        certificates["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["name"] == "tvs" && one["key_is_here"] == true)
    );
    assert!(!certificates.to_string().contains("PRIVATE"));
}

#[tokio::test]
async fn a_certificate_of_a_phone_is_scheduled_and_cancelled() {
    let server = Server::new().await;
    with_phone(&server).await;
    let at = "/phones/SEP001122334455/lsc";
    let told = server
        .put(&format!("{at}/schedule"), json!({ "operation": "install", "within_days": 7 }))
        .await
        .ok(200);
    let password = told["password"].as_str().unwrap().to_owned();
    assert_eq!((password.len(), &told["scheduled"]["operation"]), (6, &json!("install rsa2048")), "{told}");
    for path in [at, "/lscs", "/lscs?scheduled=true"] {
        let reply = server.get(path).await;
        assert!(
            reply.text().contains("install rsa2048") && !reply.text().contains(&password),
            "{}",
            reply.text()
        );
    }
    let ec = json!({ "operation": "install", "key": "secp384r1", "proof": "none" });
    // A password that somebody was told must not become void unseen.
    server.put(&format!("{at}/schedule"), ec.clone()).await.problem(428);
    let tag = server.get(&format!("{at}/schedule")).await.header("etag").to_owned();
    let told =
        server.ask("PUT", &format!("{at}/schedule")).header("if-match", &tag).json(&ec).send().await.ok(200);
    server.ask("DELETE", &format!("{at}/schedule")).header("if-match", &tag).send().await.problem(412);
    let encrypted = server.put(&format!("{at}/encryption"), json!({ "encrypt": true })).await.ok(200);
    assert_eq!(encrypted["encrypt"], true);
    server.get(&format!("{at}/certificate")).await.problem(404);
    assert_eq!((&told["password"], &told["scheduled"]["proof"]), (&json!(null), &json!("none")));
    server.delete(&format!("{at}/schedule")).await.ok(200);
    assert_eq!(server.read(at).await["scheduled"], json!(null));
    server.get(&format!("{at}/schedule")).await.problem(404);
    server.ask("POST", &format!("{at}/revoke")).send().await.ok(200);
    for (body, pointer) in [
        (json!({ "operation": "install", "key": "rsa512" }), "/key"),
        (json!({ "operation": "fetch", "key": "rsa2048" }), "/key"),
        (json!({ "operation": "install", "password": "12" }), "/password"),
        (json!({ "operation": "install", "proof": "lsc", "password": "1234" }), "/password"),
        (json!({ "operation": "install", "within_days": 0 }), "/within_days"),
    ] {
        let problem = server.put(&format!("{at}/schedule"), body.clone()).await.problem(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
    server.get("/phones/SEP0011223344FF/lsc").await.problem(404);
}

#[tokio::test]
async fn reports_of_users_are_listed() {
    let server = Server::new().await;
    let mac = "SEP001122334455".parse().unwrap();
    let call = Call { jitter: Some(1500), ..Call::default() };
    let report = Quality { id: 0, mac, at: 1_700_000_000, line: None, reason: "Es knackt".into(), call };
    let id = server.store.report_quality(&report, 10).await.unwrap();
    let listed = server.read("/quality?phone=SEP001122334455").await;
    assert_eq!(
        (&listed["items"][0]["reason"], &listed["items"][0]["jitter_ms"]),
        (&json!("Es knackt"), &json!(1.5))
    );
    assert_eq!(server.read(&format!("/quality/{id}")).await["id"], id);
    let phones = server.read("/quality/phones").await;
    assert_eq!(
        (&phones["items"][0]["phone"], &phones["items"][0]["reports"]),
        (&json!("SEP001122334455"), &json!(1))
    );
    assert_eq!(server.read("/quality?reason=other").await["total"], 0);
    server.get("/quality/4711").await.problem(404);
    assert_eq!(server.read("/problem-reports").await["items"], json!([]));
}
