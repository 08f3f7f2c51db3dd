//! Every object as bytes, per series, and properties that hold for any text.
#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use quick_xml::{Reader, events::Event};

use super::*;

/// A document as `path=text` and `path@attribute=value`, in order; what is not well-formed panics.
fn flat(answer: &Answer) -> Vec<String> {
    let text = match answer.content_type {
        "text/xml; charset=UTF-8" => String::from_utf8(answer.body.clone()).unwrap(),
        "text/xml; charset=ISO-8859-1" => answer.body.iter().map(|byte| char::from(*byte)).collect(),
        other => panic!("{other}"),
    };
    let declared = answer.content_type.rsplit('=').next().unwrap();
    assert!(text.starts_with(&format!("<?xml version=\"1.0\" encoding=\"{declared}\"?>\n")), "{text}");
    let (mut path, mut found, mut here) = (Vec::<String>::new(), Vec::new(), String::new());
    let mut reader = Reader::from_str(&text);
    reader.config_mut().enable_all_checks(true);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                here.clear();
                attributes(&path.join("/"), &start, &mut found);
            }
            Event::Empty(start) => {
                let name = format!("{}/{}", path.join("/"), start.name().as_ref());
                attributes(&name, &start, &mut found);
            }
            Event::Text(part) => here.push_str(&part.xml10_content()),
            Event::GeneralRef(name) => {
                here.push_str(quick_xml::escape::resolve_xml_entity(&name.xml10_content()).unwrap());
            }
            Event::End(_) => {
                if !here.trim().is_empty() {
                    found.push(format!("{}={here}", path[1..].join("/")));
                }
                here.clear();
                path.pop();
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn attributes(path: &str, start: &quick_xml::events::BytesStart<'_>, found: &mut Vec<String>) {
    for attribute in start.attributes() {
        let attribute = attribute.unwrap();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
        found.push(format!("{path}@{}={value}", attribute.key.as_ref()));
    }
}

fn url(path: &str) -> Target {
    Target::url(format!("http://192.0.2.5:6972{path}")).unwrap()
}

fn square(width: u16, height: u16) -> Bitmap {
    Bitmap::new(width, height, Depth::Two, |x, _| u8::try_from(x % 4).unwrap())
}

#[test]
fn a_menu_has_its_keys_where_the_series_has_them() {
    let menu = |model| {
        let menu = Menu::new(Phone::of(model), "Services").unwrap().prompt("Choose");
        let menu = menu.item("A & B", url("/a?x=1&y=2")).unwrap();
        let keys = |keys: SoftKeys| keys.act("Select")?.exit("Exit")?.further("Next", url("/2"));
        flat(&menu.keys(keys).unwrap().answer())
    };
    let new = menu("CP-8845");
    assert_eq!(
        new,
        [
            "Title=Services",
            "Prompt=Choose",
            "MenuItem/Name=A & B",
            "MenuItem/URL=http://192.0.2.5:6972/a?x=1&y=2",
            "SoftKeyItem/Name=Exit",
            "SoftKeyItem/URL=SoftKey:Exit",
            "SoftKeyItem/Position=1",
            "SoftKeyItem/Name=Select",
            "SoftKeyItem/URL=SoftKey:Select",
            "SoftKeyItem/Position=2",
            "SoftKeyItem/Name=Next",
            "SoftKeyItem/URL=http://192.0.2.5:6972/2",
            "SoftKeyItem/Position=3",
        ]
    );
    let positions = |lines: &[String]| {
        lines
            .iter()
            .filter_map(|line| {
                line.strip_prefix("SoftKeyItem/").filter(|line| !line.contains("URL")).map(str::to_owned)
            })
            .collect::<Vec<_>>()
    };
    let expected = ["Name=Select", "Position=1", "Name=Next", "Position=2", "Name=Exit", "Position=3"];
    assert_eq!(positions(&menu("CP-7942G")), expected);
    assert_eq!(positions(&menu("CP-7911G")), expected);
}

#[test]
fn each_object_has_its_elements_in_order() {
    let phone = Phone::of("8845");
    let directory = Directory::new(phone, "Found").unwrap().entry("Anna", "+49 (0)30 1").unwrap();
    assert_eq!(
        flat(&directory.answer()),
        ["Title=Found", "DirectoryEntry/Name=Anna", "DirectoryEntry/Telephone=+49301"]
    );
    let input = Input::new(phone, "Log in", url("/claim")).unwrap().post_if_possible();
    let input = input.field("User", "user", Entry::Lower).unwrap().value("anna");
    let input = input.field("PIN", "pin", Entry::Number).unwrap().hidden();
    assert_eq!(
        flat(&input.answer()),
        [
            "Title=Log in",
            "CiscoIPPhoneInput/URL@method=post",
            "URL=http://192.0.2.5:6972/claim",
            "InputItem/DisplayName=User",
            "InputItem/QueryStringParam=user",
            "InputItem/DefaultValue=anna",
            "InputItem/InputFlags=L",
            "InputItem/DisplayName=PIN",
            "InputItem/QueryStringParam=pin",
            "InputItem/InputFlags=NP",
        ]
    );
    let image = Image::drawn(phone, "Map", Place::Middle, square(4, 1)).unwrap().wide();
    assert_eq!(
        flat(&image.answer()),
        [
            "CiscoIPPhoneImage@WindowMode=Wide",
            "Title=Map",
            "LocationX=-1",
            "LocationY=-1",
            "Width=4",
            "Height=1",
            "Depth=2",
            "Data=E4",
        ]
    );
    let area = Area { left: 1, top: 2, right: 3, bottom: 4 };
    let menu = GraphicMenu::file(phone, "", Place::At(0, 5), url("/a.png")).unwrap();
    let menu = menu.item("One", Target::dial("1").unwrap(), Some(area)).unwrap();
    let root = "CiscoIPPhoneGraphicFileMenu/MenuItem/TouchArea@";
    assert_eq!(
        flat(&menu.answer()),
        [
            "LocationX=0",
            "LocationY=5",
            "URL=http://192.0.2.5:6972/a.png",
            "MenuItem/Name=One",
            "MenuItem/URL=Dial:1",
            &format!("{root}X1=1"),
            &format!("{root}Y1=2"),
            &format!("{root}X2=3"),
            &format!("{root}Y2=4"),
        ]
    );
    let icons = IconMenu::drawn(phone, "Icons", vec![square(16, 10)]).unwrap();
    let icons = icons.item(Some(0), "A", url("/")).unwrap().item(None, "B", url("/")).unwrap();
    let icons = icons.keys(|keys| keys.exit("Exit")).unwrap();
    let names: Vec<String> =
        flat(&icons.answer()).into_iter().map(|line| line.split('=').next().unwrap().to_owned()).collect();
    assert_eq!(
        names,
        [
            "Title",
            "MenuItem/IconIndex",
            "MenuItem/Name",
            "MenuItem/URL",
            "MenuItem/Name",
            "MenuItem/URL",
            "SoftKeyItem/Name",
            "SoftKeyItem/URL",
            "SoftKeyItem/Position",
            "IconItem/Index",
            "IconItem/Height",
            "IconItem/Width",
            "IconItem/Depth",
            "IconItem/Data",
        ]
    );
    let files =
        IconMenu::files(phone, "", vec!["Resource:Icon.Connected".into(), "http://192.0.2.5/a.png".into()])
            .unwrap();
    let files = files.item(Some(1), "A", url("/")).unwrap().keys(|keys| keys.exit("Exit")).unwrap();
    assert!(flat(&files.answer())[3].starts_with("IconItem/Index"));
    let status = Status::file(phone, url("/s.png")).unwrap().text("Parked").timer(5).place(Place::Middle);
    assert_eq!(
        flat(&status.answer()),
        ["Text=Parked", "Timer=5", "LocationX=-1", "LocationY=-1", "URL=http://192.0.2.5:6972/s.png"]
    );
}

#[test]
fn pixels_are_packed_as_documented() {
    let levels = [1, 3, 2, 0];
    assert_eq!(Bitmap::new(4, 1, Depth::Two, |x, _| levels[usize::from(x)]).data(), "2D");
    assert_eq!(Bitmap::new(3, 1, Depth::Two, |_, _| 9).data(), "3F");
    assert_eq!(Bitmap::new(3, 3, Depth::One, |x, y| u8::from(x == y)).data(), "1101");
}

#[test]
fn what_a_series_lacks_cannot_be_built() {
    type Build = fn(Phone) -> bool;
    let objects: [(&str, Build, &str); 7] = [
        (
            "image",
            |p| Image::drawn(p, "", Place::Middle, square(9, 9)).is_ok(),
            "7940 7942 9971 8845 8832 8821",
        ),
        ("image file", |p| Image::file(p, "", Place::Middle, url("/")).is_ok(), "7942 9971 8845 8832 8821"),
        (
            "graphic menu",
            |p| GraphicMenu::drawn(p, "", Place::Middle, square(9, 9)).is_ok(),
            "7940 7942 9971 8845 8832 8821",
        ),
        (
            "graphic file menu",
            |p| GraphicMenu::file(p, "", Place::Middle, url("/")).is_ok(),
            "7942 9971 8845 8832",
        ),
        ("icon file menu", |p| IconMenu::files(p, "", vec![]).is_ok(), "6921 7942 9971 7821 8845 8832 8821"),
        ("status", |p| Status::drawn(p, square(9, 9)).is_ok(), "7940 7942 8845 8832"),
        ("status file", |p| Status::file(p, url("/")).is_ok(), "7942 8845 8832"),
    ];
    for (name, build, models) in objects {
        for model in
            ["6921", "7911", "7940", "7942", "9971", "7821", "8845", "8832", "8831", "8821", "unknown"]
        {
            assert_eq!(build(Phone::of(model)), models.contains(model), "{name} on {model}");
        }
    }
    let refused = Image::file(Phone::of("7821"), "", Place::Middle, url("/")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the 7800 series cannot show CiscoIPPhoneImageFile: give it a text or a menu instead"
    );
    let menu = Menu::new(Phone::of("7821"), "").unwrap();
    assert!(menu.item("Off", Target::parse("Display:Off:5").unwrap()).is_err());
}

#[test]
fn limits_are_kept() {
    let phone = Phone::of("7942");
    let mut menu = Menu::new(phone, "").unwrap();
    for _ in 0..MOST_ITEMS {
        menu = menu.item("x", url("/")).unwrap();
    }
    assert_eq!(menu.item("x", url("/")), Err(ObjectError::TooMany { kind: Kind::Menu, most: 100 }));
    let mut directory = Directory::new(phone, "").unwrap();
    for _ in 0..MOST_ENTRIES {
        directory = directory.entry("x", "1").unwrap();
    }
    assert!(directory.entry("x", "1").is_err());
    let mut input = Input::new(phone, "", url("/")).unwrap();
    for number in 0..MOST_FIELDS {
        input = input.field("x", &format!("p{number}"), Entry::Any).unwrap();
    }
    assert!(input.clone().field("x", "p9", Entry::Any).is_err());
    assert!(Input::new(phone, "", url("/")).unwrap().field("x", "a b", Entry::Any).is_err());
    assert!(Input::new(phone, "", Target::dial("1").unwrap()).is_err());
    assert!(Directory::new(phone, "").unwrap().entry("x", "()").is_err());
    assert!(Image::drawn(phone, "", Place::Middle, square(134, 65)).is_err());
    assert!(Status::drawn(phone, square(107, 21)).is_err());
    assert!(IconMenu::drawn(phone, "", vec![square(17, 10)]).is_err());
    assert!(IconMenu::drawn(phone, "", vec![square(1, 1); 11]).is_err());
    assert!(
        IconMenu::drawn(phone, "", vec![square(1, 1); 10]).unwrap().item(Some(10), "x", url("/")).is_err()
    );
}

#[test]
fn keys_that_make_no_sense_are_refused() {
    let directory = |model| Directory::new(Phone::of(model), "").unwrap();
    let exit = Target::soft_key(Action::Exit);
    assert!(matches!(
        directory("8845").keys(|keys| keys.at(1, "Exit", exit)),
        Err(ObjectError::ActionNotHere { .. })
    ));
    let leaves = directory("8845").keys(|keys| keys.exit("Exit")?.act("Dial")).unwrap();
    assert!(flat(&leaves.answer()).contains(&"SoftKeyItem/URL=SoftKey:Cancel".to_owned()));
    assert_eq!(
        directory("8845").keys(|keys| keys.exit("a")?.at(1, "b", url("/"))),
        Err(ObjectError::PlaceTaken(1))
    );
    assert!(directory("8845").keys(|keys| keys.at(16, "x", url("/"))).is_ok());
    assert!(directory("8821").keys(|keys| keys.at(9, "x", url("/"))).is_err());
    assert!(directory("8845").keys(|keys| keys.act("x")?.on_press(url("/"))).is_err());
    let pressed = directory("8845")
        .keys(|keys| keys.act("x")?.on_press(Target::key("Mute")?)?.hard_key("KeyPad5", url("/5")));
    let lines = flat(&pressed.unwrap().answer());
    assert!(lines.contains(&"SoftKeyItem/URLDown=Key:Mute".to_owned()), "{lines:?}");
    assert!(lines.contains(&"KeyItem/Key=KeyPad5".to_owned()), "{lines:?}");
    let app = Belongs { id: "a:b".to_owned(), ..Belongs::default() };
    assert!(directory("8845").application(app).is_err());
    let app = Belongs {
        id: "offhook".to_owned(),
        on_closed: Some(Target::init(Application::Services)),
        ..Belongs::default()
    };
    let lines = flat(&directory("8845").application(app).unwrap().answer());
    assert_eq!(
        lines[..2],
        ["CiscoIPPhoneDirectory@appId=offhook", "CiscoIPPhoneDirectory@onAppClosed=Init:Services"]
    );
}

#[test]
fn names_are_shortened_and_keep_two_line_breaks() {
    let long = "x".repeat(100);
    for (charset, expected) in
        [(Charset::Utf8, "x".repeat(63) + "…"), (Charset::Latin1, "x".repeat(61) + "...")]
    {
        let phone = Phone { family: Family::S7900, charset };
        let menu = Menu::new(phone, "").unwrap().item(&long, url("/")).unwrap();
        assert_eq!(flat(&menu.answer())[0], format!("MenuItem/Name={expected}"));
    }
    let menu =
        Menu::new(Phone::of("8845"), " a \r\n b\u{7} ").unwrap().item("a\nb\n\nc\nd", url("/")).unwrap();
    assert_eq!(flat(&menu.answer())[..2], ["Title=a b", "MenuItem/Name=a\nb\nc d"]);
}

proptest! {
    #[test]
    fn any_text_gives_valid_objects_within_limits(text: String, latin: bool) {
        let charset = if latin { Charset::Latin1 } else { Charset::Utf8 };
        for family in Family::ALL {
            let phone = Phone { family, charset };
            let menu = Menu::new(phone, &text).unwrap().prompt(&text).item(&text, url("/")).unwrap();
            let lines = flat(&menu.keys(|keys| keys.exit(&text)).unwrap().answer());
            for line in &lines {
                let value = line.split_once('=').unwrap().1;
                prop_assert!(value.chars().count() <= 64 && value.matches('\n').count() <= 2, "{line:?}");
            }
            let shown = flat(&Text::new(phone, &text, &text.repeat(100)).unwrap().answer());
            prop_assert!(shown.iter().all(|line| line.chars().count() <= LONGEST_TEXT + 6));
            let input = Input::new(phone, &text, url("/")).unwrap().field(&text, "q", Entry::Any).unwrap().value(&text);
            flat(&input.answer());
            if let Ok(directory) = Directory::new(phone, &text).unwrap().entry(&text, &text) {
                flat(&directory.answer());
            }
        }
    }
}
