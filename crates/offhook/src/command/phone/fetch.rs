//! A file from an address: what a server, another offhook perhaps, gives out.

use std::time::Duration;

use anyhow::{Context as _, bail};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A server in the same building answers at once; one that is dead must not be waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for `url` and gives what comes, no more than `most` bytes.
pub(super) async fn get(url: &str, most: u64) -> anyhow::Result<Vec<u8>> {
    match tokio::time::timeout(PATIENCE, ask(url, most)).await {
        Ok(answer) => answer.with_context(|| format!("cannot fetch {url}")),
        Err(_) => bail!("cannot fetch {url}: no answer within {} seconds", PATIENCE.as_secs()),
    }
}

async fn ask(url: &str, most: u64) -> anyhow::Result<Vec<u8>> {
    let uri: http::Uri = url.parse()?;
    if uri.scheme() != Some(&http::uri::Scheme::HTTP) {
        bail!("only http:// is spoken here: fetch it by other means, and compare with the file");
    }
    let authority = uri.authority().context("no host is named")?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((host, authority.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = http::Request::get(path).header(http::header::HOST, authority.as_str());
    // It moves the bytes while the answer is read, and ends with it.
    let moving = tokio::spawn(connection);
    let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    if !answer.status().is_success() {
        bail!("the server says {}", answer.status());
    }
    let body = Limited::new(answer.into_body(), usize::try_from(most)?).collect().await;
    let body = body.map_err(|error| anyhow::anyhow!("{error}"))?;
    moving.abort();
    Ok(body.to_bytes().to_vec())
}
