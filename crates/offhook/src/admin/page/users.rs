//! Users: who may use the page, in which role. And one's own account.

use askama::Template;
use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{HeaderMap, StatusCode};
use store::{Session, User};

use super::answer::{Answer, Refused, sentence};
use super::form::Filled;
use super::frame::Frame;
use super::session;
use crate::admin::access::{Administrator, Role, Viewer};
use crate::admin::{Caller, people};
use crate::listener::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/users", get(list).post(add))
        .route("/users/{name}/role", post(role))
        .route("/users/{name}/link", post(link))
        .route("/users/{name}/out", post(out))
        .route("/users/{name}/remove", post(remove))
        .route("/account", get(account).post(change_password))
        .route("/account/out", post(out_everywhere))
}

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    frame: Frame,
    users: Vec<User>,
    roles: [Role; 3],
    /// What was typed, and what is wrong with it.
    name: String,
    wrong: Option<String>,
    /// A link that was just made: whose, and where.
    link: Option<(String, String)>,
}

impl Users {
    async fn of(frame: Frame) -> Result<Self, Refused> {
        let users = frame.store()?.users().await?;
        Ok(Self { frame, users, roles: Role::ALL, name: String::new(), wrong: None, link: None })
    }
}

async fn list(frame: Frame, _: Administrator) -> Answer {
    let page = Users::of(frame).await?;
    page.frame.page(&page)
}

async fn add(
    frame: Frame,
    _: Administrator,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    form: Filled,
) -> Answer {
    let store = frame.store()?;
    let refused = match people::name(form.text("name")) {
        Err(unfit) => unfit.to_string(),
        Ok(name) => {
            let role = form.text("role").parse().map_err(Refused::Wrong)?;
            match store.add_user(&people::newcomer(name.clone(), role, people::now())).await {
                Ok(()) => return invited(frame, &name, caller, &headers).await,
                Err(refusal) if refusal.is_refusal() => refusal.to_string(),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let mut page = Users::of(frame).await?;
    (page.name, page.wrong) = (form.text("name").to_owned(), Some(sentence(&refused)));
    page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// The link is shown once, on the page itself: it must not stand in an address or a cookie.
async fn invited(frame: Frame, name: &str, caller: Caller, headers: &HeaderMap) -> Answer {
    let secret = people::invite(&frame.store()?, Some(name), people::now()).await?;
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if caller.secure { "https" } else { "http" };
    let mut page = Users::of(frame).await?;
    page.link = Some((name.to_owned(), format!("{scheme}://{host}/welcome/{secret}")));
    page.frame.page(&page)
}

async fn role(frame: Frame, _: Administrator, Path(name): Path<String>, form: Filled) -> Answer {
    let role: Role = form.text("role").parse().map_err(Refused::Wrong)?;
    frame.store()?.set_role(&name, role.word()).await?;
    frame.back_to("/users", &format!("{name} is {role} from now on"))
}

async fn link(
    frame: Frame,
    _: Administrator,
    Path(name): Path<String>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    _: Filled,
) -> Answer {
    invited(frame, &name, caller, &headers).await
}

async fn out(frame: Frame, _: Administrator, Path(name): Path<String>, _: Filled) -> Answer {
    let ended = frame.store()?.end_sessions(&name).await?;
    frame.back_to("/users", &format!("{name} was logged in {ended} times, and is nowhere any more"))
}

async fn remove(frame: Frame, _: Administrator, Path(name): Path<String>, _: Filled) -> Answer {
    frame.store()?.remove_user(&name).await?;
    frame.back_to("/users", &format!("{name} removed"))
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account {
    frame: Frame,
    role: Role,
    sessions: Vec<Session>,
    shortest: usize,
    wrong: Option<String>,
}

impl Account {
    async fn of(frame: Frame, role: Role) -> Result<Self, Refused> {
        let sessions = frame.store()?.sessions_of(frame.name()).await?;
        Ok(Self { frame, role, sessions, shortest: people::SHORTEST, wrong: None })
    }
}

async fn account(frame: Frame, Viewer(who): Viewer) -> Answer {
    let page = Account::of(frame, who.role).await?;
    page.frame.page(&page)
}

async fn change_password(
    frame: Frame,
    Viewer(who): Viewer,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    form: Filled,
) -> Answer {
    let store = frame.store()?;
    let kept = store.user(&who.name).await?.map(|user| user.password).unwrap_or_default();
    let right = people::verify(form.raw("now"), kept).await;
    let (password, again) = (form.raw("password"), form.raw("again"));
    let wrong = if !right {
        Some("That is not your password.".to_owned())
    } else if let Err(unfit) = people::check_password(&who.name, password) {
        Some(sentence(&unfit.to_string()))
    } else if password != again {
        Some("The two passwords differ.".to_owned())
    } else {
        None
    };
    if wrong.is_some() {
        let mut page = Account::of(frame, who.role).await?;
        page.wrong = wrong;
        return page.frame.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    store.set_password(&who.name, &people::hash(password).await).await?;
    // Everybody is logged out by that; this browser goes on under a new secret.
    let cookies = session::begin(&store, &who.name, caller, session::agent(&headers)).await?;
    let back = frame.back_to("/account", "Your password is changed; everywhere else you are logged out")?;
    Ok(axum::response::IntoResponse::into_response((cookies, back)))
}

async fn out_everywhere(frame: Frame, Viewer(who): Viewer, _: Filled) -> Answer {
    frame.store()?.end_sessions(&who.name).await?;
    frame.go_to("/login")
}
