//! Problem reports that phones upload.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::serve;

#[tokio::test]
async fn reports_are_kept_under_names_of_our_own() {
    let services = serve(|config| config.services.report_bytes = 1 << 20);
    let file = services.site.outside().join("report.tar.gz");
    fs::write(&file, vec![0x1f; 300_000]).unwrap();
    let part = format!("prt_file=@{};filename=../../../etc/passwd", file.display());
    let upload = [
        "-F",
        "devicename=\"SEP001122AABBCC\"",
        "-F",
        "serialno=\nFCH1",
        "-F",
        "username='Anna'",
        "-F",
        &part,
    ];
    for _ in 0..2 {
        let shown = services.curl("/problem-report", &upload).await;
        assert!(shown.status == 200 && shown.text().contains("thank you"), "{shown:?}");
    }
    let kept = services.reports();
    assert_eq!(kept.len(), 4, "{kept:?}");
    for pair in kept.chunks(2) {
        let about: serde_json::Value = serde_json::from_slice(&fs::read(&pair[0]).unwrap()).unwrap();
        assert_eq!(
            (&about["device"], &about["user"], &about["serial"]),
            (&"SEP001122AABBCC".into(), &"Anna".into(), &"FCH1".into())
        );
        assert_eq!((&about["bytes"], fs::metadata(&pair[1]).unwrap().len()), (&300_000.into(), 300_000));
        assert!(pair[1].file_name().unwrap().to_str().unwrap().starts_with("SEP001122AABBCC-"));
    }
}

#[tokio::test]
async fn bad_uploads_leave_nothing_behind() {
    let services = serve(|config| {
        config.services.report_bytes = 100_000;
        config.limits.stall = Duration::from_millis(300);
    });
    let file = services.site.outside().join("report.tar.gz");
    fs::write(&file, vec![0; 400_000]).unwrap();
    let part = format!("prt_file=@{}", file.display());
    let device = "devicename=SEP001122AABBCC";
    assert_eq!(services.curl("/problem-report", &["-F", device, "-F", &part]).await.status, 413);
    fs::write(&file, "x").unwrap();
    for options in [
        &["-F", &part][..],
        &["-F", "devicename=../../x", "-F", &part],
        &["-F", device],
        &["-F", device, "-F", "prt_file=x", "-F", "username=@/bin/true"],
    ] {
        let shown = services.curl("/problem-report", options).await;
        assert_eq!(shown.status, 400, "{options:?}: {shown:?}");
    }
    // One that stops half-way, and says so or not.
    let head = "POST /problem-report HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"prt_file\"\r\n\r\nhalf";
    for close in [true, false] {
        let mut stream = TcpStream::connect(services.plain[0]).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        if close {
            stream.shutdown().await.unwrap();
        }
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await.unwrap();
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    assert_eq!(services.reports(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn reports_stop_when_there_is_no_room_or_too_many_come() {
    let services = serve(|config| config.services.reports_bytes = 10);
    let upload = ["-F", "devicename=SEP001122AABBCC", "-F", "prt_file=0123456789abcdef;filename=x"];
    assert_eq!(services.curl("/problem-report", &upload).await.status, 200);
    assert_eq!(services.curl("/problem-report", &upload).await.status, 507);
    let mut statuses = Vec::new();
    for _ in 0..25 {
        statuses.push(services.curl("/problem-report", &upload).await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}
