//! The state of a healthy Edge: environments, features, keys and open streams.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::featurehub::behaviour::{BYE, event_text};
use crate::featurehub::connection::{Mailbox, Push};
use crate::featurehub::context::Context;
use crate::featurehub::etag;
use crate::featurehub::feature::Feature;
use crate::featurehub::key::{ApiKey, KeyKind, Permission};

/// A function that evaluates features for a context. It gets them as a client-evaluated key would see them, and returns them with the
/// values for the context. Strategies are removed afterwards.
pub(crate) type Evaluator = Arc<dyn Fn(&Context, Vec<Value>) -> Vec<Value> + Send + Sync>;

/// The keys that are accepted.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    /// Any secret in every environment that exists. Listed keys have their own permissions.
    Any,
    /// Listed keys only.
    Listed,
}

/// Says whether changes are pushed to open streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Updates {
    Pushed,
    Withheld,
}

/// Maximum number of changes that are kept.
const MOST_CHANGES: usize = 1000;
/// Maximum number of characters of a text in the list of changes.
const LONGEST_CHANGE: usize = 200;

pub(crate) struct World {
    environments: Vec<Environment>,
    changes: Vec<(Instant, String)>,
    listed: Vec<(ApiKey, Vec<Permission>)>,
    streams: Vec<Subscriber>,
    pub(crate) keys: Keys,
    pub(crate) evaluator: Option<Evaluator>,
    pub(crate) cache_control: Option<String>,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) drop_after: Option<Duration>,
    pub(crate) updates: Updates,
}

struct Environment {
    id: String,
    features: Vec<Stored>,
}

#[derive(Clone)]
struct Stored {
    feature: Feature,
    standing: Standing,
}

/// Says whether a feature is shown. A retired feature is stored but not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    InUse,
    Retired,
}

struct Subscriber {
    mailbox: Arc<Mailbox>,
    view: View,
    context: Context,
}

/// The environment, kind and permissions of one key.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) environment: String,
    pub(crate) kind: KeyKind,
    pub(crate) permissions: Vec<Permission>,
}

impl World {
    pub(crate) fn new(environment: &str) -> Self {
        Self {
            environments: vec![Environment { id: environment.to_owned(), features: Vec::new() }],
            changes: Vec::new(),
            listed: Vec::new(),
            streams: Vec::new(),
            keys: Keys::Any,
            evaluator: None,
            cache_control: None,
            heartbeat: None,
            drop_after: None,
            updates: Updates::Pushed,
        }
    }

    // Keys

    pub(crate) fn list_key(&mut self, key: ApiKey, permissions: &[Permission]) {
        self.unlist_key(&key);
        self.environment(key.environment());
        self.listed.push((key, permissions.to_vec()));
    }

    pub(crate) fn unlist_key(&mut self, key: &ApiKey) {
        self.listed.retain(|(known, _)| known != key);
    }

    /// Returns what a key sees; `None` if the key or its environment is unknown.
    pub(crate) fn view(&self, key: &ApiKey) -> Option<View> {
        self.environments.iter().find(|environment| environment.id == key.environment())?;
        let listed = self.listed.iter().find(|(known, _)| known == key);
        let permissions = match (listed, &self.keys) {
            (Some((_, permissions)), _) => permissions.clone(),
            (None, Keys::Any) => Permission::ALL.to_vec(),
            (None, Keys::Listed) => return None,
        };
        // A key without permissions counts as unknown.
        (!permissions.is_empty()).then(|| View {
            environment: key.environment().to_owned(),
            kind: key.kind(),
            permissions,
        })
    }

    // Reading

    /// Returns the visible features for this key and context.
    pub(crate) fn features(&self, view: &View, context: &Context) -> Vec<Value> {
        let Some(environment) = self.find(&view.environment) else { return Vec::new() };
        let all = environment
            .features
            .iter()
            .filter(|stored| stored.standing == Standing::InUse)
            .map(|stored| stored.feature.json())
            .collect();
        self.seen(all, view, context)
    }

    fn seen(&self, mut features: Vec<Value>, view: &View, context: &Context) -> Vec<Value> {
        if view.kind == KeyKind::ServerEvaluated {
            if let Some(evaluator) = &self.evaluator {
                features = evaluator(context, features);
            }
            remove_member(&mut features, "strategies");
        }
        if !view.permissions.contains(&Permission::ExtendedData) {
            remove_member(&mut features, "fp");
        }
        features
    }

    /// Returns the environment's part of the etag. Retired features count, too.
    pub(crate) fn tag(&self, view: &View) -> String {
        let content: Vec<Value> = self
            .find(&view.environment)
            .map(|environment| environment.features.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|stored| json!([stored.standing == Standing::Retired, stored.feature.json()]))
            .collect();
        let extended = view.permissions.contains(&Permission::ExtendedData);
        let digit = if extended { '1' } else { '0' };
        format!("{}{digit}", etag::of_content(Value::from(content).to_string().as_bytes()))
    }

    pub(crate) fn feature(&self, environment: &str, key: &str) -> Option<&Feature> {
        let stored = &self.find(environment)?.features;
        stored.iter().map(|stored| &stored.feature).find(|feature| feature.key() == key)
    }

    fn find(&self, environment: &str) -> Option<&Environment> {
        self.environments.iter().find(|known| known.id == environment)
    }

    // Changing

    /// Returns the environment of this id. It is created if it does not exist.
    fn environment(&mut self, id: &str) -> &mut Environment {
        let at = self.environments.iter().position(|known| known.id == id);
        let at = at.unwrap_or_else(|| {
            self.environments.push(Environment { id: id.to_owned(), features: Vec::new() });
            self.environments.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "found or just added")]
        &mut self.environments[at]
    }

    pub(crate) fn add_environment(&mut self, id: &str) {
        self.environment(id);
    }

    /// Stores a feature in place of the one with the same key or, after a rename, the same id.
    pub(crate) fn put(&mut self, environment: &str, feature: Feature) {
        self.store(environment, Stored { feature, standing: Standing::InUse });
    }

    fn store(&mut self, environment: &str, stored: Stored) {
        let features = &mut self.environment(environment).features;
        let id = stored.feature.get("id").clone();
        let known = features.iter_mut().find(|known| {
            known.feature.key() == stored.feature.key()
                || (!id.is_null() && *known.feature.get("id") == id)
        });
        match known {
            Some(known) => *known = stored.clone(),
            None => features.push(stored.clone()),
        }
        self.tell(environment, &stored);
    }

    /// Changes a feature and raises its version. A retired feature becomes active again. Returns `None` if there is no such feature.
    pub(crate) fn change(
        &mut self,
        environment: &str,
        key: &str,
        change: impl FnOnce(&mut Feature),
    ) -> Option<u64> {
        let mut feature = self.feature(environment, key)?.clone();
        change(&mut feature);
        let version = feature.raise_version();
        self.put(environment, feature);
        Some(version)
    }

    pub(crate) fn retire(&mut self, environment: &str, key: &str) -> Option<u64> {
        let mut feature = self.feature(environment, key)?.clone();
        let version = feature.raise_version();
        self.store(environment, Stored { feature, standing: Standing::Retired });
        Some(version)
    }

    /// Deletes a feature. Returns false if there is no such feature.
    pub(crate) fn delete(&mut self, environment: &str, key: &str) -> bool {
        let features = &mut self.environment(environment).features;
        let Some(at) = features.iter().position(|stored| stored.feature.key() == key) else {
            return false;
        };
        let feature = features.remove(at).feature.tombstone();
        self.tell(environment, &Stored { feature, standing: Standing::Retired });
        true
    }

    /// Replaces all features of the environment by this list, and pushes only the differences.
    pub(crate) fn replace(&mut self, environment: &str, list: Vec<Feature>) {
        let gone: Vec<String> = self
            .environment(environment)
            .features
            .iter()
            .map(|stored| stored.feature.key().to_owned())
            .filter(|key| !list.iter().any(|feature| feature.key() == key))
            .collect();
        for key in gone {
            self.delete(environment, &key);
        }
        for feature in list {
            let known = self
                .environment(environment)
                .features
                .iter()
                .any(|stored| stored.feature == feature && stored.standing == Standing::InUse);
            if !known {
                self.put(environment, feature);
            }
        }
    }

    // Streams

    pub(crate) fn subscribe(&mut self, mailbox: &Arc<Mailbox>, view: View, context: Context) {
        self.unsubscribe(mailbox);
        self.streams.push(Subscriber { mailbox: Arc::clone(mailbox), view, context });
    }

    /// Removes a stream. Returns true if it was subscribed.
    pub(crate) fn unsubscribe(&mut self, mailbox: &Arc<Mailbox>) -> bool {
        let before = self.streams.len();
        self.streams.retain(|stream| !Arc::ptr_eq(&stream.mailbox, mailbox));
        self.streams.len() < before
    }

    pub(crate) fn subscribers(&self) -> Vec<Arc<Mailbox>> {
        self.streams.iter().map(|stream| Arc::clone(&stream.mailbox)).collect()
    }

    /// Sends a text to all open streams.
    pub(crate) fn push(&mut self, text: &str) {
        if !self.streams.is_empty() {
            let begin: String = text.trim_end().chars().take(LONGEST_CHANGE).collect();
            self.note(format!("open streams get {begin:?}"));
        }
        let text: Arc<str> = Arc::from(text);
        for stream in &self.streams {
            stream.mailbox.push(Push::Text(Arc::clone(&text)));
        }
    }

    /// Sends `bye` to all open streams and ends them in an orderly way.
    pub(crate) fn bye(&mut self) {
        self.push(&event_text("bye", None, BYE));
        self.end();
    }

    pub(crate) fn end(&self) {
        for stream in &self.streams {
            stream.mailbox.push(Push::End);
        }
    }

    /// Returns the first changes of features, and the first events for open streams, each with its time.
    pub(crate) fn changes(&self) -> &[(Instant, String)] {
        &self.changes
    }

    fn note(&mut self, change: String) {
        if self.changes.len() < MOST_CHANGES {
            self.changes.push((Instant::now(), change));
        }
    }

    fn tell(&mut self, environment: &str, changed: &Stored) {
        let verb = match changed.standing {
            Standing::InUse => "has",
            Standing::Retired => "no longer has",
        };
        let feature: String =
            changed.feature.json().to_string().chars().take(LONGEST_CHANGE).collect();
        self.note(format!("the Edge {verb} the feature {feature}"));
        if self.updates == Updates::Withheld {
            return;
        }
        // Streams whose values do not depend on a context share the same bytes.
        let mut rendered: VecDeque<((KeyKind, bool), Arc<str>)> = VecDeque::new();
        for stream in self.streams.iter().filter(|stream| stream.view.environment == environment) {
            let extended = stream.view.permissions.contains(&Permission::ExtendedData);
            let same = (stream.view.kind, extended);
            let shared = stream.view.kind == KeyKind::ClientEvaluated || self.evaluator.is_none();
            let known = rendered.iter().find(|(known, _)| shared && *known == same);
            let text = match known {
                Some((_, text)) => Arc::clone(text),
                None => {
                    let text: Arc<str> = Arc::from(self.update(changed, stream));
                    if shared {
                        rendered.push_back((same, Arc::clone(&text)));
                    }
                    text
                }
            };
            stream.mailbox.push(Push::Text(text));
        }
    }

    fn update(&self, changed: &Stored, stream: &Subscriber) -> String {
        let state = self.seen(vec![changed.feature.json()], &stream.view, &stream.context);
        // The evaluator may have dropped the feature.
        let state = state.first().cloned().unwrap_or_else(|| changed.feature.json());
        let name = match changed.standing {
            Standing::InUse => "feature",
            Standing::Retired => "delete_feature",
        };
        event_text(name, None, &state.to_string())
    }
}

fn remove_member(features: &mut [Value], name: &str) {
    for feature in features.iter_mut().filter_map(Value::as_object_mut) {
        feature.remove(name);
    }
}
