//! Who runs where, and what it cost: pins to cores, and processor time of a whole family of processes.

use std::{fs, time::Duration};

use anyhow::{Context, Result, ensure};
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        resource::{UsageWho, getrusage},
        signal::{Signal, kill},
        time::TimeValLike,
    },
    time::ClockId,
    unistd::{Pid, SysconfVar, getpid, sysconf},
};

/// The core the servers run on and the core the load runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Cores {
    /// Runs `start` on the servers' core, so that what it starts stays there, and comes back to the load's core.
    pub(crate) fn on_server_core<T>(self, start: impl FnOnce() -> Result<T>) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        started
    }

    /// Fails when a thread of the family of `root` may run anywhere but on the servers' core.
    pub(crate) fn check(self, root: Pid) -> Result<()> {
        for process in family(root) {
            for thread in threads(process) {
                let allowed = sched_getaffinity(thread)?;
                let only = (0..CpuSet::count())
                    .all(|core| allowed.is_set(core).is_ok_and(|allowed| allowed == (core == self.server)));
                ensure!(only, "thread {thread} of process {process} is not pinned to core {}", self.server);
            }
        }
        Ok(())
    }
}

/// Pins the calling thread; what it starts afterwards inherits the pin.
pub(crate) fn pin(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores).with_context(|| format!("cannot run on core {core}"))
}

/// Processor time of this program so far.
pub(crate) fn own() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Duration::ZERO };
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// Processor time of `root`, its threads, its living descendants, and the dead ones that were waited for.
pub(crate) fn of_family(root: Pid) -> Duration {
    family(root).into_iter().map(of_process).sum()
}

/// Times a family of processes was put on or taken off a core, resident memory in kB, and number of threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Idle {
    pub(crate) switches: u64,
    pub(crate) resident_kb: u64,
    pub(crate) threads: u64,
}

/// What `root` and its descendants hold and how often they woke so far.
pub(crate) fn idle(root: Pid) -> Idle {
    let mut sum = Idle::default();
    for process in family(root) {
        sum.resident_kb += status_number(&format!("/proc/{process}/status"), "VmRSS:");
        for thread in threads(process) {
            sum.threads += 1;
            let status = format!("/proc/{process}/task/{thread}/status");
            sum.switches += status_number(&status, "voluntary_ctxt_switches:");
            sum.switches += status_number(&status, "nonvoluntary_ctxt_switches:");
        }
    }
    sum
}

/// `root` and all its living descendants.
pub(crate) fn family(root: Pid) -> Vec<Pid> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        next += 1;
        for thread in threads(parent) {
            let children =
                fs::read_to_string(format!("/proc/{parent}/task/{thread}/children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw));
        }
    }
    found
}

/// Sends `signal` to a whole family, the youngest first.
pub(crate) fn signal_family(root: Pid, signal: Signal) {
    for process in family(root).into_iter().rev() {
        // One that is gone already needs no signal.
        let _ = kill(process, signal);
    }
}

/// Ends everything that this program started, at once.
pub(crate) fn end_descendants() {
    for process in family(getpid()).into_iter().skip(1) {
        // One that is gone already needs no signal.
        let _ = kill(process, Signal::SIGKILL);
    }
}

fn threads(process: Pid) -> Vec<Pid> {
    let Ok(folder) = fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).map(Pid::from_raw).collect()
}

/// The process by its own clock, to the nanosecond; its dead children, known to the tick only, beside.
fn of_process(process: Pid) -> Duration {
    let own =
        ClockId::pid_cpu_clock_id(process).and_then(ClockId::now).map(Duration::from).unwrap_or_default();
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks; cutime and cstime are fields 16 and 17.
    let ticks: u64 = stat
        .rsplit_once(')')
        .map(|(_, rest)| {
            rest.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
        })
        .unwrap_or_default();
    let per_second =
        sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|n| u64::try_from(n).ok()).unwrap_or(100);
    own + Duration::from_millis(ticks * 1000 / per_second)
}

fn status_number(file: &str, field: &str) -> u64 {
    let status = fs::read_to_string(file).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
