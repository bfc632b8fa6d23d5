//! The operations of a client that end at once, or block their thread.

use std::time::Duration;

use fh_client::{Client, Context, Params};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Failure, FailureKind};
use super::context::{Given, attributes};
use super::detail::detail;
use super::value::kind_named;

/// A request for a client. The variants have the names of the client's functions.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Request {
    Readiness,
    Status,
    WaitReady(TimeLimit),
    Flush(TimeLimit),
    Close,
    Suspend,
    Resume,
    /// The attribute of contexts that holds the key of a user.
    UserKeyAttribute,
    Environments,
    Diagnostics,
    Generation,
    Keys,
    /// Reads a value of this type, which is one use of the feature.
    Detail {
        key: String,
        kind: String,
        context: Option<Given>,
    },
    Peek {
        key: String,
        context: Option<Given>,
    },
    Values {
        context: Option<Given>,
    },
    CatchUpdates,
    StopCatching,
    Release {
        keys: Option<Vec<String>>,
    },
    IsCatching,
    IsHolding,
    HeldKeys,
    OverridesChanged,
    Record {
        name: String,
        params: Params,
        context: Option<Given>,
    },
    /// Reports a metric to FeatBit. The value is a text, because JSON has no NaN, which the client refuses by its name.
    Track {
        event: String,
        value: String,
        context: Given,
    },
    OfferFeatures {
        store: String,
        environment: String,
        features: String,
    },
    OfferFeature {
        store: String,
        environment: String,
        feature: String,
    },
}

/// The time after which a caller waits no longer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeLimit {
    pub(super) millis: u64,
}

/// Performs an operation of a client.
///
/// # Errors
/// [`FailureKind::Invalid`] if the request is not an operation, and the failures of the operation.
pub fn perform(client: &Client, request: &str) -> Answer {
    Ok(match serde_json::from_str(request)? {
        Request::Readiness => json!(client.readiness().as_str()),
        Request::Status => serde_json::to_value(client.status())?,
        Request::WaitReady(TimeLimit { millis }) => {
            let waited = client.wait_ready(Duration::from_millis(millis));
            waited.map_err(|why| Failure::from(&why))?;
            json!(null)
        }
        Request::Flush(TimeLimit { millis }) => {
            let flushed = client.flush(Duration::from_millis(millis));
            flushed.map_err(|why| Failure::new(FailureKind::TimedOut, why))?;
            json!(null)
        }
        Request::Close => json!(client.close()),
        Request::Suspend => json!(client.suspend()),
        Request::Resume => json!(client.resume()),
        Request::UserKeyAttribute => json!(client.system().user_key()),
        Request::Environments => json!(texts(&client.environments())),
        Request::Diagnostics => {
            json!(client.diagnostics().iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        Request::Generation => json!(client.generation()),
        Request::Keys => json!(client.keys()),
        Request::Detail { key, kind, context: None } => {
            detail(&client.detail_as(&key, kind_named(&kind)?))
        }
        Request::Detail { key, kind, context: Some(own) } => {
            detail(&context(client, &own).detail_as(&key, kind_named(&kind)?))
        }
        Request::Peek { key, context: None } => detail(&client.peek(&key)),
        Request::Peek { key, context: Some(own) } => detail(&context(client, &own).peek(&key)),
        Request::Values { context } => values(client, context.as_ref()),
        Request::CatchUpdates => json!(client.catch_updates()),
        Request::StopCatching => json!(client.stop_catching()),
        Request::Release { keys: None } => json!(client.release()),
        Request::Release { keys: Some(keys) } => json!(client.release_only(keys)),
        Request::IsCatching => json!(client.is_catching()),
        Request::IsHolding => json!(client.is_holding()),
        Request::HeldKeys => json!(client.held_keys()),
        Request::OverridesChanged => json!(client.overrides_changed()),
        Request::Record { name, params, context: None } => json!(client.record(&name, params)),
        Request::Record { name, params, context: Some(own) } => {
            json!(context(client, &own).record(&name, params))
        }
        Request::Track { event, value, context: own } => {
            let value = value.parse().map_err(Failure::invalid)?;
            let tracked = context(client, &own).track(&event, value);
            tracked.map_err(Failure::invalid)?;
            json!(null)
        }
        Request::OfferFeatures { store, environment, features } => {
            json!(client.offer_features(&store, &environment, features))
        }
        Request::OfferFeature { store, environment, feature } => {
            json!(client.offer_feature(&store, &environment, feature))
        }
    })
}

fn texts(all: &[std::sync::Arc<str>]) -> Vec<&str> {
    all.iter().map(|text| &**text).collect()
}

fn context(client: &Client, given: &Given) -> Context {
    client.context_of(attributes(given, client.system()))
}

/// Returns the details of all features of one state.
fn values(client: &Client, context: Option<&Given>) -> serde_json::Value {
    let snapshot = match context {
        Some(own) => self::context(client, own).snapshot(),
        None => client.snapshot(),
    };
    snapshot.keys().iter().map(|key| detail(&snapshot.peek(key))).collect()
}
