//! Many phones at once.

use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::serve;

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
