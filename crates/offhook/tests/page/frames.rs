//! What bad people try: forms of other sites, frames, script in texts, endless requests. And what every answer says of itself.

use offhook::admin::access::Role;
use provision::inventory::{Change, Key, Line, Phone};
use provision::mac::Mac;
use provision::models;
use store::{AuditQuery, Page};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::site::Site;

const PHONE: &str = "SEP001122334455";
/// Something of everything that means something to a browser.
const EVIL: &str = "\"><script>hit()</script><img src=x onerror=hit()>'`${1}</textarea></option>";

async fn with_a_phone(site: &Site, text: &str) {
    let mac: Mac = PHONE.parse().unwrap();
    let mut phone = Phone::new(mac, models::find("8845"));
    let mut line = Line::new("1001".parse().unwrap());
    line.settings.set("label".parse().unwrap(), text);
    line.settings.set("display_name".parse().unwrap(), text);
    line.settings.set("auth_password".parse().unwrap(), "s3cret-of-1001");
    (phone.description, phone.notes) = (text.to_owned(), text.to_owned());
    phone.layer.keys.insert(1, Some(Key::line("1001".parse().unwrap())));
    phone.layer.settings.set("phone_label".parse().unwrap(), text);
    site.store.by(text).change(&[Change::PutLine(line), Change::PutPhone(phone)]).await.unwrap();
}

#[tokio::test]
async fn forms_of_other_sites_do_nothing() {
    let site = Site::new().await;
    with_a_phone(&site, "a phone").await;
    let mut operator = site.logged_in(Role::Operator).await;
    let generation = site.store.current_generation().await.unwrap();
    let remove = format!("/phones/{PHONE}/remove");
    for forged in [vec![], vec![("token", "")], vec![("token", "00000000000000000000000000000000")]] {
        assert_eq!(operator.ask("POST", &remove, &forged).await.status, 403);
    }
    let other = site.logged_in(Role::Operator).await.get("/account").await;
    let token = crate::visitor::token(&other.text).unwrap().to_owned();
    assert_eq!(operator.ask("POST", &remove, &[("token", &token)]).await.status, 403, "of another session");
    for header in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        operator.headers = vec![(header.0.to_owned(), header.1.to_owned())];
        assert_eq!(operator.post(&remove, &[]).await.status, 403, "{header:?}");
    }
    operator.headers.clear();
    assert_eq!(operator.ask("GET", &remove, &[]).await.status, 405);
    assert_eq!(site.store.current_generation().await.unwrap(), generation);
    assert_eq!(operator.post(&remove, &[]).await.status, 303, "ours does");
}

#[tokio::test]
async fn every_answer_forbids_frames_script_and_guessing() {
    let site = Site::new().await;
    let mut visitor = site.logged_in(Role::Administrator).await;
    for path in
        ["/login", "/phones", "/users", "/audit", "/account", "/nowhere", "/welcome/x", "/static/x.css"]
    {
        let answer = visitor.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        for inline in ["<style", " style=\"", " onclick", " onload", "javascript:"] {
            assert!(!answer.text.contains(inline), "{path} has {inline}");
        }
    }
}

#[tokio::test]
async fn what_does_not_change_is_asked_for_once() {
    let site = Site::new().await;
    let mut visitor = site.visitor();
    let page = visitor.get("/login").await.text;
    let style = page.split_once("rel=\"stylesheet\" href=\"").unwrap().1.split('"').next().unwrap();
    let first = visitor.get(style).await;
    assert_eq!((first.status, first.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(first.header("cache-control").unwrap().contains("immutable"));
    visitor.headers = vec![("If-None-Match".to_owned(), first.header("etag").unwrap().to_owned())];
    assert_eq!(visitor.get(style).await.status, 304);
}

#[tokio::test]
async fn the_first_page_is_small() {
    let site = Site::new().await;
    let mut visitor = site.logged_in(Role::Administrator).await;
    let page = visitor.get("/phones").await.text;
    let mut bytes = page.len();
    for part in page.split('"').filter(|part| part.starts_with("/static/") && !part.contains('#')) {
        bytes += visitor.get(part).await.text.len();
    }
    let icons = page.split('"').find(|part| part.contains("icons-")).unwrap().split('#').next().unwrap();
    bytes += visitor.get(icons).await.text.len();
    assert!(bytes < 100_000, "{bytes} bytes");
}

#[tokio::test]
async fn script_in_any_text_stays_text() {
    let site = Site::new().await;
    with_a_phone(&site, EVIL).await;
    let mut visitor = site.logged_in(Role::Administrator).await;
    let asked = "q=%3Cscript%3Ehit()%3C/script%3E";
    let tabs = ["", "/keys", "/settings", "/file", "/history"].map(|tab| format!("/phones/{PHONE}{tab}"));
    let lists = ["/phones", "/lines", "/lines/1001", "/audit"].map(str::to_owned);
    let queries = [format!("/phones?{asked}"), format!("/audit?{asked}&author=%22%3E%3Cscript%3Ehit()")];
    for path in tabs.into_iter().chain(lists).chain(queries) {
        let answer = visitor.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        for live in ["<script>hit", "<img src=x", "<script>hit()</script>"] {
            assert!(!answer.text.contains(live), "{path} has {live}");
        }
    }
    let refused =
        visitor.fill("/phones/new", &[("phone", EVIL), ("description", EVIL), ("number", EVIL)]).await;
    assert!(refused.status == 422 && !refused.text.contains("<script>hit"), "{}", refused.text);
    let missing = visitor.get("/phones/%3Cscript%3Ehit()%3C%2Fscript%3E").await;
    assert!(missing.status == 404 && !missing.text.contains("<script>hit"));
    let notice = visitor.post(&format!("/phones/{PHONE}"), &[("description", EVIL)]).await;
    assert_eq!(notice.status, 303);
    assert!(!visitor.get("/phones").await.text.contains("<script>hit"));
}

#[tokio::test]
async fn passwords_are_on_no_page() {
    let site = Site::new().await;
    with_a_phone(&site, "a phone").await;
    let mut visitor = site.logged_in(Role::Administrator).await;
    for tab in ["", "/keys", "/settings", "/file", "/history"] {
        let answer = visitor.get(&format!("/phones/{PHONE}{tab}")).await;
        assert!(answer.status == 200 && !answer.text.contains("s3cret-of-1001"), "{tab}");
    }
    for path in ["/lines/1001", "/audit", "/phones/export"] {
        let answer = visitor.get(path).await;
        assert!(answer.status == 200 && !answer.text.contains("s3cret-of-1001"), "{path}");
    }
}

#[tokio::test]
async fn every_change_is_written_down_with_who_and_what() {
    let site = Site::new().await;
    with_a_phone(&site, "a phone").await;
    let mut operator = site.logged_in(Role::Operator).await;
    let form = [("description", "Reception"), ("notes", "by the door")];
    assert_eq!(operator.post(&format!("/phones/{PHONE}"), &form).await.status, 303);
    assert_eq!(operator.post("/lines/1001", &[("s.auth_password", "another")]).await.status, 303);
    let query = AuditQuery { author: Some("operator".into()), ..AuditQuery::default() };
    let told = site.store.audit(&query, &Page::first(10)).await.unwrap().rows;
    let line = told.iter().find(|row| row.subject == "line 1001").unwrap();
    assert!(line.fields.iter().any(|one| one.field == "auth_password" && one.secret && one.after.is_none()));
    let phone = told.iter().find(|row| row.subject == format!("phone {PHONE}")).unwrap();
    let description = phone.fields.iter().find(|one| one.field == "description").unwrap();
    assert_eq!(phone.action, "changed");
    assert_eq!(
        (description.before.as_deref(), description.after.as_deref()),
        (Some("a phone"), Some("Reception"))
    );
    assert!(told.iter().any(|row| row.action == "logged in"));
    let page = operator.get("/audit?subject=line%201001").await.text;
    assert!(page.contains("auth_password") && !page.contains("another"), "{page}");
}

#[tokio::test]
async fn two_who_change_the_same_do_not_undo_each_other() {
    let site = Site::new().await;
    with_a_phone(&site, "a phone").await;
    let mut all = tokio::task::JoinSet::new();
    let (mut one, mut other) =
        (site.logged_in(Role::Operator).await, site.logged_in(Role::Administrator).await);
    let path = format!("/phones/{PHONE}");
    let at = path.clone();
    all.spawn(async move { one.post(&at, &[("description", "from one")]).await.status });
    all.spawn(async move { other.post(&path, &[("notes", "from another")]).await.status });
    let mut statuses = all.join_all().await;
    statuses.sort_unstable();
    let phone = site.store.phone(PHONE.parse().unwrap()).await.unwrap().unwrap();
    let both = phone.description == "from one" && phone.notes == "from another";
    assert!(both == (statuses == [303, 303]), "{statuses:?}: {phone:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 409)), "{statuses:?}");
}

#[tokio::test]
async fn forms_that_are_too_large_or_none_are_refused() {
    let site = Site::new().await;
    let mut operator = site.logged_in(Role::Operator).await;
    let huge = "x".repeat(2 << 20);
    let answer = operator.post("/phones/new", &[("description", &huge)]).await;
    assert!(matches!(answer.status, 0 | 400 | 413), "{}", answer.status);
    let fields: Vec<(&str, &str)> = vec![("a", ""); 20_000];
    assert_eq!(operator.post("/phones/new", &fields).await.status, 400);
    assert_eq!(operator.get("/phones").await.status, 200);
}

#[tokio::test]
async fn clients_that_never_finish_keep_nobody_out() {
    let site = Site::new().await;
    let mut slow = Vec::new();
    for place in 0..40 {
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        let head = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
        let part =
            if place % 2 == 0 { head.to_owned() } else { format!("{head}Content-Length: 1000\r\n\r\nname=") };
        stream.write_all(part.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let mut visitor = site.logged_in(Role::Viewer).await;
    assert_eq!(visitor.get("/phones").await.status, 200);
}

#[tokio::test]
async fn addresses_that_mean_nothing_are_answered_by_a_page() {
    let site = Site::new().await;
    let mut visitor = site.logged_in(Role::Administrator).await;
    for path in ["/nothing", "/phones/xyz", "/phones/SEP00000000FFFF", "/lines/9999", "/phones/../etc/passwd"]
    {
        let answer = visitor.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text.contains("<h1>There is nothing here</h1>"), "{path}");
    }
    let far = visitor.get("/phones?page=99999999999&order=nothing&state=odd").await;
    assert_eq!(far.status, 200);
}
