//! Sources of the directory beside those that are built in: a real CardDAV server, one that means ill, and files.
#![expect(clippy::unwrap_used, reason = "tests")]

mod radicale;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use offhook::asterisk::Asterisk;
use offhook::directory::{Directory, Found, Origin, Search, SourceSettings};
use offhook::inventory::Inventory;
use provision::inventory::{Change, Contact, ContactNumber, Group, GroupKind, Line, Name, NumberKind, Phone};
use provision::mac::Mac;
use provision::phonebook::Format;
use provision::render::Surroundings;
use radicale::{PASSWORD, Radicale, USER, card};
use store::Store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(60);

fn carddav(url: &str, password: &str, authority: Option<&Path>) -> SourceSettings {
    let origin = Origin::CardDav {
        url: url.parse().unwrap(),
        user: USER.to_owned(),
        password: password.to_owned(),
        authority: authority.map(Path::to_owned),
        // Asked again at each search.
        refresh: Duration::from_millis(1),
    };
    SourceSettings {
        name: "sales".into(),
        title: "Sales".into(),
        order: 25,
        profiles: vec![],
        most: 100_000,
        origin,
    }
}

fn files(name: &str, path: &Path, format: Format) -> SourceSettings {
    let origin = Origin::Files { path: path.to_owned(), format };
    SourceSettings {
        name: name.into(),
        title: name.to_uppercase(),
        order: 5,
        profiles: vec![],
        most: 100_000,
        origin,
    }
}

fn directory(sources: &[SourceSettings]) -> Directory {
    Directory::new(None, Asterisk::default(), None).with(sources).patient(LONG)
}

async fn find(directory: &Directory, text: &str) -> Found {
    directory.search(&Search { text: text.to_owned(), ..Search::default() }).await
}

fn names(found: &Found) -> Vec<&str> {
    found.entries.iter().map(|entry| entry.name.as_str()).collect()
}

/// Searches again until it is as it should be.
async fn until(directory: &Directory, text: &str, is_right: impl Fn(&Found) -> bool) -> Found {
    let began = Instant::now();
    loop {
        let found = find(directory, text).await;
        if is_right(&found) {
            return found;
        }
        assert!(began.elapsed() < LONG, "{found:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_address_book_is_read_once_and_then_only_what_changed() {
    let mut server = Radicale::start(0, "http");
    for number in 0..250 {
        server.put(
            "contacts",
            &format!("{number}.vcf"),
            &card(&number.to_string(), &format!("Staff {number:03}"), &[("WORK", &format!("5{number:03}"))]),
        );
    }
    server.put(
        "contacts",
        "anna.vcf",
        &card("anna", "Jürgen Groß", &[("WORK", "+49 30 4711"), ("CELL", "0171 4711")]),
    );
    server.put("contacts", "fax.vcf", &card("fax", "Only a fax", &[("FAX", "99")]));
    server.put("contacts", "silent.vcf", &card("silent", "No number", &[]));
    let book = directory(&[carddav(&server.url("/anna/contacts/"), PASSWORD, None)]);
    let found = find(&book, "jürg").await;
    assert_eq!(names(&found), ["Jürgen Groß (mobile)", "Jürgen Groß (work)"], "{found:?}");
    assert_eq!(names(&find(&book, "5249").await), ["Staff 249"]);
    assert!(find(&book, "fax").await.entries.is_empty() && find(&book, "number").await.entries.is_empty());

    // Nothing changed: nothing but that is asked.
    let reports = server.asked("REPORT");
    assert!(reports >= 4, "one list, and three batches of cards: {reports}");
    let looked = server.asked("PROPFIND");
    until(&book, "staff", |_| server.asked("PROPFIND") > looked + 1).await;
    assert_eq!(server.asked("REPORT"), reports);

    server.put("contacts", "anna.vcf", &card("anna", "Jürgen Klein", &[("WORK", "4711")]));
    server.put("contacts", "new.vcf", &card("new", "Zoë New", &[("WORK", "4799")]));
    server.remove("contacts", "7.vcf");
    until(&book, "new", |found| !found.entries.is_empty()).await;
    assert_eq!(names(&find(&book, "jürgen").await), ["Jürgen Klein"]);
    assert!(find(&book, "5007").await.entries.is_empty());
    assert_eq!(names(&find(&book, "5008").await), ["Staff 008"], "the others stay");
    let more = server.asked("REPORT") - reports;
    assert!(more <= 6, "only what changed is fetched: {more}");

    server.kill();
    let found = until(&book, "klein", |found| !found.old.is_empty()).await;
    assert_eq!(names(&found), ["Jürgen Klein"], "its last answer stays, and is marked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_books_of_a_user_are_found_from_the_root_of_their_server() {
    let server = Radicale::start(1, "http");
    server.put("first", "a.vcf", &card("a", "Anna", &[("WORK", "1")]));
    server.put("second", "b.vcf", &card("b", "Bob", &[("WORK", "2")]));
    for path in ["/", "/anna/"] {
        let books = directory(&[carddav(&server.url(path), PASSWORD, None)]);
        assert_eq!(names(&find(&books, "").await), ["Anna", "Bob"], "{path}");
    }
    let empty = directory(&[carddav(&server.url("/anna/third/"), PASSWORD, None)]);
    let found = find(&empty, "").await;
    assert!(found.away[0].1.contains("404"), "{found:?}");
    for wrong in ["a guess", ""] {
        let wrong = directory(&[carddav(&server.url("/anna/first/"), wrong, None)]);
        let found = find(&wrong, "").await;
        assert!(found.away[0].1.contains("does not take the user or the password"), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_asked_over_tls_if_its_certificate_is_trusted() {
    let server = Radicale::start(2, "https");
    server.put("contacts", "a.vcf", &card("a", "Anna", &[("WORK", "1")]));
    let url = server.url("/anna/contacts/");
    let trusting = directory(&[carddav(&url, PASSWORD, Some(&server.certificate()))]);
    let found = find(&trusting, "anna").await;
    assert_eq!(names(&found), ["Anna"], "{found:?}");
    let wary = directory(&[carddav(&url, PASSWORD, None)]);
    let found = find(&wary, "anna").await;
    assert!(found.away[0].1.contains("certificate is not trusted"), "{found:?}");
    // The certificate names another address.
    let port = url.split(':').next_back().unwrap();
    let elsewhere = server.url("").replace("127.112.", "127.113.");
    let forwarded = TcpListener::bind(elsewhere.trim_start_matches("https://")).await.unwrap();
    let to = url.trim_start_matches("https://").split('/').next().unwrap().to_owned();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = forwarded.accept().await {
            let mut to = tokio::net::TcpStream::connect(&to).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
        }
    });
    let named = directory(&[carddav(
        &format!("{}:{port}", elsewhere.rsplit_once(':').unwrap().0),
        PASSWORD,
        Some(&server.certificate()),
    )]);
    let found = find(&named, "anna").await;
    assert!(found.away[0].1.contains("certificate is not trusted"), "{found:?}");
    let none = directory(&[carddav(&url, PASSWORD, Some(Path::new("/dev/null")))]);
    let found = find(&none, "anna").await;
    assert!(found.away[0].1.contains("authority /dev/null cannot be used"), "{found:?}");
}

/// A server that answers each request with what it was told to; it keeps the requests.
struct Fake {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    async fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, answer) = (heard.clone(), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (kept, answer) = (kept.clone(), answer.clone());
                tokio::spawn(async move {
                    while let Some(request) = request(&mut stream).await {
                        let said = answer(&request);
                        kept.lock().unwrap().push(request);
                        if stream.write_all(&said).await.is_err() {
                            return;
                        }
                        if said.is_empty() {
                            std::future::pending::<()>().await;
                        }
                    }
                });
            }
        });
        Self { address, heard }
    }

    fn source(&self, path: &str) -> SourceSettings {
        carddav(&format!("http://{}{path}", self.address), PASSWORD, None)
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// Head and body of one request.
async fn request(stream: &mut tokio::net::TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn says(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn multistatus(inner: &str) -> Vec<u8> {
    let body = format!(
        "<d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:carddav\">{inner}</d:multistatus>"
    );
    says("207 Multi-Status", "", &body)
}

fn book(href: &str) -> Vec<u8> {
    multistatus(&format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:addressbook/></d:resourcetype>\
         </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    ))
}

fn listed(cards: &[(&str, &str)]) -> Vec<u8> {
    let one = |(href, etag): &(&str, &str)| {
        format!(
            "<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:getetag>{etag}</d:getetag></d:prop>\
             <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
    };
    multistatus(&cards.iter().map(one).collect::<String>())
}

fn given(href: &str, card: &str) -> String {
    format!(
        "<d:response><d:href>{href}</d:href><d:propstat><d:prop><d:getetag>1</d:getetag><c:address-data>{card}</c:address-data>\
         </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_server_answers_is_said_and_breaks_nothing() {
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a page for people", says("200 OK", "", "<html>Log in</html>"), "no <multistatus>"),
        (
            "broken XML",
            says("207 Multi-Status", "", "<d:multistatus xmlns:d=\"DAV:\"><d:resp"),
            "no answer of an address book",
        ),
        ("nothing", says("207 Multi-Status", "", ""), "no answer of an address book"),
        (
            "entities",
            says("207 Multi-Status", "", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"),
            "document type",
        ),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "cannot be reached"),
        ("nobody", multistatus(""), "is no address book"),
        ("no book", listed(&[("/x/", "1")]), "is no address book"),
        ("trouble", says("500 Internal Server Error", "", ""), "500"),
        (
            "other passwords",
            says("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\"\r\n", ""),
            "no plain passwords",
        ),
        ("round and round", says("302 Found", "Location: /again\r\n", ""), "leads on and on"),
        (
            "elsewhere",
            says("301 Moved Permanently", "Location: http://127.0.0.2:1/x\r\n", ""),
            "another server",
        ),
        (
            "less safe",
            says("301 Moved Permanently", "Location: ftp://127.0.0.1/x\r\n", ""),
            "begins with https",
        ),
        ("to nowhere", says("302 Found", "", ""), "is no address"),
    ];
    for (case, answer, expected) in cases {
        let fake = Fake::start(move |_| answer.clone()).await;
        let found = find(&directory(&[fake.source("/x/")]), "").await;
        assert!(found.away[0].1.contains(expected), "{case}: {found:?}");
        assert!(!format!("{found:?}").contains(PASSWORD), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_may_lead_on_and_the_password_goes_nowhere_else() {
    let other = Fake::start(|_| book("/x/")).await;
    let to = other.address;
    let away = Fake::start(move |_| {
        says("302 Found", &format!("Location: http://127.0.0.2:{}/x/\r\n", to.port()), "")
    })
    .await;
    assert!(!find(&directory(&[away.source("/")]), "").await.away.is_empty());
    assert!(other.heard().is_empty(), "the password stays where it belongs");
    assert!(away.heard()[0].contains("authorization: Basic "), "{:?}", away.heard());

    let fake = Fake::start(|asked| match asked.split_whitespace().nth(1).unwrap() {
        "/old/" => says("301 Moved Permanently", "Location: /new/\r\n", ""),
        _ if asked.starts_with("PROPFIND") => book("/new/"),
        _ if asked.contains("multiget") => {
            multistatus(&given("/new/a.vcf", "BEGIN:VCARD&#13;\nFN:Anna\nTEL:1\nEND:VCARD"))
        }
        _ => listed(&[("/new/a.vcf", "1"), ("http://127.0.0.2/b.vcf", "1"), ("//x", "1")]),
    })
    .await;
    assert_eq!(names(&find(&directory(&[fake.source("/old/")]), "").await), ["Anna"]);
    let cards = fake.heard().into_iter().find(|asked| asked.contains("multiget")).unwrap();
    assert!(!cards.contains("127.0.0.2"), "only its own cards are asked for: {cards}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_cards_are_left_out_and_large_ones_are_fetched_alone() {
    let hrefs: Vec<String> = (0..8).map(|number| format!("/x/{number}.vcf")).collect();
    let fake = Fake::start(move |asked| {
        if asked.starts_with("PROPFIND") {
            return book("/x/");
        }
        if !asked.contains("multiget") {
            return listed(&hrefs.iter().map(|href| (href.as_str(), "1")).collect::<Vec<_>>());
        }
        let wanted: Vec<&String> = hrefs.iter().filter(|href| asked.contains(&format!(">{href}<"))).collect();
        let each = wanted.iter().map(|href| match href.as_str() {
            "/x/0.vcf" => given(href, "no card"),
            "/x/1.vcf" => given(href, "BEGIN:VCARD\nFN:Cut"),
            "/x/2.vcf" => given(href, ""),
            // No answer is taken with more; with others it is fetched in vain.
            "/x/3.vcf" => given(href, &"x".repeat(65 << 20)),
            href => given(
                href,
                &format!("BEGIN:VCARD\nFN:Card {}\nTEL:+1 555\nTEL:\u{1}\nEND:VCARD", &href[3..4]),
            ),
        });
        multistatus(&each.collect::<String>())
    })
    .await;
    let found = find(&directory(&[fake.source("/x/")]), "").await;
    assert_eq!(names(&found), ["Card 4", "Card 5", "Card 6", "Card 7"], "{found:?}");
    let few = SourceSettings { most: 2, ..fake.source("/x/") };
    assert!(find(&directory(&[few]), "").await.entries.len() <= 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_delays_nobody_for_long() {
    let silent = Fake::start(|_| Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    fs::write(&file, "name,work\nAnna,1\n").unwrap();
    let both = Directory::new(None, Asterisk::default(), None)
        .with(&[silent.source("/"), files("table", &file, Format::Csv)]);
    let began = Instant::now();
    let found = find(&both, "anna").await;
    assert_eq!((names(&found), found.away.len()), (vec!["Anna"], 1));
    let first = began.elapsed();
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(names(&find(&both, "anna").await), ["Anna"]);
    }
    assert!(began.elapsed() < first.max(Duration::from_millis(500)), "who comes later does not wait again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_read_again_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let (table, cards) = (folder.path().join("a.csv"), folder.path().join("cards"));
    fs::create_dir(&cards).unwrap();
    fs::write(&table, "Name;Phone\nAnna;4711\n").unwrap();
    fs::write(cards.join("b.vcf"), card("b", "Bob", &[("WORK", "4712")])).unwrap();
    let both = directory(&[files("table", &table, Format::Csv), files("cards", &cards, Format::Vcard)]);
    assert_eq!(names(&find(&both, "").await), ["Anna", "Bob"]);
    fs::write(&table, "Name;Phone\nEve;4713\n").unwrap();
    fs::write(cards.join("z.vcf"), card("z", "Zoë", &[("WORK", "4714")])).unwrap();
    let found = find(&both, "").await;
    assert_eq!((names(&found), found.old.len()), (vec!["Bob", "Eve", "Zoë"], 0), "the next search sees it");
    fs::write(&table, "this is no table").unwrap();
    let found = find(&both, "").await;
    assert_eq!(
        (names(&found), found.old.len()),
        (vec!["Bob", "Eve", "Zoë"], 1),
        "what it held stays, and is marked"
    );
    fs::remove_file(cards.join("b.vcf")).unwrap();
    assert_eq!(names(&find(&both, "").await), ["Eve", "Zoë"]);
}

/// An inventory with two phones, of which one has the profile sales, and some contacts and lines.
async fn inventory(folder: &Path) -> Inventory {
    let url = format!("sqlite://{}", folder.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let mut seller = Phone::new(mac(1), None);
    seller.profile = Some("sales".to_owned());
    let mut line = Line::new("1001".parse().unwrap());
    line.settings.set(Name::new("display_name").unwrap(), "Reception");
    let mut labelled = Line::new("1002".parse().unwrap());
    labelled.settings.set(Name::new("label").unwrap(), "Workshop");
    let changes = vec![
        Change::PutGroup(Group::new(GroupKind::Profile, "sales")),
        Change::PutPhone(seller),
        Change::PutPhone(Phone::new(mac(2), None)),
        Change::PutLine(line),
        Change::PutLine(labelled),
        Change::PutLine(Line::new("1003".parse().unwrap())),
        Change::PutContact(contact("Anna Müller", "+49 (0)30 1234-567", None)),
        Change::PutContact(contact("Anna's own", "+49 30 7654321", Some(mac(1)))),
    ];
    store.change(&changes).await.unwrap();
    Inventory::new(store, Surroundings::default())
}

fn mac(last: u8) -> Mac {
    Mac::new([0, 0x11, 0x22, 0x33, 0x44, last])
}

fn contact(name: &str, number: &str, owner: Option<Mac>) -> Contact {
    let numbers = vec![ContactNumber { kind: NumberKind::Work, number: number.to_owned() }];
    Contact { id: 0, book: "all".into(), owner, name: name.into(), organisation: "Acme".into(), numbers }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sources_stand_in_their_order_and_profiles_see_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("a.csv");
    fs::write(&table, "Name;Phone\nSecret;4711\n").unwrap();
    let inventory = inventory(folder.path()).await;
    let mut sources = vec![files("early", &table, Format::Csv), files("late", &table, Format::Csv)];
    (sources[1].order, sources[1].profiles) = (25, vec!["sales".to_owned()]);
    let directory = Directory::new(Some(inventory), Asterisk::default(), None).with(&sources).patient(LONG);
    let seen = async |phone: Option<Mac>| {
        let sources = directory.sources(phone).await;
        sources.iter().map(|source| source.title().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(seen(Some(mac(1))).await, ["EARLY", "Contacts", "LATE"]);
    assert_eq!(seen(Some(mac(2))).await, ["EARLY", "Contacts"]);
    assert_eq!(seen(None).await, ["EARLY", "Contacts"]);
    let late = directory.source("late");
    for (phone, expected) in [(1, 1), (2, 0)] {
        let search = Search { phone: Some(mac(phone)), source: late.clone(), ..Search::default() };
        assert_eq!(directory.search(&search).await.entries.len(), expected, "phone {phone}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_known_from_lines_and_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("a.csv");
    fs::write(&table, "Name;Phone\nAnna of the table;030 1234567\nEve;+43 1 555666777\n").unwrap();
    let inventory = inventory(folder.path()).await;
    let store = inventory.store().clone();
    let directory = Directory::new(Some(inventory), Asterisk::default(), None)
        .with(&[files("table", &table, Format::Csv)])
        .patient(LONG);
    let who = async |number: &str| {
        let who = directory.who_is(number).await;
        assert!(who.away.is_empty(), "{who:?}");
        who.known
            .into_iter()
            .map(|known| (known.name, known.source.word().to_owned(), known.sure))
            .collect::<Vec<_>>()
    };
    let named = |name: &str, source: &str, sure: bool| (name.to_owned(), source.to_owned(), sure);
    assert_eq!(who("10 01").await, [named("Reception", "lines", true)]);
    assert_eq!(who("1002").await, [named("Workshop", "lines", true)]);
    assert_eq!(who("1003").await, []);
    assert_eq!(who("nobody").await, []);
    // At first the database is asked, then what is in memory; both say the same.
    for _ in 0..3 {
        let (surely, likely) =
            (named("Anna Müller", "contacts", true), named("Anna of the table", "table", false));
        assert_eq!(who("0049 30 1234567").await, [surely, likely]);
        let (surely, likely) =
            (named("Anna of the table", "table", true), named("Anna Müller", "contacts", false));
        assert_eq!(who("0301234567").await, [surely, likely]);
        assert_eq!(who("+49307654321").await, [], "what is somebody's own names no caller");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    store.change(&[Change::PutContact(contact("Bob", "00 41 44 1234567", None))]).await.unwrap();
    assert_eq!(
        who("+41441234567").await,
        [named("Bob", "contacts", true)],
        "the next question sees a change"
    );
}
