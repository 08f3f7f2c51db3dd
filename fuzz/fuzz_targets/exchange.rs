//! Tables, JSON and YAML that anyone wrote: what is accepted is kept, written and read again without a change.
#![no_main]

use libfuzzer_sys::fuzz_target;
use provision::exchange::{self, Chosen, Format, Known, Options, Plan};
use provision::inventory::{Bundle, Change};

/// What is there once the plan is carried out.
fn done(mut known: Known, plan: Plan) -> Known {
    for change in plan.changes {
        match change {
            Change::PutPhone(phone) => drop(known.phones.insert(phone.mac, phone)),
            Change::PutLine(line) => drop(known.lines.insert(line.number.clone(), line)),
            other => panic!("an import does not {other:?}"),
        }
    }
    known
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let format = Format::ALL[usize::from(first % 3)];
    let options = Options { skip_unknown: first & 4 != 0 };
    let mut known = Known::default();
    known.sites.insert("berlin".to_owned());
    known.profiles.insert("desk".to_owned());
    let Ok(sheet) = exchange::read(bytes, format, options) else { return };
    let Ok(plan) = exchange::plan(&sheet, &known) else { return };
    let known = done(known, plan);
    let of = |phone: &provision::inventory::Phone| Bundle {
        lines: known.lines.clone(),
        ..Bundle::new(phone.clone())
    };
    let bundles: Vec<Bundle> = known.phones.values().map(of).collect();
    for format in Format::ALL {
        let text = exchange::write(&bundles, format, Chosen { secrets: true });
        let sheet =
            exchange::read(text.as_bytes(), format, Options::default()).expect("what is written can be read");
        let plan = exchange::plan(&sheet, &known).expect("what is there is good");
        assert!(plan.changes.is_empty(), "{text}\n{:?}", plan.phones);
    }
});
