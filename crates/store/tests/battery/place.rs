//! Where a test keeps its inventory, and what it puts there.

use provision::inventory::{Change, Group, GroupKind, Key, Line, Name, Number, Phone};
use provision::mac::Mac;
use provision::models;
use store::Store;
use tempfile::TempDir;

use crate::postgres;

/// A database of its own.
pub(crate) struct Place {
    pub(crate) url: String,
    _folder: Option<TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
        Self { url, _folder: Some(folder) }
    }

    pub(crate) fn postgres() -> Self {
        Self { url: postgres::database(), _folder: None }
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open_or_create(&self.url).await.unwrap()
    }

    pub(crate) fn is_a_file(&self) -> bool {
        self.url.starts_with("sqlite")
    }
}

/// Runs each test on both databases.
macro_rules! battery {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                Box::pin(super::$name($crate::place::Place::sqlite())).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                Box::pin(super::$name($crate::place::Place::postgres())).await;
            })+
        }
    };
}
pub(crate) use battery;

pub(crate) fn mac(number: u32) -> Mac {
    let [a, b, c, d] = number.to_be_bytes();
    Mac::new([0, 0x11, a, b, c, d])
}

pub(crate) fn number(text: &str) -> Number {
    text.parse().unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn line(text: &str) -> Line {
    let mut line = Line::new(number(text));
    line.settings.set(name("auth_password"), "s3cret");
    line.settings.set(name("display_name"), format!("Desk {text}"));
    line
}

/// A phone with one line for each number.
pub(crate) fn phone(mac: Mac, lines: &[&str]) -> Phone {
    let mut phone = Phone::new(mac, models::find("8845"));
    for (button, text) in (1..).zip(lines) {
        phone.layer.keys.insert(button, Some(Key::line(number(text))));
    }
    phone
}

pub(crate) fn group(kind: GroupKind, name: &str) -> Group {
    Group::new(kind, name)
}

/// A phone and its lines.
pub(crate) fn put(phone: Phone) -> Vec<Change> {
    let numbers = phone.layer.keys.values().flatten().filter_map(|key| key.line.as_ref());
    let mut changes: Vec<_> = numbers.map(|number| Change::PutLine(line(number.as_str()))).collect();
    changes.push(Change::PutPhone(phone));
    changes
}
