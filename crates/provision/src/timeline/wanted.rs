//! What a configuration makes a phone ask for and register as: what a verdict compares the phone's doings with.

use crate::tree::Element;

/// What stands in a configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The firmware to run, without `.loads`; empty keeps what runs.
    pub firmware: String,
    /// Files that it names, beside locales: dial template, soft keys, feature policy.
    pub files: Vec<String>,
    /// Folders of locales that are not built in.
    pub locales: Vec<String>,
    /// The names that lines register under.
    pub lines: Vec<String>,
    /// It is the stub beside an encrypted one.
    pub is_stub: bool,
}

/// The locales of every firmware, which need no file; the empty one is what phones have that were told of none.
pub(super) const BUILT_IN: [&str; 3] = ["English_United_States", "United_States", ""];
/// The feature that registers.
const LINE: &str = "9";

impl Wanted {
    /// Reads a configuration.
    ///
    /// # Errors
    /// Why it is none, as half a sentence.
    pub fn read(xml: &[u8]) -> Result<Self, String> {
        let root = Element::parse(xml).map_err(|error| format!("it is not well-formed XML, {error}"))?;
        if root.name != "device" {
            return Err(format!("it begins with <{}>, not with <device>", root.name));
        }
        let named = |paths: &[&str], without: &[&str]| {
            let texts = paths.iter().map(|path| root.text_of(path).trim());
            texts.filter(|text| !text.is_empty() && !without.contains(text)).map(str::to_owned).collect()
        };
        let lines = root.find("sipProfile/sipLines").into_iter().flat_map(|lines| lines.all("line"));
        let line = |line: &Element| line.text_of("featureID").trim() == LINE;
        let name = |line: &Element| line.text_of("name").trim().to_owned();
        Ok(Self {
            firmware: root.text_of("loadInformation").trim().to_owned(),
            files: named(&["sipProfile/dialTemplate", "sipProfile/softKeyFile", "featurePolicyFile"], &[]),
            locales: named(&["userLocale/name", "networkLocaleInfo/name"], &BUILT_IN),
            lines: lines.filter(|one| line(one)).map(name).filter(|name| !name.is_empty()).collect(),
            is_stub: root.text_of("encrConfig").trim() == "true"
                && root.text_of("fullConfig").trim() == "false",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_tells_what_its_phone_will_ask_for() {
        let xml = b"<device><loadInformation> sip88xx.14-2 </loadInformation><userLocale><name>German_Germany</name>\
            </userLocale><networkLocaleInfo><name>United_States</name></networkLocaleInfo><sipProfile>\
            <dialTemplate>DialTemplate.xml</dialTemplate><softKeyFile/><sipLines><line button='1'><featureID>9</featureID>\
            <name>1001</name></line><line button='2'><featureID>21</featureID><name>1002</name></line></sipLines>\
            </sipProfile></device>";
        let wanted = Wanted::read(xml).expect("a configuration");
        assert_eq!(
            wanted,
            Wanted {
                firmware: "sip88xx.14-2".into(),
                files: vec!["DialTemplate.xml".into()],
                locales: vec!["German_Germany".into()],
                lines: vec!["1001".into()],
                is_stub: false,
            }
        );
        let stub = crate::configuration::stub("<device><x/></device>", "00").expect("a stub");
        assert!(Wanted::read(stub.as_bytes()).is_ok_and(|wanted| wanted.is_stub && wanted.lines.is_empty()));
        let fault = |xml: &[u8]| Wanted::read(xml).expect_err("no configuration");
        assert_eq!(fault(b"<Default/>"), "it begins with <Default>, not with <device>");
        assert!(fault(b"<device>\n<a>&nbsp;</a></device>").contains("not well-formed XML, line 2"));
        assert!(fault(b"no XML").starts_with("it is not well-formed XML"));
    }
}
