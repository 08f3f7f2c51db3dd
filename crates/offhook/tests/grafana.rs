//! The board for Grafana asks only for what there is.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use offhook::metrics::Metrics;
use serde_json::Value;

/// Every expression of the board.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "expr" || name == "query" => found.push(text.to_owned()),
                    _ => expressions(value, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|value| expressions(value, found)),
        _ => {}
    }
}

/// The names of our metrics in a text.
fn names(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    parts.filter(|part| part.starts_with("offhook_")).map(str::to_owned).collect()
}

/// The labels a metric has, by its first series.
fn labels(text: &str, name: &str) -> Option<BTreeSet<String>> {
    let line =
        text.lines().find(|line| line.starts_with(name) && line[name.len()..].starts_with(['{', ' ']))?;
    let inside =
        line[name.len()..].strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
    Some(inside.split(',').filter_map(|pair| Some(pair.split_once('=')?.0.to_owned())).collect())
}

/// What a server tells: series that come with what they tell of are there, too.
fn told() -> String {
    let metrics = Metrics::new();
    metrics.certificates.set([("store", "tftp", 86_400)]);
    metrics.encode()
}

fn board() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/grafana/offhook.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_metric_of_the_board_is_there() {
    let text = told();
    let mut asked = Vec::new();
    expressions(&board(), &mut asked);
    assert!(asked.len() > 30, "the board has panels");
    for name in asked.iter().flat_map(|expr| names(expr)) {
        assert!(labels(&text, &name).is_some(), "the board asks for {name}, which nobody counts");
    }
}

#[test]
fn every_label_of_the_board_is_there() {
    let text = told();
    let mut asked = Vec::new();
    expressions(&board(), &mut asked);
    for expr in &asked {
        let of_ours: BTreeSet<String> =
            names(expr).iter().filter_map(|name| labels(&text, name)).flatten().collect();
        let grouped = expr.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
        for label in grouped.flat_map(|group| group.split(", ")) {
            assert!(of_ours.contains(label), "{expr}: nothing has the label {label}");
        }
    }
}

#[test]
fn panels_do_not_lie_on_each_other() {
    let board = board();
    let panels = board["panels"].as_array().unwrap();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let at = |field: &str| panel["gridPos"][field].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            assert!(x < 24, "{}", panel["title"]);
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{} lies on another", panel["title"]);
            }
        }
    }
}
