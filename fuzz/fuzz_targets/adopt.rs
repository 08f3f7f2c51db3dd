//! Configurations that anyone wrote: what can be read is taken over, and rendered equal or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::adopt::{Around, Reading, Wanted, equal, fleet, parse};
use provision::inventory::Bundle;
use provision::mac::Mac;
use provision::models;
use provision::render::{Surroundings, configuration};
use provision::tree::Element;

fuzz_target!(|bytes: &[u8]| {
    let Ok(root) = parse(bytes) else { return };
    // The length chooses the model, so that every byte stays part of the file.
    let models = models::all();
    let model = &models[bytes.len() % models.len()];
    let surroundings = Surroundings {
        server: "a.example".to_owned(),
        services: Some(6972),
        tvs: Some(2445),
        ..Surroundings::default()
    };
    let around = Around { surroundings, ..Around::default() };
    let reading = Reading::of(root.clone(), Mac::new([0; 6]), model);
    let fleet = fleet(vec![reading], &Wanted::default(), &around);
    for adopted in &fleet.phones {
        let mut bundle = Bundle::new(adopted.phone.clone());
        bundle.lines.clone_from(&fleet.lines);
        let rendered = configuration(&bundle, &around.surroundings);
        let there = Element::parse(rendered.xml.as_bytes()).expect("what is rendered can be read");
        assert!(equal(&there, &root));
    }
    assert_eq!(fleet.phones.len() + fleet.refused.len(), 1);
});
