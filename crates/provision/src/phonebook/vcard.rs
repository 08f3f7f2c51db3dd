//! Contacts as vCards, versions 2.1 to 4.0: name, organisation, telephone numbers. Everything else in a card is passed by.

use super::{Options, Sheet, problem_with};
use crate::exchange::{Faults, Place, Unit};
use crate::inventory::{Contact, ContactNumber, NumberKind};

/// One line of a card, unfolded: `item1.TEL;TYPE=CELL:0171`.
struct Property<'a> {
    name: &'a str,
    parameters: &'a str,
    value: String,
}

/// What can be read, and what cannot.
pub(super) fn read(text: &str, options: Options<'_>) -> Result<(Sheet, Faults), Faults> {
    let mut sheet = Sheet::default();
    let mut faults = Faults::default();
    let (mut silent, mut begun) = (0, None);
    for (line, text) in unfolded(text) {
        let Some(property) = property(&text) else { continue };
        let place = Place::new(Unit::Line, line, "");
        match (property.name.to_ascii_uppercase().as_str(), &mut begun) {
            ("BEGIN", None) if property.value.eq_ignore_ascii_case("VCARD") => {
                begun = Some((place, super::plan::empty(options.book)));
            }
            ("BEGIN", Some(_)) if property.value.eq_ignore_ascii_case("VCARD") => {
                faults.add(place.clone(), "a card begins before the one above has ended");
                begun = Some((place, super::plan::empty(options.book)));
            }
            ("END", Some(_)) if property.value.eq_ignore_ascii_case("VCARD") => {
                let Some((place, mut contact)) = begun.take() else { continue };
                super::plan::name_by_organisation(&mut contact);
                match (contact.name.is_empty(), contact.numbers.is_empty()) {
                    (_, true) => silent += 1,
                    (true, false) => faults.add(place, "the card has no name"),
                    (false, false) => sheet.contacts.push((place, contact)),
                }
            }
            (name, Some((_, contact))) => {
                if let Err(problem) = take(name, &property, contact) {
                    faults.add(place, problem);
                }
            }
            _ => {}
        }
    }
    if let Some((place, _)) = begun {
        faults.add(place, "the card does not end");
    }
    if sheet.contacts.is_empty() && silent == 0 && faults.list.is_empty() {
        return Err(Faults::one(Place::whole(), "holds no vCard"));
    }
    if silent > 0 {
        sheet.remarks.push(format!("cards without a number to call, which are left out: {silent}"));
    }
    Ok((sheet, faults))
}

/// What one line says about the contact.
fn take(name: &str, property: &Property<'_>, contact: &mut Contact) -> Result<(), String> {
    match name {
        "FN" => contact.name = unescaped(&property.value).trim().to_owned(),
        // Family, given, further names: for cards without the name as a whole.
        "N" if contact.name.is_empty() => {
            let parts = parts(&property.value);
            let part = |place: usize| parts.get(place).map_or("", String::as_str);
            contact.name = format!("{} {}", part(1), part(0)).trim().to_owned();
        }
        "ORG" => {
            let parts = parts(&property.value);
            let parts: Vec<&str> =
                parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
            contact.organisation = parts.join(", ");
        }
        "TEL" => {
            let Some(kind) = kind(property.parameters) else { return Ok(()) };
            let value = unescaped(&property.value);
            let number = value.trim().strip_prefix("tel:").unwrap_or(value.trim());
            let number = number.split(";ext=").next().unwrap_or(number).to_owned();
            if number.is_empty() {
                return Ok(());
            }
            let number = ContactNumber { kind, number };
            if let Some(problem) = problem_with(&number) {
                return Err(problem);
            }
            contact.numbers.push(number);
        }
        _ => {}
    }
    Ok(())
}

/// What a number is for; nothing for those that nobody talks to.
fn kind(parameters: &str) -> Option<NumberKind> {
    let small = parameters.to_ascii_lowercase();
    let has = |word: &str| small.split([';', ',', '=', '"']).any(|part| part == word);
    match () {
        () if has("fax") || has("pager") || has("modem") => None,
        () if has("cell") || has("iphone") => Some(NumberKind::Mobile),
        () if has("home") => Some(NumberKind::Home),
        () if has("work") => Some(NumberKind::Work),
        () => Some(NumberKind::Other),
    }
}

/// Lines with those that follow them, and the number of the first: a line that begins with a space goes on the one above, and
/// so does what follows `=` at the end where it says quoted-printable.
fn unfolded(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut soft = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match lines.last_mut() {
            Some((_, last)) if soft => {
                last.pop();
                last.push_str(line);
            }
            Some((_, last)) if line.starts_with([' ', '\t']) => last.push_str(&line[1..]),
            _ => lines.push((number, line.to_owned())),
        }
        let last = lines.last().map_or("", |(_, last)| last.as_str());
        soft = line.ends_with('=') && is_quoted_printable(last.split(':').next().unwrap_or_default());
    }
    lines
}

fn is_quoted_printable(parameters: &str) -> bool {
    parameters.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
}

fn property(line: &str) -> Option<Property<'_>> {
    // A colon within quotes does not end the parameters.
    let mut quoted = false;
    let colon = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let (head, value) = (&line[..colon?.0], &line[colon?.0 + 1..]);
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    let value =
        if is_quoted_printable(parameters) { from_quoted(value, parameters) } else { value.to_owned() };
    Some(Property { name, parameters, value })
}

/// `M=C3=BCller`, in the characters that the parameters name, else in UTF-8 if it is.
fn from_quoted(text: &str, parameters: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'=') {
            Some(byte) => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    let latin = parameters.to_ascii_uppercase().contains("ISO-8859-1");
    match String::from_utf8(bytes) {
        Ok(text) if !latin => text,
        Ok(text) => text.into_bytes().into_iter().map(char::from).collect(),
        Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
    }
}

/// The parts of a value between semicolons.
fn parts(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        match (escaped, c) {
            (false, ';') => parts.push(String::new()),
            (_, c) => parts.last_mut().expect("there is always one").push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    parts.iter().map(|part| unescaped(part)).collect()
}

fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push(' '),
                Some(other) => text.push(other),
                None => {}
            },
            c => text.push(c),
        }
    }
    text
}

/// A card of version 4.0. Book, owner and number of the row are not part of it.
pub(super) fn write(contact: &Contact) -> String {
    let mut card = String::from("BEGIN:VCARD\r\nVERSION:4.0\r\n");
    let mut add = |line: String| card.push_str(&folded(&line));
    add(format!("FN:{}", escaped(&contact.name)));
    if !contact.organisation.is_empty() {
        add(format!("ORG:{}", escaped(&contact.organisation)));
    }
    for ContactNumber { kind, number } in &contact.numbers {
        let kind = match kind {
            NumberKind::Work => ";TYPE=work",
            NumberKind::Mobile => ";TYPE=cell",
            NumberKind::Home => ";TYPE=home",
            NumberKind::Other => "",
        };
        add(format!("TEL{kind}:{}", escaped(number)));
    }
    card + "END:VCARD\r\n"
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// No line has more than 75 bytes; what follows begins with a space.
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 4);
    let mut bytes = 0;
    for c in line.chars() {
        if bytes + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            bytes = 1;
        }
        out.push(c);
        bytes += c.len_utf8();
    }
    out + "\r\n"
}
