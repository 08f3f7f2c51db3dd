//! What a phone does when a file does not come: the next road, another round, another file, or the end.

use super::{
    Boot, Conclusion, Over, Want,
    plan::{BY_TFTP, COMMON_LIST},
};
use crate::{
    ask::{Purpose, Trouble},
    report::Outcome,
};

/// In the note of a request that failed while another transport is left.
pub const AGAIN: &str = "asks again over";

const NORMAL_CTL: &str = "normal without a CTL";
const NORMAL_ITL: &str = "no trust list: normal while trust is off";
const NORMAL_EXTRA: &str = "normal without one";

impl Boot {
    /// `want` has its failed road taken off already.
    pub(super) fn conclude_without(&mut self, mut want: Want, trouble: &Trouble) -> Conclusion {
        let outcome = if matches!(trouble, Trouble::Missing(_)) { Outcome::Missing } else { Outcome::Failed };
        if let Some(next) = want.roads.first() {
            let note = format!("{trouble}; {AGAIN} {next}");
            self.wants.push_front(want);
            return Conclusion::new(outcome, note);
        }
        let silent = matches!(trouble, Trouble::Silent(_));
        if silent && want.rounds_left > 0 {
            want.rounds_left -= 1;
            want.roads = BY_TFTP;
            self.wants.push_front(want);
            return Conclusion::new(outcome, format!("{trouble}; asks once more"));
        }
        if silent && self.phone.model.waits_for_tftp() && self.configuration.is_none() {
            self.stop(
                "nobody answers, and a phone of this series starts over with DHCP until somebody does",
                "see that the server listens for TFTP, and that no firewall stands between",
            );
            return Conclusion::new(outcome, trouble.to_string());
        }
        let consequence = match self.go_on_without(&want) {
            // No answer at all is never normal, whatever the file.
            NORMAL_CTL | NORMAL_ITL | NORMAL_EXTRA if outcome == Outcome::Failed => "goes on without",
            consequence => consequence,
        };
        Conclusion::new(outcome, format!("{trouble}; {consequence}"))
    }

    /// No road brought the file.
    fn go_on_without(&mut self, want: &Want) -> &'static str {
        match want.purpose {
            Purpose::Ctl => NORMAL_CTL,
            Purpose::Itl if want.name != COMMON_LIST => {
                self.plan_common_list();
                "asks for the list of all phones"
            }
            Purpose::Itl if self.flash.trust.is_empty() => NORMAL_ITL,
            Purpose::Itl => "keeps the list it holds",
            Purpose::EncryptedConfiguration => self.without_encrypted(),
            Purpose::Configuration => {
                self.plan_default();
                "asks for the default configuration"
            }
            Purpose::DefaultConfiguration => {
                self.stop_without_configuration();
                "gives up"
            }
            _ => self.without_extra(want),
        }
    }

    /// The fallback after encryption was switched off: the signed form, unless that form has just sent us here.
    fn without_encrypted(&mut self) -> &'static str {
        if self.flash.encrypted && self.came_from_stub() {
            self.stop(
                "its configuration is said to be encrypted, and the encrypted file is not there",
                "serve the encrypted file, or switch encryption off for this phone",
            );
            return "gives up";
        }
        self.flash.encrypted = false;
        self.plan_plain();
        "asks for the signed form"
    }

    fn came_from_stub(&self) -> bool {
        let plain = format!("SEP{}.cnf.xml", self.phone.mac);
        let is_stub = |file: &str| file.starts_with(&plain) && !file.ends_with(".enc.sgn");
        self.steps.iter().any(|step| step.outcome == Outcome::Taken && is_stub(&step.file))
    }

    fn stop_without_configuration(&mut self) {
        let configuration = format!("SEP{}.cnf.xml", self.phone.mac);
        let answered = self.steps.iter().any(|step| step.outcome != Outcome::Failed);
        if !answered {
            let over = match self.phone.over {
                Over::AsPhone => String::new(),
                only => format!(" over {only}"),
            };
            return self.stop(
                format!("no server answers{over}"),
                "see that the server runs, that the ports are right, and that no firewall stands between",
            );
        }
        if self.flash.trust.wants_signed() {
            return self.stop(
                format!("there is no signed configuration ({configuration}.sgn), and it holds a trust list"),
                "serve the signed form, or erase the trust list on the phone",
            );
        }
        self.stop(
            format!("there is no configuration for it ({configuration})"),
            "add the phone to the server",
        );
    }

    /// A file the phone can do without; some misses are worth a word all the same.
    fn without_extra(&mut self, want: &Want) -> &'static str {
        let name = &want.name;
        match want.purpose {
            Purpose::Load => {
                self.warn(format!(
                    "the firmware list {name} is missing: the phone looks for it at every start, and an 8841 has been \
                     seen to start over for ever; put the load on the server, or leave loadInformation empty"
                ));
                "keeps its firmware and looks for it at every start"
            }
            Purpose::UserLocale | Purpose::Tones if name.trim_start_matches('/').contains('/') => {
                self.warn(format!(
                    "the locale file {name} is missing: the phone shows `Error update locale`"
                ));
                "shows `Error update locale`"
            }
            Purpose::DialTemplate => {
                self.warn(format!(
                    "the dial template {name} is missing: the phone waits 15 s after the last digit"
                ));
                "waits 15 s after the last digit of every number"
            }
            Purpose::SoftKeys | Purpose::FeaturePolicy => {
                self.warn(format!(
                    "the {} file {name} is missing: the phone shows its own keys",
                    want.purpose
                ));
                "shows its own keys"
            }
            Purpose::Wallpaper => {
                self.warn(format!("the wallpaper {name} is missing"));
                "keeps its own picture"
            }
            _ => NORMAL_EXTRA,
        }
    }
}
