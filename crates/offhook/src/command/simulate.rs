//! `offhook simulate`: virtual phones that boot against a server, one to see what it concludes, or many to see what
//! the server bears.

use std::{
    net::{IpAddr, SocketAddr},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use virtual_phone::{
    boot::Over,
    models::{self, Model},
    network::{Network, Patience, Server},
};

use super::Context;

mod boot;
mod enrol;
mod printed;
mod services;
mod storm;

/// Boot virtual phones against a server
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Boot(boot::Args),
    Enrol(enrol::Args),
    Storm(storm::Args),
    Services(services::Args),
}

impl Args {
    /// Does what the command says.
    pub fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Boot(args) => args.run(context),
            Verb::Enrol(args) => args.run(context),
            Verb::Storm(args) => args.run(context),
            Verb::Services(args) => args.run(context),
        }
    }
}

/// Where the server is, and over what to ask it.
#[derive(Debug, clap::Args)]
struct Target {
    /// The server's name or address
    #[arg(id = super::ELSEWHERE, long = "server", value_name = "HOST", default_value = "127.0.0.1")]
    server: String,
    /// Its port for provisioning over HTTP
    #[arg(long, value_name = "PORT", default_value_t = 6970)]
    http_port: u16,
    /// Its port for provisioning over HTTPS
    #[arg(long, value_name = "PORT", default_value_t = 6971)]
    https_port: u16,
    /// Its port for TFTP [default: 69; 6969 if you are not root and the server is this machine]
    #[arg(long, value_name = "PORT")]
    tftp_port: Option<u16>,
    /// Its port for the Trust Verification Service
    #[arg(long, value_name = "PORT", default_value_t = 2445)]
    tvs_port: u16,
    /// Fetch every file like this: `phone` (as the model does), `http`, `https` or `tftp`
    #[arg(long, value_name = "HOW", default_value_t)]
    over: Over,
}

impl Target {
    /// Looks the server up; phones use IPv4 unless they are told otherwise, so that comes first.
    async fn network(&self) -> anyhow::Result<Network> {
        let name = self.server.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((name, 0)).await;
        let found: Vec<SocketAddr> =
            found.with_context(|| format!("looking up the server `{name}`"))?.collect();
        let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
        let address = first.with_context(|| format!("the server `{name}` has no address"))?.ip();
        let server = Server {
            name: name.to_owned(),
            address,
            http: self.http_port,
            https: self.https_port,
            tvs: self.tvs_port,
            tftp: self.tftp_port.unwrap_or_else(|| default_tftp_port(address)),
        };
        Ok(Network::new(server, Patience::default()))
    }
}

/// A server that is not root's cannot have port 69, and takes 6969.
fn default_tftp_port(address: IpAddr) -> u16 {
    if address.is_loopback() && !nix::unistd::geteuid().is_root() { 6969 } else { 69 }
}

/// For `clap`: a model's name to the model.
fn model(name: &str) -> Result<&'static Model, models::UnknownModel> {
    models::find(name)
}

/// Now, as timestamps in files count it.
fn unix_now() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

/// One thread: a storm is a measure of the server, and should leave it the other cores.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
