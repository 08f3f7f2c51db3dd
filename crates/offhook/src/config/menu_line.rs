//! A line of the services menu: `Weather = http://weather.example.net/menu.xml`, `Help = /information`.

use std::str::FromStr;

use provision::objects::Target;

/// A name, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuLine {
    /// What the phone shows.
    pub name: String,
    /// A page of this server, from its slash on, or anything a phone follows.
    pub target: String,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_name_and_lead_somewhere() {
        for text in ["Help = /information", "W=http://192.0.2.9/a?b=c", "Call me = Dial:100"] {
            assert!(text.parse::<MenuLine>().is_ok(), "{text}");
        }
        for text in ["Help", "= /x", "Help =", "Help = information", "Help = javascript:x", "Help = /a b"] {
            assert!(text.parse::<MenuLine>().is_err(), "{text}");
        }
    }
}
