//! Every model over every road, with and without trust lists.

use std::sync::Arc;

use virtual_phone::ask::Transport;
use virtual_phone::boot::{Flash, Over, Phone};
use virtual_phone::models;
use virtual_phone::models::{Model, Series, Tls};
use virtual_phone::storm::Storm;

use crate::machine::serving::{now, runtime};
use crate::{Site, assert_clean, mac, model, phone, step};

#[test]
fn every_model_comes_up_without_trust_over_every_road_and_both_families() {
    let site = Site::new("", false);
    for model in models::all() {
        let mut roads = vec![Over::AsPhone, Over::Only(Transport::Tftp)];
        if model.roads.contains(&Transport::Http) {
            roads.push(Over::Only(Transport::Http));
        }
        if model.roads.contains(&Transport::Https) {
            roads.push(Over::Only(Transport::Https));
        }
        for over in roads {
            for address in ["127.0.0.1", "::1"] {
                let (report, flash) = site.boot_at(address, Phone { over, ..phone(model) }, Flash::default());
                assert_clean(&report);
                assert!(flash.trust.is_empty());
                let expected = !matches!(model.series, Series::S7900) && model.wallpaper.is_some();
                assert_eq!(
                    report.steps.iter().any(|step| step.file.contains("Dunes")),
                    expected,
                    "{report:#?}"
                );
            }
        }
    }
}

#[test]
fn every_model_comes_up_with_a_list_of_version_1_0_and_keeps_it() {
    let site = Site::new("[trust]\nversion = \"1.0\"\n", true);
    for model in models::all().iter().filter(|model| !model.ctl_only) {
        for over in [Over::AsPhone, Over::Only(Transport::Tftp)] {
            let (first, flash) = site.boot(Phone { over, ..phone(model) }, Flash::default());
            assert_clean(&first);
            assert!(step(&first, "ITL").note.contains("trusted blindly"));
            for file in ["SEP", "DialTemplate", "Ringlist"] {
                let signed_by = step(&first, file).signed_by.as_ref();
                assert!(signed_by.is_some_and(|by| by.starts_with("CN=TFTP,")), "{file}: {first:#?}");
            }
            let (second, _) = site.boot(Phone { over, ..phone(model) }, flash);
            assert_clean(&second);
            assert!(step(&second, "ITL").note.contains("holds already"));
        }
    }
    // Those that know no ITL go on as if there were none.
    for model in models::all().iter().filter(|model| model.ctl_only) {
        let (report, flash) = site.boot(phone(model), Flash::default());
        assert_clean(&report);
        assert!(flash.trust.is_empty() && step(&report, "SEP").file.ends_with(".xml"));
    }
}

#[test]
fn a_list_of_version_1_1_takes_new_phones_to_https() {
    let site = Site::new("[trust]\nversion = \"1.1\"\n", true);
    for model in models::all().iter().filter(|model| !model.ctl_only) {
        let (report, flash) = site.boot(phone(model), Flash::default());
        assert_clean(&report);
        let configuration = step(&report, "SEP");
        assert!(configuration.file.ends_with(".cnf.xml.sgn"));
        let over_https = model.roads.contains(&Transport::Https);
        assert_eq!(configuration.transport == Transport::Https, over_https, "{report:#?}");
        assert_eq!(configuration.signed_by.is_none(), over_https, "the connection or the signature vouches");
        assert!(step(&report, "DialTemplate.xml.sgn").signed_by.is_some());
        let (again, _) = site.boot(phone(model), flash);
        assert_clean(&again);
    }
}

#[test]
fn sha_512_is_for_phones_that_know_it() {
    let site = Site::new("[trust]\ndigest = \"sha512\"\n", true);
    for name in ["8845", "7841", "8832"] {
        assert_clean(&site.boot(phone(model(name)), Flash::default()).0);
    }
    for name in ["7942", "6941", "9971", "8945"] {
        let (report, _) = site.boot(phone(model(name)), Flash::default());
        assert!(report.warnings[0].contains("SHA-512"), "{report:#?}");
    }
}

#[test]
fn old_phones_reach_6971_only_with_legacy_tls() {
    let https = |model| Phone { over: Over::Only(Transport::Https), ..phone(model) };
    // One of each series: a handshake with RSA key exchange costs the server milliseconds.
    let old = ["6941", "7942", "8945", "9971"].map(model);
    assert!(old.iter().all(|model| model.tls == Tls::V1_0));
    let site = Site::new("", false);
    let (refused, _) = site.boot(https(model("7942")), Flash::default());
    assert!(!refused.verdict.comes_up && !refused.was_answered(), "{refused:#?}");
    drop(site);
    for trusted in [false, true] {
        let site = Site::new("[provisioning]\nlegacy_tls = true\n", trusted);
        for model in old {
            let (report, _) = site.boot(https(model), Flash::default());
            assert_clean(&report);
            let note = &step(&report, "SEP").note;
            assert!(note.contains("TLSv1 AES"), "{note}");
        }
        assert_clean(&site.boot(https(model("8845")), Flash::default()).0);
    }
}

#[test]
fn a_storm_of_all_models_leaves_nobody_behind() {
    let site = Site::new("", true);
    let models: Vec<&Model> = models::all().iter().filter(|model| !model.ctl_only).collect();
    // The configurations were given out in the order of all models, of which the first two are left out here.
    let storm = Storm {
        phones: models.len(),
        at_once: models.len(),
        first: mac(models[0]),
        models,
        same: false,
        over: Over::AsPhone,
        flash: Flash::default(),
        now: now(),
    };
    let network = Arc::new(site.network("127.0.0.1"));
    let report = runtime().block_on(storm.run(network, || ()));
    assert_eq!((report.phones, report.came_up), (38, 38), "{report:#?}");
    assert!(
        report.stopped.is_empty() && report.troubles.is_empty() && report.warnings.is_empty(),
        "{report:#?}"
    );
    assert!(report.transports.values().all(|counts| counts.failed == 0 && counts.rejected == 0));
    assert!(report.bytes > 1_000_000 && report.requests.median > 0.0);
    let mac = mac(model("8845"));
    let output = site.simulate(&format!("storm --phones 20 --mac {mac} --json"));
    let storm: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &storm["came_up"]), (Some(0), &20.into()), "{storm:#}");
    assert_eq!(storm["transports"]["https"]["taken"], 20);
}
