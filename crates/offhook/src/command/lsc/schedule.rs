//! `offhook lsc schedule`: what phones are to do with their certificate when they come by next.

use std::process::ExitCode;

use provision::enrol::{Key, Operation, Password, Required, Schedule};
use serde::Serialize;

use super::pick::{Book, Phones};
use super::view::proof;
use crate::command::output::Table;
use crate::command::{Context, WrongUse};
use crate::enrol::Scheduled;
use crate::trust::calendar;

/// Let phones install, show or delete a certificate when they come by next
///
/// Without a word on how they prove themselves, each gets a password of its own, which somebody types on the phone
/// (Settings, Security, LSC). Phones with a certificate need nobody: say --certificate. After three wrong passwords the
/// enrolment is locked until it is scheduled again.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phones: Phones,
    /// The password to type: 4 to 15 digits.
    #[arg(long, value_name = "DIGITS", group = "proof")]
    password: Option<String>,
    /// Prove it by a certificate, issued here or from the factory.
    #[arg(long, group = "proof")]
    certificate: bool,
    /// Prove it by the certificate issued here.
    #[arg(long, group = "proof")]
    lsc: bool,
    /// Prove it by the certificate from the factory; `offhook cert manufacturer add` brings its maker along.
    #[arg(long, group = "proof")]
    mic: bool,
    /// No proof: whoever gives the phone's name first gets its certificate.
    #[arg(long, group = "proof")]
    no_password: bool,
    /// Make an RSA key of so many bits: 1024, 2048 (the default), 3072 or 4096.
    #[arg(long, value_name = "BITS", conflicts_with = "curve")]
    key_size: Option<u16>,
    /// Make an EC key on this curve: secp256r1, secp384r1 or secp521r1. Phones from firmware 12.5 on can.
    #[arg(long, value_name = "CURVE")]
    curve: Option<String>,
    /// Only fetch the certificate the phone has.
    #[arg(long, conflicts_with_all = ["key_size", "curve", "delete"])]
    fetch: bool,
    /// Delete the certificate the phone has.
    #[arg(long, conflicts_with_all = ["key_size", "curve"])]
    delete: bool,
    /// Forget it when nobody came within so many days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    within: Option<u32>,
}

/// What was scheduled for one phone. The password is told once, here.
#[derive(Debug, Serialize)]
struct Told {
    phone: String,
    operation: String,
    proof: &'static str,
    password: Option<String>,
    until: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let (operation, name) = self.operation()?;
        let given = self.password.clone().map(Password::new).transpose();
        let given = given.map_err(|error| WrongUse(error.to_string()))?;
        let book = Book::open(context)?;
        let phones = self.phones.find(&book)?;
        let now = calendar::now();
        let until = self.within.map(|days| now + i64::from(days) * 86_400);
        let told = book.change(&phones, |phone, record| {
            let required = self.required(given.clone());
            let password = match &required {
                Required::Password(password) => Some(password.digits().to_owned()),
                _ => None,
            };
            let told = Told {
                phone: phone.device_name(),
                operation: name.clone(),
                proof: proof(&required),
                password,
                until: until.map(calendar::utc),
            };
            let schedule = Schedule { until, ..Schedule::new(operation, required) };
            record.scheduled = Some(Scheduled { schedule, at: now });
            told
        })?;
        context.output.show(table(&told), &told)?;
        if let Some(word) = told.first().and_then(|told| authentication(told.proof)) {
            context.output.remark(format!(
                "\nPhones ask for a password unless their configuration says otherwise: set enrolment_authentication to \
                 {word}\nfor them, such as `offhook phone set {} enrolment_authentication={word}`.",
                told[0].phone
            ));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn operation(&self) -> Result<(Operation, String), WrongUse> {
        if self.fetch {
            return Ok((Operation::Fetch, "fetch".to_owned()));
        }
        if self.delete {
            return Ok((Operation::Delete, "delete".to_owned()));
        }
        let word = match (&self.curve, self.key_size) {
            (Some(curve), _) => curve.to_ascii_lowercase(),
            (None, Some(bits)) => format!("rsa{bits}"),
            (None, None) => Key::default().to_string(),
        };
        let is_curve = |key: &Key| !matches!(key, Key::Rsa(_));
        let key = word.parse().ok().filter(|key| is_curve(key) == self.curve.is_some());
        let key = key.ok_or_else(|| match &self.curve {
            Some(curve) => {
                WrongUse(format!("\"{curve}\" is no curve of phones: secp256r1, secp384r1 and secp521r1 are"))
            }
            None => WrongUse(format!("{word}: phones make RSA keys of 1024, 2048, 3072 or 4096 bits")),
        })?;
        Ok((Operation::Install(key), format!("install {key}")))
    }

    fn required(&self, given: Option<Password>) -> Required {
        match given {
            Some(password) => Required::Password(password),
            None if self.certificate => Required::Certificate,
            None if self.lsc => Required::Lsc,
            None if self.mic => Required::Mic,
            None if self.no_password => Required::Nothing,
            None => Required::Password(drawn()),
        }
    }
}

/// What the phone must have been told to prove itself so; nothing when that is what all phones do.
fn authentication(proof: &str) -> Option<&'static str> {
    match proof {
        "none" => Some("empty_password"),
        "mic" => Some("mic"),
        "lsc" | "certificate" => Some("lsc"),
        _ => None,
    }
}

/// Six digits nobody can guess within three tries.
fn drawn() -> Password {
    let digits = format!("{:06}", pki::random_u32() % 1_000_000);
    Password::new(digits).expect("six digits are a password")
}

fn table(told: &[Told]) -> Table {
    let mut table = Table::new(["PHONE", "TO DO", "PROOF", "PASSWORD", "UNTIL"]);
    for Told { phone, operation, proof, password, until } in told {
        let until = until.as_deref().unwrap_or("-");
        table.row([phone, operation, *proof, password.as_deref().unwrap_or("-"), until]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_passwords_are_six_digits() {
        for _ in 0..100 {
            assert_eq!(drawn().digits().len(), 6);
        }
    }
}
