//! What phones of each series live through.

use serde_json::json;
use virtual_phone::report::Outcome;
use wire::trust_list::Role;

use crate::machine::Machine;
use crate::site::{Site, clean, of, phones, signer, step};

#[test]
fn phones_follow_a_whole_roll_over() {
    // Without the service that vouches: the lists alone lead them.
    let site = Site::new("tvs = \"\"\n");
    let mut all = phones();
    site.boot_all(&mut all);
    let mut stale = all[3].clone();
    site.until_they_hold(&all, 1);

    let ran = site.ok("trust rollover start");
    assert!(ran.out.contains("Published list 2: signed by sast-1"), "{}", ran.out);
    // All but one come.
    site.boot_all(&mut all[1..]);
    site.until_they_hold(&all[1..], 2);
    let status = site.machine.offhook("trust rollover status --json");
    let told: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(
        (status.code, &told["is_ready"], &told["finish"]["totals"]["lost"]),
        (1, &json!(false), &json!(1))
    );
    let late = all[0].mac.device_name();
    let refused = site.machine.fails(1, "trust rollover finish");
    assert!(refused.contains("1 phones would be lost") && refused.contains(&late), "{refused}");
    assert!(refused.contains("--accept-loss 1"), "{refused}");

    site.boot_all(&mut all[..1]);
    site.until_they_hold(&all, 2);
    assert!(site.ok("trust rollover status").out.contains("All phones are ready"));
    let ran = site.ok("trust rollover finish");
    assert!(ran.out.contains("Published list 3: signed by sast-3"), "{}", ran.out);
    site.boot_all(&mut all);
    site.until_they_hold(&all, 3);
    for phone in &all {
        assert!(signer(phone).starts_with("CN=SAST-3,"), "{}", signer(phone));
        let list = phone.flash.trust.itl.as_ref().unwrap();
        let sasts: Vec<_> = list.with_role(&[Role::Sast]).map(|one| one.subject().to_owned()).collect();
        assert!(sasts.len() == 2 && !sasts.iter().any(|sast| sast.contains("SAST-1")), "{sasts:?}");
    }
    // Whoever would have been left behind is: it keeps the list that it has.
    let report = site.boot(&mut stale);
    assert!(report.warnings[0].contains("not in the trust list this phone holds"), "{report:#?}");
    assert!(signer(&stale).starts_with("CN=SAST-1,"));
    // And once more: the numbers go on.
    site.ok("trust rollover start");
    site.boot_all(&mut all);
    site.until_they_hold(&all, 4);
    site.ok("trust rollover finish");
    site.boot_all(&mut all);
    assert!(all.iter().all(|phone| signer(phone).starts_with("CN=SAST-4,")));
}

#[test]
fn a_roll_over_that_is_given_up_leaves_nobody_behind() {
    let mut site = Site::new("tvs = \"\"\n");
    let mut all = phones();
    site.boot_all(&mut all);
    site.until_they_hold(&all, 1);
    site.ok("trust rollover start");
    assert!(site.machine.fails(1, "trust rollover start").contains("under way since"));
    assert!(site.machine.fails(1, "trust release --yes").contains("is under way since"));
    assert!(site.machine.fails(1, "trust restore 1").contains("under way"));
    site.boot_all(&mut all[..3]);
    site.until_they_hold(&all[..3], 2);
    // Whatever happens to the server meanwhile.
    site.restart();
    site.ok("trust rollover abort");
    assert!(site.ok("trust rollover status").out.contains("sast-1 signs"));
    // Those that took the list and those that never saw it take the next.
    site.boot_all(&mut all);
    let plan = site.until_they_hold(&all, 3);
    assert_eq!(plan["totals"], json!({"accepts": 6, "refuses": 0, "unknown": 0, "lost": 0}));
    assert_eq!(plan["is_published"], true);
    for phone in &all {
        let list = phone.flash.trust.itl.as_ref().unwrap();
        assert!(!list.with_role(&[Role::Sast]).any(|one| one.subject().contains("SAST-3")));
    }
    // What was made for it is used the next time, and not something new.
    let before = site.machine.get("data/certificates/sast-3.crt.pem");
    site.machine.fails(1, "trust rollover finish");
    site.ok("trust rollover start");
    assert!(
        site.machine.path("data/certificates/sast-4.crt.pem").exists(),
        "one that phones knew is not used again"
    );
    assert_eq!(site.machine.get("data/certificates/sast-3.crt.pem"), before);
}

#[test]
fn phones_do_not_notice_that_every_certificate_is_renewed() {
    let site = Site::new("");
    let mut all = phones();
    site.boot_all(&mut all);
    site.until_they_hold(&all, 1);
    let names = ["tftp", "provisioning", "application", "capf", "tvs"];
    for (name, list) in names.into_iter().zip(2..) {
        let mut away = all.clone();
        site.ok(&format!("cert make {name} --replace"));
        // The service vouches first: nothing is published yet.
        if name != "tvs" {
            site.boot_all(&mut away);
        }
        let ran = site.ok("trust publish");
        assert!(ran.out.contains(&format!("Published list {list}:")), "{}", ran.out);
        site.boot_all(&mut all);
        site.until_they_hold(&all, list);
    }
    // The signer of lists, too: the service vouches for the new one, which the phones' lists do not name.
    site.ok("cert make sast-1 --replace --yes");
    let plan = site.until("all accept", |plan| plan["totals"]["accepts"] == 6);
    let because = of(&plan, &all[0].mac.device_name())["because"].as_str().unwrap().to_owned();
    assert!(because.contains("vouches for the signer"), "{because}");
    site.ok("trust publish");
    site.boot_all(&mut all);
    site.until_they_hold(&all, 7);
}

/// A server with certificates of its own: those of the others are copies of one set.
fn stranger() -> Site {
    let site = Site::new("");
    for name in ["sast-1", "sast-2", "tftp", "provisioning", "tvs"] {
        let sure = if name.starts_with("sast") { " --yes" } else { "" };
        site.ok(&format!("cert make {name} --replace{sure}"));
    }
    site.ok("trust publish --accept-loss 6");
    site
}

#[test]
fn phones_are_released_to_another_call_manager_and_taken_back() {
    let (home, other) = (Site::new(""), stranger());
    let mut all = phones();
    home.boot_all(&mut all);
    home.until_they_hold(&all, 1);
    let mut held = all[1].clone();
    let refused = other.boot(&mut held);
    assert!(!refused.verdict.comes_up, "{refused:#?}");

    let ran = home.ok("trust release --yes");
    assert!(
        ran.out.contains("Published list 2") && ran.err.contains("believes the next trust list"),
        "{}",
        ran.err
    );
    assert!(home.ok("trust release --yes").out.contains("Nothing to do"));
    home.boot_all(&mut all);
    for phone in &all {
        assert!(phone.flash.trust.servers().next().is_none() && !phone.flash.trust.names_tvs());
    }
    // A phone that lets go asks for unsigned files.
    home.until_they_hold(&all, 2);
    let mut gone = all.clone();
    for phone in &mut gone {
        let report = other.boot(phone);
        clean(&report);
        assert!(step(&report, "ITLSEP").outcome == Outcome::Taken, "{report:#?}");
        clean(&other.boot(phone));
    }
    // Those that stayed are held again.
    home.ok("trust release --back --yes");
    home.boot_all(&mut all);
    home.until_they_hold(&all, 3);
    assert!(all.iter().all(|phone| phone.flash.trust.wants_signed()));
    assert!(home.ok("trust release --back --yes").out.contains("Nothing to do"));
    // And those that went are the other one's.
    let lost = home.boot(&mut gone[3]);
    assert!(!lost.verdict.comes_up);
}

#[test]
fn a_phone_that_trusts_another_cluster_is_told_apart_with_what_helps() {
    let other = stranger();
    let mut all = phones();
    other.boot_all(&mut all);
    // It comes here, where trust is off: it asks for signed files, and nobody here gave it a list.
    let home = Site::on(Machine::new(), "", false);
    let refused = home.boot(&mut all[2]);
    assert!(!refused.verdict.comes_up);
    home.ok("trust enable --yes");
    let name = all[2].mac.device_name();
    let plan = home.until("told apart", |plan| of(plan, &name)["still_trusts_another"].is_object());
    let row = of(&plan, &name);
    assert_eq!((&row["would"], &row["lost"]), (&json!("refuses"), &json!(false)), "{row:#}");
    let text = home.machine.offhook("trust plan").out;
    assert!(text.contains("Still trusting another call manager: ") && text.contains(&name), "{text}");
    // That it is given our list now changes nothing: it refuses it.
    home.boot(&mut all[2]);
    home.until("fetched", |plan| of(plan, &name)["fetched"].is_object());
    let plan = home.until("still", |plan| of(plan, &name)["asked_signed"].is_string());
    assert!(of(&plan, &name)["still_trusts_another"].is_object(), "{:#}", of(&plan, &name));
    // Somebody erases its list.
    all[2].flash = virtual_phone::boot::Flash::default();
    home.ok(&format!("trust forget {name}"));
    clean(&home.boot(&mut all[2]));
    home.until_they_hold(&all[2..3], 1);
}

#[test]
fn a_list_for_everybody_is_known_to_be_of_the_phone_that_took_it() {
    let site = Site::new("");
    site.machine.put("data/tftpboot/ITLFile.tlv", {
        site.ok("trust history 1 --out own.tlv");
        site.machine.get("own.tlv")
    });
    // It has no list of its own name, as nobody knows it by a file; it asks for the one of all.
    let mut one = phones().swap_remove(3);
    let name = format!("data/tftpboot/{}.cnf.xml", one.mac.device_name());
    site.machine.ok(&format!("phone add {} --model 8845 --line 100", one.mac.device_name()));
    std::fs::remove_file(site.machine.path(&name)).unwrap();
    site.machine.ok("trust disable --yes");
    clean(&site.boot(&mut one));
    site.ok("trust enable --yes");
    let plan = site
        .until("of that phone", |plan| of(plan, &one.mac.device_name())["fetched"]["name"] == "ITLFile.tlv");
    assert_eq!(of(&plan, &one.mac.device_name())["holds"], "1", "{plan:#}");
    assert_eq!(of(&plan, &one.mac.device_name())["fetched"]["from"], "127.0.0.1");
}
