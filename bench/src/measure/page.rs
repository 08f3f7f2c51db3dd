//! The fleet page of a large installation, as an administrator turns its pages.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use provision::inventory::{Change, GroupKind, Name};
use store::Store;

use super::{
    Bench, Measurement,
    api::{self, Asked},
    inventory,
};
use crate::{report::Section, servers::offhook};

/// What is looked at: the first page and one from the middle, put in another order, filtered, searched, one phone.
const ASKED: [Asked; 9] = [
    ("the fleet", "/phones"),
    ("its page 1,000", "/phones?page=1000"),
    ("those changed last", "/phones?order=-changed"),
    ("of a site", "/phones?site=Berlin&state=active"),
    ("of a firmware", "/phones?firmware=sip88xx.14-2-1"),
    ("of a verdict", "/phones?verdict=never-asked"),
    ("by a text", "/phones?q=desk%2099"),
    ("all of a text, in another order", "/phones?q=desk&order=-description"),
    ("one phone", "/phones/SEP00110000C350"),
];
/// The same again while many look at once.
const CROWDED: [Asked; 2] = [("the fleet", "/phones"), ("by a text", "/phones?q=desk%2099")];
/// How many look at once then.
const MANY: usize = 64;
/// Judging all phones for the first time takes less.
const JUDGED: Duration = Duration::from_secs(300);
const PASSWORD: &str = "measured by time";

pub(super) fn fleet(bench: &Bench, about: &Measurement) -> Result<Section> {
    let dir = bench.site.dir("page");
    fs::create_dir_all(dir.join("data"))?;
    inventory::fill_file(&dir.join("data/offhook.db"))?;
    say_firmware(&dir.join("data/offhook.db"))?;
    let server = offhook::start(&bench.offhook, &dir, &bench.site.root(), bench.cores)?;
    let address = server.admin()?;
    user(bench, "page")?;
    let cookie = format!("Cookie: {}", log_in(address)?);
    wait_for_verdicts(address, &cookie)?;
    let (mut table, worst) = api::measured(bench, address, &cookie, &ASKED, api::AT_ONCE)?;
    let (crowded, _) = api::measured(bench, address, &cookie, &CROWDED, MANY)?;
    for row in crowded.lines().skip(2) {
        table.push_str(&row.replacen(" | ", &format!(", {MANY} at once | "), 1));
        table.push('\n');
    }
    let shown = api::milliseconds(worst);
    Ok(about
        .section("Pages of an installation of 100,000 phones, two administrators at a time over kept connections, from SQLite; the goal \
             is for these.")
        .table(table)
        .goal("99 % of every page", format!("within {}", api::milliseconds(api::WANTED)), shown, worst < api::WANTED))
}

/// The site says a firmware, so that it is found by what groups say.
fn say_firmware(file: &Path) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open_or_create(&format!("sqlite://{}", file.display())).await?;
        let mut site = store.group(GroupKind::Site, "Berlin").await?.context("there is a site")?;
        site.layer.settings.set(Name::new("firmware")?, "sip88xx.14-2-1");
        store.change(&[Change::PutGroup(site)]).await?;
        store.close().await;
        Ok(())
    })
}

/// Soon after a start all phones are judged for the first time; until then no verdict has any.
fn wait_for_verdicts(address: SocketAddr, cookie: &str) -> Result<()> {
    let request = format!(
        "GET /phones?verdict=never-asked HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{cookie}\r\n\r\n"
    );
    let began = Instant::now();
    while say(address, &request)?.contains("No phone fits") {
        ensure!(began.elapsed() < JUDGED, "no phone was judged in {JUDGED:?}");
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

/// Somebody who may look.
pub(super) fn user(bench: &Bench, dir: &str) -> Result<()> {
    let config = bench.site.dir(dir).join("offhook.toml");
    for words in [&["user", "add", "bench", "--role", "viewer"][..], &["user", "password", "bench", PASSWORD]]
    {
        let mut command = Command::new(&bench.offhook);
        let output = command.args(words).arg("--config").arg(&config).stdin(Stdio::null()).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// The cookie of a session.
pub(super) fn log_in(address: SocketAddr) -> Result<String> {
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
