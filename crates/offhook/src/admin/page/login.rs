//! Logging in and out, and choosing a password by a link.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::answer::{Answer, Refused, sentence};
use super::form::Filled;
use super::frame::Frame;
use super::session;
use crate::admin::{Caller, people};
use crate::listener::App;
use crate::services::Rate;

/// Wrong passwords of one address: a handful at once, then one every so often. Fewer than of one user, so that nobody keeps
/// somebody else out from a single address.
const BY_ADDRESS: (u32, Duration) = (10, Duration::from_secs(60));
/// Wrong passwords of one user, whoever tries.
const BY_USER: (u32, Duration) = (20, Duration::from_secs(30));

/// Who tried how often. Clones share it.
#[derive(Clone)]
struct Attempts(Arc<Counted>);

struct Counted {
    by_address: Rate<IpAddr>,
    by_user: Rate<String>,
}

impl Counted {
    fn new() -> Self {
        Self { by_address: Rate::new(BY_ADDRESS.0, BY_ADDRESS.1), by_user: Rate::new(BY_USER.0, BY_USER.1) }
    }

    /// How many seconds are to be waited before anything is looked at, if any are.
    fn wait(&self, address: &IpAddr, user: &str, now: Instant) -> Option<u64> {
        if self.by_address.is_spent(address, now) {
            return Some(BY_ADDRESS.1.as_secs());
        }
        self.by_user.is_spent(&user.to_owned(), now).then_some(BY_USER.1.as_secs())
    }

    fn wrong(&self, address: IpAddr, user: &str, now: Instant) {
        self.by_address.allows(address, now);
        self.by_user.allows(user.to_owned(), now);
    }
}

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/login", get(ask).post(log_in))
        .route("/logout", post(log_out))
        .route("/welcome/{key}", get(welcome).post(choose))
        .layer(Extension(Attempts(Arc::new(Counted::new()))))
}

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    name: String,
    back: String,
    wrong: Option<String>,
    /// Nobody has a password yet.
    nobody: bool,
}

#[derive(Deserialize)]
struct Back {
    #[serde(default)]
    back: String,
}

/// Where to go after the log-in.
fn onward(back: &str) -> &str {
    if session::is_local(back) { back } else { "/" }
}

async fn ask(frame: Frame, Query(Back { back }): Query<Back>) -> Answer {
    if frame.user.is_some() {
        return frame.go_to(onward(&back));
    }
    let nobody = !frame.store()?.has_users().await?;
    let page = Login { frame, name: String::new(), back, wrong: None, nobody };
    page.frame.page(&page)
}

async fn log_in(
    frame: Frame,
    Extension(caller): Extension<Caller>,
    Extension(Attempts(attempts)): Extension<Attempts>,
    headers: HeaderMap,
    form: Filled,
) -> Answer {
    let store = frame.store()?;
    let (typed, address) = (named(form.text("name")), network(caller.peer.ip()));
    // Whoever waits here is counted before their turn comes.
    let turn = people::turn().await;
    let now = Instant::now();
    if let Some(seconds) = attempts.wait(&address, &typed, now) {
        tracing::warn!(peer = %caller.peer, "too many attempts to log in");
        return Err(Refused::TooMany(seconds));
    }
    let user = store.user(&typed).await?;
    let kept = user.as_ref().map_or_else(String::new, |user| user.password.clone());
    let (password, who) = (form.raw("password").to_owned(), typed.clone());
    // Counted where it is found out: whoever goes away meanwhile tried all the same.
    let right = people::hashing(turn, move || {
        let right = pki::passphrase::verify(&password, &kept);
        if !right {
            attempts.wrong(address, &who, now);
        }
        right
    });
    let source = caller.peer.ip().to_string();
    let from = [("from", None, Some(source.as_str()))];
    let subject = format!("user {typed}");
    if !right.await {
        tracing::warn!(peer = %caller.peer, "somebody could not log in");
        if user.is_some() {
            store.by(&typed).note("could not log in", &subject, &from).await?;
        }
        let nobody = !store.has_users().await?;
        let wrong = Some("There is no user of that name with that password.".to_owned());
        let (name, back) = (form.text("name").to_owned(), form.text("back").to_owned());
        let page = Login { frame, name, back, wrong, nobody };
        return page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    store.by(&typed).note("logged in", &subject, &from).await?;
    let cookies = session::begin(&store, &typed, caller, session::agent(&headers)).await?;
    Ok((cookies, Redirect::to(onward(form.text("back")))).into_response())
}

/// The user that somebody means: nobody by a name that no user can have, however long it is.
fn named(typed: &str) -> String {
    people::name(typed).unwrap_or_default()
}

/// An address of IPv6 stands for its network: its holder has all of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

async fn log_out(
    frame: Frame,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    _: Filled,
) -> Answer {
    let cookies = session::end(&frame.store()?, &headers, caller).await?;
    Ok((cookies, Redirect::to("/login")).into_response())
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    frame: Frame,
    /// Whose password is chosen; nobody's yet is the first administrator's.
    owner: Option<String>,
    name: String,
    shortest: usize,
    wrong: Option<String>,
}

async fn welcome(frame: Frame, Path(key): Path<String>) -> Answer {
    let owner = owner(&frame, &key).await?;
    let page = Welcome { frame, owner, name: String::new(), shortest: people::SHORTEST, wrong: None };
    page.frame.page(&page)
}

/// Whose link that is.
async fn owner(frame: &Frame, key: &str) -> Result<Option<String>, Refused> {
    let found = frame.store()?.link(&people::mark("link", key), people::now()).await?;
    found.ok_or_else(|| {
        Refused::Wrong(
            "This link was used already, or it is too old. `offhook user link` makes a new one.".to_owned(),
        )
    })
}

async fn choose(
    frame: Frame,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    State(_): State<App>,
    headers: HeaderMap,
    form: Filled,
) -> Answer {
    let owner = owner(&frame, &key).await?;
    let (password, again) = (form.raw("password"), form.raw("again"));
    let checked = match &owner {
        Some(owner) => Ok(owner.clone()),
        None => people::name(form.text("name")),
    };
    let checked = checked.and_then(|name| people::check_password(&name, password).map(|()| name));
    let wrong = match &checked {
        Err(unfit) => Some(sentence(&unfit.to_string())),
        Ok(_) if password != again => Some("The two passwords differ.".to_owned()),
        Ok(_) => None,
    };
    let (Ok(name), None) = (checked, &wrong) else {
        let name = form.text("name").to_owned();
        let page = Welcome { frame, owner, name, shortest: people::SHORTEST, wrong };
        return page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let store = frame.store()?.by(&name);
    let hash = people::hash(password).await;
    store.use_link(&people::mark("link", &key), &name, &hash, people::now()).await?;
    let cookies = session::begin(&store, &name, caller, session::agent(&headers)).await?;
    Ok((cookies, Redirect::to("/")).into_response())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn one_address_alone_keeps_nobody_out() {
        let (counted, begin) = (Counted::new(), Instant::now());
        let (bad, good): (IpAddr, IpAddr) = ([192, 0, 2, 6].into(), [192, 0, 2, 7].into());
        let mut tried = 0;
        for second in 0..24 * 3600 {
            let now = begin + Duration::from_secs(second);
            if counted.wait(&bad, "anna", now).is_none() {
                counted.wrong(bad, "anna", now);
                tried += 1;
            }
            assert_eq!(counted.wait(&good, "anna", now), None, "after {second} seconds");
        }
        assert!((10..2000).contains(&tried), "{tried}");
    }

    #[test]
    fn what_is_remembered_of_a_name_is_short() {
        assert_eq!(named(" Anna "), "anna");
        for nobody in ["", "an na", "a\0", &"x".repeat(1 << 20)] {
            assert_eq!(named(nobody), "");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_who_tries() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:0:1::5"), of("2001:db8:0:1:ffff::7"));
        assert_ne!(of("2001:db8:0:1::5"), of("2001:db8:0:2::5"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
