//! `offhook cert ttl`: how long phones may believe what the Trust Verification Service says about a certificate.

use std::process::ExitCode;

use clap::builder::RangedI64ValueParser;
use wire::tvs::MAX_TTL;

use super::role;
use crate::command::Context;

/// Say how long phones may believe what the Trust Verification Service says about a certificate
///
/// A certificate that will soon be replaced, or taken back, is better believed for an hour than for a day.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name from `offhook cert list`.
    name: String,
    /// How many seconds: 1 to 2592000.
    #[arg(value_parser = seconds(), required_unless_present = "usual")]
    seconds: Option<u32>,
    /// As long as the setting trust.tvs_ttl says.
    #[arg(long, conflicts_with = "seconds")]
    usual: bool,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let row = role::change(context, &self.name, |state| {
            match self.seconds {
                Some(seconds) => drop(state.ttl.insert(self.name.clone(), seconds)),
                None => drop(state.ttl.remove(&self.name)),
            }
            Ok(())
        })?;
        context.output.show(&row, &row)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// For `clap`: a time that phones may be told.
pub(super) fn seconds() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=i64::from(MAX_TTL))
}
