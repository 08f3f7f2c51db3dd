//! The servers under measurement: started in folders of their own on the servers' core, stopped whatever happens.

pub(crate) mod bare;
pub(crate) mod offhook;
pub(crate) mod peers;

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use nix::{sys::signal::Signal, unistd::Pid};

use crate::cpu::{self, Cores};

/// A first start makes seven keys; longer than this is a failure.
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(5);

/// A running server; dropping it stops it and all it started.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    child: Child,
    pub(crate) http: Option<SocketAddr>,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) tftp: Option<SocketAddr>,
    pub(crate) tvs: Option<SocketAddr>,
    pub(crate) capf: Option<SocketAddr>,
    pub(crate) services: Option<SocketAddr>,
    pub(crate) admin: Option<SocketAddr>,
}

impl Server {
    /// Starts `command` on the servers' core and waits until `is_ready`; `log` takes what it prints.
    fn start(
        name: &str,
        command: &mut Command,
        log: &Path,
        cores: Cores,
        is_ready: &mut dyn FnMut(&mut Self) -> Result<bool>,
    ) -> Result<Self> {
        let output = File::create(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child =
            cores.on_server_core(|| command.spawn().with_context(|| format!("cannot start {name}")))?;
        let mut server = Self {
            name: name.to_owned(),
            child,
            http: None,
            https: None,
            tftp: None,
            tvs: None,
            capf: None,
            services: None,
            admin: None,
        };
        let began = Instant::now();
        while !is_ready(&mut server)? {
            if let Some(status) = server.child.try_wait()? {
                bail!("{name} ended at once, {status}:\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            if began.elapsed() > START {
                bail!("{name} was not ready in {START:?}:\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(20));
        }
        cores.check(server.pid())?;
        Ok(server)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    pub(crate) fn http(&self) -> Result<SocketAddr> {
        self.http.with_context(|| format!("{} serves no HTTP here", self.name))
    }

    pub(crate) fn https(&self) -> Result<SocketAddr> {
        self.https.with_context(|| format!("{} serves no HTTPS here", self.name))
    }

    pub(crate) fn admin(&self) -> Result<SocketAddr> {
        self.admin.with_context(|| format!("{} has no page for administrators", self.name))
    }

    pub(crate) fn services(&self) -> Result<SocketAddr> {
        self.services.with_context(|| format!("{} serves no XML here", self.name))
    }

    pub(crate) fn tftp(&self) -> Result<SocketAddr> {
        self.tftp.with_context(|| format!("{} serves no TFTP here", self.name))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        cpu::signal_family(self.pid(), Signal::SIGTERM);
        let began = Instant::now();
        while began.elapsed() < STOP {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        cpu::signal_family(self.pid(), Signal::SIGKILL);
        // Gone or not, there is nothing more to do for it.
        let _ = self.child.wait();
    }
}

/// A port of loopback that was free a moment ago, for TCP and UDP.
fn free_port() -> Result<SocketAddr> {
    for _ in 0..100 {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        if UdpSocket::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no port of loopback is free")
}

fn accepts(address: SocketAddr) -> bool {
    TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_ok()
}

/// Whether a TFTP server answers, by asking it for a file that is not there.
fn answers_tftp(address: SocketAddr) -> Result<bool> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    socket.send_to(b"\0\x01is-anybody-there\0octet\0", address)?;
    Ok(socket.recv_from(&mut [0; 600]).is_ok())
}
