//! Bad input: whatever comes, a problem goes back, and nothing changes.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::asking::Ask;
use crate::server::Server;

#[tokio::test]
async fn what_is_no_json_is_told() {
    let server = Server::new().await;
    for body in ["", "{", "nonsense", "{\"phone\": }", "[1,2", "\u{feff}{}", "{} {}", "\"\\ud800\""] {
        let reply = server.ask("POST", "/phones").body("application/json", body).send().await;
        assert!(matches!(reply.status, 400 | 422), "{body:?}: {}", reply.text());
        reply.problem(reply.status);
    }
    let bytes = vec![b'{', b'"', 0xff, b'"', b':', b'1', b'}'];
    server.ask("POST", "/phones").body("application/json", bytes).send().await.problem(400);
    let deep = "[".repeat(100_000);
    server.ask("POST", "/phones").body("application/json", deep).send().await.problem(422);
    let deep = format!("{{\"kind\":\"rings\",\"content\":{}", "[".repeat(100_000));
    server.ask("PUT", "/documents/Ringlist.xml").body("application/json", deep).send().await.problem(400);
    for kind in ["text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data"] {
        server.ask("POST", "/phones").body(kind, "{}").send().await.problem(415);
    }
    server.ask("POST", "/phones").send().await.problem(415);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused() {
    let server = Server::new().await;
    let large = format!("{{\"notes\":\"{}\"}}", "x".repeat(2 << 20));
    server.ask("POST", "/phones").body("application/json", large).send().await.problem(413);
    assert_eq!(server.read("/phones").await["total"], 0);
}

#[tokio::test]
async fn who_only_looks_fills_no_memory() {
    let server = Server::new().await;
    let large = format!("{{\"words\":[\"phone\",\"list\"],\"given\":\"{}\"}}", "x".repeat(17 << 20));
    for (scope, status) in [(0, 413), (1, 422)] {
        let ask = Ask::new(server.address, "POST", "/commands").token(server.token(scope));
        ask.body("application/json", large.clone()).send().await.problem(status);
    }
}

#[tokio::test]
async fn strange_queries_are_told() {
    let server = Server::new().await;
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=x",
        "state=on",
        "model=1234567",
        "line=1%200",
        "cursor=x",
        "nonsense=1",
        "limit=1&limit=2",
        "sort=phone&cursor=%2B5",
    ] {
        let reply = server.get(&format!("/phones?{query}")).await;
        assert!(matches!(reply.status, 400 | 422), "{query}: {}", reply.text());
        reply.problem(reply.status);
    }
    for path in [
        "/phones/x",
        "/phones/%00",
        "/phones/%ff",
        "/phones/..%2f..%2fetc",
        "/lines/a%20b",
        "/quality/x",
        "/imports/0",
    ] {
        server.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn texts_that_harm_elsewhere_are_only_texts() {
    let server = Server::new().await;
    for text in
        ["'; DROP TABLE phones; --", "%' OR '1'='1", "\\", "${jndi:ldap://x}", "🦀".repeat(100).as_str()]
    {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for query in [
            "phones?text=",
            "lines?text=",
            "contacts?text=",
            "contacts?keys=",
            "contacts?book=",
            "phones?site=",
        ] {
            let reply = server.get(&format!("/{query}{encoded}")).await;
            assert_eq!(reply.status, 200, "{query}{text}: {}", reply.text());
        }
    }
    let reply = server.get("/phones?text=%00").await;
    assert!(reply.status < 500, "{}", reply.text());
}

#[tokio::test]
async fn a_session_of_a_browser_is_not_enough_to_change_anything() {
    let server = Server::new().await;
    let ask = || crate::asking::Ask::new(server.address, "POST", "/phones");
    let body = json!({ "phone": "SEP001122334455", "model": "8845" });
    ask().header("cookie", "session=whatever").json(&body).send().await.problem(401);
    ask().header("cookie", "session=whatever").body("text/plain", body.to_string()).send().await.problem(401);
}

#[tokio::test]
async fn a_client_that_never_ends_its_body_costs_only_its_own_place() {
    let server = Server::new().await;
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /api/v1/phones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{",
        server.token(2)
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    server.post("/phones", json!({ "phone": "SEP001122334455", "model": "8845" })).await.ok(201);
    slow.shutdown().await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(60), slow.read_to_string(&mut answer)).await;
    read.unwrap().unwrap();
    assert!(answer.is_empty() || answer.contains("problem+json"), "{answer}");
}

#[tokio::test]
async fn problems_are_in_the_same_words_everywhere() {
    let server = Server::new().await;
    let problem = server.get("/phones/SEP0011223344FF").await.problem(404);
    assert_eq!(
        problem,
        json!({
            "type": "urn:offhook:problem:not-found",
            "title": "There is no such thing",
            "status": 404,
            "detail": "there is no phone SEP0011223344FF",
        })
    );
}
