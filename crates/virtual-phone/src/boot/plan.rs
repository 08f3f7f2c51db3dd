//! Which files a phone asks for, under which names, in which order.

use super::{Boot, Over, Want};
use crate::{
    ask::{Purpose, Transport},
    configuration::Configuration,
    models::Model,
};

/// The trust list of all phones that have none of their own.
pub(super) const COMMON_LIST: &str = "ITLFile.tlv";
/// Old phones ask a silent server three times before they start over with DHCP.
const ROUNDS_OF_OLD_PHONES: u8 = 3;
/// The locales built into every firmware, for which no file is asked.
const BUILT_IN_USER_LOCALE: &str = "English_United_States";
const BUILT_IN_NETWORK_LOCALE: &str = "United_States";

const BY_HTTPS: &[Transport] = &[Transport::Https, Transport::Http, Transport::Tftp];
const BY_HTTP: &[Transport] = &[Transport::Http, Transport::Tftp];
pub(super) const BY_TFTP: &[Transport] = &[Transport::Tftp];

impl Boot {
    pub(super) fn plan_lists(&mut self) {
        let device = self.phone.mac;
        self.want(Purpose::Ctl, format!("CTLSEP{device}.tlv"));
        if !self.phone.model.ctl_only {
            self.want(Purpose::Itl, format!("ITLSEP{device}.tlv"));
        }
    }

    /// The list for all phones, when there is none for this one.
    pub(super) fn plan_common_list(&mut self) {
        self.want(Purpose::Itl, COMMON_LIST.to_owned());
    }

    pub(super) fn plan_configuration(&mut self) {
        if self.flash.encrypted { self.plan_encrypted() } else { self.plan_plain() }
    }

    pub(super) fn plan_plain(&mut self) {
        self.want(Purpose::Configuration, format!("SEP{}.cnf.xml", self.phone.mac));
    }

    pub(super) fn plan_encrypted(&mut self) {
        // The name says that it is signed, whether the phone holds a list or not.
        self.want_as(Purpose::EncryptedConfiguration, format!("SEP{}.cnf.xml.enc.sgn", self.phone.mac));
    }

    pub(super) fn plan_default(&mut self) {
        self.want(Purpose::DefaultConfiguration, "XMLDefault.cnf.xml".to_owned());
    }

    /// The firmware first: a phone that must change it does so before it goes on.
    pub(super) fn plan_after(&mut self) {
        let Some(configuration) = self.configuration.take() else { return };
        let model = self.phone.model;
        let load = &configuration.settings.firmware;
        if !load.is_empty() && *load != self.running_load() {
            match &configuration.load_server {
                Some(server) => {
                    self.warn(format!("firmware {load} comes from {server}, which is not asked here"))
                }
                None => self.want(Purpose::Load, format!("{load}.loads")),
            }
        }
        for purpose in &model.after {
            if let Some(name) = name_after(*purpose, model, &configuration) {
                self.want(*purpose, name);
            }
        }
        self.configuration = Some(configuration);
    }

    pub(super) fn running_load(&self) -> &str {
        self.flash.load.as_deref().unwrap_or(&self.phone.model.load)
    }

    fn want(&mut self, purpose: Purpose, name: String) {
        let signed = purpose.is_signed() && self.flash.trust.wants_signed();
        self.want_as(purpose, if signed { name + ".sgn" } else { name });
    }

    fn want_as(&mut self, purpose: Purpose, name: String) {
        let roads = self.roads(purpose);
        let patient = self.phone.model.waits_for_tftp() && purpose.is_needed();
        let rounds_left = if patient { ROUNDS_OF_OLD_PHONES - 1 } else { 0 };
        self.wants.push_back(Want { purpose, name, roads, rounds_left });
    }

    fn roads(&self, purpose: Purpose) -> &'static [Transport] {
        match self.phone.over {
            Over::Only(Transport::Https) => &BY_HTTPS[..1],
            Over::Only(Transport::Http) => &BY_HTTP[..1],
            Over::Only(Transport::Tftp) => BY_TFTP,
            Over::AsPhone if self.phone.model.roads == BY_TFTP => BY_TFTP,
            Over::AsPhone if purpose == Purpose::Configuration && self.knows_https() => BY_HTTPS,
            Over::AsPhone => BY_HTTP,
        }
    }

    fn knows_https(&self) -> bool {
        self.phone.model.roads == BY_HTTPS && self.flash.trust.wants_https()
    }
}

impl Purpose {
    /// Whether the phone cannot go on before it has an answer about such a file.
    fn is_needed(self) -> bool {
        matches!(
            self,
            Self::Ctl
                | Self::Itl
                | Self::Configuration
                | Self::EncryptedConfiguration
                | Self::DefaultConfiguration
        )
    }
}

/// The file that serves a purpose, if the configuration makes the phone ask for one.
fn name_after(purpose: Purpose, model: &Model, configuration: &Configuration) -> Option<String> {
    let settings = &configuration.settings;
    let named = |name: &String| (!name.is_empty()).then(|| name.clone());
    match purpose {
        Purpose::UserLocale => {
            in_locale(configuration.user_locale.as_deref(), BUILT_IN_USER_LOCALE, model.jar.as_deref()?)
        }
        Purpose::Tones => {
            in_locale(configuration.network_locale.as_deref(), BUILT_IN_NETWORK_LOCALE, &model.tones)
        }
        Purpose::DialTemplate => named(&settings.dial_template),
        Purpose::AppDialRules => Some("AppDialRules.xml".to_owned()),
        Purpose::SoftKeys => named(&settings.soft_keys).filter(|_| !follows_policy(model, configuration)),
        Purpose::FeaturePolicy => {
            named(&settings.feature_policy).filter(|_| follows_policy(model, configuration))
        }
        Purpose::Headset => Some("defaultheadsetconfig.json".to_owned()),
        Purpose::RingList => model.ring_list.clone(),
        Purpose::Wallpaper => {
            let (folder, _) = model.wallpaper.as_ref()?;
            Some(format!("{folder}/{}", configuration.forced_wallpaper.as_ref()?))
        }
        _ => None,
    }
}

/// 8961, 9951 and 9971 follow the feature policy unless soft keys are told to rule.
fn follows_policy(model: &Model, configuration: &Configuration) -> bool {
    model.after.contains(&Purpose::FeaturePolicy) && !configuration.soft_key_control
}

/// A locale without a name lies in the root, and the phone writes its folder's slash all the same.
fn in_locale(folder: Option<&str>, built_in: &str, file: &str) -> Option<String> {
    match folder.unwrap_or_default() {
        folder if folder == built_in => None,
        folder => Some(format!("{folder}/{file}")),
    }
}
