//! The HTTPS listener, met by the system's own `openssl` and `curl`, over both families.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use offhook::listener::secure_provisioning;
use offhook::trust::Certificates;
use support::Site;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

const CONFIG: &str = "SEP001122334455.cnf.xml";

/// A running HTTPS listener.
struct Https {
    addresses: Vec<SocketAddr>,
    folder: PathBuf,
}

fn serve(site: &Site) -> Https {
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    let legacy = site.config.provisioning.legacy_tls;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    Certificates::open_or_create(&folder, &[], legacy, now).unwrap();
    let bound = secure_provisioning::bind(&site.config).unwrap().unwrap();
    let addresses = bound.local_addrs();
    tokio::spawn(bound.serve(site.app(), CancellationToken::new()));
    Https { addresses, folder }
}

async fn run(program: &str, arguments: &[&str], say: &str) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(say.as_bytes()).await;
    // The client must not see an end of its input before it has the answer.
    let output =
        tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await.unwrap().unwrap();
    drop(stdin);
    output
}

/// Asks for a file through `openssl s_client`, which tells protocol and cipher.
async fn s_client(server: SocketAddr, options: &[&str]) -> String {
    let address = server.to_string();
    let mut arguments = vec!["s_client", "-connect", &address, "-ign_eof"];
    arguments.extend(options);
    let request = format!("GET /{CONFIG}.sgn HTTP/1.0\r\n\r\n");
    let output = run("openssl", &arguments, &request).await;
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn a_signed_configuration_is_given_bare_and_other_files_signed() {
    let site = Site::new();
    site.put(CONFIG, "<device/>");
    let server = serve(&site);
    for address in &server.addresses {
        let get = async |name: &str| {
            let url = format!("https://{address}/{name}");
            run("curl", &["-sSgk", "--fail", &url], "").await.stdout
        };
        assert_eq!(get(&format!("{CONFIG}.sgn")).await, b"<device/>");
        assert_eq!(get(CONFIG).await, b"<device/>");
        let signed = get("DialTemplate.xml.sgn").await;
        assert_eq!(wire::signed::Signed::parse(&signed).unwrap().name, "DialTemplate.xml.sgn");
    }
}

#[tokio::test]
async fn openssl_trusts_the_certificate_as_its_own_root() {
    let site = Site::new();
    site.put(CONFIG, "<device/>");
    let server = serve(&site);
    let certificate = server.folder.join("provisioning.crt.pem");
    let port = server.addresses[0].port();
    let answer = run(
        "openssl",
        &[
            "s_client",
            "-connect",
            &format!("127.0.0.1:{port}"),
            "-CAfile",
            certificate.to_str().unwrap(),
            "-verify_return_error",
            "-brief",
        ],
        "GET / HTTP/1.0\r\n\r\n",
    )
    .await;
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(said.contains("Verification: OK"), "{said}");
}

#[tokio::test]
async fn tls_1_0_with_rsa_key_exchange_works_when_it_is_allowed_and_only_then() {
    let old = ["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"];
    let mut site = Site::new();
    site.put(CONFIG, "<device/>");
    let modern = serve(&site);
    for address in &modern.addresses {
        let said = s_client(*address, &old).await;
        assert!(!said.contains("<device/>"), "{said}");
        let said = s_client(*address, &["-tls1_2"]).await;
        assert!(said.contains("<device/>") && said.contains("ECDHE-ECDSA"), "{said}");
        let said = s_client(*address, &["-tls1_3"]).await;
        assert!(said.contains("<device/>") && said.contains("TLSv1.3"), "{said}");
    }
    site.config.provisioning.legacy_tls = true;
    let legacy = serve(&site);
    for address in &legacy.addresses {
        let said = s_client(*address, &old).await;
        assert!(said.contains("<device/>"), "{said}");
        assert!(said.contains("TLSv1,") || said.contains("Protocol  : TLSv1\n"), "{said}");
        assert!(said.contains("AES128-SHA"), "{said}");
        let said = s_client(*address, &["-tls1_2"]).await;
        assert!(said.contains("<device/>") && said.contains("ECDHE-ECDSA"), "{said}");
    }
}

#[tokio::test]
async fn a_replaced_certificate_is_shown_from_the_next_handshake_on() {
    let site = Site::new();
    site.put(CONFIG, "<device/>");
    let server = serve(&site);
    let subject = async || {
        let said = s_client(server.addresses[0], &[]).await;
        said.lines().find(|line| line.starts_with("subject=")).unwrap().to_owned()
    };
    assert!(!subject().await.contains("TVS"));
    for ending in ["key.pem", "crt.pem"] {
        let from = server.folder.join(format!("tvs.{ending}"));
        std::fs::copy(from, server.folder.join(format!("provisioning.{ending}"))).unwrap();
    }
    assert!(subject().await.contains("TVS"));
}

#[tokio::test]
async fn clients_that_never_finish_the_handshake_stop_nobody() {
    let mut site = Site::new();
    site.put(CONFIG, "<device/>");
    site.config.limits.handshake = Duration::from_millis(500);
    let server = serve(&site);
    let mut nuisances = Vec::new();
    for nuisance in [&b""[..], b"\x16\x03", b"GET / HTTP/1.1\r\n\r\n", b"\x80\x2e\x01\x00\x02", &[0xff; 600]]
    {
        for _ in 0..40 {
            let mut stream = TcpStream::connect(server.addresses[0]).await.unwrap();
            stream.write_all(nuisance).await.unwrap();
            nuisances.push(stream);
        }
    }
    assert!(s_client(server.addresses[0], &[]).await.contains("<device/>"));
    for mut stream in nuisances {
        // Each is ended by the server: an alert at most, then the end.
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said).await;
        assert!(said.len() < 64);
    }
}
