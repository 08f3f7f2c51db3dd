//! Certificate enrolment beside a server that does nothing but handshakes with the same certificate and key.

use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use pki::{KeyKind, PrivateKey, tls::ClientPolicy};

use super::{Bench, Measurement};
use crate::{
    load::{
        Tally,
        capf::{self, Plan},
        silent, tvs,
    },
    report::Section,
    rounds::{Contender, compare},
    servers::{Server, bare},
};

const DEADLINE: Duration = Duration::from_secs(300);
const PHONES: usize = 1000;
const STORM: usize = 10_000;
const SILENT: usize = 1000;
const STALLED: usize = 300;
/// As many bytes as a phone and a server exchange for one certificate, about.
const ASKED: usize = 400;
const ANSWERED: usize = 950;

pub(super) fn beside_bare(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, plan) = service(bench, PHONES, 64)?;
    let (certificate, key) = pair(bench);
    let answer = vec![0; ANSWERED];
    let (bare, address) =
        bare::start(&bench.site.dir("bare"), (&certificate, &key), ASKED, &answer, bench.cores)?;
    let theirs = bare_plan(&plan, address, answer);
    let contenders = vec![
        Contender::new("offhook", offhook.pid(), || enrol(bench, &plan)),
        Contender::new("bare handshakes", bare.pid(), || tvs::run(&theirs)),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [offhook, bare] = series.as_slice() else { bail!("a contender is missing") };
    let (ratio, failed) = (offhook.rate_against(bare), offhook.failed());
    Ok(about
        .section(&format!(
            "{PHONES} phones, 64 at once, RSA keys of 2048 bits: a full handshake, a certificate issued, stored and on record \
             (three changes of the database). The other server only does the same handshake: an enrolment signs twice, so half \
             its rate is the most there is."
        ))
        .series("phones/s", &series)
        .at_least("enrolments per second against bare handshakes", 0.3, ratio)
        .goal("phones that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

pub(super) fn storm(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, plan) = service(bench, STORM, 256)?;
    let (certificate, key) = pair(bench);
    let answer = vec![0; ANSWERED];
    let (bare, address) =
        bare::start(&bench.site.dir("bare"), (&certificate, &key), ASKED, &answer, bench.cores)?;
    let theirs = bare_plan(&plan, address, answer);
    let contenders = vec![
        Contender::new("offhook", offhook.pid(), || enrol(bench, &plan)),
        Contender::new("bare handshakes", bare.pid(), || tvs::run(&theirs)),
    ];
    let series = compare(1, contenders)?;
    let [offhook, bare] = series.as_slice() else { bail!("a contender is missing") };
    let (ratio, failed) = (offhook.rate_against(bare), offhook.failed());
    Ok(about
        .section(&format!(
            "{STORM} phones enrol, 256 at once, beside a server that only does the same handshakes. An enrolment is one handshake \
             and one more signature, so half its rate is the most there is."
        ))
        .series("phones/s", &series)
        .at_least("enrolments per second against bare handshakes", 0.3, ratio)
        .goal("phones that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

/// Phones that shake hands, hear the first question, and say nothing: each holds a session open.
pub(super) fn beside_stalled(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, plan) = service(bench, PHONES, 16)?;
    let alone = Contender::new("offhook", offhook.pid(), || enrol(bench, &plan));
    let beside = Contender::new(format!("offhook, {STALLED} stalled"), offhook.pid(), || {
        let stalled = capf::stall(&plan, STALLED)?;
        let tally = enrol(bench, &plan);
        drop(stalled);
        tally
    });
    let series = compare(bench.rounds, vec![alone, beside])?;
    let [alone, beside] = series.as_slice() else { bail!("a contender is missing") };
    let (slower, failed) = (beside.p99() / alone.p99(), beside.failed());
    Ok(about
        .section("16 phones at once, without and with 300 that began to enrol and then say nothing.")
        .series("phones/s", &series)
        .at_most("time within which 99 % are enrolled, with against without", 1.1, slower)
        .goal("phones that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

pub(super) fn beside_silent(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, plan) = service(bench, PHONES, 16)?;
    let alone = Contender::new("offhook", offhook.pid(), || enrol(bench, &plan));
    let beside = Contender::new(format!("offhook, {SILENT} silent"), offhook.pid(), || {
        let silent = silent::open(plan.address, SILENT)?;
        let tally = enrol(bench, &plan);
        drop(silent);
        tally
    });
    let series = compare(bench.rounds, vec![alone, beside])?;
    let [alone, beside] = series.as_slice() else { bail!("a contender is missing") };
    let (slower, failed) = (beside.p99() / alone.p99(), beside.failed());
    Ok(about
        .section("16 phones at once, without and with 1,000 connections that are open and say nothing.")
        .series("phones/s", &series)
        .at_most("time within which 99 % are enrolled, with against without", 1.1, slower)
        .goal("phones that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

/// Schedules all phones again, and lets them come. Scheduling is not measured.
fn enrol(bench: &Bench, plan: &Plan) -> Result<Tally> {
    // One command line does not hold the names of ten thousand phones everywhere.
    for phones in plan.phones.chunks(2000) {
        let scheduled = Command::new(&bench.offhook)
            .arg("--config")
            .arg(bench.site.dir("offhook").join("offhook.toml"))
            .args(["--json", "lsc", "schedule", "--no-password"])
            .args(phones)
            .stdout(Stdio::null())
            .status()?;
        ensure!(scheduled.success(), "the phones could not be scheduled");
    }
    capf::run(plan)
}

/// offhook, and phones that will enrol.
fn service(bench: &Bench, phones: usize, at_once: usize) -> Result<(Server, Plan)> {
    let offhook = bench.offhook()?;
    let plan = Plan {
        address: offhook.capf.context("offhook enrols nobody here")?,
        policy: ClientPolicy::phone_8800(),
        phones: (0..phones).map(|number| format!("SEP02{number:010X}")).collect(),
        key: PrivateKey::generate(KeyKind::Rsa(2048))?.to_spki()?,
        at_once,
        deadline: DEADLINE,
    };
    Ok((offhook, plan))
}

fn bare_plan(plan: &Plan, address: SocketAddr, answer: Vec<u8>) -> tvs::Plan {
    tvs::Plan {
        address,
        policy: plan.policy.clone(),
        request: vec![0; ASKED],
        answer,
        at_once: plan.at_once,
        total: plan.phones.len(),
        deadline: plan.deadline,
    }
}

fn pair(bench: &Bench) -> (PathBuf, PathBuf) {
    let folder = bench.site.dir("offhook").join("data/certificates");
    (folder.join("capf.crt.pem"), folder.join("capf.key.pem"))
}
