//! `make bench`: offhook beside the programs that people use today, on one machine, in one run.
//!
//! The servers run on one core and the load on another. Contenders take turns over several rounds, ratios are medians
//! over the rounds, and the load programs report their own share of their core: near 100 % the load was the limit, and
//! the server's processor time per answer is the number to read. Load goes to loopback only, is bounded in count and
//! time, and everything that was started is stopped.

mod cpu;
mod load;
mod measure;
#[path = "../../crates/store/tests/support/postgres.rs"]
mod postgres;
mod report;
mod rounds;
mod servers;
mod site;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command},
    thread,
};

use anyhow::{Result, ensure};
use clap::Parser;
use nix::sys::{
    resource::{Resource, getrlimit, setrlimit},
    signal::{SigSet, Signal},
};

use crate::{cpu::Cores, measure::Bench};

/// Measures offhook against its peers and keeps the result.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Args {
    /// How often every contender is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only the measurements whose name holds this; several with commas between.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Name the measurements and leave.
    #[arg(long)]
    list: bool,
    /// The program to measure.
    #[arg(long, default_value = "target/release/offhook")]
    offhook: PathBuf,
    /// The page that keeps the result; without it the result is only printed.
    #[arg(long)]
    page: Option<PathBuf>,
    /// The core that servers run on.
    #[arg(long, default_value_t = 0)]
    server_core: usize,
    /// The core that the load runs on.
    #[arg(long, default_value_t = 1)]
    load_core: usize,
    #[command(flatten)]
    bare: servers::bare::Bare,
}

impl Args {
    /// A name that is a measurement's own means only that one; another means all that hold it.
    fn wants(&self, name: &str) -> bool {
        let is_own = |wanted: &str| measure::ALL.iter().any(|one| one.name == wanted);
        let matches = |wanted: &String| name == wanted || (!is_own(wanted) && name.contains(wanted.as_str()));
        self.only.is_empty() || self.only.iter().any(matches)
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if args.bare.serve()? {
        return Ok(());
    }
    if args.list {
        return measure::ALL
            .iter()
            .try_for_each(|one| report::say(&format!("{:<16} {}", one.name, one.title)));
    }
    ensure!(args.rounds > 0, "at least one round");
    ensure!(args.server_core != args.load_core, "the load needs a core of its own");
    let cores = Cores { server: args.server_core, load: args.load_core };
    cpu::pin(cores.load)?;
    allow_many_files()?;
    let site = site::Site::make()?;
    end_cleanly_on_signal(site.path())?;
    let bench = Bench { cores, rounds: args.rounds, offhook: args.offhook.canonicalize()?, site };
    let mut sections = Vec::new();
    for one in measure::ALL.iter().filter(|one| args.wants(one.name)) {
        report::say(&format!("… {}: {}", one.name, one.title))?;
        let section = (one.measure)(&bench, one)?;
        report::show(&section)?;
        sections.push(section);
    }
    ensure!(!sections.is_empty(), "no measurement has such a name; --list names them");
    match &args.page {
        Some(page) => report::keep(page, &machine(), &sections),
        None => Ok(()),
    }
}

/// Interrupted, the bench stops what it started and takes its files away.
fn end_cleanly_on_signal(files: &Path) -> Result<()> {
    let mut signals = SigSet::empty();
    [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().for_each(|signal| signals.add(signal));
    // What is started later begins with no signal blocked: the standard library sees to that.
    signals.thread_block()?;
    let files = files.to_owned();
    thread::spawn(move || {
        if signals.wait().is_ok() {
            cpu::end_descendants();
            // Nobody is left who could be told of a failure.
            let _ = fs::remove_dir_all(files);
            process::exit(130);
        }
    });
    Ok(())
}

/// A thousand phones need a thousand sockets, here and in the servers, which inherit the limit.
fn allow_many_files() -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard.min(65_536), hard)?)
}

/// One line on what was measured on.
fn machine() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let peers = [
        ("nginx", "-v"),
        ("apache2", "-v"),
        ("dnsmasq", "--version"),
        ("atftpd", "--version"),
        ("in.tftpd", "-V"),
    ];
    let versions: Vec<String> = peers.iter().filter_map(|(program, flag)| version(program, flag)).collect();
    format!(
        "{}, Linux {}, one core for the server and one for the load. {}.",
        cpu.trim_start_matches([' ', '\t', ':']),
        kernel.trim(),
        versions.join("; ")
    )
}

fn version(program: &str, flag: &str) -> Option<String> {
    let output = Command::new(servers::peers::find(program).ok()?).arg(flag).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text.lines().next()?.split(',').next()?.split("  ").next()?;
    Some(line.trim_start_matches("nginx version: ").trim_start_matches("Server version: ").trim().to_owned())
}
