//! A real CardDAV server.

use std::path::Path;

use tokio::net::TcpListener;

use crate::radicale::{PASSWORD, Radicale, card};
use crate::{carddav, directory, find, names, until};

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
