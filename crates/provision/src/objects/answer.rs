//! A finished answer: bytes, and the headers phones look at.

use super::charset::Charset;
use super::{ObjectError, Target};

/// What goes to the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The body.
    pub body: Vec<u8>,
    /// Its type, with the charset where it has one.
    pub content_type: &'static str,
    /// What the phone loads next by itself.
    pub refresh: Option<Refresh>,
    /// Whether the page stays off the stack that Back goes through.
    pub passing: bool,
    /// What the phone brings along next time.
    cookies: Vec<String>,
}

/// `Refresh`: what is loaded next, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refresh {
    /// After so many seconds; 0 waits for the key Next or Update.
    pub seconds: u32,
    /// What; the same page if it is not said.
    pub target: Option<Target>,
}

/// A date long past, and late enough for the 8800 series, which takes none before 1970-01-02.
const PAST: &str = "Fri, 01 Jan 2010 00:00:00 GMT";

/// What a phone keeps of one host.
const MOST_COOKIES: usize = 4;
/// With ` path=/` a cookie still fits 255 bytes.
const LONGEST_COOKIE: usize = 240;

impl Answer {
    pub(super) fn xml(charset: Charset, text: String) -> Self {
        let content_type = match charset {
            Charset::Utf8 => "text/xml; charset=UTF-8",
            Charset::Latin1 => "text/xml; charset=ISO-8859-1",
        };
        Self { body: charset.encode(text), content_type, refresh: None, passing: false, cookies: Vec::new() }
    }

    /// A PNG picture.
    #[must_use]
    pub fn png(body: Vec<u8>) -> Self {
        Self { body, content_type: "image/png", refresh: None, passing: false, cookies: Vec::new() }
    }

    /// Exactly these letters and nothing else: what the phone compares, byte for byte.
    #[must_use]
    pub fn word(word: &'static str) -> Self {
        Self {
            body: word.as_bytes().to_vec(),
            content_type: "text/plain",
            refresh: None,
            passing: false,
            cookies: Vec::new(),
        }
    }

    /// The phone loads this by itself, or on Next when `seconds` is 0.
    #[must_use]
    pub fn refresh(mut self, seconds: u32, target: Option<Target>) -> Self {
        // A target that is no address would not be followed.
        let target = target.filter(Target::is_url);
        self.refresh = Some(Refresh { seconds, target });
        self
    }

    /// Back does not come here again.
    #[must_use]
    pub fn passing(mut self) -> Self {
        self.passing = true;
        self
    }

    /// The phone brings this along to every page of this server, until it has asked nothing for half an hour.
    ///
    /// # Errors
    /// When it is a fifth one, longer than 255 bytes, or holds what no cookie may.
    pub fn cookie(mut self, name: &str, value: &str) -> Result<Self, ObjectError> {
        let cookie = format!("{name}={value}");
        let fits = |c: char| c.is_ascii_graphic() && !matches!(c, ';' | ',' | '"' | '\\');
        let is_one = !name.is_empty() && !name.contains('=') && cookie.chars().all(fits);
        if !is_one || cookie.len() > LONGEST_COOKIE || self.cookies.len() == MOST_COOKIES {
            return Err(ObjectError::Cookie(name.to_owned()));
        }
        self.cookies.push(cookie);
        Ok(self)
    }

    /// The headers beside length and date.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("content-type", self.content_type.to_owned())];
        if let Some(refresh) = &self.refresh {
            let value = match &refresh.target {
                Some(target) => format!("{}; url={target}", refresh.seconds),
                None => refresh.seconds.to_string(),
            };
            headers.push(("refresh", value));
        }
        if self.passing {
            headers.push(("expires", PAST.to_owned()));
        }
        headers.extend(self.cookies.iter().map(|cookie| ("set-cookie", format!("{cookie}; path=/"))));
        headers
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn headers_are_those_phones_read() {
        let next = Target::url("http://192.0.2.5/next?a=1").unwrap();
        let answer = Answer::xml(Charset::Latin1, "<a>ü</a>".to_owned()).refresh(5, Some(next)).passing();
        assert_eq!(answer.body, b"<a>\xfc</a>");
        assert_eq!(
            answer.headers(),
            [
                ("content-type", "text/xml; charset=ISO-8859-1".to_owned()),
                ("refresh", "5; url=http://192.0.2.5/next?a=1".to_owned()),
                ("expires", "Fri, 01 Jan 2010 00:00:00 GMT".to_owned()),
            ]
        );
        let dial = Answer::png(Vec::new()).refresh(0, Some(Target::dial("1").unwrap()));
        assert_eq!(dial.headers()[1], ("refresh", "0".to_owned()));
        let cookies = Answer::png(Vec::new()).cookie("claim", "a1").unwrap();
        assert_eq!(cookies.headers()[1], ("set-cookie", "claim=a1; path=/".to_owned()));
        for bad in ["a;b", "a b", "ü", &"x".repeat(300)] {
            assert!(Answer::word("x").cookie("n", bad).is_err(), "{bad}");
        }
        let four = (0..4).fold(Answer::word("x"), |answer, n| answer.cookie(&n.to_string(), "x").unwrap());
        assert!(four.cookie("5", "x").is_err());
        assert_eq!(Answer::word("AUTHORIZED").body, b"AUTHORIZED");
    }
}
