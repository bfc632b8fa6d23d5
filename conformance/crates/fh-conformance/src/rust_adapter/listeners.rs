//! The operations `listen` and `unlisten`.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

use fh_client::{Change, RawKind, RawUpdate, Subscription, UsageOptions};
use serde::Deserialize;
use serde_json::Value;

use super::attributes::{attributes, json};
use super::clients::AdapterClient;
use super::failure::{Outcome, adapter};
use super::lifecycle::protocol_readiness;
use super::output;
use super::reads::Reader;
use super::usage::UsageListener;
use crate::protocol::{Called, Context, Event, Listen, ListenOn, Then};

/// The members of `unlisten`.
#[derive(Deserialize)]
pub(super) struct Unlisten {
    listener: String,
}

/// The time to which the times of events refer.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A listener of the runner: its name, and its actions in each call.
pub(super) struct Listener {
    client: Weak<AdapterClient>,
    name: String,
    then: Vec<Then>,
}

impl Listener {
    /// Sends the event of a call, and performs the listener's actions. Reads come first, because the event reports them.
    pub(super) fn call(&self, called: Called) {
        let t_ms = START.elapsed().as_secs_f64() * 1000.0;
        let Some(client) = self.client.upgrade() else { return };
        let reads = self.then.iter().filter_map(|action| match action {
            Then::Read { feature, kind } => {
                Some((feature.clone(), value(&client, feature, kind, None)))
            }
            _ => None,
        });
        output::event(&Event::Called(Box::new(Called {
            client: client.name.clone(),
            listener: self.name.clone(),
            t_ms,
            reads: reads.collect(),
            ..called
        })));
        for action in &self.then {
            self.perform(&client, action);
        }
    }

    fn perform(&self, client: &Arc<AdapterClient>, action: &Then) {
        match action {
            // Not a panic by the macro, so that standard error has no message about it.
            Then::Throw => resume_unwind(Box::new(format!("the listener {} throws", self.name))),
            Then::Sleep { ms } => thread::sleep(Duration::from_millis(*ms)),
            Then::Read { .. } => {}
            Then::Listen { listener, feature } => {
                on_feature(client, listener, feature, None, Vec::new());
            }
            Then::Unlisten { listener } => client.listeners.remove(listener),
            Then::Close => client.client.close(),
            Then::Evaluate { feature, kind, context } => {
                let _ = value(client, feature, kind, context.as_ref());
            }
        }
    }
}

/// Reads a feature in a listener. A getter that does not exist reads null.
fn value(client: &AdapterClient, feature: &str, kind: &str, context: Option<&Context>) -> Value {
    let reader = Reader::new(&client.client, feature, kind, context);
    reader.map(|reader| reader.value()).unwrap_or_default()
}

/// Adds a listener.
///
/// # Errors
/// If a listener for changes names no feature.
pub(super) fn listen(client: &Arc<AdapterClient>, command: Listen) -> Outcome<()> {
    let Listen { listener: name, on, feature, context, then } = command;
    if on == ListenOn::Feature {
        let feature = feature.ok_or_else(|| adapter("the member `feature` is missing"))?;
        on_feature(client, &name, &feature, context.as_ref(), then);
        return Ok(());
    }
    let listener = Listener { client: Arc::downgrade(client), name: name.clone(), then };
    client.listeners.add(&name, || subscribe(client, on, listener));
    Ok(())
}

/// Removes a listener, if it is there.
pub(super) fn unlisten(client: &AdapterClient, command: &Unlisten) {
    client.listeners.remove(&command.listener);
}

/// Adds a listener for changes of a feature.
fn on_feature(
    client: &Arc<AdapterClient>,
    name: &str,
    feature: &str,
    context: Option<&Context>,
    then: Vec<Then>,
) {
    let listener = Listener { client: Arc::downgrade(client), name: name.to_owned(), then };
    let call = move |change: &Change| listener.call(change_called(change));
    client.listeners.add(name, || match context {
        Some(context) => client.client.context_of(attributes(context)).on_change(feature, call),
        None => client.client.on_change(feature, call),
    });
}

/// Adds a listener for anything but changes of a feature.
fn subscribe(client: &AdapterClient, on: ListenOn, listener: Listener) -> Subscription {
    let sdk = &client.client;
    match on {
        ListenOn::Readiness => sdk.on_readiness(move |change| {
            let readiness = Some(protocol_readiness(change.readiness));
            listener.call(Called { readiness, ..Called::default() });
        }),
        ListenOn::NewState => sdk.on_new_state(move |state| {
            listener.call(Called { held: Some(state.is_held), ..Called::default() });
        }),
        ListenOn::Usage => {
            client.reports_usage.store(true, Ordering::Release);
            sdk.observe(Arc::new(UsageListener::new(listener)), UsageOptions::default())
        }
        ListenOn::Raw | ListenOn::Feature => {
            sdk.on_raw(move |update| listener.call(raw_called(update)))
        }
    }
}

fn change_called(change: &Change) -> Called {
    Called {
        feature: Some(change.key.to_string()),
        value: change.new.as_ref().map(json),
        exists: Some(change.exists),
        locked: Some(change.is_locked),
        version: Some(change.version),
        ..Called::default()
    }
}

fn raw_called(update: &RawUpdate) -> Called {
    let kind = match update.kind {
        RawKind::List => "features",
        RawKind::Feature => "feature",
        RawKind::Delete => "delete_feature",
    };
    let mut features = BTreeMap::new();
    if let Ok(json) = serde_json::from_str(&update.json) {
        collect_features(&json, &mut features);
    }
    Called {
        kind: Some(kind.to_owned()),
        source: Some(update.source.as_str().to_owned()),
        features: Some(features),
        ..Called::default()
    }
}

/// Adds the keys and versions of all features of an update: a feature, a list of features, or a list of environments. A feature without
/// version has version 0, because null would mean that the key is missing.
fn collect_features(json: &Value, features: &mut BTreeMap<String, Value>) {
    match json {
        Value::Array(elements) => {
            elements.iter().for_each(|element| collect_features(element, features));
        }
        Value::Object(members) => {
            if let Some(list @ Value::Array(_)) = members.get("features") {
                collect_features(list, features);
            } else if let Some(Value::String(key)) = members.get("key") {
                let version = members.get("version").cloned().unwrap_or_else(|| 0.into());
                features.insert(key.clone(), version);
            }
        }
        _ => {}
    }
}
