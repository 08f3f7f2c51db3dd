//! Who may what: every address is asked by everybody.

use serde_json::{Value, json};

use crate::asking::Ask;
use crate::server::Server;

/// What stands for a part of an address; nothing of that name is there.
fn filled(path: &str) -> String {
    let mut filled = path.to_owned();
    for (name, value) in [
        ("{phone}", "SEP0011223344EE"),
        ("{number}", "9999"),
        ("{button}", "3"),
        ("{kind}", "profile"),
        ("{code}", "QQQQQQ"),
        ("{id}", "4711"),
        ("{name}", "nothing"),
    ] {
        filled = filled.replace(name, value);
    }
    assert!(!filled.contains('{'), "{filled}: say what stands for that");
    filled
}

/// Every operation: method, path, the least scope as the description says it.
fn operations() -> Vec<(String, String, usize)> {
    let document: Value = serde_json::from_str(&offhook::admin::api::description()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scope = operation["security"][0]["token"][0].as_str();
            let scope = ["read", "operate", "administer"].iter().position(|word| Some(*word) == scope);
            let scope = scope.unwrap_or_else(|| panic!("{method} {path} says no scope"));
            all.push((method.to_uppercase(), filled(path), scope));
        }
    }
    assert!(all.len() > 50, "{} operations", all.len());
    all
}

fn is_served(status: u16) -> bool {
    // 503: a part of the server that is not there in this test.
    !matches!(status, 401 | 403 | 405 | 500..=502 | 504..)
}

#[tokio::test]
async fn every_address_takes_the_scope_that_it_says_and_no_less() {
    let server = Server::trusted().await;
    for (method, path, least) in operations() {
        let ask = || Ask::new(server.address, &method, &path).json(&json!({}));
        let reply = ask().send().await;
        reply.problem(401);
        assert_eq!(reply.header("www-authenticate"), "Bearer", "{method} {path}");
        for scope in 0..3 {
            let reply = ask().token(server.token(scope)).send().await;
            if scope < least {
                reply.problem(403);
            } else {
                assert!(is_served(reply.status), "{method} {path} by {scope}: {}", reply.text());
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_which_are_right() {
    let server = Server::new().await;
    let reply = server.ask("PUT", "/phones").json(&json!({})).send().await;
    reply.problem(405);
    assert!(reply.header("allow").contains("POST"), "{:?}", reply.headers);
    server.get("/nothing/here").await.problem(404);
    server.get("/phones/").await.problem(404);
    server.get("").await.problem(404);
}

#[tokio::test]
async fn the_description_is_for_everybody() {
    let server = Server::new().await;
    let reply = Ask::new(server.address, "GET", "/openapi.json").send().await;
    assert_eq!(reply.ok(200)["openapi"], "3.1.0");
    let reply = Ask::new(server.address, "HEAD", "/openapi.json").send().await;
    assert!(reply.status == 200 && reply.bytes.is_empty());
}
