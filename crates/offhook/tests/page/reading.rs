//! What a person does and sees in a real browser, with script and without; what another site can make it do; and whether
//! everybody can use it.

use std::io::{Read, Write};
use std::net::TcpListener;

use offhook::admin::access::Role;
use provision::inventory::{Change, Group, GroupKind, Line, Phone};
use provision::models;
use serde_json::{Value, json};

use crate::browser::{ALT, Browser, ENTER, TAB, UP};
use crate::program::Program;
use crate::site::{PASSWORD, Site};

const PHONE: &str = "SEP001122334455";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_comes_in_and_brings_a_phone_up() {
    first_steps(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_without_script() {
    first_steps(false).await;
}

async fn first_steps(script: bool) {
    let program = Program::start();
    let browser = Browser::open(1280, 900).await;
    if !script {
        browser.without_script().await;
    }
    come_in(&program, &browser).await;
    assert!(browser.text("main").await.contains("There are no phones yet"));
    browser.click("a[href='/phones/new']").await;
    browser.fill("#phone", "001122334455").await;
    browser.fill_choice("#model", "8845").await;
    browser.fill("#description", "Reception").await;
    browser.fill("#number-1", "1001").await;
    browser.fill("#label-1", "Ann").await;
    browser.click("main form button.main").await;
    assert!(browser.text("h1").await.contains("is here"), "{}", browser.text("body").await);
    assert!(browser.text("code").await.len() >= 20, "a password is shown");
    browser.click("main a.main").await;
    assert_eq!(browser.text("h1").await, "Reception");
    assert!(browser.text(".drawing").await.contains("Ann"));
    edit_keys(&program, &browser, script).await;
    browser.go(&format!("{}/phones", program.address())).await;
    if script {
        // Who boots appears without anybody reloading the page.
        program.boot("001122334455", "8845");
        browser.find(&format!(".strip a[href='/phones/{PHONE}']")).await;
    } else {
        program.boot("001122334455", "8845");
    }
    browser.go(&format!("{}/phones/{PHONE}/history", program.address())).await;
    let history = browser.text("main").await;
    assert!(history.contains("Last start") && history.contains("SEP001122334455.cnf.xml"), "{history}");
    browser.go(&format!("{}/phones/{PHONE}/file", program.address())).await;
    assert!(browser.text("pre").await.contains("<featureLabel>Ben</featureLabel>"));
    look_after_the_server(&program, &browser).await;
}

/// Ports, a key that a whole profile has, and who is given a trust list.
async fn look_after_the_server(program: &Program, browser: &Browser) {
    browser.go(&format!("{}/health?play=yes", program.address())).await;
    let health = browser.text("main").await;
    assert!(health.contains("provisioning: ") && !health.contains("nobody listens"), "{health}");
    browser.go(&format!("{}/profiles", program.address())).await;
    browser.fill("#name", "hall").await;
    browser.click("main form button.main").await;
    browser.click(".tabs a[href$='/keys']").await;
    browser.click("#key-4 option[value='speed_dial']").await;
    browser.fill("#key-4 [data-part=target]", "110").await;
    browser.click("button[value=save]").await;
    assert!(browser.text(".notice").await.contains("Keys saved"));
    assert!(program.ok(&["profile", "show", "hall"]).contains("110"));
    browser.go(&format!("{}/trust", program.address())).await;
    browser.click("#reach details summary").await;
    browser.fill("#some", PHONE).await;
    browser.click("form[action='/trust/enable-some'] button").await;
    assert!(browser.text(".head").await.contains("One phone is given a trust list"));
    assert!(program.ok(&["trust", "show"]).contains(PHONE));
}

async fn come_in(program: &Program, browser: &Browser) {
    browser.go(&program.link()).await;
    browser.fill("#name", "anna").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.press(&[ENTER]).await;
    browser.find("nav.side").await;
    assert_eq!(browser.path().await, "/phones");
}

async fn edit_keys(program: &Program, browser: &Browser, script: bool) {
    browser.click(".tabs a[href$='/keys']").await;
    browser.click("#key-2 option[value='blf']").await;
    browser.fill("#key-2 [data-part=target]", "1003").await;
    browser.fill("#key-2 [data-part=label]", "Ben").await;
    browser.click("button[value=preview]").await;
    let preview = browser.text("section[aria-labelledby=preview]").await;
    assert!(preview.contains("line[@button=2]/speedDialNumber") && preview.contains("1003"), "{preview}");
    let kept = program.ok(&["key", "list", PHONE]);
    assert!(!kept.contains("1003"), "only looked at: {kept}");
    if script {
        // By the keyboard, as by dragging: the key moves up, the other down.
        browser.click("#key-2 [data-part=label]").await;
        browser.press(&[ALT, UP]).await;
        let value = browser.run("return document.querySelector('#key-1 [data-part=label]').value").await;
        assert_eq!(value, json!("Ben"));
        let focused = browser.run("return document.activeElement.closest('tr').id").await;
        assert_eq!(focused, json!("key-1"));
    }
    browser.click("button[value=save]").await;
    assert!(browser.text(".notice").await.contains("Keys saved"));
    let kept = program.ok(&["key", "list", PHONE]);
    let place = kept.lines().position(|line| line.contains("1003")).unwrap();
    let line = kept.lines().position(|line| line.contains("1001")).unwrap();
    assert_eq!(place < line, script, "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_dragged_to_another_place() {
    let site = with_a_phone("a phone").await;
    let mut phone = site.store.phone(PHONE.parse().unwrap()).await.unwrap().unwrap();
    for (button, number) in [(1, "11"), (2, "22"), (3, "33")] {
        let mut key =
            provision::inventory::Key::new(provision::catalogue::line_feature("speed_dial").unwrap());
        key.settings.set("number".parse().unwrap(), number);
        phone.layer.keys.insert(button, Some(key));
    }
    site.store.change(&[Change::PutPhone(phone)]).await.unwrap();
    let browser = logged_in(&site, Role::Operator).await;
    browser.go(&at(&site, &format!("/phones/{PHONE}/keys"))).await;
    browser
        .run(
            "const data = new DataTransfer(), drag = (where, kind) => document.querySelector(where)
               .dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
             drag('#key-3 .grip', 'dragstart'); drag('#key-1', 'dragover'); drag('#key-1', 'drop'); drag('#key-3 .grip', 'dragend');",
        )
        .await;
    browser.click("button[value=save]").await;
    browser.find(".notice.good").await;
    let kept = site.store.phone(PHONE.parse().unwrap()).await.unwrap().unwrap().layer.keys;
    let numbers: Vec<_> =
        kept.values().flatten().map(|key| key.settings.of("number").unwrap_or_default().to_owned()).collect();
    assert_eq!(numbers, ["33", "11", "22"]);
}

fn at(site: &Site, path: &str) -> String {
    format!("http://{}{path}", site.address)
}

async fn with_a_phone(text: &str) -> Site {
    let site = Site::new().await;
    let mut phone = Phone::new(PHONE.parse().unwrap(), models::find("8845"));
    (phone.description, phone.notes) = (text.to_owned(), text.to_owned());
    site.store.change(&[Change::PutPhone(phone)]).await.unwrap();
    site
}

async fn logged_in(site: &Site, role: Role) -> Browser {
    let browser = Browser::open(1280, 900).await;
    browser.go(&at(site, "/login")).await;
    browser.fill("#name", role.word()).await;
    browser.fill("#password", PASSWORD).await;
    browser.press(&[ENTER]).await;
    browser.find("nav.side").await;
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn script_in_texts_does_not_run() {
    let evil = "\"><img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>";
    let site = with_a_phone(evil).await;
    let browser = logged_in(&site, Role::Administrator).await;
    for path in [
        "/phones".to_owned(),
        format!("/phones/{PHONE}"),
        format!("/phones/{PHONE}/file"),
        "/audit".to_owned(),
    ] {
        browser.go(&at(&site, &path)).await;
        let title = browser.run("return document.title").await;
        assert!(title.as_str().unwrap().ends_with("offhook"), "{path}: {title}");
        assert_eq!(
            browser.run("return document.querySelectorAll('main img, main script').length").await,
            json!(0)
        );
    }
    // Even what got into a page would not run: the policy forbids it.
    browser.run("const s = document.createElement('script'); s.textContent = 'document.title=\"hit\"'; document.body.append(s)").await;
    assert_ne!(browser.run("return document.title").await, json!("hit"));
}

/// A site of somebody else's on another port: to a browser the same site, and another origin.
fn elsewhere(html: String) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                html.len()
            );
            let _ = stream.write_all(format!("{head}{html}").as_bytes());
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_can_neither_frame_nor_send() {
    let site = with_a_phone("a phone").await;
    let browser = logged_in(&site, Role::Administrator).await;
    let framed = elsewhere(format!("<iframe src='{}'></iframe><p id=loaded>", at(&site, "/phones")));
    browser.go(&format!("http://{framed}/")).await;
    browser.until("return !!document.getElementById('loaded') && document.readyState === 'complete'").await;
    let seen = browser
        .run("try { return frames[0].document.body.innerText } catch (error) { return error.name }")
        .await;
    assert_eq!(seen, json!("SecurityError"));
    let inside = browser.run("return window.length").await;
    assert_eq!(inside, json!(1));
    let sender = elsewhere(format!(
        "<form id=f method=post action='{}'><input name=token value=00000000000000000000000000000000></form><script>f.submit()</script>",
        at(&site, &format!("/phones/{PHONE}/remove"))
    ));
    browser.go(&format!("http://{sender}/")).await;
    browser.until("return document.querySelector('h1')?.textContent === 'That came from another site'").await;
    assert!(site.store.phone(PHONE.parse().unwrap()).await.unwrap().is_some());
}

/// What a page lacks for those who do not see it, or see it badly.
const LACKS: &str = r#"
const lacks = [], say = (what, node) => lacks.push(what + ": " + node.outerHTML.slice(0, 120));
if (!document.documentElement.lang) lacks.push("no language");
if (document.querySelectorAll("h1").length !== 1) lacks.push("not one h1");
let level = 0;
for (const head of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
  const now = +head.tagName[1];
  if (now > level + 1) say("a level is left out", head);
  level = now;
}
const ids = new Set();
for (const node of document.querySelectorAll("[id]")) { if (ids.has(node.id)) say("id twice", node); ids.add(node.id); }
for (const node of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
  if (!(node.labels && node.labels.length) && !node.getAttribute("aria-label")) say("no label", node);
for (const node of document.querySelectorAll("button, a, summary"))
  if (!node.textContent.trim() && !node.getAttribute("aria-label")) say("no name", node);
for (const node of document.querySelectorAll("svg"))
  if (!node.closest("[aria-hidden]") && !node.getAttribute("aria-label")) say("picture without words", node);
for (const node of document.querySelectorAll("[aria-describedby]"))
  for (const id of node.getAttribute("aria-describedby").split(" ")) if (!document.getElementById(id)) say("described by nothing", node);
for (const node of document.querySelectorAll("[tabindex]")) if (+node.tabIndex > 0) say("an order of its own", node);
const numbers = text => text.match(/[\d.]+/g).map(Number);
const behind = node => {
  for (let at = node; at; at = at.parentElement) {
    const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
    if (a === 1) return [r, g, b];
  }
  return [255, 255, 255];
};
const light = ([r, g, b]) => [r, g, b].map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  const node = text.parentElement, style = getComputedStyle(node);
  if (!text.data.trim() || node.closest("svg, option, .hidden, .skip, noscript, script, :disabled") || !node.getClientRects().length) continue;
  const [one, other] = [light(numbers(style.color).slice(0, 3)), light(behind(node))].sort((a, b) => b - a);
  const ratio = (one + .05) / (other + .05), size = parseFloat(style.fontSize);
  if (ratio < (size >= 24 || size >= 18.6 && +style.fontWeight >= 700 ? 3 : 4.5)) say("contrast " + ratio.toFixed(2), node);
}
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
  const edge = document.documentElement.clientWidth, wide = [...document.body.querySelectorAll("*")].filter(node => node.getBoundingClientRect().right > edge + 1);
  lacks.push("wider than the window: " + wide.slice(0, 3).map(node => node.outerHTML.slice(0, 80)).join(" | "));
}
for (const one of performance.getEntriesByType("resource"))
  if (new URL(one.name).origin !== location.origin) lacks.push("from elsewhere: " + one.name);
const first = document.querySelector("a, button, input");
if (document.querySelector("nav.side") && !(first.classList.contains("skip") && first.hash.slice(1) === "main")) lacks.push("no skip link in front");
return lacks;
"#;

/// Every page that is not a phone's.
const PAGES: [&str; 24] = [
    "/phones",
    "/phones/new",
    "/lines",
    "/lines/1001",
    "/unknown",
    "/profiles",
    "/profiles/hall",
    "/profiles/hall/keys",
    "/profiles/hall/overrides",
    "/sites",
    "/series",
    "/series/8800",
    "/softkeys",
    "/dial",
    "/contacts",
    "/contacts/new",
    "/trust",
    "/files",
    "/dhcp",
    "/health",
    "/audit",
    "/users",
    "/account",
    "/nowhere",
];

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_every_page() {
    let site = with_a_phone("Reception").await;
    let browser = logged_in(&site, Role::Administrator).await;
    site.store
        .change(&[
            Change::PutGroup(Group::new(GroupKind::Profile, "hall")),
            Change::PutLine(Line::new("1001".parse().unwrap())),
        ])
        .await
        .unwrap();
    let own = ["", "/keys", "/settings", "/file", "/history"].map(|tab| format!("/phones/{PHONE}{tab}"));
    let pages = PAGES.map(str::to_owned);
    let mut lacking = Vec::new();
    for (dark, width) in [(false, 1280), (true, 1280), (false, 360)] {
        browser.dark(dark).await;
        browser.size(width, 900).await;
        for path in own.iter().chain(&pages) {
            browser.go(&at(&site, path)).await;
            let Value::Array(lacks) = browser.run(LACKS).await else { panic!("the script gives a list") };
            lacking
                .extend(lacks.into_iter().map(|lack| format!("{path}, dark {dark}, {width} wide: {lack}")));
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyboard_leads_through_a_page() {
    let site = with_a_phone("Reception").await;
    let browser = logged_in(&site, Role::Operator).await;
    browser.go(&at(&site, "/phones")).await;
    let focused = "return document.activeElement.textContent.trim() || document.activeElement.id";
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(focused).await, json!("Skip to the content"));
    browser.press(&[ENTER]).await;
    browser.until("return document.activeElement.id === 'main'").await;
    browser.press(&[TAB]).await;
    assert_eq!(browser.run(focused).await, json!("Export"), "the first thing of the content");
    browser.press(&["/"]).await;
    assert_eq!(browser.run(focused).await, json!("find"));
    browser.fill("#find", "reception").await;
    browser.press(&[ENTER]).await;
    browser.until("return location.search.includes('reception')").await;
    assert!(browser.text("tbody").await.contains(PHONE));
}
