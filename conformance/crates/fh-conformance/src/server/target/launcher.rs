//! A running server that a target file describes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::TargetFile;
use crate::json::Json;
use crate::server::redactor::Redactor;
use crate::server::scenario::{
    Evaluated, Failure, Identifiers, Outcome, ServerLauncher, Setup, StateKnowledge, Subject,
};
use crate::server::wire::{Base, Connection, Request, component};

/// Time limit of one request that reads or restores features.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server with ids and keys of its own. Its state can only be changed by PUT. The changed features are restored after each
/// scenario.
#[derive(Clone)]
pub struct TargetServer {
    file: Arc<TargetFile>,
    redactor: Arc<Redactor>,
    original: Arc<Mutex<BTreeMap<String, Features>>>,
}

/// Features by key.
type Features = BTreeMap<String, Json>;

impl TargetServer {
    /// Connects to the server, and remembers the features that scenarios may change.
    ///
    /// # Errors
    /// If the server does not answer as expected, or a feature cannot be changed.
    pub fn connect(file: TargetFile) -> Result<Self, Failure> {
        let redactor = Arc::new(Redactor::of(&file.identifiers));
        let server = Self { file: Arc::new(file), redactor, original: Arc::default() };
        let mut original = BTreeMap::new();
        for environment in ["dev", "other"] {
            let Some(writer) = server.writer(environment) else { continue };
            let mut features = server.read(&writer)?;
            if server.identifiers().knowledge == StateKnowledge::Unknown {
                let own: Vec<&String> = server.identifiers().features.values().collect();
                features.retain(|key, _| own.contains(&key));
                for key in own {
                    let feature = features.get(key);
                    let is_locked = feature.and_then(|each| each.get("l")?.boolean());
                    let value = feature.and_then(|each| each.get("value"));
                    let has_value = value.is_some_and(|value| !value.is_null());
                    if is_locked != Some(false) || !has_value {
                        let what = format!("{key} is missing or locked, or has no value");
                        return Err(Failure::wrong("a feature to change", what));
                    }
                }
            }
            original.insert(environment.to_owned(), features);
        }
        *server.original.lock().unwrap_or_else(PoisonError::into_inner) = original;
        Ok(server)
    }

    fn writer(&self, environment: &str) -> Option<String> {
        let key = |evaluated| self.file.identifiers.key("writer", environment, evaluated).ok();
        key(Evaluated::ByClient).or_else(|| key(Evaluated::ByServer))
    }

    /// Returns the features that a key sees.
    fn read(&self, key: &str) -> Result<Features, Failure> {
        let base = &self.file.base;
        let target = base.target(&format!("/features?apiKey={}", component(key)));
        let response = Connection::open(base, PATIENCE)?.request(&Request::new("GET", target))?;
        let body = Json::parse(&response.text()).ok().filter(|_| response.status == 200);
        let Some(body) = body else {
            let status = response.status;
            let what = format!("the poll of the writer is answered with {status}");
            return Err(Failure::wrong("the poll of the writer", what));
        };
        let environment = body.elements().first();
        let features = environment.and_then(|environment| environment.get("features"));
        let features = features.map(Json::elements).unwrap_or_default().iter();
        let named = features.filter_map(|each| Some((each.get("key")?.text()?.to_owned(), each)));
        Ok(named.map(|(key, each)| (key, each.clone())).collect())
    }

    fn put(&self, key: &str, feature: &str, body: &Json) -> Outcome {
        let base = &self.file.base;
        let request = Request::new("PUT", base.target(&format!("/features/{key}/{feature}")))
            .header("content-type", "application/json")
            .body(body.to_string());
        let status = Connection::open(base, PATIENCE)?.request(&request)?.status;
        if [200, 201, 202].contains(&status) {
            return Ok(());
        }
        let what = format!("restoring {feature} is answered with {status}");
        Err(Failure::wrong("restoring features", what))
    }

    /// Restores the value and the lock of one feature.
    fn restore_feature(&self, key: &str, name: &str, original: &Json, now: &Json) -> Outcome {
        let is_locked = |feature: &Json| feature.get("l").and_then(Json::boolean) == Some(true);
        let value = |feature: &Json| feature.get("value").cloned().unwrap_or(Json::Null);
        let text = |feature: &Json| value(feature).to_string();
        let (was_locked, is_locked) = (is_locked(original), is_locked(now));
        if text(original) != text(now) {
            let mut members = vec![("value", value(original)), ("updateValue", Json::Bool(true))];
            if is_locked {
                members.push(("lock", Json::Bool(false)));
            }
            self.put(key, name, &Json::object(members))?;
            if was_locked {
                self.put(key, name, &Json::object([("lock", Json::Bool(true))]))?;
            }
        } else if was_locked != is_locked {
            self.put(key, name, &Json::object([("lock", Json::Bool(was_locked))]))?;
        }
        Ok(())
    }
}

impl ServerLauncher for TargetServer {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        if *setup == Setup::default() {
            Ok(Box::new(self.clone()))
        } else {
            Err(Failure::Unable("the settings of a running server cannot be changed"))
        }
    }

    fn restore(&self) -> Outcome {
        let original = self.original.lock().unwrap_or_else(PoisonError::into_inner);
        for (environment, features) in original.iter() {
            let Some(key) = self.writer(environment) else { continue };
            let now = self.read(&key)?;
            for (name, feature) in features {
                let now = now.get(name).unwrap_or(&Json::Null);
                self.restore_feature(&key, name, feature, now)?;
            }
        }
        Ok(())
    }

    fn redactor(&self) -> Arc<Redactor> {
        Arc::clone(&self.redactor)
    }
}

impl Subject for TargetServer {
    fn base(&self) -> &Base {
        &self.file.base
    }

    fn monitor(&self) -> Result<&Base, Failure> {
        self.file.monitor.as_ref().ok_or_else(|| Failure::Lacks("monitor".to_owned()))
    }

    fn identifiers(&self) -> &Identifiers {
        &self.file.identifiers
    }
}
