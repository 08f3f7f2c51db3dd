//! A server that does a TLS handshake, takes a request of known length, gives one answer, and nothing else: what the
//! machine can do at all. It is this program, started once more.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use clap::Args;
use pki::{
    Identity,
    tls::{Policy, Server as Tls},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::Builder,
};

use super::Server;
use crate::cpu::Cores;

/// How the bench starts itself as a bare server.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bare {
    /// Be a bare TLS server with this certificate.
    #[arg(long, hide = true, requires_all = ["bare_key", "bare_request", "bare_answer", "bare_ready"])]
    bare_certificate: Option<PathBuf>,
    /// Its key.
    #[arg(long, hide = true)]
    bare_key: Option<PathBuf>,
    /// How many bytes a request has.
    #[arg(long, hide = true)]
    bare_request: Option<usize>,
    /// The file that holds the answer.
    #[arg(long, hide = true)]
    bare_answer: Option<PathBuf>,
    /// Where to write the address.
    #[arg(long, hide = true)]
    bare_ready: Option<PathBuf>,
}

impl Bare {
    /// Serves for ever, if this is to be a bare server.
    pub(crate) fn serve(&self) -> Result<bool> {
        let Self {
            bare_certificate: Some(certificate),
            bare_key: Some(key),
            bare_request: Some(request),
            bare_answer: Some(answer),
            bare_ready: Some(ready),
        } = self
        else {
            return Ok(false);
        };
        let identity = Identity::read(certificate, key)?;
        let tls = Tls::new(Policy::LegacyPhone, &[&identity])?;
        let answer: &'static [u8] = Box::leak(std::fs::read(answer)?.into_boxed_slice());
        Builder::new_multi_thread().enable_all().build()?.block_on(serve(tls, *request, answer, ready))?;
        Ok(true)
    }
}

async fn serve(tls: Tls, request: usize, answer: &'static [u8], ready: &Path) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let listener = socket.listen(4096)?;
    std::fs::write(ready, listener.local_addr()?.to_string())?;
    loop {
        let (stream, _) = listener.accept().await?;
        let tls = tls.clone();
        tokio::spawn(async move {
            // Whoever goes away early is seen by the load.
            let _ = one(&tls, stream, request, answer).await;
        });
    }
}

async fn one(tls: &Tls, stream: TcpStream, request: usize, answer: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = tls.accept(stream).await?;
    stream.read_exact(&mut vec![0; request]).await?;
    stream.write_all(answer).await?;
    // Until the other side has closed.
    let _ = stream.read(&mut [0; 1]).await;
    Ok(stream.shutdown().await?)
}

/// Starts it on the servers' core.
pub(crate) fn start(
    dir: &Path,
    (certificate, key): (&Path, &Path),
    request: usize,
    answer: &[u8],
    cores: Cores,
) -> Result<(Server, SocketAddr)> {
    std::fs::create_dir_all(dir)?;
    let (said, ready) = (dir.join("answer"), dir.join("ready"));
    std::fs::write(&said, answer)?;
    if ready.exists() {
        std::fs::remove_file(&ready)?;
    }
    // This very program, even when another was built in its place meanwhile.
    let mut command = Command::new("/proc/self/exe");
    command.arg("--bare-certificate").arg(certificate).arg("--bare-key").arg(key);
    command.arg("--bare-request").arg(request.to_string());
    command.arg("--bare-answer").arg(&said).arg("--bare-ready").arg(&ready);
    let is_ready = || std::fs::read_to_string(&ready).ok().and_then(|text| text.parse().ok());
    let server = Server::start("bare handshakes", &mut command, &dir.join("log"), cores, &mut |_| {
        Ok(is_ready().is_some())
    })?;
    Ok((server, is_ready().context("the bare server has no address")?))
}
