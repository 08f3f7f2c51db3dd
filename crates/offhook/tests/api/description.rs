//! The description of the API: kept in docs/openapi.json, made from the code.
//!
//! `UPDATE=1 cargo test -p offhook --test api description` writes it anew.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

fn document() -> Value {
    serde_json::from_str(&offhook::admin::api::description()).unwrap()
}

fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap();
        methods.iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let text = offhook::admin::api::description();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "docs/openapi.json is not up to date: UPDATE=1 cargo test -p offhook --test api description"
    );
}

#[test]
fn every_operation_is_named_described_and_fenced() {
    let document = document();
    let mut names = BTreeSet::new();
    for (what, operation) in operations(&document) {
        assert!(
            names.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{what}: its name is taken"
        );
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{what}");
        assert!(operation["security"][0]["token"][0].is_string(), "{what} says no scope");
        let responses = operation["responses"].as_object().unwrap();
        for status in ["401", "403", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{what} {status}");
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let named = response["$ref"].as_str().and_then(|at| document.pointer(&at[1..]));
            let content = &named.unwrap_or(response)["content"];
            assert!(content["application/problem+json"].is_object(), "{what} {status}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{what}: {parameter}");
        }
    }
}

/// Everything that is named is there.
#[test]
fn no_reference_leads_nowhere() {
    fn references<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// The routes are registered by the same macro that describes them; nobody may go around it.
#[test]
fn no_route_goes_around_the_description() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/admin/api");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let around = text.matches(".route(").count();
        // The description itself is the one address that it does not describe.
        let allowed = usize::from(path.ends_with("mod.rs"));
        assert!(around <= allowed, "{}: register it by routes!", path.display());
    }
}
