//! Handshakes in memory, for every pair of a server's policy and a client's.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::OnceLock;

use pki::{
    Curve, Identity, KeyKind, Request, Subject,
    tls::{self, Alert, Client, ClientPolicy, Described, Policy, Server, TlsError, Version, WebClient},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

const NOW: i64 = 1_790_000_000;

fn make(key: KeyKind) -> Identity {
    let subject = Subject { cn: "pbx.example.net".into(), o: "Example".into(), ou: "Voice".into() };
    Identity::self_signed(&Request { subject, names: Vec::new(), key, days: 3650 }, NOW).unwrap()
}

fn rsa() -> &'static Identity {
    static RSA: OnceLock<Identity> = OnceLock::new();
    RSA.get_or_init(|| make(KeyKind::Rsa(2048)))
}

fn ec() -> &'static Identity {
    static EC: OnceLock<Identity> = OnceLock::new();
    EC.get_or_init(|| make(KeyKind::Ec(Curve::P256)))
}

/// Both sides' outcome; a message goes each way when both are content.
async fn meet(
    server: &Server,
    client: ClientPolicy,
    trust: &'static [&'static Identity],
) -> (Outcome, Outcome) {
    let (near, far) = duplex(64 << 10);
    let server = server.clone();
    let serving = tokio::spawn(async move {
        let mut stream = server.accept(near).await?;
        let mut question = [0; 4];
        // A client that refuses the certificate in TLS 1.3 says so after the server's handshake is done.
        stream.read_exact(&mut question).await.map_err(|_| TlsError::Gone)?;
        stream.write_all(b"pong").await.unwrap();
        stream.shutdown().await.unwrap();
        Ok(tls::described(&stream))
    });
    let client = Client::new(client).unwrap();
    let trusted = move |shown: &pki::Certificate| trust.iter().any(|identity| identity.certificate == *shown);
    let connected = async {
        let mut stream = client.connect(far, "pbx.example.net", trusted).await?;
        stream.write_all(b"ping").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"pong");
        assert!(tls::peer_certificate(&stream).is_some());
        Ok(tls::described(&stream))
    };
    let outcome = connected.await;
    (serving.await.unwrap(), outcome)
}

type Outcome = Result<Described, TlsError>;

fn agreed((server, client): (Outcome, Outcome)) -> (&'static str, &'static str) {
    let (server, client) = (server.unwrap(), client.unwrap());
    assert_eq!(server, client);
    assert!(!client.resumed);
    (client.version, client.cipher)
}

fn both() -> [&'static Identity; 2] {
    [rsa(), ec()]
}

fn trust() -> &'static [&'static Identity] {
    static BOTH: OnceLock<[&'static Identity; 2]> = OnceLock::new();
    BOTH.get_or_init(both)
}

#[tokio::test]
async fn an_old_phone_is_served_by_legacy_only() {
    let old = ClientPolicy::phone_7900();
    let legacy = Server::new(Policy::LegacyPhone, &both()).unwrap();
    assert_eq!(agreed(meet(&legacy, old.clone(), trust()).await), ("TLSv1", "AES128-SHA"));
    let modern = Server::new(Policy::Modern, &both()).unwrap();
    let (server, client) = meet(&modern, old, trust()).await;
    assert!(matches!(server, Err(TlsError::Version)), "{server:?}");
    assert!(matches!(client, Err(TlsError::Refused(Alert(70)))), "{client:?}");
}

#[tokio::test]
async fn todays_phones_and_programs_are_served_by_both() {
    for policy in [Policy::Modern, Policy::LegacyPhone] {
        let server = Server::new(policy, &both()).unwrap();
        assert_eq!(server.policy(), policy);
        let phone = agreed(meet(&server, ClientPolicy::phone_8800(), trust()).await);
        assert_eq!(phone, ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"));
        let program = agreed(meet(&server, ClientPolicy::modern(), trust()).await);
        assert_eq!(program, ("TLSv1.3", "TLS_AES_128_GCM_SHA256"));
    }
}

#[tokio::test]
async fn each_client_gets_the_certificate_it_can_use() {
    let server = Server::new(Policy::LegacyPhone, &both()).unwrap();
    let only_rsa: &'static [&'static Identity] = Box::leak(Box::new([rsa()]));
    let rsa_only =
        ClientPolicy { ciphers: "ECDHE-RSA-AES256-GCM-SHA384".into(), ..ClientPolicy::phone_8800() };
    assert_eq!(agreed(meet(&server, rsa_only, only_rsa).await).1, "ECDHE-RSA-AES256-GCM-SHA384");
    let only_ec: &'static [&'static Identity] = Box::leak(Box::new([ec()]));
    agreed(meet(&server, ClientPolicy::phone_8800(), only_ec).await);
    for cipher in ["AES256-SHA", "AES128-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"] {
        let policy = ClientPolicy { ciphers: cipher.into(), legacy: true, ..ClientPolicy::phone_8800() };
        assert_eq!(agreed(meet(&server, policy, trust()).await).1, cipher);
    }
    let tls11 = ClientPolicy { max: Version::Tls11, ..ClientPolicy::phone_7900() };
    assert_eq!(agreed(meet(&server, tls11, trust()).await), ("TLSv1.1", "AES128-SHA"));
}

#[tokio::test]
async fn rsa_key_exchange_is_refused_by_modern() {
    let server = Server::new(Policy::Modern, &both()).unwrap();
    let policy =
        ClientPolicy { ciphers: "AES256-SHA:AES128-SHA".into(), legacy: true, ..ClientPolicy::phone_8800() };
    let (server, client) = meet(&server, policy, trust()).await;
    assert!(matches!(server, Err(TlsError::Cipher)), "{server:?}");
    assert!(matches!(client, Err(TlsError::Refused(Alert(40)))), "{client:?}");
}

#[tokio::test]
async fn an_untrusted_server_is_told_so() {
    for (policy, client) in [
        (Policy::LegacyPhone, ClientPolicy::phone_7900()),
        (Policy::Modern, ClientPolicy::phone_8800()),
        (Policy::Modern, ClientPolicy::modern()),
    ] {
        let tls13 = client.max == Version::Tls13;
        let server = Server::new(policy, &both()).unwrap();
        let (server, client) = meet(&server, client, &[]).await;
        assert!(matches!(client, Err(TlsError::Untrusted)), "{client:?}");
        match server {
            Err(TlsError::Refused(alert)) => assert_eq!(alert, Alert(48)),
            Err(TlsError::Gone) if tls13 => {}
            other => panic!("{other:?}"),
        }
    }
}

/// What a client that trusts one of these says of a server that shows another.
async fn asked(trusted: &Identity, shown: &Identity, name: &str) -> Result<Described, TlsError> {
    let (near, far) = duplex(64 << 10);
    let server = Server::new(Policy::Modern, &[shown]).unwrap();
    tokio::spawn(async move { server.accept(near).await });
    let client = WebClient::trusting(&trusted.certificate.to_pem()).unwrap();
    client.connect(far, name).await.map(|stream| tls::described(&stream))
}

#[tokio::test]
async fn servers_of_others_need_an_authority_a_name_and_a_date() {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    let make = |names: &[&str], from: i64| {
        let subject = Subject { cn: "dav.example.net".into(), o: "Example".into(), ou: "Web".into() };
        let names = names.iter().map(|name| name.parse().unwrap()).collect();
        let key = KeyKind::Ec(Curve::P256);
        Identity::self_signed(&Request { subject, names, key, days: 30 }, from).unwrap()
    };
    let server = make(&["dav.example.net", "192.0.2.1", "2001:db8::1"], now);
    for name in ["dav.example.net", "192.0.2.1", "2001:db8::1"] {
        assert!(asked(&server, &server, name).await.is_ok(), "{name}");
    }
    let old = make(&["dav.example.net"], now - 31 * 86_400);
    let other = make(&["dav.example.net"], now);
    for (trusted, shown, name, why) in [
        (&server, &server, "www.example.net", "hostname mismatch"),
        (&server, &server, "192.0.2.2", "IP address mismatch"),
        (&old, &old, "dav.example.net", "expired"),
        (&other, &server, "dav.example.net", "self-signed"),
    ] {
        let refused = asked(trusted, shown, name).await.unwrap_err().to_string();
        assert!(refused.contains("not trusted") && refused.contains(why), "{name}: {refused}");
    }
    assert!(WebClient::trusting(b"").is_err() && WebClient::trusting(b"no certificate").is_err());
    assert!(WebClient::of_this_machine().is_ok());
}

#[tokio::test]
async fn noise_and_silence_have_their_own_words() {
    let server = Server::new(Policy::Modern, &[ec()]).unwrap();
    for (said, expected) in [
        (&b"GET / HTTP/1.1\r\nHost:x\r\n\r\n"[..], "does not speak TLS"),
        (&b"\x16\x03\x01\x02"[..], "hung up"),
        (b"", "hung up"),
        (&[0xff; 600], "does not speak TLS"),
    ] {
        let (near, mut far) = duplex(4096);
        far.write_all(said).await.unwrap();
        far.shutdown().await.unwrap();
        let error = server.accept(near).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{said:?}: {error}");
    }
}

#[tokio::test]
async fn a_greeting_in_the_form_of_ssl_2_is_understood_when_legacy() {
    // What OpenSSL 0.9.8, which 894x phones have, says first: TLS 1.0 with AES128-SHA and AES256-SHA.
    let mut hello = vec![0x80, 31, 1, 3, 1, 0, 6, 0, 0, 0, 16, 0, 0, 0x2f, 0, 0, 0x35];
    hello.extend([7; 16]);
    for (policy, first) in [(Policy::LegacyPhone, [0x16, 3, 1]), (Policy::Modern, [0x15, 3, 1])] {
        let server = Server::new(policy, &both()).unwrap();
        let (near, mut far) = duplex(64 << 10);
        let serving = tokio::spawn(async move { server.accept(near).await.map(drop) });
        far.write_all(&hello).await.unwrap();
        let mut answer = [0; 3];
        far.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, first, "a handshake record, or an alert");
        drop(far);
        assert!(serving.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn a_server_needs_sense() {
    assert!(Server::new(Policy::Modern, &[]).unwrap_err().to_string().contains("needs a certificate"));
    assert!(Server::new(Policy::Modern, &[ec(), ec()]).unwrap_err().to_string().contains("one EC"));
    assert!(Server::new(Policy::Modern, &[rsa(), rsa()]).unwrap_err().to_string().contains("one RSA"));
    let mixed = Identity { key: rsa().key.clone(), ..make(KeyKind::Rsa(1024)) };
    assert!(Server::new(Policy::Modern, &[&mixed]).unwrap_err().to_string().contains("not the key"));
    let small = make(KeyKind::Rsa(1024));
    assert!(Server::new(Policy::Modern, &[&small]).is_ok(), "an old key that was brought along is served");
}

#[test]
fn nothing_secret_is_printed() {
    let server = Server::new(Policy::Modern, &both()).unwrap();
    assert_eq!(format!("{server:?}"), "Server { policy: Modern, .. }");
    assert!(!format!("{:?}", rsa()).contains("key:"), "{:?}", rsa());
}
