//! Absolute addresses, built from the one a phone used: phones do not follow relative ones.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use super::{ObjectError, Target};

/// `http://192.0.2.5:6972`: where the phone that asks found this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base(String);

/// A name of the DNS has 253 characters at most, and a port five.
const LONGEST_HOST: usize = 260;

impl Base {
    /// From the `Host` header, if it is one that can be asked again; else from the address of this end of the connection.
    #[must_use]
    pub fn new(host: Option<&[u8]>, local: SocketAddr, secure: bool) -> Self {
        let scheme = if secure { "https" } else { "http" };
        match host.and_then(good_host) {
            Some(host) => Self(format!("{scheme}://{host}")),
            None => Self(format!("{scheme}://{}", shown(local))),
        }
    }

    /// The address of a page.
    ///
    /// # Errors
    /// When the parameters make it too long for a phone.
    pub fn page(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Target, ObjectError> {
        let mut url = format!("{}{path}", self.0);
        for (number, (name, value)) in parameters.iter().enumerate() {
            url.push(if number == 0 && !path.contains('?') { '?' } else { '&' });
            url.push_str(&escaped(name));
            url.push('=');
            url.push_str(&escaped(value));
        }
        Target::url(url)
    }

    /// Scheme, name and port.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn good_host(host: &[u8]) -> Option<&str> {
    let host = std::str::from_utf8(host).ok()?.trim();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let starts = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[');
    (host.len() <= LONGEST_HOST && starts && host.chars().all(fits)).then_some(host)
}

fn shown(local: SocketAddr) -> String {
    match local.ip().to_canonical() {
        IpAddr::V4(address) => format!("{address}:{}", local.port()),
        IpAddr::V6(address) => format!("[{address}]:{}", local.port()),
    }
}

/// A text as part of a query: only letters, digits and `-._~` stay.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn base(host: Option<&[u8]>, secure: bool) -> String {
        Base::new(host, "[::ffff:192.0.2.5]:6972".parse().unwrap(), secure).as_str().to_owned()
    }

    #[test]
    fn the_host_the_phone_used_is_kept_if_it_is_one() {
        assert_eq!(base(Some(b"pbx.example.net:6972"), false), "http://pbx.example.net:6972");
        assert_eq!(base(Some(b" [2001:db8::5]:6973"), true), "https://[2001:db8::5]:6973");
        for bad in [&b""[..], b"a b", b"x/\"><script>", b"\xff", b":80", b"@evil", &[b'a'; 300]] {
            assert_eq!(base(Some(bad), false), "http://192.0.2.5:6972");
        }
        assert_eq!(base(None, true), "https://192.0.2.5:6972");
    }

    #[test]
    fn parameters_are_escaped_and_appended() {
        let base = Base::new(None, "[2001:db8::5]:6972".parse().unwrap(), false);
        let page = |path, parameters: &[_]| base.page(path, parameters).unwrap().to_string();
        assert_eq!(page("/x", &[]), "http://[2001:db8::5]:6972/x");
        assert_eq!(
            page("/x", &[("q", "Jü & x"), ("page", "2")]),
            "http://[2001:db8::5]:6972/x?q=J%C3%BC%20%26%20x&page=2"
        );
        assert_eq!(page("/x?a=1", &[("b", "2")]), "http://[2001:db8::5]:6972/x?a=1&b=2");
        assert!(base.page("/x", &[("q", &"x".repeat(300))]).is_err());
    }
}
