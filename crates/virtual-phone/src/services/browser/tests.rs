//! Walks through pages that a test makes up.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::models::find;

fn phone(model: &str) -> Browser {
    Browser::new(Caller::new(find(model).unwrap(), "SEP001122334455"))
}

fn answer(body: &str) -> Response {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Response {
        status: 200,
        headers: vec![header("Content-Type", "text/xml; charset=UTF-8")],
        body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{body}").into_bytes(),
    }
}

fn show(browser: &mut Browser, url: &str, body: &str) {
    let request = browser.open(url);
    browser.receive(&request, &answer(body)).unwrap();
}

fn fetched(step: Step) -> String {
    let Step::Fetch(request) = step else { panic!("{step:?}") };
    request.url
}

const MENU: &str = "<CiscoIPPhoneMenu><Title>T</Title><MenuItem><Name>A</Name><URL>http://x/a</URL></MenuItem><MenuItem><Name>B</Name><URL>Dial:5</URL></MenuItem></CiscoIPPhoneMenu>";

#[test]
fn menus_are_walked() {
    let mut browser = phone("8845");
    assert!(browser.press("1").is_err());
    show(&mut browser, "http://x/", MENU);
    let keys: Vec<&str> = browser.shown().unwrap().keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(keys, ["Exit", "Select"]);
    assert_eq!(browser.press("2"), Ok(Step::Shows));
    assert_eq!(browser.press("Select"), Ok(Step::Does("Dial:5".to_owned())));
    assert_eq!(browser.press("up"), Ok(Step::Shows));
    assert_eq!(fetched(browser.press("select").unwrap()), "http://x/a");
    show(&mut browser, "http://x/a", "<CiscoIPPhoneText><Text>hello</Text></CiscoIPPhoneText>");
    assert_eq!(browser.shown().unwrap().title, "A", "the item chosen last stands in for a title");
    assert_eq!(browser.press("back"), Ok(Step::Shows));
    assert_eq!(browser.shown().unwrap().title, "T");
    assert!(browser.press("3").unwrap_err().to_string().contains("1 to 2"));
    assert!(browser.press("Fly").unwrap_err().to_string().contains("Exit, Select"));
    assert_eq!(browser.press("Exit"), Ok(Step::Leaves));
    assert!(browser.shown().is_none());
}

#[test]
fn forms_are_filled_in_and_sent() {
    let mut browser = phone("7942");
    let form = "<CiscoIPPhoneInput><URL>http://x/find?a=1</URL><InputItem><DisplayName>Name</DisplayName><QueryStringParam>q</QueryStringParam><DefaultValue>B</DefaultValue><InputFlags>A</InputFlags></InputItem></CiscoIPPhoneInput>";
    show(&mut browser, "http://x/", form);
    browser.press("q=Jürgen W").unwrap();
    browser.press("<<").unwrap();
    assert_eq!(fetched(browser.press("Submit").unwrap()), "http://x/find?a=1&q=J%C3%BCrgen%20");
    assert!(browser.press("r=1").is_err());
    let mut browser = phone("8845");
    show(&mut browser, "http://x/", &form.replace("<URL>", "<URL method='post'>"));
    let Step::Fetch(request) = browser.press("Submit").unwrap() else { panic!() };
    assert_eq!((request.url.as_str(), request.form.as_deref()), ("http://x/find?a=1", Some("q=B")));
}

#[test]
fn keys_and_items_lend_each_other_parameters() {
    let mut browser = phone("8845");
    let page = "<CiscoIPPhoneMenu><MenuItem><Name>A</Name><URL>QueryStringParam:id=7</URL></MenuItem><SoftKeyItem><Name>Delete</Name><URL>http://x/delete</URL></SoftKeyItem></CiscoIPPhoneMenu>";
    show(&mut browser, "http://x/", page);
    assert_eq!(fetched(browser.press("Delete").unwrap()), "http://x/delete?id=7");
    let page = "<CiscoIPPhoneMenu><MenuItem><Name>A</Name><URL>http://x/a</URL></MenuItem><SoftKeyItem><Name>Details</Name><URL>QueryStringParam:more=1</URL></SoftKeyItem></CiscoIPPhoneMenu>";
    show(&mut browser, "http://x/2", page);
    assert_eq!(fetched(browser.press("Details").unwrap()), "http://x/a?more=1");
}

#[test]
fn refresh_expires_and_cookies_work() {
    let mut browser = phone("7942");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut first = answer(MENU);
    first.headers.push(header("Refresh", "0; url=http://x/next"));
    first.headers.push(header("Expires", "Fri, 01 Jan 2010 00:00:00 GMT"));
    first.headers.push(header("Set-Cookie", "id=1; path=/"));
    let request = browser.open("http://x/");
    browser.receive(&request, &first).unwrap();
    assert_eq!(browser.shown().unwrap().keys[0].name, "Update");
    let Step::Fetch(next) = browser.press("Update").unwrap() else { panic!() };
    assert_eq!(next.url, "http://x/next");
    assert!(next.headers.contains(&("Cookie", "id=1".to_owned())));
    browser.receive(&next, &answer("<CiscoIPPhoneText><Text>x</Text></CiscoIPPhoneText>")).unwrap();
    assert_eq!(browser.press("back"), Ok(Step::Leaves), "the first page kept off the way back");
}

#[test]
fn answers_that_are_none_are_told_as_phones_tell_them() {
    let mut browser = phone("7821");
    let request = browser.open("http://x/");
    let mut told = |response: Response| browser.receive(&request, &response).unwrap_err().shown;
    assert_eq!(told(Response { status: 404, ..answer(MENU) }), "File Not Found");
    assert_eq!(told(Response { status: 500, ..answer(MENU) }), "HTTP Error[8]: Unknown");
    assert_eq!(told(answer("<a>")), "XML Error[4]: Parse Error");
    assert_eq!(told(answer("<CiscoIPPhoneImage/>")), "XML Error[5]: Unsupported XML Object");
}
