//! XML services: what a phone asks with and what it is answered. Any bytes are borne on both sides, and whatever a phone
//! shows can be drawn and walked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::objects::{Asker, Menu, Response, Screen, Target};
use virtual_phone::models;
use virtual_phone::services::draw::{Beside, Sight, png};
use virtual_phone::services::{Browser, Caller, Page, Response as Answer};

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else { return };
    let all = models::all();
    let model = &all[usize::from(*first) % all.len()];
    if let Ok(page) = Page::read(body, "text/xml; charset=UTF-8", model, &["utf-8"]) {
        let mut browser = Browser::new(Caller::new(model, "SEP001122334455"));
        let request = browser.open("http://192.0.2.5/");
        let headers = vec![("Content-Type".to_owned(), "text/xml; charset=UTF-8".to_owned())];
        let answer = Answer { status: 200, headers, body: body.to_vec() };
        browser.receive(&request, &answer).expect("what was read is read again");
        for key in ["down", "1", "up", "Select"] {
            // Not every page has every key.
            let _ = browser.press(key);
        }
        let _ = png(model.screen.as_ref(), Sight::Page(&browser), &Beside::default());
        drop(page);
    }
    // The other side: a request of any bytes, and a phone's answer to a push.
    let headers =
        [("x-CiscoIPPhoneModelName", body), ("Accept-Charset", body), ("x-CiscoIPPhoneDisplay", body)];
    let asker = Asker::parse(headers, body);
    let text = String::from_utf8_lossy(body);
    let menu = Menu::new(asker.phone, &text).expect("every phone has menus").prompt(&text);
    let menu = match Target::parse(&text) {
        Ok(target) if asker.phone.follows(&target) => {
            menu.item(&text, target).unwrap_or_else(|_| panic!("{text}"))
        }
        _ => menu,
    };
    let answer = menu.answer();
    let accepts = ["utf-8", "iso-8859-1"];
    Page::read(&answer.body, answer.content_type, model, &accepts).map_or_else(
        |refusal| assert!(model.screen.is_none(), "{refusal}"),
        |page| assert_eq!(page.kind, "Menu"),
    );
    let _ = Response::parse(body);
});
