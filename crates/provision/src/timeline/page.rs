//! `docs/timeline.md`: how events become boots and verdicts, with every rule.

use std::fmt::Write;

use super::rules::RULES;
use super::tie::{ALONE, AMONG, APART};
use super::{GAP, MANY};

const HEAD: &str = "# What phones did, and what state they are in

<!-- Generated from crates/provision/src/timeline/ by `UPDATE=1 cargo test -p provision --test pages`. -->

\"It downloads its configuration and does not register\": offhook says why.

```console
$ offhook phone why SEP001122334455          # one sentence, what it rests on, what to do next
$ offhook phone why                          # all phones, by verdict
$ offhook phone why --verdict foreign-trust  # all phones with one verdict
$ offhook phone timeline SEP001122334455     # its boots, every file of each; --follow goes on
```

All of them take `--json`, and work with and without a running server: what phones did stands in the database. `phone why` exits 1
when there is a problem. The page and the API say the same: `GET /api/v1/phones/SEP…/verdict` and `/timeline`; `GET /live/events` (for programs: `/api/v1/events`) tells
what happens at this moment as server-sent events, to everybody who may look. `offhook_phones_by_verdict` and
`offhook_events_dropped_total` of `/metrics` are for alarms.

## Events

Every request of every listener becomes an event: files over TFTP, HTTP and HTTPS, pages for the screen, questions to the Trust
Verification Service, enrolments, and whoever was turned away by an access list or during a TLS handshake. If Asterisk is configured, so do
registrations that come, go or are refused (the manager needs `read = security` to tell of refused ones).

An event never delays a transfer: it goes into a queue, and what does not fit is counted and forgotten. `timeline.per_phone` and
`timeline.total` limit what is kept. Events of one server tell nothing to another, so backups and copies leave them out.

";

const NORMAL: &str = "
## What is normal

Phones ask for files that are not there, and go on without: `CTLSEP….tlv` in every boot, `ITLSEP….tlv` and `ITLFile.tlv` while trust is off,
`defaultheadsetconfig.json`, ring lists, and the files of a locale that is built in or was never named. These are marked `·`, stay in the background, and are no reason for any verdict. What a phone got is
marked `✓`, and only what should not have happened `✗`.

";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(HEAD);
    whose(&mut page);
    page.push_str(NORMAL);
    page.push_str(
        "## Verdicts\n\nThe rules are tried in this order, and the first that holds is the verdict. `fine`: all is well; `note`: something goes on or \
         waits; `warning`: it works, and something is amiss; `problem`: it does not work.\n\n| verdict | | when |\n|---|---|---|\n",
    );
    for rule in RULES {
        let _ = writeln!(page, "| [`{0}`](#{0}) | {1} | {2} |", rule.id, rule.severity.word(), rule.when);
    }
    for rule in RULES {
        let _ = write!(page, "\n### {}\n\n> {}\n", rule.id, rule.sentence);
        if !rule.next.is_empty() {
            let _ = write!(page, "\nNext: {}\n", rule.next);
        }
        if rule.source != "-" {
            let _ = write!(page, "\nKnown from: {}.\n", rule.source);
        }
    }
    page
}

fn whose(page: &mut String) {
    let _ = write!(
        page,
        "## Whose request it was\n\nPhones say their name in some requests (`SEP….cnf.xml`, `CTLSEP….tlv`) and not in others (locales, rings, firmware, \
         `ITLFile.tlv`). Those belong, by this rule:\n\n\
         1. to the phone that the name names;\n\
         2. else to the only phone that showed itself at that address within {} hours;\n\
         3. else, where several phones stand behind one address, to the one that moved within the last {} seconds, if all others were \
         still for {};\n\
         4. else to nobody. No verdict rests on them, nor on the silence of a phone at an address that has them; `offhook phone timeline \
         ADDRESS` shows them.\n\n\
         ## Boots\n\nA boot begins with a trust list named after the phone, or with its configuration, when the phone had asked for the same already; \
         or after {} minutes of silence. Asking again over the next transport begins nothing.\n\n\
         ## Who guesses names\n\nWhoever asks for the configurations of {MANY} or more unknown phones within a minute, without asking for their trust lists \
         as phones do, is scanning. Only the first thirty names of such a minute are kept one by one, so that guessing pushes nothing out of what is kept.\n",
        ALONE / 3_600_000,
        AMONG / 1000,
        APART / 1000,
        GAP / 60_000,
    );
}
