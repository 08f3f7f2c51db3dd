//! What is written changes nothing when it is read again.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Chosen, Format, Known, Options, Verdict, plan, read, write};
use crate::catalogue::{LineFeature, Setting, line_feature, line_features, settings};
use crate::inventory::check::takes;
use crate::inventory::{
    Bundle, Change, Key, Line, Name, Number, Override, Phone, Replacement, Settings, State,
};
use crate::mac::Mac;
use crate::models;

/// Values that tables and documents are known to stumble over.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::select(vec![
            "-",
            "\\",
            "\\-",
            "=1+1",
            "@x",
            "+49",
            "null",
            "~",
            "on",
            "no",
            "0042",
            "1e5",
            "a,b;c\td",
            "\"q\"",
            " x ",
            "ü€😀",
            "#x",
            "'",
            "- a",
            "a: b",
            "[",
            "{",
            "&a",
            "*a",
            "!t",
            "%",
        ])
        .prop_map(str::to_owned),
        "[a-zA-Z0-9 äöü.,;\"'-]{1,20}",
    ]
}

fn value(setting: &'static Setting) -> BoxedStrategy<String> {
    let words: Vec<&str> =
        setting.values_in(None).flat_map(|values| values.words.iter().map(|word| word.word)).collect();
    let good = move |value: &String| setting.code(value, None).is_ok();
    if words.is_empty() {
        prop_oneof![
            text(),
            (0u32..300).prop_map(|n| n.to_string()),
            Just("http://a/b".to_owned()),
            Just("08:30".to_owned())
        ]
        .prop_filter("a value it can have", good)
        .boxed()
    } else {
        prop::sample::select(words).prop_map(str::to_owned).prop_filter("a value it can have", good).boxed()
    }
}

fn some_settings(of_a_line: bool) -> impl Strategy<Value = Settings> {
    // Only what takes plain values, so that the filter above finds some; the others are in the tests of the catalogue.
    let simple = |setting: &&Setting| {
        setting.key.is_some()
            && setting.applies.to_all()
            && setting.values_in(None).all(|values| values.series.is_empty())
            && matches!(
                setting.kind,
                crate::catalogue::Kind::Switch
                    | crate::catalogue::Kind::Choice
                    | crate::catalogue::Kind::Text
                    | crate::catalogue::Kind::Url
            )
            && setting.limits == crate::catalogue::Limits::None
    };
    let names: Vec<Name> = settings()
        .iter()
        .filter(simple)
        .filter_map(|setting| Name::new(setting.key?).ok())
        .filter(|name| name.is_of_a_line() == of_a_line)
        .collect();
    let one = prop::sample::select(names).prop_flat_map(|name| (Just(name), value(name.setting())));
    prop::collection::vec(one, 0..5).prop_map(|list| list.into_iter().collect())
}

/// What means something to keys of that feature.
fn kept(feature: &LineFeature, settings: &Settings) -> Settings {
    let kept = settings.iter().filter(|(name, _)| takes(feature, *name));
    kept.map(|(name, value)| (name, value.to_owned())).collect()
}

fn key() -> impl Strategy<Value = Option<Key>> {
    let plain: Vec<_> = line_features()
        .iter()
        .filter(|feature| feature.applies.to_all() && feature.required.is_empty())
        .collect();
    prop_oneof![
        3 => (1001u16..1006, some_settings(true)).prop_map(|(n, settings)| {
            Some(Key { settings, ..Key::line(n.to_string().parse().expect("digits")) })
        }),
        2 => ("[0-9]{1,8}", some_settings(true)).prop_map(|(number, settings)| {
            let mut key = Key { settings, ..Key::new(line_feature("blf").expect("it is there")) };
            key.settings.set(Name::new("number").expect("it is there"), number);
            Some(key)
        }),
        1 => prop::sample::select(plain).prop_map(|feature| Some(Key::new(feature))),
        1 => (1001u16..1006).prop_map(|n| {
            let mut key = Key::new(line_feature("intercom").expect("it is there"));
            key.line = Some(n.to_string().parse().expect("digits"));
            Some(key)
        }),
        1 => Just(None),
    ]
}

fn over() -> impl Strategy<Value = Override> {
    let what = prop_oneof![
        text().prop_map(Replacement::Text),
        Just(Replacement::Nothing),
        Just(Replacement::Fragment("<a b=\"c\">d</a>".to_owned())),
    ];
    what.prop_map(|replacement| Override { path: "vendorConfig/x".to_owned(), replacement })
}

prop_compose! {
    fn phone()(
        mac: [u8; 6],
        model in prop::sample::select(models::all().iter().filter(|model| !model.most_keys.sure || model.most_keys.value >= 10).collect::<Vec<_>>()),
        description in text(),
        notes in text(),
        (site, profile) in (prop::option::of(Just("berlin".to_owned())), prop::option::of(Just("desk".to_owned()))),
        state in prop::sample::select(State::ALL.to_vec()),
        keys in prop::collection::btree_map(1u16..10, key(), 0..5),
        settings in some_settings(false),
        for_lines in some_settings(true),
        overrides in prop::collection::vec(over(), 0..2),
    ) -> Phone {
        let mut phone = Phone::new(Mac::new(mac), Some(model));
        (phone.description, phone.notes, phone.site, phone.profile, phone.state) = (description, notes, site, profile, state);
        // Keys that only some models have are refused on the others.
        let keys = keys.into_iter().map(|(n, key)| (n, key.map(|key| Key { settings: kept(key.feature, &key.settings), ..key })));
        phone.layer.keys = keys.filter(|(_, key)| key.as_ref().is_none_or(|key| key.feature.applies.to(model))).collect();
        phone.layer.settings = settings.iter().chain(for_lines.iter()).map(|(name, value)| (name, value.to_owned())).collect();
        phone.layer.overrides = overrides;
        phone
    }
}

fn lines() -> impl Strategy<Value = BTreeMap<Number, Line>> {
    prop::collection::vec(some_settings(true), 5).prop_map(|all| {
        let line = |(n, settings): (usize, Settings)| {
            let settings = kept(line_feature("line").expect("it is there"), &settings);
            let number: Number = (1001 + n).to_string().parse().expect("digits");
            (number.clone(), Line { number, settings })
        };
        all.into_iter().enumerate().map(line).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_export_changes_nothing_and_makes_the_same_again(phones in prop::collection::vec(phone(), 0..4), lines in lines()) {
        let mut known = Known { lines: lines.clone(), ..Known::default() };
        known.phones = phones.into_iter().map(|phone| (phone.mac, phone)).collect();
        known.sites.insert("berlin".to_owned());
        known.profiles.insert("desk".to_owned());
        let bundles: Vec<Bundle> = known.phones.values().map(|phone| Bundle { lines: lines.clone(), ..Bundle::new(phone.clone()) }).collect();
        let empty = Known { phones: BTreeMap::new(), lines: BTreeMap::new(), ..known.clone() };
        for format in Format::ALL {
            let open = write(&bundles, format, Chosen::default());
            let sheet = read(open.as_bytes(), format, Options::default()).map_err(|error| TestCaseError::fail(format!("{error}\n{open}")))?;
            let again = plan(&sheet, &known).map_err(|error| TestCaseError::fail(format!("{error}\n{open}")))?;
            prop_assert!(again.changes.is_empty(), "{}\n{:#?}", open, again.phones);
            prop_assert!(again.phones.iter().all(|phone| phone.verdict == Verdict::Unchanged));

            let whole = write(&bundles, format, Chosen { secrets: true });
            let sheet = read(whole.as_bytes(), format, Options::default()).unwrap();
            let made = plan(&sheet, &empty).map_err(|error| TestCaseError::fail(format!("{error}\n{whole}")))?;
            for change in made.changes {
                match change {
                    Change::PutPhone(phone) => prop_assert_eq!(Some(&phone), known.phones.get(&phone.mac), "{}", whole),
                    Change::PutLine(line) => prop_assert_eq!(Some(&line), known.lines.get(&line.number), "{}", whole),
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }
    }

    #[test]
    fn no_text_panics(text in "[ -~\\n\\t]{0,200}|(mac|line1|key2|,|;|\\n|\"|-|SEP001122334455|\\[|\\{|\\}|\\]|: ){0,40}") {
        for format in Format::ALL {
            if let Ok(sheet) = read(text.as_bytes(), format, Options::default()) {
                let _ = plan(&sheet, &Known::default());
            }
        }
    }

    #[test]
    fn nor_do_bytes(bytes: Vec<u8>) {
        for format in Format::ALL {
            let _ = read(&bytes, format, Options { skip_unknown: true });
        }
    }
}
