//! Overrides and version stamps.

use provision::inventory::{Group, GroupKind, Override, OverrideError, Replacement};
use provision::models;
use provision::render::{self, Origin};
use provision::tree::Element;

use super::{name, reception, surroundings};

fn text(path: &str, text: &str) -> Override {
    Override { path: path.into(), replacement: Replacement::Text(text.into()) }
}

fn fragment(path: &str, xml: &str) -> Override {
    Override { path: path.into(), replacement: Replacement::Fragment(xml.into()) }
}

fn nothing(path: &str) -> Override {
    Override { path: path.into(), replacement: Replacement::Nothing }
}

fn with(overrides: Vec<Override>) -> (Element, provision::render::Rendered) {
    let mut bundle = reception();
    for change in &overrides {
        change.check().unwrap();
    }
    bundle.phone.layer.overrides = overrides;
    let rendered = render::configuration(&bundle, &surroundings());
    (Element::parse(rendered.xml.as_bytes()).unwrap(), rendered)
}

#[test]
fn texts_attributes_fragments_and_nothing_go_where_the_path_says() {
    let (tree, rendered) = with(vec![
        text("vendorConfig/webAccess", "7"),
        text("vendorConfig/brandNew", "<&>"),
        text("phoneServices/@useHTTPS", "true"),
        text("sipProfile/sipLines/line[@button=3]/featureLabel", "Boss"),
        text("sipProfile/sipLines/line[2]/@lineIndex", "9"),
        fragment(
            "phoneServices/phoneService[2]",
            "<phoneService type='0'><name>Ä</name><url/></phoneService>",
        ),
        fragment("commonConfig", "<commonConfig><sshAccess>1</sshAccess></commonConfig>"),
        nothing("userLocale"),
        nothing("sipProfile/sipLines/line[@button=\"4\"]"),
        nothing("device/that/is/not/there"),
    ]);
    let notes: Vec<_> = rendered.notes.iter().map(|note| note.text.as_str()).collect();
    let hidden = "the override of sipProfile/sipLines/line[@button=\"4\"] hides label, number; drop it, and that counts again";
    assert_eq!(notes, [hidden]);
    let vendor = tree.child("vendorConfig").unwrap();
    assert_eq!((vendor.text_of("webAccess"), vendor.text_of("brandNew")), ("7", "<&>"));
    assert_eq!(vendor.children.last().unwrap().name, "brandNew");
    assert_eq!(tree.children.last().unwrap().name, "commonConfig");
    assert_eq!(tree.child("phoneServices").unwrap().attribute("useHTTPS"), Some("true"));
    assert_eq!(tree.child("phoneServices").unwrap().all("phoneService").nth(1).unwrap().text_of("name"), "Ä");
    assert!(tree.child("userLocale").is_none());
    let lines: Vec<_> = tree.find("sipProfile/sipLines").unwrap().all("line").collect();
    assert_eq!((lines.len(), lines[2].text_of("featureLabel")), (3, "Boss"));
    assert_eq!(lines[1].attribute("lineIndex"), Some("9"));
    let explained = |path: &str| rendered.values.iter().find(|value| value.path == path).unwrap();
    let own = explained("vendorConfig/webAccess");
    assert_eq!((own.code, own.origin, own.name), ("7", &Origin::Phone, None));
    assert_eq!(explained("commonConfig/sshAccess").origin, &Origin::Phone);
    assert!(rendered.values.iter().all(|value| !value.path.starts_with("userLocale")));
}

#[test]
fn whole_lists_are_replaced_by_nothing_and_then_something() {
    let (tree, rendered) = with(vec![
        nothing("phoneServices/phoneService"),
        fragment("phoneServices/phoneService", "<phoneService><name>a</name></phoneService>"),
        fragment("phoneServices/phoneService[2]", "<phoneService><name>b</name></phoneService>"),
    ]);
    assert_eq!(rendered.notes, []);
    let names: Vec<_> =
        tree.child("phoneServices").unwrap().all("phoneService").map(|s| s.text_of("name")).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn later_layers_override_what_earlier_ones_did() {
    let mut bundle = reception();
    let mut site = Group::new(GroupKind::Site, "s");
    site.layer.overrides.push(text("vendorConfig/new", "site"));
    site.layer.overrides.push(text("vendorConfig/other", "site"));
    bundle.groups.insert(0, site);
    bundle.phone.layer.overrides.push(text("vendorConfig/new", "phone"));
    let rendered = render::configuration(&bundle, &surroundings());
    let origin = |path: &str| rendered.values.iter().find(|value| value.path == path).unwrap().origin.clone();
    assert_eq!(origin("vendorConfig/new"), Origin::Phone);
    assert_eq!(origin("vendorConfig/other"), Origin::Site("s".into()));
}

#[test]
fn bad_overrides_are_refused_and_never_break_a_document() {
    for (bad, problem) in [
        (text("", "x"), "is no path"),
        (text("a//b", "x"), "is no path"),
        (text("a/", "x"), "is no path"),
        (text("a b", "x"), "is no path"),
        (text("a[0]", "x"), "is no path"),
        (text("a[x]", "x"), "is no path"),
        (text("a[1", "x"), "is no path"),
        (text("a[@b]", "x"), "is no path"),
        (text("@a/b", "x"), "is no path"),
        (text("1a", "x"), "is no path"),
        (text("a<", "x"), "is no path"),
        (fragment("a", "<a>"), "never closed"),
        (fragment("a", "a"), "text outside"),
        (fragment("a", "<b/>"), "the path ends in a"),
        (fragment("a", "<a/><a/>"), "second root"),
        (fragment("a/@b", "<b/>"), "an attribute holds a text"),
        (fragment("a", "<a><1x/></a>"), "no name"),
    ] {
        let error: OverrideError = bad.check().unwrap_err();
        assert!(error.to_string().contains(problem), "{bad:?}: {error}");
        let mut bundle = reception();
        bundle.phone.layer.overrides.push(bad);
        let rendered = render::configuration(&bundle, &surroundings());
        assert_eq!(rendered.notes.len(), 1, "{:?}", rendered.notes);
        assert!(Element::parse(rendered.xml.as_bytes()).is_ok());
    }
    let mut bundle = reception();
    bundle.phone.layer.overrides.push(text("sipProfile/sipLines/line[99]/featureLabel", "x"));
    let rendered = render::configuration(&bundle, &surroundings());
    assert!(rendered.notes[0].text.contains("there are only 4 elements line"), "{:?}", rendered.notes);
}

#[test]
fn a_stamp_changes_when_and_only_when_the_rest_does() {
    let stamp = |change: &dyn Fn(&mut provision::inventory::Bundle)| {
        let mut bundle = reception();
        change(&mut bundle);
        let rendered = render::configuration(&bundle, &surroundings());
        let tree = Element::parse(rendered.xml.as_bytes()).unwrap();
        assert_eq!(tree.text_of("versionStamp"), rendered.stamp);
        let explained = rendered.values.iter().find(|value| value.path == "versionStamp").unwrap();
        assert_eq!(explained.code, rendered.stamp);
        rendered.stamp
    };
    let first = stamp(&|_| {});
    assert_eq!(first, stamp(&|_| {}));
    // What phones cannot see is no change.
    assert_eq!(first, stamp(&|bundle| bundle.phone.notes = "in the cellar".into()));
    assert_eq!(first, stamp(&|bundle| bundle.phone.description = "spare".into()));
    assert_eq!(
        first,
        stamp(&|bundle| {
            bundle.phone.layer.settings.set(name("web_access"), "off");
        })
    );
    let changes: [&dyn Fn(&mut provision::inventory::Bundle); 4] = [
        &|bundle| {
            bundle.phone.layer.settings.set(name("phone_label"), "Receptiom");
        },
        &|bundle| bundle.phone.layer.overrides.push(text("vendorConfig/webAccess", "2")),
        &|bundle| bundle.phone.model = models::find("8865"),
        &|bundle| {
            bundle.phone.layer.keys.remove(&4);
        },
    ];
    for change in changes {
        assert_ne!(first, stamp(change));
    }
}

#[test]
fn a_stamp_of_ones_own_stays() {
    let (tree, rendered) = with(vec![text("versionStamp", "mine")]);
    assert_eq!((tree.text_of("versionStamp"), rendered.stamp.as_str()), ("mine", "mine"));
}

#[test]
fn settings_that_an_override_hides_are_told() {
    let hides = |bundle: &provision::inventory::Bundle| {
        let notes = render::configuration(bundle, &surroundings()).notes.into_iter();
        notes.map(|note| note.text).filter(|text| text.contains(" hides ")).collect::<Vec<_>>()
    };
    let mut bundle = reception();
    let mut profile = Group::new(GroupKind::Profile, "p");
    profile.layer.overrides = vec![nothing("vendorConfig/webAccess"), nothing("vendorConfig/pcPort")];
    bundle.groups = vec![profile];
    assert!(hides(&bundle).is_empty(), "nobody says anything else");
    bundle.phone.layer.settings.set(name("web_access"), "off");
    assert_eq!(
        hides(&bundle),
        ["the override of vendorConfig/webAccess hides web_access; drop it, and that counts again"]
    );
    // What an earlier layer says is what overrides are for.
    bundle.groups[0].layer.overrides.clear();
    bundle.groups[0].layer.settings.set(name("phone_label"), "Hall");
    bundle.phone.layer.settings.unset(name("phone_label"));
    bundle.phone.layer.overrides.push(text("sipProfile/phoneLabel", "Roof"));
    assert!(hides(&bundle).is_empty());
    bundle.phone.layer.settings.set(name("phone_label"), "Roof");
    assert!(hides(&bundle).is_empty(), "both say the same");
}
