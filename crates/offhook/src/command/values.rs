//! `KEY=VALUE`: the settings that people write for phones, lines, keys and groups, checked before anything is kept.

use std::str::FromStr;

use provision::catalogue::nearest;
use provision::inventory::{Key, KeyError, Name, Settings, check_key, check_setting};
use provision::models::{self, Model};

use super::{WrongUse, secret};

/// A word `KEY=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) key: String,
    pub(super) value: String,
}

impl Assignment {
    /// Reads `KEY=VALUE`; `None` for anything whose beginning is no key, such as a URL with a question in it.
    pub(super) fn read(word: &str) -> Option<Self> {
        let (key, value) = word.split_once('=')?;
        is_key(key).then(|| Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
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
pub(super) enum Scope {
    /// This model's words and limits.
    Model(&'static Model),
    /// Any model of these that has the setting; what the others lack they are not told.
    AnyOf(Vec<&'static Model>),
}

impl Scope {
    /// Every model there is.
    pub(super) fn all() -> Self {
        Self::AnyOf(models::all().iter().collect())
    }

    /// The models of a series.
    pub(super) fn series(series: &str) -> Self {
        Self::AnyOf(models::all().iter().filter(|model| model.series == series).collect())
    }

    /// That model, if anybody has said which it is.
    pub(super) fn of(model: Option<&'static Model>) -> Self {
        model.map_or_else(Self::all, Self::Model)
    }

    /// Whether the value is right for the model, or for any of these models.
    pub(super) fn check(&self, name: Name, value: &str) -> Result<(), String> {
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
    pub(super) fn check_key(&self, button: u16, key: &Key) -> Result<(), KeyError> {
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
    pub(super) fn refusing(&self, name: Name, value: &str) -> Vec<&'static Model> {
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
pub(super) fn take(
    whose: &str,
    settings: &mut Settings,
    scope: &Scope,
    written: &[Assignment],
) -> anyhow::Result<()> {
    let mut wrong = Vec::new();
    let mut taken = Vec::new();
    for assignment in written {
        match one(whose, assignment, scope)? {
            Ok(pair) => taken.push(pair),
            Err(problem) => wrong.push(format!("{whose}: {problem}")),
        }
    }
    if !wrong.is_empty() {
        return Err(WrongUse(wrong.join("\n")).into());
    }
    settings.extend(taken);
    Ok(())
}

fn one(
    whose: &str,
    assignment: &Assignment,
    scope: &Scope,
) -> anyhow::Result<Result<(Name, String), String>> {
    let name = match assignment.key.parse::<Name>() {
        Ok(name) => name,
        Err(error) => return Ok(Err(format!("{error}; `offhook catalogue settings` lists them"))),
    };
    let value = if name.setting().is_secret() {
        secret::read(&assignment.value, &format!("{whose} {name}"))?
    } else {
        assignment.value.clone()
    };
    Ok(scope.check(name, &value).map(|()| (name, value)))
}

/// The names of settings to be taken away; tells every one that is none.
pub(super) fn names(words: &[String]) -> Result<Vec<Name>, WrongUse> {
    let (mut names, mut wrong) = (Vec::new(), Vec::new());
    for word in words {
        match word.parse() {
            Ok(name) => names.push(name),
            Err(error) => wrong.push(format!("{error}")),
        }
    }
    if wrong.is_empty() { Ok(names) } else { Err(WrongUse(wrong.join("\n"))) }
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
        assert!(error.is::<WrongUse>() && settings.is_empty());
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
