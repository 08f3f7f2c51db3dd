//! XML services over HTTP and HTTPS, met by `curl`, by `openssl`, and by whatever bytes there are.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod crowd;
mod pages;
mod reports;
mod secure;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use offhook::listener::{secure_services, services};
use offhook::trust::Certificates;
use support::Site;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// Running listeners for services.
struct Services {
    site: Site,
    plain: Vec<SocketAddr>,
    secure: Vec<SocketAddr>,
}

fn serve(change: impl FnOnce(&mut offhook::config::Resolved)) -> Services {
    let mut site = Site::new();
    change(&mut site.config);
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    Certificates::open_or_create(&folder, &[], site.config.provisioning.legacy_tls, now).unwrap();
    let app = site.app();
    let (plain, secure) = (
        services::bind(&site.config).unwrap().unwrap(),
        secure_services::bind(&site.config).unwrap().unwrap(),
    );
    let (plain_at, secure_at) = (plain.local_addrs(), secure.local_addrs());
    tokio::spawn(plain.serve(app.clone(), CancellationToken::new()));
    tokio::spawn(secure.serve(app, CancellationToken::new()));
    Services { site, plain: plain_at, secure: secure_at }
}

impl Services {
    /// What `curl` prints for a page: status, type and body.
    async fn curl(&self, page: &str, options: &[&str]) -> Shown {
        curl(&format!("http://{}{page}", self.plain[0]), options).await
    }

    fn reports(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.site.config.data_dir.join("reports")) else { return Vec::new() };
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    }
}

#[derive(Debug)]
struct Shown {
    status: u16,
    kind: String,
    body: Vec<u8>,
}

impl Shown {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn curl(url: &str, options: &[&str]) -> Shown {
    let mut command = Command::new("curl");
    command
        .args(["-sSgk", "--max-time", "60", "-w", "\n%{http_code} %{content_type}"])
        .args(options)
        .arg(url);
    let output = command.kill_on_drop(true).output().await.unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    let at = output.stdout.iter().rposition(|byte| *byte == b'\n').unwrap();
    let told = String::from_utf8(output.stdout[at + 1..].to_vec()).unwrap();
    let (status, kind) = told.split_once(' ').unwrap();
    Shown { status: status.parse().unwrap(), kind: kind.to_owned(), body: output.stdout[..at].to_vec() }
}
