//! What phones send, and the headers they look at in what comes back.

use crate::models::{Model, Series};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub url: String,
    /// The form it carries; none is a GET.
    pub form: Option<String>,
    /// Its headers but `Host` and `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// The phone that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its model.
    pub model: &'static Model,
    /// Its name: `SEP001122334455`.
    pub device: String,
    /// Its user locale, which old phones add to addresses; none adds nothing.
    pub locale: Option<String>,
    /// The charsets it lists, the one it likes best first.
    pub accepts: Vec<&'static str>,
}

/// Cookies a phone keeps for one host.
const MOST_COOKIES: usize = 4;
const LONGEST_COOKIE: usize = 255;

impl Caller {
    /// A phone with the habits of its series.
    #[must_use]
    pub fn new(model: &'static Model, device: &str) -> Self {
        let accepts = if is_old(model) { vec!["iso-8859-1", "utf-8"] } else { vec!["utf-8", "iso-8859-1"] };
        Self { model, device: device.to_owned(), locale: None, accepts }
    }

    /// The address as this phone asks for it.
    pub(super) fn address(&self, url: &str) -> String {
        let url = url.replace("#DEVICENAME#", &self.device);
        let url = url.split('#').next().unwrap_or_default();
        match &self.locale {
            // What is in the address already stays; old phones do not look.
            Some(locale) if is_old(self.model) => {
                let joint = if url.contains('?') { '&' } else { '?' };
                format!("{url}{joint}locale={}&name={}", escape(locale), self.device)
            }
            _ => url.to_owned(),
        }
    }

    /// The headers of every request.
    pub(super) fn headers(&self, cookies: &[String]) -> Vec<(&'static str, String)> {
        let model = self.model;
        let old = is_old(model);
        let mut headers = Vec::new();
        if old {
            headers.push(("User-Agent", "Allegro-Software-WebClient/4.34".to_owned()));
        }
        headers.push(("Accept", "x-CiscoIPPhone/*;version=9.1, text/*, image/png, */*".to_owned()));
        headers.push(("Accept-Language", if old { "en_US" } else { "en-US" }.to_owned()));
        headers.push(("Accept-Charset", format!("{};q=0.8", self.accepts.join(","))));
        if self.accepts.len() < 2 {
            headers.pop();
            headers.push(("Accept-Charset", self.accepts.join(",")));
        }
        headers.push(("x-CiscoIPPhoneModelName", model_name(model)));
        headers.push(("x-CiscoIPPhoneSDKVersion", if old { "6.0.2" } else { "9.1.1" }.to_owned()));
        if let Some(screen) = &model.screen {
            let (width, height) = screen.services;
            let comma = if old { "," } else { ", " };
            let kind = if screen.colour { "C" } else { "G" };
            let parts = [width.to_string(), height.to_string(), screen.depth.to_string(), kind.to_owned()];
            headers.push(("x-CiscoIPPhoneDisplay", parts.join(comma)));
        }
        if !cookies.is_empty() {
            headers.push(("Cookie", cookies.join("; ")));
        }
        headers.push(("Connection", "close".to_owned()));
        headers
    }
}

/// The two oldest families speak with the same web client.
pub(super) fn is_old(model: &Model) -> bool {
    matches!(model.series, Series::S6900 | Series::S7900)
}

fn model_name(model: &Model) -> String {
    let suffix = if model.series == Series::S7900 { "G" } else { "" };
    format!("CP-{}{suffix}", model.name)
}

impl Response {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// What is loaded next: after so many seconds, and from where if it says so.
    pub(super) fn refresh(&self) -> Option<(u32, Option<String>)> {
        let value = self.header("refresh")?;
        let (seconds, rest) = value.split_once(';').unwrap_or((value, ""));
        let url = rest.trim().strip_prefix("url=").map(str::to_owned);
        Some((seconds.trim().parse().unwrap_or(0), url))
    }

    /// Whether the page stays off the way back. Whatever date there is, servers mean one that is past.
    pub(super) fn is_passing(&self) -> bool {
        self.header("expires").is_some()
    }

    /// Adds the cookies of this answer to those the phone has, as many as it keeps.
    pub(super) fn take_cookies(&self, cookies: &mut Vec<String>) {
        for (name, value) in &self.headers {
            let cookie = value.split(';').next().unwrap_or_default().trim();
            if !name.eq_ignore_ascii_case("set-cookie") || cookie.len() > LONGEST_COOKIE {
                continue;
            }
            let key = cookie.split('=').next().unwrap_or_default();
            cookies.retain(|known| known.split('=').next() != Some(key));
            if cookies.len() < MOST_COOKIES {
                cookies.push(cookie.to_owned());
            }
        }
    }
}

/// A value in an address or a form.
pub(super) fn escape(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    text.bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::models::find;

    #[test]
    fn old_and_new_phones_say_who_they_are() {
        let mut old = Caller::new(find("7942").unwrap(), "SEP001122334455");
        old.locale = Some("germany".to_owned());
        assert_eq!(old.address("http://x/a?b=1"), "http://x/a?b=1&locale=germany&name=SEP001122334455");
        let has = |headers: &[(&str, String)], line: &str| {
            headers.iter().any(|(name, value)| format!("{name}: {value}") == line)
        };
        let headers = old.headers(&[]);
        assert!(
            has(&headers, "x-CiscoIPPhoneDisplay: 298,144,4,G")
                && has(&headers, "x-CiscoIPPhoneModelName: CP-7942G")
        );
        assert!(has(&headers, "Accept-Charset: iso-8859-1,utf-8;q=0.8"));
        let new = Caller::new(find("8845").unwrap(), "SEP001122334455");
        assert_eq!(new.address("http://x/?n=#DEVICENAME#"), "http://x/?n=SEP001122334455");
        assert!(has(&new.headers(&["a=b".to_owned()]), "Cookie: a=b"));
        assert!(has(&new.headers(&[]), "x-CiscoIPPhoneDisplay: 559, 265, 24, C"));
    }

    #[test]
    fn headers_of_answers_are_understood() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let response = Response {
            headers: vec![
                header("Refresh", "5; url=http://x/"),
                header("Set-Cookie", "a=1; path=/"),
                header("set-cookie", "a=2"),
            ],
            ..Response::default()
        };
        assert_eq!(response.refresh(), Some((5, Some("http://x/".to_owned()))));
        let mut cookies = vec!["b=1".to_owned()];
        response.take_cookies(&mut cookies);
        assert_eq!(cookies, ["b=1", "a=2"]);
        assert!(!response.is_passing());
    }
}
