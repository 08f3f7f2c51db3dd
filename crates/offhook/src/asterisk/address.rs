//! Where an Asterisk listens: `ami://pbx.example.net:5038` or `http://pbx.example.net:8088/mxml`.

use std::fmt;
use std::str::FromStr;

/// How it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// The manager interface over TCP: events come by themselves.
    Tcp,
    /// The manager interface over HTTP, in XML.
    Http,
}

/// Where one manager interface is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// The name or address, as it stands in a URL.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path, for HTTP.
    pub path: String,
}

impl Address {
    /// What a socket is connected to.
    #[must_use]
    pub fn place(&self) -> (&str, u16) {
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").ok_or("it has no ami:// or http://")?;
        let (scheme, usual) = match scheme {
            "ami" => (Scheme::Tcp, 5038),
            "http" => (Scheme::Http, 8088),
            _ => return Err("Asterisk is spoken to over ami:// or http://"),
        };
        let (place, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if place.contains('@') {
            return Err("the user and the secret are settings of their own");
        }
        let cut = match place.rfind(']') {
            Some(end) => place[end..].find(':').map(|colon| end + colon),
            None => place.find(':'),
        };
        let (host, port) = place.split_at(cut.unwrap_or(place.len()));
        let port = match port.strip_prefix(':') {
            Some(port) => port.parse().map_err(|_| "the port is a number up to 65535")?,
            None => usual,
        };
        let good = |c: char| c.is_ascii_alphanumeric() || "-._:[]%".contains(c);
        if host.is_empty() || !host.chars().all(good) || path.chars().any(|c| c.is_control() || c == ' ') {
            return Err("it names no host");
        }
        let path = match (scheme, path.trim_end_matches('/')) {
            (Scheme::Tcp, "") => String::new(),
            (Scheme::Tcp, _) => return Err("ami:// has no path"),
            (Scheme::Http, "") => "/mxml".to_owned(),
            (Scheme::Http, path) => path.to_owned(),
        };
        Ok(Self { scheme, host: host.to_owned(), port, path })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.scheme == Scheme::Tcp { "ami" } else { "http" };
        write!(f, "{scheme}://{}:{}{}", self.host, self.port, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        assert_eq!(read("ami://pbx"), Ok("ami://pbx:5038".into()));
        assert_eq!(read("ami://[2001:db8::1]:5039/"), Ok("ami://[2001:db8::1]:5039".into()));
        assert_eq!(read("http://pbx.example.net"), Ok("http://pbx.example.net:8088/mxml".into()));
        assert_eq!(read("http://pbx:80/asterisk/mxml"), Ok("http://pbx:80/asterisk/mxml".into()));
        for wrong in
            ["pbx", "ami://", "ami://pbx:x", "ami://a:b@pbx", "ami://pbx/mxml", "ftp://pbx", "http://a b"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let place = "ami://[::1]".parse::<Address>();
        assert_eq!(place.as_ref().map(Address::place), Ok(("::1", 5038)));
    }
}
