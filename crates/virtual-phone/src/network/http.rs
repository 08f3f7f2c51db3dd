//! HTTP as phones speak it: one request line, one `Host` header without a space, nothing else; one connection a file.

use std::{net::IpAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use super::{Caller, Fetched, Network, no_connection};
use crate::ask::{Ask, Trouble};

/// Longer heads than this are no answer to a phone; call managers send four lines.
const LONGEST_HEAD: usize = 16 << 10;
/// So much room is made for the next bytes: more than most files have, so that they come with one read.
const ROOM: usize = 16 << 10;
/// As much of the text of a 404 as fits on a line.
const LONGEST_REASON: usize = 120;

impl Network {
    pub(super) async fn fetch_http(
        &self,
        ask: &Ask,
        caller: Caller<'_>,
        buffer: &mut Vec<u8>,
    ) -> Result<Fetched, Trouble> {
        let stream = self.connect(self.server.http, caller.from).await?;
        let request = request(ask.bare_name(), self.server.address, self.server.http);
        let start = get(stream, &request, ask.purpose.limit(), self.patience.idle, buffer).await?;
        Ok(Fetched { start, remark: None })
    }
}

/// The request, byte for byte as an 8861 sends it.
pub(super) fn request(name: &str, address: IpAddr, port: u16) -> Vec<u8> {
    let host = match address {
        IpAddr::V4(address) => format!("{address}:{port}"),
        IpAddr::V6(address) => format!("[{address}]:{port}"),
    };
    let mut request = b"GET /".to_vec();
    for byte in name.bytes() {
        match byte {
            // What would end or change the target; no name that phones make themselves has any of it.
            0..=b' ' | b'%' | b'?' | b'#' | 0x7f.. => request.extend(format!("%{byte:02X}").bytes()),
            byte => request.push(byte),
        }
    }
    request.extend(format!(" HTTP/1.1\r\nHost:{host}\r\n\r\n").bytes());
    request
}

/// Sends the request and reads the whole answer; gives the place in `buffer` where the body begins.
pub(super) async fn get<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    request: &[u8],
    limit: usize,
    idle: Duration,
    buffer: &mut Vec<u8>,
) -> Result<usize, Trouble> {
    stream.write_all(request).await.map_err(|e| no_connection(&e))?;
    let start = loop {
        if let Some(start) = end_of_head(buffer) {
            break start;
        }
        if buffer.len() > LONGEST_HEAD {
            return Err(Trouble::Broken("the head of the answer has no end".to_owned()));
        }
        if !read_some(&mut stream, idle, buffer).await? {
            return Err(Trouble::Broken(format!("the server closed after {} bytes of a head", buffer.len())));
        }
    };
    let head = Head::read(&buffer[..start])?;
    let length = head.length?;
    if length > limit {
        return Err(Trouble::TooBig(limit));
    }
    while buffer.len() < start + length {
        if !read_some(&mut stream, idle, buffer).await? {
            let came = buffer.len() - start;
            return Err(Trouble::Broken(format!("the server closed after {came} of {length} bytes")));
        }
    }
    if buffer.len() > start + length {
        return Err(Trouble::Broken(format!("more than the {length} announced bytes came")));
    }
    match head.status {
        200 => Ok(start),
        404 => Err(Trouble::Missing(reason(&buffer[start..]))),
        status => Err(Trouble::Status(status)),
    }
}

async fn read_some<S: AsyncRead + Unpin>(
    stream: &mut S,
    idle: Duration,
    buffer: &mut Vec<u8>,
) -> Result<bool, Trouble> {
    buffer.reserve(ROOM);
    match timeout(idle, stream.read_buf(buffer)).await {
        Ok(Ok(count)) => Ok(count > 0),
        Ok(Err(e)) => Err(no_connection(&e)),
        Err(_) => Err(Trouble::Silent(idle)),
    }
}

fn end_of_head(buffer: &[u8]) -> Option<usize> {
    buffer.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// What phones can be expected to understand of an answer's head.
#[derive(Debug)]
struct Head {
    status: u16,
    length: Result<usize, Trouble>,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, Trouble> {
        let broken = |what: &str| Trouble::Broken(what.to_owned());
        let text = std::str::from_utf8(bytes).map_err(|_| broken("the head of the answer is no text"))?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let version = words.next().unwrap_or_default();
        if version != "HTTP/1.1" && version != "HTTP/1.0" {
            return Err(broken("the answer is no HTTP/1.1"));
        }
        let status = words.next().and_then(|word| word.parse().ok());
        let status = status.ok_or_else(|| broken("the answer has no status"))?;
        let mut length =
            Err(broken("the answer has no Content-Length, and phones are not known to do without"));
        for line in lines.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').ok_or_else(|| broken("a header without a colon"))?;
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| broken("the Content-Length is no number"));
            }
            if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(broken("the answer is chunked, and phones are not known to understand that"));
            }
        }
        Ok(Self { status, length })
    }
}

/// The first line of a 404's text; phones do not show it, but it tells the person why.
fn reason(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.trim().lines().next().unwrap_or_default();
    if line.is_empty() || line.starts_with('<') || line.contains(char::is_control) {
        return String::new();
    }
    line.chars().take(LONGEST_REASON).collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const EXAMPLE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 0));

    #[test]
    fn requests_are_the_logged_ones_byte_for_byte() {
        let request = |name| request(name, EXAMPLE, 6970);
        let first = request("CTLSEP2834A2823B58.tlv");
        assert_eq!(first, b"GET /CTLSEP2834A2823B58.tlv HTTP/1.1\r\nHost:198.51.100.0:6970\r\n\r\n");
        // The sizes stand in the call manager's own log.
        assert_eq!(first.len(), 64);
        assert_eq!(request("SEP2834A2823B58.cnf.xml.sgn").len(), 69);
        assert_eq!(request("AppDialRules.xml").len(), 58);
        assert_eq!(request("SK72f64050-7ad5-4b47-9bfa-5e9ad9cd4aa9.xml.sgn").len(), 88);
    }

    #[test]
    fn an_ipv6_host_stands_in_brackets_and_odd_names_are_escaped() {
        let request = request("Desktops/Blue sky?.png", "2001:db8::1".parse().expect("an address"), 6970);
        assert_eq!(request, b"GET /Desktops/Blue%20sky%3F.png HTTP/1.1\r\nHost:[2001:db8::1]:6970\r\n\r\n");
    }

    #[test]
    fn heads_that_phones_do_not_understand_are_told_apart() {
        for (head, expected) in [
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "chunked"),
            ("HTTP/2 200\r\n\r\n", "no HTTP/1.1"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "no HTTP/1.1"),
            ("HTTP/1.1\r\n\r\n", "no status"),
            ("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "colon"),
        ] {
            let trouble = Head::read(head.as_bytes()).expect_err(head).to_string();
            assert!(trouble.contains(expected), "{head:?}: {trouble}");
        }
        let no_length = Head::read(b"HTTP/1.1 200 OK\r\n\r\n").expect("a head");
        assert!(no_length.length.is_err());
        let call_manager = Head::read(
            b"HTTP/1.1 200 OK\r\nContent-length: 13\r\nCache-Control: no-store\r\nContent-type: */*\r\n\r\n",
        );
        assert_eq!(call_manager.expect("a head").length, Ok(13));
    }

    #[test]
    fn the_text_of_a_404_is_kept_to_a_line() {
        assert_eq!(reason(b""), "");
        assert_eq!(reason(b"<html>\n"), "");
        assert_eq!(reason(b"no such file: trust is off\nmore"), "no such file: trust is off");
    }
}
