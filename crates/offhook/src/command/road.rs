//! Where each command runs: with whoever typed it, or in a running server, and what somebody must be allowed there.

use clap::ArgMatches;

use crate::admin::access::Role;

/// Where a command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// Where it is typed: it is about files there, or is a server itself.
    Here,
    /// In the server, if one runs, for those who are at least that.
    Server(Role),
}

use Road::{Here, Server};
use Role::{Administrator, Operator, Viewer};

/// Verbs of a noun that go the same way. A noun without verbs has an empty one.
type Row = (&'static [&'static str], &'static [&'static str], Road);

const ROADS: &[Row] = &[
    (&["serve", "init", "check", "doctor", "restore", "api", "lint", "completions", "man"], &[""], Here),
    (&["backup"], &["show", "key"], Here),
    (&["db"], &["show", "migrate", "backup", "restore", "copy"], Here),
    (&["simulate"], &["boot", "enrol", "storm", "services"], Here),
    (&["dhcp"], &["show"], Here),
    (&["tvs"], &["query"], Here),
    (&["file"], &["show", "sign", "unsign", "verify", "encrypt", "decrypt"], Here),
    (&["catalogue"], &["models", "settings", "keys", "zones"], Here),
    // Folders and keys of the one who types, and keys that leave or enter the machine.
    (&["phone"], &["adopt"], Here),
    (&["report"], &["unpack"], Here),
    (&["cert"], &["make", "import", "export", "show", "hash", "protect", "unprotect"], Here),
    (&["cert token"], &["list", "put", "use"], Here),
    (&["cert manufacturer"], &["add", "list", "remove"], Here),
    (&["trust"], &["verify", "build"], Here),
    (&["trust recovery"], &["export", "import"], Here),
    (&["phone"], &["list", "show", "why", "timeline", "render", "diff", "export"], Server(Viewer)),
    (&["phone"], &["add", "claim", "set", "unset", "replace", "remove", "override"], Server(Operator)),
    (&["phone"], &["import", "restart", "reset"], Server(Operator)),
    (&["line"], &["list", "show"], Server(Viewer)),
    (&["line"], &["add", "set", "unset", "remove"], Server(Operator)),
    (&["key"], &["list"], Server(Viewer)),
    (&["key"], &["set", "move", "clear"], Server(Operator)),
    (&["profile", "site", "series"], &["list", "show"], Server(Viewer)),
    (
        &["profile", "site", "series"],
        &["add", "copy", "set", "unset", "override", "remove"],
        Server(Operator),
    ),
    (&["contact"], &["list", "show", "export", "who"], Server(Viewer)),
    (&["contact"], &["add", "set", "remove", "import"], Server(Operator)),
    (&["document"], &["list", "show", "render", "test-dial"], Server(Viewer)),
    (&["document"], &["add", "set", "remove"], Server(Operator)),
    (&["plan"], &[""], Server(Viewer)),
    (&["quality"], &["list", "show"], Server(Viewer)),
    (&["report"], &["list", "show", "get"], Server(Viewer)),
    (&["report"], &["remove"], Server(Operator)),
    (&["lsc"], &["list", "show", "export"], Server(Viewer)),
    (&["lsc"], &["schedule", "cancel", "revoke", "encrypt"], Server(Administrator)),
    (&["cert"], &["list"], Server(Viewer)),
    (&["cert"], &["renew", "remove", "ttl"], Server(Administrator)),
    (&["cert role"], &["show"], Server(Viewer)),
    (&["cert role"], &["add", "remove"], Server(Administrator)),
    (&["trust"], &["show", "plan", "history"], Server(Viewer)),
    (&["trust"], &["enable", "disable", "publish", "restore", "release", "forget"], Server(Administrator)),
    (&["trust"], &["roles"], Server(Administrator)),
    (&["trust rollover"], &["start", "status", "finish", "abort"], Server(Administrator)),
    (&["trust recovery"], &["remove"], Server(Administrator)),
    // What reaches phones, or somebody who says to be one, with a password in hand.
    (&["control"], &["execute"], Server(Administrator)),
    (&["push"], &["allow", "list", "forbid"], Server(Administrator)),
    (&["token"], &["add", "list", "remove"], Server(Administrator)),
    (&["user"], &["add", "list", "role", "link", "password", "remove"], Server(Administrator)),
];

/// Where a command runs that was read. One that nobody has put into the table stays here, where nothing is decided for others.
#[must_use]
pub fn of(matches: &ArgMatches) -> Road {
    let (mut names, mut at) = (Vec::new(), matches);
    while let Some((name, inner)) = at.subcommand() {
        names.push(name);
        at = inner;
    }
    named(&names)
}

fn named(names: &[&str]) -> Road {
    let (noun, verb) = match names {
        [noun] => ((*noun).to_owned(), ""),
        [noun @ .., verb] => (noun.join(" "), *verb),
        [] => return Here,
    };
    let found =
        ROADS.iter().find(|(nouns, verbs, _)| nouns.contains(&noun.as_str()) && verbs.contains(&verb));
    found.map_or(Here, |(_, _, road)| *road)
}

/// Whether passwords are asked for.
#[must_use]
pub fn shows_secrets(matches: &ArgMatches) -> bool {
    let mut at = matches;
    while let Some((_, inner)) = at.subcommand() {
        at = inner;
    }
    at.try_get_one::<bool>("secrets").ok().flatten().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use clap::CommandFactory as _;

    use super::*;
    use crate::command::Offhook;

    fn leaves(command: &clap::Command, above: &[&str], found: &mut Vec<Vec<String>>) {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            let path: Vec<&str> = above.iter().copied().chain([inner.get_name()]).collect();
            if inner.has_subcommands() {
                leaves(inner, &path, found);
            } else {
                found.push(path.iter().map(ToString::to_string).collect());
            }
        }
    }

    #[test]
    fn every_command_stands_in_the_table_once_and_nothing_else_does() {
        let mut found = Vec::new();
        leaves(&Offhook::command(), &[], &mut found);
        let mut rows = 0;
        for names in &found {
            let (verb, noun) = match &names[..] {
                [noun] => ("", noun.clone()),
                [noun @ .., verb] => (verb.as_str(), noun.join(" ")),
                [] => continue,
            };
            let of = |(nouns, verbs, _): &&Row| nouns.contains(&noun.as_str()) && verbs.contains(&verb);
            assert_eq!(ROADS.iter().filter(of).count(), 1, "{names:?}");
            rows += 1;
        }
        let told: usize = ROADS.iter().map(|(nouns, verbs, _)| nouns.len() * verbs.len()).sum();
        assert_eq!(told, rows);
    }

    #[test]
    fn passwords_are_seen_to_be_asked_for() {
        let read = |words: &str| Offhook::command().try_get_matches_from(words.split(' ')).unwrap();
        assert!(shows_secrets(&read("offhook phone show SEP001122334455 --secrets")));
        assert!(!shows_secrets(&read("offhook phone show SEP001122334455")));
        assert!(!shows_secrets(&read("offhook plan")));
    }
}
