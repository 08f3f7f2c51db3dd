//! Lists part by part: every phone once, whatever the parts and the order.

use std::collections::BTreeSet;

use provision::inventory::{Change, Phone};
use provision::mac::Mac;
use provision::models;
use serde_json::json;

use crate::server::Server;

const PHONES: u16 = 237;

async fn filled() -> Server {
    let server = Server::new().await;
    let phone = |n: u16| {
        let [high, low] = n.to_be_bytes();
        let model = models::find(["8845", "7841", "8861"][usize::from(n % 3)]);
        let mut phone = Phone::new(Mac::new([2, 0, 0, 0, high, low]), model);
        phone.description = format!("phone {}", (u32::from(n) * 7919) % 1000);
        Change::PutPhone(phone)
    };
    let changes: Vec<_> = (0..PHONES).map(phone).collect();
    server.store.change(&changes).await.unwrap();
    server
}

/// All phones of a list, part by part.
async fn all(server: &Server, query: &str, limit: u32) -> Vec<String> {
    let (mut phones, mut cursor) = (Vec::new(), String::new());
    loop {
        let part = server.read(&format!("/phones?limit={limit}{query}{cursor}")).await;
        let items = part["items"].as_array().unwrap();
        assert!(items.len() <= limit as usize);
        phones.extend(items.iter().map(|item| item["phone"].as_str().unwrap().to_owned()));
        match part["next"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace('+', "%2B")),
            None => return phones,
        }
    }
}

#[tokio::test]
async fn every_phone_comes_once_whatever_the_parts() {
    let server = filled().await;
    for limit in [1, 7, 79, 236, 237, 238, 1000] {
        let phones = all(&server, "", limit).await;
        assert!(phones.is_sorted() && phones.len() == usize::from(PHONES), "{limit}");
    }
    for query in ["&model=7841", "&text=phone%201", "&state=active&model=8845"] {
        let phones = all(&server, query, 10).await;
        let total = server.read(&format!("/phones?{}", &query[1..])).await["total"].as_u64().unwrap();
        assert_eq!(phones.len() as u64, total, "{query}");
        assert!(total > 10 && phones.iter().collect::<BTreeSet<_>>().len() == phones.len(), "{query}");
    }
}

#[tokio::test]
async fn a_list_is_sorted_as_is_asked() {
    let server = filled().await;
    for sort in ["phone", "-phone", "description", "-description", "model", "-changed"] {
        let phones = all(&server, &format!("&sort={sort}"), 50).await;
        let each: BTreeSet<_> = phones.iter().collect();
        assert_eq!((phones.len(), each.len()), (usize::from(PHONES), usize::from(PHONES)), "{sort}");
    }
    let listed = server.read("/phones?sort=-description&limit=1000").await;
    let said: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|item| item["description"].as_str()).collect();
    assert!(said.is_sorted_by(|one, other| one >= other), "{said:?}");
    server.get("/phones?sort=colour").await.problem(400);
}

#[tokio::test]
async fn phones_that_go_meanwhile_hide_no_others() {
    let server = filled().await;
    let first = server.read("/phones?limit=100").await;
    let gone = first["items"][99]["phone"].as_str().unwrap();
    assert_eq!(first["next"], gone);
    server.delete(&format!("/phones/{gone}")).await.ok(200);
    let second = server.read(&format!("/phones?limit=1000&cursor={gone}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), usize::from(PHONES) - 100);
}

#[tokio::test]
async fn the_plan_looks_at_every_phone_once() {
    let server = filled().await;
    let (mut looked_at, mut cursor) = (0, String::new());
    loop {
        let part = server.read(&format!("/plan?limit=100{cursor}")).await;
        looked_at += part["looked_at"].as_u64().unwrap();
        assert_eq!(part["items"][0]["standing"], json!("never_fetched"));
        match part["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(looked_at, u64::from(PHONES));
}
