//! `SEP<MAC>.cnf.xml` as a phone reads it: the settings it takes from the file, and nothing it must not show.
//! Passwords are not read at all, so no report can print one.

use serde::Serialize;

use crate::xml::{Node, XmlError, walk};

/// A configuration that a phone accepts as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// What a person wants to see of it.
    pub settings: Settings,
    /// The rest is in an encrypted file; this is only its stub.
    pub encrypted: bool,
    /// The MD5, in hex, of the certificate the encrypted file was made for.
    pub certificate_hash: String,
    /// Whether the phone is told where to enrol.
    pub names_capf: bool,
    /// How it proves itself there; 1 means with a password that somebody types.
    pub capf_mode: Option<u8>,
    /// 2 and 3 make the phone insist on a trust list.
    pub security_mode: Option<u8>,
    /// The name of the user locale's folder; `None` without the element.
    pub user_locale: Option<String>,
    /// The name of the network locale's folder.
    pub network_locale: Option<String>,
    /// The wallpaper that is forced on the phone.
    pub forced_wallpaper: Option<String>,
    /// Soft keys rule on phones that otherwise follow the feature policy.
    pub soft_key_control: bool,
    /// Another server for firmware only.
    pub load_server: Option<String>,
}

/// What a phone ended up with; empty texts mean: not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Settings {
    pub device_name: String,
    pub phone_label: String,
    pub firmware: String,
    pub version_stamp: String,
    pub time_zone: String,
    pub date_format: String,
    pub time_servers: Vec<String>,
    pub call_managers: Vec<CallManager>,
    pub sip_transport: String,
    pub security_mode: String,
    pub sign_in: SignIn,
    pub lines: Vec<Line>,
    pub dial_template: String,
    pub soft_keys: String,
    pub feature_policy: String,
    pub user_locale: String,
    pub network_locale: String,
    pub wallpaper: String,
    pub web_access: String,
    pub trust_list: String,
}

/// A server that the phone registers with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallManager {
    /// Lower is tried first.
    pub priority: String,
    /// Its name or address.
    pub address: String,
    /// Its SIP port for TCP and UDP.
    pub sip_port: String,
    /// Its SIP port for TLS.
    pub secured_sip_port: String,
}

/// One programmable key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Which key.
    pub button: String,
    /// What the key does, by number; 9 is a line.
    pub feature: String,
    /// The same in words.
    pub does: String,
    /// The text beside it.
    pub label: String,
    /// The user it registers as, the number it dials, or the page it opens.
    pub number: String,
    /// The name that others see.
    pub display_name: String,
    /// A busy lamp that also takes calls over.
    pub picks_up: bool,
}

/// With what a phone signs in to the PBX: what its first line says, for all lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignIn {
    /// The user.
    pub user: String,
    /// Whether there is a password; which is nobody's business.
    pub has_password: bool,
}

/// What keys do, by the number in `featureID`.
const FEATURES: [(&str, &str); 33] = [
    ("1", "redial"),
    ("2", "speed dial"),
    ("3", "hold"),
    ("4", "transfer"),
    ("5", "call forward"),
    ("9", "line"),
    ("18", "settings"),
    ("20", "service"),
    ("21", "busy lamp"),
    ("22", "call park"),
    ("23", "intercom"),
    ("27", "malicious call"),
    ("102", "conference"),
    ("123", "meet me"),
    ("126", "park"),
    ("127", "pick up"),
    ("128", "group pick up"),
    ("130", "do not disturb"),
    ("132", "remove last participant"),
    ("133", "report quality"),
    ("134", "call back"),
    ("135", "other pick up"),
    ("137", "new call"),
    ("139", "hunt group"),
    ("140", "all calls"),
    ("141", "answer"),
    ("142", "alerting calls"),
    ("159", "record"),
    ("192", "services"),
    ("194", "messages"),
    ("195", "directories"),
    ("197", "applications"),
    ("198", "headset"),
];

/// The words for a number; a number nobody knows stays as it is.
fn feature(number: &str) -> String {
    let known = FEATURES.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("feature {number}"), |(_, words)| (*words).to_owned())
}

/// A file that is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// Not XML.
    #[error("it is not well-formed XML, {0}")]
    Malformed(#[from] XmlError),
    /// XML of something else.
    #[error("its root element is <{0}>, not <{1}>")]
    OtherRoot(String, &'static str),
}

/// Reads a phone's configuration.
pub fn read(bytes: &[u8]) -> Result<Configuration, ConfigurationError> {
    let mut configuration = Configuration::default();
    let mut wallpaper = Wallpaper::default();
    let root = walk(bytes, |path, node| match node {
        Node::Open(attributes) => configuration.open(path, attributes),
        Node::Close("") => configuration.take_empty(path),
        Node::Close(text) => {
            configuration.take(path, text);
            wallpaper.take(path, text);
        }
    })?;
    if root != "device" {
        return Err(ConfigurationError::OtherRoot(root, "device"));
    }
    configuration.forced_wallpaper = wallpaper.forced();
    Ok(configuration)
}

/// Reads `XMLDefault.cnf.xml` and gives the firmware it names for phones of `device_type`.
pub fn read_default(bytes: &[u8], device_type: u32) -> Result<Option<String>, ConfigurationError> {
    let mut load = None;
    let wanted = format!("default/loadinformation{device_type}");
    let root = walk(bytes, |path, node| match node {
        // Servers write the numbers with and without the capital I.
        Node::Close(text) if path.eq_ignore_ascii_case(&wanted) && !text.is_empty() => {
            load = Some(text.to_owned())
        }
        _ => {}
    })?;
    if root == "Default" { Ok(load) } else { Err(ConfigurationError::OtherRoot(root, "Default")) }
}

impl Configuration {
    fn open(&mut self, path: &str, attributes: &[(String, String)]) {
        let attribute = |wanted| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        match path {
            "device/sipProfile/sipLines/line" => {
                self.settings.lines.push(Line { button: attribute("button"), ..Line::default() });
            }
            "device/devicePool/callManagerGroup/members/member" => {
                let member = CallManager { priority: attribute("priority"), ..CallManager::default() };
                self.settings.call_managers.push(member);
            }
            "device/capfList/capf" => self.names_capf = true,
            _ => {}
        }
    }

    fn take(&mut self, path: &str, text: &str) {
        let Some(path) = path.strip_prefix("device/") else { return };
        let settings = &mut self.settings;
        let place = match path {
            "sipProfile/phoneLabel" => &mut settings.phone_label,
            "loadInformation" => &mut settings.firmware,
            "versionStamp" => &mut settings.version_stamp,
            "devicePool/dateTimeSetting/timeZone" => &mut settings.time_zone,
            "devicePool/dateTimeSetting/dateTemplate" => &mut settings.date_format,
            "sipProfile/dialTemplate" => &mut settings.dial_template,
            "sipProfile/softKeyFile" => &mut settings.soft_keys,
            "featurePolicyFile" => &mut settings.feature_policy,
            "certHash" => &mut self.certificate_hash,
            _ => return self.take_meaning(path, text),
        };
        text.clone_into(place);
    }

    /// The elements whose text means more than itself.
    fn take_meaning(&mut self, path: &str, text: &str) {
        let settings = &mut self.settings;
        match path {
            "devicePool/dateTimeSetting/ntps/ntp/name" => settings.time_servers.push(text.to_owned()),
            "transportLayerProtocol" => settings.sip_transport = coded(text, &["TCP", "UDP", "TLS", "TCP"]),
            "deviceSecurityMode" => {
                self.security_mode = text.parse().ok();
                settings.security_mode = coded(text, &["not secure", "authenticated", "encrypted"]);
            }
            "vendorConfig/webAccess" => {
                settings.web_access = if text == "0" { "on" } else { "off" }.to_owned()
            }
            "userLocale/name" => {
                self.user_locale = Some(text.to_owned());
                text.clone_into(&mut settings.user_locale);
            }
            "networkLocaleInfo/name" => {
                self.network_locale = Some(text.to_owned());
                text.clone_into(&mut settings.network_locale);
            }
            "vendorConfig/softKeyControl" | "vendorConfig/softkeyControl" => {
                self.soft_key_control = text == "1"
            }
            "vendorConfig/loadServer" => self.load_server = Some(text.to_owned()),
            "encrConfig" => self.encrypted = text.eq_ignore_ascii_case("true"),
            "capfAuthMode" => self.capf_mode = text.parse().ok(),
            _ => self.take_repeated(path, text),
        }
    }

    /// The elements that stand in one of many lines or servers.
    fn take_repeated(&mut self, path: &str, text: &str) {
        const LINE: &str = "sipProfile/sipLines/line/";
        const MEMBER: &str = "devicePool/callManagerGroup/members/member/callManager/";
        let settings = &mut self.settings;
        if let (Some(field), Some(line)) = (path.strip_prefix(LINE), settings.lines.last_mut()) {
            match field {
                "featureID" => {
                    text.clone_into(&mut line.feature);
                    line.does = feature(text);
                }
                "displayName" => text.clone_into(&mut line.display_name),
                "featureOptionMask" => line.picks_up = text == "1",
                "authName" if settings.sign_in.user.is_empty() => text.clone_into(&mut settings.sign_in.user),
                "authPassword" => settings.sign_in.has_password = true,
                "featureLabel" => text.clone_into(&mut line.label),
                "name" | "speedDialNumber" | "serviceURI" | "secureServiceURI" => {
                    text.clone_into(&mut line.number)
                }
                _ => {}
            }
        }
        if let (Some(field), Some(member)) = (path.strip_prefix(MEMBER), settings.call_managers.last_mut()) {
            match field {
                "processNodeName" => text.clone_into(&mut member.address),
                "ports/sipPort" => text.clone_into(&mut member.sip_port),
                "ports/securedSipPort" => text.clone_into(&mut member.secured_sip_port),
                _ => {}
            }
        }
    }

    /// An empty locale name is not the same as none: the phone then asks for the file in the root.
    fn take_empty(&mut self, path: &str) {
        match path {
            "device/userLocale/name" => self.user_locale = Some(String::new()),
            "device/networkLocaleInfo/name" => self.network_locale = Some(String::new()),
            _ => {}
        }
    }
}

/// `defaultWallpaperFile` counts only while users may not choose one themselves.
#[derive(Default)]
struct Wallpaper {
    file: Option<String>,
    locked: bool,
}

impl Wallpaper {
    fn take(&mut self, path: &str, text: &str) {
        match path {
            "device/vendorConfig/defaultWallpaperFile" => self.file = Some(text.to_owned()),
            "device/commonProfile/backgroundImageAccess" => self.locked = text.eq_ignore_ascii_case("false"),
            _ => {}
        }
    }

    fn forced(self) -> Option<String> {
        self.file.filter(|_| self.locked)
    }
}

/// The meaning of a number that counts from one; another number stays as it is.
fn coded(text: &str, meanings: &[&str]) -> String {
    let index = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let meaning = index.and_then(|index| meanings.get(index));
    (*meaning.unwrap_or(&text)).to_owned()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const FULL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<device>
  <fullConfig>true</fullConfig>
  <devicePool>
    <dateTimeSetting><timeZone>W. Europe Standard/Daylight Time</timeZone>
      <ntps><ntp><name>192.0.2.1</name></ntp><ntp><name>192.0.2.2</name></ntp></ntps></dateTimeSetting>
    <callManagerGroup><members>
      <member priority="0"><callManager><ports><sipPort>5060</sipPort><securedSipPort>5061</securedSipPort></ports>
        <processNodeName>pbx.example.net</processNodeName></callManager></member>
      <member priority="1"><callManager><processNodeName>192.0.2.9</processNodeName></callManager></member>
    </members></callManagerGroup>
  </devicePool>
  <sipProfile><phoneLabel>R &amp; D</phoneLabel><sipLines>
    <line button="1" lineIndex="1"><featureID>9</featureID><featureLabel>Reception</featureLabel><name>100</name>
      <authName>100</authName><authPassword>s3cret</authPassword></line>
    <line button="2"><featureID>2</featureID><featureLabel>Taxi</featureLabel><speedDialNumber>0123</speedDialNumber></line>
  </sipLines><dialTemplate>DialTemplate.xml</dialTemplate><softKeyFile>SoftKeys.xml</softKeyFile></sipProfile>
  <commonProfile><phonePassword>s3cret</phonePassword><backgroundImageAccess>false</backgroundImageAccess></commonProfile>
  <vendorConfig><defaultWallpaperFile>Sea.png</defaultWallpaperFile><webAccess>0</webAccess></vendorConfig>
  <userLocale><name/></userLocale><networkLocaleInfo><name>New_Zealand</name></networkLocaleInfo>
  <loadInformation>sip88xx.14-2-1</loadInformation><deviceSecurityMode>3</deviceSecurityMode>
  <transportLayerProtocol>3</transportLayerProtocol><capfAuthMode>2</capfAuthMode>
  <capfList><capf><phonePort>3804</phonePort></capf></capfList>
</device>"#;

    #[test]
    fn a_full_configuration_is_read() {
        let read = read(FULL.as_bytes()).unwrap();
        let settings = &read.settings;
        assert_eq!(settings.phone_label, "R & D");
        assert_eq!(settings.call_managers.len(), 2);
        assert_eq!(settings.call_managers[0].address, "pbx.example.net");
        assert_eq!(settings.call_managers[1].priority, "1");
        let lines: Vec<_> = settings.lines.iter().map(|l| (&*l.button, &*l.label, &*l.number)).collect();
        assert_eq!(lines, [("1", "Reception", "100"), ("2", "Taxi", "0123")]);
        let does: Vec<_> = settings.lines.iter().map(|line| &*line.does).collect();
        assert_eq!(does, ["line", "speed dial"]);
        assert_eq!(settings.sign_in, SignIn { user: "100".into(), has_password: true });
        assert_eq!(settings.time_servers, ["192.0.2.1", "192.0.2.2"]);
        assert_eq!((&*settings.sip_transport, &*settings.security_mode), ("TLS", "encrypted"));
        assert_eq!(settings.web_access, "on");
        assert_eq!(
            (read.user_locale.as_deref(), read.network_locale.as_deref()),
            (Some(""), Some("New_Zealand"))
        );
        assert_eq!(read.forced_wallpaper.as_deref(), Some("Sea.png"));
        assert!(read.names_capf && !read.encrypted);
        assert_eq!((read.capf_mode, read.security_mode), (Some(2), Some(3)));
    }

    #[test]
    fn keys_say_what_they_do() {
        let key = |inner: &str| {
            let file = format!(
                "<device><sipProfile><sipLines><line button=\"7\">{inner}</line></sipLines></sipProfile></device>"
            );
            read(file.as_bytes()).unwrap().settings.lines.remove(0)
        };
        let blf = key(
            "<featureID>21</featureID><speedDialNumber>101</speedDialNumber><featureOptionMask>1</featureOptionMask>",
        );
        assert_eq!((&*blf.does, &*blf.number, blf.picks_up), ("busy lamp", "101", true));
        assert_eq!(key("<featureID>77</featureID>").does, "feature 77");
        assert_eq!(key("<featureID>9</featureID><displayName>Ann</displayName>").display_name, "Ann");
    }

    #[test]
    fn no_password_is_kept_anywhere() {
        let read = read(FULL.as_bytes()).unwrap();
        assert!(!format!("{read:?}").contains("s3cret"));
    }

    #[test]
    fn users_who_may_choose_are_not_forced() {
        let free = FULL.replace("Access>false", "Access>true");
        assert_eq!(read(free.as_bytes()).unwrap().forced_wallpaper, None);
    }

    #[test]
    fn a_stub_is_seen_as_one() {
        let stub =
            read(b"<device><certHash>0123ab</certHash><encrConfig>true</encrConfig></device>").unwrap();
        assert!(stub.encrypted);
        assert_eq!(stub.certificate_hash, "0123ab");
    }

    #[test]
    fn other_files_are_refused() {
        assert!(matches!(read(b"<device>"), Err(ConfigurationError::Malformed(_))));
        let refusal = read(b"<html/>").unwrap_err().to_string();
        assert_eq!(refusal, "its root element is <html>, not <device>");
    }

    #[test]
    fn the_default_file_names_the_load_in_any_letter_case() {
        for element in ["loadInformation684", "loadinformation684"] {
            let file = format!(
                "<Default><{element} model='8851'>sip88xx.1</{element}><loadInformation1/></Default>"
            );
            assert_eq!(read_default(file.as_bytes(), 684), Ok(Some("sip88xx.1".to_owned())));
            assert_eq!(read_default(file.as_bytes(), 685), Ok(None));
        }
        assert!(read_default(b"<device/>", 684).is_err());
    }
}
