//! What every page has around it: who is logged in, where else one can go, what was just done.

use std::convert::Infallible;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use store::Store;

use super::answer::{Answer, Refused};
use super::navigation::{Area, Link, NAVIGATION};
use super::{assets, session};
use crate::admin::access::{self, Principal, Role};
use crate::admin::{Caller, people};
use crate::listener::App;

/// What is around a page. Every template has one, in its field `frame`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Who looks, if anybody is logged in.
    pub user: Option<Principal>,
    /// What forms must say.
    pub token: String,
    /// What was just done.
    pub said: Option<String>,
    path: String,
    secure: bool,
    cookies: Vec<String>,
    store: Option<Store>,
}

impl Frame {
    /// The page of that template.
    ///
    /// # Errors
    /// When the template fails.
    pub fn page(&self, template: &impl Template) -> Answer {
        self.page_with(StatusCode::OK, template)
    }

    /// The page of that template, with another status: 422 for a form that is shown again with what is wrong.
    ///
    /// # Errors
    /// When the template fails.
    pub fn page_with(&self, status: StatusCode, template: &impl Template) -> Answer {
        let mut response = (status, Html(template.render()?)).into_response();
        self.cookies.iter().for_each(|cookie| add(&mut response, cookie));
        Ok(response)
    }

    /// On to another page, with a notice there.
    ///
    /// # Errors
    /// None; so that it stands at the end of a handler.
    pub fn back_to(&self, address: &str, said: &str) -> Answer {
        let mut response = Redirect::to(address).into_response();
        add(&mut response, &session::saying(said, self.secure));
        Ok(response)
    }

    /// On to another page.
    ///
    /// # Errors
    /// None; so that it stands at the end of a handler.
    pub fn go_to(&self, address: &str) -> Answer {
        Ok(Redirect::to(address).into_response())
    }

    /// The inventory; whatever is changed through it is written down as this user's.
    ///
    /// # Errors
    /// When this process has none.
    pub fn store(&self) -> Result<Store, Refused> {
        let store = self.store.as_ref().ok_or_else(|| Refused::Broken("there is no inventory".to_owned()))?;
        Ok(self.user.as_ref().map_or_else(|| store.clone(), |user| store.by(&user.name)))
    }

    /// The user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.user.as_ref().map_or("", |user| &user.name)
    }

    /// Whether the user may change phones, lines, keys and contacts.
    #[must_use]
    pub fn operates(&self) -> bool {
        self.is(Role::Operator)
    }

    /// Whether the user may change everything.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.is(Role::Administrator)
    }

    fn is(&self, least: Role) -> bool {
        self.user.as_ref().is_some_and(|user| user.role >= least)
    }

    /// The areas of the navigation.
    #[must_use]
    pub fn areas(&self) -> &'static [Area] {
        NAVIGATION
    }

    /// Whether the user sees that link.
    #[must_use]
    pub fn sees(&self, link: &Link) -> bool {
        self.is(link.least)
    }

    /// Whether the page belongs to that link.
    #[must_use]
    pub fn is_at(&self, link: &Link) -> bool {
        self.path.strip_prefix(link.address).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Where the style sheet, script or picture of that name is.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// A symbol of `static/icons.svg`.
    #[must_use]
    pub fn icon(&self, name: &str) -> String {
        assets::symbol(name)
    }

    /// A moment for people, in UTC.
    #[must_use]
    pub fn time(&self, seconds: &i64) -> String {
        crate::trust::calendar::utc(*seconds)
    }

    /// How long ago something was, in words.
    #[must_use]
    pub fn ago(&self, seconds: &i64) -> String {
        ago(people::now() - seconds)
    }
}

/// A span in words: `3 minutes ago`.
#[must_use]
pub fn ago(seconds: i64) -> String {
    let counted = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => counted(seconds / 60, "minute"),
        3600..86_400 => counted(seconds / 3600, "hour"),
        _ => counted(seconds / 86_400, "day"),
    }
}

fn add(response: &mut Response, cookie: &str) {
    // Names, hexadecimal digits and percent signs are always a header.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

impl FromRequestParts<App> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let user = access::principal(parts, app).await;
        let secure = parts.extensions.get::<Caller>().is_some_and(|caller| caller.secure);
        let mut cookies = Vec::new();
        let token = session::form_token(&parts.headers).unwrap_or_else(|| {
            let (token, cookie) = session::visit(secure);
            cookies.push(cookie);
            token
        });
        let said = session::said(&parts.headers, secure).map(|(text, cookie)| {
            cookies.push(cookie);
            text
        });
        let store = app.artifacts.inventory().map(|inventory| inventory.store().clone());
        let path = parts.uri.path().to_owned();
        Ok(Self { user, token, said, path, secure, cookies, store })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_in_words() {
        for (seconds, said) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7200, "2 hours ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(seconds), said);
        }
    }
}
