//! Tokens: made, shown once, used, removed, guessed.

use offhook::admin::api::token::{self, Scope};
use serde_json::json;

use crate::asking::Ask;
use crate::server::Server;

#[tokio::test]
async fn a_token_is_told_once_and_holds_until_it_is_removed() {
    let server = Server::new().await;
    let made =
        server.post("/tokens", json!({ "name": "billing", "scope": "read", "days": 30 })).await.ok(201);
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("offhook_") && secret.len() == 72, "{secret}");
    let ask = || Ask::new(server.address, "GET", "/phones").token(&secret);
    ask().send().await.ok(200);
    let listed = server.get("/tokens").await;
    assert!(!listed.text().contains(&secret) && listed.text().contains("billing"), "{}", listed.text());
    server.post("/tokens", json!({ "name": "billing", "scope": "read" })).await.problem(409);
    server.delete("/tokens/billing").await.ok(200);
    ask().send().await.problem(401);
    server.delete("/tokens/billing").await.problem(404);
}

#[tokio::test]
async fn what_is_kept_is_a_hash() {
    let server = Server::new().await;
    let kept = server.store.tokens().await.unwrap();
    for token in kept {
        assert_eq!(token.hash.len(), 32);
        let shown = format!("{token:?}");
        assert!(!shown.contains("hash"), "{shown}");
    }
    for file in ["offhook.db", "offhook.db-wal"] {
        let Ok(bytes) = std::fs::read(server.folder.path().join("data").join(file)) else { continue };
        let shown = server.token(2).as_bytes();
        assert!(!bytes.windows(shown.len()).any(|part| part == shown));
    }
}

#[tokio::test]
async fn a_token_that_is_over_is_nobodys() {
    let server = Server::new().await;
    let over = token::make(&server.store, "old", Scope::ALL[2], Some(1_700_000_000)).await.unwrap();
    let reply = Ask::new(server.address, "GET", "/phones").token(&over.shown).send().await;
    reply.problem(401);
}

#[tokio::test]
async fn its_use_is_written_down() {
    let server = Server::new().await;
    server.get("/phones").await.ok(200);
    // It is written down beside the answer.
    for _ in 0..1000 {
        let token = server.store.tokens().await.unwrap().into_iter().find(|token| token.name == "administer");
        if token.unwrap().used.is_some() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it was not written down");
}

#[tokio::test]
async fn whoever_guesses_is_slowed_down_and_disturbs_nobody() {
    let server = Server::new().await;
    let guess = |n: usize| Ask::new(server.address, "GET", "/phones").token(&format!("offhook_{n:064x}"));
    for n in 0..10 {
        guess(n).send().await.problem(401);
    }
    let reply = guess(10).send().await;
    reply.problem(429);
    assert!(reply.header("retry-after").parse::<u32>().unwrap() > 0);
    for shown in ["Bearer", "Bearer x", "Basic b2ZmOmhvb2s=", "offhook_", "Bearer \u{e4}"] {
        let reply = Ask::new(server.address, "GET", "/phones").header("authorization", shown).send().await;
        reply.problem(429);
    }
    // Whoever has a right one is let in from the same address.
    server.get("/phones").await.ok(200);
}

#[tokio::test]
async fn names_and_days_are_checked() {
    let server = Server::new().await;
    for (body, pointer) in [
        (json!({ "name": "", "scope": "read" }), "/name"),
        (json!({ "name": "x\n", "scope": "all" }), "/scope"),
        (json!({ "name": "x", "scope": "read", "days": 0 }), "/days"),
        (json!({ "name": "x", "scope": "read", "days": -1 }), "/days"),
    ] {
        let problem = server.post("/tokens", body.clone()).await.problem(422);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}: {problem}");
    }
}
