//! Numbers for monitoring.

use provision::inventory::{Change, Phone, State};
use store::{Patience, Session, User};

use crate::place::{Place, battery, mac};

battery!(phones_and_sessions_are_counted);

const PATIENCE: Patience = Patience { idle: 100, whole: 1000 };

async fn phones_and_sessions_are_counted(place: Place) {
    let store = place.store().await;
    let counted = async |now| store.gauges(now, PATIENCE).await.unwrap();
    let none = counted(0).await;
    assert_eq!(none.phones, [(State::Active, 0), (State::Waiting, 0), (State::Retired, 0)]);
    let phone = |number, state| Change::PutPhone(Phone { state, ..Phone::new(mac(number), None) });
    let states = [State::Active, State::Active, State::Waiting, State::Retired, State::Active];
    let changes: Vec<Change> = (1..).zip(states).map(|(number, state)| phone(number, state)).collect();
    store.change(&changes).await.unwrap();
    let user =
        User { name: "anna".into(), role: "viewer".into(), password: "hashed".into(), made: 0, last: None };
    store.add_user(&user).await.unwrap();
    for (hash, made) in [("a", 1000), ("b", 1050)] {
        let (source, agent) = ("192.0.2.1".into(), "tests".into());
        let session = Session { hash: hash.into(), owner: "anna".into(), made, seen: made, source, agent };
        store.begin_session(&session, PATIENCE).await.unwrap();
    }
    let now = counted(1060).await;
    assert_eq!(now.phones, [(State::Active, 3), (State::Waiting, 1), (State::Retired, 1)]);
    assert_eq!(now.sessions, 2);
    // One was not used for as long as sessions may rest.
    assert_eq!(counted(1120).await.sessions, 1);
    assert_eq!(counted(9000).await.sessions, 0);
}
