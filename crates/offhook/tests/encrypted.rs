//! The whole way of an encrypted configuration: a stub, enrolment, a restart, and a phone that reads what nobody else can.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::net::IpAddr;
use std::sync::Arc;

use offhook::enrol::{Enrolments, Scheduled};
use offhook::listener::{App, capf, provisioning};
use offhook::trust::{Certificates, Reach, TrustState, calendar, state_file};
use pki::Identity;
use provision::enrol::{Key, Operation, Password, Required, Schedule};
use provision::mac::Mac;
use support::{Site, get};
use tokio_util::sync::CancellationToken;
use virtual_phone::ask::Transport;
use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::enrol::{Enrolling, enrol};
use virtual_phone::models;
use virtual_phone::network::{Caller, Network, Patience, Server};
use virtual_phone::phone;
use virtual_phone::report::Report;
use virtual_phone::trust::Checks;

const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);
const NAME: &str = "SEP58971ECC97C1.cnf.xml";
const SECRET: &str = "open-sesame-4711";
const MODEL: &str = "8845";

/// A server with trust on, a configuration for one phone, and certificate enrolment.
struct Office {
    site: Site,
    app: App,
    network: Network,
    http: std::net::SocketAddr,
    capf: u16,
}

impl Office {
    async fn open() -> Self {
        let site = Site::new();
        let data = &site.config.data_dir;
        Certificates::open_or_create(&offhook::trust::certificates_folder(data), &[], false, calendar::now())
            .unwrap();
        TrustState::change(&state_file(data), "test", calendar::now(), |state| state.reach = Reach::Everyone)
            .unwrap();
        site.put(NAME, configuration("First"));
        let app = site.app_with_inventory().await;
        let http = provisioning::bind(&site.config).unwrap().unwrap();
        let enrolment = capf::bind(&site.config).unwrap().unwrap();
        let (address, capf) = (http.local_addrs()[0], enrolment.local_addrs()[0].port());
        tokio::spawn(http.serve(app.clone(), CancellationToken::new()));
        tokio::spawn(enrolment.serve(app.clone(), CancellationToken::new()));
        let server = Server {
            name: "127.0.0.1".into(),
            address: IpAddr::from([127, 0, 0, 1]),
            http: address.port(),
            https: 1,
            tftp: 1,
            tvs: 1,
        };
        Self { site, app, network: Network::new(server, Patience::default()), http: address, capf }
    }

    fn enrolments(&self) -> Enrolments {
        Enrolments::new(self.app.artifacts.inventory().unwrap().store().clone())
    }

    async fn boot(&self, flash: Flash, identity: Option<&Identity>) -> (Report, Flash) {
        let model = models::find(MODEL).unwrap();
        let now = u32::try_from(calendar::now()).unwrap();
        let mac = PHONE.to_string().parse().unwrap();
        let phone = Phone {
            identity: identity.cloned(),
            over: Over::Only(Transport::Http),
            ..Phone::new(model, mac, now)
        };
        phone::boot(phone, flash, Arc::new(Checks::default()), &self.network, None, |_| ()).await
    }

    async fn enrol(&self, password: &str, held: Option<&Identity>) -> Option<Identity> {
        let model = models::find(MODEL).unwrap();
        let phone = Enrolling {
            mac: PHONE.to_string().parse().unwrap(),
            password: password.into(),
            certificate: held.cloned(),
            sudi: None,
            key: None,
            now: calendar::now(),
        };
        let caller = Caller { model, from: None, trusted: None };
        enrol(phone, &self.network, self.capf, caller).await.installed
    }

    async fn schedule(&self, required: Required) {
        let schedule = Schedule::new(Operation::Install(Key::default()), required);
        let scheduled = Scheduled { schedule, at: calendar::now() };
        self.enrolments().change(PHONE, |record| record.scheduled = Some(scheduled)).await.unwrap();
    }
}

fn configuration(label: &str) -> String {
    format!(
        "<device><deviceProtocol>SIP</deviceProtocol><sshPassword>{SECRET}</sshPassword>\
         <devicePool><callManagerGroup><members><member priority=\"0\"><callManager>\
         <ports><sipPort>5060</sipPort></ports><processNodeName>127.0.0.1</processNodeName>\
         </callManager></member></members></callManagerGroup></devicePool>\
         <sipProfile><phoneLabel>{label}</phoneLabel><sipLines><line button=\"1\"><featureID>9</featureID>\
         <name>1001</name></line></sipLines></sipProfile>\
         <capfAuthMode>2</capfAuthMode><capfList><capf><phonePort>3804</phonePort>\
         <processNodeName>127.0.0.1</processNodeName></capf></capfList></device>"
    )
}

/// The label the phone shows at the end.
fn label(report: &Report) -> Option<&str> {
    Some(&report.settings.as_ref()?.phone_label)
}

#[tokio::test]
async fn from_a_stub_to_a_configuration_that_only_the_phone_reads() {
    let office = Office::open().await;
    let (report, flash) = office.boot(Flash::default(), None).await;
    assert!(report.verdict.comes_up, "{:?}", report.verdict);
    assert!(get(office.http, &format!("/{NAME}")).await.text().contains(SECRET));

    // Encrypted from now on. The phone still has to enrol, and is told so.
    office.enrolments().change(PHONE, |record| record.encrypt = true).await.unwrap();
    office.schedule(Required::Password(Password::new("2468").unwrap())).await;
    let (report, flash) = office.boot(flash, None).await;
    assert!(!report.verdict.comes_up);
    assert!(report.verdict.why.contains("enrol"), "{:?}", report.verdict);
    for name in [NAME.to_owned(), format!("{NAME}.sgn")] {
        let given = get(office.http, &format!("/{name}")).await;
        assert_eq!(given.status, 200);
        assert!(!given.text().contains(SECRET) && given.text().contains("<processNodeName>"), "{name}");
    }
    assert_eq!(get(office.http, &format!("/{NAME}.enc.sgn")).await.status, 404);

    let first = office.enrol("2468", None).await.unwrap();
    let (report, flash) = office.boot(flash, Some(&first)).await;
    assert!(report.verdict.comes_up, "{:?}", report);
    assert_eq!(label(&report), Some("First"));
    let encrypted = get(office.http, &format!("/{NAME}.enc.sgn")).await;
    assert!(encrypted.status == 200 && !encrypted.text().contains(SECRET));
    let again = get(office.http, &format!("/{NAME}.enc.sgn")).await;
    assert_eq!(encrypted.body, again.body, "the same for as long as nothing changes");

    // Another content is encrypted with another key.
    office.site.put(NAME, configuration("Second"));
    let (report, flash) = office.boot(flash, Some(&first)).await;
    assert_eq!(label(&report), Some("Second"));
    let sealed = |body: &[u8]| {
        let sealed = wire::encrypted::Encrypted::parse(body).unwrap().sealed;
        sealed.encrypted_key.to_vec()
    };
    let changed = get(office.http, &format!("/{NAME}.enc.sgn")).await;
    assert_ne!(sealed(&encrypted.body), sealed(&changed.body));

    // A renewed certificate: the old key opens nothing any more, the new one does.
    office.schedule(Required::Lsc).await;
    let second = office.enrol("", Some(&first)).await.unwrap();
    let (report, flash) = office.boot(flash, Some(&first)).await;
    assert!(!report.verdict.comes_up);
    let (report, flash) = office.boot(flash, Some(&second)).await;
    assert!(report.verdict.comes_up, "{:?}", report);
    assert_eq!(label(&report), Some("Second"));

    // Revoked: nobody gets the configuration, encrypted or in the clear.
    let revoked = second.certificate.clone();
    office.enrolments().change(PHONE, move |record| record.revoke(&revoked, calendar::now())).await.unwrap();
    assert_eq!(get(office.http, &format!("/{NAME}.enc.sgn")).await.status, 404);
    assert!(!get(office.http, &format!("/{NAME}")).await.text().contains(SECRET));
    office.enrolments().change(PHONE, |record| record.revoked.clear()).await.unwrap();

    // Switched off: the phone still asks for the encrypted file first, and goes on with the signed one.
    office.enrolments().change(PHONE, |record| record.encrypt = false).await.unwrap();
    let (report, _) = office.boot(flash, Some(&second)).await;
    assert!(report.verdict.comes_up, "{:?}", report);
    assert!(get(office.http, &format!("/{NAME}")).await.text().contains(SECRET));
}

#[tokio::test]
async fn a_phone_that_could_never_enrol_is_not_locked_out() {
    let office = Office::open().await;
    office.enrolments().change(PHONE, |record| record.encrypt = true).await.unwrap();
    let (report, _) = office.boot(Flash::default(), None).await;
    assert!(report.verdict.comes_up, "{:?}", report.verdict);
}

#[tokio::test]
async fn a_database_that_is_away_gives_nothing_in_the_clear() {
    let office = Office::open().await;
    office.enrolments().change(PHONE, |record| record.encrypt = true).await.unwrap();
    office.schedule(Required::Nothing).await;
    let lsc = office.enrol("", None).await.unwrap();
    assert_eq!(get(office.http, &format!("/{NAME}.enc.sgn")).await.status, 200);
    office.app.artifacts.inventory().unwrap().store().close().await;
    // What was known last holds, also for what has to be made anew.
    office.site.put(NAME, configuration("Second"));
    let (report, _) = office.boot(Flash::default(), Some(&lsc)).await;
    assert_eq!(label(&report), Some("Second"), "{report:#?}");
    assert!(!get(office.http, &format!("/{NAME}")).await.text().contains(SECRET));

    // Where nothing was ever known, nothing is given on a guess.
    let other = Office::open().await;
    other.enrolments().change(PHONE, |record| record.encrypt = true).await.unwrap();
    other.app.artifacts.inventory().unwrap().store().close().await;
    for name in [NAME.to_owned(), format!("{NAME}.sgn"), format!("{NAME}.enc.sgn")] {
        let given = get(other.http, &format!("/{name}")).await;
        assert!(given.status >= 400 && !given.text().contains(SECRET), "{name}: {}", given.status);
    }
}
