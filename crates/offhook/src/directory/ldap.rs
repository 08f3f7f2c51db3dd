//! A directory service over LDAP or LDAPS: all its people are read now and then, and searched here, by letters and by keys.

use std::time::Duration;

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry};

use super::index::Person;

/// The service is there by then, or away.
const CONNECT: Duration = Duration::from_secs(3);
/// Each answer of it.
const ANSWER: Duration = Duration::from_secs(10);
/// People of one page; services allow a thousand as a rule.
const PAGE: i32 = 500;
/// More people than phones can leaf through; they take about 30 MB.
const MOST: usize = 100_000;
/// No name is longer on a phone.
const LONGEST: usize = 200;

/// Where people are found, and how. `Debug` does not tell the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Service {
    /// `ldap://` or `ldaps://`.
    pub url: String,
    /// Encrypt a connection that begins in the clear.
    pub starttls: bool,
    /// The part of the tree they are in.
    pub base: String,
    /// Who counts.
    pub filter: String,
    /// Whom to log in as; nobody when it is empty.
    pub user: String,
    /// Their password.
    pub password: String,
    /// The attribute with the name.
    pub name: String,
    /// The attributes with numbers.
    pub numbers: Vec<String>,
}

/// The way to a service.
#[derive(Clone, Debug)]
pub(super) struct Ldap(Service);

impl Ldap {
    pub(super) fn new(service: Service) -> Self {
        Self(service)
    }

    /// Everybody with a name and a number.
    pub(super) async fn all(&self) -> Result<Vec<Person>, LdapError> {
        let service = &self.0;
        let settings = LdapConnSettings::new().set_conn_timeout(CONNECT).set_starttls(service.starttls);
        let (connection, mut ldap) = LdapConnAsync::with_settings(settings, &service.url).await?;
        ldap3::drive!(connection);
        if !service.user.is_empty() {
            ldap.with_timeout(ANSWER).simple_bind(&service.user, &service.password).await?.success()?;
        }
        let mut attributes = vec![service.name.as_str()];
        attributes.extend(service.numbers.iter().map(String::as_str));
        let pages: Vec<Box<dyn Adapter<_, _>>> =
            vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let mut search = ldap
            .with_timeout(ANSWER)
            .streaming_search_with(pages, &service.base, Scope::Subtree, &service.filter, attributes)
            .await?;
        let mut all = Vec::new();
        while let Some(entry) = search.next().await? {
            self.take(&SearchEntry::construct(entry), &mut all);
            if all.len() >= MOST {
                tracing::warn!(
                    url = service.url,
                    most = MOST,
                    "the directory service has more people than are read"
                );
                break;
            }
        }
        search.finish().await;
        let _ = ldap.unbind().await;
        Ok(all)
    }

    fn take(&self, entry: &SearchEntry, all: &mut Vec<Person>) {
        let values = |name: &str| {
            let found = entry.attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, values)| values.as_slice()).unwrap_or_default()
        };
        let Some(name) = values(&self.0.name).first() else { return };
        let numbers: Vec<(&str, &String)> = self
            .0
            .numbers
            .iter()
            .flat_map(|attribute| values(attribute).iter().map(move |number| (attribute.as_str(), number)))
            .collect();
        for (attribute, number) in &numbers {
            let name: String = name.chars().take(LONGEST).collect();
            let kind = (numbers.len() > 1).then(|| kind(attribute).into());
            all.push(Person { kind, ..Person::new(&name, number) });
        }
    }
}

/// What people call the attributes that schemas have.
fn kind(attribute: &str) -> &str {
    match attribute.to_ascii_lowercase().as_str() {
        "telephonenumber" => "work",
        "mobile" => "mobile",
        "homephone" => "home",
        "ipphone" => "phone",
        _ => attribute,
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("url", &self.url).field("base", &self.base).finish_non_exhaustive()
    }
}
