//! The first line of a connection, looked at before HTTP is spoken. One that has no end is answered with a page of its
//! own, and one with bytes that are no text is escaped; the HTTP library would refuse both without a word.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

/// A stream whose first bytes were read already.
pub(super) struct Rewound<S> {
    first: BytesMut,
    stream: S,
}

/// Longer than the longest address of a phone, and all that the HTTP library is asked to hold.
const LONGEST_LINE: usize = 12 * 1024;
/// So much of a line that is too long is read and thrown away, so that the peer gets to read the answer.
const LONGEST_REST: u64 = 4 << 20;

/// Reads up to the end of the first line. `Err` gives back a stream whose line is too long.
pub(super) async fn look<S: AsyncRead + Unpin>(
    mut stream: S,
    patience: Duration,
) -> io::Result<Result<Rewound<S>, S>> {
    let mut first = BytesMut::with_capacity(1024);
    let reading = async {
        while !first.contains(&b'\n') && first.len() <= LONGEST_LINE {
            if stream.read_buf(&mut first).await? == 0 {
                break;
            }
        }
        io::Result::Ok(())
    };
    tokio::time::timeout(patience, reading).await.map_err(|_| io::ErrorKind::TimedOut)??;
    let ends = first.iter().position(|byte| *byte == b'\n').unwrap_or(first.len());
    if ends > LONGEST_LINE {
        return Ok(Err(stream));
    }
    let rest = first.split_off(ends);
    let mut first = escaped(&first);
    first.unsplit(rest);
    Ok(Ok(Rewound { first, stream }))
}

/// Letters of old phones stand in addresses as they are, one byte each.
fn escaped(line: &[u8]) -> BytesMut {
    let mut escaped = BytesMut::with_capacity(line.len());
    for byte in line {
        if byte.is_ascii() {
            escaped.extend_from_slice(&[*byte]);
        } else {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    escaped
}

/// Reads what a peer still wants to say, and drops it.
pub(super) async fn drain<S: AsyncRead + Unpin>(stream: S, patience: Duration) {
    let mut rest = stream.take(LONGEST_REST);
    // However it ends, the connection is over.
    let _ = tokio::time::timeout(patience, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let length = self.first.len().min(buf.remaining());
        buf.put_slice(&self.first[..length]);
        self.first.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
