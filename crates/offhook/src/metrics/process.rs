//! What the process takes of the machine, read when somebody asks.

use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Reads `/proc` whenever metrics are asked for.
#[derive(Debug)]
struct Process;

/// Ticks of a second in `/proc/self/stat`, on every architecture Linux runs on.
const TICKS: f64 = 100.0;
/// What was read.
#[derive(Debug, Default, PartialEq)]
struct Taken {
    cpu_seconds: f64,
    threads: u64,
    started: f64,
    virtual_bytes: u64,
    resident_bytes: u64,
    open: u64,
    most_open: u64,
}

impl Taken {
    fn read() -> Self {
        let text = |name: &str| fs::read_to_string(format!("/proc/{name}")).unwrap_or_default();
        let mut taken =
            Self::parse(&text("self/stat"), &text("self/status"), &text("self/limits"), &text("stat"));
        // One of them is the look itself.
        taken.open = fs::read_dir("/proc/self/fd").map_or(0, |all| all.count().saturating_sub(1) as u64);
        taken
    }

    fn parse(stat: &str, status: &str, limits: &str, machine: &str) -> Self {
        // The name of the program stands between brackets and may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ').collect();
        let field = |number: usize| {
            fields.get(number).and_then(|field| field.trim().parse::<f64>().ok()).unwrap_or(0.0)
        };
        let kilobytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_suffix("kB"));
            line.and_then(|line| line.trim().parse::<u64>().ok()).unwrap_or(0) << 10
        };
        let boot = machine.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<f64>().ok());
        let limit = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
        let limit = limit.and_then(|line| line.split_whitespace().next()?.parse().ok());
        Self {
            cpu_seconds: (field(11) + field(12)) / TICKS,
            threads: field(17) as u64,
            started: boot.unwrap_or(0.0) + field(19) / TICKS,
            virtual_bytes: kilobytes("VmSize:"),
            resident_bytes: kilobytes("VmRSS:"),
            open: 0,
            most_open: limit.unwrap_or(0),
        }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let taken = Taken::read();
        let cpu = ConstCounter::new(taken.cpu_seconds);
        let described = encoder.encode_descriptor(
            "process_cpu",
            "Processor time the process took",
            Some(&Unit::Seconds),
            cpu.metric_type(),
        )?;
        cpu.encode(described)?;
        let whole = [
            ("process_threads", "Threads of the process", None, taken.threads),
            ("process_virtual_memory", "Memory the process reserved", Some(Unit::Bytes), taken.virtual_bytes),
            ("process_resident_memory", "Memory the process holds", Some(Unit::Bytes), taken.resident_bytes),
            ("process_open_fds", "Open files and connections", None, taken.open),
            ("process_max_fds", "Most files and connections the process may open", None, taken.most_open),
        ];
        for (name, help, unit, value) in whole {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            let described = encoder.encode_descriptor(name, help, unit.as_ref(), gauge.metric_type())?;
            gauge.encode(described)?;
        }
        let started = ConstGauge::new(taken.started);
        let described = encoder.encode_descriptor(
            "process_start_time",
            "When the process began, in seconds since 1970",
            Some(&Unit::Seconds),
            started.metric_type(),
        )?;
        started.encode(described)
    }
}

pub(super) fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(Process));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_prints_is_understood() {
        let stat =
            "4242 (off) hook) S 1 4242 4242 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 1000 12345678 300 184";
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 524288               files     \n";
        let taken = Taken::parse(
            stat,
            "Name:\toffhook\nVmSize:\t   12000 kB\nVmRSS:\t    1200 kB\n",
            limits,
            "cpu 1\nbtime 1790000000\n",
        );
        assert_eq!((taken.cpu_seconds, taken.threads, taken.most_open), (2.0, 7, 1024));
        assert_eq!((taken.virtual_bytes, taken.resident_bytes), (12_000 << 10, 1200 << 10));
        assert!((taken.started - 1_790_000_010.0).abs() < 0.001);
        assert_eq!(Taken::parse("", "", "", ""), Taken::default());
    }

    #[test]
    fn this_process_takes_something() {
        let taken = Taken::read();
        assert!(
            taken.resident_bytes > 1 << 20 && taken.open > 2 && taken.threads > 0 && taken.most_open > 0,
            "{taken:?}"
        );
        assert!(taken.started > 1.7e9, "{taken:?}");
    }
}
