//! Profiles, sites and series.

use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_group_is_added_copied_changed_and_removed() {
    let server = Server::new().await;
    let body = json!({ "name": "Empfang / Süd", "description": "vorn", "settings": { "web_access": "on" } });
    let reply = server.post("/groups/profile", body).await;
    reply.ok(201);
    let at = "/groups/profile/Empfang%20%2F%20S%C3%BCd";
    assert_eq!(reply.header("location"), format!("/api/v1{at}"));
    assert_eq!(server.read(at).await["description"], "vorn");
    server.post(&format!("{at}/copy"), json!({ "name": "other" })).await.ok(201);
    let change = json!({ "description": "", "settings": { "web_access": null } });
    let changed = server.patch(at, change).await.ok(200);
    assert_eq!((&changed["description"], &changed["settings"]), (&json!(""), &json!({})));
    assert_eq!(server.read("/groups/profile/other").await["settings"], json!({ "web_access": "on" }));
    let names = server.read("/groups/profile").await;
    assert_eq!(names["items"].as_array().unwrap().len(), 2);
    server.delete(at).await.ok(200);
    server.get(at).await.problem(404);
}

#[tokio::test]
async fn a_group_with_phones_stays() {
    let server = Server::new().await;
    server.post("/groups/site", json!({ "name": "berlin" })).await.ok(201);
    let body = json!({ "phone": "SEP001122334455", "model": "8845", "site": "berlin" });
    server.post("/phones", body).await.ok(201);
    assert_eq!(server.read("/groups/site/berlin").await["phones"], 1);
    server.delete("/groups/site/berlin").await.problem(409);
    server.patch("/phones/SEP001122334455", json!({ "site": null })).await.ok(200);
    server.delete("/groups/site/berlin").await.ok(200);
}

#[tokio::test]
async fn a_series_is_what_the_catalogue_says() {
    let server = Server::new().await;
    assert_eq!(server.read("/groups/series/8800").await["settings"], json!({}));
    server.patch("/groups/series/8800", json!({ "settings": { "web_access": "off" } })).await.ok(200);
    assert_eq!(server.read("/groups/series").await["items"][0]["settings"], json!({ "web_access": "off" }));
    let problem = server.get("/groups/series/8888").await.problem(404);
    assert!(problem["detail"].as_str().unwrap().contains("8800"), "{problem}");
    server.post("/groups/series/8800/copy", json!({ "name": "x" })).await.problem(422);
    server.post("/groups/series", json!({ "name": "1234" })).await.problem(422);
    server.get("/groups/kind").await.problem(404);
    server.post("/groups/profile", json!({ "name": " x" })).await.problem(422);
    server
        .post("/groups/profile", json!({ "name": "x", "settings": { "description": "y" } }))
        .await
        .problem(422);
}
