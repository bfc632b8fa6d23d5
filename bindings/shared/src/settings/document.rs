//! The settings document.

use std::collections::BTreeMap;
use std::time::Duration;

use fh_client::{Client, ClientBuilder};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::language::{Language, Spelling};
use crate::operations;

use super::alike::alike;
use super::draft::Draft;
use super::error::SettingsError;
use super::form::Form;
use super::given::GivenSettings;
use super::groups::{BACKOFF, LIMITS, Member, Unit};
use super::http::Proxy;
use super::seconds::duration;
use super::setting::Setting;
use super::table::SETTINGS;

/// The page that lists the settings.
const PAGE: &str = "docs/reference/client-settings.md lists the settings";

/// Returns the builder of a client with the settings of a document. Missing settings have their defaults, or come from environment variables
/// (see [`Client::from_environment`], and the `from_environment` of the settings of FeatBit and FeatureSignals).
///
/// # Errors
/// [`SettingsError`] names the member, says what is wrong and what to write.
pub fn builder_from_json(document: &str) -> Result<ClientBuilder, SettingsError> {
    apply_json(Client::from_environment(), document)
}

/// Applies the settings of a document to a builder.
///
/// # Errors
/// The errors of [`builder_from_json`].
pub fn apply_json(builder: ClientBuilder, document: &str) -> Result<ClientBuilder, SettingsError> {
    // Errors of a document that a program writes itself name its members as the document does.
    apply_json_of(Language::TypeScript, builder, document)
}

/// Applies the settings of a document that a package made of the settings of a program. Errors are in the words of the program's language.
///
/// # Errors
/// The errors of [`builder_from_json`].
pub fn apply_json_of(
    language: Language,
    builder: ClientBuilder,
    document: &str,
) -> Result<ClientBuilder, SettingsError> {
    let mut members: BTreeMap<String, &RawValue> =
        serde_json::from_str(document).map_err(|why| SettingsError::Document(why.to_string()))?;
    // The form of a context depends on the system, so the context is the last member.
    let context = members.remove_entry("context");
    let (mut draft, mut given) = (Draft::of(builder), GivenSettings::default());
    for (name, value) in members.into_iter().chain(context) {
        let setting = named(&name)?;
        if value.get() == "null" {
            continue;
        }
        given.add(setting, serde_json::from_str::<String>(value.get()).ok().as_deref());
        draft = set(draft, &setting.form, value.get(), language).map_err(|wrong| match wrong {
            Wrong::Value(why) => SettingsError::Form {
                name: name.clone(),
                why,
                expected: setting.form.words(language),
            },
            Wrong::Member(member, why) => member.error(&name, why),
        })?;
    }
    given.check(draft.system(), language)?;
    draft.finish(language)
}

/// Returns the data setting with this name in a document.
fn named(name: &str) -> Result<&'static Setting, SettingsError> {
    let data = || SETTINGS.iter().filter(|setting| setting.is_data());
    if let Some(setting) = data().find(|setting| Spelling::Camel.spell(setting.name) == name) {
        return Ok(setting);
    }
    let advice = alike(name, data, Spelling::Camel).unwrap_or_else(|| PAGE.to_string());
    Err(SettingsError::Unknown { name: name.to_string(), advice })
}

/// The mistake in a value.
enum Wrong {
    /// The value has another form.
    Value(String),
    /// A member of the value is wrong.
    Member(WrongMember, String),
}

/// A member of a setting's object that is unknown, or whose value has another form.
struct WrongMember {
    name: String,
    expected: String,
}

impl WrongMember {
    fn error(self, setting: &str, why: String) -> SettingsError {
        SettingsError::Form {
            name: format!("{setting}.{}", self.name),
            why,
            expected: self.expected,
        }
    }
}

fn other(value: &Value) -> Wrong {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Wrong::Value(format!("the value is {found}"))
}

/// Applies the JSON text of a value.
fn set(draft: Draft, form: &Form, json: &str, language: Language) -> Result<Draft, Wrong> {
    if let Form::Context(set) = form {
        let context = operations::attributes_from_json(json, draft.system());
        return Ok(set(draft, context.map_err(|why| Wrong::Value(why.to_string()))?));
    }
    let value: Value = serde_json::from_str(json).map_err(|why| Wrong::Value(why.to_string()))?;
    Ok(match form {
        Form::Flag(set) => set(draft, value.as_bool().ok_or_else(|| other(&value))?),
        Form::Seconds(set) => set(draft, seconds(&value)?),
        Form::Range(set) => match value.as_array().map(Vec::as_slice) {
            Some([shortest, longest]) => set(draft, seconds(shortest)?, seconds(longest)?),
            _ => return Err(other(&value)),
        },
        Form::Count(set) => set(draft, count(&value)?),
        Form::Text { set, .. } => set(draft, text(&value)?),
        Form::Texts { set, .. } => set(draft, texts(&value)?),
        Form::Choice(choices) => {
            let word = text(&value)?;
            let choice = choices.iter().find(|choice| choice.word == word);
            let choice = choice.ok_or_else(|| Wrong::Value("the value is unknown".to_string()))?;
            (choice.set)(draft)
        }
        Form::Path(set) => set(draft, text(&value)?.into()),
        Form::Headers(set) => set(draft, headers(&value)?),
        Form::Json(set) => match value {
            Value::String(text) => set(draft, text.into_bytes()),
            _ => set(draft, json.as_bytes().to_vec()),
        },
        Form::Pem(set) => set(draft, text(&value)?.into_bytes()),
        Form::Proxy(set) => match value {
            Value::Bool(false) => set(draft, Proxy::Never),
            _ => set(draft, Proxy::At(text(&value)?)),
        },
        Form::Backoff { default, set } => {
            set(draft, members(&value, *default, &BACKOFF, language)?)
        }
        Form::Limits(set) => {
            set(draft, members(&value, fh_client::Limits::default(), &LIMITS, language)?)
        }
        Form::Context(_) | Form::Code => return Err(other(&value)),
    })
}

fn text(value: &Value) -> Result<String, Wrong> {
    value.as_str().map(ToString::to_string).ok_or_else(|| other(value))
}

fn texts(value: &Value) -> Result<Vec<String>, Wrong> {
    value.as_array().ok_or_else(|| other(value))?.iter().map(text).collect()
}

fn headers(value: &Value) -> Result<Vec<(String, String)>, Wrong> {
    let members = value.as_object().ok_or_else(|| other(value))?;
    members.iter().map(|(name, value)| Ok((name.clone(), text(value)?))).collect()
}

fn count(value: &Value) -> Result<usize, Wrong> {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    count.ok_or_else(|| match value {
        Value::Number(number) => Wrong::Value(format!("{number} is no such number")),
        _ => other(value),
    })
}

fn seconds(value: &Value) -> Result<Duration, Wrong> {
    let seconds = value.as_f64().ok_or_else(|| other(value))?;
    duration(seconds).map_err(|why| Wrong::Value(why.to_string()))
}

/// The form of members that are durations.
const SECONDS: Form = Form::Seconds(|draft, _| draft);

/// Returns a setting's object. Members that are missing or null have the values of `base`.
fn members<T>(
    value: &Value,
    mut base: T,
    known: &'static [Member<T>],
    language: Language,
) -> Result<T, Wrong> {
    let given = value.as_object().ok_or_else(|| other(value))?;
    for (name, value) in given {
        let wrong = |why: String, expected: &str| {
            Wrong::Member(WrongMember { name: name.clone(), expected: expected.to_string() }, why)
        };
        let Some(member) = known.iter().find(|each| Spelling::Camel.spell(each.name) == *name)
        else {
            let names: Vec<String> =
                known.iter().map(|member| Spelling::Camel.spell(member.name)).collect();
            return Err(wrong("there is no such member".to_string(), &names.join(", ")));
        };
        let why = |wrong| match wrong {
            Wrong::Value(why) | Wrong::Member(_, why) => why,
        };
        match &member.unit {
            _ if value.is_null() => {}
            Unit::Seconds(place) => {
                let read = seconds(value);
                *place(&mut base) =
                    read.map_err(|error| wrong(why(error), &SECONDS.words(language)))?;
            }
            Unit::Bytes(place) => {
                let read = count(value);
                *place(&mut base) =
                    read.map_err(|error| wrong(why(error), "bytes as a whole number"))?;
            }
            Unit::Share(place) => {
                let read = value.as_f64().ok_or_else(|| other(value));
                *place(&mut base) =
                    read.map_err(|error| wrong(why(error), "a number from 0 to 1"))?;
            }
        }
    }
    Ok(base)
}
