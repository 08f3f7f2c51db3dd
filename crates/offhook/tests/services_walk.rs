//! Virtual phones of every model walk the services, over HTTP, and over HTTPS with the certificate proved by its role.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;
mod visitor;

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Output};

use offhook::listener::{secure_services, services};
use offhook::trust::Certificates;
use pki::Certificate;
use support::Site;
use tokio_util::sync::CancellationToken;
use virtual_phone::models::{self, Tls};
use virtual_phone::services::{Content, Step};
use visitor::Visitor;

struct Running {
    site: Site,
    plain: Vec<SocketAddr>,
    secure: Vec<SocketAddr>,
}

fn serve(legacy: bool) -> Running {
    let mut site = Site::new();
    site.config.provisioning.legacy_tls = legacy;
    let folder = offhook::trust::certificates_folder(&site.config.data_dir);
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    Certificates::open_or_create(&folder, &[], legacy, now).unwrap();
    let app = site.app();
    let plain = services::bind(&site.config).unwrap().unwrap();
    let secure = secure_services::bind(&site.config).unwrap().unwrap();
    let (plain_at, secure_at) = (plain.local_addrs(), secure.local_addrs());
    tokio::spawn(plain.serve(app.clone(), CancellationToken::new()));
    tokio::spawn(secure.serve(app, CancellationToken::new()));
    Running { site, plain: plain_at, secure: secure_at }
}

impl Running {
    fn certificate(&self, name: &str) -> Certificate {
        let folder = offhook::trust::certificates_folder(&self.site.config.data_dir);
        Certificate::read(&folder.join(format!("{name}.crt.pem"))).unwrap()
    }
}

/// From the menu to a help text and back, the way a user goes.
async fn walk(visitor: &mut Visitor, server: &str) {
    visitor.open(&format!("{server}/services")).await;
    assert_eq!(
        visitor.title(),
        if visitor.browser.caller().model.series == models::Series::S6900 {
            "Choose a service"
        } else {
            "Services"
        }
    );
    visitor.press("1").await;
    visitor.press("Select").await;
    let Content::Text(about) = &visitor.browser.shown().unwrap().page.content else { panic!() };
    assert!(about.contains(&format!("Server: {server}")), "{about}");
    visitor.press("back").await;
    visitor.press("2").await;
    visitor.press("Select").await;
    visitor.press("3").await;
    visitor.press("Select").await;
    assert_eq!(visitor.title(), "Hold");
    visitor.press("back").await;
    visitor.press("back").await;
    visitor.open(&format!("{server}/idle")).await;
    let shown = visitor.browser.shown().unwrap();
    let shows_pictures =
        visitor.browser.caller().model.screen.as_ref().unwrap().objects.contains(&"imagefile".to_owned());
    assert_eq!(!shown.pictures.is_empty(), shows_pictures);
    assert_eq!(visitor.browser.press("Exit"), Ok(Step::Leaves));
}

#[tokio::test]
async fn every_model_walks_the_services_over_http() {
    let running = serve(false);
    for address in &running.plain {
        for model in models::all().iter().filter(|model| model.screen.is_some()) {
            walk(&mut Visitor::new(model, None), &format!("http://{address}")).await;
        }
    }
}

#[tokio::test]
async fn https_is_proved_by_the_role_of_its_certificate() {
    let running = serve(true);
    let trusted = vec![running.certificate("application")];
    for address in &running.secure {
        let server = format!("https://{address}");
        for model in ["7942", "8845", "7821", "9971"] {
            walk(&mut Visitor::new(models::find(model).unwrap(), Some(trusted.clone())), &server).await;
        }
        // A certificate of another role is none for services.
        for other in ["tftp", "provisioning", "tvs"] {
            let visitor = Visitor::new(models::find("8845").unwrap(), Some(vec![running.certificate(other)]));
            let request = visitor.browser.open(&format!("{server}/services"));
            assert_eq!(visitor.fetcher.fetch(&request).await.unwrap_err().shown, "Host Not Found", "{other}");
        }
    }
}

#[tokio::test]
async fn old_phones_need_legacy_tls() {
    let running = serve(false);
    let server = format!("https://{}", running.secure[0]);
    for model in ["7942", "8845"] {
        let model = models::find(model).unwrap();
        let visitor = Visitor::new(model, None);
        let request = visitor.browser.open(&format!("{server}/services"));
        assert_eq!(visitor.fetcher.fetch(&request).await.is_ok(), model.tls == Tls::V1_2, "{}", model.name);
    }
}

async fn simulate(arguments: Vec<String>) -> Output {
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_offhook"))
            .args(["simulate", "services"])
            .args(arguments)
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_prints_the_screen_and_draws_it() {
    let running = serve(false);
    let server = format!("http://{}", running.plain[0]);
    let picture = running.site.outside().join("screen.png");
    let arguments = |rest: &[&str]| rest.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let url = format!("{server}/services");
    let walked = simulate(arguments(&[
        "--model",
        "8845",
        &url,
        "--press",
        "2,Select,1,Select",
        "--picture",
        picture.to_str().unwrap(),
    ]))
    .await;
    let text = String::from_utf8(walked.stdout).unwrap();
    assert!(
        walked.status.success()
            && text.contains("» Select")
            && text.contains("│ Redial")
            && text.contains("[Exit]"),
        "{text}"
    );
    let drawn = fs::read(&picture).unwrap();
    assert_eq!(
        (&drawn[..4], &drawn[16..24]),
        (&b"\x89PNG"[..], &[0, 0, 3, 32, 0, 0, 1, 224][..]),
        "800 by 480"
    );
    let told =
        simulate(arguments(&["--json", "--model", "7942", &url, "--locale", "germany", "--latin"])).await;
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["screens"][0]["soft_keys"], serde_json::json!(["Select", "Exit"]));
    assert_eq!(told["requests"][0], format!("{url}?locale=germany&name=SEP001122334455"));
    let missing = simulate(arguments(&["--model", "7942", &format!("{server}/nothing")])).await;
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stdout).contains("File Not Found"));
    let wrong = simulate(arguments(&["--model", "8845", &url, "--press", "Fly"])).await;
    assert!(
        !wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("there is Exit, Select"),
        "{wrong:?}"
    );
}
