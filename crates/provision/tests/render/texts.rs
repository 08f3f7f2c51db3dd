//! Any text in any place: what comes out is well-formed and says what was meant.

use proptest::prelude::*;
use provision::inventory::{Override, Replacement};
use provision::render;
use provision::tree::Element;

use super::{name, reception, surroundings};

/// What a phone's screen can hold at all.
fn printable(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

#[test]
fn labels_of_all_kinds_come_back() {
    for label in ["&<>'\"", "Grüße aus Köln", "Приёмная", "受付", "☎️ 🇩🇪", "]]>", "<!--", "&amp;", "%0"]
    {
        let mut bundle = reception();
        bundle.lines.get_mut(&"1001".parse().unwrap()).unwrap().settings.set(name("label"), label);
        let rendered = render::configuration(&bundle, &surroundings());
        let tree = super::clean(&rendered, bundle.phone.model, label);
        assert_eq!(tree.text_of("sipProfile/sipLines/line/featureLabel"), label);
    }
}

#[test]
fn blanks_around_a_text_go_and_those_of_a_password_stay() {
    let mut bundle = reception();
    bundle.phone.layer.settings.set(name("phone_label"), "  Desk ");
    bundle.phone.layer.settings.set(name("ssh_password"), " x ");
    let rendered = render::configuration(&bundle, &surroundings());
    assert!(rendered.xml.contains("<phoneLabel>Desk</phoneLabel>"));
    assert!(rendered.xml.contains("<sshPassword> x </sshPassword>"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_in_any_text_setting_comes_back_or_is_told(text: String, short in ".{0,12}") {
        for text in [text, short] {
            let mut bundle = reception();
            let places = [
                ("phone_label", "sipProfile/phoneLabel"),
                ("nat_address", "sipProfile/natAddress"),
                ("server_description", "devicePool/callManagerGroup/members/member/callManager/description"),
                ("owner_id", "ownerId"),
                ("user_locale", "userLocale/name"),
            ];
            for (key, _) in places {
                bundle.phone.layer.settings.set(name(key), text.clone());
            }
            let rendered = render::configuration(&bundle, &surroundings());
            let tree = Element::parse(rendered.xml.as_bytes()).unwrap();
            for (key, path) in places {
                let told = rendered.notes.iter().any(|note| note.text.starts_with(&format!("{key} of an 8845")));
                let came = tree.text_of(path) == text.trim();
                prop_assert!(came || told || !printable(&text), "{key}: {text:?}: {:?}", rendered.notes);
            }
        }
    }

    #[test]
    fn any_override_leaves_a_document(path: String, text: String) {
        for replacement in [Replacement::Text(text.clone()), Replacement::Fragment(text.clone()), Replacement::Nothing] {
            let mut bundle = reception();
            let change = Override { path: path.clone(), replacement };
            let refused = change.check().is_err();
            bundle.phone.layer.overrides.push(change);
            let rendered = render::configuration(&bundle, &surroundings());
            prop_assert!(Element::parse(rendered.xml.as_bytes()).is_ok());
            prop_assert!(!refused || !rendered.notes.is_empty());
        }
    }

    #[test]
    fn stamps_are_of_the_content(label in "[a-z]{0,4}", other in "[a-z]{0,4}") {
        let stamp = |label: &str| {
            let mut bundle = reception();
            bundle.phone.layer.settings.set(name("phone_label"), label);
            render::configuration(&bundle, &surroundings()).stamp
        };
        prop_assert_eq!(stamp(&label) == stamp(&other), label == other);
    }
}
