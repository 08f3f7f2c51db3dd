//! Who is logged in: a secret in a cookie, of which the database has a hash.

use axum::response::AppendHeaders;
use http::header::{COOKIE, SET_COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use store::{Patience, Session, Store};

use crate::admin::access::{Principal, Role};
use crate::admin::{Caller, people};
use crate::listener::App;

/// A working day without a click, and a week in all.
pub const PATIENCE: Patience = Patience { idle: 12 * 3600, whole: 7 * 24 * 3600 };

/// The cookie of a session; over TLS with a name that browsers let no other site or path set.
const PLAIN: &str = "offhook";
const SECURE: &str = "__Host-offhook";
/// The cookie of somebody who is not logged in: the form to log in has a token as well.
const VISIT: &str = "offhook-visit";
/// What is said on the next page.
const SAID: &str = "offhook-said";
/// Longer notices nobody reads.
const LONGEST_NOTICE: usize = 400;

/// Who a cookie says somebody is, if that still holds.
pub async fn principal(parts: &Parts, app: &App) -> Option<Principal> {
    let secret = secret(&parts.headers)?;
    let store = app.artifacts.inventory()?.store();
    let found = store.session(&people::mark("session", secret), people::now(), PATIENCE).await;
    let found = found.inspect_err(|error| tracing::warn!(%error, "cannot tell who is logged in"));
    let (session, role) = found.ok()??;
    write_down(store.clone(), session.clone());
    Some(Principal { name: session.owner, role: role.parse::<Role>().ok()? })
}

/// Whether the session of these headers holds until now. That it was looked at is no use of it: nobody stays logged in by
/// a window that is open.
pub async fn still_holds(headers: &HeaderMap, app: &App) -> bool {
    let Some((secret, inventory)) = secret(headers).zip(app.artifacts.inventory()) else { return false };
    let mark = people::mark("session", secret);
    // A database that is away tells nothing against anybody.
    inventory.store().session(&mark, people::now(), PATIENCE).await.map_or(true, |found| found.is_some())
}

/// That it is used is written down beside, so that no page waits for a long import to end.
fn write_down(store: Store, session: Session) {
    let now = people::now();
    if now - session.seen < 60 {
        return;
    }
    tokio::spawn(async move {
        if let Err(error) = store.session_was_used(&session, now).await {
            tracing::debug!(%error, "that a session is used was not written down");
        }
    });
}

/// Logs somebody in: always under a new secret, whatever the browser had before.
///
/// # Errors
/// When the database fails.
pub async fn begin(store: &Store, owner: &str, caller: Caller, agent: &str) -> store::Result<SetCookies> {
    let (secret, now) = (people::fresh(), people::now());
    let session = Session {
        hash: people::mark("session", &secret),
        owner: owner.to_owned(),
        made: now,
        seen: now,
        source: caller.peer.ip().to_string(),
        agent: agent.chars().take(200).collect(),
    };
    store.begin_session(&session, PATIENCE).await?;
    let name = name(caller.secure);
    Ok(AppendHeaders(vec![
        (SET_COOKIE, cookie(name, &secret, PATIENCE.whole, caller.secure)),
        (SET_COOKIE, cookie(VISIT, "", 0, caller.secure)),
    ]))
}

/// Logs out in this browser.
///
/// # Errors
/// When the database fails.
pub async fn end(store: &Store, headers: &HeaderMap, caller: Caller) -> store::Result<SetCookies> {
    if let Some(secret) = secret(headers) {
        store.end_session(&people::mark("session", secret)).await?;
    }
    Ok(AppendHeaders(vec![(SET_COOKIE, cookie(name(caller.secure), "", 0, caller.secure))]))
}

/// What a browser calls itself.
#[must_use]
pub fn agent(headers: &HeaderMap) -> &str {
    headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Headers that set cookies.
pub type SetCookies = AppendHeaders<Vec<(HeaderName, String)>>;

fn name(secure: bool) -> &'static str {
    if secure { SECURE } else { PLAIN }
}

/// Not for scripts, not for other sites, and over TLS only where there is TLS.
fn cookie(name: &str, value: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// The cookie of that name.
fn given<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split("; ")).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == wanted).then_some(value)
    })
}

/// The secret of the session, if it looks like one.
fn secret(headers: &HeaderMap) -> Option<&str> {
    [SECURE, PLAIN].into_iter().find_map(|name| given(headers, name)).filter(|value| is_secret(value))
}

fn is_secret(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|c| c.is_ascii_hexdigit())
}

/// What the forms of this browser must say; nothing for one that was never here.
#[must_use]
pub fn form_token(headers: &HeaderMap) -> Option<String> {
    let visit = || given(headers, VISIT).filter(|value| is_secret(value));
    secret(headers).or_else(visit).map(token_of)
}

/// A new visitor: the token of the forms, and the cookie that goes with it.
#[must_use]
pub(super) fn visit(secure: bool) -> (String, String) {
    let secret = people::fresh();
    (token_of(&secret), cookie(VISIT, &secret, PATIENCE.whole, secure))
}

/// Whoever knows the token does not know the secret.
fn token_of(secret: &str) -> String {
    people::mark("form", secret)[..32].to_owned()
}

/// Whether two secrets are the same, in the same time whatever they are.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differences == 0
}

/// The cookie for a notice on the next page.
#[must_use]
pub(super) fn saying(text: &str, secure: bool) -> String {
    let short: String = text.chars().take(LONGEST_NOTICE).collect();
    let safe = percent_encoding::utf8_percent_encode(&short, percent_encoding::NON_ALPHANUMERIC).to_string();
    cookie(SAID, &safe, 60, secure)
}

/// What was said on the page before, and the cookie that takes it away.
#[must_use]
pub(super) fn said(headers: &HeaderMap, secure: bool) -> Option<(String, String)> {
    let text = given(headers, SAID).filter(|text| !text.is_empty())?;
    let text = percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((text, cookie(SAID, "", 0, secure)))
}

/// Where to log in, and come back from.
#[must_use]
pub fn login_address(back: Option<&str>) -> String {
    match back.filter(|back| *back != "/" && is_local(back)) {
        Some(back) => {
            format!("/login?back={}", form_urlencoded::byte_serialize(back.as_bytes()).collect::<String>())
        }
        None => "/login".to_owned(),
    }
}

/// Whether an address leads to a page of ours, whatever a browser makes of odd letters in it.
#[must_use]
pub fn is_local(address: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && c != '\\';
    address.starts_with('/')
        && !address.starts_with("//")
        && address.chars().all(plain)
        && address.len() <= 2000
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn headers(cookies: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, cookies.parse().unwrap())])
    }

    #[test]
    fn only_what_looks_like_a_secret_is_one() {
        let good = "ab".repeat(32);
        assert_eq!(secret(&headers(&format!("x=1; offhook={good}; y=2"))), Some(&*good));
        assert_eq!(secret(&headers(&format!("__Host-offhook={good}"))), Some(&*good));
        for bad in ["offhook=", "offhook=abc", &format!("noffhook={good}"), &format!("offhook={good}00")] {
            assert_eq!(secret(&headers(bad)), None, "{bad}");
        }
        assert!(form_token(&headers("offhook=short")).is_none());
        let token = form_token(&headers(&format!("offhook={good}"))).unwrap();
        assert!(!good.contains(&token) && token.len() == 32);
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        for good in ["/", "/phones?q=a%20b&page=2", "/phones/SEP001122334455#keys"] {
            assert!(is_local(good), "{good}");
        }
        for bad in [
            "",
            "phones",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/ü",
            "/\t/x",
        ] {
            assert!(!is_local(bad), "{bad}");
        }
        assert_eq!(login_address(Some("//evil.example")), "/login");
        assert_eq!(login_address(Some("/phones?q=a&b")), "/login?back=%2Fphones%3Fq%3Da%26b");
    }

    #[test]
    fn notices_are_one_cookie_whatever_is_in_them() {
        let set = saying("Größe; <b>\r\nSet-Cookie: x", true);
        assert!(!set.contains('\n') && set.contains("Secure"));
        let value = set.split(';').next().unwrap();
        assert_eq!(said(&headers(value), true).unwrap().0, "Größe; <b>\r\nSet-Cookie: x");
    }

    #[test]
    fn the_same_is_the_same() {
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
    }
}
