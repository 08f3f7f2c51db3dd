//! Profiles, sites and series.

use provision::inventory::{Change, GroupKind, Phone};
use provision::mac::Mac;
use provision::models;

use crate::desk::Desk;

#[tokio::test]
async fn a_profile_is_made_filled_and_removed() {
    let desk = Desk::new().await;
    assert!(desk.look(0, "/profiles").await.contains("There is none yet"));
    let made = desk
        .fill(1, "/profiles", "/profiles", &[("name", "Front desk"), ("description", "Where people come in")])
        .await;
    assert!(made.leads_to("/profiles/front%20desk"), "{} {}", made.status, made.head);
    let page = "/profiles/Front%20desk";
    let set = desk
        .fill(1, page, "/profiles/Front%20desk/settings", &[("key", "web_access"), ("value", "on")])
        .await;
    assert_eq!(set.status, 303, "{}", set.text);
    let group = desk.store.group(GroupKind::Profile, "Front desk").await.unwrap().unwrap();
    assert_eq!(group.layer.settings.of("web_access"), Some("on"));
    let text = desk.look(0, page).await;
    assert!(text.contains("web_access") && text.contains("Where people come in"));
    let changed = desk
        .fill(
            1,
            page,
            "/profiles/Front%20desk/settings",
            &[("set.web_access", "off"), ("description", "Hall")],
        )
        .await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let group = desk.store.group(GroupKind::Profile, "Front desk").await.unwrap().unwrap();
    assert_eq!((group.layer.settings.of("web_access"), group.description.as_str()), (Some("off"), "Hall"));
    desk.fill(
        1,
        page,
        "/profiles/Front%20desk/settings",
        &[("set.web_access", "off"), ("unset", "web_access")],
    )
    .await;
    let group = desk.store.group(GroupKind::Profile, "Front desk").await.unwrap().unwrap();
    assert!(group.layer.settings.is_empty());
    assert!(desk.fill(1, page, "/profiles/Front%20desk/remove", &[]).await.leads_to("/profiles"));
    assert_eq!(desk.get(0, page).await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_is_said_beside_what_was_typed() {
    let desk = Desk::new().await;
    desk.fill(1, "/sites", "/sites", &[("name", "berlin")]).await;
    for (key, value, said) in [
        ("web_acces", "on", "web_access"),
        ("web_access", "maybe", "web_access"),
        ("nonsense", "1", "nonsense"),
    ] {
        let refused =
            desk.fill(1, "/sites/berlin", "/sites/berlin/settings", &[("key", key), ("value", value)]).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(
            refused.text.contains(said) && refused.text.contains(&format!("value=\"{value}\"")),
            "{}",
            refused.text
        );
    }
    let twice = desk.fill(1, "/sites", "/sites", &[("name", "berlin")]).await;
    assert!(twice.status == 422 && twice.text.contains("is there already"), "{}", twice.text);
    let group = desk.store.group(GroupKind::Site, "berlin").await.unwrap().unwrap();
    assert!(group.layer.settings.is_empty());
}

#[tokio::test]
async fn passwords_are_not_shown_and_stay_unless_typed_anew() {
    let desk = Desk::new().await;
    desk.fill(1, "/profiles", "/profiles", &[("name", "hall")]).await;
    let set = desk
        .fill(
            1,
            "/profiles/hall",
            "/profiles/hall/settings",
            &[("key", "ssh_password"), ("value", "s3cret-word")],
        )
        .await;
    assert_eq!(set.status, 303, "{}", set.text);
    let text = desk.look(1, "/profiles/hall").await;
    assert!(text.contains("ssh_password") && !text.contains("s3cret-word"), "{text}");
    desk.fill(
        1,
        "/profiles/hall",
        "/profiles/hall/settings",
        &[("set.ssh_password", ""), ("description", "x")],
    )
    .await;
    let group = desk.store.group(GroupKind::Profile, "hall").await.unwrap().unwrap();
    assert_eq!(group.layer.settings.of("ssh_password"), Some("s3cret-word"));
}

#[tokio::test]
async fn every_series_is_there_and_says_what_it_is_told() {
    let desk = Desk::new().await;
    let list = desk.look(0, "/series").await;
    assert!(list.contains("/series/8800") && list.contains("/series/7900"));
    desk.fill(1, "/series/8800", "/series/8800/settings", &[("key", "web_access"), ("value", "on")]).await;
    let group = desk.store.group(GroupKind::Series, "8800").await.unwrap().unwrap();
    assert_eq!(group.layer.settings.of("web_access"), Some("on"));
    assert_eq!(desk.get(0, "/series/1234").await.status, 404);
}

#[tokio::test]
async fn viewers_change_nothing_and_names_are_inert() {
    let desk = Desk::new().await;
    let script = "<script>alert(1)</script>";
    let made = desk
        .fill(1, "/sites", "/sites", &[("name", script), ("description", "\"><img src=x onerror=alert(1)>")])
        .await;
    assert_eq!(made.status, 303, "{}", made.text);
    let list = desk.look(0, "/sites").await;
    assert!(!list.contains("<script>alert") && !list.contains("<img"), "{list}");
    let path = "/sites/%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    let one = desk.look(0, path).await;
    assert!(!one.contains("<script>alert") && !one.contains("<img") && !one.contains("Remove"), "{one}");
    for to in ["/sites".to_owned(), format!("{path}/settings"), format!("{path}/remove")] {
        let refused =
            desk.fill(0, "/sites", &to, &[("name", "x"), ("key", "web_access"), ("value", "on")]).await;
        assert_eq!(refused.status, 403, "{to}");
    }
    let forged = desk.post(1, "/sites", "application/x-www-form-urlencoded", b"name=y&token=0").await;
    assert_eq!(forged.status, 403, "a form without its token");
    assert_eq!(desk.store.groups(GroupKind::Site).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_group_gives_its_phones_keys() {
    let desk = Desk::new().await;
    desk.fill(1, "/profiles", "/profiles", &[("name", "hall")]).await;
    let mut phone = Phone::new(Mac::new([2, 0, 0, 0, 0, 1]), models::find("8845"));
    phone.profile = Some("hall".to_owned());
    desk.store.change(&[Change::PutPhone(phone)]).await.unwrap();
    let page = "/profiles/hall/keys";
    let shown = desk.look(0, page).await;
    assert!(shown.contains("name=\"target.8\"") && shown.contains("disabled"), "{shown}");
    let keys = [
        ("button", "1"),
        ("feature.1", "line"),
        ("target.1", "1001"),
        ("label.1", "Hall"),
        ("button", "2"),
        ("feature.2", "speed_dial"),
        ("target.2", "110"),
        ("label.2", "Police"),
    ];
    let missing = desk.fill(1, page, page, &keys).await;
    assert!(missing.status == 422 && missing.text.contains("There is no line 1001"), "{}", missing.text);
    let with_lines = [&keys[..], &[("make_lines", "on")]].concat();
    let preview = desk.fill(1, page, page, &[&with_lines[..], &[("do", "preview")]].concat()).await;
    assert!(
        preview.text.contains("Looked at with <a href=\"/phones/SEP020000000001\">")
            && preview.text.contains("<ins>110</ins>"),
        "{}",
        preview.text
    );
    assert!(desk.store.group(GroupKind::Profile, "hall").await.unwrap().unwrap().layer.keys.is_empty());
    assert!(desk.fill(1, page, page, &with_lines).await.leads_to(page));
    let layer = desk.store.group(GroupKind::Profile, "hall").await.unwrap().unwrap().layer;
    assert_eq!(layer.keys[&2].as_ref().unwrap().settings.of("number"), Some("110"));
    assert!(desk.store.line(&"1001".parse().unwrap()).await.unwrap().is_some(), "made with a password");
    let own = desk.look(1, "/phones/SEP020000000001/keys").await;
    assert!(own.contains("Police") && own.contains("profile hall"), "{own}");
    let kept = [("button", "2"), ("feature.2", "(empty)"), ("target.2", ""), ("label.2", "")];
    let inherited = desk.fill(1, "/phones/SEP020000000001/keys", "/phones/SEP020000000001/keys", &kept).await;
    assert_eq!(inherited.status, 303, "{}", inherited.text);
    let far = desk.look(1, &format!("{page}?to=60")).await;
    assert!(far.contains("name=\"target.60\"") && !far.contains("name=\"target.61\""));
    let wrong = [("button", "3"), ("feature.3", "speed_dial"), ("target.3", ""), ("label.3", "x")];
    let refused = desk.fill(1, page, page, &wrong).await;
    assert!(refused.status == 422 && refused.text.contains("needs number"), "{}", refused.text);
    assert_eq!(desk.fill(0, "/profiles", page, &keys).await.status, 403);
}

#[tokio::test]
async fn a_group_writes_over_the_files_of_its_phones() {
    let desk = Desk::new().await;
    let page = "/series/8800/overrides";
    let form = [("path", "vendorConfig/webAccess"), ("kind", "text"), ("text", "7")];
    let empty = desk.fill(1, page, page, &[&form[..], &[("do", "preview")]].concat()).await;
    assert!(empty.status == 200 && empty.text.contains("No phone is in it yet"), "{}", empty.text);
    let phone = Phone::new(Mac::new([2, 0, 0, 0, 0, 1]), models::find("8845"));
    desk.store.change(&[Change::PutPhone(phone)]).await.unwrap();
    let preview = desk.fill(1, page, page, &[&form[..], &[("do", "preview")]].concat()).await;
    assert!(preview.text.contains("<ins>7</ins>"), "{}", preview.text);
    assert!(desk.store.group(GroupKind::Series, "8800").await.unwrap().is_none(), "only looked at");
    assert!(desk.fill(1, page, page, &form).await.leads_to(page));
    let file = desk.look(0, "/phones/SEP020000000001/file").await;
    assert!(
        file.contains("&#60;webAccess&#62;7&#60;/webAccess&#62;") && file.contains("series 8800"),
        "{file}"
    );
    let hidden =
        [("path", "sipProfile/sipLines/line[@button=1]/authPassword"), ("kind", "text"), ("text", "s3cret")];
    assert!(desk.fill(1, page, page, &hidden).await.leads_to(page));
    let shown = desk.look(1, page).await;
    assert!(shown.contains("(hidden)") && !shown.contains("s3cret"), "{shown}");
    let bad = desk.fill(1, page, page, &[("path", "///"), ("kind", "text"), ("text", "x")]).await;
    assert!(bad.status == 422 && bad.text.contains("is no path") && bad.text.contains("value=\"///\""));
    let drop = [("path", "vendorConfig/webAccess"), ("do", "drop")];
    assert!(desk.fill(1, page, page, &drop).await.leads_to(page));
    let layer = desk.store.group(GroupKind::Series, "8800").await.unwrap().unwrap().layer;
    assert_eq!(layer.overrides.len(), 1);
    assert_eq!(desk.fill(0, page, page, &form).await.status, 403);
}
