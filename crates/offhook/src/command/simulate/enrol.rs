//! `offhook simulate enrol`: one phone asks for a certificate of its own, and each step of it is printed.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use pki::{Certificate, Identity};
use virtual_phone::{
    drawer,
    enrol::{EnrolReport, Enrolling, enrol},
    mac::Mac,
    models::Model,
    network::Caller,
};
use wire::trust_list::Role;

use super::Target;
use crate::command::Context;
use crate::command::output::Table;

/// The name of a phone's own certificate in its folder.
pub(super) const LSC: &str = "lsc";

/// Enrol one phone and print each step; exit 1 when a real phone would not be enrolled
///
/// The phone connects to the server's CAPF, proves itself, makes a key, and looks at what it is given: the certificate must be
/// for its key and its name, and signed by the server it talks to.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The phone's model
    #[arg(long, value_parser = super::model)]
    model: &'static Model,
    /// The phone's hardware address
    #[arg(long)]
    mac: Mac,
    #[command(flatten)]
    target: Target,
    /// The server's port for CAPF
    #[arg(long, value_name = "PORT", default_value_t = 3804)]
    capf_port: u16,
    /// What somebody types on the phone
    #[arg(long, value_name = "DIGITS", default_value = "")]
    password: String,
    /// The phone shows this certificate
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
    /// The phone shows this certificate from the factory, for this session only
    #[arg(long, value_name = "FILE", requires = "sudi_key")]
    sudi: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "sudi")]
    sudi_key: Option<PathBuf>,
    /// Keep here what a phone keeps, and start with what is kept here: trust lists, and the certificate it has
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let folder = self.state.as_ref().map(|state| state.join(self.mac.device_name()));
        let trusted = folder.as_deref().map(trusted).transpose()?.flatten();
        let phone = Enrolling {
            mac: self.mac,
            password: self.password.clone(),
            certificate: match identity(self.certificate.as_deref(), self.key.as_deref())? {
                Some(given) => Some(given),
                None => folder.as_deref().map(kept).transpose()?.flatten(),
            },
            sudi: identity(self.sudi.as_deref(), self.sudi_key.as_deref())?,
            key: None,
            now: super::unix_now().into(),
        };
        let report = super::runtime()?.block_on(async {
            let network = self.target.network().await?;
            let caller = Caller { model: self.model, from: None, trusted: trusted.as_deref() };
            anyhow::Ok(enrol(phone, &network, self.capf_port, caller).await)
        })?;
        if let Some(folder) = folder.filter(|_| report.succeeded) {
            keep(&folder, &report)?;
        }
        context.output.show(Enrolled(&report), &report)?;
        Ok(ExitCode::from(u8::from(!report.succeeded)))
    }
}

fn identity(certificate: Option<&Path>, key: Option<&Path>) -> anyhow::Result<Option<Identity>> {
    let (Some(certificate), Some(key)) = (certificate, key) else { return Ok(None) };
    Identity::read(certificate, key).context("a certificate of the phone and its key").map(Some)
}

/// Whom the phone takes for its CAPF: those its trust lists name, or anybody while it holds none.
fn trusted(folder: &Path) -> anyhow::Result<Option<Vec<Certificate>>> {
    let trust = drawer::open(folder)?.trust;
    let lists: Vec<_> = [&trust.ctl, &trust.itl].into_iter().flatten().collect();
    let in_role = lists.iter().flat_map(|list| list.with_role(&[Role::Capf]).cloned());
    Ok((!lists.is_empty()).then(|| in_role.collect()))
}

/// The certificate a phone got earlier.
pub(super) fn kept(folder: &Path) -> anyhow::Result<Option<Identity>> {
    let [certificate, key] = ["crt", "key"].map(|part| folder.join(format!("{LSC}.{part}.pem")));
    if certificate.exists() { identity(Some(&certificate), Some(&key)) } else { Ok(None) }
}

fn keep(folder: &Path, report: &EnrolReport) -> anyhow::Result<()> {
    if let Some(installed) = &report.installed {
        std::fs::create_dir_all(folder)?;
        installed.write(folder, LSC)?;
    }
    if report.deleted {
        for part in ["crt", "key"] {
            let _ = std::fs::remove_file(folder.join(format!("{LSC}.{part}.pem")));
        }
    }
    Ok(())
}

/// A report for people.
struct Enrolled<'a>(&'a EnrolReport);

impl fmt::Display for Enrolled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let mut steps = Table::new(["STEP", "     TIME", "WHAT CAME OF IT"]);
        for step in &report.steps {
            let time = format!("{:>6.1} ms", step.elapsed.as_secs_f64() * 1e3);
            steps.row([&step.what, &time, &step.note]);
        }
        let word = if report.succeeded { "is done" } else { "is not enrolled" };
        write!(f, "{steps}\n\n{} {word}: {}", report.device, report.why)
    }
}
