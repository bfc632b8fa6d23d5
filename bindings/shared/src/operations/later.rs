//! The operations of a client that end later.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use fh_client::{Client, KeyError, NewValue, Outcome, StartError, Update};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Failure};
use super::client::TimeLimit;
use super::context::{Given, attributes};
use super::value::JsonValue;

/// An operation that ends later. It runs on any executor.
pub type Later = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A request for a client. The variants have the names of the client's functions.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Request {
    Ready {
        through_refusals: bool,
    },
    Refresh,
    SetContext {
        context: Given,
    },
    SetApiKeys {
        keys: Vec<String>,
    },
    SetHeaders {
        headers: Vec<(String, String)>,
    },
    Closed,
    /// The wait has no end. Observers get this time to send their events.
    Flush(TimeLimit),
    /// `lock` is missing if the update does not change the lock.
    Update {
        key: String,
        value: Option<JsonValue>,
        lock: Option<bool>,
        until: Until,
        api_key: Option<String>,
    },
}

/// The end of a test update.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Until {
    /// The Edge has answered.
    Answered,
    /// The client has received the change.
    Received,
}

/// Begins an operation of a client. It is given up when the future is dropped.
///
/// # Errors
/// [`FailureKind::Invalid`](super::FailureKind::Invalid) if the request is not an operation.
pub fn begin(client: &Client, request: &str) -> Result<Later, Failure> {
    let request = serde_json::from_str(request)?;
    let client = client.clone();
    Ok(match request {
        Request::Ready { through_refusals } => Box::pin(async move {
            let waited = match through_refusals {
                true => client.ready_through_refusals().await,
                false => client.ready().await,
            };
            waited.map(|()| json!(null)).map_err(|why| Failure::from(&why))
        }),
        Request::Refresh => Box::pin(async move {
            let readiness = client.refresh().await;
            readiness.map(|now| json!(now.as_str())).map_err(|why| Failure::from(&why))
        }),
        Request::SetContext { context } => Box::pin(async move {
            let set = client.set_context(attributes(&context, client.system())).await;
            set.map(|_| json!(null)).map_err(|why| Failure::from(&why))
        }),
        Request::SetApiKeys { keys } => Box::pin(async move {
            let readiness = client.set_api_keys(keys).await;
            readiness.map(|now| json!(now.as_str())).map_err(|why| Failure::from(&why))
        }),
        Request::SetHeaders { headers } => {
            let set = client.set_headers(headers);
            Box::pin(async move {
                set.await.map(|now| json!(now.as_str())).map_err(|why| Failure::from(&why))
            })
        }
        Request::Closed => Box::pin(async move {
            client.closed().await;
            Ok(json!(null))
        }),
        Request::Flush(TimeLimit { millis }) => Box::pin(async move {
            client.flushed(Duration::from_millis(millis)).await;
            Ok(json!(null))
        }),
        Request::Update { key, value, lock, until, api_key } => {
            let update = update(value, lock)?;
            let updates = match api_key {
                Some(key) => client.test_updates().with_api_key(&key).map_err(of_key)?,
                None => client.test_updates(),
            };
            Box::pin(async move {
                let sent = match until {
                    Until::Answered => updates.set(&key, update).await,
                    Until::Received => updates.set_and_wait(&key, update).await,
                };
                match sent {
                    Ok(Outcome::Accepted) => Ok(json!("accepted")),
                    Ok(Outcome::Unchanged) => Ok(json!("unchanged")),
                    Err(why) => Err(Failure::from(&why)),
                }
            })
        }
    })
}

fn of_key(why: KeyError) -> Failure {
    (&StartError::from(why)).into()
}

fn update(value: Option<JsonValue>, lock: Option<bool>) -> Result<Update, Failure> {
    let value = value.map(NewValue::try_from).transpose()?.map(Update::value);
    let lock = lock.map(|lock| if lock { Update::lock() } else { Update::unlock() });
    match (value, lock) {
        (Some(value), Some(lock)) => Ok(value.and(lock)),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (None, None) => Err(Failure::invalid("an update has a value, a lock, or both")),
    }
}
