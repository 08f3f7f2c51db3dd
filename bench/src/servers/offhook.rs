//! offhook itself: the release binary with its defaults, quiet as the peers are, on ports that the system chooses.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Server;
use crate::cpu::Cores;

/// Starts offhook for the files in `root`; `dir` keeps its data, so that a second start finds its certificates.
pub(crate) fn start(binary: &Path, dir: &Path, root: &Path, cores: Cores) -> Result<Server> {
    start_with(binary, dir, root, cores, "")
}

/// The same on another database than a file of its own.
pub(crate) fn start_on(
    binary: &Path,
    dir: &Path,
    root: &Path,
    cores: Cores,
    database: &str,
) -> Result<Server> {
    start_written(binary, dir, cores, &format!("database = \"{database}\"\n{}", settings(dir, root)))
}

/// The same with `more` settings: sections that are not there already.
pub(crate) fn start_with(binary: &Path, dir: &Path, root: &Path, cores: Cores, more: &str) -> Result<Server> {
    start_written(binary, dir, cores, &(settings(dir, root) + more))
}

fn start_written(binary: &Path, dir: &Path, cores: Cores, settings: &str) -> Result<Server> {
    fs::create_dir_all(dir)?;
    let config = dir.join("offhook.toml");
    fs::write(&config, settings)?;
    let ready = dir.join("ready.json");
    if ready.exists() {
        fs::remove_file(&ready)?;
    }
    let mut command = Command::new(binary);
    command.arg("serve").arg("--config").arg(&config).arg("--ready-file").arg(&ready).current_dir(dir);
    Server::start("offhook", &mut command, &dir.join("offhook.log"), cores, &mut |server| {
        let Ok(text) = fs::read_to_string(&ready) else { return Ok(false) };
        let Ok(bound) = serde_json::from_str::<Value>(&text) else { return Ok(false) };
        server.http = address(&bound, "provisioning");
        server.https = address(&bound, "secure_provisioning");
        server.tftp = address(&bound, "tftp");
        server.tvs = address(&bound, "tvs");
        server.capf = address(&bound, "capf");
        server.services = address(&bound, "services");
        server.admin = address(&bound, "admin");
        Ok(true)
    })
}

/// The certificate and key that offhook made for 6971, for a peer that shall use the same.
pub(crate) fn provisioning_identity(dir: &Path) -> Result<(PathBuf, PathBuf)> {
    let folder = dir.join("data/certificates");
    let files = (folder.join("provisioning.crt.pem"), folder.join("provisioning.key.pem"));
    fs::metadata(&files.1).with_context(|| format!("offhook left no {}", files.1.display()))?;
    Ok(files)
}

fn settings(dir: &Path, root: &Path) -> String {
    format!(
        r#"data_dir = "{data}"
document_root = "{root}"
[listen]
tftp = "127.0.0.1:0"
provisioning = "127.0.0.1:0"
secure_provisioning = "127.0.0.1:0"
services = "127.0.0.1:0"
secure_services = "127.0.0.1:0"
tvs = "127.0.0.1:0"
capf = "127.0.0.1:0"
admin = "127.0.0.1:0"
[log]
filter = "warn"
"#,
        data = dir.join("data").display(),
        root = root.display(),
    )
}

/// The first address of a listener in the ready file, which holds one address or a list of them.
fn address(bound: &Value, listener: &str) -> Option<SocketAddr> {
    let value = bound.get("listeners").unwrap_or(bound).get(listener)?;
    let value = value.get("addresses").unwrap_or(value);
    value.get(0).unwrap_or(value).as_str()?.parse().ok()
}
