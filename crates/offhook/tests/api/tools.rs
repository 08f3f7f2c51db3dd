//! What is looked over, written or restarted for somebody, and certificates.

use serde_json::{Value, json};

use crate::asking::Ask;
use crate::server::Server;
use crate::trust::audited;

#[tokio::test]
async fn a_file_that_anybody_wrote_is_looked_over() {
    let server = Server::new().await;
    let lint = |query: &str, body: &str| {
        server.ask("POST", &format!("/lint{query}")).body("application/octet-stream", body).send()
    };
    let found = lint("?name=SEP001122334455.cnf.xml", "<device><nonsense>1</nonsense>").await.ok(200);
    assert!(!found["items"].as_array().unwrap().is_empty(), "{found}");
    lint("?model=1234567", "<device/>").await.problem(422);
    let large = "x".repeat((4 << 20) + 1);
    lint("", &large).await.problem(413);
}

#[tokio::test]
async fn lines_for_dhcp_servers_are_written() {
    let server = Server::new().await;
    let all = server.read("/dhcp?address=192.0.2.5").await;
    assert_eq!((&all["servers"], &all["name"]), (&json!(["192.0.2.5"]), &json!("pbx.example.net")));
    assert_eq!(all["programs"].as_array().unwrap().len(), 6);
    let one = server.read("/dhcp?address=192.0.2.5&program=kea&phones_only=true").await;
    assert!(one["programs"][0]["snippet"].as_str().unwrap().contains("192.0.2.5"), "{one}");
    server.get("/dhcp?address=nowhere").await.problem(422);
    server.get("/dhcp?program=nothing").await.problem(400);
    let zones = server.read("/catalogue/zones").await;
    assert!(
        zones["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|zone| zone["places"].to_string().contains("Europe/Berlin"))
    );
}

#[tokio::test]
async fn a_phone_that_cannot_be_reached_says_why() {
    let server = Server::new().await;
    server.post("/phones", json!({ "phone": "SEP001122334455", "model": "8845" })).await.ok(201);
    let at = "/phones/SEP001122334455";
    let problem = server.ask("POST", &format!("{at}/restart")).send().await.problem(409);
    assert!(problem["detail"].as_str().unwrap().contains("8800"), "{problem}");
    server.post(&format!("{at}/execute"), json!({ "uris": ["Display:Off:60"] })).await.problem(409);
    for body in [json!({ "uris": [] }), json!({ "uris": ["Nonsense:1:2:3"] }), json!({})] {
        server.post(&format!("{at}/execute"), body).await.problem(422);
    }
    for path in ["restart", "execute"] {
        let body = json!({ "uris": ["Display:Off:60"] });
        server
            .post(
                &format!("/phones/SEP0011223344FF/{path}"),
                if path == "restart" { json!({}) } else { body.clone() },
            )
            .await
            .problem(404);
        let ask =
            Ask::new(server.address, "POST", &format!("{at}/{path}")).token(server.token(0)).json(&body);
        ask.send().await.problem(403);
    }
    assert!(audited(&server).await.iter().all(|(_, action, _)| action == "added"));
}

#[tokio::test]
async fn certificates_are_shown_and_manufacturers_come_and_go() {
    let server = Server::trusted().await;
    let tftp = server.read("/certificates/tftp").await;
    assert_eq!((&tftp["name"], &tftp["key_is_here"]), (&json!("tftp"), &json!(true)));
    let pem = server.get("/certificates/tftp/file").await;
    assert!(pem.text().starts_with("-----BEGIN CERTIFICATE") && !pem.text().contains("PRIVATE"));
    for path in ["/certificates/nothing", "/certificates/nothing/file", "/certificates/..%2Ftftp"] {
        server.get(path).await.problem(404);
    }
    let add = |name: &str, pem: &str| json!({ "name": name, "pem": pem, "allow_expired": true });
    let added = server.post("/manufacturers", add("cisco-sha2", &pem.text())).await.ok(201);
    assert_eq!((&added["sha256"], &added["allow_expired"]), (&tftp["sha256"], &json!(true)));
    server.post("/manufacturers", add("cisco-sha2", &pem.text())).await.problem(409);
    for (name, text, pointer) in
        [("../x", pem.text(), "/name"), ("", pem.text(), "/name"), ("x", "x".to_owned(), "/pem")]
    {
        let problem = server.post("/manufacturers", add(name, &text)).await.problem(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    assert_eq!(server.read("/manufacturers").await["items"][0]["name"], "cisco-sha2");
    server.delete("/manufacturers/nothing").await.problem(404);
    server.delete("/manufacturers/cisco-sha2").await.ok(200);
    assert_eq!(server.read("/manufacturers").await["items"], json!([]));
    let told = audited(&server).await;
    assert_eq!(
        told[0],
        ("token administer".to_owned(), "removed".to_owned(), "manufacturer cisco-sha2".to_owned())
    );
    let ask = Ask::new(server.address, "POST", "/manufacturers").token(server.token(1));
    ask.json(&Value::Null).send().await.problem(403);
}
