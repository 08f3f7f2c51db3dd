//! The rules of verdicts, as data. They are tried in this order, and the first that holds is the verdict: what is sure and
//! needs somebody comes first, then what rests on silence, then what is well.

use super::facts::Facts;
use super::holds;
use super::verdict::Found;

/// How much somebody is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// All is well.
    Fine,
    /// Something goes on, or waits for a decision.
    Note,
    /// It works, and something is amiss.
    Warning,
    /// It does not work.
    Problem,
}

impl Severity {
    /// As it is written.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Never changes.
    pub id: &'static str,
    /// How much somebody is needed.
    pub severity: Severity,
    /// When it holds, in words.
    pub when: &'static str,
    /// What is said then; `{…}` is filled in.
    pub sentence: &'static str,
    /// What to do; empty where nothing is to be done.
    pub next: &'static str,
    /// Where the knowledge is from.
    pub source: &'static str,
    /// When it holds.
    pub(super) holds: for<'a> fn(&Facts<'a>) -> Option<Found<'a>>,
}

/// The rule of that id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

use Severity::{Fine, Note, Problem, Warning};

/// All rules, in the order in which they are tried.
pub static RULES: &[Rule] = &[
    Rule {
        id: "retired",
        severity: Note,
        when: "the inventory says that it is retired",
        sentence: "It is retired and given nothing; {asked}.",
        next: "`offhook phone set {phone} state=active` brings it back; else take it off the network.",
        source: "the inventory",
        holds: holds::retired,
    },
    Rule {
        id: "scanning",
        severity: Problem,
        when: "nobody knows it, and its address asked for the configurations of ten or more unknown phones within a minute, \
               without asking for their trust lists as phones do",
        sentence: "This is hardly a phone: within a minute, {address} asked for the configurations of {count} phones that nobody knows.",
        next: "Find out who has the address {address}, and keep it out: `[access]` lists who may ask. Nothing of value was given; \
               `offhook phone remove {phone}` forgets this name.",
        source: "names of phones can be guessed, and are",
        holds: holds::scanning,
    },
    Rule {
        id: "not-allowed",
        severity: Problem,
        when: "the last thing that its address did was to be turned away by an access list",
        sentence: "Its address {address} is not in the access list of {road}, so it is turned away.",
        next: "Add its network to `access.{listener}` in the configuration, and `systemctl reload offhook`.",
        source: "the access lists",
        holds: holds::not_allowed,
    },
    Rule {
        id: "waiting",
        severity: Note,
        when: "the inventory says that it waits to be claimed",
        sentence: "It waits to be claimed: its screen shows the code {code}.",
        next: "`offhook phone claim {code} --model {model} --line NUMBER`, then restart it.",
        source: "the inventory",
        holds: holds::waiting,
    },
    Rule {
        id: "unknown",
        severity: Problem,
        when: "nobody added it, and it asked for a configuration and got none",
        sentence: "Nobody has added this phone: it asks for a configuration, and there is none.",
        next: "`offhook phone add {phone} --model {model} --line NUMBER`; or `provisioning.onboarding = \"park\"` lets such phones wait with \
               a code on their screen.",
        source: "the inventory",
        holds: holds::unknown,
    },
    Rule {
        id: "config-broken",
        severity: Problem,
        when: "the last try to give it its configuration failed on our side",
        sentence: "offhook cannot give it its configuration: {reason}",
        next: "Put right what that says; the log has more. The phone asks again by itself.",
        source: "what offhook answered",
        holds: holds::config_broken,
    },
    Rule {
        id: "firmware-missing",
        severity: Problem,
        when: "in its last boot it asked for firmware that is not here",
        sentence: "It wants the firmware file {file}, which is not here, and looks for it at every start{boots}.",
        next: "Put {file} and the files it lists into the document root; or let it run what it has: `offhook phone unset {phone} firmware`.",
        source: "field notes: a phone hunts for a missing load at each start, and some start over and over",
        holds: holds::firmware_missing,
    },
    Rule {
        id: "transfer-cut",
        severity: Problem,
        when: "in its last boot a list, its configuration or its firmware broke off, and did not come whole afterwards",
        sentence: "{file} breaks off on its way: {reason}",
        next: "Look at the network between: a full link, a firewall that forgets UDP, or packets too large for a tunnel (MTU).",
        source: "traces of transfers",
        holds: holds::transfer_cut,
    },
    Rule {
        id: "tvs-refused",
        severity: Problem,
        when: "in its last boot the Trust Verification Service told it no, and it did not go on",
        sentence: "It asked whether it may trust {certificate}, and was told no: {reason}",
        next: "`offhook tvs query` asks the same; `offhook cert import` or `offhook cert role` makes a certificate known in the role it needs.",
        source: "reference; call manager documents about the Trust Verification Service",
        holds: holds::tvs_refused,
    },
    Rule {
        id: "enrolment-failed",
        severity: Problem,
        when: "its last enrolment failed",
        sentence: "It tried to get a certificate {when}, and failed: {reason}",
        next: "`offhook lsc show {phone}` tells what is scheduled and how it must prove itself; `offhook lsc schedule {phone}` begins anew.",
        source: "what the enrolment said",
        holds: holds::enrolment_failed,
    },
    Rule {
        id: "encrypted-unread",
        severity: Problem,
        when: "its configuration is encrypted, it took what it was given, and went no further: for half a minute, or twice in a row",
        sentence: "It was given its configuration encrypted, and did not use it: most likely it has another certificate than the one on record.",
        next: "`offhook lsc show {phone}` shows that certificate. If the phone was reset, schedule a new one (`offhook lsc schedule {phone}`), or \
               turn encryption off for it (`offhook lsc encrypt {phone} --off`).",
        source: "call manager security guide; reference",
        holds: holds::encrypted_unread,
    },
    Rule {
        id: "date-refused",
        severity: Problem,
        when: "in its last boot it broke off a handshake because our certificate has expired by its clock, and it did not go on",
        sentence: "It does not take the certificate of {road}: by the phone's clock it has expired.",
        next: "`offhook cert list` tells until when it holds, and `offhook cert renew` makes a new one. If it holds, the phone's clock is \
               wrong: `offhook phone set {phone} ntp_server=ADDRESS` gives it a time server.",
        source: "the alert that the phone sent",
        holds: holds::date_refused,
    },
    Rule {
        id: "foreign-trust",
        severity: Problem,
        when: "it asked for its configuration signed, got it, and went no further: for half a minute, or twice in a row; or it broke off a \
               handshake because it does not trust our certificate",
        sentence: "It trusts another call manager: {evidence}.",
        next: "Erase its trust list on the phone: {erase}. Or sign with the key of the other call manager: `offhook cert import tftp CERTIFICATE --key KEY --replace`.",
        source: "reference; field notes; call manager security guide",
        holds: holds::foreign_trust,
    },
    Rule {
        id: "config-refused",
        severity: Problem,
        when: "it took its configuration unsigned and asked for nothing of what that names: for half a minute, or twice in a row",
        sentence: "It took its configuration {when}, and asked for nothing of what that names: {why}",
        next: "`offhook phone show {phone}` and `offhook lint` say what may be wrong with it; a single fault costs the phone all of it.",
        source: "field notes: the dial template is asked for only once the configuration was read",
        holds: holds::config_refused,
    },
    Rule {
        id: "registration-refused",
        severity: Problem,
        when: "Asterisk refused a registration from its address, and none of its lines is registered",
        sentence: "Asterisk refuses to register it: {reason}",
        next: "Compare name and password of the line on both sides: `offhook line show NUMBER --secrets` has ours. Then restart the phone.",
        source: "security events of Asterisk",
        holds: holds::registration_refused,
    },
    Rule {
        id: "never-asked",
        severity: Warning,
        when: "it is in the inventory, and nothing was ever heard of it",
        sentence: "It has never asked for anything here.",
        next: "See that it is powered and finds this server: DHCP option 150 or 66, or \"Alternate TFTP\" on the phone; `offhook check` looks at this side.",
        source: "reference",
        holds: holds::never_asked,
    },
    Rule {
        id: "no-lines",
        severity: Warning,
        when: "it took its configuration, and that holds no line",
        sentence: "It has its configuration, and no line to register with.",
        next: "`offhook key set {phone} 1 line NUMBER`, then restart it.",
        source: "reference",
        holds: holds::no_lines,
    },
    Rule {
        id: "no-peer",
        severity: Problem,
        when: "it took its configuration, and Asterisk knows none of its lines",
        sentence: "It has its configuration, but Asterisk knows none of its lines ({lines}), so it cannot register.",
        next: "Add a peer or endpoint of that name to Asterisk, with the same password, and reload it.",
        source: "the manager interface of Asterisk",
        holds: holds::no_peer,
    },
    Rule {
        id: "gone",
        severity: Problem,
        when: "Asterisk says that none of its lines is registered, and nothing was heard of it for a day",
        sentence: "It is not registered, and nothing was heard of it for {days}.",
        next: "See whether it has power and network; once it starts it shows up here.",
        source: "the manager interface of Asterisk",
        holds: holds::gone,
    },
    Rule {
        id: "not-registered",
        severity: Problem,
        when: "it took its configuration a minute ago or earlier, and Asterisk says that none of its lines is registered",
        sentence: "It took its configuration {when}, but has not registered ({lines}).",
        next: "Compare address, port, transport, name and password with the peer in Asterisk (`sip show peer`, `pjsip show endpoint`), and look \
               whether a firewall lets SIP through. Some models take TCP only.",
        source: "the manager interface of Asterisk; field notes",
        holds: holds::not_registered,
    },
    Rule {
        id: "old-config",
        severity: Warning,
        when: "what it took last is not what it would get now",
        sentence: "It runs an older configuration: it took the one it has {when}, and what it would get has changed since.",
        next: "`offhook phone restart {phone}` gives it the newer one; `offhook plan` shows what changes.",
        source: "field notes: phones read their configuration when they start, and not again",
        holds: holds::old_config,
    },
    Rule {
        id: "certificate-expired",
        severity: Warning,
        when: "the certificate on record for it is over",
        sentence: "It works with a certificate of its own that expired {when}.",
        next: "`offhook lsc schedule {phone}` gives it a new one at its next start.",
        source: "the certificate",
        holds: holds::certificate_expired,
    },
    Rule {
        id: "old-tls",
        severity: Warning,
        when: "in its last boot a handshake failed for want of a common version or cipher",
        sentence: "It speaks an older TLS than {road} allows: {reason}",
        next: "`provisioning.legacy_tls = true` lets such phones in; they go on over HTTP without.",
        source: "reference: 7900 phones speak TLS 1.0 only",
        holds: holds::old_tls,
    },
    Rule {
        id: "http-blocked",
        severity: Warning,
        when: "its model asks HTTP first, and its last boot came over TFTP only",
        sentence: "It boots over TFTP only: port 6970 cannot be reached from where it stands.",
        next: "Let TCP 6970 (and 6971) through to this server; a boot then takes seconds instead of a minute.",
        source: "traces: these phones try HTTP first for every file",
        holds: holds::http_blocked,
    },
    Rule {
        id: "locale-missing",
        severity: Warning,
        when: "in its last boot it asked for a file of a locale that is neither built in nor here",
        sentence: "It works, but the locale file {file} is not here: its menus stay English, or its tones are those of another country.",
        next: "Put {file} from the vendor's locale package into the document root, under that name; or name a locale you have.",
        source: "field notes: \"Error update locale\" on the phone",
        holds: holds::locale_missing,
    },
    Rule {
        id: "booting",
        severity: Note,
        when: "it asked for something of a boot within the last half minute, and is not done",
        sentence: "It is starting: it asked for {file} {when}.",
        next: "",
        source: "traces: phones ask for the next file within seconds",
        holds: holds::booting,
    },
    Rule {
        id: "registered",
        severity: Fine,
        when: "Asterisk says that a line of it is registered",
        sentence: "All is well: it is configured and registered as {line} from {address}.",
        next: "",
        source: "the manager interface of Asterisk",
        holds: holds::registered,
    },
    Rule {
        id: "quiet",
        severity: Note,
        when: "it was configured, nothing was heard of it for a month, and no Asterisk can be asked",
        sentence: "Nothing was heard of it for {days}. Phones ask only when they start, so that alone is no fault.",
        next: "Set `asterisk.url`, and offhook knows whether it is registered.",
        source: "field notes",
        holds: holds::quiet,
    },
    Rule {
        id: "configured",
        severity: Fine,
        when: "it took its configuration, and nothing speaks against it",
        sentence: "It took its configuration {when}; whether it registered is not known{why}.",
        next: "",
        source: "what offhook sent",
        holds: holds::configured,
    },
    Rule {
        id: "not-fetched",
        severity: Problem,
        when: "it is to be served, asked for something, and never took its configuration",
        sentence: "It asked for {file} {when}, but did not take its configuration.",
        next: "Look at `offhook phone timeline {phone}`, and at the status messages on the phone itself.",
        source: "field notes",
        holds: holds::not_fetched,
    },
    Rule {
        id: "unheard",
        severity: Note,
        when: "nothing else holds: nobody added it, and it did nothing that tells more",
        sentence: "Nobody has added this phone, and it has not asked for a configuration.",
        next: "Look at the name: {phone} is written on the back of the phone. `offhook phone list` shows those there are.",
        source: "-",
        holds: holds::unheard,
    },
];
