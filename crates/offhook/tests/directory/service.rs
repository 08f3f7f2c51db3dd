//! A real directory service.

use std::path::Path;

use offhook::asterisk::Asterisk;
use offhook::directory::Service;
use virtual_phone::models;
use virtual_phone::services::Content;

use crate::machine::Machine;
use crate::machine::serving::{Serving, listen};
use crate::slapd::Slapd;
use crate::visitor::Visitor;
use crate::{find, people, serve_with};

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
fn start(machine: &Machine, settings: &str, trusted: &Path) -> Serving {
    machine.put("offhook.toml", format!("{}{settings}", listen(&["services"])));
    Serving::with(machine, |command| {
        command.env("SSL_CERT_FILE", trusted);
    })
}

/// Whether it said in its log why it cannot ask the service: a certificate.
fn complains_of_a_certificate(log: &str) -> bool {
    let mut away = log.lines().filter(|line| line.contains("a source of the directory is away"));
    away.any(|line| line.contains("certificate verify failed"))
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
        let machine = Machine::empty();
        let trusting = start(&machine, &settings, &slapd.certificate());
        let address = trusting.address("services");
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

        let machine = Machine::empty();
        let wary = start(&machine, &settings, Path::new("/dev/null"));
        let address = wary.address("services");
        // A service that is merely slow is away, too, at first: asked until the reason is the certificate.
        let mut asked = 0;
        while !complains_of_a_certificate(&wary.log()) {
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
