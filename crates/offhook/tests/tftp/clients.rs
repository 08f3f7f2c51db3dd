//! The clients that people have, byte for byte.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use wire::tftp::{Mode, Options, Request};

use crate::server::{Client, Server, content};
use crate::support::Site;

/// Runs a client in `folder` and gives what it says.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn tftp_hpa(folder: &Path, server: SocketAddr, mode: &str, name: &str) -> (Option<Vec<u8>>, String) {
    let (ip, port) = (server.ip().to_string(), server.port().to_string());
    let family = if server.is_ipv4() { "-4" } else { "-6" };
    let local = folder.join("hpa");
    let said =
        run(folder, "tftp", &[family, "-m", mode, &ip, &port, "-c", "get", name, local.to_str().unwrap()]);
    let got = std::fs::read(&local).ok();
    let _ = std::fs::remove_file(local);
    (got, said)
}

fn atftp(folder: &Path, server: SocketAddr, options: &[&str], name: &str) -> (Option<Vec<u8>>, String) {
    let (ip, port) = (server.ip().to_string(), server.port().to_string());
    let mut arguments = Vec::new();
    for option in options {
        arguments.extend(["--option", option]);
    }
    arguments.extend(["-g", "-r", name, "-l", "atftp", &ip, &port]);
    let said = run(folder, "atftp", &arguments);
    let got = std::fs::read(folder.join("atftp")).ok();
    let _ = std::fs::remove_file(folder.join("atftp"));
    (got, said)
}

#[test]
fn tftp_hpa_gets_every_size_over_both_families() {
    let site = Site::new();
    let server = Server::start(&site);
    for size in [0, 1, 511, 512, 513, 13_000, 300_000] {
        let name = format!("file-{size}");
        site.put(&name, content(size));
        for address in &server.addresses {
            let (got, said) = tftp_hpa(site.outside(), *address, "binary", &name);
            assert!(got.unwrap_or_default() == content(size), "{size} from {address}: {said}");
        }
    }
}

#[test]
fn tftp_hpa_gets_text_as_text() {
    let site = Site::new();
    let server = Server::start(&site);
    // Line ends fall on every place of a block.
    let text: String = (0..2000).map(|line| format!("{line} {}\n", "x".repeat(line % 7))).collect();
    site.put("text", &text);
    for address in &server.addresses {
        let (got, said) = tftp_hpa(site.outside(), *address, "ascii", "text");
        assert!(got.unwrap_or_default() == text.as_bytes(), "{said}");
    }
}

#[test]
fn tftp_hpa_is_told_why_there_is_nothing() {
    let site = Site::new();
    let server = Server::start(&site);
    let (_, said) = tftp_hpa(site.outside(), server.address(), "binary", "SEP001122334455.cnf.xml.nowhere");
    assert!(said.contains("Error code 1") && said.contains("nowhere is not here"), "{said}");
}

#[test]
fn atftp_gets_files_with_every_option() {
    let site = Site::new();
    let server = Server::start(&site);
    site.put("file", content(200_000));
    let combinations: [&[&str]; 7] = [
        &[],
        &["blksize 1428"],
        &["blksize 65464"],
        &["tsize 0", "timeout 3"],
        &["windowsize 16"],
        &["blksize 8", "windowsize 32"],
        &["blksize 1428", "windowsize 16", "tsize 0", "timeout 2"],
    ];
    for options in combinations {
        for address in &server.addresses {
            let (got, said) = atftp(site.outside(), *address, options, "file");
            assert!(got.unwrap_or_default() == content(200_000), "{options:?} from {address}: {said}");
        }
    }
}

#[test]
fn a_file_of_more_than_65535_blocks_goes_on_with_block_0() {
    let site = Site::new();
    let server = Server::start(&site);
    let file = content(8 * 66_000 + 5);
    site.put("long", &file);
    let (got, said) = atftp(site.outside(), server.address(), &["blksize 8", "windowsize 16"], "long");
    assert!(got.unwrap_or_default() == file, "{said}");
    for windowsize in [None, Some(32)] {
        let options = Options { blksize: Some(8), windowsize, tsize: Some(0), ..Options::default() };
        let request = Request { name: b"long", mode: Mode::Octet, options };
        let (got, _) = Client::of(server.address()).fetch(request);
        assert!(got.unwrap() == file, "{windowsize:?}");
    }
}
