//! Whatever a verdict tells somebody to type can be typed.

use clap::Parser as _;
use offhook::command::Offhook;
use provision::timeline::RULES;

#[test]
fn every_command_that_a_verdict_names_is_one() {
    let mut count = 0;
    for rule in RULES {
        for (place, quoted) in rule.next.split('`').enumerate() {
            if place % 2 == 0 || !quoted.starts_with("offhook ") {
                continue;
            }
            let filled = quoted
                .replace("{phone}", "SEP001122334455")
                .replace("{code}", "K7QM4X")
                .replace("{model}", "8851")
                .replace("--line NUMBER", "--line 1001")
                .replace("NUMBER", "1001");
            // A noun and a verb alone name the command; it wants more words.
            let words: Vec<&str> = filled.split(' ').collect();
            let parsed = Offhook::try_parse_from(&words);
            let named_only = words.len() <= 3
                && Offhook::try_parse_from(words.iter().chain(&["--help"]))
                    .is_err_and(|error| error.kind() == clap::error::ErrorKind::DisplayHelp);
            assert!(parsed.is_ok() || named_only, "{}: {quoted}: {:?}", rule.id, parsed.err());
            count += 1;
        }
    }
    assert!(count > 10, "the rules name commands");
}
