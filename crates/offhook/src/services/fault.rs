//! Why there is no page: a status for programs, a text for whoever looks at the screen.

use http::StatusCode;
use provision::objects::{Answer, ObjectError, Phone, Screen, Text};

/// A request that got no page.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such page.
    #[error("There is no such page here.")]
    NotFound,
    /// A method the page does not take; these it does.
    #[error("This page takes {0} only.")]
    Method(&'static str),
    /// A request nobody can make sense of.
    #[error("{0}")]
    Bad(String),
    /// More bytes than are taken.
    #[error("That is too much: at most {} KB are taken.", .0 / 1024)]
    TooLarge(u64),
    /// An address longer than any phone's.
    #[error("This address is too long.")]
    LongAddress,
    /// The body stopped half-way.
    #[error("What was sent stopped half-way. Try again.")]
    Stopped,
    /// A phone that nobody knows, where only known ones are wanted.
    #[error("Nobody knows this phone here. Tell your administrator.")]
    Nobody,
    /// Too often.
    #[error("Too many requests. Try again in a minute.")]
    TooOften,
    /// Too many at once.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// No room left for what was sent.
    #[error("There is no room left on the server. Tell your administrator.")]
    Full,
    /// Somebody else is needed for it, and does not answer; the log says who.
    #[error("The telephone system does not answer. Try again in a moment.")]
    Away(String),
    /// Something here does not work; the log says what.
    #[error("This does not work at the moment. Tell your administrator.")]
    Internal(String),
}

impl Fault {
    /// The status that says so.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Bad(_) | Self::Stopped => StatusCode::BAD_REQUEST,
            Self::Nobody => StatusCode::FORBIDDEN,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::LongAddress => StatusCode::URI_TOO_LONG,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            // Phones show the page of a success only; what is wrong is not this request.
            Self::Away(_) => StatusCode::OK,
            Self::Full => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the log tells beside the text; never what the phone is told.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Internal(cause) | Self::Away(cause) => Some(cause),
            _ => None,
        }
    }

    /// Whether the rest of the request may still be on its way, unread.
    pub(super) fn leaves_body(&self) -> bool {
        matches!(
            self,
            Self::Method(_) | Self::TooLarge(_) | Self::TooOften | Self::Busy | Self::Full | Self::Stopped
        )
    }

    /// The page that tells it.
    pub(super) fn page(&self, phone: Phone) -> Answer {
        let shown = Text::new(phone, "Not possible", &self.to_string());
        let shown = shown.and_then(|text| text.keys(|keys| keys.exit("Exit")));
        shown.expect("every phone shows a text with an Exit key").answer().passing()
    }
}

impl From<ObjectError> for Fault {
    fn from(error: ObjectError) -> Self {
        Self::Internal(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_fault_is_a_page_and_hides_its_cause() {
        let fault = Fault::Internal("/var/lib/offhook: no space".to_owned());
        let page = String::from_utf8(fault.page(Phone::of("7942")).body).unwrap();
        assert!(page.contains("<CiscoIPPhoneText>") && page.contains("administrator"), "{page}");
        assert!(!page.contains("/var"), "{page}");
        assert_eq!(fault.cause(), Some("/var/lib/offhook: no space"));
        assert_eq!(Fault::TooLarge(16 << 10).to_string(), "That is too much: at most 16 KB are taken.");
    }
}
