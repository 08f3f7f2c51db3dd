//! The configuration and the user.

use nix::unistd::Uid;

use super::{Finding, Level};
use crate::command::Context;
use crate::config::written::Problem;
use crate::config::{Error, Found, Listener, Resolved};
use crate::privileges;

const CONFIGURATION: &str = "configuration";
const USER: &str = "user";

/// What is said about the settings; and the settings, if they can be used.
pub(super) fn look(context: &Context) -> (Vec<Finding>, Option<Resolved>) {
    let Found { mut resolved, not_yet } = match context.found() {
        Ok(found) => found,
        Err(Error::Wrong(problems)) => {
            let finding = |problem: &Problem| Finding {
                level: Level::Problem,
                subject: CONFIGURATION,
                text: problem.to_string(),
                // Each says itself what would be right.
                advice: None,
            };
            return (problems.iter().map(finding).collect(), None);
        }
        Err(error) => {
            let advice = "name another file with --config, or let whoever runs offhook read it";
            return (vec![Finding::problem(CONFIGURATION, error.to_string(), advice)], None);
        }
    };
    let mut findings = vec![Finding::ok(CONFIGURATION, source(&resolved))];
    if !not_yet.is_empty() {
        let text = format!("set, and not served by this version: {}", not_yet.join(", "));
        findings.push(Finding::note(CONFIGURATION, text, "nothing to do: they are kept for later versions"));
    }
    if let Some(moved) = privileges::move_tftp(&mut resolved, privileges::lowest_port()) {
        let advice =
            "start as root with `user = \"…\"`, or grant CAP_NET_BIND_SERVICE, before real phones come";
        findings.push(Finding::note(CONFIGURATION, moved, advice));
    }
    let is_open =
        |admin: &Listener| admin.allow.is_empty() && admin.addresses.iter().any(|a| !a.ip().is_loopback());
    if resolved.listen.admin.as_ref().is_some_and(is_open) {
        let advice = "list who may read them in access.admin";
        findings.push(Finding::note(CONFIGURATION, "metrics and health can be read by everyone", advice));
    }
    findings.extend(user(&resolved));
    (findings, Some(resolved))
}

fn source(resolved: &Resolved) -> String {
    match &resolved.source {
        Some(file) => format!("{} is right", file.display()),
        None => "no file: the defaults hold, and the environment".to_owned(),
    }
}

fn user(resolved: &Resolved) -> Option<Finding> {
    let is_root = Uid::effective().is_root();
    Some(match &resolved.user {
        None if is_root => {
            let advice = "set `user`, so that offhook gives up root once its ports are bound";
            Finding::note(USER, "offhook would run as root", advice)
        }
        None => return None,
        Some(name) => match privileges::find(name) {
            Ok(user) if user.uid.is_root() => {
                Finding::problem(USER, format!("user = {name:?} is root"), "name an ordinary user")
            }
            Ok(user) => Finding::ok(USER, format!("{name} (uid {})", user.uid)),
            Err(error) => {
                Finding::problem(USER, error.to_string(), "offhook does not start without that user")
            }
        },
    })
}
