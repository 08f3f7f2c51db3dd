//! Somebody is looked up and dialled, and parked calls are picked up: contacts of the inventory and a real Asterisk behind it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod pbx;
mod slapd;
mod support;
mod visitor;

use std::net::SocketAddr;
use std::path::Path;

use offhook::asterisk::Asterisk;
use offhook::directory::{Directory, Service};
use offhook::inventory::Inventory;
use offhook::listener::{App, services};
use pbx::{Pbx, account, once, park};
use provision::inventory::{Change, Contact, ContactNumber, NumberKind, Phone};
use provision::mac::Mac;
use provision::render::Surroundings;
use slapd::Slapd;
use store::Store;
use support::Site;
use tokio_util::sync::CancellationToken;
use virtual_phone::models;
use virtual_phone::services::{Content, Step};
use visitor::Visitor;

/// The phone that asks, and another.
const MINE: &str = "001122334455";
const ANOTHERS: &str = "001122334466";

/// A running server; its folder lives as long as it does.
struct Running {
    _site: Site,
    address: SocketAddr,
}

async fn serve_with(
    asterisk: Asterisk,
    ldap: Option<Service>,
    contacts: impl IntoIterator<Item = Contact>,
) -> Running {
    let site = Site::new();
    let url = format!("sqlite://{}", site.config.data_dir.join("offhook.db").display());
    let store = Store::open_or_create(&url).await.unwrap();
    let phones = [MINE, ANOTHERS].map(|mac| Change::PutPhone(Phone::new(mac.parse().unwrap(), None)));
    let changes = phones.into_iter().chain(contacts.into_iter().map(Change::PutContact));
    store.change(&changes.collect::<Vec<_>>()).await.unwrap();
    let inventory = Inventory::new(store, Surroundings::default());
    let directory = Directory::new(Some(inventory), asterisk.clone(), ldap);
    let app = App { asterisk, directory, ..site.app() };
    let bound = services::bind(&site.config).unwrap().unwrap();
    let address = bound.local_addrs()[0];
    tokio::spawn(bound.serve(app, CancellationToken::new()));
    Running { _site: site, address }
}

async fn serve(asterisk: Asterisk, contacts: impl IntoIterator<Item = Contact>) -> Running {
    serve_with(asterisk, None, contacts).await
}

fn contact(name: &str, numbers: &[(NumberKind, &str)], owner: Option<Mac>) -> Contact {
    let numbers =
        numbers.iter().map(|(kind, number)| ContactNumber { kind: *kind, number: (*number).to_owned() });
    Contact {
        id: 0,
        book: "company".to_owned(),
        owner,
        name: name.to_owned(),
        organisation: String::new(),
        numbers: numbers.collect(),
    }
}

fn people() -> Vec<Contact> {
    use NumberKind::{Mobile, Work};
    vec![
        contact("Anna Müller", &[(Work, "4711"), (Mobile, "0171 555")], None),
        contact("Bob <b> & Co", &[(Work, "4712")], None),
        contact("Жанна", &[(Work, "4713")], None),
        contact("Only mine", &[(Work, "4714")], Some(MINE.parse().unwrap())),
        contact("Only another's", &[(Work, "4715")], Some(ANOTHERS.parse().unwrap())),
    ]
}

fn listed(visitor: &Visitor) -> Vec<(String, String)> {
    match &visitor.browser.shown().unwrap().page.content {
        Content::Directory(entries) => entries.clone(),
        other => panic!("no directory: {other:?}"),
    }
}

async fn find(visitor: &mut Visitor, running: &Running, query: &str) -> Vec<(String, String)> {
    visitor.open(&format!("http://{}/directory/found?{query}", running.address)).await;
    listed(visitor)
}

#[tokio::test]
async fn phones_of_every_kind_look_somebody_up_and_dial() {
    let running = serve(Asterisk::default(), people()).await;
    for model in ["7942", "8845", "7821"] {
        let mut visitor = Visitor::new(models::find(model).unwrap(), None);
        visitor.open(&format!("http://{}/directory?name=SEP{MINE}", running.address)).await;
        visitor.press("2").await;
        visitor.press("Select").await;
        let entries = listed(&visitor);
        let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names[..4],
            ["Anna Müller (mobile)", "Anna Müller (work)", "Bob <b> & Co", "Only mine"],
            "{model}"
        );
        assert_eq!(entries.len(), 5, "another's contacts are nobody else's business");
        visitor.press("3").await;
        let Ok(Step::Does(what)) = visitor.browser.press("Dial") else { panic!("{model} dials") };
        assert!(what.contains("4712"), "{model}: {what}");
    }
}

#[tokio::test]
async fn names_are_found_by_letters_by_digits_and_by_keys() {
    let running = serve(Asterisk::default(), people()).await;
    let mut visitor = Visitor::new(models::find("8845").unwrap(), None);
    for query in ["who=m%C3%BCl", "who=4711", "keys=685", "who=anna+m&keys="] {
        let entries = find(&mut visitor, &running, query).await;
        assert!(entries.iter().all(|(name, _)| name.starts_with("Anna Müller")), "{query}: {entries:?}");
        assert!(!entries.is_empty());
    }
    let by_script = find(&mut visitor, &running, "who=%D0%B6").await;
    assert_eq!(by_script.len(), 1);
    visitor.open(&format!("http://{}/directory/found?who=nobody", running.address)).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("Nobody was found"), "{text}");
}

#[tokio::test]
async fn many_are_leafed_through() {
    let many = (0..400).map(|number| {
        contact(&format!("Person {number:03}"), &[(NumberKind::Work, &format!("5{number:03}"))], None)
    });
    let running = serve(Asterisk::default(), many).await;
    let mut visitor = Visitor::new(models::find("7942").unwrap(), None);
    let first = find(&mut visitor, &running, "source=contacts").await;
    assert_eq!((first.len(), &*first[0].0), (32, "Person 000"));
    visitor.press("Next").await;
    assert_eq!(listed(&visitor)[0].0, "Person 032");
    visitor.press("Previous").await;
    assert_eq!(listed(&visitor), first);
    let last = find(&mut visitor, &running, "source=contacts&page=999").await;
    assert_eq!(last.last().unwrap().0, "Person 319", "more are found by searching");
}

#[tokio::test]
async fn mailboxes_and_parked_calls_come_from_a_real_asterisk() {
    let mut pbx = Pbx::start(3);
    let asterisk = pbx.over("ami", "test-only");
    once(|| asterisk.mailboxes(), |boxes| boxes.len() == 65).await;
    let running = serve(asterisk.clone(), people()).await;
    let mut visitor = Visitor::new(models::find("8845").unwrap(), None);
    let mailboxes = find(&mut visitor, &running, "source=mailboxes&who=al").await;
    assert_eq!(mailboxes, [("Alice Ångström".to_owned(), "101".to_owned())]);
    let both = find(&mut visitor, &running, "who=bob").await;
    assert_eq!(both.iter().map(|(_, number)| number.as_str()).collect::<Vec<_>>(), ["102", "4712"]);

    let parked = format!("http://{}/parked", running.address);
    visitor.open(&parked).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("No call is parked"), "{text}");
    park(&asterisk).await;
    once(|| asterisk.parked(), |parked| parked.len() == 1).await;
    visitor.open(&parked).await;
    assert_eq!(listed(&visitor)[0].1, "701");
    let Ok(Step::Does(what)) = visitor.browser.press("Dial") else { panic!() };
    assert!(what.contains("701"), "{what}");

    // Away, it stops nobody: mailboxes are those of before, parked calls say why there are none.
    pbx.kill();
    while asterisk.parked().await.is_ok() {}
    assert_eq!(find(&mut visitor, &running, "source=mailboxes&who=al").await, mailboxes);
    visitor.open(&parked).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("does not answer"), "{text}");
}

#[tokio::test]
async fn without_an_asterisk_the_page_says_so() {
    let nowhere = Asterisk::open(account("ami://127.0.0.1:1", "x"));
    let running = serve(nowhere, people()).await;
    let mut visitor = Visitor::new(models::find("7821").unwrap(), None);
    assert_eq!(find(&mut visitor, &running, "who=anna").await.len(), 2, "other sources answer");
    visitor.open(&format!("http://{}/directory/found?source=mailboxes", running.address)).await;
    let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(text.contains("Mailboxes cannot be asked"), "{text}");
}

/// More people than a service gives at one time, and Jürgen.
fn staff() -> impl Iterator<Item = (String, String, Option<String>)> {
    let many = (0..1200).map(|number| (format!("Staff {number:04}"), format!("+49 211 {number:04}"), None));
    many.chain([("Jürgen Groß".to_owned(), "+49 30 4711".to_owned(), Some("0171 4711".to_owned()))])
}

fn service(url: String, password: &str) -> Service {
    Service {
        url,
        starttls: false,
        base: "ou=people,dc=example,dc=net".to_owned(),
        filter: "(objectClass=inetOrgPerson)".to_owned(),
        user: "cn=reader,dc=example,dc=net".to_owned(),
        password: password.to_owned(),
        name: "cn".to_owned(),
        numbers: vec!["telephoneNumber".to_owned(), "mobile".to_owned()],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_of_a_real_directory_service_are_found() {
    let mut slapd = Slapd::start(0, staff());
    let right = service(slapd.url("ldap"), "for-tests-only");
    let running = serve_with(Asterisk::default(), Some(right), people()).await;
    let mut visitor = Visitor::new(models::find("8845").unwrap(), None);
    // The first to ask may be told to ask again: the service is read as a whole.
    let found = loop {
        visitor
            .open(&format!("http://{}/directory/found?source=company&who=j%C3%BCrgen", running.address))
            .await;
        if let Content::Directory(entries) = &visitor.browser.shown().unwrap().page.content {
            break entries.clone();
        }
    };
    let expected = [("Jürgen Groß (mobile)", "01714711"), ("Jürgen Groß (work)", "+49304711")];
    assert_eq!(found, expected.map(|(name, number)| (name.to_owned(), number.to_owned())));
    assert_eq!(find(&mut visitor, &running, "source=company&keys=5874").await, found, "by keys");
    assert_eq!(
        find(&mut visitor, &running, "source=company&who=staff+1199").await.len(),
        1,
        "beyond the first thousand"
    );
    let everywhere = find(&mut visitor, &running, "who=a").await;
    assert!(everywhere.iter().any(|(name, _)| name.starts_with("Anna")));
    slapd.kill();
    assert_eq!(
        find(&mut visitor, &running, "source=company&who=j%C3%BCrgen").await,
        found,
        "its last answer stays"
    );

    let slapd = Slapd::start(1, []);
    for wrong in [service(slapd.url("ldap"), "a guess"), service("ldap://127.0.0.1:1".to_owned(), "x")] {
        let running = serve_with(Asterisk::default(), Some(wrong), people()).await;
        assert_eq!(find(&mut visitor, &running, "who=anna").await.len(), 2, "the others answer");
        visitor.open(&format!("http://{}/directory/found?source=company", running.address)).await;
        let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else { panic!() };
        assert!(text.contains("Company cannot be asked"), "{text}");
    }
}

/// The program itself, which trusts that certificate beside none.
struct Program {
    folder: tempfile::TempDir,
    child: std::process::Child,
}

impl Program {
    fn start(settings: &str, trusted: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let off = ["tftp", "provisioning", "secure_provisioning", "secure_services", "tvs", "capf", "admin"];
        let off: String = off.iter().map(|name| format!("{name} = \"\"\n")).collect();
        let settings = format!("[listen]\nservices = \"127.0.0.1:0\"\n{off}{settings}");
        std::fs::write(folder.path().join("offhook.toml"), settings).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_offhook"));
        command.args(["serve", "--ready-file", "ready.json"]).current_dir(folder.path());
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command.env("SSL_CERT_FILE", trusted).stdout(log.try_clone().unwrap()).stderr(log);
        Self { child: command.spawn().unwrap(), folder }
    }

    async fn services(&self) -> String {
        let ready = async || std::fs::read(self.folder.path().join("ready.json"));
        let ready = once(ready, |_| true).await;
        let ready: serde_json::Value = serde_json::from_slice(&ready).unwrap();
        ready["listeners"]["services"][0].as_str().unwrap().to_owned()
    }

    /// Whether it said in its log why it cannot ask the service: a certificate.
    fn complains_of_a_certificate(&self) -> bool {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap();
        let mut away = log.lines().filter(|line| line.contains("a source of the directory is away"));
        away.any(|line| line.contains("certificate verify failed"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_directory_service_is_asked_over_tls_if_its_certificate_is_trusted() {
    let slapd = Slapd::start(2, [("Jürgen Groß".to_owned(), "4711".to_owned(), None)]);
    let urls = [(slapd.url("ldaps"), "false"), (slapd.url("ldap"), "true")];
    for (url, starttls) in urls {
        let settings = format!(
            "[ldap]\nurl = {url:?}\nstarttls = {starttls}\nbase = \"dc=example,dc=net\"\n\
             user = \"cn=reader,dc=example,dc=net\"\npassword = \"for-tests-only\"\n"
        );
        let trusting = Program::start(&settings, &slapd.certificate());
        let address = trusting.services().await;
        let mut visitor = Visitor::new(models::find("7942").unwrap(), None);
        let entries = loop {
            visitor.open(&format!("http://{address}/directory/found?source=company")).await;
            match &visitor.browser.shown().unwrap().page.content {
                Content::Directory(entries) => break entries.clone(),
                Content::Text(text) => assert!(text.contains("Nobody was found"), "{text}"),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(entries, [("Jürgen Groß".to_owned(), "4711".to_owned())], "{url}");

        let another = Path::new("/dev/null");
        let wary = Program::start(&settings, another);
        let address = wary.services().await;
        // A service that is merely slow is away, too, at first: asked until the reason is the certificate.
        let mut asked = 0;
        while !wary.complains_of_a_certificate() {
            visitor.open(&format!("http://{address}/directory/found?source=company")).await;
            let Content::Text(text) = &visitor.browser.shown().unwrap().page.content else {
                panic!("{url} is trusted")
            };
            assert!(text.contains("Company cannot be asked"), "{text}");
            asked += 1;
            assert!(asked < 1000, "{url}: it never says that the certificate is the reason");
        }
    }
}
