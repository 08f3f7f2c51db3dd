//! `offhook tvs query`: one question, asked as a phone asks it, and the answer.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use pki::{Certificate, files};
use serde::Serialize;
use virtual_phone::mac::Mac;
use virtual_phone::models::{self, Model};
use virtual_phone::network::{Caller, Network, Patience, Reply, Server};
use virtual_phone::tvs::{Named, Question, Told};
use wire::signature::Signer;
use wire::tvs::DeviceName;

use crate::command::cert::pick;
use crate::command::{Context, WrongUse, runtime};

const PORT: u16 = 2445;

/// Ask whether a certificate may be trusted, and for what; exit 1 when the answer is no
///
/// With a certificate alone it is shown, as phones show that of a TLS server; with --by-name, or --issuer and --serial, it
/// is asked for, as phones ask for the signer of a file.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file, or a name from `offhook cert list`.
    #[arg(required_unless_present = "issuer")]
    certificate: Option<String>,
    /// Ask for it by its issuer and serial number instead of showing it.
    #[arg(long, requires = "certificate")]
    by_name: bool,
    /// Ask for the certificate of this issuer, such as "CN=Authority,O=Example", …
    #[arg(long, value_name = "NAME", requires = "serial", conflicts_with = "certificate")]
    issuer: Option<String>,
    /// … with this number, in hexadecimal.
    #[arg(long, value_name = "HEX", requires = "issuer", value_parser = serial)]
    serial: Option<Number>,
    /// Where the service is: a name or address, with a port or without
    #[arg(id = crate::command::ELSEWHERE, long = "server", value_name = "HOST[:PORT]", default_value = "127.0.0.1")]
    server: String,
    /// The model of the phone that asks; old ones speak TLS 1.0
    #[arg(long, value_parser = models::find, default_value = "8845")]
    model: &'static Model,
    /// The hardware address of the phone that asks
    #[arg(long, default_value = "000000000000")]
    mac: Mac,
    /// Write the certificate that was found to this file, PEM.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// A serial number.
#[derive(Clone, Debug)]
struct Number(Vec<u8>);

/// What was asked and answered.
#[derive(Debug, Serialize)]
struct Asked {
    server: SocketAddr,
    tls: String,
    /// Whom the service says it is.
    shows: Option<String>,
    phone: String,
    how: &'static str,
    about: Named,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let question = self.question(context)?;
        let phone = format!("CP-{}-{}", self.model.name, self.mac.device_name());
        let device = DeviceName::parse(&phone).with_context(|| format!("{phone} is no name for a phone"))?;
        let (server, reply) = runtime()?.block_on(async {
            let server = look_up(&self.server).await?;
            let address = SocketAddr::new(server.address, server.tvs);
            let caller = Caller { model: self.model, from: None, trusted: None };
            let network = Network::new(server, Patience::default());
            let reply = network.ask_tvs(&question, device, caller).await;
            anyhow::Ok((address, reply.with_context(|| format!("asking {address}"))?))
        })?;
        if let (Some(file), Told::Vouched { certificate, .. }) = (&self.save, &reply.told) {
            files::write_public(file, &certificate.to_pem())?;
        }
        let asked = Asked::new(server, phone, &question, &reply);
        context.output.show(&asked, &asked)?;
        Ok(if asked.valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn question(&self, context: &Context) -> anyhow::Result<Question> {
        if let (Some(issuer), Some(Number(serial))) = (&self.issuer, &self.serial) {
            let signer = Signer { subject: String::new(), issuer: issuer.clone(), serial: serial.clone() };
            return Ok(Question::Query(signer));
        }
        let Some(word) = &self.certificate else { bail!("say which certificate") };
        let certificate = pick::certificate(word, context)?;
        Ok(if self.by_name { Question::Query(certificate.signer()) } else { Question::Verify(certificate) })
    }
}

impl Asked {
    fn new(server: SocketAddr, phone: String, question: &Question, reply: &Reply) -> Self {
        let (valid, subject, roles, ttl) = match &reply.told {
            Told::Vouched { certificate, roles, ttl } => {
                let roles = roles.iter().map(ToString::to_string).collect();
                (true, Some(certificate.subject().to_owned()), roles, Some(*ttl))
            }
            Told::Invalid => (false, None, Vec::new(), None),
        };
        Self {
            server,
            tls: reply.remark.clone(),
            shows: reply.server.as_ref().map(Certificate::subject).map(str::to_owned),
            phone,
            how: if matches!(question, Question::Verify(_)) { "verify" } else { "query" },
            about: question.named(),
            valid,
            subject,
            roles,
            ttl,
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "server    {} over {}", self.server, self.tls)?;
        writeln!(f, "shows     {}", self.shows.as_deref().unwrap_or("a certificate that cannot be read"))?;
        writeln!(f, "asked     {} by {}", self.how, self.phone)?;
        let subject = if self.about.subject.is_empty() { "not said" } else { &self.about.subject };
        writeln!(f, "subject   {subject}")?;
        writeln!(f, "issuer    {}", self.about.issuer)?;
        writeln!(f, "serial    {}", self.about.serial)?;
        match (&self.subject, self.ttl) {
            (Some(subject), Some(ttl)) => {
                if *subject != self.about.subject {
                    writeln!(f, "found     {subject}")?;
                }
                write!(f, "\nvalid: {}, to be believed for {ttl} seconds", self.roles.join(" "))
            }
            _ => write!(f, "\nnot valid: the service does not vouch for it; its log tells why"),
        }
    }
}

fn serial(text: &str) -> Result<Number, &'static str> {
    const ERROR: &str = "a serial number is hexadecimal digits, such as 2d155cc0 or 2D:15:5C:C0";
    let digits: String = text.chars().filter(|char| *char != ':').collect();
    let digits = digits.strip_prefix("0x").unwrap_or(&digits).trim_start_matches('0');
    let digits = if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("0{digits}") };
    let pair = |pair: &[u8]| {
        let text = str::from_utf8(pair).ok().filter(|text| !text.starts_with('+'))?;
        u8::from_str_radix(text, 16).ok()
    };
    let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(pair).collect();
    bytes.filter(|bytes| !bytes.is_empty()).map(Number).ok_or(ERROR)
}

/// Where the service is; phones use IPv4 unless they are told otherwise, so that comes first.
async fn look_up(text: &str) -> anyhow::Result<Server> {
    let (name, port) = split(text).ok_or_else(|| WrongUse(format!("\"{text}\" has no port that is one")))?;
    let found = tokio::net::lookup_host((name, port)).await;
    let found: Vec<SocketAddr> = found.with_context(|| format!("looking up the server `{name}`"))?.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    let address = first.with_context(|| format!("the server `{name}` has no address"))?.ip();
    Ok(Server { name: name.to_owned(), address, http: 0, https: 0, tftp: 0, tvs: port })
}

/// A name and a port: `host`, `host:2445`, `::1`, `[::1]`, `[::1]:2445`.
fn split(text: &str) -> Option<(&str, u16)> {
    if let Some((name, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return Some((name, if rest.is_empty() { PORT } else { rest.strip_prefix(':')?.parse().ok()? }));
    }
    match text.split_once(':') {
        Some((name, port)) if !port.contains(':') => Some((name, port.parse().ok()?)),
        _ => Some((text, PORT)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn servers_have_a_port_or_the_usual_one() {
        for (text, expected) in [
            ("pbx", Some(("pbx", 2445))),
            ("pbx:1", Some(("pbx", 1))),
            ("192.0.2.1:65535", Some(("192.0.2.1", 65535))),
            ("::1", Some(("::1", 2445))),
            ("[::1]", Some(("::1", 2445))),
            ("[::1]:7", Some(("::1", 7))),
            ("pbx:", None),
            ("pbx:65536", None),
            ("[::1]7", None),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    #[test]
    fn serial_numbers_are_typed_in_many_ways() {
        for text in ["2d155cc0", "2D155CC0", "2D:15:5C:C0", "0x2d155cc0", "00:2d:15:5c:c0"] {
            assert_eq!(serial(text).unwrap().0, [0x2d, 0x15, 0x5c, 0xc0], "{text}");
        }
        assert_eq!(serial("1a5").unwrap().0, [1, 0xa5]);
        for text in ["", "x", "-1", "+1", "0", "1 2"] {
            assert!(serial(text).is_err(), "{text}");
        }
    }
}
