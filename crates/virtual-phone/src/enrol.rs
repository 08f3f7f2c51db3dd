//! A phone that asks for a certificate of its own: proves itself, makes a key, and looks at what it is given.

use std::time::{Duration, Instant};

use pki::{Certificate, Curve, Identity, KeyKind, PrivateKey, tls};
use serde::Serialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep_until, timeout},
};
use wire::capf::{self, Answer, Enrolment, Happening, KeySpec, Proof, Reason, Task};

use crate::{
    mac::Mac,
    network::{Caller, Network},
};

/// How long a phone waits for the server's next message.
const PATIENCE: Duration = Duration::from_secs(30);

/// A phone, and what it has to prove itself with.
#[derive(Clone, Debug)]
pub struct Enrolling {
    /// Its address.
    pub mac: Mac,
    /// What somebody typed.
    pub password: String,
    /// Its certificate, shown for authentication and when the server fetches it.
    pub certificate: Option<Identity>,
    /// The certificate it was made with, shown for this session.
    pub sudi: Option<Identity>,
    /// A key to take instead of making one: storms would measure nothing but the making of keys.
    pub key: Option<PrivateKey>,
    /// The time it takes certificates to be valid at.
    pub now: i64,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct EnrolReport {
    /// The phone's name.
    pub device: String,
    /// What happened, in order.
    pub steps: Vec<EnrolStep>,
    /// Whether a real phone would have done what the server wanted, and the server said so.
    pub succeeded: bool,
    /// Why, in words.
    pub why: String,
    /// What the server said at the end.
    pub reason: Option<String>,
    /// The certificate it holds now, when it was given one.
    #[serde(skip)]
    pub installed: Option<Identity>,
    /// Whether it was told to delete its certificate.
    pub deleted: bool,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
pub struct EnrolStep {
    /// What.
    pub what: String,
    /// What came of it.
    pub note: String,
    /// How long it took.
    pub elapsed: Duration,
}

/// A phone at work.
struct Work {
    phone: Enrolling,
    machine: Enrolment,
    /// What the server showed: it issues.
    issuer: Option<Certificate>,
    /// The key it made.
    key: Option<PrivateKey>,
    report: EnrolReport,
    began: Instant,
    /// What it would not do, and why: a real phone says so and gives up.
    balked: Option<String>,
}

/// Enrols a phone at the CAPF on `port` of the network's server.
pub async fn enrol(phone: Enrolling, network: &Network, port: u16, caller: Caller<'_>) -> EnrolReport {
    let device = phone.mac.device_name();
    let mut work = Work {
        machine: Enrolment::new(&device, PATIENCE, Instant::now()),
        phone,
        issuer: None,
        key: None,
        report: EnrolReport {
            device,
            steps: Vec::new(),
            succeeded: false,
            why: String::new(),
            reason: None,
            installed: None,
            deleted: false,
        },
        began: Instant::now(),
        balked: None,
    };
    match network.connect_capf(port, caller).await {
        Ok(stream) => work.talk(stream).await,
        Err(trouble) => {
            work.step("connect", trouble.to_string());
            work.report.why = format!("there is no session: {trouble}");
            work.report
        }
    }
}

impl Work {
    async fn talk(mut self, mut stream: tls::Stream<TcpStream>) -> EnrolReport {
        self.issuer = tls::peer_certificate(&stream);
        let shown = self.issuer.as_ref().map_or("nothing", Certificate::subject);
        let note = format!("{}, {shown}", tls::described(&stream));
        self.step("connect", note);
        loop {
            match self.machine.poll() {
                Happening::Send(bytes) => {
                    if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                        self.machine.handle_closed();
                    }
                }
                Happening::Task(task) => self = self.work(task).await,
                Happening::Wait(deadline) => self.wait(&mut stream, deadline).await,
                Happening::Ended(reason) => {
                    self.ended(reason);
                    break;
                }
                Happening::Trouble(trouble) => {
                    self.step("give up", trouble.to_string());
                    self.report.why = trouble.to_string();
                    break;
                }
            }
        }
        let _ = timeout(Duration::from_secs(1), stream.shutdown()).await;
        self.report
    }

    async fn wait(&mut self, stream: &mut tls::Stream<TcpStream>, deadline: Instant) {
        let mut buffer = [0; 4096];
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => self.machine.handle_closed(),
                Ok(len) => self.machine.handle(&buffer[..len], Instant::now()),
            },
            () = sleep_until(deadline.into()) => self.machine.handle_timeout(Instant::now()),
        }
    }

    fn step(&mut self, what: &str, note: String) {
        let elapsed = self.began.elapsed();
        self.began = Instant::now();
        self.report.steps.push(EnrolStep { what: what.to_owned(), note, elapsed });
    }

    /// Does what the server wants; keys are made beside, they take seconds.
    async fn work(mut self, task: Task) -> Self {
        if let Task::Generate(spec) = task {
            self.machine.answer(&Answer::InProgress, Instant::now());
            let made = self.make_key(spec).await;
            let answer = match made {
                Ok((answer, note)) => {
                    self.step("make a key", note);
                    answer
                }
                Err(problem) => self.balk("make a key", problem),
            };
            self.machine.answer(&answer, Instant::now());
            return self;
        }
        let answer = match task {
            Task::Authenticate { session } => self.authenticate(session),
            Task::Store(der) => self.store(&der),
            Task::Fetch => self.fetch(),
            Task::Delete => {
                self.step("delete the certificate", "done".to_owned());
                self.report.deleted = true;
                Answer::Done
            }
            Task::Generate(_) => unreachable!("it was done above"),
        };
        self.machine.answer(&answer, Instant::now());
        self
    }

    fn balk(&mut self, what: &str, problem: String) -> Answer {
        self.step(what, format!("NO: {problem}"));
        self.balked = Some(problem);
        Answer::Failed(Reason::InvalidElement)
    }

    fn authenticate(&mut self, session: u32) -> Answer {
        let device = self.report.device.clone();
        let sign = |identity: &Identity, head: &[&[u8]]| -> Result<[Vec<u8>; 3], String> {
            let der = identity.certificate.der();
            let [sha1, sha512] =
                identity.key.prove(&[head, &[der]].concat()).map_err(|error| error.to_string())?;
            Ok([der.to_vec(), sha1, sha512])
        };
        let certificate = self.phone.certificate.as_ref();
        let certificate = certificate.map(|identity| sign(identity, &[device.as_bytes(), &[0]]));
        let sudi = self.phone.sudi.as_ref().map(|identity| sign(identity, &[&session.to_le_bytes()]));
        match (certificate.transpose(), sudi.transpose()) {
            (Ok(certificate), Ok(sudi)) => {
                let mut by = vec![if self.phone.password.is_empty() { "no password" } else { "a password" }];
                by.extend(certificate.is_some().then_some("a certificate"));
                by.extend(sudi.is_some().then_some("SUDI"));
                self.step("prove itself", format!("session {session}, by {}", by.join(" and ")));
                let password = self.phone.password.clone().into_bytes();
                Answer::Proof(Proof { password, certificate, sudi })
            }
            (Err(problem), _) | (_, Err(problem)) => self.balk("prove itself", problem),
        }
    }

    async fn make_key(&mut self, spec: KeySpec) -> Result<(Answer, String), String> {
        let wanted = kind(spec).ok_or_else(|| format!("no phone makes a key {spec}"))?;
        let key = match self.phone.key.clone().filter(|key| key.kind() == wanted) {
            Some(key) => key,
            None => tokio::task::spawn_blocking(move || PrivateKey::generate(wanted))
                .await
                .map_err(|error| error.to_string())?
                .map_err(|error| error.to_string())?,
        };
        let answer = Answer::Key(key.to_spki().map_err(|error| error.to_string())?);
        self.key = Some(key);
        Ok((answer, wanted.to_string()))
    }

    /// What a phone looks at before it stores a certificate.
    fn store(&mut self, der: &[u8]) -> Answer {
        const WHAT: &str = "store the certificate";
        let certificate = match Certificate::from_der(der) {
            Ok(certificate) => certificate,
            Err(error) => return self.balk(WHAT, error.to_string()),
        };
        let Some(key) = self.key.clone() else {
            return self.balk(WHAT, "the phone made no key in this session".to_owned());
        };
        if let Err(problem) = self.look_at(&certificate, &key) {
            return self.balk(WHAT, problem);
        }
        let days = (certificate.not_after() - self.phone.now) / 86_400;
        self.step(WHAT, format!("{}, {days} days", certificate.subject()));
        self.report.installed = Some(Identity { certificate, chain: Vec::new(), key });
        Answer::Done
    }

    fn look_at(&self, certificate: &Certificate, key: &PrivateKey) -> Result<(), String> {
        if !key.matches(certificate) {
            return Err("the certificate is for another key than the phone made".to_owned());
        }
        if certificate.common_name().as_deref() != Some(&*self.report.device) {
            return Err(format!("the certificate names {}", certificate.subject()));
        }
        // Servers' clocks and phones' are never quite the same.
        if !certificate.is_valid_at(self.phone.now) && !certificate.is_valid_at(self.phone.now + 60) {
            return Err("the certificate is not valid now".to_owned());
        }
        match &self.issuer {
            Some(issuer) if !certificate.is_signed_by(issuer) => {
                Err(format!("the certificate is not signed by {}, who gave it", issuer.subject()))
            }
            _ => Ok(()),
        }
    }

    fn fetch(&mut self) -> Answer {
        let shown = self.phone.certificate.as_ref().map(|identity| identity.certificate.clone());
        match shown {
            Some(certificate) => {
                self.step("show the certificate", certificate.subject().to_owned());
                Answer::Certificate(certificate.der().to_vec())
            }
            None => self.balk("show the certificate", "the phone has none".to_owned()),
        }
    }

    fn ended(&mut self, reason: Reason) {
        self.step("end", format!("the server says: {reason}"));
        self.report.reason = Some(reason.to_string());
        let worked = self.report.steps.len() > 3;
        (self.report.succeeded, self.report.why) = match (&self.balked, reason) {
            (Some(problem), _) => (false, problem.clone()),
            (None, Reason::Success) => (true, "the server says that it is done".to_owned()),
            // A fetch ends like a session in which nothing was to be done.
            (None, Reason::NoAction) if worked => (true, "the server has what it asked for".to_owned()),
            (None, Reason::NoAction) => (false, "the server has nothing scheduled for this phone".to_owned()),
            (None, Reason::UnknownDevice) => (false, "the server does not know this phone".to_owned()),
            (None, other) => (false, format!("the server refused: {other}")),
        };
        if !self.report.succeeded {
            self.report.installed = None;
        }
    }
}

fn kind(spec: KeySpec) -> Option<KeyKind> {
    match spec {
        KeySpec::Rsa(bits) => Some(KeyKind::Rsa(bits.into())),
        KeySpec::Ec(capf::Curve::Secp256r1) => Some(KeyKind::Ec(Curve::P256)),
        KeySpec::Ec(capf::Curve::Secp384r1) => Some(KeyKind::Ec(Curve::P384)),
        KeySpec::Ec(capf::Curve::Secp521r1) => Some(KeyKind::Ec(Curve::P521)),
        KeySpec::Ec(capf::Curve::Other(_)) => None,
    }
}
