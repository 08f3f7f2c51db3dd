//! Problem reports by the API: what is in them, and nothing beside.

use serde_json::json;

use crate::asking::Ask;
use crate::server::Server;
use crate::trust::audited;

const LOG: &str = "0001 NOT Nov 23 06:12:01.100 boot: hello\n\
    0002 ERR Nov 23 06:12:02.100 SECD: invalid file SEP001122334455.cnf.xml.sgn, authenticated fail. Reason:14\n";
const NAME: &str = "SEP001122334455-20261123T061203Z-x.tar.gz";

/// A report as phones make them, made by the tar of the system.
fn archive() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("prt/logs")).unwrap();
    std::fs::write(folder.path().join("prt/logs/messages"), LOG).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("prt/link")).unwrap();
    let archive = folder.path().join("out.tar.gz");
    let mut tar = std::process::Command::new("tar");
    tar.arg("-czf").arg(&archive).arg("-C").arg(folder.path()).arg("prt");
    assert!(tar.status().unwrap().success());
    std::fs::read(archive).unwrap()
}

/// The number of a report whose file holds these bytes.
async fn kept(server: &Server, bytes: &[u8]) -> i64 {
    let folder = server.folder.path().join("data/reports");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(NAME), bytes).unwrap();
    let report = store::Report {
        id: 0,
        mac: "SEP001122334455".parse().unwrap(),
        at: 1_790_000_000,
        serial: "FCH1".to_owned(),
        user: "Anna".to_owned(),
        source: "192.0.2.7".to_owned(),
        bytes: bytes.len().try_into().unwrap(),
        file: NAME.to_owned(),
        note: String::new(),
    };
    server.store.keep_report(&report, 10).await.unwrap().0
}

#[tokio::test]
async fn a_report_is_looked_into_fetched_and_removed() {
    let server = Server::new().await;
    let bytes = archive();
    let at = format!("/problem-reports/{}", kept(&server, &bytes).await);
    let shown = server.read(&at).await;
    assert_eq!(
        (&shown["serial"], &shown["contents"]["files"][0]["name"]),
        (&json!("FCH1"), &json!("prt/logs/messages"))
    );
    assert_eq!(shown["contents"]["left_out"][0]["name"], "prt/link");
    assert!(!shown["contents"]["complaints"].as_array().unwrap().is_empty(), "{shown}");
    let file = server.get(&format!("{at}/file")).await;
    assert_eq!((&file.bytes[..], file.header("content-type")), (&bytes[..], "application/octet-stream"));
    assert!(file.header("content-disposition").contains(NAME));
    let one = server.get(&format!("{at}/content?name=prt%2Flogs%2Fmessages")).await;
    assert_eq!((one.text().as_str(), one.header("x-content-type-options")), (LOG, "nosniff"));
    for name in ["prt%2Flink", "..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "prt", ""] {
        server.get(&format!("{at}/content?name={name}")).await.problem(404);
    }
    server.get(&format!("{at}/content")).await.problem(400);
    // Logs of phones hold more than their users would like everybody to read.
    for (method, path) in [("GET", "/file"), ("GET", "/content?name=prt%2Flogs%2Fmessages"), ("DELETE", "")] {
        let ask = Ask::new(server.address, method, &format!("{at}{path}")).token(server.token(0));
        ask.send().await.problem(403);
    }
    server.delete(&at).await.ok(200);
    assert!(!server.folder.path().join("data/reports").join(NAME).exists());
    assert_eq!(audited(&server).await[0].1, "removed");
    for path in [at.clone(), format!("{at}/file"), format!("{at}/content?name=x")] {
        server.get(&path).await.problem(404);
    }
    server.delete(&at).await.problem(404);
}

#[tokio::test]
async fn a_report_that_is_elsewhere_or_no_archive_is_told() {
    let server = Server::new().await;
    let at = format!("/problem-reports/{}", kept(&server, &[0, 1, 2, 3]).await);
    server.get(&at).await.problem(409);
    assert_eq!(&server.get(&format!("{at}/file")).await.bytes[..], [0, 1, 2, 3]);
    std::fs::remove_file(server.folder.path().join("data/reports").join(NAME)).unwrap();
    let problem = server.get(&at).await.problem(404);
    assert!(problem["detail"].as_str().unwrap().contains("another server"), "{problem}");
}
