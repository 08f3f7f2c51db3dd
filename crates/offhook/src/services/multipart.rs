//! `multipart/form-data`, as phones upload a problem report: read piece by piece, however the pieces are cut.

/// Reads a body as it comes.
#[derive(Debug)]
pub struct Multipart {
    /// Line feed, two dashes, the boundary: what ends a part.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    state: State,
    /// What the file of the last part is called where it comes from.
    file: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first part.
    Before,
    /// In the headers of a part.
    Headers,
    /// In its content.
    Content,
    /// After the last part.
    Over,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A part begins; the name of its field.
    Part(String),
    /// More of its content.
    Content(Vec<u8>),
    /// Nothing more comes.
    Over,
}

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// No boundary in the header, or none that may be.
    #[error("the form has no boundary")]
    NoBoundary,
    /// Headers without end.
    #[error("a part of the form has too many headers")]
    LongHeaders,
    /// A part that belongs to no field.
    #[error("a part of the form has no name")]
    NoName,
}

/// As the standard says.
const LONGEST_BOUNDARY: usize = 70;
/// Phones send three lines.
const LONGEST_HEADERS: usize = 8 << 10;

impl Multipart {
    /// For a body of this `Content-Type`.
    ///
    /// # Errors
    /// When it names no boundary.
    pub fn new(content_type: &[u8]) -> Result<Self, MultipartError> {
        let text = String::from_utf8_lossy(content_type);
        let is_form =
            text.trim_start().get(..19).is_some_and(|t| t.eq_ignore_ascii_case("multipart/form-data"));
        let boundary = text.split(';').skip(1).find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"').to_owned())
        });
        let fits =
            |boundary: &String| (1..=LONGEST_BOUNDARY).contains(&boundary.len()) && boundary.is_ascii();
        let boundary = boundary.filter(fits).filter(|_| is_form).ok_or(MultipartError::NoBoundary)?;
        // The first boundary has no line before it; pretend, so that all are found alike.
        let (delimiter, buffer) = (format!("\r\n--{boundary}").into_bytes(), b"\r\n".to_vec());
        Ok(Self { delimiter, buffer, state: State::Before, file: None })
    }

    /// More of the body.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.state != State::Over {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// What the bytes so far say; `None` asks for more.
    ///
    /// # Errors
    /// When it is no such form.
    pub fn event(&mut self) -> Result<Option<Event>, MultipartError> {
        loop {
            match self.state {
                State::Over => return Ok(Some(Event::Over)),
                State::Headers => return self.headers(),
                State::Before | State::Content => match self.find() {
                    Some(at) => {
                        let content = self.take(at);
                        if self.state == State::Content && !content.is_empty() {
                            return Ok(Some(Event::Content(content)));
                        }
                        // Two bytes behind it tell whether it is the last.
                        let Some(after) = self.buffer.get(self.delimiter.len()..self.delimiter.len() + 2)
                        else {
                            return Ok(None);
                        };
                        self.state = if after == b"--" { State::Over } else { State::Headers };
                        self.take(self.delimiter.len());
                    }
                    None => {
                        let safe = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
                        let content = self.take(safe);
                        return Ok((self.state == State::Content && !content.is_empty())
                            .then_some(Event::Content(content)));
                    }
                },
            }
        }
    }

    fn headers(&mut self) -> Result<Option<Event>, MultipartError> {
        let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            let too_long = self.buffer.len() > LONGEST_HEADERS;
            return if too_long { Err(MultipartError::LongHeaders) } else { Ok(None) };
        };
        let head = self.take(end + 4);
        // Left as the start of the content: an empty part is followed by its delimiter at once.
        self.state = State::Content;
        let text = String::from_utf8_lossy(&head);
        let disposition = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
        });
        let name = disposition.and_then(|value| parameter(value, "name")).ok_or(MultipartError::NoName)?;
        self.file = disposition.and_then(|value| parameter(value, "filename"));
        Ok(Some(Event::Part(name)))
    }

    /// What the file of the part that began last is called where it comes from. Nothing vouches for it.
    #[must_use]
    pub fn file_name(&self) -> Option<&str> {
        self.file.as_deref()
    }

    fn find(&self) -> Option<usize> {
        let mut from = 0;
        while let Some(at) = self.buffer[from..].iter().position(|byte| *byte == b'\r') {
            if self.buffer[from + at..].starts_with(&self.delimiter) {
                return Some(from + at);
            }
            from += at + 1;
        }
        None
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(count.min(self.buffer.len()));
        std::mem::replace(&mut self.buffer, rest)
    }
}

/// `name` of `form-data; name="prt_file"; filename="x"`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    text.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    const TYPE: &[u8] = b"multipart/form-data; boundary=xYz";

    /// Fields with what they hold, and whether the form came to its end.
    type Form = (Vec<(String, Vec<u8>)>, bool);

    /// Reads a form in pieces of `step` bytes.
    fn read(body: &[u8], step: usize) -> Result<Form, MultipartError> {
        let mut form = Multipart::new(TYPE)?;
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for piece in body.chunks(step.max(1)) {
            form.feed(piece);
            while let Some(event) = form.event()? {
                match event {
                    Event::Part(name) => fields.push((name, Vec::new())),
                    Event::Content(bytes) => fields.last_mut().unwrap().1.extend(bytes),
                    Event::Over => return Ok((fields, true)),
                }
            }
        }
        Ok((fields, false))
    }

    fn body(fields: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, content) in fields {
            body.extend(
                format!(
                    "--xYz\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../x\"\r\n\r\n"
                )
                .bytes(),
            );
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--xYz--\r\n");
        body
    }

    #[test]
    fn forms_are_read_however_they_are_cut() {
        let fields: [(&str, &[u8]); 3] = [
            ("devicename", b"\r\n\"SEP001122AABBCC\""),
            ("empty", b""),
            ("prt_file", b"\x1f\x8b\r\n--xY\r\n\r\n-"),
        ];
        let body = body(&fields);
        for step in 1..body.len() {
            let (found, over) = read(&body, step).unwrap();
            assert!(over, "{step}");
            let found: Vec<(&str, &[u8])> =
                found.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
            assert_eq!(found, fields, "{step}");
        }
        let (half, over) = read(&body[..body.len() - 8], 7).unwrap();
        assert!(!over && half.len() == 3);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for kind in [
            &b"text/plain"[..],
            b"multipart/form-data",
            b"multipart/form-data; boundary=",
            b"multipart/mixed; boundary=x",
            b"\xff",
        ] {
            assert_eq!(Multipart::new(kind).unwrap_err(), MultipartError::NoBoundary);
        }
        assert!(Multipart::new(b"Multipart/Form-Data; charset=x; Boundary=\"a b\"").is_ok());
        assert_eq!(read(b"--xYz\r\nContent-Type: x\r\n\r\n", 9), Err(MultipartError::NoName));
        let long = [&b"--xYz\r\n"[..], &[b'a'; 10_000]].concat();
        assert_eq!(read(&long, 100), Err(MultipartError::LongHeaders));
        assert_eq!(read(b"hello", 2), Ok((Vec::new(), false)));
    }

    proptest! {
        #[test]
        fn any_content_comes_back(content: Vec<u8>, step in 1_usize..64) {
            prop_assume!(!content.windows(7).any(|window| window == b"\r\n--xYz"));
            let (found, over) = read(&body(&[("a", &content)]), step).unwrap();
            prop_assert!(over);
            prop_assert_eq!(&found[0].1, &content);
        }

        #[test]
        fn any_bytes_are_borne(bytes: Vec<u8>, step in 1_usize..64) {
            let _ = read(&[b"--xYz\r\n".to_vec(), bytes].concat(), step);
        }
    }
}
