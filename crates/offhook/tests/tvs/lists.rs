//! Phones with a list of their own, phones with none.

use std::collections::BTreeSet;

use offhook::trust::Reach;
use pki::Identity;
use wire::signature::{Digest, Version};
use wire::trust_list::{Kind, Role, build};
use wire::tvs::{Answer, Ask, Response, Vouched};

use crate::{PHONE, Service, certificate, key_vector, verify};

const OTHER: &str = "CP-7942G-SEP001122AABBCC";

async fn roles(service: &Service, device: &str, vector: &str) -> Option<Vec<u8>> {
    let answer = service.ask(&verify(1, device, certificate(vector).der())).await;
    match Response::decode(&answer).unwrap().answer {
        Answer::Verified(Vouched { roles, .. }) => Some(roles.to_vec()),
        Answer::Invalid(Ask::Verify) => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn while_trust_is_for_some_phones_the_others_are_told_nothing() {
    let service = Service::new();
    for reach in [Reach::Off, Reach::Everyone] {
        service.change(|state| state.reach = reach);
        assert_eq!(roles(&service, PHONE, "apps").await, Some(vec![7]));
        assert_eq!(roles(&service, OTHER, "apps").await, Some(vec![7]));
    }
    let some = BTreeSet::from(["SEP58971ECC97C1".parse().unwrap()]);
    service.change(|state| state.reach = Reach::Phones(some));
    assert_eq!(roles(&service, PHONE, "apps").await, Some(vec![7]));
    assert_eq!(roles(&service, OTHER, "apps").await, None);
    service.logged("reason=this phone is given no trust list").await;
}

#[tokio::test]
async fn a_list_of_the_phones_own_counts_instead_of_the_common_one() {
    let service = Service::new();
    let identity = Identity::read(&key_vector("sast.crt.pem"), &key_vector("sast.pkcs8.der")).unwrap();
    let record = |role, vector: &str| certificate(vector).record(role);
    let records = [
        record(Role::Sast, "sast"),
        record(Role::Tftp, "apps"),
        record(Role::Tvs, "apps"),
        record(Role::Capf, "capf"),
    ];
    let signing = identity.signing(Digest::Sha1, 1_790_000_000);
    let list = build(Kind::Itl, Version::new(1, 1), &records, &signing).unwrap();
    service.site.put("ITLSEP58971ECC97C1.tlv", identity.sign(list).unwrap());
    assert_eq!(roles(&service, PHONE, "apps").await, Some(vec![3, 21]), "not what the common list says");
    assert_eq!(roles(&service, PHONE, "capf").await, Some(vec![4]), "only its own list knows it");
    assert_eq!(roles(&service, PHONE, "asterisk").await, None);
    service.logged("reason=the certificate ccm-asterisk is not in the trust list of this phone's own").await;
    assert_eq!(roles(&service, OTHER, "apps").await, Some(vec![7]));
    assert_eq!(roles(&service, OTHER, "capf").await, None);
    // What stands in no list is for everybody.
    service.change(|state| drop(state.tvs_only.insert("ccm-asterisk".to_owned(), vec![Role::AppServer])));
    assert_eq!(roles(&service, PHONE, "asterisk").await, Some(vec![7]));
    assert_eq!(roles(&service, OTHER, "asterisk").await, Some(vec![1, 3, 7]));
    // A second list of its own adds to the first, and one that is none is passed over.
    let ctl = build(
        Kind::Ctl,
        Version::new(1, 1),
        &[record(Role::Sast, "sast"), record(Role::Ccm, "asterisk")],
        &signing,
    );
    service.site.put("CTLSEP58971ECC97C1.tlv", identity.sign(ctl.unwrap()).unwrap());
    assert_eq!(roles(&service, PHONE, "asterisk").await, Some(vec![1, 7]));
    service.site.put("ITLSEP58971ECC97C1.tlv", "noise");
    assert_eq!(roles(&service, PHONE, "apps").await, Some(vec![7]));
    service.logged("the trust list of this phone's own cannot be read").await;
}
