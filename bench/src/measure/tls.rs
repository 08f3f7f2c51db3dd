//! Full handshakes on 6971, beside nginx with the same certificate and key.

use std::time::Duration;

use anyhow::{Result, ensure};
use pki::tls::{ClientPolicy, Version};

use super::{Bench, Measurement};
use crate::{
    load::tls::{self, Plan},
    report::Section,
    rounds::{Contender, compare},
    servers::{offhook::provisioning_identity, peers::Nginx},
};

const DEADLINE: Duration = Duration::from_secs(120);
const HANDSHAKES: usize = 3000;
/// So small that the handshake is what is measured; asked for because a server is not done before it has answered.
const FILE: &str = "AppDialRules.xml";

pub(super) fn twelve(bench: &Bench, about: &Measurement) -> Result<Section> {
    handshakes(bench, about, &ClientPolicy::phone_8800())
}

pub(super) fn thirteen(bench: &Bench, about: &Measurement) -> Result<Section> {
    handshakes(bench, about, &ClientPolicy { min: Version::Tls13, ..ClientPolicy::modern() })
}

fn handshakes(bench: &Bench, about: &Measurement, policy: &ClientPolicy) -> Result<Section> {
    let offhook = bench.offhook()?;
    let nginx =
        Nginx { identity: Some(provisioning_identity(&bench.site.dir("offhook"))?), file_cache: false };
    let nginx = nginx.start(&bench.site.dir("tls-nginx"), &bench.site.root(), bench.cores)?;
    let plan = |address| Plan {
        address,
        policy: policy.clone(),
        at_once: 16,
        total: HANDSHAKES,
        deadline: DEADLINE,
    };
    let (ours, theirs) = (plan(offhook.https()?), plan(nginx.https()?));
    let (agreed, also) = (tls::look(&ours)?, tls::look(&theirs)?);
    ensure!(agreed == also, "offhook agrees on {agreed}, nginx on {also}");
    let contenders = vec![
        Contender::new("offhook", offhook.pid(), || tls::run(&ours, FILE)),
        Contender::new("nginx", nginx.pid(), || tls::run(&theirs, FILE)),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [offhook, nginx] = series.as_slice() else { anyhow::bail!("a contender is missing") };
    let (ratio, cpu) = (offhook.rate_against(nginx), offhook.cpu_against(nginx));
    Ok(about
        .section(&format!(
            "{agreed}, the P-256 certificate and key that offhook made in both, 16 at once, one file of 400 bytes each."
        ))
        .series("handshakes/s", &series)
        .at_least("handshakes per second against nginx", 1.0, ratio)
        .at_most("server CPU per handshake against nginx", 1.0, cpu))
}
