//! One that is away, or is none.

use std::time::Duration;

use offhook::asterisk::statistics::Whose;
use offhook::asterisk::{Asterisk, Trouble};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::pbx::account;

#[tokio::test]
async fn who_is_no_asterisk_is_told_apart_and_nobody_waits() {
    let never = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = never.local_addr().unwrap();
    drop(never);
    for scheme in ["ami", "http"] {
        let asterisk = Asterisk::open(account(&format!("{scheme}://{closed}"), "x"));
        assert!(matches!(asterisk.parked().await.unwrap_err(), Trouble::Away { .. }));
    }
    assert_eq!(Asterisk::default().parked().await.unwrap_err(), Trouble::None);

    let chatter = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = chatter.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = chatter.accept().await {
            let _ = stream.write_all(&vec![b'a'; 100_000]).await;
        }
    });
    let asterisk = Asterisk::open(account(&format!("ami://{address}"), "x"));
    let trouble = asterisk.parked().await.unwrap_err();
    assert!(matches!(trouble, Trouble::Nonsense { .. } | Trouble::Away { .. }), "{trouble}");
    let asterisk = Asterisk::open(account(&format!("http://{address}"), "x"));
    assert!(asterisk.parked().await.is_err());
}

/// Time stands still until everybody waits, so this takes none.
#[tokio::test(start_paused = true)]
async fn one_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for scheme in ["ami", "http"] {
        let asterisk = Asterisk::open(account(&format!("{scheme}://{}", silent.local_addr().unwrap()), "x"));
        let before = tokio::time::Instant::now();
        assert!(asterisk.parked().await.is_err());
        assert!(before.elapsed() <= Duration::from_secs(1), "a phone gets its page within a second");
        let before = tokio::time::Instant::now();
        let lines = ["101", "102", "103"].map(str::to_owned);
        let whose = Whose { device: "SEP001122334455", address: [192, 0, 2, 7].into(), peers: &lines };
        assert!(asterisk.call_of(whose).await.is_err());
        assert!(before.elapsed() <= Duration::from_secs(1), "however many lines it has");
    }
}
