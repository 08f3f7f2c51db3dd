//! Forms, filled in: the only way for a handler to read one, and it looks at the token first.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;

use super::answer::Refused;
use super::session;
use crate::listener::App;

/// The field that says a form is ours.
pub const TOKEN: &str = "token";
/// A browser on a slow line sends a form in a second; who needs longer than this holds a place on purpose.
const PATIENCE: Duration = Duration::from_secs(30);
/// An editor of a phone with 113 keys has some hundreds.
const MOST_FIELDS: usize = 10_000;

/// What somebody filled in, field by field. Fields of one name keep their order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Filled(Vec<(String, String)>);

impl Filled {
    /// What stands in the field, without blanks around it; nothing when there is no such field.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// What stands in the field, letter for letter: for passwords.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// As [`Filled::text`]; `None` when nothing stands there.
    #[must_use]
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether the form has that field at all: a box that was ticked, a button that was pressed.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Everything that stands in fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Every field and what stands in it.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Reads the body of a form.
    ///
    /// # Errors
    /// When it has more fields than any of ours.
    pub fn read(body: &[u8]) -> Result<Self, Refused> {
        let pairs: Vec<_> = form_urlencoded::parse(body).into_owned().take(MOST_FIELDS + 1).collect();
        if pairs.len() > MOST_FIELDS {
            return Err(Refused::BadForm(format!("It has more than {MOST_FIELDS} fields.")));
        }
        Ok(Self(pairs))
    }
}

impl FromIterator<(String, String)> for Filled {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Names only: passwords are among the values.
impl std::fmt::Debug for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl FromRequest<App> for Filled {
    type Rejection = Refused;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refused> {
        let expected = session::form_token(request.headers()).ok_or(Refused::OldForm)?;
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Refused::BadForm("It is not sent as forms are.".to_owned()));
        }
        let read = tokio::time::timeout(PATIENCE, Bytes::from_request(request, app));
        let body = match read.await {
            Err(_) => return Err(Refused::BadForm("It took too long to arrive.".to_owned())),
            Ok(Err(problem)) => return Err(Refused::BadForm(problem.body_text())),
            Ok(Ok(body)) => body,
        };
        let form = Self::read(&body)?;
        if session::same(form.raw(TOKEN), &expected) { Ok(form) } else { Err(Refused::OldForm) }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let form = Filled::read(b"a=+1%20&b=&a=2&c=%C3%BC%00&tick").unwrap();
        assert_eq!((form.text("a"), form.raw("a")), ("1", " 1 "));
        assert_eq!(form.all("a").collect::<Vec<_>>(), [" 1 ", "2"]);
        assert_eq!((form.some("b"), form.some("missing"), form.text("c")), (None, None, "ü\0"));
        assert!(form.has("tick") && !form.has("d"));
        assert!(!format!("{form:?}").contains('1'));
    }

    #[test]
    fn forms_have_an_end() {
        assert!(Filled::read(&b"a&".repeat(MOST_FIELDS)).is_ok());
        assert!(Filled::read(&b"a&".repeat(MOST_FIELDS + 1)).is_err());
    }
}
