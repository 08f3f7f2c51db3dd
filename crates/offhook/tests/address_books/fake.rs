//! A server that answers what no server should, or nothing.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use offhook::asterisk::Asterisk;
use offhook::directory::{Directory, SourceSettings};
use provision::phonebook::Format;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::radicale::PASSWORD;
use crate::{carddav, directory, files, find, names};

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
    assert!(began.elapsed() < 50 * first, "a hundred who come later do not wait again");
}
