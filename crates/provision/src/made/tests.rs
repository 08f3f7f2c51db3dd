#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::artifact::{Artifact, Form, Kind};
use crate::models;
use crate::name::{FileName, From};

fn text(name: &str) -> String {
    String::from_utf8(make(name).unwrap().bytes).unwrap()
}

/// Texts of all elements, and all attribute values, of that name.
fn found(document: &str, wanted: &str) -> Vec<String> {
    let mut reader = Reader::from_str(document);
    let (mut found, mut inside) = (Vec::new(), false);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) => {
                inside = start.name().as_ref() == wanted;
                for attribute in start.attributes() {
                    let attribute = attribute.unwrap();
                    if attribute.key.as_ref() == wanted {
                        found.push(
                            attribute
                                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                                .unwrap()
                                .into_owned(),
                        );
                    }
                }
            }
            Event::Text(text) if inside => found.push(text.xml10_content().into_owned()),
            Event::End(_) => inside = false,
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn every_list_is_well_formed_and_declares_its_encoding() {
    let mut lists = 0;
    for name in names().filter(|name| name.ends_with(".xml")) {
        let document = text(name);
        assert!(document.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<"), "{name}");
        let mut reader = Reader::from_str(&document);
        reader.config_mut().enable_all_checks(true);
        let mut depth = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(depth, 0, "{name}");
        assert_eq!(make(name).unwrap().content_type, "text/xml");
        lists += 1;
    }
    assert_eq!(lists, 7 + 10);
}

#[test]
fn the_dial_template_is_small_enough_for_every_phone() {
    let template = text("DialTemplate.xml");
    assert!(template.len() < 8192);
    assert_eq!(found(&template, "match"), ["...", "*"]);
    assert_eq!(found(&template, "timeout"), ["1", "3"]);
}

#[test]
fn dial_rules_are_an_empty_root() {
    assert_eq!(
        text("AppDialRules.xml"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DialRules>\n</DialRules>\n"
    );
}

#[test]
fn rings_that_are_listed_are_made_and_short_enough_by_name() {
    for (list, ending) in
        [("Ringlist.xml", ".raw"), ("DistinctiveRingList.xml", ".raw"), ("Ringlist-wb.xml", ".rwb")]
    {
        let document = text(list);
        let (titles, files) = (found(&document, "DisplayName"), found(&document, "FileName"));
        let (titles, files) = [titles, files]
            .map(|texts| texts.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>())
            .into();
        assert!(titles.len() == files.len() && (4..=50).contains(&files.len()), "{list}");
        for (title, file) in titles.iter().zip(&files) {
            assert!(
                (1..=25).contains(&title.len()) && file.len() <= 25 && file.ends_with(ending),
                "{list}: {file}"
            );
            assert_eq!(make(file).unwrap().content_type, "application/octet-stream");
        }
    }
}

#[test]
fn wallpapers_that_are_listed_are_made() {
    for model in models::all() {
        let Some(wallpaper) = model.wallpaper else { continue };
        let folder = wallpaper.value.folder;
        let list = text(&format!("{folder}/List.xml"));
        let (previews, pictures) = (found(&list, "Image"), found(&list, "URL"));
        assert!(previews.len() == pictures.len() && (2..=50).contains(&pictures.len()), "{}", model.name);
        for url in previews.iter().chain(&pictures) {
            let name = url.strip_prefix("TFTP:").unwrap();
            assert!(name.starts_with(folder), "{url}");
            assert!(names().any(|made| made == name), "{url}");
        }
    }
}

#[test]
fn modules_have_a_picture_for_every_wallpaper_of_the_phones_that_take_them() {
    for model in models::all() {
        let Some(wallpaper) = model.wallpaper else { continue };
        let folders = models::modules()
            .iter()
            .filter(|module| model.modules.iter().any(|taken| taken.value == module.name))
            .filter_map(|module| Some(module.wallpaper?.value.folder));
        for folder in folders {
            let own = pictures().iter().filter(|picture| picture.folder() == wallpaper.value.folder);
            for picture in
                own.filter(|picture| !picture.is_thumbnail() && !picture.name().contains("640x480"))
            {
                let name = picture.name().replace(wallpaper.value.folder, folder);
                assert!(names().any(|made| made == name), "{} {name}", model.name);
            }
        }
    }
}

#[test]
fn names_are_found_in_any_letter_case_and_nothing_else_is() {
    assert_eq!(make("callback.RAW"), make("Callback.raw"));
    assert_eq!(make("DESKTOPS/320X196X4/LIST.XML"), make("Desktops/320x196x4/List.xml"));
    assert!(make("softkeys.xml").is_some());
    for name in ["", "x", "SoftKeys.xml.sgn", "Desktops/800x480x24/Nothing.png", "defaultheadsetconfig.json"]
    {
        assert_eq!(make(name), None, "{name}");
    }
}

#[test]
fn every_made_name_is_one_that_a_request_can_carry() {
    for name in names() {
        let parsed = FileName::parse(name.as_bytes(), From::Percent).unwrap();
        assert_eq!(parsed.as_str(), name);
        let artifact = Artifact::parse(&parsed);
        assert!(artifact.form == Form::Plain && artifact.kind != Kind::Plain, "{name}: {artifact:?}");
    }
}

proptest! {
    #[test]
    fn no_name_panics(name: String) {
        prop_assert_eq!(make(&name).is_some(), names().any(|made| made.eq_ignore_ascii_case(&name)));
    }
}
