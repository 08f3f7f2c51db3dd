//! Why an address book cannot be had, in words for whoever set it up.

use http::StatusCode;

use crate::directory::Url;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{0} cannot be reached: {1}")]
    Away(String, String),
    #[error("{0} does not answer in time")]
    Slow(String),
    #[error("the authority {0} cannot be used: {1}")]
    Authority(String, String),
    #[error("{0} does not take the user or the password")]
    Refused(Url),
    #[error("{0} takes no plain passwords (Basic), and offhook knows no other way")]
    NoBasic(Url),
    #[error("{0} leads to {1}, which is another server; write that address if it is right")]
    Elsewhere(Url, String),
    #[error("{0} leads on and on")]
    Loop(Url),
    #[error("{0} says {1}")]
    Status(Url, StatusCode),
    #[error("{0} answers with more than {1} bytes at once")]
    TooLarge(Url, usize),
    #[error("{0} answers with something that is no answer of an address book: {1}")]
    Nonsense(Url, String),
    #[error("{0} is no address book and tells of none")]
    NoBook(Url),
}
