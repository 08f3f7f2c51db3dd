//! A day of a phone's user, with everything real behind it: the program itself, a directory service, an Asterisk with a call, over
//! HTTP and over HTTPS with the certificate proved by its role in the trust list.
#![expect(clippy::unwrap_used, reason = "tests")]

mod machine;
mod pbx;
mod slapd;
mod visitor;

use flate2::Compression;
use flate2::write::GzEncoder;
use machine::Machine;
use machine::serving::{Serving, listen};
use offhook::asterisk::statistics::{Call, Whose};
use pbx::{Pbx, once, park};
use pki::Certificate;
use slapd::Slapd;
use virtual_phone::models::{self, Model};
use virtual_phone::services::{Browser, Caller, Content, Fetcher, Step};
use virtual_phone::trust::List;
use visitor::Visitor;
use wire::ami::Action;
use wire::trust_list::{Kind, Role};

/// The phones, one of each kind.
const PHONES: [(&str, &str); 3] =
    [("7942", "SEP001122334401"), ("8845", "SEP001122334402"), ("7821", "SEP001122334403")];

/// The program, which trusts that certificate beside none.
fn start(machine: &Machine, trusted: &std::path::Path) -> Serving {
    Serving::with(machine, |command| {
        command.env("SSL_CERT_FILE", trusted);
    })
}

/// A user at a phone.
struct User {
    visitor: Visitor,
    server: String,
    model: &'static Model,
    phone: &'static str,
}

impl User {
    fn at(server: &str, (model, phone): (&str, &'static str), trusted: Option<Vec<Certificate>>) -> Self {
        let model = models::find(model).unwrap();
        let visitor = Visitor {
            browser: Browser::new(Caller::new(model, phone)),
            fetcher: Fetcher::new(model, trusted).unwrap(),
        };
        Self { visitor, server: server.to_owned(), model, phone }
    }

    async fn open(&mut self, path: &str) {
        self.visitor.open(&format!("{}{path}?name={}", self.server, self.phone)).await;
    }

    async fn choose(&mut self, item: &str) {
        let Content::Menu(items) = &self.shown().clone() else { panic!("no menu: {:?}", self.shown()) };
        let place =
            items.iter().position(|one| one.name == item).unwrap_or_else(|| panic!("{item} in {items:?}"));
        // Two digits are pressed one after the other on a phone; here a number is a place.
        self.visitor.press(&(place + 1).to_string()).await;
        self.visitor.press("Select").await;
    }

    fn shown(&self) -> &Content {
        &self.visitor.browser.shown().unwrap().page.content
    }

    fn text(&self) -> String {
        match self.shown() {
            Content::Text(text) => text.clone(),
            other => panic!("{}: no text: {other:?}", self.model.name),
        }
    }

    fn dials(&mut self) -> String {
        match self.visitor.browser.press("Dial") {
            Ok(Step::Does(what)) => what,
            other => panic!("{}: {other:?}", self.model.name),
        }
    }

    /// Looks somebody up whom only the directory service knows, and dials.
    async fn looks_somebody_up(&mut self) {
        loop {
            self.open(if self.model.name == "7942" { "/directory/79xx" } else { "/directory" }).await;
            self.choose("Search").await;
            assert_eq!(self.visitor.browser.press("who=jürgen"), Ok(Step::Shows));
            self.visitor.press("Search").await;
            // The first who asks may come before the service has given all its people.
            match self.shown() {
                Content::Directory(_) => break,
                _ => assert!(
                    self.text().contains("Company cannot be asked") || self.text().contains("Nobody"),
                    "{}",
                    self.text()
                ),
            }
        }
        assert_eq!(self.dials(), "Dial:+49304711");
    }

    async fn picks_up_a_parked_call(&mut self) {
        self.open("/parked").await;
        let Content::Directory(calls) = self.shown().clone() else { panic!("{:?}", self.shown()) };
        assert_eq!((calls.len(), &*calls[0].1), (1, "701"), "{calls:?}");
        assert_eq!(self.dials(), "Dial:701");
    }

    async fn reads_help(&mut self) {
        self.open("/information").await;
        self.choose("Hold").await;
        assert_eq!(self.visitor.title(), "Hold");
        assert!(self.text().len() > 20);
    }

    /// Says what is wrong with a call that goes on in Asterisk.
    async fn reports_a_bad_call(&mut self) {
        self.open("/quality-report").await;
        self.choose("Echo").await;
        let text = self.text();
        for part in ["Echo: noted", "Line: 201", "Codec: ulaw", "Lost: "] {
            assert!(text.contains(part), "{}: {part} in {text}", self.model.name);
        }
    }

    async fn reports_a_problem(&mut self, file: &[u8]) {
        let url = format!("{}/problem-report", self.server);
        let answer = self.visitor.fetcher.report(&url, self.visitor.browser.caller(), file).await.unwrap();
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    }

    /// Adds a contact of their own, changes it, and calls it.
    async fn keeps_a_contact(&mut self) {
        self.open("/directory").await;
        self.choose("Personal").await;
        self.visitor.press("Add").await;
        for field in ["who=Mutter", "home=0301"] {
            assert_eq!(self.visitor.browser.press(field), Ok(Step::Shows));
        }
        self.visitor.press("Save").await;
        assert_eq!(self.text(), "Mutter is in your list.");
        self.visitor.press("List").await;
        self.choose("Mutter").await;
        self.choose("Change").await;
        assert_eq!(self.visitor.browser.press("mobile=0171"), Ok(Step::Shows));
        self.visitor.press("Save").await;
        self.visitor.press("List").await;
        self.choose("Mutter").await;
        assert_eq!(self.visitor.browser.press("Select"), Ok(Step::Does("Dial:0301".into())));
        // The list is as it was before.
        self.choose("Remove").await;
        self.visitor.press("Remove").await;
        assert!(self.text().contains("not in your list any more"), "{}", self.text());
    }

    async fn looks_what_is_known_of_the_phone(&mut self) {
        self.open("/services").await;
        self.choose("About this phone").await;
        let text = self.text();
        let encrypted =
            if self.server.starts_with("https") { "Connection: encrypted" } else { "not encrypted" };
        for part in [self.phone, "Line 1: 201", "not registered", encrypted] {
            assert!(text.contains(part), "{}: {part} in {text}", self.model.name);
        }
    }
}

fn report() -> Vec<u8> {
    use std::io::Write;
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(b"0001 ERR Nov 23 06:12:01 tftp: File Not Found : ringlist.xml\n").unwrap();
    gz.finish().unwrap()
}

/// The certificates that the trust list of the server has in the role of services.
async fn of_services(program: &Serving) -> Vec<Certificate> {
    let model = models::find("8845").unwrap();
    let fetcher = Fetcher::new(model, None).unwrap();
    let browser = Browser::new(Caller::new(model, PHONES[1].1));
    let request = browser.open(&format!("http://{}/ITLFile.tlv", program.address("provisioning")));
    let list = List::read(&fetcher.fetch(&request).await.unwrap().body, Kind::Itl).unwrap();
    let found: Vec<Certificate> = list.with_role(&[Role::AppServer]).cloned().collect();
    assert!(!found.is_empty(), "the list names who serves pages");
    found
}

/// A machine with the phones, a line in Asterisk, and the settings of both services.
fn set_up(pbx: &Pbx, slapd: &Slapd) -> Machine {
    let machine = Machine::empty();
    let listen = listen(&["provisioning", "services", "secure_services"]);
    let settings = format!(
        "[provisioning]\nserver_name = \"localhost\"\nlegacy_tls = true\n{listen}\
         [asterisk]\nurl = \"ami://{}:5038\"\nsecret = \"test-only\"\n\
         [ldap]\nurl = {:?}\nbase = \"ou=people,dc=example,dc=net\"\nuser = \"cn=reader,dc=example,dc=net\"\n\
         password = \"for-tests-only\"\n",
        pbx.address,
        slapd.url("ldaps")
    );
    machine.put("offhook.toml", settings);
    machine.ok("trust enable --yes");
    machine.ok("line add 201");
    for (model, phone) in PHONES {
        machine.ok(&format!("phone add {phone} --model {model}"));
        machine.ok(&format!("key set {phone} 1 line 201"));
    }
    machine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_every_kind_of_phone_do_what_they_do_every_day() {
    let pbx = Pbx::start(7);
    let slapd = Slapd::start(3, [("Jürgen Groß".to_owned(), "+49 30 4711".to_owned(), None)]);
    let machine = set_up(&pbx, &slapd);
    let asterisk = pbx.over("ami", "test-only");
    // A parked call, and one that goes on over the line of the phones.
    park(&asterisk).await;
    once(|| asterisk.parked(), |parked| parked.len() == 1).await;
    let call = Action::new("Originate")
        .with("Channel", &format!("PJSIP/201/sip:park@{}:5060", pbx.address))
        .with("Application", "Milliwatt")
        .with("Async", "true");
    asterisk.ask(call).await.unwrap();
    let lines = ["201".to_owned()];
    let whose = Whose { device: PHONES[0].1, address: [127, 0, 0, 1].into(), peers: &lines };
    let counts =
        |call: &Option<Call>| call.as_ref().is_some_and(|call| call.statistics.heard.packets > Some(10));
    once(|| asterisk.call_of(whose), counts).await;
    // The other end of that call is parked, too; only the first is looked at.
    let hangs = Action::new("Command").with("Command", "channel request hangup all");
    let program = start(&machine, &slapd.certificate());
    let trusted = of_services(&program).await;

    let plain = format!("http://{}", program.address("services"));
    let secure = format!("https://{}", program.address("secure_services"));
    for (server, trusted) in [(plain, None), (secure.clone(), Some(trusted))] {
        for phone in PHONES {
            let mut user = User::at(&server, phone, trusted.clone());
            user.looks_somebody_up().await;
            user.reads_help().await;
            user.reports_a_bad_call().await;
            user.reports_a_problem(&report()).await;
            user.keeps_a_contact().await;
            user.looks_what_is_known_of_the_phone().await;
        }
    }
    // Whoever shows the certificate of another role is nobody to these phones.
    let other = Certificate::read(&machine.path("data/certificates/tftp.crt.pem")).unwrap();
    let wary = User::at(&secure, PHONES[1], Some(vec![other]));
    let request = wary.visitor.browser.open(&format!("{secure}/services"));
    assert_eq!(wary.visitor.fetcher.fetch(&request).await.unwrap_err().shown, "Host Not Found");

    // What the administrator has of it.
    assert_eq!(machine.json("quality list")["total"], 6);
    let reports = machine.json("report list");
    assert_eq!(reports["total"], 6);
    assert_eq!(reports["reports"][0]["serial"], "FCH00112233");
    assert!(
        machine.ok("report show 1").contains("It asked for a file that is not there (once; ringlist.xml).")
    );
    assert!(machine.ok("contact list").contains("no contacts yet"));
    asterisk.ask(hangs).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parked_calls_are_picked_up_over_both() {
    let pbx = Pbx::start(8);
    let slapd = Slapd::start(4, []);
    let machine = set_up(&pbx, &slapd);
    let asterisk = pbx.over("ami", "test-only");
    park(&asterisk).await;
    once(|| asterisk.parked(), |parked| parked.len() == 1).await;
    let program = start(&machine, &slapd.certificate());
    let trusted = of_services(&program).await;
    let plain = format!("http://{}", program.address("services"));
    let secure = format!("https://{}", program.address("secure_services"));
    for (server, trusted) in [(plain, None), (secure, Some(trusted))] {
        for phone in PHONES {
            // The program may just have logged in to Asterisk.
            let mut user = User::at(&server, phone, trusted.clone());
            loop {
                user.open("/parked").await;
                if matches!(user.shown(), Content::Directory(_)) {
                    break;
                }
            }
            user.picks_up_a_parked_call().await;
        }
    }
}
