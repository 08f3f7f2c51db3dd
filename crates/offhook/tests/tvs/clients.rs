//! The system's own `openssl` as a client: every version that phones speak, and sessions taken up again.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::{Instant, timeout_at};

use crate::{PHONE, Service, certificate, key_vector, verify};

/// Sends a request through `openssl s_client`, and gives what that printed until `end` was in it, or its own end.
async fn s_client(server: SocketAddr, options: &str, request: &[u8], end: &[u8]) -> Vec<u8> {
    let address = server.to_string();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &address, "-ign_eof"]);
    command.args(options.split(' ').filter(|option| !option.is_empty()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(request).await.unwrap();
    let (mut stdout, mut said) = (child.stdout.take().unwrap(), Vec::new());
    // Only ends a test that hangs.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !contains(&said, end) {
        let read = timeout_at(deadline, stdout.read_buf(&mut said)).await.expect("openssl hangs").unwrap();
        if read == 0 {
            break;
        }
    }
    said
}

fn contains(said: &[u8], words: &[u8]) -> bool {
    said.windows(words.len()).any(|bytes| bytes == words)
}

/// The answer to a question about the application certificate: APP-SERVER, for a day.
const ANSWER: &[u8] = &[0x57, 1, 2, 0, 0, 0, 0, 9, 0, 15, 7, 0, 1, 0, 8, 0, 1, 7, 9, 0, 4, 0, 1, 0x51, 0x80];

#[tokio::test]
async fn every_version_and_key_exchange_that_phones_know_is_served() {
    let service = Service::new();
    let request = verify(9, PHONE, certificate("apps").der());
    for (options, agreed) in [
        ("-tls1 -cipher AES128-SHA:@SECLEVEL=0", "AES128-SHA"),
        ("-tls1 -cipher AES256-SHA:@SECLEVEL=0", "AES256-SHA"),
        ("-tls1_1 -cipher AES128-SHA:@SECLEVEL=0", "AES128-SHA"),
        ("-tls1_2 -cipher AES256-SHA", "AES256-SHA"),
        ("-tls1_2 -cipher AES256-SHA256", "AES256-SHA256"),
        ("-tls1_2 -cipher AES256-GCM-SHA384", "AES256-GCM-SHA384"),
        ("-tls1_2 -cipher ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("-tls1_3", "TLS_AES"),
    ] {
        for address in &service.addresses {
            let said = s_client(*address, options, &request, ANSWER).await;
            let is_right = contains(&said, ANSWER) && contains(&said, agreed.as_bytes());
            assert!(is_right, "{options}: {}", String::from_utf8_lossy(&said));
        }
    }
}

#[tokio::test]
async fn it_shows_the_certificate_in_role_tvs() {
    let service = Service::new();
    let ca = key_vector("tvs.crt.pem");
    let options = format!("-CAfile {} -verify_return_error", ca.display());
    let verified = b"Verify return code: 0 (ok)";
    let said = s_client(service.four(), &options, b"", verified).await;
    assert!(contains(&said, verified), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test]
async fn sessions_are_taken_up_again_even_when_roles_have_changed_meanwhile() {
    let service = Service::new();
    let request = verify(9, PHONE, certificate("apps").der());
    let kept = service.site.outside().join("session");
    for (version, ticket) in
        [("-tls1_2", ""), ("-tls1_2", "-no_ticket"), ("-tls1 -cipher AES128-SHA:@SECLEVEL=0", "-no_ticket")]
    {
        let options = |what: &str| format!("{version} {ticket} {what} {}", kept.display());
        for (what, how) in [("-sess_out", &b"New, "[..]), ("-sess_in", b"Reused, ")] {
            let said = s_client(service.four(), &options(what), &request, ANSWER).await;
            let is_right = contains(&said, ANSWER) && contains(&said, how);
            assert!(is_right, "{version} {ticket} {what}: {}", String::from_utf8_lossy(&said));
            service.change(|state| {
                state.ttl.insert("ccm-asterisk".to_owned(), 60);
            });
        }
    }
}
