//! Screens compared with pictures that a person has looked at. `UPDATE=1` draws them anew: look at them again then.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use super::*;
use crate::models::{all, find};
use crate::services::request::{Caller, Response};

const MENU: &str = "<CiscoIPPhoneMenu><Title>Services</Title><Prompt>Choose a service</Prompt>\
    <MenuItem><Name>About this phone</Name><URL>http://x/1</URL></MenuItem>\
    <MenuItem><Name>Müller &amp; Söhne, Щукин, a name too long for small screens</Name><URL>http://x/2</URL></MenuItem>\
    <MenuItem><Name>Help</Name><URL>http://x/3</URL></MenuItem></CiscoIPPhoneMenu>";
const FORM: &str = "<CiscoIPPhoneInput><Title>Search</Title><Prompt>Enter a name</Prompt><URL>http://x/</URL>\
    <InputItem><DisplayName>Name</DisplayName><QueryStringParam>q</QueryStringParam><DefaultValue>Jürgen</DefaultValue><InputFlags>A</InputFlags></InputItem>\
    <InputItem><DisplayName>PIN</DisplayName><QueryStringParam>p</QueryStringParam><DefaultValue>1234</DefaultValue><InputFlags>NP</InputFlags></InputItem></CiscoIPPhoneInput>";
const DRAWN: &str = "<CiscoIPPhoneImage><Title>Greys</Title><LocationX>-1</LocationX><LocationY>-1</LocationY>\
    <Width>16</Width><Height>2</Height><Depth>2</Depth><Data>00000000FFFFFFFF</Data></CiscoIPPhoneImage>";

fn screen(model: &str, body: &str, keys: &[&str]) -> Vec<u8> {
    let model = find(model).unwrap();
    let mut browser = Browser::new(Caller::new(model, "SEP001122334455"));
    let request = browser.open("http://x/");
    let response = Response {
        status: 200,
        headers: vec![("Content-Type".to_owned(), "text/xml; charset=UTF-8".to_owned())],
        body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{body}").into_bytes(),
    };
    browser.receive(&request, &response).unwrap();
    for key in keys {
        browser.press(key).unwrap();
    }
    let beside = Beside { clock: "10:24".to_owned(), number: "2001".to_owned() };
    png(model.screen.as_ref(), Sight::Page(&browser), &beside).unwrap()
}

#[test]
fn screens_look_as_they_did_when_somebody_looked_at_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures");
    let directory = format!(
        "<CiscoIPPhoneDirectory><Title>Found</Title>{}</CiscoIPPhoneDirectory>",
        (1..=20)
            .map(|n| format!(
                "<DirectoryEntry><Name>Person {n}</Name><Telephone>+4930{n}</Telephone></DirectoryEntry>"
            ))
            .collect::<String>()
    );
    let text = format!(
        "<CiscoIPPhoneText><Title>Hold</Title><Text>{}</Text></CiscoIPPhoneText>",
        "Lets the other person wait. ".repeat(40)
    );
    for (name, model, body, keys) in [
        ("menu-8845", "8845", MENU, &["2"][..]),
        ("menu-7942", "7942", MENU, &["2"]),
        ("menu-7821", "7821", MENU, &["3"]),
        ("menu-7911", "7911", MENU, &[]),
        ("form-7975", "7975", FORM, &["Name=Анна"]),
        ("directory-8821", "8821", &directory, &["12"]),
        ("text-6941", "6941", &text, &["down"]),
        ("drawn-7962", "7962", DRAWN, &[]),
    ] {
        let drawn = screen(model, body, keys);
        let path = folder.join(format!("{name}.png"));
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &drawn).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let same = picture::decode(&drawn).unwrap() == picture::decode(&kept).unwrap();
        assert!(same, "{name} is drawn differently: UPDATE=1 draws pictures/ anew, and then look at it");
    }
}

#[test]
fn every_screen_has_its_size_and_its_colours() {
    for model in all() {
        let Some(screen_of) = &model.screen else { continue };
        let drawn = picture::decode(&screen(&model.name, MENU, &[])).unwrap();
        let panel = (screen_of.panel.0 as usize, screen_of.panel.1 as usize);
        assert_eq!((drawn.width, drawn.height), panel, "{}", model.name);
        let colours: std::collections::BTreeSet<[u8; 3]> =
            drawn.pixels.iter().map(|pixel| pixel.colour).collect();
        let most = if screen_of.colour { usize::MAX } else { 1 << screen_of.depth };
        assert!(colours.len() > 1 && colours.len() <= most, "{}: {} colours", model.name, colours.len());
        let is_grey = |[r, g, b]: &[u8; 3]| r == g && g == b;
        assert!(screen_of.colour || screen_of.depth == 1 || colours.iter().all(is_grey), "{}", model.name);
    }
}

#[test]
fn the_cursor_and_errors_are_seen() {
    assert_ne!(screen("8845", MENU, &["1"]), screen("8845", MENU, &["2"]));
    let refusal = Refusal { shown: "XML Error[4]: Parse Error", why: String::new() };
    let model = find("8845").unwrap();
    let error = png(model.screen.as_ref(), Sight::Refusal(&refusal), &Beside::default()).unwrap();
    assert_ne!(
        error,
        png(model.screen.as_ref(), Sight::Page(&Browser::new(Caller::new(model, "x"))), &Beside::default())
            .unwrap()
    );
    assert!(png(None, Sight::Refusal(&refusal), &Beside::default()).is_none());
}
