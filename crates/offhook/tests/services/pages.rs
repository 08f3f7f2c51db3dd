//! Pages: menus, help, pictures for idle phones; and a page for whatever is wrong.

use std::fs;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{curl, serve};

#[tokio::test]
async fn the_menu_is_the_administrators_in_the_order_of_the_series() {
    let services = serve(|config| {
        config.services.title = "Müller & Söhne".to_owned();
        let lines = [
            "Help = /information",
            "Weather = http://192.0.2.9/w.xml",
            "Vibrate = Vibrate:100:100:1",
            "Boss = Dial:100",
        ];
        config.services.menu = lines.iter().map(|line| line.parse().unwrap()).collect();
    });
    for address in &services.plain {
        let new = ["-H", "x-CiscoIPPhoneModelName: CP-8845", "-H", "Accept-Charset: utf-8,iso-8859-1;q=0.8"];
        // Phones append what they like.
        let shown =
            curl(&format!("http://{address}/services?locale=germany&name=SEP001122AABBCC"), &new).await;
        assert_eq!((shown.status, shown.kind.as_str()), (200, "text/xml; charset=UTF-8"));
        let text = shown.text();
        assert!(text.contains("<Title>Müller &amp; Söhne</Title>"), "{text}");
        assert!(text.contains(&format!("<URL>http://{address}/information")), "{text}");
        assert!(!text.contains("Vibrate"), "an 8845 cannot: {text}");
        assert!(text.contains("<URL>Dial:100</URL>"), "{text}");
        assert!(
            text.contains("<Name>Exit</Name>\n    <URL>SoftKey:Exit</URL>\n    <Position>1</Position>"),
            "{text}"
        );
        let old = ["-H", "x-CiscoIPPhoneModelName: CP-7942G", "-H", "Accept-Charset: iso-8859-1"];
        let shown = curl(&format!("http://{address}/services"), &old).await;
        assert_eq!(shown.kind, "text/xml; charset=ISO-8859-1");
        assert!(shown.body.windows(7).any(|window| window == b"M\xfcller "), "{}", shown.text());
        assert!(
            shown.text().contains("<URL>SoftKey:Exit</URL>\n    <Position>3</Position>"),
            "{}",
            shown.text()
        );
    }
}

#[tokio::test]
async fn help_is_given_by_id_and_in_the_users_language() {
    let services = serve(|_| ());
    let folder = services.site.config.data_dir.join("help");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("de.tsv"), "303\t303\tHalten\tDer andere wartet.\n").unwrap();
    assert!(services.curl("/information?id=303", &[]).await.text().contains("<Title>Hold</Title>"));
    assert!(services.curl("/information?id=2061", &[]).await.text().contains("<Title>Backspace</Title>"));
    let german = ["-H", "Accept-Language: de_DE"];
    assert!(services.curl("/information?id=303", &german).await.text().contains("Der andere wartet."));
    assert!(services.curl("/information?id=304", &german).await.text().contains("<Title>Transfer</Title>"));
    for id in ["0", "-1", "x", "99999999999999999999", "%00", ""] {
        let shown =
            services.curl(&format!("/information?id={id}"), &["-H", "Accept-Language: ../../etc"]).await;
        assert!(shown.status == 200 && shown.text().contains("There is no help"), "{id}: {}", shown.text());
    }
    let all = services.curl("/information", &["-H", "x-CiscoIPPhoneModelName: CP-7942G"]).await.text();
    assert!(all.matches("<MenuItem>").count() > 55, "{all}");
    let about = services
        .curl("/about?name=SEP001122aabbcc", &["-H", "x-CiscoIPPhoneModelName: CP-8845"])
        .await
        .text();
    assert!(
        about.contains("SEP001122AABBCC") && about.contains("CP-8845") && about.contains("not encrypted"),
        "{about}"
    );
}

#[tokio::test]
async fn idle_phones_get_a_picture_if_they_can_show_one() {
    let services = serve(|config| config.services.idle_text = "Example".to_owned());
    let phone = |model: &str| format!("x-CiscoIPPhoneModelName: {model}");
    let display = ["-H", "x-CiscoIPPhoneDisplay: 559,265,24,C"];
    let shown = services.curl("/idle", &["-H", &phone("CP-8845"), display[0], display[1]]).await.text();
    let url = shown.split("<URL>").nth(1).unwrap().split("</URL>").next().unwrap().replace("&amp;", "&");
    let picture = curl(&url, &[]).await;
    assert_eq!(picture.kind, "image/png");
    assert_eq!(&picture.body[..4], b"\x89PNG");
    assert_eq!(picture.body[16..24], [0, 0, 2, 47, 0, 0, 1, 9], "559 by 265");
    assert!(services.curl("/idle", &["-H", &phone("CP-7821")]).await.text().contains("<CiscoIPPhoneText>"));
    fs::write(services.site.config.document_root.join("idle.png"), b"\x89PNG own").unwrap();
    assert_eq!(services.curl("/idle.png?width=9999999", &[]).await.body, b"\x89PNG own");
}

#[tokio::test]
async fn whatever_is_wrong_the_phone_gets_a_page() {
    let services = serve(|_| ());
    for (page, options, status) in [
        ("/nothing", &[][..], 404),
        ("/", &[], 404),
        ("/services/../../etc/passwd", &["--path-as-is"], 404),
        ("/services", &["-X", "POST", "-d", "x=1"], 405),
        ("/services", &["-X", "BREW"], 405),
        ("/problem-report", &[], 405),
        ("/problem-report", &["-d", "x=1"], 400),
        (
            "/problem-report",
            &["-H", "Content-Type: multipart/form-data; boundary=x", "--data-binary", "--x\r\n"],
            400,
        ),
    ] {
        let shown = services.curl(page, options).await;
        assert_eq!(
            (shown.status, shown.kind.as_str()),
            (status, "text/xml; charset=UTF-8"),
            "{page}: {shown:?}"
        );
        let text = shown.text();
        assert!(
            text.starts_with("<?xml")
                && text.contains("<CiscoIPPhoneText>")
                && text.ends_with("</CiscoIPPhoneText>\n"),
            "{text}"
        );
    }
    let head = services.curl("/services", &["-I"]).await;
    assert!(head.text().contains("Content-Length: ") && !head.text().contains("<?xml"), "{}", head.text());
}

#[tokio::test]
async fn any_bytes_get_an_answer() {
    let services = serve(|_| ());
    let long = format!("GET /services?{} HTTP/1.1\r\nHost:x\r\n\r\n", "a=%ff&".repeat(180_000));
    assert!(long.len() > 1_000_000);
    for request in [
        long.as_bytes(),
        b"GET /services?a=\xff HTTP/1.1\r\nHost:\xff\xfe\r\nx-CiscoIPPhoneModelName: \xff\r\nx-CiscoIPPhoneDisplay: 9,9,9\r\nAccept-Charset: \x80\r\nConnection: close\r\n\r\n",
        b"GET /services HTTP/1.0\r\nHost:10.0.0.1:6972\r\nConnection: Close\r\n\r\n",
        b"GET http://x/services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(services.plain[0]).await.unwrap();
        let (mut read, mut write) = stream.split();
        let mut answer = Vec::new();
        let talk = async { tokio::join!(write.write_all(request), read.read_to_end(&mut answer)) };
        let (said, heard) = tokio::time::timeout(Duration::from_secs(60), talk).await.unwrap();
        said.unwrap();
        heard.unwrap();
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = if request.len() > 1_000_000 { "414" } else { "200" };
        assert!(text.split(' ').nth(1) == Some(status), "{text}");
        assert!(text.contains("<?xml") && text.contains("text/xml"), "{text}");
    }
    for garbage in [&b"\x16\x03\x01"[..], b"\r\n\r\n", b"NONSENSE\r\n\r\n"] {
        let mut stream = TcpStream::connect(services.plain[0]).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
}
