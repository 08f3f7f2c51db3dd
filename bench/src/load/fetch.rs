//! One file at a time, without hurry: the look before and after a measurement that the bytes are right.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
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

/// The bytes of `name` over TFTP, in blocks of 512 bytes.
pub(crate) fn tftp(address: SocketAddr, name: &str) -> Result<Vec<u8>> {
    let socket = UdpSocket::bind((address.ip(), 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send_to(&[b"\0\x01", name.as_bytes(), b"\0octet\0"].concat(), address)?;
    let (mut bytes, mut datagram, mut last) = (Vec::new(), [0; 1024], 0_u16);
    loop {
        let (length, from) =
            socket.recv_from(&mut datagram).with_context(|| format!("{name} from {address}"))?;
        let (head, data) =
            datagram.get(..length).and_then(|all| all.split_at_checked(4)).context("a stub came")?;
        ensure!(head.starts_with(&[0, 3]), "{address} refuses {name}: {}", String::from_utf8_lossy(data));
        let [high, low] = last.wrapping_add(1).to_be_bytes();
        if head.ends_with(&[high, low]) {
            last = last.wrapping_add(1);
            bytes.extend_from_slice(data);
        }
        let [high, low] = last.to_be_bytes();
        socket.send_to(&[0, 4, high, low], from)?;
        if head.ends_with(&[high, low]) && data.len() < 512 {
            return Ok(bytes);
        }
    }
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned()
}
