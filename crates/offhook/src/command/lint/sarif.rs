//! Findings as SARIF 2.1.0, which code hosts and editors read.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use provision::lint::{Finding, Severity, rules};
use serde_json::{Value, json};

use super::Looked;

/// What a URI may hold as it is, and slashes, which part folders.
const IN_A_PATH: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

pub(super) fn log(looked: &[Looked<'_>]) -> Value {
    let described: Vec<_> = rules()
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": format!("{}. {}.", rule.title, rule.why) },
                "help": { "text": format!("{}.", rule.fix) },
                "defaultConfiguration": { "level": level(rule.severity) },
            })
        })
        .collect();
    let results = looked
        .iter()
        .flat_map(|looked| looked.report.findings.iter().map(|finding| result(looked.file, finding)));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "offhook",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": described,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result(file: &Path, finding: &Finding) -> Value {
    let path = file.to_string_lossy();
    let uri = utf8_percent_encode(&path, IN_A_PATH).to_string();
    let uri = if file.is_absolute() { format!("file://{uri}") } else { uri };
    json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules().iter().position(|rule| rule.id == finding.rule.id),
        "level": level(finding.severity),
        "message": { "text": format!("{}. {}.", finding.message, finding.fix) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": { "startLine": finding.place.line, "startColumn": finding.place.column },
        }}],
        "properties": { "source": finding.source },
    })
}
