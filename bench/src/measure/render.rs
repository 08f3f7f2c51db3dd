//! Making a configuration from the inventory, without a server around it: what a phone costs that asks for the first time.

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use provision::{
    catalogue,
    inventory::{Bundle, Group, GroupKind, Key, Line, Name, Number, Phone},
    models,
    render::{self, Surroundings},
};

use super::{Bench, Measurement};
use crate::report::Section;

/// The configuration of one phone.
const WANTED: Duration = Duration::from_micros(300);
/// Renders in a round; the first ones work out what the model knows, once for all phones of it.
const RENDERS: usize = 2000;

pub(super) fn cold(bench: &Bench, about: &Measurement) -> Result<Section> {
    let surroundings = Surroundings {
        server: "pbx.example.net".into(),
        services: Some(6972),
        secure_services: Some(6973),
        tvs: Some(2445),
        capf: Some(3804),
    };
    let mut table = "| | keys | bytes | median | 99 % within |\n| :-- | --: | --: | --: | --: |\n".to_owned();
    let mut usual = Duration::ZERO;
    for (model, keys) in [("8845", 4), ("7942", 2), ("8861", 113)] {
        let bundle = bundle(model, keys)?;
        let bytes = render::configuration(&bundle, &surroundings).xml.len();
        let mut times: Vec<Duration> = (0..RENDERS * bench.rounds)
            .map(|_| {
                let began = Instant::now();
                black_box(render::configuration(black_box(&bundle), &surroundings));
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        let within = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
        let (median, most) = (within(50), within(99));
        let _ = writeln!(table, "| {model} | {keys} | {bytes} | {} | {} |", micros(median), micros(most));
        if model == "8845" {
            usual = median;
        }
    }
    Ok(about
        .section(
            "A phone with a site, a profile and its series, rendered again and again; nothing is cached.",
        )
        .table(table)
        .goal("an 8845", format!("under {}", micros(WANTED)), micros(usual), usual < WANTED))
}

fn micros(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}

/// Two lines, and watched numbers on all other keys.
fn bundle(model: &str, keys: u16) -> Result<Bundle> {
    let name = |key: &str| Name::new(key).with_context(|| format!("there is no setting {key}"));
    let mut bundle = Bundle::new(Phone::new("001122334455".parse()?, models::find(model)));
    let blf = catalogue::line_feature("blf").context("the catalogue has no watched numbers")?;
    for button in 1..=keys {
        let number: Number = format!("1{button:03}").parse()?;
        let key = if button <= 2 {
            let mut line = Line::new(number.clone());
            line.settings.set(name("auth_password")?, "a password of twenty");
            line.settings.set(name("label")?, "Müller & Söhne");
            bundle.lines.insert(number.clone(), line);
            Key::line(number)
        } else {
            let mut key = Key::new(blf);
            key.settings.set(name("number")?, number.as_str());
            key
        };
        bundle.phone.layer.keys.insert(button, Some(key));
    }
    for (kind, settings) in [
        (GroupKind::Site, [("time_zone", "Europe/Berlin"), ("ntp_server", "ntp.example.net")]),
        (GroupKind::Series, [("firmware", ""), ("idle_timeout", "600")]),
        (GroupKind::Profile, [("web_access", "on"), ("ring_when_busy", "once")]),
    ] {
        let mut group = Group::new(kind, "one");
        for (key, value) in settings {
            group.layer.settings.set(name(key)?, value);
        }
        bundle.groups.push(group);
    }
    Ok(bundle)
}
