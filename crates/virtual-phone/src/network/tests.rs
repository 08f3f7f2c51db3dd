//! The network side against servers of a few lines: bytes on the wire, falls of a server, and one whole boot.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, future::Future, sync::Arc};

use pki::tls::Policy;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
    sync::mpsc,
};

use super::{Server, *};
use crate::{ask::Purpose, boot::Flash, models::find, phone, testing::*, trust::Checks};

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn network(http: u16, https: u16, tftp: u16) -> Network {
    let server = Server { name: "localhost".to_owned(), address: HOME, http, https, tftp, tvs: 0 };
    Network::new(server, Patience::default())
}

fn ask(name: &str, transport: Transport) -> Ask {
    Ask { name: name.to_owned(), transport, purpose: Purpose::Configuration }
}

fn caller<'a>(model: &str, trusted: Option<&'a [Certificate]>) -> Caller<'a> {
    Caller { model: find(model).unwrap(), from: None, trusted }
}

async fn fetch(network: &Network, ask: &Ask) -> Result<Vec<u8>, Trouble> {
    let mut buffer = b"left over from before".to_vec();
    let fetched = network.fetch(ask, caller("8845", None), &mut buffer).await?;
    Ok(buffer[fetched.start..].to_vec())
}

/// Serves one connection after the other: reads a request to its end, says what `answer` gives, and tells whether the
/// client closed then without another word.
async fn http_server(
    answer: impl Fn(&str) -> Vec<u8> + Send + 'static,
) -> (u16, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind((HOME, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = read_request(&mut stream).await;
            let name = String::from_utf8_lossy(&request).split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = stream.write_all(&answer(name.trim_start_matches('/'))).await;
            let mut rest = vec![];
            if stream.read_to_end(&mut rest).await.is_ok() {
                let _ = told.send([request, rest].concat());
            }
        }
    });
    (port, heard)
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_buf(&mut request).await {
            Ok(count) if count > 0 => {}
            _ => break,
        }
    }
    request
}

fn ok(body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}

mod http {
    use super::*;

    async fn answered(answer: &'static [u8]) -> Result<Vec<u8>, Trouble> {
        let (port, _heard) = http_server(|_| answer.to_vec()).await;
        fetch(&network(port, 0, 0), &ask("SEP001122334455.cnf.xml", Transport::Http)).await
    }

    #[tokio::test]
    async fn each_file_has_its_own_connection_and_the_client_closes_it() {
        let (port, mut heard) = http_server(|name| ok(name.as_bytes())).await;
        let network = network(port, 0, 0);
        for name in ["CTLSEP001122334455.tlv", "/sp-sip.jar"] {
            let body = fetch(&network, &ask(name, Transport::Http)).await.unwrap();
            assert_eq!(body, name.trim_start_matches('/').as_bytes());
            let request =
                format!("GET /{} HTTP/1.1\r\nHost:127.0.0.1:{port}\r\n\r\n", name.trim_start_matches('/'));
            assert_eq!(heard.recv().await.unwrap(), request.into_bytes());
        }
    }

    #[tokio::test]
    async fn refusals_keep_their_reason() {
        assert_eq!(
            answered(b"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\ntrust is off").await,
            Err(Trouble::Missing("trust is off".to_owned()))
        );
        let unavailable = answered(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(unavailable, Err(Trouble::Status(503)));
        let redirect = answered(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(redirect, Err(Trouble::Status(302)));
    }

    #[tokio::test]
    async fn answers_that_are_not_whole_are_no_files() {
        for (answer, expected) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n123456"[..], "more than the 5"),
            (b"HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "2048 KB"),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no HTTP/1.1"),
        ] {
            let trouble = answered(answer).await.unwrap_err().to_string();
            assert!(trouble.contains(expected), "{trouble}");
        }
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_told_from_one_that_is_not_there() {
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        let network = network(listener.local_addr().unwrap().port(), 0, 0);
        let wanted = ask("SEP001122334455.cnf.xml", Transport::Http);
        for (said, expected) in [
            (&b""[..], "after 0 bytes of a head"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234", "after 4 of 9 bytes"),
        ] {
            let server = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                read_request(&mut stream).await;
                stream.write_all(said).await.unwrap();
            };
            let (fetched, ()) = tokio::join!(fetch(&network, &wanted), server);
            let trouble = fetched.unwrap_err().to_string();
            assert!(trouble.contains(expected), "{trouble}");
        }
        drop(listener);
        assert_eq!(fetch(&network, &wanted).await, Err(Trouble::Refused));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_left() {
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        let network = network(listener.local_addr().unwrap().port(), 0, 0);
        let fetched = fetch(&network, &ask("SEP001122334455.cnf.xml", Transport::Http)).await;
        assert_eq!(fetched, Err(Trouble::Silent(Duration::from_secs(10))));
    }
}

mod tftp {
    use super::*;

    /// One exchange: the datagram that came, from whom, and a new socket to answer from.
    async fn request(socket: &UdpSocket) -> (Vec<u8>, SocketAddr, UdpSocket) {
        let mut datagram = vec![0; 600];
        let (len, from) = socket.recv_from(&mut datagram).await.unwrap();
        datagram.truncate(len);
        (datagram, from, UdpSocket::bind((HOME, 0)).await.unwrap())
    }

    async fn listening() -> (UdpSocket, Network) {
        let socket = UdpSocket::bind((HOME, 0)).await.unwrap();
        let network = network(0, 0, socket.local_addr().unwrap().port());
        (socket, network)
    }

    #[tokio::test]
    async fn requests_are_octet_without_options_and_blocks_are_acknowledged() {
        let (socket, network) = listening().await;
        let server = async {
            let (datagram, from, transfer) = request(&socket).await;
            assert_eq!(datagram, b"\x00\x01CTLSEP2834A2823B58.tlv\x00octet\x00");
            assert_eq!(datagram.len(), 31, "as the call manager logs it");
            transfer.send_to(&[b"\x00\x03\x00\x01".as_slice(), &[7; 512]].concat(), from).await.unwrap();
            let (ack, again, _) = request(&transfer).await;
            assert_eq!((ack.as_slice(), again), (&b"\x00\x04\x00\x01"[..], from));
            transfer.send_to(b"\x00\x03\x00\x02end", from).await.unwrap();
            assert_eq!(request(&transfer).await.0, b"\x00\x04\x00\x02");
        };
        let wanted = ask("CTLSEP2834A2823B58.tlv", Transport::Tftp);
        let (fetched, ()) = tokio::join!(fetch(&network, &wanted), server);
        assert_eq!(fetched.unwrap(), [&[7; 512][..], b"end"].concat());
        assert_eq!(network.retransmissions(), 0);
    }

    #[tokio::test]
    async fn a_slash_before_a_nameless_locale_goes_out_as_it_is() {
        let (socket, network) = listening().await;
        let server = async {
            let (datagram, from, transfer) = request(&socket).await;
            assert_eq!(datagram, b"\x00\x01/mk-sip.jar\x00octet\x00");
            transfer.send_to(b"\x00\x05\x00\x01no such file\x00", from).await.unwrap();
        };
        let wanted = ask("/mk-sip.jar", Transport::Tftp);
        let (fetched, ()) = tokio::join!(fetch(&network, &wanted), server);
        assert_eq!(fetched, Err(Trouble::Missing("no such file".to_owned())));
    }

    #[tokio::test]
    async fn other_errors_are_not_taken_for_missing_files() {
        let (socket, network) = listening().await;
        let server = async {
            let (_, from, transfer) = request(&socket).await;
            transfer.send_to(b"\x00\x05\x00\x02outside the root\x00", from).await.unwrap();
        };
        let wanted = ask("x", Transport::Tftp);
        let (fetched, ()) = tokio::join!(fetch(&network, &wanted), server);
        assert!(matches!(fetched, Err(Trouble::TftpError(_, message)) if message == "outside the root"));
    }

    #[tokio::test]
    async fn nobody_on_that_port_is_told_at_once() {
        let (socket, network) = listening().await;
        drop(socket);
        assert_eq!(fetch(&network, &ask("x", Transport::Tftp)).await, Err(Trouble::Refused));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_server_is_asked_ten_times_half_a_second_apart() {
        let (socket, network) = listening().await;
        let fetched = fetch(&network, &ask("x", Transport::Tftp)).await;
        assert_eq!(fetched, Err(Trouble::Silent(Duration::from_secs(5))));
        assert_eq!(network.retransmissions(), 9);
        for _ in 0..10 {
            assert_eq!(request(&socket).await.0, b"\x00\x01x\x00octet\x00");
        }
    }
}

mod https {
    use super::*;

    /// A TLS server for one connection.
    async fn serve(policy: Policy, identity: &pki::Identity) -> (u16, impl Future<Output = Vec<u8>> + use<>) {
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = pki::tls::Server::new(policy, &[identity]).unwrap();
        let serving = async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = tls.accept(stream).await else { return vec![] };
            let request = read_request(&mut stream).await;
            let _ = stream.write_all(&ok(b"<device/>")).await;
            request
        };
        (port, serving)
    }

    async fn fetched(
        model: &str,
        trusted: Option<&[Certificate]>,
        policy: Policy,
        identity: &pki::Identity,
    ) -> (Result<Fetched, Trouble>, Vec<u8>) {
        let (port, serving) = serve(policy, identity).await;
        let network = network(0, port, 0);
        let wanted = ask("SEP001122334455.cnf.xml.sgn", Transport::Https);
        let mut buffer = vec![];
        tokio::join!(network.fetch(&wanted, caller(model, trusted), &mut buffer), serving)
    }

    #[tokio::test]
    async fn a_server_from_the_trust_list_is_asked_like_any_other() {
        let web = &KEYS.web;
        let trusted = [KEYS.tftp.certificate.clone(), web.certificate.clone()];
        let (fetched, request) = fetched("8845", Some(&trusted), Policy::Modern, web).await;
        assert_eq!(fetched.unwrap().remark.as_deref(), Some("TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256"));
        assert!(request.starts_with(b"GET /SEP001122334455.cnf.xml.sgn HTTP/1.1\r\nHost:127.0.0.1:"));
    }

    #[tokio::test]
    async fn a_server_that_is_not_in_the_list_is_not_even_asked() {
        let trusted = [KEYS.tftp.certificate.clone()];
        let (fetched, request) = fetched("8845", Some(&trusted), Policy::Modern, &KEYS.web).await;
        let trouble = fetched.unwrap_err().to_string();
        assert!(
            trouble.contains("CN=provisioning,O=Example,OU=Telephones, which is not in the trust list"),
            "{trouble}"
        );
        assert_eq!(request, b"");
    }

    #[tokio::test]
    async fn without_a_list_any_server_will_do() {
        let (fetched, _) = fetched("8845", None, Policy::Modern, &KEYS.web).await;
        assert!(fetched.is_ok());
    }

    #[tokio::test]
    async fn an_old_phone_needs_a_server_that_speaks_tls_1_0() {
        let rsa = identity("old", pki::KeyKind::Rsa(2048));
        let (modern, _) = fetched("9971", None, Policy::Modern, &rsa).await;
        assert!(matches!(modern, Err(Trouble::Tls(_))), "{modern:?}");
        let (legacy, _) = fetched("9971", None, Policy::LegacyPhone, &rsa).await;
        assert_eq!(legacy.unwrap().remark.as_deref(), Some("TLSv1 AES128-SHA"));
    }
}

mod tvs {
    use super::*;
    use crate::tvs::{Question, Told};
    use wire::{
        trust_list::Role,
        tvs::{Answer, DeviceName, Direction, Request, Response, Stream, Vouched},
    };

    /// A service for one connection, which answers in pieces; and the request it got.
    async fn asked(trusted: Option<&[Certificate]>, said: Option<Answer<'static>>) -> Result<Told, Trouble> {
        let identity = &KEYS.sast;
        let listener = TcpListener::bind((HOME, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Server { tvs: port, ..network(0, 0, 0).server().clone() };
        let network = Network::new(server, Patience::default());
        let tls = pki::tls::Server::new(Policy::LegacyPhone, &[identity]).unwrap();
        let serving = async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = tls.accept(stream).await else { return };
            let mut messages = Stream::new(Direction::Request);
            let request = loop {
                let byte = [stream.read_u8().await.unwrap()];
                if let (_, Some(message)) = messages.take(&byte).unwrap() {
                    break message;
                }
            };
            let request = Request::decode(&request).unwrap();
            assert_eq!(request.device.as_str(), "CP-9971-SEP001122334455");
            let Some(answer) = said else { return };
            let response = Response { session: request.session, answer }.encode().unwrap();
            for piece in response.chunks(3) {
                stream.write_all(piece).await.unwrap();
            }
            let _ = stream.shutdown().await;
        };
        let question = Question::Verify(KEYS.tftp.certificate.clone());
        let device = DeviceName::parse("CP-9971-SEP001122334455").unwrap();
        let asking = network.ask_tvs(&question, device, caller("9971", trusted));
        let (reply, ()) = tokio::join!(asking, serving);
        let reply = reply?;
        assert_eq!(reply.server.as_ref(), Some(&identity.certificate));
        assert_eq!(reply.remark, "TLSv1 AES128-SHA");
        Ok(reply.told)
    }

    #[tokio::test]
    async fn a_service_from_the_trust_list_is_believed() {
        let trusted = [KEYS.sast.certificate.clone()];
        let said = Answer::Verified(Vouched { roles: &[3], ttl: 60 });
        let told = asked(Some(&trusted), Some(said)).await.unwrap();
        let certificate = KEYS.tftp.certificate.clone();
        assert_eq!(told, Told::Vouched { certificate, roles: vec![Role::Tftp], ttl: 60 });
    }

    #[tokio::test]
    async fn another_is_not_even_asked_and_silence_is_no_answer() {
        let trusted = [KEYS.tftp.certificate.clone()];
        let trouble = asked(Some(&trusted), None).await.unwrap_err().to_string();
        assert!(trouble.contains("not in the trust list in role TVS"), "{trouble}");
        let trouble = asked(None, None).await.unwrap_err().to_string();
        assert!(trouble.contains("without an answer"), "{trouble}");
    }
}

/// A server of files over HTTP only, and one boot of each family against it, without a list and with one.
#[tokio::test]
async fn whole_boots_over_a_network() {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    files.insert("SEP001122334455.cnf.xml".to_owned(), CONFIGURATION.into());
    for name in ["SEP001122334455.cnf.xml.sgn", "SoftKeys.xml.sgn"] {
        files.insert(name.to_owned(), signed(name, CONFIGURATION.as_bytes()));
    }
    let plain = files.clone();
    files.insert("ITLFile.tlv".to_owned(), usual_list(V1_0));
    let missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    for (files, signed_by) in [(plain, None), (files, Some("CN=tftp,O=Example,OU=Telephones"))] {
        let (port, _heard) =
            http_server(move |name| files.get(name).map_or(missing.to_vec(), |file| ok(file))).await;
        let network = network(port, 0, 0);
        for model in ["8845", "7841", "8945"] {
            let (phone, mut asked) = (phone(model), 0);
            let checks = Arc::new(Checks::default());
            let over = crate::boot::Over::Only(Transport::Http);
            let phone = crate::boot::Phone { over, ..phone };
            let (report, _) =
                phone::boot(phone, Flash::default(), checks, &network, None, |_| asked += 1).await;
            assert!(report.verdict.comes_up, "{model}: {report:?}");
            assert_eq!(report.steps.len(), asked);
            let step = report.steps.iter().find(|step| step.file.starts_with("SEP")).unwrap();
            assert_eq!(step.signed_by.as_deref(), signed_by);
        }
    }
}
