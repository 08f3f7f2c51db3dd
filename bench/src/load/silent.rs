//! Connections that are opened and say nothing.

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result};

/// Open until dropped.
#[derive(Debug)]
pub(crate) struct Silent {
    _streams: Vec<TcpStream>,
}

/// Opens `count` connections; one that is not taken in two seconds is left out, as a full server leaves it.
pub(crate) fn open(address: SocketAddr, count: usize) -> Result<Silent> {
    let mut streams = Vec::with_capacity(count);
    for number in 0..count {
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))
            .with_context(|| format!("silent connection {number} to {address}"))?;
        streams.push(stream);
    }
    Ok(Silent { _streams: streams })
}
