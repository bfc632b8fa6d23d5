//! The features of an Edge in memory.

use fh_eval::{Attributes, Kind, Profile, Ruleset, Subject};
use serde_json::{Map, Value, json};

use crate::test_updates::NewValue;
use crate::wall_clock::system_clock;

/// The features of an Edge in memory, in the order in which they were created.
#[derive(Default)]
pub(super) struct Features {
    list: Vec<Map<String, Value>>,
    /// A number that increases by 1 with each change of a feature.
    generation: u64,
    /// The changes that have not been sent to open streams yet.
    events: Vec<Event>,
    /// The number of ids given to new features so far, so that the id of a deleted feature is not used again.
    made: u64,
}

/// A change of a feature that is sent on open streams.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    /// The feature with this key has changed.
    Changed(String),
    /// The feature with this JSON object was deleted.
    Deleted(Map<String, Value>),
}

/// The kind of client that receives features. The kind decides the form in which the features are sent.
pub(super) enum Audience {
    /// A client that evaluates rules itself.
    Client,
    /// A client for which the Edge evaluates rules. The value is the client's context.
    Server(Attributes),
}

impl Features {
    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Map<String, Value>> {
        self.position(key).and_then(|at| self.list.get(at))
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.list.iter().position(|feature| key_of(feature) == Some(key))
    }

    /// Returns the feature with this key, with its version increased by 1. If the feature does not exist, creates it as version 1
    /// with the type `kind`.
    fn entry(&mut self, key: &str, kind: Kind) -> Option<&mut Map<String, Value>> {
        let at = match self.position(key) {
            Some(at) => at,
            None => {
                self.made += 1;
                let feature = json!({
                    "id": format!("00000000-0000-4000-8000-{:012}", self.made),
                    "key": key,
                    "l": false,
                    "version": 0,
                    "type": kind.as_str(),
                    "value": null,
                    "strategies": [],
                });
                self.list.extend(feature.as_object().cloned());
                self.list.len().checked_sub(1)?
            }
        };
        self.generation += 1;
        self.events.push(Event::Changed(key.to_string()));
        let feature = self.list.get_mut(at)?;
        let version = feature.get("version").and_then(Value::as_i64).unwrap_or(0);
        feature.insert("version".to_string(), (version + 1).into());
        Some(feature)
    }

    pub(super) fn set(&mut self, key: &str, value: &NewValue, kind: Option<Kind>) {
        let kind = kind.unwrap_or(match value {
            NewValue::Bool(_) => Kind::Boolean,
            NewValue::Number(_) => Kind::Number,
            NewValue::Text(_) | NewValue::Null => Kind::String,
        });
        self.members(key, kind, [("value", json_of(value))]);
    }

    /// Sets members of a feature's JSON object, all in one new version. If the feature does not exist, creates it with the type
    /// `kind`.
    pub(super) fn members<'a>(
        &mut self,
        key: &str,
        kind: Kind,
        members: impl IntoIterator<Item = (&'a str, Value)>,
    ) {
        if let Some(feature) = self.entry(key, kind) {
            for (member, value) in members {
                feature.insert(member.to_string(), value);
            }
        }
    }

    pub(super) fn put(&mut self, feature: Map<String, Value>) {
        let key = key_of(&feature).unwrap_or_default().to_string();
        self.generation += 1;
        match self.position(&key).and_then(|at| self.list.get_mut(at)) {
            Some(held) => *held = feature,
            None => self.list.push(feature),
        }
        self.events.push(Event::Changed(key));
    }

    pub(super) fn delete(&mut self, key: &str) {
        let Some(at) = self.position(key) else { return };
        let mut feature = self.list.remove(at);
        self.generation += 1;
        feature.insert("version".to_string(), 0.into());
        feature.remove("value");
        self.events.push(Event::Deleted(feature));
    }

    /// Returns all features in the form that this kind of client receives.
    pub(super) fn seen_by(&self, viewer: &Audience) -> Vec<Value> {
        match viewer {
            Audience::Client => self.list.iter().cloned().map(Value::Object).collect(),
            Audience::Server(attributes) => {
                self.list.iter().map(|each| evaluated(each, attributes)).collect()
            }
        }
    }

    /// Returns the feature with this key in the form that this kind of client receives, or `None` if the feature does not exist.
    pub(super) fn one_seen_by(&self, key: &str, viewer: &Audience) -> Option<Value> {
        let feature = self.get(key)?;
        Some(match viewer {
            Audience::Client => Value::Object(feature.clone()),
            Audience::Server(attributes) => evaluated(feature, attributes),
        })
    }
}

pub(super) fn key_of(feature: &Map<String, Value>) -> Option<&str> {
    feature.get("key").and_then(Value::as_str)
}

pub(super) fn json_of(value: &NewValue) -> Value {
    match value {
        NewValue::Null => Value::Null,
        NewValue::Bool(value) => (*value).into(),
        NewValue::Text(text) => text.as_str().into(),
        NewValue::Number(text) => {
            serde_json::from_str::<serde_json::Number>(text).map_or(Value::Null, Value::Number)
        }
    }
}

/// Returns the feature without its strategies. The feature's value is the result of evaluating the strategies for these
/// attributes at the present time.
fn evaluated(feature: &Map<String, Value>, attributes: &Attributes) -> Value {
    let mut seen = feature.clone();
    seen.remove("strategies");
    let list = Value::Array(vec![Value::Object(feature.clone())]).to_string();
    if let Ok(ruleset) = Ruleset::from_json(list.as_bytes(), Profile::Client)
        && let Some(compiled) = ruleset.iter().next()
    {
        let evaluation = compiled.evaluate(&Subject::new(attributes, system_clock()));
        if evaluation.is_match() {
            let value = compiled.value_token(&evaluation);
            let value = value.and_then(|token| serde_json::from_str(token).ok());
            seen.insert("value".to_string(), value.unwrap_or_default());
        }
        if let Some(id) = evaluation.strategy_id() {
            seen.insert("v".to_string(), id.into());
        }
    }
    Value::Object(seen)
}
