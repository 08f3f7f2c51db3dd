//! Files that anyone wrote: whatever they hold, they are looked over, and every finding has its place.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::{lint::lint, models};

fuzz_target!(|bytes: &[u8]| {
    // The length chooses the model, so that every byte stays part of the file.
    let models = models::all();
    let model = models.get(bytes.len() % (models.len() + 1));
    let report = lint(bytes, model);
    let mut before = 0;
    for finding in &report.findings {
        assert!(finding.place.offset <= bytes.len() && finding.place.offset >= before);
        assert!(finding.place.line >= 1 && finding.place.column >= 1);
        assert!(
            !finding.message.is_empty()
                && !finding.fix.is_empty()
                && finding.severity <= finding.rule.severity
        );
        before = finding.place.offset;
    }
    assert!(report.kind.is_some() || !report.findings.is_empty(), "an unknown file is a finding");
});
