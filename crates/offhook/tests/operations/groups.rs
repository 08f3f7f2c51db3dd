//! Profiles, sites and series.

use provision::inventory::GroupKind;

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
