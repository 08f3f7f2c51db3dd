//! What is kept of phones has a size, and the newest is what stays.

use virtual_phone::mac::Mac;

use crate::site::{ONE, Site, shown};

const TWO: Mac = Mac::new([2, 0, 0, 0, 0, 2]);

#[test]
fn of_each_phone_the_last_events_are_kept() {
    let mut site =
        Site::new("[timeline]\nper_phone = 20", &["phone add SEP020000000001 --model 8851 --line 1001"]);
    site.ok("phone add SEP020000000002 --model 8851 --line 1002");
    site.get("provisioning", "/SEP020000000002.cnf.xml", Some([127, 0, 0, 2].into()));
    let of_two = site.events(TWO, 1).len();
    let report = site.boot("8851", ONE);
    for _ in 0..12 {
        site.boot("8851", ONE);
    }
    site.ok("phone set SEP020000000001 firmware=sip88xx.99-9");
    site.boot("8851", ONE);
    // The verdict rests on what is kept, and what is kept is the last.
    site.verdict(ONE, "firmware-missing");
    site.stop();
    let kept = shown(&site.events(ONE, 1));
    assert!(report.steps.len() * 14 > 80, "far more came");
    // It is looked after each time that so many came again.
    assert!((10..=40).contains(&kept.len()), "{} of {}", kept.len(), report.steps.len() * 14);
    assert!(kept.iter().any(|(name, ..)| name == "sip88xx.99-9.loads"), "{kept:#?}");
    // One phone's noise takes nothing from another.
    assert_eq!(site.events(TWO, of_two).len(), of_two);
}
