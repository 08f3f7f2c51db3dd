//! `offhook api` and `offhook token`, as people type them.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::server::Server;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program where the server's data are.
async fn offhook(server: &Server, words: &[&str]) -> Ran {
    let folder = server.folder.path();
    let settings = format!("data_dir = {:?}\n", folder.join("data"));
    std::fs::write(folder.join("offhook.toml"), settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK")) {
        command.env_remove(name);
    }
    command.env("OFFHOOK_SERVER", format!("http://{}", server.address)).env("OFFHOOK_TOKEN", server.token(2));
    let ran = command
        .current_dir(folder)
        .args(words)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    Ran {
        code: ran.status.code().unwrap(),
        out: String::from_utf8(ran.stdout).unwrap(),
        err: String::from_utf8(ran.stderr).unwrap(),
    }
}

async fn ok(server: &Server, words: &[&str]) -> Value {
    let ran = offhook(server, words).await;
    assert_eq!(ran.code, 0, "{words:?}: {}{}", ran.out, ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_api_can_do_is_done_from_elsewhere() {
    let server = Server::new().await;
    let lines = r#"lines:=[{"number": "1001", "password": "x"}]"#;
    ok(&server, &["api", "post", "/phones", "phone=SEP001122334455", "model=8845", lines]).await;
    let change = ["api", "patch", "/phones/SEP001122334455", "description=Ä & Ö", "settings.web_access=on"];
    assert_eq!(ok(&server, &change).await["settings"], json!({ "web_access": "on" }));
    let found = ok(&server, &["api", "get", "phones", "text=Ä &", "limit:=5"]).await;
    assert_eq!(found["total"], 1);
    std::fs::write(server.folder.path().join("more.csv"), "mac,model\nSEP001122334466,8845\n").unwrap();
    let job = ok(&server, &["api", "post", "/imports/phones", "--body", "more.csv"]).await;
    assert!(job["id"].is_u64(), "{job}");
    while ok(&server, &["api", "get", "/imports/1"]).await["ended"].is_null() {}
    let all = ok(&server, &["api", "get", "/phones", "limit=1", "--all"]).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    let export = offhook(&server, &["api", "get", "/exports/phones"]).await;
    assert!(export.out.starts_with("mac,"), "{}", export.out);
    ok(&server, &["api", "delete", "/phones/SEP001122334455", "with_lines=true"]).await;
    assert_eq!(server.read("/lines").await["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_told() {
    let server = Server::new().await;
    let ran = offhook(&server, &["api", "get", "/phones/SEP001122334455"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (1, "error: there is no phone SEP001122334455\n"));
    let ran = offhook(&server, &["api", "get", "/phones/SEP001122334455", "--json"]).await;
    assert!(ran.code == 1 && ran.out.contains("urn:offhook:problem:not-found"), "{}", ran.out);
    for words in [
        ["api", "get", "/phones", "--server", "https://pbx"],
        ["api", "get", "/phones", "--server", "pbx"],
        ["api", "delete", "/phones", "--all", "x=1"],
    ] {
        assert_eq!(offhook(&server, &words).await.code, 2, "{words:?}");
    }
    let ran = offhook(&server, &["api", "get", "/phones", "--server", "http://127.0.0.1:1"]).await;
    assert!(ran.code == 1 && ran.err.contains("cannot ask http://127.0.0.1:1"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_added_listed_and_removed() {
    let server = Server::new().await;
    let ran = offhook(&server, &["token", "add", "billing", "--scope", "read", "--days", "7"]).await;
    let shown = ran.out.trim();
    assert!(
        ran.code == 0 && shown.starts_with("offhook_") && !ran.err.contains(shown),
        "{}{}",
        ran.out,
        ran.err
    );
    crate::asking::Ask::new(server.address, "GET", "/phones").token(shown).send().await.ok(200);
    let listed = offhook(&server, &["token", "list"]).await.out;
    assert!(listed.contains("billing") && !listed.contains(shown), "{listed}");
    assert_eq!(offhook(&server, &["token", "add", "billing", "--scope", "read"]).await.code, 1);
    assert_eq!(offhook(&server, &["token", "add", "x", "--scope", "all"]).await.code, 2);
    assert_eq!(offhook(&server, &["token", "remove", "billing"]).await.code, 0);
    crate::asking::Ask::new(server.address, "GET", "/phones").token(shown).send().await.problem(401);
    assert_eq!(offhook(&server, &["token", "remove", "billing"]).await.code, 1);
}
