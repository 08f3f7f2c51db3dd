#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::name::From;

const PHONE: Mac = Mac::new([0x58, 0x97, 0x1E, 0xCC, 0x97, 0xC1]);

fn name(text: &str) -> FileName<'_> {
    FileName::parse(text.as_bytes(), From::Plain).unwrap()
}

fn list(list: List, device: Option<Mac>, extended: bool) -> Kind {
    Kind::TrustList(TrustList { list, device, extended })
}

#[test]
fn every_kind_is_told_by_its_name() {
    let table = [
        ("ITLFile.tlv", list(List::Itl, None, false)),
        ("CTLFile.tlv", list(List::Ctl, None, false)),
        ("ITLSEP58971ECC97C1.tlv", list(List::Itl, Some(PHONE), false)),
        ("CTLSEP58971ECC97C1.tlv", list(List::Ctl, Some(PHONE), false)),
        ("ext_ITLSEP58971ECC97C1.tlv", list(List::Itl, Some(PHONE), true)),
        ("ITLSEP58971ECC97.tlv", Kind::Plain),
        ("SEP58971ECC97C1.cnf.xml", Kind::PhoneConfiguration(PHONE)),
        ("SEP58971ECC97C.cnf.xml", Kind::Plain),
        ("SEPé8971ECC97C1.cnf.xml", Kind::Plain),
        ("XMLDefault.cnf.xml", Kind::DefaultConfiguration),
        ("SoftKeys.xml", Kind::SoftKeys),
        ("SK72f64050-7ad5-4b47-9bfa-5e9ad9cd4aa9.xml", Kind::SoftKeys),
        ("DialTemplate.xml", Kind::DialTemplate),
        ("FeaturePolicy.xml", Kind::FeaturePolicy),
        ("DefaultFP72f64050-7ad5-4b47-9bfa-5e9ad9cd4aa9.xml", Kind::FeaturePolicy),
        ("AppDialRules.xml", Kind::DialRules),
        ("DR72f64050-7ad5-4b47-9bfa-5e9ad9cd4aa9.xml", Kind::DialRules),
        ("DirLookupDialRules.xml", Kind::DialRules),
        ("Ringlist.xml", Kind::RingList),
        ("Ringlist-wb.xml", Kind::RingList),
        ("DistinctiveRingList.xml", Kind::RingList),
        ("Chime.rwb", Kind::Ring),
        ("Callback.raw", Kind::Ring),
        ("Desktops/800x480x24/List.xml", Kind::BackgroundList),
        ("List.xml", Kind::Plain),
        ("Desktops/800x480x24/Dunes.png", Kind::Image),
        ("defaultheadsetconfig.json", Kind::HeadsetDefaults),
        ("New_Zealand/mk-sip.jar", Kind::Locale),
        ("mk-sip.jar", Kind::Locale),
        ("New_Zealand/g3-tones.xml", Kind::Locale),
        ("g-tones.xml", Kind::Locale),
        ("gx-tones.xml", Kind::Plain),
        ("OS79XX.TXT", Kind::Legacy),
        ("SEPDefault.cnf", Kind::Legacy),
        ("SIPDefault.cnf", Kind::Legacy),
        ("SIP58971ECC97C1.cnf", Kind::Legacy),
        ("dialplan.xml", Kind::Legacy),
        ("sip88xx.14-2-1-0101-53.loads", Kind::Firmware),
        ("fbi88xx.BE-01-010.SBN", Kind::Firmware),
        ("anything.txt", Kind::Plain),
        (".sgn", Kind::Plain),
    ];
    for (text, kind) in table {
        for spelling in [text.to_owned(), text.to_uppercase(), text.to_lowercase()] {
            let name = name(&spelling);
            let artifact = Artifact::parse(&name);
            assert_eq!((artifact.kind, artifact.form), (kind, Form::Plain), "{spelling}");
            assert_eq!(artifact.plain_name, spelling);
        }
    }
}

#[test]
fn the_form_is_the_ending() {
    for (text, kind, form, plain) in [
        (
            "SEP58971ECC97C1.cnf.xml.sgn",
            Kind::PhoneConfiguration(PHONE),
            Form::Signed,
            "SEP58971ECC97C1.cnf.xml",
        ),
        (
            "SEP58971ECC97C1.CNF.XML.ENC.SGN",
            Kind::PhoneConfiguration(PHONE),
            Form::Encrypted,
            "SEP58971ECC97C1.CNF.XML",
        ),
        ("New_Zealand/g3-tones.xml.sgn", Kind::Locale, Form::Signed, "New_Zealand/g3-tones.xml"),
        (
            "Desktops/320x212x16/List.xml.sgn",
            Kind::BackgroundList,
            Form::Signed,
            "Desktops/320x212x16/List.xml",
        ),
        ("XMLDefault.cnf.xml.sgn", Kind::DefaultConfiguration, Form::Signed, "XMLDefault.cnf.xml"),
        ("notes.enc.sgn", Kind::Plain, Form::Encrypted, "notes"),
        (".enc.sgn", Kind::Plain, Form::Signed, ".enc"),
        ("folder/.sgn", Kind::Plain, Form::Plain, "folder/.sgn"),
    ] {
        let name = name(text);
        let artifact = Artifact::parse(&name);
        assert_eq!((artifact.kind, artifact.form, artifact.plain_name), (kind, form, plain), "{text}");
    }
}

#[test]
fn the_vendors_signature_is_never_taken_for_ours() {
    for text in [
        "sip88xx.14-2-1-0101-53.loads",
        "term45.default.loads",
        "rootfs88xx.BE-01-010.sbn",
        "B015-1-0-4.SBN",
        "SIP69xx.9-4-1-3SR3.zz.sgn",
        "BOOT894x.bin.sgn",
        "SIP6945.9-3-1-3.bin4.sgn",
        "SIP894x.9-4-2SR1-2.BIN10.SGN",
        "po-locale-en_NZ-k3-11.0.1.1000-1.cop.sgn",
        "po-locale-en_NZ-k3-11.0.1.1000-1.cop.sha512",
        "firmware/sip88xx.loads",
    ] {
        let name = name(text);
        let artifact = Artifact::parse(&name);
        assert_eq!((artifact.kind, artifact.form, artifact.plain_name), (Kind::Firmware, Form::Plain, text));
    }
    for (text, form) in [
        ("SIP6945.9-3-1-3.bin4", Form::Plain),
        ("SIP69xx.9-4-1-3SR3.zz", Form::Plain),
        ("sip88xx.14-2-1-0101-53.loads.sgn", Form::Signed),
    ] {
        let name = name(text);
        let artifact = Artifact::parse(&name);
        assert_eq!((artifact.kind, artifact.form), (Kind::Firmware, form), "{text}");
    }
}

#[test]
fn misses_that_are_normal_say_why() {
    for text in [
        "CTLSEP58971ECC97C1.tlv",
        "ITLSEP58971ECC97C1.tlv",
        "ext_ITLSEP58971ECC97C1.tlv",
        "ITLFile.tlv",
        "CTLFile.tlv",
        "SEP58971ECC97C1.cnf.xml.enc.sgn",
        "XMLDefault.cnf.xml.sgn",
        "defaultheadsetconfig.json",
        "New_Zealand/sp-sip.jar.sgn",
        "g4-tones.xml",
        "OS79XX.TXT",
        "SEPDefault.cnf",
        "dialplan.xml",
        "RINGLIST.DAT",
        "authorized_keys",
    ] {
        let name = name(text);
        assert!(Artifact::parse(&name).normal_miss().is_some(), "{text}");
    }
    for text in [
        "SEP58971ECC97C1.cnf.xml",
        "SEP58971ECC97C1.cnf.xml.sgn",
        "sip88xx.14-2-1-0101-53.loads",
        "SoftKeys.xml",
        "MyDialPlan.xml",
        "SIP58971ECC97C1.cnf",
        "Desktops/800x480x24/Mine.png",
    ] {
        let name = name(text);
        assert_eq!(Artifact::parse(&name).normal_miss(), None, "{text}");
    }
}

#[test]
fn the_phone_is_known_from_the_name() {
    for (text, device) in [
        ("CTLSEP58971ECC97C1.tlv", Some(PHONE)),
        ("sep58971ecc97c1.cnf.xml.enc.sgn", Some(PHONE)),
        ("ITLFile.tlv", None),
        ("Ringlist.xml", None),
    ] {
        let name = name(text);
        assert_eq!(Artifact::parse(&name).device(), device);
    }
}

proptest! {
    #[test]
    fn a_plain_name_is_the_start_of_the_name(raw in any::<Vec<u8>>(), ending in prop::sample::select(vec!["", ".sgn", ".enc.sgn", ".loads", ".tlv"])) {
        let mut raw = raw;
        raw.extend(ending.as_bytes());
        if let Ok(name) = FileName::parse(&raw, From::Plain) {
            let artifact = Artifact::parse(&name);
            prop_assert!(!artifact.plain_name.is_empty());
            prop_assert!(name.as_str().starts_with(artifact.plain_name));
            prop_assert_eq!(artifact.plain_name.len() == name.as_str().len(), artifact.form == Form::Plain);
            artifact.normal_miss();
        }
    }

    #[test]
    fn a_phone_is_found_in_every_name_made_for_it(bytes: [u8; 6]) {
        let mac = Mac::new(bytes);
        for text in [format!("SEP{mac}.cnf.xml.sgn"), format!("CTLSEP{mac}.tlv"), format!("itlsep{mac}.tlv")] {
            let name = name(&text);
            prop_assert_eq!(Artifact::parse(&name).device(), Some(mac));
        }
    }
}
