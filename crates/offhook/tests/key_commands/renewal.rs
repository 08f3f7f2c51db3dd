//! Certificates are renewed before they end.

use crate::machine::Machine;
use crate::{findings, places};

#[test]
fn certificates_are_renewed_and_the_next_list_shows_it() {
    let machine = Machine::new();
    machine.ok("trust enable --yes");
    let hash = |name: &str| machine.ok(&format!("cert hash {name} --only sha256"));
    let before = hash("provisioning");
    let told = machine.json("cert renew provisioning");
    assert_eq!(
        (told[0]["result"].as_str(), told[0]["name"].as_str()),
        (Some("replaced"), Some("provisioning"))
    );
    assert_ne!(hash("provisioning"), before);
    // The one of before is vouched for, without its key.
    assert_eq!(hash("provisioning-before"), before);
    let roles = machine.json("cert role show provisioning-before");
    assert_eq!((roles["tvs_only"][0].as_str(), roles["roles"].as_array().unwrap().len()), (Some("TFTP"), 0));
    assert!(places(&machine).contains(&("provisioning-before".into(), "elsewhere".into())));
    let plan = machine.ok("trust plan");
    assert!(plan.contains("provisioning"), "{plan}");
    // Nobody can vouch for the Trust Verification Service: its next one waits until it was published.
    let tvs = hash("tvs");
    assert_eq!(machine.json("cert renew tvs")[0]["result"], "prepared");
    assert_eq!(
        (hash("tvs"), machine.json("cert role show tvs-next")["roles"][0].as_str()),
        (tvs.clone(), Some("TVS"))
    );
    let calendar = findings(&machine.offhook("check --json"), "calendar");
    assert!(calendar[0].contains("waits for phones"), "{calendar:?}");
    let next = hash("tvs-next");
    machine.ok("trust publish");
    assert_eq!(machine.json("cert renew tvs")[0]["result"], "replaced");
    assert_eq!((hash("tvs"), hash("tvs-before")), (next, tvs));
    assert!(!places(&machine).iter().any(|(name, _)| name == "tvs-next"));
    machine.ok("trust publish");
    for (name, words) in
        [("sast-1", "trust rollover"), ("nobody", "no certificate nobody"), ("../x", "no name")]
    {
        let ran = machine.offhook(&format!("cert renew {name}"));
        assert!(ran.code != 0 && (ran.out + &ran.err).contains(words), "{name}");
    }
    machine.ok("cert import ccm-pbx data/certificates/tvs-before.crt.pem");
    assert!(machine.fails(1, "cert renew ccm-pbx").contains("cert import"));
}

#[test]
fn what_is_due_is_renewed_and_nothing_else() {
    let machine = Machine::new();
    assert!(machine.ok("cert renew --due").contains("nothing is due"));
    machine.ok("cert make application --replace --days 40");
    // Made just now: half of its life is to come.
    assert!(machine.ok("cert renew --due").contains("nothing is due"));
    machine.openssl(
        "req -x509 -newkey rsa:2048 -keyout k.pem -out c.pem -nodes -subj /CN=x/O=o/OU=u -days 20 -set_serial 77",
    );
    machine.ok("cert import application c.pem --key k.pem --replace");
    machine.put("offhook.toml", "[keys]\nrenew_days = 30\n");
    assert!(
        machine.ok("cert renew --due").contains("nothing is due"),
        "it holds for twenty days, and is new"
    );
}
