//! Databases of other versions, and none at all.

use std::os::unix::fs::PermissionsExt;

use provision::inventory::Change;
use store::{Error, Store};

use crate::place::{Place, battery, line, name};

battery!(
    a_database_of_another_version_is_refused,
    starting_twice_at_once_is_no_harm,
    what_is_missing_is_said,
    passwords_stay_where_they_are,
);

async fn a_database_of_another_version_is_refused(place: Place) {
    place.store().await;
    Store::open(&place.url).await.unwrap();
    execute(&place, "UPDATE offhook_schema SET version = version + 1").await;
    for opened in [Store::open(&place.url).await, Store::open_or_create(&place.url).await] {
        let problem = opened.unwrap_err();
        assert!(matches!(problem, Error::Newer { .. }), "{problem}");
        assert!(problem.to_string().ends_with("upgrade offhook"), "{problem}");
    }
}

async fn starting_twice_at_once_is_no_harm(place: Place) {
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let url = place.url.clone();
        all.spawn(async move { Store::open_or_create(&url).await.map(|store| store.generation()) });
    }
    for opened in all.join_all().await {
        assert_eq!(opened.unwrap(), 0);
    }
}

async fn what_is_missing_is_said(place: Place) {
    let problem = Store::open(&place.url).await.unwrap_err();
    assert!(problem.to_string().contains("`offhook db migrate`"), "{problem}");
    for url in ["", "sqlite://", "mysql://x", "/tmp/x.db", "postgres://u:s3cret@h:port/x"] {
        let problem = Store::open(url).await.unwrap_err();
        assert!(matches!(problem, Error::Url(_)), "{problem}");
        assert!(!problem.to_string().contains("s3cret"), "{problem}");
    }
}

async fn execute(place: &Place, sql: &'static str) {
    if place.is_a_file() {
        let pool = sqlx::SqlitePool::connect(&place.url).await.unwrap();
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    } else {
        let pool = sqlx::PgPool::connect(&place.url).await.unwrap();
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    }
}

async fn passwords_stay_where_they_are(place: Place) {
    let store = place.store().await;
    let mut line = line("1001");
    line.settings.set(name("auth_password"), "s3cret");
    let change = Change::PutLine(line.clone());
    assert!(!format!("{store:?} {change:?} {line:?}").contains("s3cret"));
    store.change(&[change]).await.unwrap();
    for file in store.marks() {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}
