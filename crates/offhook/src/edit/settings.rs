//! `KEY=VALUE`: the settings that people write for phones, lines, keys and groups, checked before anything is kept.

use std::str::FromStr;

use provision::catalogue::nearest;
use provision::inventory::{Key, KeyError, Name, Settings, check_key, check_setting};
use provision::models::{self, Model};

use super::{Error, Problem, Result};

/// A setting or field with the value it shall have.
#[derive(Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name: `web_access`.
    pub key: String,
    /// By clear words: `on`. It may be a password, so it is never printed.
    pub value: String,
}

impl Assignment {
    /// That setting shall have that value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    /// Reads `KEY=VALUE`; `None` for anything whose beginning is no key, such as a URL with a question in it.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        let (key, value) = word.split_once('=')?;
        is_key(key).then(|| Self::new(key, value))
    }

    /// Whether its value is a password.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.key.parse::<Name>().is_ok_and(|name| name.setting().is_secret())
    }
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = if self.is_secret() { "…" } else { &self.value };
        write!(f, "{}={value}", self.key)
    }
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(word: &str) -> std::result::Result<Self, String> {
        Self::read(word)
            .ok_or_else(|| format!("{word:?} says no value: write KEY=VALUE, such as web_access=on"))
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'.')
}

/// For which phones a value must be right.
#[derive(Clone, Debug)]
pub enum Scope {
    /// This model's words and limits.
    Model(&'static Model),
    /// Any model of these that has the setting; what the others lack they are not told.
    AnyOf(Vec<&'static Model>),
}

impl Scope {
    /// Every model there is.
    #[must_use]
    pub fn all() -> Self {
        Self::AnyOf(models::all().iter().collect())
    }

    /// The models of a series.
    #[must_use]
    pub fn series(series: &str) -> Self {
        Self::AnyOf(models::all().iter().filter(|model| model.series == series).collect())
    }

    /// That model, if anybody has said which it is.
    #[must_use]
    pub fn of(model: Option<&'static Model>) -> Self {
        model.map_or_else(Self::all, Self::Model)
    }

    /// Whether the value is right for the model, or for any of these models.
    pub fn check(&self, name: Name, value: &str) -> std::result::Result<(), String> {
        let (known, series) = match self {
            Self::Model(model) => {
                let said = |error| format!("{error}{}", near(name, value, Some(model.series)));
                return check_setting(name, value, Some(model)).map_err(said);
            }
            Self::AnyOf(models) => (models.iter().filter(|model| name.setting().applies.to(model)), None),
        };
        let mut refused = None;
        for model in known {
            match check_setting(name, value, Some(model)) {
                Ok(()) => return Ok(()),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        match (refused, check_setting(name, value, None)) {
            (None, _) => {
                Err(format!("none of these phones has {name}; it is for {}", name.setting().applies))
            }
            (Some(_), Err(error)) | (Some(error), Ok(())) => {
                Err(format!("{error}{}", near(name, value, series)))
            }
        }
    }

    /// Whether the key is right for the model, or for any of these models.
    pub fn check_key(&self, button: u16, key: &Key) -> std::result::Result<(), KeyError> {
        let models = match self {
            Self::Model(model) => return check_key(button, key, Some(model)),
            Self::AnyOf(models) => models,
        };
        check_key(button, key, None)?;
        let mut refused = Ok(());
        for model in models {
            match check_key(button, key, Some(model)) {
                Ok(()) => return Ok(()),
                Err(error) => refused = refused.and(Err(error)),
            }
        }
        refused
    }

    /// The models of the scope that have the setting and do not take the value.
    #[must_use]
    pub fn refusing(&self, name: Name, value: &str) -> Vec<&'static Model> {
        let models = match self {
            Self::Model(model) => std::slice::from_ref(model),
            Self::AnyOf(models) => models,
        };
        let refuses = |model: &&&'static Model| {
            name.setting().applies.to(model) && check_setting(name, value, Some(model)).is_err()
        };
        models.iter().filter(refuses).copied().collect()
    }
}

/// The word that was probably meant.
fn near(name: Name, value: &str, series: Option<&str>) -> String {
    nearest(value, name.setting().words(series)).map(|word| format!("; perhaps {word}")).unwrap_or_default()
}

/// Takes up all of them, or tells everything that is wrong. `whose` begins each complaint: `SEP001122334455`.
pub fn take(whose: &str, settings: &mut Settings, scope: &Scope, written: &[Assignment]) -> Result<()> {
    let mut wrong = Vec::new();
    let mut taken = Vec::new();
    for Assignment { key, value } in written {
        let problem = |text: String| Problem::new(format!("settings/{key}"), format!("{whose}: {text}"));
        match key.parse::<Name>() {
            Err(error) => {
                wrong.push(problem(error.to_string()).hint("; `offhook catalogue settings` lists them"));
            }
            Ok(name) => match scope.check(name, value) {
                Ok(()) => taken.push((name, value.clone())),
                Err(text) => wrong.push(problem(text)),
            },
        }
    }
    if !wrong.is_empty() {
        return Err(Error::Wrong(wrong));
    }
    settings.extend(taken);
    Ok(())
}

/// The names of settings to be taken away; tells every one that is none.
pub fn names<S: AsRef<str>>(words: &[S]) -> Result<Vec<Name>> {
    let (mut names, mut wrong) = (Vec::new(), Vec::new());
    for word in words.iter().map(AsRef::as_ref) {
        match word.parse::<Name>() {
            Ok(name) => names.push(name),
            Err(error) => wrong.push(Problem::new(format!("settings/{word}"), error.to_string())),
        }
    }
    if wrong.is_empty() { Ok(names) } else { Err(Error::Wrong(wrong)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn assigned(word: &str) -> Assignment {
        word.parse().unwrap()
    }

    fn wrong(scope: &Scope, words: &[&str]) -> String {
        let written: Vec<_> = words.iter().map(|word| assigned(word)).collect();
        let mut settings = Settings::default();
        let error = take("SEP001122334455", &mut settings, scope, &written).unwrap_err();
        assert!(matches!(error, Error::Wrong(_)) && settings.is_empty());
        error.to_string()
    }

    #[test]
    fn a_url_is_no_assignment() {
        assert_eq!(Assignment::read("http://pbx/menu?page=1"), None);
        assert_eq!(assigned("number=0800=1").value, "0800=1");
        assert!("web_access".parse::<Assignment>().unwrap_err().contains("web_access=on"));
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_what_would_be_right() {
        let model = Scope::Model(models::find("8845").unwrap());
        insta::assert_snapshot!(wrong(
            &model,
            &["web_access=onn", "web_acces=on", "remote_cc=1", "web_access=on"]
        ));
        insta::assert_snapshot!(wrong(&Scope::all(), &["call_waiting=maybe", "max_calls=0"]));
        insta::assert_snapshot!(wrong(&Scope::series("7800"), &["web_admin_password=x"]));
    }

    #[test]
    fn a_password_is_not_in_the_complaint_about_it() {
        let long = "auth_password=0123456789012345678901234567890123";
        let said = wrong(&Scope::all(), &[long]);
        assert!(said.contains("allowed are 0 to 30") && !said.contains("012345"), "{said}");
    }

    #[test]
    fn a_group_takes_what_one_of_its_phones_takes() {
        let name = Name::new("call_waiting").unwrap();
        let all = Scope::all();
        assert_eq!(all.check(name, "on_locked"), Ok(()));
        assert!(all.refusing(name, "on_locked").iter().any(|model| model.name == "8845"));
        assert!(Scope::series("8800").check(name, "on_locked").is_err());
    }
}
