//! The fleet page of a large installation, as an administrator turns its pages.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};

use super::{Bench, Measurement, api, inventory};
use crate::{report::Section, servers::offhook};

/// What is looked at: the first page and one from the middle, put in another order, filtered, searched, one phone.
const ASKED: [(&str, &str); 6] = [
    ("the fleet", "/phones"),
    ("its page 1,000", "/phones?page=1000"),
    ("those changed last", "/phones?order=-changed"),
    ("of a site", "/phones?site=Berlin&state=active"),
    ("by a text", "/phones?q=desk%2099"),
    ("one phone", "/phones/SEP00110000C350"),
];
const PASSWORD: &str = "measured by time";

pub(super) fn fleet(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("page");
    fs::create_dir_all(dir.join("data"))?;
    inventory::fill_file(&dir.join("data/offhook.db"))?;
    let server = offhook::start(&bench.offhook, &dir, &bench.site.root(), bench.cores)?;
    let address = server.admin()?;
    user(bench)?;
    let cookie = log_in(address)?;
    let (table, worst) = api::measured(bench, address, &format!("Cookie: {cookie}"), &ASKED)?;
    let shown = api::milliseconds(worst);
    Ok(about
        .section("Pages of an installation of 100,000 phones, two administrators at a time over kept connections, from SQLite.")
        .table(table)
        .goal("99 % of every page", format!("within {}", api::milliseconds(api::WANTED)), shown, worst < api::WANTED))
}

/// Somebody who may look.
fn user(bench: &Bench) -> Result<()> {
    let config = bench.site.dir("page").join("offhook.toml");
    for words in [&["user", "add", "bench", "--role", "viewer"][..], &["user", "password", "bench", PASSWORD]]
    {
        let mut command = Command::new(&bench.offhook);
        let output = command.args(words).arg("--config").arg(&config).stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The cookie of a session.
fn log_in(address: SocketAddr) -> Result<String> {
    let form = say(address, &format!("GET /login HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))?;
    let token = form.split_once("name=\"token\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    let body = format!(
        "token={}&name=bench&password={}",
        token.context("a form has a token")?,
        PASSWORD.replace(' ', "+")
    );
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nCookie: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        cookie(&form)?,
        body.len()
    );
    cookie(&say(address, &format!("{head}{body}"))?)
}

fn say(address: SocketAddr, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// The first cookie that an answer sets.
fn cookie(answer: &str) -> Result<String> {
    let lines = answer.lines().filter_map(|line| line.split_once(": "));
    let mut set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let (_, cookie) = set.next().context("the page sets a cookie")?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}
