//! Each check of a list or a signed file, shown to fail: nothing else is wrong with what it refuses.
#![expect(clippy::unwrap_used, reason = "tests")]

use pki::KeyKind;
use wire::{
    signature::{Digest, Version},
    trust_list::{PublicKey, Record},
};

use super::*;
use crate::{models::find, testing::*};

fn read(bytes: &[u8]) -> Result<Arc<List>, Distrust> {
    Checks::default().list(bytes, Kind::Itl, find("8845").unwrap(), NOW)
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

fn record(role: Role, identity: &pki::Identity) -> Record {
    identity.certificate.record(role)
}

mod lists {
    use super::*;

    #[test]
    fn the_usual_lists_are_taken() {
        for version in [V1_0, V1_1] {
            let list = read(&usual_list(version)).unwrap();
            assert_eq!((list.kind, list.version, list.digest), (Kind::Itl, version, Digest::Sha1));
            assert_eq!(list.is_1_1(), version == V1_1);
        }
    }

    #[test]
    fn no_byte_of_a_list_can_be_changed_unseen() {
        let good = usual_list(V1_0);
        // Every byte would take long: the whole header and every seventh byte behind it.
        for at in (0..500).chain((500..good.len()).step_by(7)) {
            let mut bad = good.clone();
            bad[at] ^= 0x01;
            assert!(read(&bad).is_err(), "byte {at} of {}", good.len());
        }
    }

    #[test]
    fn a_list_cut_short_or_with_a_tail_is_refused() {
        let good = usual_list(V1_0);
        for len in [0, 1, 10, 200, good.len() - 1] {
            assert!(read(&good[..len]).is_err(), "{len} bytes");
        }
        assert!(read(&[&good[..], b"\x00"].concat()).is_err());
    }

    #[test]
    fn a_list_under_the_name_of_the_other_is_refused() {
        let ctl = list(Kind::Ctl, V1_0, &[(Role::Sast, &KEYS.sast)]);
        assert_eq!(refusal(&ctl), "its header says it is CTLFile.tlv, and the phone asked for ITLFile.tlv");
    }

    #[test]
    fn the_signer_must_be_a_sast_of_the_list() {
        let keys = &*KEYS;
        let records = [record(Role::Sast, &keys.sast), record(Role::Tftp, &keys.tftp)];
        let strange = list_of(Kind::Itl, V1_0, &records, &keys.stranger);
        assert!(
            refusal(&strange)
                .contains("CN=stranger,O=Example,OU=Telephones, which is not in the list itself")
        );
        let other_role = list_of(Kind::Itl, V1_0, &records, &keys.tftp);
        assert!(
            refusal(&other_role).contains("knows as TFTP only, and not as SAST"),
            "{}",
            refusal(&other_role)
        );
    }

    #[test]
    fn a_signature_of_another_key_under_the_signers_name_is_refused() {
        let keys = &*KEYS;
        let records = [record(Role::Sast, &keys.sast)];
        let signing = keys.sast.signing(Digest::Sha1, NOW);
        let unsigned = wire::trust_list::build_unchecked(Kind::Itl, V1_0, &records, &signing).unwrap();
        let forged = keys.stranger.sign(unsigned).unwrap();
        assert!(refusal(&forged).starts_with("its signature is wrong"), "{}", refusal(&forged));
    }

    #[test]
    fn three_sasts_are_one_too_many() {
        let keys = &*KEYS;
        let sasts = [&keys.sast, &keys.next_sast, &keys.third_sast].map(|sast| (Role::Sast, sast));
        assert!(refusal(&list(Kind::Itl, V1_0, &sasts)).contains("3 SAST"));
        assert!(read(&list(Kind::Itl, V1_0, &sasts[..2])).is_ok());
    }

    #[test]
    fn keys_keep_their_limits() {
        let keys = &*KEYS;
        let big = identity("big", KeyKind::Rsa(3072));
        let with_big = list(Kind::Itl, V1_0, &[(Role::Sast, &keys.sast), (Role::Capf, &big)]);
        assert!(refusal(&with_big).contains("3072 bits"));
        let ec_in_old = list(Kind::Itl, V1_0, &[(Role::Sast, &keys.sast), (Role::Tftp, &keys.web)]);
        assert!(refusal(&ec_in_old).contains("needs a list of version 1.1"));
    }

    #[test]
    fn forty_records_are_one_too_many() {
        let keys = &*KEYS;
        let mut records = vec![record(Role::Sast, &keys.sast)];
        records.extend((1..39).map(|number| record(Role::Other(100 + number), &keys.tftp)));
        assert!(read(&list_of(Kind::Itl, V1_0, &records, &keys.sast)).is_ok());
        records.push(record(Role::Ccm, &keys.tftp));
        assert!(refusal(&list_of(Kind::Itl, V1_0, &records, &keys.sast)).contains("40 records"));
    }

    #[test]
    fn other_versions_and_long_lists_are_refused() {
        let of = [(Role::Sast, &KEYS.sast)];
        for version in [Version { major: 1, minor: 2 }, Version { major: 2, minor: 0 }] {
            assert!(refusal(&list(Kind::Itl, version, &of)).contains("signer version"));
        }
        assert!(refusal(&vec![1; 65_536]).contains("below 64 KB"));
    }

    #[test]
    fn a_record_must_agree_with_its_certificate() {
        let keys = &*KEYS;
        let good = record(Role::Tftp, &keys.tftp);
        let public_key = Some(PublicKey::Rsa(keys.sast.certificate.public_key().bytes().to_vec()));
        for (bad, expected) in [
            (Record { certificate: None, ..good.clone() }, "has no certificate"),
            (Record { certificate: Some(vec![0x30, 0]), ..good.clone() }, "cannot be read"),
            (Record { subject: "CN=other".into(), ..good.clone() }, "about the subject"),
            (Record { issuer: "CN=other".into(), ..good.clone() }, "about the issuer"),
            (Record { serial: vec![9, 9], ..good.clone() }, "about the serial number"),
            (Record { public_key, ..good.clone() }, "about the public key"),
            (Record { signature: vec![0; 128], ..good.clone() }, "about the signature"),
        ] {
            let bytes = list_of(Kind::Itl, V1_0, &[record(Role::Sast, &keys.sast), bad], &keys.sast);
            assert!(refusal(&bytes).contains(expected), "{}", refusal(&bytes));
        }
    }

    #[test]
    fn digests_and_timestamps_are_looked_at() {
        let sast = &KEYS.sast;
        let made = |digest, timestamp| {
            let signing = sast.signing(digest, timestamp);
            let records = [record(Role::Sast, sast)];
            sast.sign(wire::trust_list::build_unchecked(Kind::Itl, V1_0, &records, &signing).unwrap())
                .unwrap()
        };
        assert!(read(&made(Digest::Sha512, NOW)).is_ok());
        let on_9971 =
            Checks::default().list(&made(Digest::Sha512, NOW), Kind::Itl, find("9971").unwrap(), NOW);
        assert!(on_9971.unwrap_err().to_string().contains("SHA-512"));
        assert!(refusal(&made(Digest::Sha1, 0)).contains("timestamp is 0"));
        assert!(read(&made(Digest::Sha1, NOW + 3600)).is_ok());
        assert!(refusal(&made(Digest::Sha1, NOW + 2 * 86_400)).contains("future"));
    }
}

mod signed_files {
    use super::*;

    const NAME: &str = "DialTemplate.xml.sgn";

    fn open(file: &[u8]) -> Result<Vec<u8>, Distrust> {
        open_on("8845", file)
    }

    fn open_on(model: &str, file: &[u8]) -> Result<Vec<u8>, Distrust> {
        let mut trust = Trust::default();
        let keys = &*KEYS;
        let of = [(Role::Sast, &keys.sast), (Role::Tftp, &keys.tftp), (Role::Capf, &keys.third_sast)];
        trust.take(read(&list(Kind::Itl, V1_0, &of)).unwrap()).unwrap();
        let opened = Checks::default().signed(file, NAME, &trust, find(model).unwrap(), NOW)?;
        assert_eq!(opened.signer, "CN=tftp,O=Example,OU=Telephones");
        Ok(opened.payload.to_vec())
    }

    fn refusal(file: &[u8]) -> String {
        open(file).unwrap_err().to_string()
    }

    #[test]
    fn a_good_file_is_opened() {
        assert_eq!(open(&signed(NAME, b"<dialTemplate/>")).unwrap(), b"<dialTemplate/>");
    }

    #[test]
    fn no_byte_can_be_changed_unseen() {
        let good = signed(NAME, b"<dialTemplate/>");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x01;
            assert!(open(&bad).is_err(), "byte {at} of {}", good.len());
        }
        for len in [0, 1, 100, good.len() - 1] {
            assert!(open(&good[..len]).is_err(), "{len} bytes");
        }
        assert!(open(&[&good[..], b" "].concat()).is_err());
    }

    #[test]
    fn the_name_must_be_the_one_asked_for() {
        for name in ["SoftKeys.xml.sgn", "dialtemplate.xml.sgn", "/DialTemplate.xml.sgn", "DialTemplate.xml"]
        {
            let refusal = refusal(&signed(name, b"<dialTemplate/>"));
            assert!(refusal.contains(&format!("`{name}`")), "{refusal}");
        }
    }

    #[test]
    fn the_signer_must_stand_in_the_list_for_files() {
        let keys = &*KEYS;
        for (signer, expected) in [
            (&keys.stranger, "which is not in the trust list this phone holds"),
            (&keys.sast, "knows as SAST only, and not as TFTP"),
            (&keys.third_sast, "knows as CAPF only, and not as TFTP"),
        ] {
            let refusal = refusal(&signer.sign_file(NAME, b"x", Digest::Sha1, NOW).unwrap());
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn a_call_manager_that_is_also_tftp_may_sign() {
        let keys = &*KEYS;
        let mut trust = Trust::default();
        let of = [(Role::Sast, &keys.sast), (Role::CcmTftp, &keys.tftp)];
        trust.take(read(&list(Kind::Itl, V1_0, &of)).unwrap()).unwrap();
        let file = signed(NAME, b"x");
        assert!(Checks::default().signed(&file, NAME, &trust, find("8845").unwrap(), NOW).is_ok());
        assert!(trust.wants_signed());
    }

    #[test]
    fn another_keys_signature_under_the_signers_name_is_refused() {
        let signing = KEYS.tftp.signing(Digest::Sha1, NOW);
        let forged = KEYS.stranger.sign(wire::signed::build(NAME, b"x", &signing).unwrap()).unwrap();
        assert!(refusal(&forged).starts_with("its signature is wrong"));
    }

    #[test]
    fn digests_and_timestamps_are_looked_at() {
        let made = |digest, timestamp| KEYS.tftp.sign_file(NAME, b"x", digest, timestamp).unwrap();
        assert!(open(&made(Digest::Sha512, NOW)).is_ok());
        assert!(open_on("7942", &made(Digest::Sha512, NOW)).unwrap_err().to_string().contains("SHA-512"));
        assert!(refusal(&made(Digest::Sha1, 0)).contains("timestamp is 0"));
        assert!(refusal(&made(Digest::Sha1, NOW + 2 * 86_400)).contains("future"));
    }

    #[test]
    fn what_was_checked_once_is_still_refused_when_it_changes() {
        let checks = Checks::default();
        let mut trust = Trust::default();
        trust.take(read(&usual_list(V1_0)).unwrap()).unwrap();
        let good = signed(NAME, b"<dialTemplate/>");
        let model = find("8845").unwrap();
        assert!(checks.signed(&good, NAME, &trust, model, NOW).is_ok());
        assert!(checks.signed(&good, NAME, &trust, model, NOW).is_ok());
        let mut bad = good.clone();
        *bad.last_mut().unwrap() ^= 1;
        assert!(checks.signed(&bad, NAME, &trust, model, NOW).is_err());
        // A phone with another list does not profit from what the first one found.
        let mut other = Trust::default();
        other.take(read(&list(Kind::Itl, V1_0, &[(Role::Sast, &KEYS.stranger)])).unwrap()).unwrap();
        assert!(checks.signed(&good, NAME, &other, model, NOW).is_err());
    }
}
