//! Documents: files of the administrator, comparing, overrides, rendering.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::furnished;
use super::machine::Machine;

#[test]
fn a_file_of_the_administrator_wins_and_is_said_to() {
    let machine = furnished(Machine::empty());
    assert_eq!(machine.json("phone show SEP001122334455")["file"], Value::Null);
    let made = machine.exactly(&["phone", "render", "SEP001122334455", "--secrets"]);
    machine.put("data/tftpboot/sep001122334455.CNF.xml", &made);
    assert!(machine.ok("phone show SEP001122334455").contains("tftpboot/sep001122334455.CNF.xml wins"));
    assert!(machine.ok("phone diff SEP001122334455").contains("say the same"));
    // Order and white space mean nothing; a word does.
    machine
        .put("data/tftpboot/sep001122334455.CNF.xml", made.replace('\n', "").replace("Hotline", "Kitchen"));
    let difference = machine.fails(1, "phone diff SEP001122334455");
    assert!(
        difference.contains("Hotline")
            && difference.contains("Kitchen")
            && difference.contains("2 differences"),
        "{difference}"
    );
}

#[test]
fn documents_are_compared_from_files_input_and_addresses() {
    let machine = furnished(Machine::empty());
    let made = machine.exactly(&["phone", "render", "SEP001122334455", "--secrets"]);
    machine.put("other.xml", &made);
    machine.ok("phone diff SEP001122334455 other.xml");
    machine.ok("phone diff SEP001122334455 SEP001122334455");
    let ran = machine.given(&["phone", "diff", "SEP001122334455", "-"], &made);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/SEP001122334455.cnf.xml", server.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        for status in ["200 OK", "404 Not Found"] {
            let (mut stream, _) = server.accept().unwrap();
            let mut asked = [0; 1024];
            let length = stream.read(&mut asked).unwrap();
            assert!(asked[..length].starts_with(b"GET /SEP001122334455.cnf.xml HTTP/1.1\r\n"));
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{made}", made.len()).unwrap();
        }
    });
    machine.ok(&format!("phone diff SEP001122334455 {url}"));
    assert!(machine.fails(1, &format!("phone diff SEP001122334455 {url}")).contains("404"));
    answers.join().unwrap();
}

#[test]
fn overrides_hold_at_every_layer_and_go_again() {
    let machine = furnished(Machine::empty());
    machine.ok("phone set SEP001122334455 site=berlin");
    let code = || {
        machine.json("phone show SEP001122334455")["values"]
            .as_array()
            .unwrap()
            .iter()
            .find(|value| value["path"] == "vendorConfig/daysDisplayNotActive")
            .map(|value| (value["code"].clone(), value["from"].clone()))
    };
    let layers = [("site", "berlin"), ("series", "8800"), ("profile", "reception")];
    for (number, (kind, name)) in layers.iter().enumerate() {
        machine.ok(&format!("{kind} override {name} vendorConfig/daysDisplayNotActive={number}"));
        assert_eq!(code(), Some((json!(number.to_string()), json!(format!("{kind} {name}")))));
    }
    machine.put("days.xml", "<daysDisplayNotActive>9</daysDisplayNotActive>\n");
    machine.ok("phone override SEP001122334455 --fragment vendorConfig/daysDisplayNotActive=days.xml");
    assert_eq!(code(), Some((json!("9"), json!("phone"))));
    machine.ok("phone override SEP001122334455 --remove vendorConfig/daysDisplayNotActive");
    assert_eq!(code(), None);
    machine.ok("phone override SEP001122334455 --drop vendorConfig/daysDisplayNotActive");
    assert_eq!(code(), Some((json!("2"), json!("profile reception"))));
    machine.ok("profile override reception --drop vendorConfig/daysDisplayNotActive");
    assert_eq!(code(), Some((json!("1"), json!("series 8800"))));
}

#[test]
fn a_document_is_printed_as_it_is_served() {
    let machine = furnished(Machine::empty());
    let shown = machine.exactly(&["phone", "render", "SEP001122334455", "--secrets"]);
    assert!(shown.starts_with("<?xml") && shown.trim_end().ends_with("</device>"), "{shown}");
    let hidden = machine.exactly(&["phone", "render", "SEP001122334455"]);
    assert_eq!(shown.replace(">s3cret<", ">(hidden)<"), hidden, "only passwords differ");
    machine.put("SEP001122334455.cnf.xml", &shown);
    machine.ok("lint --model 8845 SEP001122334455.cnf.xml");
}
