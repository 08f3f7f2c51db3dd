//! Pictures of the main pages for the documentation: taken on every run, kept in `docs/screenshots` when `UPDATE=1` says so.

use std::path::Path;
use std::{env, fs};

use crate::browser::{Browser, ENTER};
use crate::program::Program;
use crate::site::PASSWORD;

/// Name, path, width, height, dark.
const PICTURES: [(&str, &str, u32, u32, bool); 7] = [
    ("fleet", "/phones", 1280, 860, false),
    ("fleet-dark", "/phones", 1280, 860, true),
    ("phone", "/phones/SEP001122334455", 1280, 860, false),
    ("keys", "/phones/SEP00112233AA01/keys", 1280, 1000, false),
    ("settings-dark", "/phones/SEP001122334455/settings", 1280, 860, true),
    ("history", "/phones/SEP001122334455/history", 1280, 860, false),
    ("telephone", "/phones/SEP00112233AA01", 390, 844, false),
];

/// Phones that boot while the fleet is looked at.
const BOOTING: [(&str, &str); 3] =
    [("001122334455", "8845"), ("001122331004", "7841"), ("001122331010", "7861")];

/// A small fleet of made-up people.
fn fill(program: &Program) {
    let ok = |words: &str| program.ok(&words.split('|').collect::<Vec<_>>());
    ok("site|add|berlin");
    ok("site|add|munich");
    ok("profile|add|office");
    ok("profile|set|office|web_access=on|display_idle_timeout=01:00");
    ok("phone|add|SEP001122334455|--model|8845|--line|1001:made-up-1:Ann|--line|1002:made-up-2:Reception");
    ok(
        "phone|set|SEP001122334455|description=Reception, ground floor|site=berlin|profile=office|time_zone=Europe/Berlin",
    );
    ok("key|set|SEP001122334455|3|blf|1003|--label|Ben Okafor");
    ok("key|set|SEP001122334455|4|speed_dial|0301234567|--label|Taxi");
    ok("key|set|SEP001122334455|5|service|http://pbx.example.net/menu|--label|Canteen");
    ok("phone|add|SEP00112233AA01|--model|8865|--line|1003:made-up-3:Ben");
    ok(
        "phone|set|SEP00112233AA01|description=Ben Okafor|site=berlin|profile=office|module_type=BEKEM|line_mode=enhanced",
    );
    let names = [
        "Ada", "Bela", "Chen", "Dora", "Emil", "Fay", "Gita", "Hugo", "Ines", "Jon", "Kim", "Lea", "Max",
        "Nia",
    ];
    for (button, name) in (2..).zip(names) {
        ok(&format!("key|set|SEP00112233AA01|{button}|blf|{}|--label|{name}", 1100 + button));
    }
    for (number, model, name) in [
        (1004, "7841", "Warehouse"),
        (1005, "7962", "Workshop"),
        (1006, "7821", "Kitchen"),
        (1007, "8811", "Meeting room"),
        (1008, "7975", "Board room"),
        (1009, "8961", "Laboratory"),
        (1010, "7861", "Hotline"),
        (1011, "8832", "Conference"),
    ] {
        ok(&format!("phone|add|SEP00112233{number}|--model|{model}|--line|{number}:made-up:{name}"));
        ok(&format!("phone|set|SEP00112233{number}|description={name}|site=munich"));
    }
    for (mac, model) in [
        ("001122334455", "8845"),
        ("001122331004", "7841"),
        ("001122331010", "7861"),
        ("0011223300FF", "8851"),
    ] {
        program.boot(mac, model);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_the_main_pages() {
    let program = Program::start();
    let browser = Browser::open(1280, 860).await;
    browser.go(&program.link()).await;
    let address = program.address();
    browser.fill("#name", "anna").await;
    browser.fill("#password", PASSWORD).await;
    browser.fill("#again", PASSWORD).await;
    browser.press(&[ENTER]).await;
    browser.find("nav.side").await;
    fill(&program);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots");
    let keep = env::var("UPDATE").is_ok_and(|update| update == "1");
    for (name, path, width, height, dark) in PICTURES {
        browser.size(width, height).await;
        browser.dark(dark).await;
        browser.go(&format!("{address}{path}")).await;
        if path == "/phones" {
            // Somebody is always starting.
            for (mac, model) in BOOTING {
                program.boot(mac, model);
            }
            browser.until("return document.querySelectorAll('.strip li').length >= 3").await;
        }
        let picture = browser.picture().await;
        assert!(picture.starts_with(b"\x89PNG") && picture.len() > 10_000, "{name}: {} bytes", picture.len());
        let wide = u32::from_be_bytes(picture[16..20].try_into().unwrap());
        assert_eq!(wide, width, "{name}");
        if keep {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("{name}.png")), picture).unwrap();
        }
    }
}
