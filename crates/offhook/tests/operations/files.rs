//! The document root.

use std::fs;

use crate::desk::Desk;

#[tokio::test]
async fn files_are_listed_with_what_they_replace_and_what_phones_would_get() {
    let desk = Desk::new().await;
    let root = desk.folder.path().join("tftpboot");
    fs::create_dir_all(root.join("Desktops/800x480x24")).unwrap();
    fs::write(root.join("Ringlist.xml"), "<CiscoIPPhoneRingList/>").unwrap();
    fs::write(root.join("sip8845_65.14-2-1.loads"), "x").unwrap();
    fs::write(root.join(".hidden"), "x").unwrap();
    let list = desk.look(0, "/files").await;
    for needed in ["Desktops/", "Ringlist.xml", "instead of what offhook makes", "firmware"] {
        assert!(list.contains(needed), "{needed} in {list}");
    }
    assert!(!list.contains(".hidden") && !list.contains("Put a file here"), "{list}");
    assert!(desk.look(0, "/files?at=Desktops").await.contains("800x480x24"));
    for (outside, status) in [("../data", 422), ("..", 422), ("%2e%2e", 422), ("/etc", 422), ("nowhere", 404)]
    {
        assert_eq!(desk.get(0, &format!("/files?at={outside}")).await.status, status, "{outside}");
    }
    assert!(desk.look(0, "/files?name=Ringlist.xml").await.contains("your file"));
    assert!(desk.look(0, "/files?name=Ringlist-wb.xml").await.contains("made by offhook"));
    assert!(desk.look(0, "/files?name=SEP001122334455.cnf.xml").await.contains("its own page"));
    assert!(desk.store.waiting_from("127.0.0.1").await.unwrap().is_none(), "looking takes nobody in");
}

#[tokio::test]
async fn administrators_put_files_and_take_them_away() {
    let desk = Desk::new().await;
    let root = desk.folder.path().join("tftpboot");
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    let put = desk.upload(2, "/files", &[("at", "")], "C:\\loads\\own.sbn", &bytes).await;
    assert!(put.leads_to("/files"), "{}", put.text);
    assert_eq!(fs::read(root.join("own.sbn")).unwrap(), bytes);
    let again = desk.upload(2, "/files", &[("at", "")], "own.sbn", b"x").await;
    assert!(again.status == 422 && again.text.contains("is there already"), "{}", again.text);
    let replaced =
        desk.upload(2, "/files", &[("at", ""), ("replace", "yes"), ("as", "own.sbn")], "other", b"x").await;
    assert!(replaced.leads_to("/files"), "{}", replaced.text);
    assert_eq!(fs::read(root.join("own.sbn")).unwrap(), b"x");
    let broken =
        desk.upload(2, "/files", &[("at", "")], "DialTemplate.xml", b"<DIALTEMPLATE><TEMPLATE MATCH=").await;
    assert!(broken.status == 200 && broken.text.contains("DialTemplate.xml:"), "{}", broken.text);
    let removed = desk.fill(2, "/files", "/files/remove", &[("path", "own.sbn")]).await;
    assert!(removed.leads_to("/files"), "{}", removed.text);
    assert!(!root.join("own.sbn").exists());
    let left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["DialTemplate.xml"], "nothing passing is left");
}

#[tokio::test]
async fn nothing_leads_out_and_nobody_else_may() {
    let desk = Desk::new().await;
    let root = desk.folder.path().join("tftpboot");
    fs::write(desk.folder.path().join("data/keep"), "keep").unwrap();
    for (at, own, named) in [
        ("..", "x", ""),
        ("", "x", "../x"),
        ("", "..", ""),
        ("", ".htaccess", ""),
        ("", "", ""),
        ("../data", "keep", ""),
    ] {
        let fields = [("at", at), ("as", named), ("replace", "yes")];
        let refused = desk.upload(2, "/files", &fields, own, b"evil").await;
        assert_eq!(refused.status, 422, "{at} {own} {named}: {}", refused.text);
    }
    for path in ["../data/keep", "/etc/passwd", "..", ""] {
        let refused = desk.fill(2, "/files", "/files/remove", &[("path", path)]).await;
        assert_eq!(refused.status, 422, "{path}: {}", refused.text);
    }
    assert_eq!(fs::read(desk.folder.path().join("data/keep")).unwrap(), b"keep");
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
    for role in [0, 1] {
        assert_eq!(desk.upload(role, "/contacts", &[("at", "")], "x", b"x").await.status, 403);
    }
    let body = b"--xYz\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n0\r\n--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\nx\r\n--xYz--\r\n";
    let forged = desk.post(2, "/files/put", "multipart/form-data; boundary=xYz", body).await;
    assert_eq!(forged.status, 403, "a form without its token");
    assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
}
