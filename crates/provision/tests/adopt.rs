//! Configurations in the shapes that are found in the field: each is taken over, and rendered equal again.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use provision::adopt::{Adopted, Around, Fleet, Reading, Wanted, equal, fleet, parse};
use provision::catalogue::{Setting, settings};
use provision::inventory::{Bundle, Group, GroupKind, Name, Replacement};
use provision::mac::Mac;
use provision::models::{self, Model};
use provision::render::{Surroundings, configuration};
use provision::tree::Element;

fn around() -> Around {
    let surroundings = Surroundings {
        server: "offhook.example.net".into(),
        services: Some(6972),
        secure_services: None,
        tvs: Some(2445),
        capf: None,
    };
    Around { surroundings, ..Around::default() }
}

/// The same server with other services and another name.
fn later() -> Around {
    let surroundings = Surroundings {
        server: "new.example.net".into(),
        services: None,
        secure_services: Some(6973),
        tvs: None,
        capf: Some(3804),
    };
    Around { surroundings, ..around() }
}

/// Every file beside this test: its name, its model and its document.
fn files() -> Vec<(String, Reading, Element)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let one = |(number, path): (u8, &std::path::PathBuf)| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let model = models::find(name.split('-').next().unwrap()).unwrap();
        let root = parse(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, Reading::of(root.clone(), Mac::new([0, 0x11, 0x22, 0x33, 0x44, number]), model), root)
    };
    (1..).zip(&names).map(one).collect()
}

fn rendered(fleet: &Fleet, around: &Around, adopted: &Adopted) -> Element {
    let mut bundle = Bundle::new(adopted.phone.clone());
    let groups = fleet.groups.iter().chain(&around.groups);
    let of = |group: &&Group| {
        let named = match group.kind {
            GroupKind::Site => bundle.phone.site.as_deref(),
            GroupKind::Series => bundle.phone.model.map(|model| model.series),
            GroupKind::Profile => bundle.phone.profile.as_deref(),
        };
        named == Some(group.name.as_str())
    };
    let mut groups: Vec<Group> = groups.filter(of).cloned().collect();
    groups.sort_by_key(|group| group.kind);
    bundle.groups = groups;
    bundle.lines = fleet.lines.clone();
    Element::parse(configuration(&bundle, &around.surroundings).xml.as_bytes()).unwrap()
}

#[test]
fn each_by_itself_is_rendered_equal() {
    let around = around();
    let files = files();
    assert!(files.len() >= 40);
    for (name, reading, root) in files {
        let fleet = fleet(vec![reading], &Wanted::default(), &around);
        assert!(fleet.refused.is_empty(), "{name}: {:?}", fleet.refused);
        let adopted = &fleet.phones[0];
        assert!(equal(&rendered(&fleet, &around, adopted), &root), "{name}");
        // What is switched on or off afterwards changes no phone that was taken over.
        assert!(equal(&rendered(&fleet, &later(), adopted), &root), "{name}, later");
        assert!(equal(&rendered(&fleet, &Around::default(), adopted), &root), "{name}, bare");
    }
}

#[test]
fn all_together_are_rendered_equal_with_profiles_and_a_site() {
    let around = around();
    let files = files();
    let roots: BTreeMap<Mac, (String, Element)> =
        files.iter().map(|(name, reading, root)| (reading.mac, (name.clone(), root.clone()))).collect();
    let readings = files.into_iter().map(|(_, reading, _)| reading).collect();
    let wanted = Wanted { profile: Some("desk".into()), site: Some("here".into()), fill: false };
    let fleet = fleet(readings, &wanted, &around);
    assert!(fleet.refused.is_empty(), "{:?}", fleet.refused);
    assert_eq!(fleet.phones.len(), roots.len());
    for adopted in &fleet.phones {
        let (name, root) = &roots[&adopted.phone.mac];
        assert!(equal(&rendered(&fleet, &around, adopted), root), "{name}");
    }
    let names: Vec<_> = fleet.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["here", "desk-6900", "desk-7800", "desk-7900", "desk-8800", "desk-8900", "desk-9900"]);
}

#[test]
fn filling_keeps_what_files_say_and_leaves_nothing_out() {
    let around = around();
    for (name, reading, _) in files() {
        let wanted = Wanted { fill: true, ..Wanted::default() };
        let fleet = fleet(vec![reading], &wanted, &around);
        assert!(fleet.refused.is_empty(), "{name}: {:?}", fleet.refused);
        let overrides = &fleet.phones[0].phone.layer.overrides;
        assert!(overrides.iter().all(|change| change.replacement != Replacement::Nothing), "{name}");
    }
}

/// A value for the element: one that the catalogue has a word for, or anything.
fn value(setting: &'static Setting) -> BoxedStrategy<String> {
    let codes: Vec<&str> = setting
        .values_in(None)
        .flat_map(|values| values.words.iter().flat_map(|word| word.codes.iter().map(|code| code.text)))
        .chain(setting.default)
        .collect();
    let any = prop_oneof!["[ -~äЖ]{0,12}", (0u32..70_000).prop_map(|n| n.to_string()), Just(String::new())];
    if codes.is_empty() {
        any.boxed()
    } else {
        prop_oneof![4 => prop::sample::select(codes).prop_map(str::to_owned), 1 => any].boxed()
    }
}

/// Where a value goes, which of several it is for, and what it is.
fn values() -> impl Strategy<Value = Vec<(&'static str, usize, String)>> {
    let all: Vec<&'static Setting> = settings().iter().filter(|setting| setting.path != ".").collect();
    let one =
        prop::sample::select(all).prop_flat_map(|setting| (Just(setting.path), 0usize..3, value(setting)));
    prop::collection::vec(one, 0..60)
}

/// A document of such values. Elements that the catalogue does not know come from `strange`.
fn document(values: &[(&'static str, usize, String)], strange: &[(String, String)]) -> Element {
    let mut root = Element::new("device");
    for (path, place, value) in values {
        put(&mut root, path, *place, value);
    }
    for (name, text) in strange {
        root.children.push(Element::holding(name.clone(), text.clone()));
    }
    root
}

fn put(element: &mut Element, path: &str, place: usize, value: &str) {
    let (step, rest) = path.split_once('/').map_or((path, None), |(step, rest)| (step, Some(rest)));
    if let Some(name) = step.strip_prefix('@') {
        element.set_attribute(name.to_owned(), value.to_owned());
        return;
    }
    let name = step.trim_end_matches("[]");
    let wanted = if step.ends_with("[]") { place + 1 } else { 1 };
    while element.all(name).count() < wanted {
        let mut new = Element::new(name.to_owned());
        if name == "line" {
            new.set_attribute("button", (element.all(name).count() + 1).to_string());
        }
        element.children.push(new);
    }
    let child = element.children.iter_mut().filter(|child| child.name == name).nth(wanted - 1).unwrap();
    match rest {
        Some(rest) => put(child, rest, place, value),
        None => child.text = value.to_owned().into(),
    }
}

fn read(number: u8, model: &'static Model, root: &Element) -> Reading {
    Reading::of(root.clone(), Mac::new([2, 0, 0, 0, 0, number]), model)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_document_says_is_rendered_equal(
        documents in prop::collection::vec((values(), prop::collection::vec(("[a-z][a-zA-Z.:-]{0,8}", "[ -~]{0,8}"), 0..3)), 1..4),
        common in values(),
        models in prop::collection::vec(prop::sample::select(models::all().iter().collect::<Vec<_>>()), 4),
        (same, there) in (any::<bool>(), any::<bool>()),
    ) {
        let mut around = around();
        if there {
            // Groups that are there say things that no file says.
            let mut series = Group::new(GroupKind::Series, models[0].series);
            series.layer.settings.set(Name::new("web_access").unwrap(), "off");
            let mut site = Group::new(GroupKind::Site, "here");
            site.layer.settings.set("ntp_server.2".parse().unwrap(), "ntp.example.net");
            around.groups.extend([series, site]);
        }
        let roots: Vec<Element> = documents
            .iter()
            .map(|(values, strange)| document(&[&common[..], values].concat(), strange))
            .collect();
        let model = |number: u8| models[if same { 0 } else { usize::from(number) }];
        let readings = (0..).zip(&roots).map(|(number, root)| read(number, model(number), root)).collect();
        let fleet = fleet(readings, &Wanted { site: Some("here".into()), ..Wanted::default() }, &around);
        prop_assert!(fleet.refused.is_empty(), "{:?}", fleet.refused);
        prop_assert_eq!(fleet.phones.len(), roots.len());
        for (adopted, root) in fleet.phones.iter().zip(&roots) {
            let there = rendered(&fleet, &around, adopted);
            prop_assert!(equal(&there, root), "{}\n{}\n{:?}", there.document(), root.document(), adopted.phone);
            let later = Around { groups: around.groups.clone(), ..later() };
            prop_assert!(equal(&rendered(&fleet, &later, adopted), root), "another server");
        }
    }
}
