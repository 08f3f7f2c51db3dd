//! What phones believe: other servers, renewed certificates, encrypted configurations.

use pki::{Identity, KeyKind, Request, Subject, seal};
use virtual_phone::ask::Transport;
use virtual_phone::boot::{Flash, Phone};
use wire::signature::Digest;

use crate::machine::serving::now;
use crate::{Site, assert_clean, configuration, mac, model, phone, step};

#[test]
fn a_phone_of_another_server_refuses_this_one() {
    let (home, other) = (Site::new("", true), Site::new("", true));
    let model = model("8861");
    let (_, flash) = other.boot(phone(model), Flash::default());
    let (report, kept) = home.boot(phone(model), flash);
    assert!(!report.verdict.comes_up);
    assert!(report.warnings[0].contains("which is not in the trust list this phone holds"), "{report:#?}");
    assert!(report.verdict.next_step.as_ref().unwrap().contains("erase the list"));
    let https = report.steps.iter().find(|step| step.transport == Transport::Https).unwrap();
    assert!(https.note.contains("not in the trust list in role TFTP"), "{https:?}");
    // It goes home as if nothing had been.
    assert_clean(&other.boot(phone(model), kept).0);
}

#[test]
fn a_phone_accepts_a_renewed_certificate_that_tvs_vouches_for() {
    let site = Site::new("[provisioning]\nlegacy_tls = true\n", true);
    let offhook = |words: &str| drop(site.machine.ok(words));
    // TLS 1.2 and 6971; TLS 1.2 and HTTP; TLS 1.0 and TFTP.
    let models = ["8845", "7841", "9971"].map(model);
    let held = models.map(|model| site.boot(phone(model), Flash::default()).1);
    // The lists they hold are not replaced: whoever signs or serves from now on stands in none of them.
    offhook("trust disable --yes");
    for name in ["tftp", "provisioning", "provisioning-rsa"] {
        offhook(&format!("cert make {name} --replace"));
    }
    for (model, flash) in models.into_iter().zip(held.clone()) {
        let (report, _) = site.boot(phone(model), flash);
        assert_clean(&report);
        let note = &step(&report, "SEP").note;
        assert!(note.contains("the trust verification service vouches for"), "{}: {note}", model.name);
    }
    // Nor does it matter that the one who signs the next list is new.
    offhook("cert make sast-1 --replace --yes");
    offhook("trust enable --yes");
    offhook("trust publish");
    for (model, flash) in models.into_iter().zip(held.clone()) {
        let (report, flash) = site.boot(phone(model), flash);
        assert_clean(&report);
        let note = &step(&report, "ITLSEP").note;
        assert!(note.contains("as SAST"), "{}: {note}", model.name);
        let (again, _) = site.boot(phone(model), flash);
        assert!(!step(&again, "SEP").note.contains("verification"), "it holds the new list now: {again:#?}");
    }
    // A role that is taken away is no longer vouched for.
    offhook("trust disable --yes");
    offhook("cert role remove tftp TFTP");
    let [_, _, without] = held;
    let (report, _) = site.boot(phone(model("9971")), without);
    let refused = report.steps.iter().find(|step| step.file.starts_with("SEP")).unwrap();
    assert!(refused.note.contains("service does not vouch for CN=TFTP"), "{report:#?}");
    assert!(!report.verdict.comes_up);
}

#[test]
fn an_encrypted_configuration_in_the_document_root_is_read_by_the_phone_with_the_key() {
    let site = Site::new("[trust]\nversion = \"1.0\"\n", true);
    let model = model("8861");
    let subject = Subject { cn: mac(model).device_name(), o: "Example".into(), ou: "Phones".into() };
    let request = Request { subject, names: vec![], key: KeyKind::Rsa(2048), days: 1 };
    let lsc = Identity::self_signed(&request, i64::from(now())).unwrap();
    let name = format!("{}.cnf.xml.enc.sgn", mac(model).device_name());
    let (xml, signer) = (configuration(model), site.certificate("tftp"));
    let sealed =
        seal::encrypt(&name, xml.as_bytes(), &lsc.certificate, &signer, Digest::Sha1, now()).unwrap();
    let hash = lsc.certificate.md5_hex();
    let stub = format!("<device><certHash>{hash}</certHash><encrConfig>true</encrConfig></device>");
    site.put(&name, &sealed);
    site.put(&name.replace(".enc.sgn", ""), stub.as_bytes());
    let with_key = || Phone { identity: Some(lsc.clone()), ..phone(model) };
    let (report, flash) = site.boot(with_key(), Flash::default());
    assert_clean(&report);
    assert!(step(&report, &name).note.starts_with("decrypted"));
    assert!(flash.encrypted);
    assert_clean(&site.boot(with_key(), flash).0);
    let (stranger, _) = site.boot(phone(model), Flash::default());
    assert!(stranger.verdict.why.contains("a certificate it does not have"), "{stranger:#?}");
}
