//! What `offhook serve` says once it serves: the table for people, the ready file for programs.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::{fs, io, process};

use anyhow::Context as _;
use provision::inventory::State;
use serde::Serialize;
use store::{Page, PhoneQuery};

use super::output::{Output, Table};
use crate::admin::{self, people};
use crate::config::Resolved;
use crate::inventory::Inventory;
use crate::listener::Name;

type Addresses = [(Name, Vec<SocketAddr>)];

/// Prints what listens where, and what to try next.
pub(super) async fn started(
    output: &Output,
    resolved: &Resolved,
    inventory: &Inventory,
    addresses: &Addresses,
) -> io::Result<()> {
    if output.is_json() {
        return output.value(&Ready::new(addresses));
    }
    let mut table = Table::new(["listener", "address", "what it is for"]);
    for (name, bound) in addresses {
        let shown: Vec<String> = bound.iter().map(SocketAddr::to_string).collect();
        table.row([name.as_str().to_owned(), shown.join(" "), name.purpose().to_owned()]);
    }
    output.line(format_args!("offhook {} serves phones.\n\n{table}\n", env!("CARGO_PKG_VERSION")))?;
    match &resolved.source {
        Some(file) => output.line(format_args!("Configuration  {}", file.display()))?,
        None => output.line("Configuration  defaults; `offhook init` writes a file with all settings")?,
    }
    output.line(format_args!("Inventory      {}", kept(inventory).await))?;
    output.line(format_args!(
        "Your files     {} (they win over what offhook makes)",
        resolved.document_root.display()
    ))?;
    if let Some(admin) = first(addresses, Name::Admin) {
        let place = admin::address(resolved, Some(admin)).unwrap_or_default();
        output.line(format_args!("Page           {place}/"))?;
        if let Some(link) = first_link(inventory, &place).await {
            output.line(format_args!("First log-in   {link}"))?;
        }
    }
    next_steps(output, resolved, addresses)
}

/// The link by which the first administrator comes in, while nobody can log in. `offhook user link` makes another.
async fn first_link(inventory: &Inventory, place: &str) -> Option<String> {
    let store = inventory.store();
    if store.has_users().await.unwrap_or(true) {
        return None;
    }
    let made = people::invite(store, None, people::now()).await;
    let failed = |error: &store::Error| tracing::warn!(%error, "no link for the first log-in could be made");
    Some(format!("{place}/welcome/{}", made.inspect_err(failed).ok()?))
}

/// Where the inventory is, and how many phones are in it.
async fn kept(inventory: &Inventory) -> String {
    let store = inventory.store();
    let count = |state| async move {
        let query = PhoneQuery { state, ..PhoneQuery::default() };
        store.phones(&query, &Page::first(0)).await.map_or(0, |listed| listed.total)
    };
    let (all, waiting) = (count(None).await, count(Some(State::Waiting)).await);
    let phones = match all {
        0 => "no phones yet".to_owned(),
        1 => "1 phone".to_owned(),
        many => format!("{many} phones"),
    };
    let waiting = match waiting {
        0 => String::new(),
        some => format!(", {some} waiting: `offhook phone list --state waiting`"),
    };
    format!("{} ({phones}{waiting})", store.name())
}

fn next_steps(output: &Output, resolved: &Resolved, addresses: &Addresses) -> io::Result<()> {
    let config = config_option(resolved);
    output.line("\nTry next:")?;
    output.line(format_args!(
        "  offhook{config} phone add SEP001122334455 --model 8845 --line 1001 --line 1002"
    ))?;
    output.line(format_args!("  offhook{config} key set SEP001122334455 3 blf 1003 --label Ann"))?;
    if let Some(command) = simulate(addresses) {
        output.line(format_args!("  {command}"))?;
    }
    output.line("  let DHCP option 150 (or 66) name this machine, and restart a phone")
}

/// What other commands need in order to see the same inventory.
fn config_option(resolved: &Resolved) -> String {
    let found_by_itself =
        |file: &Path| ["offhook.toml", "/etc/offhook/offhook.toml"].contains(&&*file.to_string_lossy());
    match resolved.source.as_deref() {
        Some(file) if !found_by_itself(file) => format!(" --config {}", file.display()),
        _ => String::new(),
    }
}

/// The command that boots a virtual phone against these listeners.
fn simulate(addresses: &Addresses) -> Option<String> {
    let roads = [
        (Name::Provisioning, "--http-port"),
        (Name::SecureProvisioning, "--https-port"),
        (Name::Tftp, "--tftp-port"),
        (Name::Tvs, "--tvs-port"),
    ];
    let defaults = Resolved::default().listen;
    // A server that gives no files boots no phone.
    let gives_files = |name: &Name| *name != Name::Tvs;
    let server =
        roads.iter().filter(|(name, _)| gives_files(name)).find_map(|(name, _)| first(addresses, *name))?;
    let mut command =
        format!("offhook simulate boot --model 8845 --mac 001122334455 --server {}", reachable(server).ip());
    for (name, option) in roads {
        let usual = name.of(&defaults).and_then(|listener| listener.addresses.first());
        if let Some(address) = first(addresses, name)
            && usual.is_some_and(|usual| usual.port() != address.port())
        {
            command.push_str(&format!(" {option} {}", address.port()));
        }
    }
    Some(command)
}

fn first(addresses: &Addresses, name: Name) -> Option<SocketAddr> {
    addresses.iter().find(|(other, _)| *other == name)?.1.first().copied()
}

/// An address by which this machine reaches its own listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    SocketAddr::new(ip, address.port())
}

#[derive(Serialize)]
struct Ready {
    pid: u32,
    version: &'static str,
    listeners: BTreeMap<&'static str, Vec<SocketAddr>>,
}

impl Ready {
    fn new(addresses: &Addresses) -> Self {
        let listeners = addresses.iter().map(|(name, bound)| (name.as_str(), bound.clone())).collect();
        Self { pid: process::id(), version: env!("CARGO_PKG_VERSION"), listeners }
    }
}

/// The file that says where a running server listens; gone when the server is.
#[derive(Debug)]
pub(super) struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Writes it whole or not at all: whoever waits for it never reads half.
    pub(super) fn write(path: PathBuf, addresses: &Addresses) -> anyhow::Result<Self> {
        let text = serde_json::to_string_pretty(&Ready::new(addresses))?;
        write_whole(&path, text.as_bytes())
            .with_context(|| format!("cannot write the ready file {}", path.display()))?;
        Ok(Self(path))
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", process::id()));
    let written = fs::File::create(&beside).and_then(|mut file| file.write_all(bytes));
    written.and_then(|()| fs::rename(&beside, path)).inspect_err(|_| {
        // Nothing of a failed attempt stays behind.
        let _ = fs::remove_file(&beside);
    })
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Somebody else may have taken it away already.
        let _ = fs::remove_file(&self.0);
    }
}
