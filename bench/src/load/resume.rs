//! Handshakes by the system's `openssl`: each anew, or with the session of the first taken up again. No client of ours keeps
//! sessions, as no phone would believe a server less for it.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::Tally;

/// Handshakes one after the other, for so many seconds.
pub(crate) fn run(address: SocketAddr, reuse: bool, seconds: u64) -> Result<Tally> {
    let began = Instant::now();
    let timed = Command::new("openssl")
        .args(["s_time", "-tls1_2", if reuse { "-reuse" } else { "-new" }, "-time", &seconds.to_string()])
        .args(["-connect", &address.to_string()])
        .stdin(Stdio::null())
        .output()
        .context("`openssl s_time` does not run")?;
    let wall = began.elapsed();
    let said = String::from_utf8_lossy(&timed.stdout);
    ensure!(timed.status.success(), "`openssl s_time`: {}", String::from_utf8_lossy(&timed.stderr));
    let done = count(&said).with_context(|| format!("`openssl s_time` says no number: {said}"))?;
    Ok(Tally { done, wall: wall.max(Duration::from_millis(1)), ..Tally::default() })
}

/// `1234 connections in 3 real seconds, 0 bytes read per connection`, of which the last counts.
fn count(said: &str) -> Option<u64> {
    let line = said.lines().rfind(|line| line.contains("real seconds"))?;
    line.split(' ').next()?.parse().ok()
}
