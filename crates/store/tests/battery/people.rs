//! Users, sessions, links, and who did what.

use provision::inventory::{Change, Contact, Document, GroupKind, Override, Replacement};
use store::{Altered, AuditQuery, Audited, Error, Page, Patience, Session, Store, User};

use crate::place::{Place, battery, group, line, mac, name, number, phone, put};

battery!(
    the_last_administrator_stays,
    a_link_is_used_once,
    sessions_end,
    another_password_ends_sessions_and_links,
    each_change_is_told_with_its_author,
    nobody_is_told_of_without_an_author,
    very_many_changes_are_told_in_one_row,
    what_was_done_is_found,
    people_are_in_backups,
);

const PATIENCE: Patience = Patience { idle: 100, whole: 1000 };

fn user(name: &str, role: &str, password: &str) -> User {
    User { name: name.into(), role: role.into(), password: password.into(), made: 1000, last: None }
}

fn session(hash: &str, owner: &str, made: i64) -> Session {
    let (source, agent) = ("192.0.2.1".into(), "a browser".into());
    Session { hash: hash.into(), owner: owner.into(), made, seen: made, source, agent }
}

async fn the_last_administrator_stays(place: Place) {
    let store = place.store().await;
    assert!(!store.has_users().await.unwrap());
    store.add_user(&user("anna", "administrator", "hash")).await.unwrap();
    store.add_user(&user("ben", "administrator", "")).await.unwrap();
    assert!(store.has_users().await.unwrap());
    assert!(matches!(store.add_user(&user("anna", "viewer", "")).await, Err(Error::Value { .. })));
    for refused in [store.remove_user("anna").await, store.set_role("anna", "viewer").await] {
        assert!(refused.unwrap_err().to_string().contains("last administrator"), "ben has no password yet");
    }
    store.set_password("ben", "hash").await.unwrap();
    store.set_role("anna", "viewer").await.unwrap();
    store.remove_user("anna").await.unwrap();
    assert!(store.remove_user("ben").await.is_err());
    assert!(matches!(store.set_role("carl", "viewer").await, Err(Error::NoSuch(_))));
    let names: Vec<_> = store.users().await.unwrap().into_iter().map(|user| user.name).collect();
    assert_eq!(names, ["ben"]);
    assert!(!format!("{:?}", store.user("ben").await.unwrap()).contains("hash"));
}

async fn a_link_is_used_once(place: Place) {
    let store = place.store().await;
    store.make_link("first", None, 2000).await.unwrap();
    assert_eq!(store.link("first", 1999).await.unwrap(), Some(None));
    assert_eq!(store.link("first", 2000).await.unwrap(), None, "too old");
    store.make_link("second", None, 2000).await.unwrap();
    assert_eq!(store.link("first", 1000).await.unwrap(), None, "a newer one is there");
    let mut all = tokio::task::JoinSet::new();
    for name in ["anna", "ben", "carl"] {
        let store = store.clone();
        all.spawn(async move { store.use_link("second", name, "hash", 1000).await.is_ok() });
    }
    assert_eq!(all.join_all().await.into_iter().filter(|used| *used).count(), 1);
    let users = store.users().await.unwrap();
    assert_eq!((users.len(), users[0].role.as_str()), (1, "administrator"));
    store.make_link("third", None, 2000).await.unwrap();
    assert_eq!(store.link("third", 1000).await.unwrap(), None, "there is a first");
    assert!(store.use_link("third", "dora", "hash", 1000).await.is_err());
    assert!(store.make_link("x", Some("nobody"), 2000).await.is_err());
    let first = users[0].name.clone();
    store.make_link("own", Some(&first), 2000).await.unwrap();
    assert_eq!(store.link("own", 1000).await.unwrap(), Some(Some(first.clone())));
    store.use_link("own", "ignored", "another", 1000).await.unwrap();
    assert_eq!(store.user(&first).await.unwrap().unwrap().password, "another");
}

async fn sessions_end(place: Place) {
    let store = place.store().await;
    store.add_user(&user("anna", "operator", "hash")).await.unwrap();
    store.begin_session(&session("a", "anna", 1000), PATIENCE).await.unwrap();
    store.begin_session(&session("b", "anna", 1010), PATIENCE).await.unwrap();
    assert_eq!(store.user("anna").await.unwrap().unwrap().last, Some(1010));
    let (found, role) = store.session("a", 1099, PATIENCE).await.unwrap().unwrap();
    assert_eq!((found.owner.as_str(), role.as_str(), found.seen), ("anna", "operator", 1000));
    store.session_was_used(&found, 1059).await.unwrap();
    assert_eq!(store.session("a", 1099, PATIENCE).await.unwrap().unwrap().0.seen, 1000, "a moment later");
    store.session_was_used(&found, 1099).await.unwrap();
    assert!(store.session("b", 1110, PATIENCE).await.unwrap().is_none(), "idle for too long");
    assert!(store.session("a", 1198, PATIENCE).await.unwrap().is_some(), "it was used meanwhile");
    for now in (1190..2000).step_by(90) {
        let (found, _) = store.session("a", now, PATIENCE).await.unwrap().unwrap();
        store.session_was_used(&found, now).await.unwrap();
    }
    assert!(store.session("a", 2000, PATIENCE).await.unwrap().is_none(), "in all too long");
    store.begin_session(&session("c", "anna", 3000), PATIENCE).await.unwrap();
    let left: Vec<_> = store.sessions_of("anna").await.unwrap().into_iter().map(|one| one.hash).collect();
    assert_eq!(left, ["c"], "what is too old goes");
    store.end_session("c").await.unwrap();
    assert!(store.session("c", 3001, PATIENCE).await.unwrap().is_none());
    assert!(store.begin_session(&session("d", "nobody", 1), PATIENCE).await.is_err());
}

async fn another_password_ends_sessions_and_links(place: Place) {
    let store = place.store().await;
    store.add_user(&user("anna", "operator", "hash")).await.unwrap();
    store.begin_session(&session("a", "anna", 1000), PATIENCE).await.unwrap();
    store.make_link("link", Some("anna"), 2000).await.unwrap();
    store.set_password("anna", "another").await.unwrap();
    assert!(store.session("a", 1001, PATIENCE).await.unwrap().is_none());
    assert_eq!(store.link("link", 1001).await.unwrap(), None);
    store.begin_session(&session("b", "anna", 1002), PATIENCE).await.unwrap();
    store.remove_user("anna").await.unwrap();
    assert!(store.session("b", 1003, PATIENCE).await.unwrap().is_none());
}

async fn told(store: &Store) -> Vec<Audited> {
    let mut rows = store.audit(&AuditQuery::default(), &Page::first(100)).await.unwrap().rows;
    rows.reverse();
    rows
}

fn altered(field: &str, before: Option<&str>, after: Option<&str>) -> Altered {
    let own = |text: Option<&str>| text.map(str::to_owned);
    Altered { field: field.into(), before: own(before), after: own(after), secret: false }
}

async fn each_change_is_told_with_its_author(place: Place) {
    let store = place.store().await;
    let anna = store.by("anna");
    anna.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    let rows = told(&store).await;
    let subjects: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.subject.as_str())).collect();
    assert_eq!(subjects, [("added", "line 1001"), ("added", "phone SEP001100000001")]);
    assert!(rows.iter().all(|row| row.author == "anna" && row.at > 1_700_000_000));
    let password = rows[0].fields.iter().find(|one| one.field == "auth_password").unwrap();
    assert!(password.secret && password.before.is_none() && password.after.is_none());
    let mut changed = phone(mac(1), &["1001"]);
    changed.description = "x".repeat(600);
    changed.layer.settings.set(name("web_access"), "on");
    let replacement = Replacement::Text("s3cret".into());
    changed.layer.overrides.push(Override { path: "userPassword".into(), replacement });
    store
        .by("token backup")
        .change(&[Change::PutPhone(changed), Change::PutLine(line("1001"))])
        .await
        .unwrap();
    let rows = told(&store).await;
    assert_eq!(rows.len(), 3, "a line that is put as it is has not changed");
    let last = &rows[2];
    assert_eq!((last.author.as_str(), last.action.as_str()), ("token backup", "changed"));
    assert_eq!(last.fields[0].after.as_ref().unwrap().chars().count(), 501, "long texts are cut");
    assert!(last.fields.iter().any(|one| one.field == "override userPassword" && one.secret));
    assert!(last.fields.contains(&altered("web_access", None, Some("on"))));
    anna.change(&[Change::RemovePhone(mac(1)), Change::RemoveLine(number("1001"))]).await.unwrap();
    let rows = told(&store).await;
    assert_eq!((rows[4].action.as_str(), rows[4].subject.as_str()), ("removed", "phone SEP001100000001"));
    assert!(rows[4].fields.contains(&altered("key 1", Some("line 1001"), None)));
    assert!(!format!("{rows:?}").contains("s3cret"));
    assert!(anna.change(&[Change::RemovePhone(mac(9))]).await.is_err());
    assert_eq!(told(&store).await.len(), 5, "what was refused was not done");
}

async fn nobody_is_told_of_without_an_author(place: Place) {
    let store = place.store().await;
    store.change(&put(phone(mac(1), &["1001"]))).await.unwrap();
    store.note("logged in", "user anna", &[]).await.unwrap();
    assert!(told(&store).await.is_empty());
}

async fn very_many_changes_are_told_in_one_row(place: Place) {
    let store = place.store().await;
    let changes: Vec<Change> = (0..600).map(|number| Change::PutPhone(phone(mac(number), &[]))).collect();
    store.by("anna").change(&changes).await.unwrap();
    let rows = told(&store).await;
    assert_eq!((rows.len(), rows[0].subject.as_str()), (1, "many at once"));
    assert_eq!(rows[0].fields, [altered("phones put", None, Some("600"))]);
}

async fn what_was_done_is_found(place: Place) {
    let store = place.store().await;
    let document: Document = serde_document();
    let contact = Contact {
        id: 0,
        book: "own".into(),
        owner: None,
        name: "Mutter".into(),
        organisation: String::new(),
        numbers: Vec::new(),
    };
    store.by("anna").change(&[Change::PutGroup(group(GroupKind::Site, "berlin"))]).await.unwrap();
    store.by("ben").change(&[Change::PutDocument(document), Change::PutContact(contact)]).await.unwrap();
    store.by("ben").note("logged in", "user ben", &[("from", None, Some("192.0.2.1"))]).await.unwrap();
    let count = async |query: AuditQuery| store.audit(&query, &Page::first(10)).await.unwrap().total;
    let all = AuditQuery::default();
    assert_eq!(count(all.clone()).await, 4);
    assert_eq!(count(AuditQuery { author: Some("ben".into()), ..all.clone() }).await, 3);
    assert_eq!(count(AuditQuery { text: Some("BERLIN".into()), ..all.clone() }).await, 1);
    assert_eq!(count(AuditQuery { subject: Some("user ben".into()), ..all.clone() }).await, 1);
    assert_eq!(count(AuditQuery { since: Some(i64::MAX), ..all.clone() }).await, 0);
    assert_eq!(count(AuditQuery { until: Some(i64::MAX), ..all.clone() }).await, 4);
    let first = store.audit(&all, &Page::first(2)).await.unwrap().rows;
    let rest = store.audit(&all, &Page::after(first[1].id, 10)).await.unwrap().rows;
    let ids: Vec<_> = first.iter().chain(&rest).map(|row| row.id).collect();
    assert_eq!(ids, [4, 3, 2, 1]);
}

fn serde_document() -> Document {
    let content = provision::inventory::Content::FeaturePolicy([("DND".to_owned(), false)].into());
    Document { name: "FeaturePolicy.xml".into(), content }
}

async fn people_are_in_backups(place: Place) {
    let store = place.store().await;
    store.by("anna").add_user(&user("anna", "administrator", "hash")).await.unwrap();
    store.begin_session(&session("a", "anna", 1000), PATIENCE).await.unwrap();
    let (mut snapshot, mut records) = (store.snapshot().await.unwrap(), Vec::new());
    loop {
        let some = snapshot.next().await.unwrap();
        if some.is_empty() {
            break;
        }
        records.extend(some);
    }
    assert_eq!((snapshot.counts.users, snapshot.counts.audit), (1, 1));
    let lines: Vec<String> = records.iter().map(store::Record::to_line).collect();
    let read: Vec<_> = lines.iter().map(|line| store::Record::from_line(line).unwrap()).collect();
    assert_eq!(read, records);
    let mut filling = store.by("ben").fill(true).await.unwrap();
    filling.put(&read).await.unwrap();
    filling.finish().await.unwrap();
    assert_eq!(store.user("anna").await.unwrap().unwrap().password, "hash");
    assert!(store.session("a", 1001, PATIENCE).await.unwrap().is_none(), "nobody is logged in by a backup");
    let rows = told(&store).await;
    assert_eq!((rows.len(), rows[1].action.as_str(), rows[1].author.as_str()), (2, "restored", "ben"));
}
