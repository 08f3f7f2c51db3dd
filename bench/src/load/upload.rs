//! Uploads as phones make them: one form each, with a file that is made while it is sent.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    runtime::Builder,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{Clock, Tally, http::Head};

/// All uploads of a run together; the disk may be slow.
const PATIENCE: Duration = Duration::from_secs(300);
/// Sent at once.
const PIECE: usize = 64 * 1024;

/// `count` uploads of `bytes` each, all at one time, from an address each and as a device each.
pub(crate) fn run(
    server: SocketAddr,
    path: &str,
    count: u8,
    bytes: usize,
    device: impl Fn(u8) -> String,
) -> Result<Tally> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut clock = Clock::start();
    runtime.block_on(async {
        let mut running = JoinSet::new();
        for number in 0..count {
            let (path, device) = (path.to_owned(), device(number));
            running.spawn(
                async move { timeout(PATIENCE, upload(server, &path, number, bytes, &device)).await? },
            );
        }
        let began = Instant::now().into_std();
        while let Some(done) = running.join_next().await {
            match done? {
                Ok(()) => clock.done(began),
                Err(_) => clock.failed(),
            }
        }
        anyhow::Ok(())
    })?;
    Ok(clock.stop())
}

async fn upload(server: SocketAddr, path: &str, number: u8, bytes: usize, device: &str) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 1, number + 1), 0)))?;
    let mut stream = socket.connect(server).await?;
    let field = |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"");
    let before = format!(
        "{}\r\n\r\n{device}\r\n{}; filename=\"prt.tar.gz\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        field("devicename"),
        field("prt_file")
    );
    let behind = "\r\n--x--\r\n";
    let length = before.len() + bytes + behind.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost:{server}\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{before}").as_bytes()).await?;
    let piece = vec![number; PIECE];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(PIECE);
        stream.write_all(piece.get(..now).context("a piece is as long as that")?).await?;
        left -= now;
    }
    stream.write_all(behind.as_bytes()).await?;
    answered(&mut stream).await
}

async fn answered(stream: &mut TcpStream) -> Result<()> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let length = stream.read(&mut piece).await?;
        ensure!(length > 0, "the server hung up");
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
        if let Some(head) = Head::parse(&bytes) {
            ensure!(head.is_ok, "the server refuses: {}", String::from_utf8_lossy(&bytes));
            return Ok(());
        }
    }
}
