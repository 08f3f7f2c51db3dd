//! XML services over HTTP and HTTPS, met by `curl`, by `openssl`, and by whatever bytes there are.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use offhook::listener::{secure_services, services};
use offhook::trust::Certificates;
use support::Site;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

/// Running listeners for services.
struct Services {
    site: Site,
    plain: Vec<SocketAddr>,
    secure: Vec<SocketAddr>,
}

fn serve(change: impl FnOnce(&mut offhook::config::Resolved)) -> Services {
    let mut site = Site::new();
    change(&mut site.config);
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    Certificates::open_or_create(&folder, &[], site.config.provisioning.legacy_tls, now).unwrap();
    let app = site.app();
    let (plain, secure) = (
        services::bind(&site.config).unwrap().unwrap(),
        secure_services::bind(&site.config).unwrap().unwrap(),
    );
    let (plain_at, secure_at) = (plain.local_addrs(), secure.local_addrs());
    tokio::spawn(plain.serve(app.clone(), CancellationToken::new()));
    tokio::spawn(secure.serve(app, CancellationToken::new()));
    Services { site, plain: plain_at, secure: secure_at }
}

impl Services {
    /// What `curl` prints for a page: status, type and body.
    async fn curl(&self, page: &str, options: &[&str]) -> Shown {
        curl(&format!("http://{}{page}", self.plain[0]), options).await
    }

    fn reports(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.site.config.data_dir.join("reports")) else { return Vec::new() };
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        found.sort();
        found
    }
}

#[derive(Debug)]
struct Shown {
    status: u16,
    kind: String,
    body: Vec<u8>,
}

impl Shown {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn curl(url: &str, options: &[&str]) -> Shown {
    let mut command = Command::new("curl");
    command
        .args(["-sSgk", "--max-time", "60", "-w", "\n%{http_code} %{content_type}"])
        .args(options)
        .arg(url);
    let output = command.kill_on_drop(true).output().await.unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    let at = output.stdout.iter().rposition(|byte| *byte == b'\n').unwrap();
    let told = String::from_utf8(output.stdout[at + 1..].to_vec()).unwrap();
    let (status, kind) = told.split_once(' ').unwrap();
    Shown { status: status.parse().unwrap(), kind: kind.to_owned(), body: output.stdout[..at].to_vec() }
}

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

#[tokio::test]
async fn reports_are_kept_under_names_of_our_own() {
    let services = serve(|config| config.services.report_bytes = 1 << 20);
    let file = services.site.outside().join("report.tar.gz");
    fs::write(&file, vec![0x1f; 300_000]).unwrap();
    let part = format!("prt_file=@{};filename=../../../etc/passwd", file.display());
    let upload = [
        "-F",
        "devicename=\"SEP001122AABBCC\"",
        "-F",
        "serialno=\nFCH1",
        "-F",
        "username='Anna'",
        "-F",
        &part,
    ];
    for _ in 0..2 {
        let shown = services.curl("/problem-report", &upload).await;
        assert!(shown.status == 200 && shown.text().contains("thank you"), "{shown:?}");
    }
    let kept = services.reports();
    assert_eq!(kept.len(), 4, "{kept:?}");
    for pair in kept.chunks(2) {
        let about: serde_json::Value = serde_json::from_slice(&fs::read(&pair[0]).unwrap()).unwrap();
        assert_eq!(
            (&about["device"], &about["user"], &about["serial"]),
            (&"SEP001122AABBCC".into(), &"Anna".into(), &"FCH1".into())
        );
        assert_eq!((&about["bytes"], fs::metadata(&pair[1]).unwrap().len()), (&300_000.into(), 300_000));
        assert!(pair[1].file_name().unwrap().to_str().unwrap().starts_with("SEP001122AABBCC-"));
    }
}

#[tokio::test]
async fn bad_uploads_leave_nothing_behind() {
    let services = serve(|config| {
        config.services.report_bytes = 100_000;
        config.limits.stall = Duration::from_millis(300);
    });
    let file = services.site.outside().join("report.tar.gz");
    fs::write(&file, vec![0; 400_000]).unwrap();
    let part = format!("prt_file=@{}", file.display());
    let device = "devicename=SEP001122AABBCC";
    assert_eq!(services.curl("/problem-report", &["-F", device, "-F", &part]).await.status, 413);
    fs::write(&file, "x").unwrap();
    for options in [
        &["-F", &part][..],
        &["-F", "devicename=../../x", "-F", &part],
        &["-F", device],
        &["-F", device, "-F", "prt_file=x", "-F", "username=@/bin/true"],
    ] {
        let shown = services.curl("/problem-report", options).await;
        assert!(shown.status == 400 || shown.status == 413, "{options:?}: {shown:?}");
    }
    // One that stops half-way, and says so or not.
    let head = "POST /problem-report HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"prt_file\"\r\n\r\nhalf";
    for close in [true, false] {
        let mut stream = TcpStream::connect(services.plain[0]).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        if close {
            stream.shutdown().await.unwrap();
        }
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.unwrap();
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(services.reports(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn reports_stop_when_there_is_no_room_or_too_many_come() {
    let services = serve(|config| config.services.reports_bytes = 10);
    let upload = ["-F", "devicename=SEP001122AABBCC", "-F", "prt_file=0123456789abcdef;filename=x"];
    assert_eq!(services.curl("/problem-report", &upload).await.status, 200);
    assert_eq!(services.curl("/problem-report", &upload).await.status, 507);
    let mut statuses = Vec::new();
    for _ in 0..25 {
        statuses.push(services.curl("/problem-report", &upload).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn https_shows_the_certificate_of_the_application_server() {
    for legacy in [false, true] {
        let services = serve(|config| config.provisioning.legacy_tls = legacy);
        let certificates = offhook::trust::certificates_folder(&services.site.config.data_dir);
        let application = fs::read_to_string(certificates.join("application.crt.pem")).unwrap();
        for address in &services.secure {
            let shown = curl(&format!("https://{address}/about"), &["--tls-max", "1.2"]).await;
            assert!(shown.text().contains("Connection: encrypted"), "{}", shown.text());
            assert!(shown.text().contains(&format!("https://{address}/about")), "{}", shown.text());
            let old = ["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"];
            let said = s_client(*address, &old).await;
            assert_eq!(said.contains("About this phone"), legacy, "{said}");
            let said = s_client(*address, &["-tls1_2", "-showcerts"]).await;
            let body: Vec<&str> = application.lines().collect();
            assert!(said.contains(body[1]) && said.contains(body[2]), "{said}");
        }
    }
}

async fn s_client(server: SocketAddr, options: &[&str]) -> String {
    let address = server.to_string();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &address, "-ign_eof"]).args(options);
    command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(b"GET /about HTTP/1.0\r\n\r\n").await;
    let output =
        tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await.unwrap().unwrap();
    drop(stdin);
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn pushes_are_let_through_letter_by_letter() {
    let services = serve(|_| ());
    let file = offhook::push::file(&services.site.config.data_dir);
    let refused = b"UNAUTHORIZED";
    let right = "/authentication?UserID=anna&Password=s3cret&devicename=SEP001122AABBCC";
    assert_eq!(services.curl(right, &[]).await.body, refused, "nobody is let through from the start");
    let user = offhook::push::User {
        hash: pki::password::hash("s3cret"),
        phones: vec!["SEP001122AABBCC".to_owned()],
        until: None,
    };
    offhook::push::Users::change(&file, |users| users.users.insert("anna".to_owned(), user)).unwrap();
    for _ in 0..2 {
        let shown = services.curl(right, &[]).await;
        assert_eq!((shown.status, shown.body.as_slice()), (200, &b"AUTHORIZED"[..]));
    }
    let form = ["-d", "UserID=anna&Password=s3cret&devicename=SEP001122AABBCC"];
    assert_eq!(services.curl("/authentication", &form).await.body, b"AUTHORIZED");
    for wrong in [
        "UserID=anna&Password=S3cret&devicename=SEP001122AABBCC",
        "UserID=anna&Password=s3cret&devicename=SEP001122AABBCD",
        "UserID=anna&Password=s3cret",
        "",
    ] {
        let shown = services.curl(&format!("/authentication?{wrong}"), &[]).await;
        assert_eq!((shown.status, shown.body.as_slice()), (200, &refused[..]), "{wrong}");
    }
}

/// The most memory this process ever held, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Five thousand phones ask within the same moment, as after a power failure; nobody is refused, and none of them costs much.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_phones_ask_at_once_and_all_are_answered() {
    const PHONES: usize = 5_000;
    // Each end of a connection is one of this process.
    let open = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let wanted = rustix::process::Rlimit { current: open.maximum, maximum: open.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, wanted).unwrap();
    let room = open.maximum.unwrap_or(u64::MAX);
    assert!(room > 2 * PHONES as u64 + 500, "this machine allows {room} open files; raise `ulimit -Hn`");
    let services = serve(|_| ());
    let before = peak();
    let address = services.plain[0];
    let pages =
        ["/services", "/directory", "/about", "/idle", "/information?id=303", "/authentication?UserID=x"];
    let one = move |number: usize| async move {
        // Each phone has an address of its own; all of 127.0.0.0/8 are this machine.
        let [.., high, low] = u32::try_from(number).unwrap().to_be_bytes();
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 60, high, low], 0)))?;
        let mut stream = socket.connect(address).await?;
        let page = pages[number % pages.len()];
        let joint = if page.contains('?') { '&' } else { '?' };
        let request = format!(
            "GET {page}{joint}name=SEP0011223{number:05} HTTP/1.1\r\nHost: x\r\nx-CiscoIPPhoneModelName: CP-7942G\r\n\
             Connection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..PHONES {
        asking.spawn(one(number));
    }
    let all = async {
        while let Some(asked) = asking.join_next().await {
            let answer = asked.unwrap().unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
            assert!(answer.ends_with(b">\n") || answer.ends_with(b"UNAUTHORIZED"));
        }
    };
    tokio::time::timeout(Duration::from_secs(300), all).await.unwrap();
    let grown = peak().saturating_sub(before);
    // Both ends, with their buffers: some 30 KiB each.
    assert!(grown < 500 << 10, "{grown} KiB for {PHONES} phones");
}

#[tokio::test]
async fn a_crowd_is_answered() {
    let services = serve(|_| ());
    let address = services.plain[0];
    let one = move || async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        answer
    };
    let asking: Vec<_> = (0..500).map(|_| tokio::spawn(one())).collect();
    for asked in asking {
        let answer = asked.await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"</CiscoIPPhoneMenu>\n"));
    }
}
