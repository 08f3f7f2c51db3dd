//! The line and the counters that every question to the Trust Verification Service leaves behind.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use provision::tvs::{Refusal, Vouched};
use tracing::Level;
use wire::trust_list::Role;
use wire::tvs::{Ask, DeviceName};

use super::{Peer, Printable, TARGET, milliseconds};
use crate::metrics::Metrics;

/// A question that was answered.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// From where.
    pub peer: SocketAddr,
    /// By whom.
    pub device: DeviceName<'a>,
    /// In which way.
    pub ask: Ask,
    /// What about, as the phone says it.
    pub about: &'a dyn fmt::Display,
    /// What was answered; the phone is not told why it is refused.
    pub answer: &'a Result<Vouched<'a>, Refusal>,
    /// From the whole request to the answer on its way.
    pub took: Duration,
}

/// Counts the question and writes its line: what is not vouched for at `warn`, because a phone will miss it.
pub fn asked(metrics: &Metrics, asked: &Asked<'_>) {
    metrics.tvs.answer(asked.ask, asked.answer.is_ok()).inc();
    metrics.tvs.seconds.observe(asked.took.as_secs_f64());
    macro_rules! line {
        ($level:expr, $text:literal, $($field:tt)*) => {
            if tracing::enabled!(target: TARGET, $level) {
                tracing::event!(
                    target: TARGET,
                    $level,
                    phone = asked.device.device(),
                    model = asked.device.model(),
                    peer = %Peer(asked.peer),
                    transport = "tvs",
                    ask = word(asked.ask),
                    $($field)*
                    ms = milliseconds(asked.took),
                    $text
                );
            }
        };
    }
    match asked.answer {
        Ok(vouched) => line!(Level::INFO, "vouched for",
            outcome = "valid", certificate = vouched.name, roles = %Roles(&vouched.roles), ttl = vouched.ttl,),
        Err(reason) => line!(Level::WARN, "not vouched for",
            outcome = "invalid", certificate = %Printable(asked.about.to_string().as_bytes()), %reason,),
    }
}

fn word(ask: Ask) -> &'static str {
    match ask {
        Ask::Verify => "verify",
        Ask::Query => "query",
    }
}

/// Roles as people read them.
struct Roles<'a>(&'a [u8]);

impl fmt::Display for Roles<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, role) in self.0.iter().enumerate() {
            write!(f, "{}{}", if number > 0 { " " } else { "" }, Role::from_code((*role).into()))?;
        }
        Ok(())
    }
}
