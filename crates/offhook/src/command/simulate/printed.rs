//! How the reports of virtual phones look to people.

use std::fmt::{self, Write};

use serde::Serialize;
use virtual_phone::{
    configuration::{CallManager, Line, Settings, SignIn},
    report::{Outcome, Report, Step},
    storm::{StormReport, Times},
};

use virtual_phone::boot::AGAIN;

use crate::command::output::Table;

/// A report for people.
pub(super) struct Boot<'a>(pub(super) &'a Report);

impl fmt::Display for Boot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let mut steps = Table::new(["FILE", "OVER", "   BYTES", "     TIME", "WHAT THE PHONE CONCLUDES"]);
        for step in &report.steps {
            steps.row(cells(step));
        }
        writeln!(f, "{}, model {}\n\n{steps}\n", report.device, report.model)?;
        if let Some(settings) = &report.settings {
            writeln!(f, "{}\n", table(settings))?;
            if !settings.lines.is_empty() {
                writeln!(f, "{}\n", keys(&settings.lines))?;
            }
        }
        for warning in &report.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        let verdict = &report.verdict;
        let word = if verdict.comes_up { "comes up" } else { "does not come up" };
        write!(f, "{} {word}: {}", report.device, verdict.why)?;
        match &verdict.next_step {
            Some(next_step) => write!(f, "\nnext step: {next_step}"),
            None => Ok(()),
        }
    }
}

fn cells(step: &Step) -> [String; 5] {
    let bytes = match step.outcome {
        Outcome::Taken | Outcome::Rejected => step.bytes.to_string(),
        Outcome::Missing | Outcome::Failed => "-".to_owned(),
    };
    let time = format!("{:.1} ms", step.elapsed.as_secs_f64() * 1e3);
    let signed = step.signed_by.as_ref().map(|by| format!(" [signed by {by}]")).unwrap_or_default();
    let note = match step.outcome {
        Outcome::Rejected => format!("NO: {}", step.note),
        Outcome::Taken | Outcome::Missing | Outcome::Failed => step.note.clone(),
    };
    let [bytes, time] = [right::<8>(&bytes), right::<9>(&time)];
    [step.file.clone(), step.transport.to_string(), bytes, time, note + &signed + &server_says(step)]
}

/// The server's own words, once a file: on the last road, and without the name that stands in front of the row.
fn server_says(step: &Step) -> String {
    let Some(text) = &step.server_says else { return String::new() };
    if step.note.contains(AGAIN) {
        return String::new();
    }
    let words = text.strip_prefix(step.file.trim_start_matches('/')).unwrap_or(text);
    let words = words.strip_prefix(" is not here").unwrap_or(words);
    format!(" (the server: {})", words.trim_start_matches([':', ' ']))
}

/// What the phone ended up with; what is not set is left out.
fn table(settings: &Settings) -> Table {
    let mut rows = vec![
        ("device name", settings.device_name.clone()),
        ("phone label", settings.phone_label.clone()),
        ("trust list", settings.trust_list.clone()),
        ("firmware", settings.firmware.clone()),
        ("version stamp", settings.version_stamp.clone()),
        ("time zone", settings.time_zone.clone()),
        ("date format", settings.date_format.clone()),
        ("time servers", settings.time_servers.join(", ")),
    ];
    rows.extend(settings.call_managers.iter().map(|manager| ("call manager", describe_manager(manager))));
    rows.extend([
        ("SIP transport", settings.sip_transport.clone()),
        ("security mode", settings.security_mode.clone()),
    ]);
    rows.extend([
        ("signs in as", describe_sign_in(&settings.sign_in)),
        ("dial template", settings.dial_template.clone()),
        ("soft keys", settings.soft_keys.clone()),
        ("feature policy", settings.feature_policy.clone()),
        ("user locale", settings.user_locale.clone()),
        ("network locale", settings.network_locale.clone()),
        ("wallpaper", settings.wallpaper.clone()),
        ("web access", settings.web_access.clone()),
    ]);
    let mut table = Table::new(["SETTING", "VALUE"]);
    for (name, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        table.row([name.to_owned(), value]);
    }
    table
}

fn describe_manager(manager: &CallManager) -> String {
    let mut text = manager.address.clone();
    if !manager.sip_port.is_empty() {
        let _ = write!(text, ", port {}", manager.sip_port);
    }
    if !manager.secured_sip_port.is_empty() {
        let _ = write!(text, ", TLS port {}", manager.secured_sip_port);
    }
    text
}

fn describe_sign_in(sign_in: &SignIn) -> String {
    match (sign_in.user.is_empty(), sign_in.has_password) {
        (true, _) => String::new(),
        (false, true) => format!("{}, with a password", sign_in.user),
        (false, false) => format!("{}, without a password", sign_in.user),
    }
}

/// The programmable keys as the phone has them.
fn keys(lines: &[Line]) -> Table {
    let mut table = Table::new(["KEY", "DOES", "NUMBER", "LABEL", ""]);
    for line in lines {
        let more = match line {
            line if line.picks_up => "and picks up".to_owned(),
            line if [&line.label, &line.number, ""].contains(&&*line.display_name) => String::new(),
            line => format!("calls as {}", line.display_name),
        };
        table.row([&format!("{:>3}", line.button), &line.does, &line.number, &line.label, &more]);
    }
    table
}

/// A report, and what this program itself took for it.
#[derive(Debug, Serialize)]
pub(super) struct Measured {
    #[serde(flatten)]
    pub(super) report: StormReport,
    /// Processor time per second; near 1 the storm, not the server, sets the pace.
    pub(super) own_cpu_share: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        let mut times = Table::new(["", "  MEDIAN", "     P99", "     MAX"]);
        for (name, of) in [("a phone's boot", report.boots), ("a request", report.requests)] {
            let Times { median, p99, max } = of;
            let [median, p99, max] = [median, p99, max].map(|ms| right::<8>(&format!("{ms:.1} ms")));
            times.row([name.to_owned(), median, p99, max]);
        }
        let mut transports = Table::new(["OVER", "   TAKEN", " MISSING", " REFUSED", "  FAILED"]);
        for (transport, counts) in &report.transports {
            let numbers = [counts.taken, counts.missing, counts.rejected, counts.failed];
            let [taken, missing, rejected, failed] = numbers.map(|number| right::<8>(&number.to_string()));
            transports.row([transport.to_string(), taken, missing, rejected, failed]);
        }
        let (came_up, phones, seconds) = (report.came_up, report.phones, report.seconds);
        writeln!(f, "{came_up} of {phones} phones came up, in {seconds:.2} s\n\n{times}\n\n{transports}\n")?;
        let megabytes = report.bytes as f64 / 1e6;
        write!(f, "{megabytes:.1} MB, {:.1} MB/s; ", megabytes / seconds.max(f64::EPSILON))?;
        write!(f, "{} datagrams sent again; ", report.retransmissions)?;
        write!(f, "this program took {:.0} % of a core", self.own_cpu_share * 100.0)?;
        let reasons =
            [("stopped", &report.stopped), ("failed", &report.troubles), ("warning", &report.warnings)];
        for (kind, reasons) in reasons {
            for (reason, count) in reasons {
                write!(f, "\n{kind}: {count} × {reason}")?;
            }
        }
        Ok(())
    }
}

/// A column of numbers is read from its right edge.
fn right<const WIDTH: usize>(text: &str) -> String {
    format!("{text:>WIDTH$}")
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use virtual_phone::{ask::Transport, report::Verdict, storm::Transfers};

    use super::*;

    fn step(file: &str, transport: Transport, outcome: Outcome, bytes: usize, note: &str) -> Step {
        let signed_by = file.ends_with("sgn").then(|| "CN=tftp,O=Example,OU=Telephones".to_owned());
        let elapsed = Duration::from_micros(1234);
        let server_says = (outcome == Outcome::Missing).then(|| format!("{file} is not here: trust is off"));
        let (file, note) = (file.to_owned(), note.to_owned());
        Step { file, transport, outcome, bytes, elapsed, signed_by, note, server_says }
    }

    fn report() -> Report {
        let line = |button: &str, feature: &str, does: &str, label: &str, number: &str| Line {
            button: button.into(),
            feature: feature.into(),
            does: does.into(),
            label: label.into(),
            number: number.into(),
            ..Line::default()
        };
        let manager = CallManager {
            priority: "0".into(),
            address: "192.0.2.10".into(),
            sip_port: "5060".into(),
            secured_sip_port: "5061".into(),
        };
        let settings = Settings {
            device_name: "SEP001122334455".into(),
            call_managers: vec![manager],
            lines: vec![
                line("1", "9", "line", "Reception", "100"),
                line("2", "130", "do not disturb", "Quiet", ""),
            ],
            dial_template: "DialTemplate.xml".into(),
            sign_in: SignIn { user: "100".into(), has_password: true },
            trust_list: "ITL 1.0, SHA-1, signed by CN=sast-1,O=Example,OU=Telephones".into(),
            ..Settings::default()
        };
        let missing = "not there; asks again over TFTP";
        Report {
            device: "SEP001122334455".into(),
            model: "8845".into(),
            steps: vec![
                step("ITLFile.tlv", Transport::Http, Outcome::Missing, 0, missing),
                step("ITLFile.tlv", Transport::Tftp, Outcome::Missing, 0, "not there; no trust list"),
                step(
                    "SEP001122334455.cnf.xml.sgn",
                    Transport::Http,
                    Outcome::Taken,
                    12952,
                    "takes its configuration",
                ),
                step("DialTemplate.xml.sgn", Transport::Tftp, Outcome::Rejected, 9000, "dropped: 9000 bytes"),
            ],
            verdict: Verdict { comes_up: true, why: "it has its configuration".into(), next_step: None },
            warnings: vec!["DialTemplate.xml.sgn is dropped: 9000 bytes".into()],
            settings: Some(settings),
        }
    }

    #[test]
    fn a_boot_reads_well() {
        insta::assert_snapshot!(Boot(&report()));
    }

    #[test]
    fn a_boot_that_ends_early_says_what_to_do() {
        let verdict = Verdict {
            comes_up: false,
            why: "there is no configuration for it (SEP001122334455.cnf.xml)".into(),
            next_step: Some("add the phone to the server".into()),
        };
        let report = Report { verdict, settings: None, warnings: vec![], ..report() };
        insta::assert_snapshot!(Boot(&report));
    }

    #[test]
    fn programs_read_the_same() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&report()).unwrap_or_default());
    }

    #[test]
    fn a_storm_reads_well() {
        let times = Times { median: 123.4, p99: 456.7, max: 500.0 };
        let transfers = Transfers { taken: 8000, missing: 3000, rejected: 0, failed: 12 };
        let report = StormReport {
            phones: 1000,
            came_up: 998,
            seconds: 0.5,
            boots: times,
            requests: times,
            transports: BTreeMap::from([(Transport::Http, transfers)]),
            bytes: 104_000_000,
            retransmissions: 7,
            stopped: BTreeMap::from([("no server answers".to_owned(), 2)]),
            troubles: BTreeMap::from([("HTTP: HTTP status 503".to_owned(), 12)]),
            warnings: BTreeMap::new(),
        };
        insta::assert_snapshot!(Measured { report, own_cpu_share: 0.97 });
    }
}
