//! What is wrong with a change that somebody asked for.

use std::fmt;

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What it is about is not there.
    #[error("{0}")]
    NoSuch(Box<Problem>),
    /// What should be new is there already.
    #[error("{0}")]
    Exists(Box<Problem>),
    /// It does not go together with something else that holds.
    #[error("{0}")]
    Conflict(Box<Problem>),
    /// What was written cannot be kept: everything that is wrong with it.
    #[error("{}", told(.0))]
    Wrong(Vec<Problem>),
    /// The system has no random numbers for a password.
    #[error("the system gave no random numbers")]
    Random,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `settings/web_access`, `model`; empty when it is about the whole.
    pub field: String,
    /// What is wrong, and what would be right.
    pub text: String,
    /// What to do about it on the command line; goes behind the text.
    pub hint: String,
}

impl Problem {
    /// Something wrong with a field.
    pub fn new(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field: field.into(), text: text.into(), hint: String::new() }
    }

    /// The same, with what to do on the command line.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, self.hint)
    }
}

fn told(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Error {
    /// One thing that was written wrongly.
    pub fn wrong(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Wrong(vec![Problem::new(field, text)])
    }

    /// Something that is not there; `hint` goes behind it on the command line.
    pub fn no_such(field: impl Into<String>, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::NoSuch(Box::new(Problem::new(field, text).hint(hint)))
    }

    /// Something that is there already.
    pub fn exists(field: impl Into<String>, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Exists(Box::new(Problem::new(field, text).hint(hint)))
    }

    /// Something that does not go together.
    pub fn conflict(field: impl Into<String>, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Conflict(Box::new(Problem::new(field, text).hint(hint)))
    }

    /// The same, about a part of something larger: `lines/0`.
    #[must_use]
    pub fn within(mut self, place: &str) -> Self {
        let problems: &mut [Problem] = match &mut self {
            Self::Wrong(problems) => problems,
            Self::NoSuch(one) | Self::Exists(one) | Self::Conflict(one) => std::slice::from_mut(one),
            Self::Random | Self::Store(_) => &mut [],
        };
        for problem in problems {
            let own = std::mem::take(&mut problem.field);
            problem.field = if own.is_empty() { place.to_owned() } else { format!("{place}/{own}") };
        }
        self
    }

    /// Somebody else was faster: whoever does everything again from the start may succeed.
    #[must_use]
    pub fn is_overtaken(&self) -> bool {
        matches!(self, Self::Store(store::Error::Overtaken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_in_front_of_every_field() {
        let error =
            Error::Wrong(vec![Problem::new("settings/label", "too long"), Problem::new("", "no line")]);
        let Error::Wrong(problems) = error.within("lines/1") else { panic!("it is another error now") };
        assert_eq!([&problems[0].field, &problems[1].field], ["lines/1/settings/label", "lines/1"]);
    }

    #[test]
    fn everything_is_told_with_its_hint() {
        let problems = vec![Problem::new("a", "one").hint("; do this"), Problem::new("b", "two")];
        assert_eq!(Error::Wrong(problems).to_string(), "one; do this\ntwo");
    }
}
