//! The JSON Schema of the settings document.

use serde_json::{Map, Value, json};

use fh_client::System;

use super::json::default;
use crate::language::Spelling;
use crate::settings::{
    BACKOFF, Form, LIMITS, Member, SETTINGS, Setting, SettingsError, Unit, builder_from_json,
};

fn value(setting: &Setting) -> Value {
    let seconds = json!({ "type": "number", "minimum": 0 });
    let text = json!({ "type": "string" });
    match &setting.form {
        Form::Flag(_) => json!({ "type": "boolean" }),
        Form::Seconds(_) => seconds,
        Form::Range(_) => {
            json!({ "type": "array", "items": seconds, "minItems": 2, "maxItems": 2 })
        }
        Form::Count(_) => json!({ "type": "integer", "minimum": 0 }),
        Form::Text { .. } | Form::Path(_) | Form::Pem(_) => text,
        Form::Texts { .. } => json!({ "type": "array", "items": text }),
        Form::Choice(choices) => {
            json!({ "enum": choices.iter().map(|choice| choice.word).collect::<Vec<_>>() })
        }
        Form::Headers(_) => json!({ "type": "object", "additionalProperties": text }),
        Form::Context(_) => json!({ "type": "object" }),
        Form::Json(_) => json!({}),
        Form::Proxy(_) => json!({ "anyOf": [text, { "const": false }] }),
        Form::Backoff { .. } => object(&BACKOFF),
        Form::Limits(_) => object(&LIMITS),
        Form::Code => unreachable!("a document holds data only"),
    }
}

/// Returns the schema of a setting that clients of this system do not have, or have with fewer words. `None` if they have all of it.
fn restricted(setting: &Setting, system: System) -> Option<(String, Value)> {
    let name = Spelling::Camel.spell(setting.name);
    if !setting.systems.have(system) {
        return Some((name, json!({ "type": "null" })));
    }
    let Form::Choice(choices) = setting.form else { return None };
    if choices.iter().all(|choice| choice.systems.have(system)) {
        return None;
    }
    let own = choices.iter().filter(|choice| choice.systems.have(system));
    let words: Vec<Value> = own.map(|choice| json!(choice.word)).chain([Value::Null]).collect();
    Some((name, json!({ "enum": words })))
}

fn object<T>(members: &[Member<T>]) -> Value {
    let properties = members.iter().map(|member| {
        let mut value = match member.unit {
            Unit::Seconds(_) => json!({ "type": "number", "minimum": 0 }),
            Unit::Bytes(_) => json!({ "type": "integer", "minimum": 0 }),
            Unit::Share(_) => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        };
        value["description"] = json!(format!("{} Unit: {}.", member.about, member.unit.words()));
        (Spelling::Camel.spell(member.name), or_null(value))
    });
    let properties: Map<String, Value> = properties.collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Returns the schema of a value that may also be null.
fn or_null(mut schema: Value) -> Value {
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let mut either = json!({ "anyOf": [schema, { "type": "null" }] });
    if let Some(description) = description {
        either["description"] = description;
    }
    either
}

fn schema() -> Value {
    let mut properties = Map::new();
    for setting in SETTINGS.iter().filter(|setting| setting.is_data()) {
        let mut value = value(setting);
        let unit = setting.form.unit().map(|unit| format!(" Unit: {unit}.")).unwrap_or_default();
        value["description"] = json!(format!("{}{unit}", setting.about));
        let mut value = or_null(value);
        if setting.default.is_some() {
            value["default"] = default(setting);
        }
        properties.insert(Spelling::Camel.spell(setting.name), value);
    }
    let of = |system: System| {
        let settings = SETTINGS.iter().filter(|setting| setting.is_data());
        let properties: Map<String, Value> =
            settings.filter_map(|setting| restricted(setting, system)).collect();
        json!({ "properties": properties })
    };
    let present =
        |name: &str, value: Value| json!({ "required": [name], "properties": { name: value } });
    let selected = |system: System| present("system", json!({ "const": system.as_str() }));
    let without = |value: Value| json!({ "not": value });
    let own = System::ALL.map(|system| {
        let selected = match system {
            // It is the system of a document that selects none.
            System::FeatureHub => {
                let others = System::ALL.into_iter().filter(|other| *other != system);
                without(json!({ "anyOf": others.map(selected).collect::<Vec<_>>() }))
            }
            other => selected(other),
        };
        json!({ "if": selected, "then": of(system) })
    });
    let further = [
        json!({
            "if": { "allOf": [
                present("interval", json!({ "type": "number" })),
                without(selected(System::FeatureSignals)),
            ] },
            "then": present("mode", json!({ "enum": ["polling", "passive"] })),
        }),
        json!({
            "if": present("interval", json!({ "type": "number" })),
            "then": without(present("mode", json!({ "enum": ["once", "offline"] }))),
        }),
        json!({
            "if": present("stream", json!({ "const": true })),
            "then": { "properties": { "mode": { "enum": ["streaming", null] } } },
        }),
        json!({
            "if": present("stream", json!({ "const": false })),
            "then": without(present("mode", json!({ "const": "streaming" }))),
        }),
        json!({
            "if": present("rulesetFile", json!({ "type": "string" })),
            "then": { "properties": { "ruleset": { "type": "null" } } },
        }),
        json!({
            "if": present("snapshotMaxAge", json!({ "type": "number" })),
            "then": present("snapshotFile", json!({ "type": "string" })),
        }),
    ];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:fh:schema:client-settings-1",
        "title": "The settings of a client",
        "description": "The settings of a client as one document. See client-settings.md. A member that is missing or null has its default.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "allOf": own.into_iter().chain(further).collect::<Vec<_>>(),
    })
}

#[test]
fn the_schema_is_that_of_the_table() {
    let mut schema = schema();
    let members = |object: &Value, indent: &str| {
        let members = object.as_object().unwrap().iter();
        let lines: Vec<String> =
            members.map(|(name, value)| format!("{indent}\"{name}\": {value}")).collect();
        lines.join(",\n")
    };
    // One property a line.
    let properties = members(&schema["properties"], "    ");
    schema.as_object_mut().unwrap().remove("properties");
    let text =
        format!("{{\n{},\n  \"properties\": {{\n{properties}\n  }}\n}}\n", members(&schema, "  "));
    super::check("docs/reference/client-settings.schema.json", &text);
}

/// Each document is accepted by the schema if and only if the parser accepts it.
#[test]
fn the_schema_accepts_what_the_parser_accepts() {
    let schema = jsonschema::draft202012::new(&schema()).unwrap();
    let mut documents = vec![
        json!({}),
        json!([]),
        json!({ "url": "https://edge.example", "apiKeys": ["environment/key*"] }),
        json!({ "apiKeys": "environment/key*" }),
        json!({ "snapshotMaxAge": 5, "snapshotFile": "features.json" }),
        json!({ "returnWithin": [1] }),
        json!({ "returnWithin": [1, "2"] }),
        json!({ "headers": { "x-team": 5 } }),
        json!({ "limits": { "pol": 1 } }),
        json!({ "limits": { "bytes": 1.5 } }),
        json!({ "backoff": { "jitter": "half" } }),
        json!({ "proxy": false }),
        json!({ "clock": 5 }),
        json!({ "system": "featbit", "secret": "s", "streamingUrl": "ws://x", "profile": "draft" }),
        json!({ "system": "featbit", "profile": null, "url": null }),
        json!({ "system": "featuresignals", "apiKey": "k", "url": "http://x", "environment": "p" }),
        json!({ "system": "featuresignals", "stream": true, "streamLifetime": 20 }),
        json!({ "system": "featuresignals", "rulesetFile": "r.json", "ruleset": null }),
        json!({ "system": "featuresignals", "rulesetFile": "r.json", "ruleset": {} }),
        json!({ "system": "featuresignals", "flags": ["a"], "reasons": true }),
        json!({ "stream_again_after": 5 }),
    ];
    let values =
        [json!(null), json!(true), json!(5), json!(-1), json!("text"), json!([]), json!({})];
    for system in System::ALL.map(|system| json!(system.as_str())).into_iter().chain([Value::Null])
    {
        for setting in SETTINGS.iter().filter(|setting| setting.is_data()) {
            let choices = if let Form::Choice(choices) = setting.form { choices } else { &[] };
            let words = choices.iter().map(|choice| json!(choice.word)).chain([default(setting)]);
            documents.extend(words.chain(values.clone()).map(
                |value| json!({ "system": &system, Spelling::Camel.spell(setting.name): value }),
            ));
        }
        for mode in ["streaming", "polling", "passive", "once", "offline"] {
            for (name, value) in
                [("interval", json!(5)), ("stream", json!(true)), ("stream", json!(false))]
            {
                documents.push(json!({ "system": &system, "mode": mode, name: value }));
            }
        }
    }
    let mut accepted = 0;
    for document in &documents {
        let parsed = builder_from_json(&document.to_string());
        // The schema neither reads certificates nor knows whether the client has HTTP of its own.
        let is_http = |name: &str| {
            ["caCertificate", "clientCertificate", "proxy", "http1Only"].contains(&name)
        };
        let is_parsed = match &parsed {
            Ok(_) | Err(SettingsError::Start(_)) => true,
            Err(SettingsError::Together { name, .. }) => is_http(name),
            Err(_) => false,
        };
        assert_eq!(schema.is_valid(document), is_parsed, "{document}: {:?}", parsed.err());
        accepted += usize::from(is_parsed);
    }
    assert!((40..documents.len() - 40).contains(&accepted), "{accepted} of {}", documents.len());
}
