//! Lines that a new phone shall have, and what has to be made for them.

use std::fmt;
use std::str::FromStr;

use provision::inventory::{Bundle, Change, Key, Line, Name, Number, NumberError};
use serde::Serialize;

use super::{Assignment, Editor, Error, Result, Scope, made_up, take};

/// A line that a phone shall have: `NUMBER[:PASSWORD[:LABEL]]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its number.
    pub number: Number,
    /// Its password; of a line that is there, the one it has.
    pub password: Option<String>,
    /// What stands beside its key.
    pub label: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The button it is on.
    pub button: u16,
    /// The line.
    pub line: Number,
    /// Whether it is a new line.
    pub new: bool,
    /// Only when offhook made it up: nobody else knows it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_up_password: Option<String>,
}

impl FromStr for Wanted {
    type Err = NumberError;

    fn from_str(text: &str) -> std::result::Result<Self, NumberError> {
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

impl Editor {
    /// Gives the phone a key for each line, and says which lines are to be made.
    pub(super) async fn place(
        &self,
        bundle: &mut Bundle,
        wanted: Vec<Wanted>,
    ) -> Result<(Vec<Placed>, Vec<Change>)> {
        let (mut placed, mut changes) = (Vec::new(), Vec::new());
        let buttons = free_buttons(bundle, wanted.len())?;
        // Phones sign in with the name and password of their first line, on all lines.
        let mut needs_password = true;
        for (place, (button, wanted)) in buttons.into_iter().zip(wanted).enumerate() {
            let within = |error: Error| error.within(&format!("lines/{place}"));
            let number = wanted.number.clone();
            if placed.iter().any(|placed: &Placed| placed.line == number) {
                return Err(within(Error::wrong("number", format!("line {number} is named twice"))));
            }
            let mut key = Key::line(number.clone());
            let known = self.store.line(&number).await?;
            let new = known.is_none();
            let mut made_up_password = None;
            match known {
                Some(line) => {
                    agrees(&line, wanted.password.as_deref()).map_err(within)?;
                    own_label(&mut key, &line, wanted.label, bundle).map_err(within)?;
                }
                None => {
                    let (line, made_up) = new_line(wanted, needs_password, bundle).map_err(within)?;
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
}

/// The first buttons that no group fills.
fn free_buttons(bundle: &Bundle, count: usize) -> Result<Vec<u16>> {
    let most = bundle.phone.model.map_or(u16::MAX, |model| model.most_keys.value);
    let filled = |button: &u16| bundle.layers().any(|layer| matches!(layer.keys.get(button), Some(Some(_))));
    let free: Vec<u16> = (1..=most).filter(|button| !filled(button)).take(count).collect();
    if free.len() < count {
        let (name, keys) = (bundle.phone.mac.device_name(), if free.len() == 1 { "key" } else { "keys" });
        let text = format!("{name}: {count} lines are too many for {} free {keys}", free.len());
        return Err(Error::conflict("lines", text, ""));
    }
    Ok(free)
}

/// A line that is there keeps its password.
fn agrees(line: &Line, password: Option<&str>) -> Result<()> {
    let Some(password) = password else { return Ok(()) };
    let number = &line.number;
    if line.settings.of("auth_password") == Some(password) {
        return Ok(());
    }
    let text = format!("line {number} is there already, with another password: leave the password out");
    let hint = format!(", or change it by `offhook line set {number} auth_password=@-`");
    Err(Error::conflict("password", text, hint))
}

/// A label other than the line's holds on this phone only.
fn own_label(key: &mut Key, line: &Line, label: Option<String>, bundle: &Bundle) -> Result<()> {
    match label {
        Some(label) if line.settings.of("label") != Some(&label) => take(
            &format!("line {}", line.number),
            &mut key.settings,
            &Scope::of(bundle.phone.model),
            &[Assignment::new("label", label)],
        ),
        _ => Ok(()),
    }
}

fn new_line(wanted: Wanted, needs_password: bool, bundle: &Bundle) -> Result<(Line, Option<String>)> {
    let mut line = Line::new(wanted.number);
    let mut made = None;
    let mut written = Vec::new();
    let whose = format!("line {}", line.number);
    match wanted.password {
        Some(password) => written.push(Assignment::new("auth_password", password)),
        None if needs_password => {
            let password = made_up()?;
            let name = Name::new("auth_password").expect("the catalogue has passwords of lines");
            line.settings.set(name, password.clone());
            made = Some(password);
        }
        None => {}
    }
    written.extend(wanted.label.map(|label| Assignment::new("label", label)));
    take(&whose, &mut line.settings, &Scope::of(bundle.phone.model), &written)?;
    Ok((line, made))
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
