//! What an administrator does, without a browser: adds, finds, changes, looks, removes.

use offhook::admin::access::Role;
use provision::catalogue::line_feature;
use provision::inventory::{Change, Group, GroupKind, Key, Line, Override, Phone, Replacement, State};
use provision::models;
use store::{Newcomer, Store};

use crate::site::Site;

fn name(setting: &str) -> provision::inventory::Name {
    setting.parse().unwrap()
}

async fn phone(store: &Store, device: &str) -> Phone {
    store.phone(device.parse().unwrap()).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_phone_is_added_and_its_password_told_once() {
    let site = Site::new().await;
    let mut operator = site.logged_in(Role::Operator).await;
    let form = [
        ("phone", "00:11:22:33:44:55"),
        ("model", "8845"),
        ("description", "Reception"),
        ("number", "1001"),
        ("label", "Ann"),
        ("password", ""),
        ("number", "1002"),
        ("label", ""),
        ("password", "given by hand"),
    ];
    let added = operator.fill("/phones/new", &form).await;
    assert_eq!(added.status, 200, "{}", added.text);
    let password = site.store.line(&"1001".parse().unwrap()).await.unwrap().unwrap();
    let password = password.settings.of("auth_password").unwrap().to_owned();
    assert!(added.text.contains(&password) && !added.text.contains("given by hand"));
    let page = operator.get("/phones/SEP001122334455").await.text;
    assert!(
        page.contains("<h1>Reception</h1>") && page.contains("Key 1: line 1001") && !page.contains(&password)
    );
    let again = operator.fill("/phones/new", &form).await;
    assert!(
        again.status == 422 && again.text.contains("there already") && again.text.contains("value=\"1001\"")
    );
    for (field, value, complaint) in
        [("phone", "no address", "twelve"), ("model", "9999", "9999"), ("number", "a b", "a b")]
    {
        let changed: Vec<_> =
            form.iter().map(|(name, typed)| (*name, if *name == field { value } else { *typed })).collect();
        let refused = operator.fill("/phones/new", &changed).await;
        assert!(refused.status == 422 && refused.text.contains(complaint), "{field}: {}", refused.text);
    }
}

#[tokio::test]
async fn a_phone_that_waits_is_claimed() {
    let site = Site::new().await;
    let newcomer =
        Newcomer { mac: "SEP001122334455".parse().unwrap(), source: "192.0.2.7", now: 1_700_000_000 };
    site.store.park(newcomer, 10, || "ABCD2345".into()).await.unwrap();
    let mut operator = site.logged_in(Role::Operator).await;
    let page = operator.get("/phones/SEP001122334455").await.text;
    assert!(page.contains("ABCD2345") && page.contains("192.0.2.7"));
    let form = [
        ("phone", "SEP001122334455"),
        ("model", "7841"),
        ("number", "1001"),
        ("label", ""),
        ("password", "x1"),
    ];
    assert_eq!(operator.post("/phones/SEP001122334455/claim", &form).await.status, 303);
    let claimed = phone(&site.store, "SEP001122334455").await;
    assert_eq!((claimed.state, claimed.model.unwrap().name), (State::Active, "7841"));
}

async fn fleet(store: &Store) {
    let mut changes = vec![
        Change::PutGroup(Group::new(GroupKind::Site, "berlin")),
        Change::PutGroup(Group::new(GroupKind::Profile, "desk")),
    ];
    for number in 0..120_u32 {
        let mac = format!("SEP0011223300{number:02X}").parse().unwrap();
        let mut phone = Phone::new(mac, models::find(if number % 2 == 0 { "8845" } else { "7841" }));
        phone.description = format!("Room {:03}", 500 - number);
        phone.site = (number < 3).then(|| "berlin".to_owned());
        if number == 7 {
            phone.state = State::Retired;
            phone.layer.settings.set(name("firmware"), "sip78xx.14-4-1-0301-6");
        }
        changes.push(Change::PutPhone(phone));
    }
    store.change(&changes).await.unwrap();
}

/// The phones of a list, in its order.
fn listed(page: &str) -> Vec<&str> {
    page.split("class=\"device\" href=\"/phones/").skip(1).map(|rest| &rest[..15]).collect()
}

#[tokio::test]
async fn the_fleet_is_searched_filtered_and_put_in_order() {
    let site = Site::new().await;
    fleet(&site.store).await;
    let mut viewer = site.logged_in(Role::Viewer).await;
    let all = viewer.get("/phones").await.text;
    assert!(listed(&all).len() == 50 && all.contains("1–50 of 120"));
    let third = viewer.get("/phones?page=3").await.text;
    assert!(listed(&third).len() == 20 && third.contains("101–120 of 120"));
    for (query, count) in [
        ("q=room%20500", 1),
        ("site=berlin", 3),
        ("state=retired", 1),
        ("model=7841&state=active&page=2", 9),
        ("firmware=sip78xx.14-4-1-0301-6", 1),
        ("site=berlin&model=7841", 1),
        ("q=nothing%20like%20it", 0),
        ("verdict=problem", 0),
    ] {
        let page = viewer.get(&format!("/phones?{query}")).await.text;
        assert_eq!(listed(&page).len(), count, "{query}");
    }
    let by_description = viewer.get("/phones?order=description").await.text;
    assert_eq!(listed(&by_description)[0], "SEP001122330077");
    assert!(
        by_description.contains("aria-sort=\"ascending\"") && by_description.contains("order=-description")
    );
    let backward = viewer.get("/phones?order=-description").await.text;
    assert_eq!(listed(&backward)[0], "SEP001122330000");
    let found = viewer.get("/phones?q=room&order=-description&page=2").await.text;
    assert_eq!(listed(&found)[0], "SEP001122330032", "also what was found");
    let table = viewer.get("/phones/export?site=berlin").await;
    assert!(table.header("content-disposition").unwrap().contains("phones.csv"));
    assert_eq!(table.text.lines().count(), 4, "{}", table.text);
}

#[tokio::test]
async fn many_are_changed_at_once() {
    let site = Site::new().await;
    fleet(&site.store).await;
    let mut operator = site.logged_in(Role::Operator).await;
    let two = [("phone", "SEP001122330001"), ("phone", "SEP001122330002")];
    let with = |rest: &[(&'static str, &'static str)]| [&two[..], rest].concat();
    assert_eq!(
        operator.post("/phones/bulk", &with(&[("do", "profile"), ("profile", "desk")])).await.status,
        303
    );
    assert_eq!(phone(&site.store, "SEP001122330002").await.profile.as_deref(), Some("desk"));
    assert_eq!(operator.post("/phones/bulk", &with(&[("do", "site"), ("site", "")])).await.status, 303);
    assert_eq!(phone(&site.store, "SEP001122330001").await.site, None);
    let refused = operator.post("/phones/bulk", &with(&[("do", "profile"), ("profile", "dask")])).await;
    assert!(refused.text.contains("perhaps desk"), "{}", refused.text);
    let asked = operator.post("/phones/bulk", &with(&[("do", "remove")])).await;
    assert!(asked.text.contains("Remove 2 phones?"));
    assert!(site.store.phone("SEP001122330001".parse().unwrap()).await.unwrap().is_some(), "only asked");
    let plan = operator.post("/phones/bulk", &with(&[("do", "plan")])).await;
    assert!(plan.text.contains("Who must restart?") && plan.text.contains("never fetched"));
    assert_eq!(operator.post("/phones/bulk", &with(&[("do", "remove-sure")])).await.status, 303);
    assert!(site.store.phone("SEP001122330001".parse().unwrap()).await.unwrap().is_none());
    assert_eq!(operator.post("/phones/bulk", &[("do", "remove-sure")]).await.status, 422, "none was ticked");
}

async fn one(site: &Site) {
    let mut line = Line::new("1001".parse().unwrap());
    line.settings.set(name("auth_password"), "s3cret");
    let phone = Phone::new("SEP001122334455".parse().unwrap(), models::find("8845"));
    site.store.change(&[Change::PutLine(line), Change::PutPhone(phone)]).await.unwrap();
}

#[tokio::test]
async fn keys_are_typed_looked_at_and_kept() {
    let site = Site::new().await;
    one(&site).await;
    let mut operator = site.logged_in(Role::Operator).await;
    let path = "/phones/SEP001122334455/keys";
    let rows = [
        ("button", "1"),
        ("feature.1", "line"),
        ("target.1", "1001"),
        ("label.1", "Ann"),
        ("button", "2"),
        ("feature.2", "blf"),
        ("target.2", "1002"),
        ("label.2", "Ben <b>"),
        ("button", "3"),
        ("feature.3", "line"),
        ("target.3", "1003"),
        ("label.3", ""),
    ];
    let missing = operator.fill(path, &rows).await;
    assert!(missing.status == 422 && missing.text.contains("There is no line 1003"), "{}", missing.text);
    let make = [&rows[..], &[("make_lines", "on")]].concat();
    let preview = operator.fill(path, &[&make[..], &[("do", "preview")]].concat()).await;
    assert!(preview.status == 200 && preview.text.contains("What the file would say otherwise"));
    assert!(
        preview.text.contains("line[@button=2]/speedDialNumber") && preview.text.contains("<ins>1002</ins>")
    );
    assert!(phone(&site.store, "SEP001122334455").await.layer.keys.is_empty(), "only looked at");
    assert_eq!(operator.fill(path, &make).await.status, 303);
    let kept = phone(&site.store, "SEP001122334455").await;
    assert_eq!(kept.layer.keys.len(), 3);
    assert_eq!(kept.layer.keys[&2].as_ref().unwrap().settings.of("label"), Some("Ben <b>"));
    assert!(site.store.line(&"1003".parse().unwrap()).await.unwrap().is_some());
    let page = operator.get(path).await.text;
    assert!(page.contains("Key 2: blf 1002") && page.contains("Ben &#60;b&#62;"), "{page}");
    let cleared = [("button", "2"), ("feature.2", ""), ("target.2", ""), ("label.2", "")];
    assert_eq!(operator.fill(path, &cleared).await.status, 303);
    assert_eq!(
        phone(&site.store, "SEP001122334455").await.layer.keys.len(),
        2,
        "rows that were not sent stay"
    );
    let wrong = [("button", "4"), ("feature.4", "speed_dial"), ("target.4", ""), ("label.4", "")];
    let refused = operator.fill(path, &wrong).await;
    assert!(refused.status == 422 && refused.text.contains("needs number"), "{}", refused.text);
}

#[tokio::test]
async fn settings_are_those_of_the_model_with_their_origin() {
    let site = Site::new().await;
    one(&site).await;
    let mut profile = Group::new(GroupKind::Profile, "desk");
    profile.layer.settings.set(name("web_access"), "on");
    let mut kept = phone(&site.store, "SEP001122334455").await;
    kept.profile = Some("desk".to_owned());
    site.store.change(&[Change::PutGroup(profile), Change::PutPhone(kept)]).await.unwrap();
    let mut operator = site.logged_in(Role::Operator).await;
    let path = "/phones/SEP001122334455/settings";
    let page = operator.get(path).await.text;
    assert!(page.contains("now <strong>on</strong>, profile desk"));
    assert!(
        page.contains("id=\"s.display_on_time\"") && !page.contains("id=\"s.module_type\""),
        "an 8845 takes no modules"
    );
    let wrong = operator.fill(path, &[("s.web_access", "maybe"), ("s.display_on_time", "25 o'clock")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("HH:MM") && wrong.text.contains("25 o&#39;clock"));
    let preview = operator.fill(path, &[("s.web_access", "off"), ("do", "preview")]).await;
    assert!(
        preview.text.contains("vendorConfig/webAccess")
            && preview.text.contains("now <strong>off</strong>, phone")
    );
    assert_eq!(operator.fill(path, &[("s.web_access", "off"), ("s.ssh_password", "pass")]).await.status, 303);
    let kept = phone(&site.store, "SEP001122334455").await.layer.settings;
    assert_eq!((kept.of("web_access"), kept.of("ssh_password")), (Some("off"), Some("pass")));
    assert_eq!(operator.fill(path, &[("s.web_access", ""), ("s.ssh_password", "")]).await.status, 303);
    let kept = phone(&site.store, "SEP001122334455").await.layer.settings;
    assert_eq!(
        (kept.of("web_access"), kept.of("ssh_password")),
        (None, Some("pass")),
        "an empty password changes nothing"
    );
    let clear = [("s.ssh_password", ""), ("clear.ssh_password", "on")];
    assert_eq!(operator.fill(path, &clear).await.status, 303);
    assert!(phone(&site.store, "SEP001122334455").await.layer.settings.is_empty());
}

#[tokio::test]
async fn overrides_are_put_looked_at_and_taken_away() {
    let site = Site::new().await;
    one(&site).await;
    let mut operator = site.logged_in(Role::Operator).await;
    let (path, put) = ("/phones/SEP001122334455/file", "/phones/SEP001122334455/override");
    let form = [("path", "vendorConfig/webAccess"), ("kind", "text"), ("text", "7")];
    let preview = operator.post(put, &[&form[..], &[("do", "preview")]].concat()).await;
    assert!(preview.text.contains("<ins>7</ins>"), "{}", preview.text);
    assert_eq!(operator.post(put, &form).await.status, 303);
    let page = operator.get(path).await.text;
    assert!(page.contains("What lint says") && page.contains("#s.web_access"), "lint leads to the setting");
    let settings = operator.get("/phones/SEP001122334455/settings").await.text;
    assert!(
        settings.split("id=\"s.web_access\"").nth(1).unwrap()[..1500].contains("complaint"),
        "and stands beside it"
    );
    let refused = operator.post(put, &[("path", "///"), ("kind", "text"), ("text", "x")]).await;
    assert!(refused.status == 422 && refused.text.contains("is no path"));
    let rows = operator.get(path).await.text;
    let row = rows.split("value=\"drop\"").next().unwrap();
    assert!(row.contains("class=\"complaint\""), "beside the override, too: {row}");
    assert_eq!(operator.post(put, &[("path", "vendorConfig/webAccess"), ("do", "drop")]).await.status, 303);
    assert!(!operator.get(path).await.text.contains("What lint says"));
}

#[tokio::test]
async fn what_lint_finds_about_a_key_stands_beside_it() {
    let site = Site::new().await;
    one(&site).await;
    let mut kept = phone(&site.store, "SEP001122334455").await;
    for button in [1, 2] {
        let mut key = Key::new(line_feature("speed_dial").unwrap());
        key.settings.set(name("number"), "110");
        kept.layer.keys.insert(button, Some(key));
    }
    let replacement = Replacement::Text("999".to_owned());
    kept.layer
        .overrides
        .push(Override { path: "sipProfile/sipLines/line[@button=2]/featureID".into(), replacement });
    site.store.change(&[Change::PutPhone(kept)]).await.unwrap();
    let mut viewer = site.logged_in(Role::Viewer).await;
    let page = viewer.get("/phones/SEP001122334455/keys").await.text;
    let row = |number: u16| {
        page.split(&format!("id=\"key-{number}\"")).nth(1).unwrap().split("</tr>").next().unwrap()
    };
    assert!(row(2).contains("class=\"complaint\"") && row(2).contains("999"), "{}", row(2));
    assert!(!row(1).contains("complaint"), "{}", row(1));
}

#[tokio::test]
async fn lines_are_added_changed_and_removed() {
    let site = Site::new().await;
    one(&site).await;
    let mut operator = site.logged_in(Role::Operator).await;
    assert_eq!(operator.fill("/lines", &[("number", "1005")]).await.header("location"), Some("/lines/1005"));
    assert!(operator.fill("/lines", &[("number", "1005")]).await.text.contains("there already"));
    let form = [("s.display_name", "Ann"), ("s.label", "Ann"), ("s.auth_password", "")];
    assert_eq!(operator.fill("/lines/1001", &form).await.status, 303);
    let kept = site.store.line(&"1001".parse().unwrap()).await.unwrap().unwrap().settings;
    assert_eq!((kept.of("display_name"), kept.of("auth_password")), (Some("Ann"), Some("s3cret")));
    let refused = operator.fill("/lines/1001", &[("s.max_calls", "many"), ("s.label", "kept")]).await;
    assert!(refused.status == 422 && refused.text.contains("value=\"many\""), "{}", refused.text);
    assert!(operator.get("/lines?q=ann").await.text.contains("/lines/1001"));
    assert_eq!(operator.post("/lines/1005/remove", &[]).await.status, 303);
    assert!(site.store.line(&"1005".parse().unwrap()).await.unwrap().is_none());
}

#[tokio::test]
async fn every_model_is_drawn_with_as_many_keys_as_it_has() {
    let site = Site::new().await;
    let changes: Vec<_> = models::all()
        .iter()
        .zip(0_u32..)
        .map(|(model, number)| {
            let mac = format!("SEP0011223300{number:02X}").parse().unwrap();
            Change::PutPhone(Phone::new(mac, Some(model)))
        })
        .collect();
    site.store.change(&changes).await.unwrap();
    let mut viewer = site.logged_in(Role::Viewer).await;
    for (model, number) in models::all().iter().zip(0_u32..) {
        let page = viewer.get(&format!("/phones/SEP0011223300{number:02X}")).await.text;
        let drawn = page.matches("class=\"d-key\"").count();
        let without_keys = model.keys <= 1 || model.name == "8821";
        assert_eq!(drawn, if without_keys { 0 } else { usize::from(model.keys) }, "{}", model.name);
    }
}
