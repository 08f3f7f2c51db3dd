//! What a phone shows of itself: the page is asked for at the real program, after the phone booted there.

use std::time::Instant;

use virtual_phone::boot::{Flash, Over};

use crate::site::{ONE, PATIENCE, Site, now};

const ADD: &str = "phone add SEP020000000001 --model 8851 --line 1001";

/// The lines of the page, once they say all that: it takes a moment until everything is written down.
fn about(site: &Site, says: &[&str]) -> String {
    let began = Instant::now();
    loop {
        let page = site.get("services", "/about?name=SEP020000000001", None);
        if says.iter().all(|one| page.contains(one)) {
            return page;
        }
        assert!(began.elapsed() < PATIENCE, "{says:?} never came: {page}");
    }
}

/// The moment behind these words lies between `since` and now, to the minute.
fn assert_moment(page: &str, words: &str, since: u32) {
    let said = page.split_once(words).unwrap().1.get(..16).unwrap();
    let minute =
        |at: u32| offhook::trust::calendar::utc(at.into()).replace('T', " ").get(..16).unwrap().to_owned();
    assert!((minute(since)..=minute(now())).contains(&said.to_owned()), "{words}: {said}");
}

#[test]
fn a_phone_shows_what_it_holds_and_what_went_wrong() {
    let since = now();
    let site = Site::new("", &["trust enable --yes", ADD]);
    site.ok("phone set SEP020000000001 firmware=sip88xx.99-9");
    let (_, flash) = site.boot_with("8851", ONE, Over::AsPhone, Flash::default());
    let page =
        about(&site, &["Trust list: one of this server, held since ", "Configuration: taken over HTTP"]);
    for part in [
        "Name: SEP020000000001",
        "Model: 8851",
        "Line 1: 1001",
        "Firmware: sip88xx.99-9, as it is told",
        "State: It wants the firmware file sip88xx.99-9.loads",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_moment(&page, "held since ", since);
    // Where it boots from, and what it missed last.
    let started = page.split_once("Started: ").unwrap().1.lines().next().unwrap();
    assert!(started.ends_with("UTC, from HTTP 6970"), "{started}");
    assert_moment(&page, "Started: ", since);
    let problem = page.split_once("Last problem: ").unwrap().1.lines().next().unwrap();
    assert!(problem.starts_with("sip88xx.99-9.loads ("), "{problem}");

    // Elsewhere the same phone comes with a list that is not theirs.
    let other = Site::new("", &[ADD]);
    other.boot_with("8851", ONE, Over::AsPhone, flash);
    let page = about(&other, &["Trust list: one of another call manager, seen since "]);
    assert_moment(&page, "seen since ", since);
    // And a third has just taken one, which nothing shows yet.
    let third = Site::new("", &["trust enable --yes", ADD]);
    assert!(!third.get("services", "/about?name=SEP020000000001", None).contains("Trust list:"));
    third.get("provisioning", "/ITLSEP020000000001.tlv", None);
    let page = about(&third, &["Trust list: ITLSEP020000000001.tlv fetched "]);
    assert_moment(&page, "ITLSEP020000000001.tlv fetched ", since);
}
