//! A phone at every listener of the running server: it asks for what is nobody's own, so that nothing is written down.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use pki::Certificate;
use virtual_phone::ask::{Ask, Purpose, Transport};
use virtual_phone::enrol::{Enrolling, enrol};
use virtual_phone::mac::Mac;
use virtual_phone::models::{self, Model};
use virtual_phone::network::{Caller, Network, Patience, Server};
use virtual_phone::services::{self, Browser, Fetcher};
use virtual_phone::tvs::{Question, Told};
use wire::tvs::DeviceName;

use super::names::own_addresses;
use super::{Finding, Site, wait};
use crate::listener::{Name, occupant};
use crate::trust::{self, Certificates, calendar};

/// A file that is the same for all phones, and always there.
const FILE: &str = "Ringlist-wb.xml";
/// An address that no maker gives to a phone.
const MAC: Mac = Mac::new([0x02, 0, 0, 0, 0, 0x01]);
/// A model that can do everything.
const MODEL: &str = "8845";
/// Whatever is on this machine answers within moments.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(2),
    idle: Duration::from_secs(3),
    tftp_retry: Duration::from_millis(500),
    tftp_retries: 4,
};
/// One listener may not take the time of the others.
const EACH: Duration = Duration::from_secs(8);

pub(super) fn look(site: &Site) -> Vec<Finding> {
    let Ok(model) = models::find(MODEL) else { return Vec::new() };
    let played = Name::ALL.into_iter().filter_map(|name| Some((name, whom(site, name)?)));
    let played: Vec<(Name, Result<SocketAddr, Finding>)> = played.collect();
    if played.is_empty() {
        return vec![Finding::note(
            "no server runs here, so no phone could be played",
            "start it, then ask again",
        )];
    }
    let certificates = Certificates::open(&trust::certificates_folder(&site.resolved.data_dir)).ok();
    let work = async {
        let asked =
            played.into_iter().map(|(name, address)| one(site, name, address, model, certificates.as_ref()));
        // All at once: the slowest decides.
        let mut findings = Vec::new();
        let mut running: Vec<_> = asked.map(Box::pin).collect();
        for asked in &mut running {
            findings.push(asked.await);
        }
        findings
    };
    wait(work).unwrap_or_default()
}

/// Where a listener that runs is to be asked; nothing when it does not run.
fn whom(site: &Site, name: Name) -> Option<Result<SocketAddr, Finding>> {
    let addresses = site.addresses(name);
    let address = *addresses.first()?;
    if site.bound.is_none() {
        occupant::find(name.is_udp(), address.port()).filter(|who| who.program.starts_with("offhook"))?;
    }
    let home: IpAddr = match address.ip() {
        IpAddr::V6(ip) if ip.is_unspecified() && addresses.iter().any(SocketAddr::is_ipv4) => {
            Ipv6Addr::LOCALHOST.into()
        }
        ip if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        ip => ip,
    };
    let allow = site.listener(name).map(|listener| listener.allow.as_slice()).unwrap_or_default();
    let may = |ip: IpAddr| allow.is_empty() || allow.iter().any(|net| net.contains(&ip));
    // Whoever asks an address of this machine comes from that address.
    let choices = std::iter::once(home)
        .chain(own_addresses(site).into_iter().filter(|_| address.ip().is_unspecified()));
    Some(choices.into_iter().find(|ip| may(*ip)).map(|ip| SocketAddr::new(ip, address.port())).ok_or_else(
        || {
            let text = format!("{name} was not tried: access.{name} does not let this machine in");
            Finding::note(
                text,
                "right if only phones shall come; try `offhook simulate boot` from their network",
            )
        },
    ))
}

async fn one(
    site: &Site,
    name: Name,
    address: Result<SocketAddr, Finding>,
    model: &'static Model,
    certificates: Option<&Certificates>,
) -> Finding {
    let address = match address {
        Ok(address) => address,
        Err(finding) => return finding,
    };
    let began = Instant::now();
    let asked = async {
        match name {
            Name::Tftp => file(address, Transport::Tftp, model, None).await,
            Name::Provisioning => file(address, Transport::Http, model, None).await,
            Name::SecureProvisioning => {
                let shown = named(certificates, &["provisioning", "provisioning-rsa"]);
                file(address, Transport::Https, model, shown).await
            }
            Name::Services => page(address, "http", model, None).await,
            Name::SecureServices => {
                page(address, "https", model, named(certificates, &[trust::APPLICATION])).await
            }
            Name::Tvs => vouching(address, model, certificates).await,
            Name::Capf => enrolment(address, model).await,
            Name::Admin => ready(address).await,
        }
    };
    let told = tokio::time::timeout(EACH, asked).await;
    let told = told.unwrap_or_else(|_| Err(format!("no end of it within {} seconds", EACH.as_secs())));
    match told {
        Ok(what) => Finding::good(format!("{name}: {what} in {} ms", began.elapsed().as_millis())),
        Err(why) => Finding::wrong(format!("{name} at {address}: {why}"), advice(name, site)),
    }
}

fn advice(name: Name, site: &Site) -> String {
    match name {
        Name::SecureProvisioning | Name::SecureServices if site.bound.is_none() => {
            "see the server's log; after a change of certificates phones need the trust list before"
                .to_owned()
        }
        Name::Admin => "see what it says is in the way".to_owned(),
        _ => "see the server's log: it tells why it refused".to_owned(),
    }
}

/// The certificates a listener may show, where they can be read.
fn named(certificates: Option<&Certificates>, names: &[&str]) -> Option<Vec<Certificate>> {
    let stored = certificates?.iter().filter(|stored| names.contains(&&*stored.name));
    Some(stored.map(|stored| stored.certificate.clone()).collect())
}

fn network(address: SocketAddr) -> Network {
    let port = address.port();
    let server = Server {
        name: "localhost".to_owned(),
        address: address.ip(),
        http: port,
        https: port,
        tftp: port,
        tvs: port,
    };
    Network::new(server, PATIENCE)
}

async fn file(
    address: SocketAddr,
    transport: Transport,
    model: &'static Model,
    trusted: Option<Vec<Certificate>>,
) -> Result<String, String> {
    let ask = Ask { name: FILE.to_owned(), transport, purpose: Purpose::RingList };
    let mut bytes = Vec::new();
    let caller = Caller { model, from: None, trusted: trusted.as_deref() };
    let fetched =
        network(address).fetch(&ask, caller, &mut bytes).await.map_err(|trouble| trouble.to_string())?;
    let length = bytes.len() - fetched.start;
    let remark = fetched.remark.map(|remark| format!(" over {remark}")).unwrap_or_default();
    if length == 0 { Err(format!("{FILE} is empty")) } else { Ok(format!("{FILE}, {length} bytes{remark}")) }
}

async fn page(
    address: SocketAddr,
    scheme: &str,
    model: &'static Model,
    trusted: Option<Vec<Certificate>>,
) -> Result<String, String> {
    let mut browser = Browser::new(services::Caller::new(model, &MAC.device_name()));
    let fetcher = Fetcher::new(model, trusted).map_err(|error| error.to_string())?;
    let request = browser.open(&format!("{scheme}://{address}/about"));
    let response = fetcher.fetch(&request).await.map_err(|refusal| refusal.to_string())?;
    browser.receive(&request, &response).map_err(|refusal| refusal.to_string())?;
    Ok(format!("the page \"{}\"", browser.shown().map(|shown| shown.title.clone()).unwrap_or_default()))
}

async fn vouching(
    address: SocketAddr,
    model: &'static Model,
    certificates: Option<&Certificates>,
) -> Result<String, String> {
    let asked = certificates.and_then(|all| all.get("tftp"));
    let asked = asked.ok_or("the certificate to ask about cannot be read by this user")?;
    let device = format!("CP-{}-{}", model.name, MAC.device_name());
    let device = DeviceName::parse(&device).ok_or("there is no name to ask by")?;
    let trusted = named(certificates, &["tvs"]);
    let caller = Caller { model, from: None, trusted: trusted.as_deref() };
    let question = Question::Verify(asked.certificate.clone());
    let reply =
        network(address).ask_tvs(&question, device, caller).await.map_err(|trouble| trouble.to_string())?;
    match reply.told {
        Told::Vouched { .. } => Ok("it vouches for our own certificate tftp".to_owned()),
        Told::Invalid => Err("it does not vouch for our own certificate tftp".to_owned()),
    }
}

/// A phone that nobody scheduled is told so; that is a whole conversation.
async fn enrolment(address: SocketAddr, model: &'static Model) -> Result<String, String> {
    let phone = Enrolling {
        mac: MAC,
        password: String::new(),
        certificate: None,
        sudi: None,
        key: None,
        now: calendar::now(),
    };
    let caller = Caller { model, from: None, trusted: None };
    let report = enrol(phone, &network(address), address.port(), caller).await;
    match report.reason {
        Some(said) => Ok(format!("it tells a phone nobody scheduled \"{said}\"")),
        None => Err(report.why),
    }
}

async fn ready(address: SocketAddr) -> Result<String, String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = tokio::net::TcpStream::connect(address).await.map_err(failed)?;
    let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut text = String::new();
    stream.take(64 << 10).read_to_string(&mut text).await.map_err(failed)?;
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.trim()).unwrap_or_default();
    if text.starts_with("HTTP/1.1 200") { Ok(format!("it says {body}")) } else { Err(body.to_owned()) }
}
