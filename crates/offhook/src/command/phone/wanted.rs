//! `--line NUMBER[:PASSWORD[:LABEL]]`: lines that a new phone shall have, and what has to be made for them.

use std::fmt;
use std::str::FromStr;

use anyhow::bail;
use provision::inventory::{Bundle, Change, Key, Line, Name, Number, NumberError};
use serde::Serialize;

use crate::command::WrongUse;
use crate::command::secret;
use crate::command::stock::Stock;
use crate::command::values::{Assignment, Scope, take};

/// A line that a phone shall have.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    number: Number,
    password: Option<String>,
    label: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize)]
pub(super) struct Placed {
    pub(super) button: u16,
    pub(super) line: Number,
    pub(super) new: bool,
    /// Only when offhook made it up: nobody else knows it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) made_up_password: Option<String>,
}

impl FromStr for Wanted {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let mut parts = text.splitn(3, ':');
        let number = parts.next().unwrap_or_default().parse()?;
        let mut part = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
        Ok(Self { number, password: part(), label: part() })
    }
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted")
            .field("number", &self.number)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

/// Gives the phone a key for each line, and says which lines are to be made.
pub(super) fn place(
    bundle: &mut Bundle,
    wanted: Vec<Wanted>,
    stock: &Stock,
) -> anyhow::Result<(Vec<Placed>, Vec<Change>)> {
    let (mut placed, mut changes) = (Vec::new(), Vec::new());
    let buttons = free_buttons(bundle, wanted.len())?;
    // Phones sign in with the name and password of their first line, on all lines.
    let mut needs_password = true;
    for (button, wanted) in buttons.into_iter().zip(wanted) {
        let (number, label) = (wanted.number.clone(), wanted.label.clone());
        if placed.iter().any(|placed: &Placed| placed.line == number) {
            return Err(WrongUse(format!("line {number} is named twice")).into());
        }
        let mut key = Key::line(number.clone());
        let known = stock.wait(stock.store.line(&number))?;
        let new = known.is_none();
        let mut made_up_password = None;
        match known {
            Some(line) => {
                agrees(&line, wanted.password)?;
                own_label(&mut key, &line, label, bundle)?;
            }
            None => {
                let (line, made_up) = new_line(wanted, needs_password, bundle)?;
                made_up_password = made_up;
                changes.push(Change::PutLine(line));
            }
        }
        needs_password = false;
        bundle.phone.layer.keys.insert(button, Some(key));
        placed.push(Placed { button, line: number, new, made_up_password });
    }
    Ok((placed, changes))
}

/// The first buttons that no group fills.
fn free_buttons(bundle: &Bundle, count: usize) -> anyhow::Result<Vec<u16>> {
    let most = bundle.phone.model.map_or(u16::MAX, |model| model.most_keys.value);
    let filled = |button: &u16| bundle.layers().any(|layer| matches!(layer.keys.get(button), Some(Some(_))));
    let free: Vec<u16> = (1..=most).filter(|button| !filled(button)).take(count).collect();
    if free.len() < count {
        let (name, keys) = (bundle.phone.mac.device_name(), if free.len() == 1 { "key" } else { "keys" });
        bail!("{name}: {count} lines are too many for {} free {keys}", free.len());
    }
    Ok(free)
}

/// A line that is there keeps its password.
fn agrees(line: &Line, password: Option<String>) -> anyhow::Result<()> {
    let Some(password) = password else { return Ok(()) };
    let number = &line.number;
    let password = secret::read(&password, &format!("password of line {number}"))?;
    if line.settings.of("auth_password") != Some(&password) {
        bail!(
            "line {number} is there already, with another password: leave the password out, or change it by \
             `offhook line set {number} auth_password=@-`"
        );
    }
    Ok(())
}

/// A label other than the line's holds on this phone only.
fn own_label(key: &mut Key, line: &Line, label: Option<String>, bundle: &Bundle) -> anyhow::Result<()> {
    match label {
        Some(label) if line.settings.of("label") != Some(&label) => {
            let written = Assignment { key: "label".to_owned(), value: label };
            take(
                &format!("line {}", line.number),
                &mut key.settings,
                &Scope::of(bundle.phone.model),
                &[written],
            )
        }
        _ => Ok(()),
    }
}

fn new_line(wanted: Wanted, needs_password: bool, bundle: &Bundle) -> anyhow::Result<(Line, Option<String>)> {
    let mut line = Line::new(wanted.number);
    let mut made_up = None;
    let mut written = Vec::new();
    let whose = format!("line {}", line.number);
    match wanted.password {
        Some(password) => written.push(Assignment { key: "auth_password".to_owned(), value: password }),
        None if needs_password => {
            let password = secret::made_up()?;
            line.settings.set(Name::new("auth_password")?, password.clone());
            made_up = Some(password);
        }
        None => {}
    }
    written.extend(wanted.label.map(|value| Assignment { key: "label".to_owned(), value }));
    take(&whose, &mut line.settings, &Scope::of(bundle.phone.model), &written)?;
    Ok((line, made_up))
}

/// What is to be done at the PBX.
pub(super) fn advice(placed: &[Placed]) -> String {
    let mut text = String::new();
    for placed in placed {
        let Some(password) = &placed.made_up_password else { continue };
        let line = &placed.line;
        text.push_str(&format!(
            "\n\nPassword of line {line}: {password}\nTell it to the PBX. `offhook line show {line} --secrets` shows it again."
        ));
    }
    if let [first, _, ..] = placed {
        let line = &first.line;
        text.push_str(&format!(
            "\n\nThe phone signs in with the name and password of line {line} for all its lines; the PBX must let it."
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_line_is_read_with_what_is_said_of_it() {
        let read = |text: &str| {
            let Wanted { number, password, label } = text.parse().unwrap();
            (number.to_string(), password, label)
        };
        assert_eq!(read("1001"), ("1001".into(), None, None));
        assert_eq!(read("1001:s3cret"), ("1001".into(), Some("s3cret".into()), None));
        assert_eq!(read("1001::Ann: desk"), ("1001".into(), None, Some("Ann: desk".into())));
        assert!(
            "10 01".parse::<Wanted>().unwrap_err().to_string().contains("cannot be the number of a line")
        );
    }

    #[test]
    fn nothing_prints_the_password() {
        let wanted: Wanted = "1001:s3cret:Ann".parse().unwrap();
        assert!(!format!("{wanted:?}").contains("s3cret"));
    }
}
