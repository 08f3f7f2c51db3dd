//! What phones of the inventory are given, and what wins over what.

use offhook::artifact::{How, Reason, Transport};
use provision::inventory::{Change, Content, DialRule, Document, Phone, Ring, State};
use wire::signed::Signed;

use crate::site::{Site, mac, on_both, phone};

on_both!(
    a_known_phone_gets_its_configuration,
    the_document_root_wins,
    documents_come_before_what_offhook_has,
    a_retired_phone_is_told_so,
    known_phones_get_trust,
    unchanged_content_is_not_signed_again,
    lists_of_all_files_are_nobodys
);

const CONFIGURATION: &str = "SEP020000000001.cnf.xml";

async fn a_known_phone_gets_its_configuration(site: Site) {
    let server = site.server().await;
    server.store.change(&phone(1, "Käthe & Söhne <1>")).await.unwrap();
    let plain = server.text(CONFIGURATION).await;
    assert!(plain.contains("Käthe &amp; Söhne &lt;1&gt;"), "{plain}");
    assert!(plain.contains("provision.example.net"), "{plain}");
    let signed = server.get("SEP020000000001.cnf.xml.sgn").await.unwrap();
    assert_eq!(signed.how, How::Signed);
    assert_eq!(Signed::parse(&signed.bytes).unwrap().payload, plain.as_bytes());
    // On 6971 the connection vouches for it.
    let fetched = server.files.fetch(b"SEP020000000001.cnf.xml.sgn", [192, 0, 2, 9].into(), Transport::Https);
    assert_eq!(fetched.await.unwrap().bytes, plain.as_bytes());
    let tftp = server.files.fetch(CONFIGURATION.as_bytes(), [192, 0, 2, 9].into(), Transport::Tftp);
    assert_eq!(tftp.await.unwrap().bytes, plain.as_bytes());
    let default = server.text("XMLDefault.cnf.xml").await;
    assert!(default.contains("<Default>"), "{default}");
}

async fn the_document_root_wins(site: Site) {
    let server = site.server().await;
    server.store.change(&phone(1, "Anna")).await.unwrap();
    assert!(server.text(CONFIGURATION).await.contains("Anna"));
    site.put(CONFIGURATION, "<device/>");
    let own = server.get(CONFIGURATION).await.unwrap();
    assert_eq!((own.how, &*own.bytes), (How::Override, &b"<device/>"[..]));
    let signed = server.get("SEP020000000001.cnf.xml.sgn").await.unwrap();
    assert_eq!(Signed::parse(&signed.bytes).unwrap().payload, b"<device/>");
    std::fs::remove_file(site.config.document_root.join(CONFIGURATION)).unwrap();
    assert!(server.text(CONFIGURATION).await.contains("Anna"));
}

async fn documents_come_before_what_offhook_has(site: Site) {
    let server = site.server().await;
    let before = server.text("Ringlist-wb.xml").await;
    assert!(!before.contains("Gong"));
    let rings = vec![Ring { name: "Gong".into(), file: "Gong.rwb".into() }];
    let rules = vec![DialRule { begins_with: "0".into(), digits: 5, ..DialRule::default() }];
    let documents = [
        Document { name: "Ringlist-wb.xml".into(), content: Content::Rings(rings) },
        Document { name: "AppDialRules.xml".into(), content: Content::DialRules(rules) },
        Document { name: "Desktops/800x480x24/List.xml".into(), content: Content::Backgrounds(Vec::new()) },
    ];
    server.store.change(&documents.map(Change::PutDocument)).await.unwrap();
    assert!(server.text("Ringlist-wb.xml").await.contains("Gong.rwb"));
    // However the phone writes it.
    assert!(server.text("RINGLIST-WB.XML").await.contains("Gong.rwb"));
    assert!(server.text("AppDialRules.xml").await.contains("NumDigits=\"5\""));
    assert!(!server.text("Desktops/800x480x24/List.xml").await.contains("Dunes"));
    site.put("AppDialRules.xml", "<DialRules/>");
    assert_eq!(server.get("AppDialRules.xml").await.unwrap().how, How::Override);
    server.store.change(&[Change::RemoveDocument("Ringlist-wb.xml".into())]).await.unwrap();
    assert_eq!(server.text("Ringlist-wb.xml").await, before);
}

async fn a_retired_phone_is_told_so(site: Site) {
    let server = site.server().await;
    let retired = Phone { state: State::Retired, ..Phone::new(mac(1), None) };
    server.store.change(&[Change::PutPhone(retired)]).await.unwrap();
    for name in [CONFIGURATION, "SEP020000000001.cnf.xml.sgn"] {
        let reason = server.get(name).await.unwrap_err();
        assert_eq!(reason, Reason::Retired("SEP020000000001".to_owned()));
        assert!(reason.to_string().contains("phone set SEP020000000001 state=active"));
    }
    server.store.change(&phone(1, "Anna")).await.unwrap();
    assert!(server.text(CONFIGURATION).await.contains("Anna"));
}

async fn known_phones_get_trust(site: Site) {
    let state = site.config.data_dir.join("trust.toml");
    std::fs::write(state, "trust = \"everyone\"\n").unwrap();
    let server = site.server().await;
    let itl = "ITLSEP020000000001.tlv";
    let before = server.get(itl).await;
    assert!(matches!(before, Err(Reason::Expected { .. })), "{before:?}");
    server.store.change(&phone(1, "Anna")).await.unwrap();
    assert_eq!(server.get(itl).await.unwrap().how, How::Signed);
    server.store.change(&[Change::RemovePhone(mac(1))]).await.unwrap();
    assert!(matches!(server.get(itl).await, Err(Reason::Expected { .. })));
}

async fn unchanged_content_is_not_signed_again(site: Site) {
    let server = site.server().await;
    server.store.change(&phone(1, "Anna")).await.unwrap();
    let name = "SEP020000000001.cnf.xml.sgn";
    let first = server.get(name).await.unwrap();
    let signatures = server.metrics.signatures.get();
    server.store.change(&phone(2, "Berta")).await.unwrap();
    let second = server.get(name).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second), "made anew, and the same");
    assert_eq!(server.metrics.signatures.get(), signatures);
    server.store.change(&phone(1, "Anne")).await.unwrap();
    let third = server.get(name).await.unwrap();
    assert_ne!(third.bytes, first.bytes);
    assert_eq!(server.metrics.signatures.get(), signatures + 1);
    // The same holds without a signature.
    let plain = server.get(CONFIGURATION).await.unwrap();
    server.store.change(&phone(2, "Bertha")).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&plain, &server.get(CONFIGURATION).await.unwrap()));
}

async fn lists_of_all_files_are_nobodys(site: Site) {
    let server = site.server().await;
    for name in
        ["ConfigFileCacheList.txt", "FileList.txt", "binfilecachelist.txt", "ConfigFileCacheList.txt.sgn"]
    {
        site.put(name, "SEP020000000001.cnf.xml");
        assert!(matches!(server.get(name).await, Err(Reason::Private(_))), "{name}");
    }
}
