//! What names tell, and whose a list for everybody is.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const ONE: Mac = Mac::new([0, 0x11, 0x22, 0xaa, 0xbb, 0xc1]);
const TWO: Mac = Mac::new([0, 0x11, 0x22, 0xaa, 0xbb, 0xc2]);

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
}

fn from(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn list(mac: Mac, address: u8, when: u64) -> Request {
    Request { mac, how: None, is_list: true, from: from(address), at: at(when) }
}

fn configuration(mac: Mac, address: u8, when: u64) -> Request {
    Request { mac, how: Some(Asked::Signed), is_list: false, from: from(address), at: at(when) }
}

fn given(address: u8, when: u64) -> Given {
    let (name, bytes) = ("ITLFile.tlv".to_owned(), Bytes::from_static(b"x"));
    Given { name, bytes, mac: None, from: from(address), at: at(when) }
}

fn taker(taken: Option<(Mac, Given)>) -> Option<Mac> {
    taken.map(|(mac, _)| mac)
}

#[test]
fn names_tell_who_asks_and_how() {
    use Transport::{Http, Https, Tftp};
    let mac = "001122AABBC1".parse::<Mac>().unwrap();
    for (name, transport, told) in [
        ("SEP001122AABBC1.cnf.xml", Http, Some((mac, Some(Asked::Plain), false))),
        ("/SEP001122AABBC1.cnf.xml.sgn", Http, Some((mac, Some(Asked::Signed), false))),
        ("sep001122aabbc1.CNF.XML.SGN", Tftp, Some((mac, Some(Asked::Signed), false))),
        ("/SEP001122AABBC1.cnf.xml.sgn", Https, Some((mac, Some(Asked::Secure), false))),
        // Whoever trusts nobody may come over HTTPS, too.
        ("/SEP001122AABBC1.cnf.xml", Https, Some((mac, Some(Asked::Plain), false))),
        ("SEP001122AABBC1.cnf.xml.enc.sgn", Tftp, Some((mac, Some(Asked::Encrypted), false))),
        // Phones without a list ask for it, too, over whatever road.
        ("/SEP001122AABBC1.cnf.xml.enc.sgn", Https, Some((mac, Some(Asked::Encrypted), false))),
        ("CTLSEP001122AABBC1.tlv", Tftp, Some((mac, None, true))),
        ("/x\\ITLSEP001122AABBC1.tlv", Http, Some((mac, None, true))),
        ("ITLFile.tlv", Http, None),
        ("SEP001122AABBC1", Http, None),
        ("SEP001122AABBCG.cnf.xml", Http, None),
        ("SEP001122AABBC1.xml", Http, None),
        ("SEP0011", Http, None),
        ("", Http, None),
    ] {
        assert_eq!(meaning(name.as_bytes(), transport), told, "{name}");
    }
    assert_eq!(meaning(b"\xff\xffSEP\xff", Http), None);
}

#[test]
fn a_list_for_everybody_is_that_phones_which_asked_for_its_own_before() {
    let mut boots = Boots::default();
    boots.asked(&list(ONE, 1, 0));
    boots.asked(&list(TWO, 2, 0));
    assert_eq!(boots.given(given(1, 1)).map(|(mac, _)| mac), Some(ONE));
    assert_eq!(boots.given(given(2, 1)).map(|(mac, _)| mac), Some(TWO));
    // Whoever has its configuration asks for no list.
    boots.asked(&configuration(ONE, 1, 2));
    assert!(boots.given(given(1, 3)).is_none());
}

#[test]
fn or_of_the_one_that_comes_after_it() {
    let mut boots = Boots::default();
    assert!(boots.given(given(1, 0)).is_none());
    assert_eq!(taker(boots.asked(&configuration(TWO, 2, 1))), None);
    assert_eq!(taker(boots.asked(&configuration(ONE, 1, 1))), Some(ONE));
    assert_eq!(taker(boots.asked(&configuration(ONE, 1, 1))), None, "once");
    // Much later it is another boot.
    assert!(boots.given(given(1, 10)).is_none());
    assert_eq!(taker(boots.asked(&configuration(ONE, 1, 40))), None);
}

#[test]
fn nobody_guesses_between_phones_behind_one_address() {
    let mut boots = Boots::default();
    boots.asked(&list(ONE, 1, 0));
    boots.asked(&list(TWO, 1, 0));
    assert!(boots.given(given(1, 1)).is_none());
    assert_eq!(taker(boots.asked(&configuration(ONE, 1, 2))), None);
    let mut boots = Boots::default();
    assert!(boots.given(given(1, 0)).is_none() && boots.given(given(1, 0)).is_none());
    assert_eq!(taker(boots.asked(&configuration(ONE, 1, 1))), None);
}

#[test]
fn a_crowd_fills_nothing() {
    let mut boots = Boots::default();
    for count in 0..30_000_u32 {
        let [a, b, c, d] = count.to_be_bytes();
        let mac = Mac::new([0, 0, a, b, c, d]);
        let mut request = list(mac, 1, 0);
        boots.asked(&request);
        request.from = IpAddr::from([10, b, c, d]);
        boots.asked(&request);
        boots.given(Given { from: IpAddr::from([11, b, c, d]), ..given(1, 0) });
    }
    assert!(boots.asking.len() <= REMEMBERED && boots.open.len() <= REMEMBERED);
    assert!(boots.asking.values().all(|phones| phones.len() <= MOST_PHONES));
}

#[test]
fn many_lists_to_one_address_are_remembered_as_one() {
    let mut boots = Boots::default();
    (0..30_000).for_each(|_| assert!(boots.given(given(1, 0)).is_none()));
    assert_eq!(boots.open.len(), 1);
    // Nobody else is kept waiting by them, nor taken for the one who got them.
    assert!(boots.given(given(2, 1)).is_none());
    assert_eq!(taker(boots.asked(&configuration(ONE, 1, 1))), None);
    assert_eq!(taker(boots.asked(&configuration(TWO, 2, 1))), Some(TWO));
}

/// Only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_the_database_did_not_take_is_written_once_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("offhook.db").display());
    let inventory = Inventory::new(store::Store::open_or_create(&url).await.unwrap(), Default::default());
    let resolved = crate::config::Resolved { data_dir: folder.path().to_owned(), ..Default::default() };
    let trust = Trust::first_start(&resolved, &[], 1_790_000_000).unwrap().0;
    let keeping = Bookkeeping::begin(&inventory, &trust, &Live::new(resolved));
    // It is away for as long as nobody finds it back, and nothing else happens meanwhile.
    let gone = inventory.ask(|_| async { Err::<(), _>(store::Error::Busy) });
    assert!(gone.await.is_err());
    inventory.asked(b"SEP001122AABBC1.cnf.xml.sgn", from(1), Transport::Tftp);
    let kept = async {
        loop {
            if let Some(entry) = inventory.store().ledger_entry(ONE).await.unwrap() {
                return entry;
            }
            tokio::task::yield_now().await;
        }
    };
    let entry = tokio::time::timeout(PATIENCE, kept).await.unwrap();
    assert!(entry.foreign.is_some() && entry.signed_at == entry.foreign);
    keeping.finish().await;
}

#[test]
fn what_is_asked_after_a_list_is_news_within_the_same_second() {
    let (queue, mut waiting) = mpsc::channel(16);
    let (is_full, repeats, handed) = Default::default();
    let clerk = Clerk { queue, is_full, repeats, handed };
    let ask = || clerk.asked(b"SEP001122AABBC1.cnf.xml.sgn", from(1), Transport::Http);
    let mut count = || std::iter::from_fn(|| waiting.try_recv().ok()).count();
    // The clock may strike in between.
    (0..3).for_each(|_| ask());
    assert!((1..=2).contains(&count()), "told once a second");
    clerk.handing("ITLSEP001122AABBC1.tlv", &Bytes::from_static(b"x")).unwrap().arrived(from(1));
    ask();
    assert_eq!(count(), 2);
}
