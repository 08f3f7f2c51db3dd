//! Where the inventory is kept, as a URL whose password is never printed.

use std::fmt;
use std::path::Path;

/// What the URL of a database begins with.
const SCHEMES: [&str; 3] = ["sqlite://", "postgres://", "postgresql://"];

/// The URL of the database.
#[derive(Clone, PartialEq, Eq)]
pub struct Database(String);

impl Database {
    /// Reads a URL; `None` when it names no kind of database that offhook knows.
    #[must_use]
    pub fn read(url: &str) -> Option<Self> {
        let known = SCHEMES.iter().any(|scheme| url.starts_with(scheme) && url.len() > scheme.len());
        (known && !url.chars().any(char::is_control)).then(|| Self(url.to_owned()))
    }

    /// The one that is used when nobody says otherwise: a file in `data_dir`.
    #[must_use]
    pub fn within(data_dir: &Path) -> Self {
        Self(format!("sqlite://{}", data_dir.join("offhook.db").display()))
    }

    /// The URL with its password, for whoever opens it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0
    }

    /// The file, when it is one.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        let rest = self.0.strip_prefix("sqlite://")?;
        Some(Path::new(rest.split('?').next().unwrap_or(rest)))
    }
}

impl fmt::Display for Database {
    /// Without password, and without what stands behind the question mark: a password may stand there, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.split('?').next().unwrap_or(&self.0);
        let Some((scheme, rest)) = shown.split_once("://") else { return f.write_str("…") };
        match rest.rsplit_once('@') {
            Some((user, place)) if !scheme.starts_with("sqlite") => {
                let user = user.split(':').next().unwrap_or_default();
                write!(f, "{scheme}://{user}@{place}")
            }
            _ => write!(f, "{scheme}://{rest}"),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn passwords_are_not_printed() {
        for (url, shown) in [
            ("postgres://offhook:s3cret@db.example.net/offhook", "postgres://offhook@db.example.net/offhook"),
            ("postgres://u:p@ss@db/x?password=s3cret", "postgres://u@db/x"),
            ("postgresql:///offhook?host=/run/postgresql", "postgresql:///offhook"),
            ("sqlite://data/a@b:c.db", "sqlite://data/a@b:c.db"),
        ] {
            let database = Database::read(url).unwrap();
            assert_eq!((database.to_string(), format!("{database:?}")), (shown.to_owned(), shown.to_owned()));
            assert_eq!(database.url(), url);
        }
    }

    #[test]
    fn only_known_databases_are_taken() {
        for url in ["mysql://x", "data/offhook.db", "sqlite://", "", "postgres://a\nb"] {
            assert_eq!(Database::read(url), None, "{url}");
        }
        assert_eq!(Database::read("sqlite://data/offhook.db"), Some(Database::within("data".as_ref())));
        assert_eq!(Database::within("/var/lib".as_ref()).file(), Some("/var/lib/offhook.db".as_ref()));
    }
}
