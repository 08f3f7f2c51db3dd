//! What a phone gets that nobody has claimed yet: just enough that its screen says so.

use super::{Rendered, Surroundings, render};
use crate::inventory::{Bundle, Key, Line, Name, Number, Phone, State};
use crate::mac::Mac;

/// The configuration of a phone that waits to be claimed by that code. It holds only what every phone knows, because nobody has
/// said what it is.
#[must_use]
pub fn waiting(mac: Mac, code: &str, surroundings: &Surroundings) -> Rendered {
    let mut phone = Phone::new(mac, None);
    phone.state = State::Waiting;
    let name = |key: &str| Name::new(key).expect("settings of the catalogue");
    let fitting = |text: String, most: usize, short: &str| {
        if text.chars().count() <= most { text } else { short.chars().take(most).collect() }
    };
    phone.layer.settings.set(name("phone_label"), fitting(format!("Code {code}"), 12, code));
    // So that it can be told to fetch its configuration once it is claimed.
    phone.layer.settings.set(name("web_access"), "on");
    let mut line = Line::new(number(mac));
    line.settings.set(name("label"), fitting(format!("Not set up: code {code}"), 30, code));
    line.settings.set(name("display_name"), fitting(format!("Waiting, code {code}"), 30, code));
    phone.layer.keys.insert(1, Some(Key::line(line.number.clone())));
    let listeners = [("", "http", surroundings.services), ("secure_", "https", surroundings.secure_services)];
    for (twin, scheme, port) in listeners {
        let Some(port) = port else { continue };
        let claim = format!("{}/claim", super::builtin::base(scheme, &surroundings.server, port));
        for key in ["services_url", "directory_url", "messages_url"] {
            phone.layer.settings.set(name(&format!("{twin}{key}")), claim.clone());
        }
    }
    let mut bundle = Bundle::new(phone);
    bundle.lines.insert(line.number.clone(), line);
    render(&bundle, surroundings, true)
}

/// A line has to have a name; no PBX knows this one.
fn number(mac: Mac) -> Number {
    format!("SEP{mac}").parse().expect("the name of a phone can be that of a line")
}
