//! What a phone makes of a file that came.

use wire::trust_list::Kind;

use super::{Boot, Conclusion, Want, contents};
use crate::{
    ask::{Purpose, Transport},
    configuration::{self, Configuration},
    report::Outcome::{Missing, Rejected, Taken},
    trust::{self, Distrust},
};

/// `capfAuthMode`: somebody types a password on the phone before it enrols.
const TYPED_PASSWORD: u8 = 1;

impl Boot {
    pub(super) fn conclude(&mut self, want: &Want, transport: Transport, file: &[u8]) -> Conclusion {
        match want.purpose {
            Purpose::Ctl => self.take_list(want, Kind::Ctl, file),
            Purpose::Itl => self.take_list(want, Kind::Itl, file),
            Purpose::EncryptedConfiguration => self.open_encrypted(want, file),
            Purpose::Configuration if transport == Transport::Https => self.take_configuration(file, None),
            _ => match self.uncover(want, file) {
                Ok((payload, signed_by)) => self.take(want, payload, signed_by),
                Err(distrust) => self.refuse(want, &distrust),
            },
        }
    }

    /// A signed file without its cover, or any other as it is.
    fn uncover<'a>(&self, want: &Want, file: &'a [u8]) -> Result<(&'a [u8], Option<String>), Distrust> {
        if !want.purpose.is_signed() || !want.name.ends_with(".sgn") {
            return Ok((file, None));
        }
        // Headers carry the name without the slash of an unnamed locale.
        let name = want.name.trim_start_matches('/');
        let (trust, phone) = (&self.flash.trust, &self.phone);
        let opened = self.checks.signed(file, name, trust, phone.model, phone.now)?;
        Ok((opened.payload, Some(opened.signer)))
    }

    fn take(&mut self, want: &Want, payload: &[u8], signed_by: Option<String>) -> Conclusion {
        match want.purpose {
            Purpose::Configuration => self.take_configuration(payload, signed_by),
            Purpose::DefaultConfiguration => self.take_default(payload).signed_by(signed_by),
            purpose => match contents::check(purpose, payload, self.phone.model) {
                Ok(note) => {
                    if purpose == Purpose::Load {
                        self.flash.load = want.name.strip_suffix(".loads").map(str::to_owned);
                    }
                    Conclusion::new(Taken, note).signed_by(signed_by)
                }
                Err(fault) => {
                    self.warn(format!("{} is dropped: {fault}", want.name));
                    Conclusion::new(Rejected, format!("dropped: {fault}")).signed_by(signed_by)
                }
            },
        }
    }

    fn take_list(&mut self, want: &Want, kind: Kind, file: &[u8]) -> Conclusion {
        if file.is_empty() {
            return Conclusion::new(
                Missing,
                "an empty file, which phones take for none; `not found` is cleaner",
            );
        }
        let phone = &self.phone;
        let list = self.checks.list(file, kind, phone.model, phone.now);
        let list = list.and_then(|list| self.flash.trust.take(list.clone()).map(|taken| (list, taken)));
        match list {
            Ok((list, taken)) => {
                let how = match taken {
                    trust::Taken::LeapOfFaith => "its first list, trusted blindly",
                    trust::Taken::Released => "the list it held let go, so it takes this one",
                    trust::Taken::VouchedByTvs => {
                        "signed by nobody it held, whom the trust verification service vouches for"
                    }
                    trust::Taken::Vouched => "follows the list it held, signed by a SAST of it",
                    trust::Taken::Unchanged => "the list it holds already",
                };
                let unused = self.unused_certificates(&list);
                let note = format!("{kind} {}, {} records: {how}{unused}", list.version, list.entries.len());
                Conclusion::new(Taken, note).signed_by(Some(list.signer.subject.clone()))
            }
            Err(distrust) => {
                let held = if self.flash.trust.is_empty() {
                    "goes on without a list"
                } else {
                    "keeps the list it holds"
                };
                self.warn(format!("{} is refused: {distrust}. To mend it, {}", want.name, distrust.advice()));
                Conclusion::new(Rejected, format!("Trust List update failed: {distrust}; {held}"))
            }
        }
    }

    fn unused_certificates(&self, list: &trust::List) -> String {
        let ec = list.entries.iter().filter(|entry| !entry.certificate.key_kind().is_rsa()).count();
        if ec == 0 || self.phone.model.ec {
            return String::new();
        }
        format!("; has no use for {ec} with EC keys")
    }

    /// A signed file that the phone does not accept.
    fn refuse(&mut self, want: &Want, distrust: &Distrust) -> Conclusion {
        let name = &want.name;
        if matches!(want.purpose, Purpose::Configuration | Purpose::DefaultConfiguration) {
            self.stop(format!("it refuses {name}: {distrust}"), distrust.advice());
        } else {
            self.warn(format!("{name} is refused: {distrust}. To mend it, {}", distrust.advice()));
        }
        Conclusion::new(Rejected, format!("refused: {distrust}"))
    }

    fn take_configuration(&mut self, xml: &[u8], signed_by: Option<String>) -> Conclusion {
        let configuration = match configuration::read(xml) {
            Ok(configuration) => configuration,
            Err(error) => return self.refuse_configuration(xml, &error.to_string()).signed_by(signed_by),
        };
        let note = if configuration.encrypted {
            self.follow_stub(&configuration)
        } else {
            self.check_configuration(&configuration);
            self.flash.encrypted = false;
            self.configuration = Some(configuration);
            "takes its configuration".to_owned()
        };
        Conclusion::new(Taken, note).signed_by(signed_by)
    }

    fn refuse_configuration(&mut self, xml: &[u8], error: &str) -> Conclusion {
        let signed = xml.first() == Some(&1);
        let (fault, next_step) = if signed {
            ("it is a signed file where a plain one belongs", "serve the unsigned file under this name here")
        } else {
            (error, "correct the file: a phone drops all of it for one mistake, and asks again for ever")
        };
        self.stop(format!("it drops its configuration: {fault}"), next_step);
        Conclusion::new(Rejected, format!("dropped: {fault}"))
    }

    fn check_configuration(&mut self, configuration: &Configuration) {
        if configuration.security_mode.is_some_and(|mode| mode > 1) && self.flash.trust.is_empty() {
            self.stop(
                "deviceSecurityMode 2 and 3 need a trust list, and it holds none: it starts over again and again",
                "enable trust for this phone, or set deviceSecurityMode to 1",
            );
        }
        let settings = &configuration.settings;
        if settings.call_managers.iter().all(|manager| manager.address.is_empty()) {
            self.warn("the configuration names no call manager: the phone registers nowhere");
        }
        if !settings.lines.iter().any(|line| line.feature == "9") {
            self.warn("the configuration has no line (featureID 9): the phone cannot register");
        }
    }

    /// The configuration is only the stub beside an encrypted one.
    fn follow_stub(&mut self, stub: &Configuration) -> String {
        let identity = self.phone.identity.as_ref();
        let own_hash = identity.map(|identity| identity.certificate.md5_hex());
        if own_hash.is_some_and(|own| own.eq_ignore_ascii_case(&stub.certificate_hash)) {
            if self.came_from_encrypted() {
                self.stop(
                    "the server has a stub for an encrypted configuration, but not the encrypted configuration",
                    "serve the encrypted file, or switch encryption off for this phone",
                );
                return "a stub, and the encrypted file is not there".to_owned();
            }
            self.flash.encrypted = true;
            self.plan_encrypted();
            return "a stub: starts over and asks for the encrypted file".to_owned();
        }
        let (why, next_step) = match (stub.names_capf, stub.capf_mode) {
            (false, _) => ("no enrolment server (CAPF) is named", "name one in capfList"),
            (true, Some(TYPED_PASSWORD)) => {
                ("it waits for somebody to type the enrolment password", "type it")
            }
            (true, _) => {
                ("it would enrol with the CAPF server and come back", "give it a certificate and key")
            }
        };
        self.stop(
            format!("its configuration is encrypted to a certificate it does not have; {why}"),
            next_step,
        );
        format!("a stub, encrypted to another certificate; {why}")
    }

    fn came_from_encrypted(&self) -> bool {
        self.steps.iter().any(|step| step.file.ends_with(".enc.sgn"))
    }

    fn open_encrypted(&mut self, want: &Want, file: &[u8]) -> Conclusion {
        let (trust, phone) = (&self.flash.trust, &self.phone);
        let sealed = match self.checks.encrypted(file, &want.name, trust, phone.model, phone.now) {
            Ok(sealed) => sealed,
            Err(distrust) => {
                self.stop(format!("it refuses {}: {distrust}", want.name), distrust.advice());
                return Conclusion::new(Rejected, format!("refused: {distrust}"));
            }
        };
        let signed_by = Some(sealed.signer.subject.clone());
        let Some(identity) = &phone.identity else {
            self.stop("its configuration is encrypted, and it has no key", "give it a certificate and key");
            return Conclusion::new(Rejected, "has no key to decrypt it").signed_by(signed_by);
        };
        match pki::seal::decrypt(&sealed, &identity.key) {
            Ok(xml) => {
                let conclusion = self.take_configuration(&xml, signed_by);
                self.flash.encrypted = true;
                Conclusion { note: format!("decrypted; {}", conclusion.note), ..conclusion }
            }
            Err(error) => {
                self.stop(
                    format!("it cannot decrypt its configuration: {error}"),
                    "encrypt it to the phone's certificate",
                );
                Conclusion::new(Rejected, format!("cannot be decrypted: {error}")).signed_by(signed_by)
            }
        }
    }

    fn take_default(&mut self, xml: &[u8]) -> Conclusion {
        let load = match configuration::read_default(xml, self.phone.model.device_type) {
            Ok(load) => load,
            Err(error) => {
                self.stop_without_own_configuration();
                return Conclusion::new(Rejected, format!("dropped: {error}"));
            }
        };
        self.stop_without_own_configuration();
        let load = load.map(|load| format!("; it names firmware {load} for this model")).unwrap_or_default();
        Conclusion::new(Taken, format!("waits to be given a configuration of its own{load}"))
    }

    fn stop_without_own_configuration(&mut self) {
        let file = format!("SEP{}.cnf.xml", self.phone.mac);
        self.stop(
            format!("there is no configuration for it ({file}), only the default for phones nobody knows"),
            "add the phone to the server",
        );
    }
}
