//! `offhook catalogue models`: what is known of phone models.

use std::fmt::Display;

use provision::catalogue::Fact;
use provision::models::{Model, all};
use serde_json::{Value, json};

use super::{chosen, details, series};
use crate::command::Context;
use crate::command::output::Table;

/// Phone models: keys, screens, rings, files, what they can do
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Models to tell all about: 8845, CP-7942G.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only models of this series: 6900, 7800, 7900, 8800, 8900 or 9900.
    #[arg(long)]
    series: Option<String>,
}

impl Args {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let series = self.series.as_deref().map(series).transpose()?;
        let rows = all().iter().filter(|model| series.is_none_or(|series| model.series == series)).collect();
        let is = |model: &Model, name: &str| {
            provision::models::find(name).is_some_and(|found| found.name == model.name)
        };
        let rows = chosen("model", rows, &self.names, is, |model| vec![model.name])?;
        if context.output.is_json() {
            let rows: Vec<_> = rows.iter().map(|model| value(model)).collect();
            return Ok(context.output.value(&rows)?);
        }
        if !self.names.is_empty() {
            let texts: Vec<_> = rows.iter().map(|model| one(model)).collect();
            return Ok(context.output.line(texts.join("\n\n"))?);
        }
        let mut table = Table::new([
            "MODEL",
            "SERIES",
            "KEYS",
            "WITH MODULES",
            "CALLS",
            "WALLPAPERS",
            "RINGS",
            "HTTP",
            "TLS",
            "EC",
        ]);
        for model in rows {
            table.row([
                model.name.to_owned(),
                model.series.to_owned(),
                model.keys_enhanced.unwrap_or(model.keys).to_string(),
                with_modules(model),
                calls(model),
                wallpaper(model),
                model.ring_list.map_or_else(|| "-".to_owned(), show),
                show(model.http),
                show(model.tls),
                show(model.elliptic_curves),
            ]);
        }
        Ok(context.output.line(table)?)
    }
}

/// A guess keeps its mark.
fn show<T: Display>(fact: Fact<T>) -> String {
    if fact.sure { fact.value.to_string() } else { format!("{}?", fact.value) }
}

fn with_modules(model: &Model) -> String {
    if model.modules.is_empty() { "-".to_owned() } else { show(model.most_keys) }
}

fn calls(model: &Model) -> String {
    model.max_calls.map_or_else(|| "unknown".to_owned(), |calls| calls.to_string())
}

fn wallpaper(model: &Model) -> String {
    let Some(paper) = model.wallpaper else { return "-".to_owned() };
    let size = format!("{}x{}", paper.value.image.width, paper.value.image.height);
    if paper.sure { size } else { size + "?" }
}

fn one(model: &Model) -> String {
    let keys = match model.keys_enhanced {
        Some(enhanced) => format!("{} ({enhanced} in enhanced line mode)", model.keys),
        None => model.keys.to_string(),
    };
    let modules: Vec<_> = model.modules.iter().map(|module| show(*module)).collect();
    let folder = model.wallpaper.map(|paper| {
        let size = paper.value.thumbnail;
        format!(
            "{}, {} with previews of {}x{}",
            paper.value.folder,
            wallpaper(model),
            size.width,
            size.height
        )
    });
    let lines = [
        ("series", model.series.to_owned()),
        ("keys", keys),
        ("with modules", with_modules(model)),
        ("modules", modules.join(", ")),
        ("calls a line", calls(model)),
        ("screen", show(model.panel)),
        ("for services", show(model.service_screen)),
        ("wallpapers", folder.unwrap_or_else(|| "none".to_owned())),
        ("rings", model.ring_list.map(show).unwrap_or_default()),
        ("language", model.locale_jar.map(show).unwrap_or_default()),
        ("tones", show(model.tones_file)),
        ("HTTP on 6970", show(model.http)),
        ("HTTPS on 6971", show(model.https)),
        ("TLS up to", show(model.tls)),
        ("elliptic curves", show(model.elliptic_curves)),
        ("Bluetooth", show(model.bluetooth)),
        ("Wi-Fi", show(model.wifi)),
        ("camera", show(model.camera)),
        ("problem reports", show(model.problem_report)),
        ("soft keys by", model.key_policy.replace('_', " ")),
        ("firmware seen", model.loads.join(", ")),
        ("numbers", model.device_types.join(", ")),
        ("remark", model.note.unwrap_or_default().to_owned()),
        ("this row is", model.certainty.to_string()),
    ];
    details(model.name, &lines)
}

fn value(model: &Model) -> Value {
    let fact = |fact: Fact<&'static str>| json!({ "value": fact.value, "sure": fact.sure });
    let wallpaper = model.wallpaper.map(|paper| {
        let (image, thumbnail) = (paper.value.image, paper.value.thumbnail);
        json!({
            "folder": paper.value.folder,
            "image": [image.width, image.height],
            "thumbnail": [thumbnail.width, thumbnail.height],
            "sure": paper.sure,
        })
    });
    json!({
        "model": model.name,
        "series": model.series,
        "keys": model.keys,
        "keys_enhanced": model.keys_enhanced,
        "keys_with_modules": { "value": model.most_keys.value, "sure": model.most_keys.sure },
        "modules": model.modules.iter().map(|module| fact(*module)).collect::<Vec<_>>(),
        "calls_a_line": model.max_calls,
        "panel": fact(model.panel),
        "service_screen": fact(model.service_screen),
        "wallpaper": wallpaper,
        "ring_list": model.ring_list.map(fact),
        "locale_jar": model.locale_jar.map(fact),
        "tones_file": fact(model.tones_file),
        "http": fact(model.http),
        "https": fact(model.https),
        "tls": fact(model.tls),
        "elliptic_curves": fact(model.elliptic_curves),
        "bluetooth": fact(model.bluetooth),
        "wifi": fact(model.wifi),
        "camera": fact(model.camera),
        "problem_report": fact(model.problem_report),
        "key_policy": model.key_policy,
        "firmware": model.loads,
        "device_types": model.device_types,
        "certainty": model.certainty.to_string(),
        "note": model.note,
    })
}
