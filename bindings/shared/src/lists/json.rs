//! The list that the tests of the other languages read.

use fh_client::System;
use serde_json::{Map, Value, json};

use super::enumerations::enumerations;
use crate::language::{Language, Spelling};
use crate::settings::{BACKOFF, Form, LIMITS, Member, SETTINGS, Setting, Systems};

/// Returns the default of a setting as JSON.
pub(super) fn default(setting: &Setting) -> Value {
    setting.default.map_or(Value::Null, |default| serde_json::from_str(default).unwrap())
}

/// Returns the name of a form.
const fn form(form: &Form) -> &'static str {
    match form {
        Form::Flag(_) => "flag",
        Form::Seconds(_) => "seconds",
        Form::Range(_) => "range of seconds",
        Form::Count(_) => "count",
        Form::Text { .. } => "text",
        Form::Texts { .. } => "texts",
        Form::Choice(_) => "choice",
        Form::Path(_) => "path",
        Form::Headers(_) => "headers",
        Form::Context(_) => "context",
        Form::Json(_) => "json",
        Form::Pem(_) => "pem",
        Form::Proxy(_) => "proxy",
        Form::Backoff { .. } => "backoff",
        Form::Limits(_) => "limits",
        Form::Code => "code",
    }
}

/// Returns the members of a setting, with their defaults.
pub(super) fn members<T>(members: &[Member<T>], defaults: &Value) -> Vec<Value> {
    let each = members.iter().map(|member| {
        json!({
            "name": member.name,
            "about": member.about,
            "unit": member.unit.words(),
            "default": defaults[Spelling::Camel.spell(member.name)],
        })
    });
    each.collect()
}

/// Returns the names of systems; `None` for all systems.
fn names(systems: Systems) -> Option<Value> {
    let Systems::Only(systems) = systems else { return None };
    Some(systems.iter().map(|system| system.as_str()).collect())
}

fn setting(setting: &Setting) -> Value {
    let mut object = Map::new();
    object.insert("name".to_string(), json!(setting.name));
    object.insert("about".to_string(), json!(setting.about));
    object.insert("form".to_string(), json!(form(&setting.form)));
    if let Some(unit) = setting.form.unit() {
        object.insert("unit".to_string(), json!(unit));
    }
    let default = default(setting);
    match &setting.form {
        Form::Choice(choices) => {
            let words: Vec<&str> = choices.iter().map(|choice| choice.word).collect();
            object.insert("choices".to_string(), json!(words));
            let own = choices
                .iter()
                .filter_map(|choice| Some((choice.word.to_string(), names(choice.systems)?)));
            let own: Map<String, Value> = own.collect();
            if !own.is_empty() {
                object.insert("systems_of_choices".to_string(), own.into());
            }
        }
        Form::Backoff { .. } => {
            object.insert("members".to_string(), members(&BACKOFF, &default).into());
        }
        Form::Limits(_) => {
            object.insert("members".to_string(), members(&LIMITS, &default).into());
        }
        _ => {}
    }
    if !default.is_null() {
        object.insert("default".to_string(), default);
    }
    if let Some(systems) = names(setting.systems) {
        object.insert("systems".to_string(), systems);
    }
    let lacking = Language::ALL.into_iter().filter_map(|language| {
        let why = setting.languages.lack(language)?;
        Some((language.as_str().to_string(), json!(why)))
    });
    let lacking: Map<String, Value> = lacking.collect();
    if !lacking.is_empty() {
        object.insert("lacking".to_string(), lacking.into());
    }
    object.into()
}

/// Returns objects as a JSON list with one object a line.
fn lines(objects: impl Iterator<Item = Value>) -> String {
    let lines: Vec<String> = objects.map(|object| format!("    {object}")).collect();
    format!("[\n{}\n  ]", lines.join(",\n"))
}

#[test]
fn the_list_for_other_languages_is_that_of_the_tables() {
    let settings = lines(SETTINGS.iter().map(setting));
    let systems = System::ALL.map(|system| (system.as_str().to_string(), json!(system.name())));
    let systems = Value::from(Map::from_iter(systems));
    let enumerations = enumerations().into_iter().map(|enumeration| {
        let values = enumeration.values.iter().map(|value| {
            let mut object = json!({ "name": value.name, "about": value.about });
            if !value.lacking.is_empty() {
                object["lacking"] =
                    json!(value.lacking.iter().map(|each| each.as_str()).collect::<Vec<_>>());
            }
            object
        });
        format!("    \"{}\": {}", enumeration.name, lines(values))
    });
    let enumerations: Vec<String> = enumerations.collect();
    let text = format!(
        "{{\n  \"systems\": {systems},\n  \"settings\": {settings},\n  \"enumerations\": {{\n{}\n  }}\n}}\n",
        enumerations.join(",\n")
    );
    super::check("bindings/shared/lists.json", &text);
}
