//! Phones do what is pushed to them.

use pki::{Identity, KeyKind, Name, Request, Subject};

use crate::{Office, PHONE};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phones_of_every_kind_do_what_is_pushed_to_them() {
    for model in ["7942", "8845", "7821"] {
        let office = Office::with(model).await;
        let mut phone = office.phone(model, None).await;
        let at = format!("--address {}", phone.address);
        let ran = office.offhook(format!("control execute {PHONE} {at} Key:Services Play:Ring1.raw")).await;
        assert_eq!(ran.code, 0, "{model}: {}{}", ran.out, ran.err);
        assert_eq!(phone.does().await, ["Key:Services", "Play:Ring1.raw"]);
        assert!(ran.out.contains("Play:Ring1.raw  done"), "{}", ran.out);
        // More than one push holds: in order, a few at a time.
        let ran = office
            .offhook(format!(
                "control execute {PHONE} {at} Key:Soft1 Key:Soft2 Key:Soft3 http://192.0.2.5/x --json"
            ))
            .await;
        let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!((told.as_array().unwrap().len(), &told[3]["uri"]), (4, &"http://192.0.2.5/x".into()));
        assert_eq!(phone.does().await.len(), 3);
        assert_eq!(phone.does().await, ["http://192.0.2.5/x"]);
        // Credentials are gone when the push is done.
        let users = std::fs::read_to_string(office.machine.path("data/push.toml")).unwrap();
        assert!(!users.contains("hash"), "{users}");
        assert!(office.machine.ok("push list").contains("nobody may push"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_lacks_and_who_may_not_is_told() {
    let office = Office::with("7821").await;
    let mut phone = office.phone("7821", None).await;
    let at = format!("--address {}", phone.address);
    let ran = office.offhook(format!("control execute {PHONE} {at} Display:Off:5")).await;
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("the 7800 series does not know Display:Off:5"), "{}", ran.err);
    let ran = office.offhook(format!("control execute {PHONE} {at} Fly:Up")).await;
    assert_eq!(ran.code, 2);
    // A user who may, one who may not, and a phone that asks somebody else.
    office.machine.ok(&format!("push allow anna --phone {PHONE} --password s3cret"));
    let by =
        |password: &str| format!("control execute {PHONE} {at} Key:Info --user anna --password {password}");
    assert_eq!(office.offhook(by("s3cret")).await.code, 0);
    assert_eq!(phone.does().await, ["Key:Info"]);
    let ran = office.offhook(by("guess")).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("authenticationURL") && !ran.err.contains("guess"), "{}", ran.err);
    let elsewhere = Office::with("7821").await;
    let mut lost = office.phone("7821", Some(elsewhere.services)).await;
    let ran = office.offhook(format!("control execute {PHONE} --address {} Key:Info", lost.address)).await;
    assert!(ran.code == 1 && ran.err.contains("must lead to this offhook"), "{}", ran.err);
    assert!(lost.does.try_recv().is_err(), "it did nothing");
    // Nobody there, and nobody who knows where.
    let ran = office.offhook(format!("control execute {PHONE} --address 127.0.0.1:1 Key:Info")).await;
    assert!(ran.code == 1 && ran.err.contains("cannot be reached"), "{}", ran.err);
    let ran = office.offhook(format!("control execute {PHONE} Key:Info")).await;
    assert!(ran.code == 1 && ran.err.contains("--address"), "{}", ran.err);
    let ran = office.offhook("control execute SEP00112233AAAA Key:Info".to_owned()).await;
    assert!(ran.code == 1 && ran.err.contains("phone add"), "{}", ran.err);
}

/// A certificate as phones have one, or of somebody else.
fn certificate(cn: &str) -> pki::tls::Server {
    let subject = Subject { cn: cn.into(), o: "Example".into(), ou: "Tests".into() };
    let names = vec![Name::Dns(cn.to_ascii_lowercase())];
    let request = Request { subject, names, key: KeyKind::Rsa(2048), days: 30 };
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    let identity = Identity::self_signed(&request, now).unwrap();
    pki::tls::Server::new(pki::tls::Policy::LegacyPhone, &[&identity]).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_https_a_phone_shows_a_certificate_in_its_name() {
    for model in ["7942", "8845"] {
        let office = Office::with(model).await;
        let own = certificate(&format!("CP-{model}-{PHONE}"));
        let mut phone = office.phone_with(model, None, Some(own)).await;
        let ran = office
            .offhook(format!("control execute {PHONE} --https --address {} Key:Services", phone.address))
            .await;
        assert_eq!(ran.code, 0, "{model}: {}", ran.err);
        assert_eq!(phone.does().await, ["Key:Services"]);
        let other = certificate("CP-8845-SEP00112233FFFF");
        let mut other = office.phone_with(model, None, Some(other)).await;
        let ran = office
            .offhook(format!("control execute {PHONE} --https --address {} Key:Services", other.address))
            .await;
        assert!(ran.code == 1 && ran.err.contains("no encrypted connection"), "{}", ran.err);
        assert!(other.does.try_recv().is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_7900_is_restarted_by_its_own_keys() {
    let office = Office::with("7942").await;
    let mut phone = office.phone("7942", None).await;
    let ran = office.offhook(format!("phone restart {PHONE} --address {}", phone.address)).await;
    assert!(ran.code == 0 && ran.out.contains("its keys were pressed"), "{}{}", ran.out, ran.err);
    let mut keys = Vec::new();
    while let Ok(pushed) = phone.does.try_recv() {
        keys.extend(pushed.items.into_iter().map(|(url, _)| url.trim_start_matches("Key:").to_owned()));
    }
    let expected =
        ["Init:Services", "Settings", "KeyPadStar", "KeyPadStar", "KeyPadPound", "KeyPadStar", "KeyPadStar"];
    assert_eq!(keys, expected);
    // A series without such keys needs its PBX.
    let office = Office::with("8845").await;
    let ran = office.offhook(format!("phone restart {PHONE} --json")).await;
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\"done\": false") && ran.out.contains("asterisk.url"), "{}", ran.out);
}
