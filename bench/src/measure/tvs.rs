//! The Trust Verification Service beside a server that does nothing but handshakes with the same certificate and key.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use pki::{Certificate, tls::ClientPolicy};
use wire::tvs::{Answer, DEFAULT_TTL, DeviceName, Question, Request, Response, Vouched};

use super::{Bench, Measurement};
use crate::{
    load::{
        resume, silent,
        tvs::{self, Plan},
    },
    report::Section,
    rounds::{Contender, compare},
    servers::{Server, bare},
};

const DEADLINE: Duration = Duration::from_secs(120);
const QUESTIONS: usize = 3000;
const SILENT: usize = 1000;
/// Seconds of handshakes in a row.
const TIMED: u64 = 2;
const SESSION: u32 = 1;

pub(super) fn one(bench: &Bench, about: &Measurement) -> Result<Section> {
    beside_bare(bench, about, 1)
}

pub(super) fn sixty_four(bench: &Bench, about: &Measurement) -> Result<Section> {
    beside_bare(bench, about, 64)
}

pub(super) fn thousand(bench: &Bench, about: &Measurement) -> Result<Section> {
    beside_bare(bench, about, 1000)
}

fn beside_bare(bench: &Bench, about: &Measurement, at_once: usize) -> Result<Section> {
    let (offhook, plan) = service(bench, at_once)?;
    let (certificate, key) = pair(bench, "tvs");
    let dir = bench.site.dir("bare");
    let (bare, address) =
        bare::start(&dir, (&certificate, &key), plan.request.len(), &plan.answer, bench.cores)?;
    let theirs = Plan { address, ..plan.clone() };
    let (agreed, also) = (tvs::look(&plan)?, tvs::look(&theirs)?);
    ensure!(agreed == also, "offhook agrees on {agreed}, the bare server on {also}");
    let contenders = vec![
        Contender::new("offhook", offhook.pid(), || tvs::run(&plan)),
        Contender::new("bare handshakes", bare.pid(), || tvs::run(&theirs)),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [offhook, bare] = series.as_slice() else { bail!("a contender is missing") };
    let (ratio, failed) = (offhook.rate_against(bare), offhook.failed());
    Ok(about
        .section(&format!(
            "{agreed}, an RSA key of 2048 bits, {at_once} at once: a full handshake and one verify request each. The other \
             server does the same handshake with the same key, reads as many bytes, answers the same bytes, and decides \
             nothing."
        ))
        .series("answers/s", &series)
        .at_least("answers per second against bare handshakes", 0.85, ratio)
        .goal("phones that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

pub(super) fn beside_silent(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, plan) = service(bench, 16)?;
    let alone = Contender::new("offhook", offhook.pid(), || tvs::run(&plan));
    let beside = Contender::new(format!("offhook, {SILENT} silent"), offhook.pid(), || {
        let silent = silent::open(plan.address, SILENT)?;
        let tally = tvs::run(&plan);
        drop(silent);
        tally
    });
    let series = compare(bench.rounds, vec![alone, beside])?;
    let [alone, beside] = series.as_slice() else { bail!("a contender is missing") };
    let (ratio, slower, failed) = (beside.rate_against(alone), beside.p99() / alone.p99(), beside.failed());
    Ok(about
        .section("16 phones at once, without and with 1,000 connections that are open and say nothing.")
        .series("answers/s", &series)
        .at_least("with against without silent connections", 0.9, ratio)
        .at_most("time within which 99 % are answered, with against without", 1.1, slower)
        .goal("phones that failed", "0".to_owned(), failed.to_string(), failed == 0))
}

pub(super) fn resumed(bench: &Bench, about: &Measurement) -> Result<Section> {
    let (offhook, plan) = service(bench, 1)?;
    let contenders = vec![
        Contender::new("taken up again", offhook.pid(), || resume::run(plan.address, true, TIMED)),
        Contender::new("full handshakes", offhook.pid(), || resume::run(plan.address, false, TIMED)),
    ];
    let series = compare(bench.rounds, contenders)?;
    let [resumed, full] = series.as_slice() else { bail!("a contender is missing") };
    let (ratio, cpu) = (resumed.rate_against(full), resumed.cpu_against(full));
    Ok(about
        .section(
            "One client of the system's `openssl`, TLS 1.2, RSA of 2048 bits: handshakes with a session that is taken up again, \
             which cost no signature, and full ones.",
        )
        .series("handshakes/s", &series)
        .at_least("with a session taken up again against full handshakes", 1.5, ratio)
        .at_most("server CPU per handshake, the same", 0.5, cpu))
}

/// offhook, and what it is asked: the application certificate, which it made itself and vouches for.
fn service(bench: &Bench, at_once: usize) -> Result<(Server, Plan)> {
    let offhook = bench.offhook()?;
    let address = offhook.tvs.context("offhook serves no Trust Verification Service here")?;
    let certificate = Certificate::read(&pair(bench, "application").0)?;
    let device = DeviceName::parse("CP-8845-SEP001122334455").context("a name as phones have it")?;
    let question = Question::Verify { certificate: certificate.der() };
    let vouched = Vouched { roles: &[7], ttl: DEFAULT_TTL };
    let plan = Plan {
        address,
        policy: ClientPolicy::phone_8800(),
        request: Request { session: SESSION, device, question }.encode()?,
        answer: Response { session: SESSION, answer: Answer::Verified(vouched) }.encode()?,
        at_once,
        total: QUESTIONS,
        deadline: DEADLINE,
    };
    Ok((offhook, plan))
}

fn pair(bench: &Bench, name: &str) -> (PathBuf, PathBuf) {
    let folder = bench.site.dir("offhook").join("data/certificates");
    (folder.join(format!("{name}.crt.pem")), folder.join(format!("{name}.key.pem")))
}
