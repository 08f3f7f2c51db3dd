//! The `openssl` program of the system reads what we make, and talks to our server.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use pki::{
    Certificate, Curve, Identity, IdentityError, KeyKind, PrivateKey, Request, Subject,
    tls::{self, Policy, Server},
};
use tokio::io::AsyncWriteExt;

const NOW: i64 = 1_790_000_000;

fn openssl(folder: &Path, words: &str) -> Output {
    Command::new("openssl").current_dir(folder).args(words.split(' ')).stdin(Stdio::null()).output().unwrap()
}

fn printed(folder: &Path, words: &str) -> String {
    let output = openssl(folder, words);
    assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn request(key: KeyKind) -> Request {
    Request {
        subject: Subject { cn: "Provisioning".into(), o: "Example, Ltd.".into(), ou: "Voice".into() },
        names: vec![
            "pbx.example.net".parse().unwrap(),
            "192.0.2.1".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        ],
        key,
        days: 10_000,
    }
}

#[test]
fn certificates_are_read_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for key in
        [KeyKind::Rsa(2048), KeyKind::Ec(Curve::P256), KeyKind::Ec(Curve::P384), KeyKind::Ec(Curve::P521)]
    {
        let identity = Identity::self_signed(&request(key), NOW).unwrap();
        identity.write(folder, "made").unwrap();
        assert_eq!(
            printed(folder, "verify -attime 1790000000 -check_ss_sig -CAfile made.crt.pem made.crt.pem"),
            "made.crt.pem: OK\n"
        );
        let text = printed(folder, "x509 -in made.crt.pem -noout -text -nameopt RFC2253");
        for expected in [
            "Version: 3 (0x2)",
            "Subject: OU=Voice,O=Example\\, Ltd.,CN=Provisioning",
            "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
            "Digital Signature, Key Encipherment, Data Encipherment, Certificate Sign, CRL Sign",
            "TLS Web Server Authentication, TLS Web Client Authentication, IPSec End System",
            "X509v3 Subject Key Identifier:",
            "DNS:pbx.example.net, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1",
        ] {
            assert!(text.contains(expected), "no {expected:?} in {text}");
        }
        assert!(
            text.contains("Signature Algorithm: sha256With") || text.contains("ecdsa-with-SHA256"),
            "{text}"
        );
        assert_eq!(identity.certificate.subject(), "CN=Provisioning,O=Example\\, Ltd.,OU=Voice");
        let fingerprint = printed(folder, "x509 -in made.crt.pem -noout -fingerprint -sha256");
        let hex = fingerprint.trim().split('=').nth(1).unwrap().replace(':', "").to_lowercase();
        assert_eq!(identity.certificate.sha256_hex(), hex);
        let serial = printed(folder, "x509 -in made.crt.pem -noout -serial");
        assert_eq!(
            serial.trim().to_lowercase(),
            format!("serial={}", pki::digest::hex(identity.certificate.serial()))
        );
        printed(folder, "pkey -in made.key.pem -check -noout");
    }
}

#[test]
fn ends_after_2049_are_generalized_times() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::self_signed(&request(KeyKind::Ec(Curve::P256)), NOW).unwrap();
    identity.write(folder.path(), "far").unwrap();
    let parsed = printed(folder.path(), "asn1parse -in far.crt.pem");
    assert!(
        parsed.contains("UTCTIME           :260920") && parsed.contains("GENERALIZEDTIME   :2054"),
        "{parsed}"
    );
}

#[test]
fn keys_on_disk_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::self_signed(&request(KeyKind::Ec(Curve::P256)), NOW).unwrap();
    identity.write(folder.path(), "own").unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("own.key.pem"), mode("own.crt.pem")), (0o600, 0o644));
    let read =
        Identity::read(&folder.path().join("own.crt.pem"), &folder.path().join("own.key.pem")).unwrap();
    assert_eq!(read.certificate, identity.certificate);
    assert!(read.key.matches(&identity.certificate));
}

#[test]
fn brought_along_pairs_are_read_with_those_above_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    printed(
        folder,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /C=NZ/O=Ours/CN=Root -days 30",
    );
    printed(folder, "req -newkey rsa:2048 -nodes -keyout own.key -out own.csr -subj /CN=pbx/O=Ours/OU=Voice");
    printed(folder, "x509 -req -in own.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out own.crt -days 30");
    let mut both = fs::read(folder.join("own.crt")).unwrap();
    both.extend(fs::read(folder.join("ca.crt")).unwrap());
    both.extend(fs::read(folder.join("own.key")).unwrap());
    fs::write(folder.join("all.pem"), both).unwrap();
    let identity = Identity::read(&folder.join("all.pem"), &folder.join("all.pem")).unwrap();
    assert_eq!(identity.certificate.subject(), "CN=pbx,O=Ours,OU=Voice");
    assert_eq!(identity.certificate.issuer(), "C=NZ,O=Ours,CN=Root");
    assert_eq!(identity.chain.len(), 1);
    assert!(!identity.certificate.is_self_signed() && identity.chain[0].is_self_signed());
    identity.write(folder, "again").unwrap();
    let again = Identity::read(&folder.join("again.crt.pem"), &folder.join("again.key.pem")).unwrap();
    assert_eq!(again.chain, identity.chain);

    let mismatch = Identity::read(&folder.join("ca.crt"), &folder.join("own.key")).unwrap_err();
    assert!(matches!(mismatch, IdentityError::Mismatch { .. }));
    assert!(mismatch.to_string().contains("own.key is not the key of the certificate in"), "{mismatch}");
    printed(folder, "rsa -in own.key -aes128 -passout pass:secret -out locked.key");
    let locked = Identity::read(&folder.join("own.crt"), &folder.join("locked.key")).unwrap_err().to_string();
    assert!(locked.contains("locked.key") && locked.contains("passphrase"), "{locked}");
    printed(folder, "rsa -in own.key -traditional -outform DER -out own.der");
    assert!(
        PrivateKey::from_der(&fs::read(folder.join("own.der")).unwrap())
            .unwrap()
            .matches(&identity.certificate)
    );
    let wrong = Identity::read(&folder.join("own.key"), &folder.join("own.key")).unwrap_err().to_string();
    assert!(wrong.contains("own.key: this is not a certificate"), "{wrong}");
    assert!(
        Identity::read(&folder.join("none"), &folder.join("own.key"))
            .unwrap_err()
            .to_string()
            .contains("none")
    );
}

#[test]
fn certificates_of_no_use_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    printed(folder, "req -x509 -newkey ed25519 -nodes -keyout e.key -out e.crt -subj /CN=x -days 30");
    let refused = Certificate::read(&folder.join("e.crt")).unwrap_err().to_string();
    assert!(refused.contains("e.crt") && refused.contains("ED25519"), "{refused}");
    let good = Identity::self_signed(&request(KeyKind::Ec(Curve::P256)), NOW).unwrap().certificate;
    let mut trailing = good.der().to_vec();
    trailing.push(0);
    assert!(Certificate::from_der(&trailing).unwrap_err().to_string().contains("bytes follow it"));
    assert!(Certificate::from_der(&good.der()[..good.der().len() - 1]).is_err());
    assert!(Certificate::from_der(&vec![0x30; 20_000]).unwrap_err().to_string().contains("20000 bytes"));
    assert!(Certificate::from_bytes(b"hello").is_err());
    assert_eq!(Certificate::from_bytes(&good.to_pem()).unwrap(), good);
}

/// `s_client` against a server of ours; gives what it printed.
async fn s_client(server: Server, words: &str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let words = format!("s_client -connect {} {words}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = server.accept(stream).await {
                let told = format!("server: {}\n", tls::described(&stream));
                let _ = stream.write_all(told.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }
    });
    let output = tokio::task::spawn_blocking(move || {
        Command::new("openssl").args(words.split(' ')).stdin(Stdio::null()).output().unwrap()
    });
    let output = output.await.unwrap();
    serving.abort();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn server(policy: Policy) -> Server {
    let rsa = Identity::self_signed(&request(KeyKind::Rsa(2048)), NOW).unwrap();
    let ec = Identity::self_signed(&request(KeyKind::Ec(Curve::P256)), NOW).unwrap();
    Server::new(policy, &[&ec, &rsa]).unwrap()
}

#[tokio::test]
async fn s_client_speaks_tls_1_0_with_rsa_key_exchange_when_legacy() {
    let old = "-tls1 -cipher AES128-SHA:@SECLEVEL=0";
    let text = s_client(server(Policy::LegacyPhone), old).await;
    assert!(text.contains("Cipher is AES128-SHA") || text.contains("Cipher    : AES128-SHA"), "{text}");
    let text = s_client(server(Policy::Modern), old).await;
    assert!(text.contains("alert protocol version") && text.contains("Cipher is (NONE)"), "{text}");
}

#[tokio::test]
async fn s_client_gets_the_groups_and_ciphers_of_today() {
    for (words, expected) in [
        ("-tls1_3 -groups P-521", "TLS_AES_128_GCM_SHA256"),
        ("-tls1_3 -groups X25519", "Server Temp Key: X25519"),
        ("-tls1_2 -groups P-384:P-256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        // The P-256 certificate is of no use to a client that knows P-384 only.
        ("-tls1_2 -groups P-384", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384", "Cipher is ECDHE-RSA-AES256-GCM-SHA384"),
        ("-tls1_2 -cipher AES128-SHA", "alert handshake failure"),
        ("-tls1_3 -groups X448", "alert handshake failure"),
    ] {
        let text = s_client(server(Policy::Modern), words).await;
        assert!(text.contains(expected), "{words}: no {expected:?} in {text}");
    }
}

#[tokio::test]
async fn sessions_are_taken_up_again() {
    for words in ["-tls1_2 -reconnect", "-tls1_2 -no_ticket -reconnect"] {
        let text = s_client(server(Policy::Modern), words).await;
        assert!(text.contains("Reused, TLSv1.2"), "{words}: {text}");
    }
}

#[test]
fn a_serial_number_is_known_as_it_stands_in_the_certificate_too() {
    let folder = tempfile::tempdir().unwrap();
    let huge = format!("0x{}", "a5".repeat(40));
    for (number, magnitude) in [
        ("1", "01"),
        ("127", "7f"),
        ("128", "80"),
        ("0", "00"),
        ("-1", "01"),
        ("-127", "7f"),
        ("-128", "80"),
        ("-129", "81"),
        ("-256", "0100"),
        ("-0xff00ff00ff00ff00", "ff00ff00ff00ff00"),
        (&huge, &huge[2..]),
    ] {
        let made = format!(
            "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out made.der -outform DER -subj /CN=x/O=y -set_serial {number}"
        );
        printed(folder.path(), &made);
        let der = fs::read(folder.path().join("made.der")).unwrap();
        let certificate = Certificate::from_der(&der).unwrap();
        assert_eq!(pki::digest::hex(certificate.serial()), magnitude, "{number}");
        // Behind two sequences with lengths of two bytes, and the version.
        let [2, len, rest @ ..] = &der[13..] else { panic!("{number}") };
        assert_eq!(certificate.serial_in_der(), rest[..usize::from(*len)], "{number}");
    }
}
