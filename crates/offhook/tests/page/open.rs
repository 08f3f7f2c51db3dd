//! Where the page may be reached from: in the clear only by this machine, unless somebody says otherwise.

use std::process::Command;

use offhook::config::{Admin, Live};
use offhook::listener::{App, admin};
use tokio_util::sync::CancellationToken;

use crate::support;

/// What `offhook check` says of these settings, in a folder of its own.
fn checked(settings: &str) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("offhook.toml"), settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_offhook"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OFFHOOK")) {
        command.env_remove(name);
    }
    let ran = command.current_dir(folder.path()).args(["user", "list"]).output().unwrap();
    (ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned())
}

#[test]
fn an_address_that_others_reach_needs_tls_or_a_word() {
    for address in ["0.0.0.0:8970", "[::]:8970", "192.0.2.5:8970"] {
        let listen = format!("[listen]\nadmin = {address:?}\n");
        let (fine, said) = checked(&listen);
        assert!(!fine && said.contains("in the clear") && said.contains("admin.tls"), "{address}: {said}");
        assert!(said.contains("offhook.toml"), "it says where: {said}");
        for word in ["tls = true", "insecure = true"] {
            let (fine, said) = checked(&format!("{listen}[admin]\n{word}\n"));
            assert!(fine, "{address}, {word}: {said}");
        }
    }
    for address in ["127.0.0.1:8970", "[::1]:8970", "127.5.0.1:8970"] {
        assert!(checked(&format!("[listen]\nadmin = {address:?}\n")).0, "{address}");
    }
}

#[tokio::test]
async fn over_tls_cookies_are_bound_to_it() {
    let mut site = support::Site::new();
    let (certificate, key) = (site.outside().join("page.pem"), site.outside().join("page.key"));
    let mut made = Command::new("openssl");
    made.args([
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=page.example.net",
        "-days",
        "2",
        "-keyout",
    ]);
    assert!(made.arg(&key).arg("-out").arg(&certificate).output().unwrap().status.success());
    site.config.admin = Admin { tls: true, certificate: Some(certificate), key: Some(key), insecure: false };
    let bound = admin::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    let url = format!("sqlite://{}", site.outside().join("offhook.db").display());
    let store = store::Store::open_or_create(&url).await.unwrap();
    let config = Live::new(site.config.clone());
    let metrics = std::sync::Arc::default();
    let kept = offhook::inventory::Inventory::new(store, offhook::inventory::surroundings(&site.config));
    let artifacts = offhook::artifact::Artifacts::with_inventory(
        config.clone(),
        std::sync::Arc::clone(&metrics),
        Some(kept),
    );
    let app = App { config, artifacts, metrics, ..App::default() };
    let stop = CancellationToken::new();
    tokio::spawn(bound.serve(app, stop.clone()));
    let ran = tokio::process::Command::new("curl")
        .args(["-sik", "--max-time", "30", &format!("https://{address}/login")])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    let cookie =
        said.lines().find(|line| line.to_lowercase().starts_with("set-cookie: offhook-visit")).unwrap();
    assert!(cookie.contains("; Secure") && cookie.contains("HttpOnly"), "{cookie}");
    stop.cancel();
}
