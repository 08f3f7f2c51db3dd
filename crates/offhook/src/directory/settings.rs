//! A source as the configuration says it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::Uri;
use provision::phonebook::Format;

/// One source beside those that are built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// The word in addresses and settings.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Its place in the menu, lesser first.
    pub order: u64,
    /// The profiles whose phones see it; everybody, if there are none.
    pub profiles: Vec<String>,
    /// The most numbers taken from it.
    pub most: usize,
    /// Where they come from.
    pub origin: Origin,
}

/// Where the people of a source come from. `Debug` does not tell the password.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// An address book on a server.
    CardDav {
        /// The address book, or its server.
        url: Url,
        /// Whom to log in as; nobody when it is empty.
        user: String,
        /// Their password.
        password: String,
        /// The authority of the server's certificate, where it is none that this machine trusts.
        authority: Option<PathBuf>,
        /// How long it is not asked again.
        refresh: Duration,
    },
    /// A file, or a folder of files.
    Files {
        /// Where.
        path: PathBuf,
        /// What they are.
        format: Format,
    },
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CardDav { url, user, .. } => {
                f.debug_struct("CardDav").field("url", url).field("user", user).finish_non_exhaustive()
            }
            Self::Files { path, format } => {
                f.debug_struct("Files").field("path", path).field("format", format).finish()
            }
        }
    }
}

/// A place on a web server.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether the way there is encrypted.
    pub secure: bool,
    /// Name or address, the latter of version 6 without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// From the first slash on.
    pub path: String,
}

impl Url {
    /// Whether the other is on the same server, the same way.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        (self.secure, self.port) == (other.secure, other.port) && self.host.eq_ignore_ascii_case(&other.host)
    }

    /// What a server means that says this in an answer to a request for `self`: a whole address, or a path.
    pub fn join(&self, said: &str) -> Result<Self, String> {
        match said.trim() {
            path if path.starts_with("//") => Err(format!("{path:?} is no address")),
            path if path.starts_with('/') => Ok(Self { path: target(path)?, ..self.clone() }),
            whole => whole.parse(),
        }
    }

    /// The value of `Host:`.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

/// Only what can stand in a request.
fn target(path: &str) -> Result<String, String> {
    path.parse::<Uri>().map(|_| path.to_owned()).map_err(|_| format!("{path:?} is no address"))
}

impl FromStr for Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| format!("{text:?} is no address"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("it begins with https:// or http://".to_owned()),
        };
        let authority = uri.authority().ok_or("it names no server")?;
        if authority.as_str().contains('@') {
            return Err("user and password are settings of their own".to_owned());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err("it names no server".to_owned());
        }
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
        Ok(Self { secure, host, port, path })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http{}://{}{}", if self.secure { "s" } else { "" }, self.authority(), self.path)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in [
            "https://dav.example.net/",
            "http://dav.example.net:5232/anna/",
            "https://[2001:db8::1]:8443/a?b=c",
        ] {
            assert_eq!(text.parse::<Url>().unwrap().to_string(), text);
        }
        for text in
            ["", "dav.example.net", "ftp://x/", "/x", "https://anna:secret@dav.example.net/", "https:///x"]
        {
            assert!(text.parse::<Url>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_server_says_is_read_beside_where_it_is() {
        let here: Url = "https://dav.example.net/anna/".parse().unwrap();
        let joined = |said: &str| here.join(said).map(|url| url.to_string());
        assert_eq!(joined("/b/c.vcf").unwrap(), "https://dav.example.net/b/c.vcf");
        assert_eq!(joined("http://other.example.net/x").unwrap(), "http://other.example.net/x");
        assert!(joined("//other/x").is_err() && joined("c.vcf").is_err() && joined("/a b").is_err());
        assert!(here.is_beside(&"https://DAV.example.net:443/x".parse().unwrap()));
        assert!(!here.is_beside(&"http://dav.example.net/x".parse().unwrap()));
    }
}
