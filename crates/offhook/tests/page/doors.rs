//! Who gets in, and how: links, passwords, sessions, roles.

use std::collections::BTreeSet;

use offhook::admin::access::Role;
use offhook::admin::people;
use store::{AuditQuery, Page};

use crate::site::{PASSWORD, Site};
use crate::visitor::Visitor;

#[tokio::test]
async fn the_first_comes_in_by_a_link_that_works_once() {
    let site = Site::empty().await;
    let mut anna = site.visitor();
    let sent_away = anna.get("/phones?q=x").await;
    assert_eq!(
        (sent_away.status, sent_away.header("location")),
        (303, Some("/login?back=%2Fphones%3Fq%3Dx"))
    );
    assert!(anna.get("/login").await.text.contains("Nobody can log in yet"));
    let secret = people::invite(&site.store, None, people::now()).await.unwrap();
    let place = format!("/welcome/{secret}");
    assert!(anna.get(&place).await.text.contains("You are the first here"));
    for (password, again, complaint) in [
        ("short", "short", "at least 10 characters"),
        ("long enough", "not the same", "differ"),
        ("first-user", "first-user", "not the name"),
    ] {
        let refused =
            anna.fill(&place, &[("name", "first-user"), ("password", password), ("again", again)]).await;
        assert!(refused.status == 422 && refused.text.contains(complaint), "{complaint}: {}", refused.text);
    }
    let form = [("name", "Anna"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(anna.fill(&place, &form).await.status, 303);
    assert_eq!(anna.get("/users").await.status, 200, "the first is an administrator");
    assert!(site.visitor().get(&place).await.text.contains("used already"));
    assert_eq!(site.visitor().fill(&place, &form).await.status, 403, "no form, no token");
    let users = site.store.users().await.unwrap();
    assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["anna"]);
    assert!(users[0].password.starts_with("$argon2id$"));
}

#[tokio::test]
async fn of_two_who_use_a_link_at_once_one_comes_in() {
    let site = Site::empty().await;
    let secret = people::invite(&site.store, None, people::now()).await.unwrap();
    let place = format!("/welcome/{secret}");
    let mut statuses = tokio::task::JoinSet::new();
    for name in ["anna", "ben"] {
        let (mut visitor, place) = (site.visitor(), place.clone());
        let form = [("name", name), ("password", PASSWORD), ("again", PASSWORD)];
        statuses.spawn(async move { visitor.fill(&place, &form).await.status });
    }
    let mut statuses = statuses.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    assert_eq!(site.store.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_that_is_too_old_leads_nowhere() {
    let site = Site::new().await;
    let long_ago = people::now() - people::LINK_HOLDS - 1;
    let secret = people::invite(&site.store, Some("viewer"), long_ago).await.unwrap();
    assert_eq!(site.visitor().get(&format!("/welcome/{secret}")).await.status, 422);
    let first = people::invite(&site.store, Some("viewer"), people::now()).await.unwrap();
    let second = people::invite(&site.store, Some("viewer"), people::now()).await.unwrap();
    assert_eq!(site.visitor().get(&format!("/welcome/{first}")).await.status, 422, "a newer one was made");
    assert_eq!(site.visitor().get(&format!("/welcome/{second}")).await.status, 200);
    assert_eq!(site.visitor().get("/welcome/abc").await.status, 422);
}

#[tokio::test]
async fn whoever_logs_in_gets_a_new_secret() {
    let site = Site::new().await;
    let planted = "ab".repeat(32);
    let mut victim = site.visitor();
    victim.cookies.insert("offhook".to_owned(), planted.clone());
    let answer = victim.fill("/login", &[("name", "viewer"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
    let set = answer.header("set-cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    assert!(!set.contains(&planted));
    let mut thief = site.visitor();
    thief.cookies.insert("offhook".to_owned(), planted);
    assert_eq!(thief.get("/phones").await.status, 303, "what was planted is worth nothing");
    assert_eq!(victim.get("/phones").await.status, 200);
    let kept = site.store.sessions_of("viewer").await.unwrap();
    assert!(!set.contains(&kept[0].hash), "the database has only a hash");
}

#[tokio::test]
async fn whoever_logs_out_is_out() {
    let site = Site::new().await;
    let (mut here, mut there) = (site.logged_in(Role::Viewer).await, site.logged_in(Role::Viewer).await);
    let copied = here.cookies.clone();
    assert_eq!(here.post("/logout", &[]).await.status, 303);
    here.cookies = copied;
    assert_eq!(here.get("/phones").await.status, 303, "the secret itself is void");
    assert_eq!(there.get("/phones").await.status, 200);
    let mut third = site.logged_in(Role::Viewer).await;
    third.post("/account/out", &[]).await;
    assert_eq!(there.get("/phones").await.status, 303);
}

#[tokio::test]
async fn another_password_logs_everybody_else_out() {
    let site = Site::new().await;
    let (mut here, mut there) = (site.logged_in(Role::Viewer).await, site.logged_in(Role::Viewer).await);
    let form = |now, new| [("now", now), ("password", new), ("again", new)];
    let refused = here.fill("/account", &form("wrong password", "another one 8")).await;
    assert!(refused.status == 422 && refused.text.contains("not your password"));
    assert_eq!(here.fill("/account", &form(PASSWORD, "another one 8")).await.status, 303);
    assert_eq!(here.get("/phones").await.status, 200);
    assert_eq!(there.get("/phones").await.status, 303);
    let old = site.visitor().fill("/login", &[("name", "viewer"), ("password", PASSWORD)]).await;
    assert_eq!(old.status, 422);
}

#[tokio::test]
async fn a_thousand_attempts_find_nothing() {
    let site = Site::new().await;
    let mut inside = site.logged_in(Role::Operator).await;
    let mut guesser = site.visitor();
    let page = guesser.get("/login").await;
    let token = crate::visitor::token(&page.text).unwrap().to_owned();
    let mut statuses = BTreeSet::new();
    let mut checked = 0;
    for attempt in 0..1000 {
        let password = format!("password {attempt:04}");
        let form = [("token", token.as_str()), ("name", "operator"), ("password", password.as_str())];
        let answer = guesser.ask("POST", "/login", &form).await;
        checked += u32::from(answer.status == 422);
        statuses.insert(answer.status);
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some());
        }
    }
    assert_eq!(statuses, BTreeSet::from([422, 429]));
    assert!(checked <= 20, "{checked} passwords were tried");
    let right = guesser.fill("/login", &[("name", "operator"), ("password", PASSWORD)]).await;
    assert_eq!(right.status, 429, "whoever guessed so often waits, even if right at last");
    assert_eq!(inside.get("/phones").await.status, 200, "who is inside stays inside");
    let told = AuditQuery { text: Some("could not log in".into()), ..AuditQuery::default() };
    let told = site.store.audit(&told, &Page::first(100)).await.unwrap();
    assert!(told.total > 0 && told.total <= 20);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_answered_as_any_other() {
    let site = Site::new().await;
    let mut answers = Vec::new();
    for name in ["viewer", "nobody"] {
        let answer = site.visitor().fill("/login", &[("name", name), ("password", "a wrong one")]).await;
        let text = answer.text.replace(name, "").split_once("</form>").unwrap().0.to_owned();
        let without_token =
            text.split("name=\"token\"").map(|part| &part[part.len().min(48)..]).collect::<String>();
        answers.push((answer.status, without_token));
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_the_log_in() {
    let site = Site::new().await;
    for (back, leads) in [
        ("/phones?q=1", "/phones?q=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/\tevil", "/"),
    ] {
        let mut visitor = site.visitor();
        let form = [("name", "viewer"), ("password", PASSWORD), ("back", back)];
        let answer = visitor.fill("/login", &form).await;
        assert_eq!(answer.header("location"), Some(leads), "{back}");
    }
}

/// Everything that changes something: where, and who may.
const CHANGES: [(&str, Role); 18] = [
    ("/phones/new", Role::Operator),
    ("/phones/SEP001122334455", Role::Operator),
    ("/phones/SEP001122334455/claim", Role::Operator),
    ("/phones/SEP001122334455/remove", Role::Operator),
    ("/phones/SEP001122334455/replace", Role::Operator),
    ("/phones/SEP001122334455/keys", Role::Operator),
    ("/phones/SEP001122334455/settings", Role::Operator),
    ("/phones/SEP001122334455/override", Role::Operator),
    ("/lines/1001", Role::Operator),
    ("/lines/1001/remove", Role::Operator),
    ("/lines", Role::Operator),
    ("/users", Role::Administrator),
    ("/users/viewer/role", Role::Administrator),
    ("/users/viewer/link", Role::Administrator),
    ("/users/viewer/out", Role::Administrator),
    ("/users/viewer/remove", Role::Administrator),
    ("/account", Role::Viewer),
    ("/phones/bulk", Role::Viewer),
];

#[tokio::test]
async fn nobody_changes_what_their_role_does_not_let_them() {
    let site = Site::new().await;
    let mut stranger = site.visitor();
    let form = stranger.get("/login").await;
    let token = crate::visitor::token(&form.text).unwrap().to_owned();
    for (path, _) in CHANGES {
        let answer = stranger.ask("POST", path, &[("token", &token)]).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/login")), "{path}");
    }
    for role in [Role::Viewer, Role::Operator] {
        let mut visitor = site.logged_in(role).await;
        for (path, least) in CHANGES.into_iter().filter(|(_, least)| *least > role) {
            let answer = visitor.post(path, &[]).await;
            assert_eq!(answer.status, 403, "{role} at {path}, which is for {least}");
            assert!(answer.text.contains("You may not do that"), "{path}");
        }
    }
    let mut viewer = site.logged_in(Role::Viewer).await;
    assert_eq!(viewer.get("/users").await.status, 403);
    assert_eq!(viewer.get("/phones/new").await.status, 403);
    let bulk = viewer.post("/phones/bulk", &[("phone", "SEP001122334455"), ("do", "remove-sure")]).await;
    assert_eq!(bulk.status, 403);
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_once() {
    let site = Site::new().await;
    let mut operator = site.logged_in(Role::Operator).await;
    assert_eq!(operator.get("/phones/new").await.status, 200);
    site.store.set_role("operator", "viewer").await.unwrap();
    assert_eq!(operator.get("/phones/new").await.status, 403);
    site.store.remove_user("operator").await.unwrap();
    assert_eq!(operator.get("/phones").await.status, 303);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let site = Site::new().await;
    let mut administrator = site.logged_in(Role::Administrator).await;
    let refused = administrator.post("/users/administrator/remove", &[]).await;
    assert!(refused.status == 422 && refused.text.contains("last administrator"), "{}", refused.text);
    let refused = administrator.post("/users/administrator/role", &[("role", "viewer")]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(administrator.get("/users").await.status, 200);
}

#[tokio::test]
async fn an_administrator_adds_a_user_who_chooses_a_password() {
    let site = Site::new().await;
    let mut administrator = site.logged_in(Role::Administrator).await;
    let refused = administrator.fill("/users", &[("name", "<b>"), ("role", "viewer")]).await;
    assert!(refused.status == 422 && refused.text.contains("cannot be the name"));
    let added = administrator.fill("/users", &[("name", "Carla"), ("role", "viewer")]).await;
    let link = added.text.split_once("/welcome/").unwrap().1.split(['<', '"']).next().unwrap().to_owned();
    assert!(!administrator.get("/users").await.text.contains(&link), "it is shown only once");
    let mut carla: Visitor = site.visitor();
    let form = [("name", "administrator"), ("password", "Carlas own 1"), ("again", "Carlas own 1")];
    assert_eq!(carla.fill(&format!("/welcome/{link}"), &form).await.status, 303);
    assert!(carla.get("/account").await.text.contains("carla, viewer"), "whose link it is says the link");
}
