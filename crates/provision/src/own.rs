//! Settings of offhook itself that are said in layers: what its pages show to one phone.
//!
//! They stand in no document. `catalogue/own_settings.tsv` has their names; here is what their values mean.

use std::str::FromStr;

use crate::catalogue::Problem;
use crate::inventory::Bundle;
use crate::objects::Target;

/// What the layers of a phone say about the pages it is shown; what nobody said is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Above the menu of services.
    pub title: Option<String>,
    /// The menu of services.
    pub menu: Option<Vec<MenuLine>>,
    /// The books its directory shows; none are all.
    pub books: Option<Vec<String>>,
    /// What its user should know.
    pub notice: Option<Notice>,
}

/// A line of the services menu: `Weather = http://weather.example.net/menu.xml`, `Help = /information`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuLine {
    /// What the phone shows.
    pub name: String,
    /// A page of this server, from its slash on, or anything a phone follows.
    pub target: String,
}

/// Something that users should know, such as when phones restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub text: String,
    /// When it happens; without it the notice stays until it is taken away.
    pub at: Option<Moment>,
}

/// A time as somebody wrote it, and when that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Day and time where it was written: `2026-11-24 22:00`.
    pub written: String,
    /// Seconds since 1970.
    pub seconds: i64,
}

impl Own {
    /// What the layers say, the later one winning. A value that cannot be used is as if nobody had said it.
    #[must_use]
    pub fn of(bundle: &Bundle) -> Self {
        let said = |key: &str| bundle.layers().rev().find_map(|layer| layer.settings.of(key)).map(str::trim);
        let text = said("notice").filter(|text| !text.is_empty());
        let at = said("notice_at").and_then(|at| at.parse().ok());
        Self {
            title: said("services_title").filter(|title| !title.is_empty()).map(str::to_owned),
            menu: said("services_menu").and_then(|text| menu(text).ok()),
            books: said("directory_books").and_then(books),
            notice: text.map(|text| Notice { text: text.to_owned(), at }),
        }
    }
}

impl Notice {
    /// Whether it still tells something, at that time in seconds since 1970.
    #[must_use]
    pub fn holds(&self, now: i64) -> bool {
        self.at.as_ref().is_none_or(|at| at.seconds > now)
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{}: {}", at.written, self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// What is wrong with a value of such a setting.
pub(crate) fn check(key: &str, value: &str) -> Result<(), Problem> {
    let wrong = |expected| Err(Problem::Malformed { expected });
    match key {
        "services_menu" if menu(value).is_err() => {
            wrong("names and where they lead, with ; between: Help = /information; Reception = Dial:100")
        }
        "notice_at" if !value.is_empty() && value.parse::<Moment>().is_err() => {
            wrong("a day and a time: 2026-11-24 22:00, or with the distance from UTC 2026-11-24 22:00+01:00")
        }
        _ => Ok(()),
    }
}

/// The lines of a menu, in order; an empty text is an empty menu.
fn menu(text: &str) -> Result<Vec<MenuLine>, ()> {
    text.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()).map(str::parse).collect()
}

/// The books of a list; `None` is all of them.
fn books(text: &str) -> Option<Vec<String>> {
    let books: Vec<String> =
        text.split(',').map(|book| book.trim().to_owned()).filter(|book| !book.is_empty()).collect();
    (!books.iter().any(|book| book == "*")).then_some(books)
}

impl FromStr for MenuLine {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (name, target) =
            text.split_once('=').map(|(name, target)| (name.trim(), target.trim())).ok_or(())?;
        let is_page = target.starts_with('/')
            && target.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"'));
        let leads = is_page || Target::parse(target).is_ok();
        let shows = !name.is_empty() && !name.chars().any(char::is_control);
        (leads && shows).then(|| Self { name: name.to_owned(), target: target.to_owned() }).ok_or(())
    }
}

impl FromStr for Moment {
    type Err = ();

    /// `2026-11-24 22:00`, with `T` instead of the blank, with `Z` or `+01:00` behind it.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, rest) = text.trim().split_once([' ', 'T']).ok_or(())?;
        let rest = rest.trim();
        let cut = rest.find(['+', '-', 'Z']).unwrap_or(rest.len());
        let (time, offset) = rest.split_at(cut);
        let mut parts = day.split('-');
        let mut part = |least: i64, most: i64| number(parts.next()?, least, most);
        let date = (|| Some((part(1970, 9999)?, part(1, 12)?, part(1, 31)?)))().ok_or(())?;
        let (hours, minutes) = clock(time.trim()).ok_or(())?;
        let distance = match (offset.get(..1), offset.get(1..)) {
            (None, _) | (Some("Z"), Some("")) => 0,
            (Some(sign), Some(rest)) => {
                let (hours, minutes) = clock(rest).filter(|(hours, _)| *hours <= 14).ok_or(())?;
                (hours * 60 + minutes) * if sign == "-" { -60 } else { 60 }
            }
            _ => return Err(()),
        };
        let seconds = days(date) * 86_400 + hours * 3600 + minutes * 60 - distance;
        let written = format!("{:04}-{:02}-{:02} {hours:02}:{minutes:02}", date.0, date.1, date.2);
        Ok(Self { written, seconds })
    }
}

fn number(text: &str, least: i64, most: i64) -> Option<i64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && (least..=most).contains(number))
}

fn clock(text: &str) -> Option<(i64, i64)> {
    let (hours, rest) = text.split_once(':')?;
    // Seconds are let pass: nobody restarts phones to the second.
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    number(seconds, 0, 59)?;
    Some((number(hours, 0, 23)?, number(minutes, 0, 59)?))
}

/// Days from 1970-01-01 to that day of the Gregorian calendar.
fn days((year, month, day): (i64, i64, i64)) -> i64 {
    // Years that begin in March have the leap day at their end.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::inventory::{Group, GroupKind, Name, Phone, check_setting};

    #[test]
    fn lines_have_a_name_and_lead_somewhere() {
        for text in ["Help = /information", "W=http://192.0.2.9/a?b=c", "Call me = Dial:100"] {
            assert!(text.parse::<MenuLine>().is_ok(), "{text}");
        }
        for text in ["Help", "= /x", "Help =", "Help = information", "Help = javascript:x", "Help = /a b"] {
            assert!(text.parse::<MenuLine>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_later_layer_wins_and_what_nobody_said_is_none() {
        let name = |key: &str| Name::new(key).unwrap();
        let mut bundle = Bundle::new(Phone::new("001122334455".parse().unwrap(), None));
        assert_eq!(Own::of(&bundle), Own::default());
        let mut site = Group::new(GroupKind::Site, "berlin");
        site.layer.settings.set(name("directory_books"), "berlin, everybody");
        site.layer.settings.set(name("notice"), "Phones restart");
        site.layer.settings.set(name("notice_at"), "2026-11-24 22:00+01:00");
        let mut profile = Group::new(GroupKind::Profile, "desk");
        profile.layer.settings.set(name("services_menu"), "Help = /information; Boss = Dial:100;");
        profile.layer.settings.set(name("services_title"), "Desk");
        bundle.groups = vec![site, profile];
        let own = Own::of(&bundle);
        assert_eq!(own.books, Some(vec!["berlin".to_owned(), "everybody".to_owned()]));
        assert_eq!(own.menu.as_ref().map(|menu| (menu.len(), &*menu[1].target)), Some((2, "Dial:100")));
        let notice = own.notice.unwrap();
        assert_eq!(notice.to_string(), "2026-11-24 22:00: Phones restart");
        assert!(notice.holds(1_795_553_999) && !notice.holds(1_795_554_000));
        bundle.phone.layer.settings.set(name("directory_books"), "*");
        bundle.phone.layer.settings.set(name("services_menu"), "");
        bundle.phone.layer.settings.set(name("notice"), "");
        let own = Own::of(&bundle);
        assert_eq!((own.books, own.menu, own.notice), (None, Some(Vec::new()), None));
        bundle.phone.layer.settings.set(name("directory_books"), "");
        assert_eq!(Own::of(&bundle).books, Some(Vec::new()), "none at all");
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("1970-01-01 00:00", 0),
            ("2000-02-29T12:30", 951_827_400),
            ("2026-11-24 22:00Z", 1_795_557_600),
            ("2026-11-24 22:00+01:00", 1_795_554_000),
            ("2026-11-24T22:00:30-05:30", 1_795_577_400),
        ] {
            assert_eq!(text.parse::<Moment>().map(|at| at.seconds), Ok(seconds), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "22:00",
            "2026-13-01 22:00",
            "2026-11-24",
            "2026-11-24 24:00",
            "2026-11-24 22:00+99:00",
            "2026-11-24 -1:00",
            "2026-11-24 22:00+",
            "2026-11-24 22:0é",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_for_phones_and_groups() {
        for (key, good, bad) in [
            ("services_menu", "Help = /information", "Help"),
            ("notice_at", "2026-11-24 22:00", "at ten"),
            ("services_title", "Büro", &"x".repeat(65)),
        ] {
            let name = Name::new(key).unwrap();
            for model in [None, crate::models::find("8845")] {
                assert_eq!(check_setting(name, good, model), Ok(()), "{key}");
                assert!(check_setting(name, bad, model).is_err(), "{key}");
            }
        }
    }
}
