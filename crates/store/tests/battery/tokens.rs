//! Tokens of programs.

use store::{Error, Store, Token};

use crate::place::{Place, battery};

battery!(
    tokens_are_found_by_their_hash_until_they_are_removed,
    names_and_hashes_are_taken_once,
    use_is_written_down_by_the_minute,
);

pub(crate) fn token(name: &str, byte: u8) -> Token {
    let hash = vec![byte; 32];
    Token {
        name: name.into(),
        hash,
        scope: "operate".into(),
        made: 1_700_000_000,
        expires: Some(1_800_000_000),
        used: None,
    }
}

async fn names(store: &Store) -> Vec<String> {
    store.tokens().await.unwrap().into_iter().map(|token| token.name).collect()
}

async fn tokens_are_found_by_their_hash_until_they_are_removed(place: Place) {
    let store = place.store().await;
    let (one, other) = (token("billing 'x'", 1), Token { expires: None, ..token("Ärzte", 2) });
    store.add_token(&one).await.unwrap();
    store.add_token(&other).await.unwrap();
    assert_eq!(store.token(&[1; 32]).await.unwrap(), Some(one));
    assert_eq!(store.token(&[2; 32]).await.unwrap(), Some(other));
    assert_eq!(store.token(&[3; 32]).await.unwrap(), None);
    store.remove_token("billing 'x'").await.unwrap();
    assert_eq!(store.token(&[1; 32]).await.unwrap(), None);
    assert_eq!(names(&store).await, ["Ärzte"]);
    assert!(matches!(store.remove_token("billing 'x'").await, Err(Error::NoSuch(_))));
}

async fn names_and_hashes_are_taken_once(place: Place) {
    let store = place.store().await;
    store.add_token(&token("a", 1)).await.unwrap();
    assert!(matches!(store.add_token(&token("a", 2)).await, Err(Error::Value { .. })));
    assert!(matches!(store.add_token(&token("b", 1)).await, Err(Error::Value { .. })));
    assert_eq!(names(&store).await, ["a"]);
}

async fn use_is_written_down_by_the_minute(place: Place) {
    let store = place.store().await;
    store.add_token(&token("a", 1)).await.unwrap();
    for (now, written) in [(1000, 1000), (1030, 1000), (1060, 1060), (500, 1060)] {
        let known = store.token(&[1; 32]).await.unwrap().unwrap();
        store.token_was_used(&known, now).await.unwrap();
        assert_eq!(store.token(&[1; 32]).await.unwrap().unwrap().used, Some(written), "{now}");
    }
}
