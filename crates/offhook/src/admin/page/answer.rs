//! What a handler of the page gives: a page, a way to another, or a refusal that is a page, too.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use super::assets;
use crate::edit;

/// What handlers give.
pub type Answer = Result<Response, Refused>;

/// Why somebody does not get what they asked for; shown as a page.
#[derive(Debug)]
pub enum Refused {
    /// There is no such page or thing.
    NothingThere,
    /// There is no such thing, in a sentence.
    Missing(String),
    /// This user may not.
    NotAllowed,
    /// Another site made the browser send that.
    Elsewhere,
    /// The form was not ours, or too old.
    OldForm,
    /// The form cannot be read: too large, too slow, not a form.
    BadForm(String),
    /// What was asked cannot be done, in a sentence that says what would be right.
    Wrong(String),
    /// Somebody else was faster.
    Overtaken,
    /// So many attempts that some waiting is due, in seconds.
    TooMany(u64),
    /// It is our fault, or the database's; told to the log, not to the user.
    Broken(String),
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Page {
    frame: Bare,
    title: &'static str,
    text: String,
    advice: &'static str,
}

/// What is around a refusal: nobody is known to look at it.
struct Bare;

impl Bare {
    fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    fn icon(&self, name: &str) -> String {
        assets::symbol(name)
    }
}

impl Refused {
    fn status(&self) -> StatusCode {
        match self {
            Self::NothingThere | Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::NotAllowed | Self::Elsewhere | Self::OldForm => StatusCode::FORBIDDEN,
            Self::BadForm(_) => StatusCode::BAD_REQUEST,
            Self::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Overtaken => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NothingThere | Self::Missing(_) => "There is nothing here",
            Self::NotAllowed => "You may not do that",
            Self::Elsewhere => "That came from another site",
            Self::OldForm => "That form is too old",
            Self::BadForm(_) => "That form cannot be read",
            Self::Wrong(_) => "That cannot be done",
            Self::Overtaken => "Somebody else was faster",
            Self::TooMany(_) => "Too many attempts",
            Self::Broken(_) => "Something is wrong on our side",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NothingThere => "No page and no thing has this address.".to_owned(),
            Self::NotAllowed => {
                "Your role does not let you. An administrator can give you another.".to_owned()
            }
            Self::Elsewhere => "Nothing was done.".to_owned(),
            Self::OldForm => "Nothing was done: you logged in anew since it was shown.".to_owned(),
            Self::Overtaken => {
                "The inventory was changed while you looked at it. Nothing was done.".to_owned()
            }
            Self::TooMany(seconds) => format!("Please wait {seconds} seconds, then try again."),
            Self::Broken(_) => "Nothing was done. What happened is in the log of offhook.".to_owned(),
            Self::BadForm(text) | Self::Wrong(text) | Self::Missing(text) => text.clone(),
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::OldForm | Self::Overtaken => "Go back, reload the page, and do it again.",
            Self::Wrong(_) | Self::BadForm(_) => "Go back and change it; what you typed is still there.",
            _ => "",
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        if let Self::Broken(problem) = &self {
            tracing::error!(%problem, "a page could not be shown");
        }
        let page = Page { frame: Bare, title: self.title(), text: self.text(), advice: self.advice() };
        let html = page.render().unwrap_or_else(|_| self.title().to_owned());
        let mut response = (self.status(), Html(html)).into_response();
        if let Self::TooMany(seconds) = self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Overtaken => Self::Overtaken,
            refusal if refusal.is_refusal() => Self::Wrong(sentence(&refusal.to_string())),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<edit::Error> for Refused {
    fn from(error: edit::Error) -> Self {
        match error {
            edit::Error::NoSuch(problem) => Self::Missing(sentence(&problem.text)),
            edit::Error::Store(error) => error.into(),
            edit::Error::Random => Self::Broken(error.to_string()),
            edit::Error::Exists(problem) | edit::Error::Conflict(problem) => {
                Self::Wrong(sentence(&problem.text))
            }
            edit::Error::Wrong(problems) => {
                let texts: Vec<_> = problems.iter().map(|problem| sentence(&problem.text)).collect();
                Self::Wrong(texts.join(" "))
            }
        }
    }
}

impl From<askama::Error> for Refused {
    fn from(error: askama::Error) -> Self {
        Self::Broken(format!("a template: {error}"))
    }
}

/// A message as a sentence: with a capital and a full stop.
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// What stands between backticks is what somebody types.
#[must_use]
pub fn pieces(text: &str) -> Vec<(bool, &str)> {
    text.split('`').enumerate().map(|(place, piece)| (place % 2 == 1, piece)).collect()
}

/// For every address that has no page.
pub(super) async fn nothing_there() -> Refused {
    Refused::NothingThere
}
