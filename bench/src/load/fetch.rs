//! One file at a time, without hurry: the look before and after a measurement that the bytes are right.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, ensure};

use super::http::{Ask, Head};

/// Longer than any answer of a server that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// The body of `name`, over a connection of its own.
pub(crate) fn http(address: SocketAddr, name: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&Ask::get(address, name).request)?;
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65536];
    loop {
        if let Some(head) = Head::parse(&bytes) {
            ensure!(head.is_ok, "{address} refuses {name}: {}", first_line(&bytes));
            let end = head.length + head.content_length;
            if let Some(body) = bytes.get(head.length..end) {
                return Ok(body.to_vec());
            }
        }
        let length = stream.read(&mut piece).with_context(|| format!("{name} from {address}"))?;
        ensure!(length > 0, "{address} hung up while sending {name}");
        bytes.extend_from_slice(piece.get(..length).unwrap_or_default());
    }
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}
