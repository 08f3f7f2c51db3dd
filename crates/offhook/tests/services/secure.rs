//! Who is who: the certificate of the server, and the credentials of pushes.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::{curl, serve};

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
