//! Others that offhook asks: Asterisk and directory services.

use std::time::{Duration, Instant};

use wire::ami::Action;

use super::{Finding, Site, wait};
use crate::asterisk::{Asterisk, Trouble};
use crate::directory::{Directory, Found, Search};

/// A connection is made in the background, and questions before it is there fail at once.
const PATIENCE: Duration = Duration::from_secs(4);

pub(super) fn asterisk(site: &Site) -> Vec<Finding> {
    let Some(account) = site.resolved.asterisk.account() else { return Vec::new() };
    let asked = wait(async {
        let asterisk = Asterisk::open(account);
        let until = Instant::now() + PATIENCE;
        loop {
            match asterisk.ask(Action::new("Ping")).await {
                Err(Trouble::Away { .. }) if Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                asked => break asked,
            }
        }
    });
    let Some(asked) = asked else { return Vec::new() };
    vec![match asked {
        Ok(_) => Finding::good("its manager interface answers"),
        Err(trouble) => {
            let advice = "see asterisk.url, asterisk.username and asterisk.secret, and manager.conf there; phones still boot";
            Finding::wrong(trouble.to_string(), advice)
        }
    }]
}

pub(super) fn directory(site: &Site) -> Vec<Finding> {
    let asked = wait(async {
        let directory = Directory::of(&site.resolved, None, Asterisk::default()).patient(PATIENCE);
        let mut findings = Vec::new();
        for source in directory.sources(None).await {
            let title = source.title().to_owned();
            let found = directory.search(&Search { source: Some(source), ..Search::default() }).await;
            findings.push(judged(&title, &found));
        }
        findings
    });
    asked.unwrap_or_default()
}

fn judged(title: &str, found: &Found) -> Finding {
    match found.away.first() {
        Some((_, why)) => Finding::wrong(
            format!("{title} gives nobody: {why}"),
            "see the part of the configuration about it; phones show the other directories",
        ),
        None if found.entries.is_empty() => Finding::note(
            format!("{title} answers, and knows nobody"),
            "see which people and numbers are asked for",
        ),
        None => Finding::good(format!("{title} answers")),
    }
}
