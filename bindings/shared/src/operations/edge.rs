//! The operations of an Edge in memory.

use fh_client::NewValue;
use fh_client::testing::{Fault, MemoryEdge, SeenKind, SeenRequest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Failure};
use super::later::Later;
use super::value::JsonValue;

/// A request for an Edge in memory. The variants have the names of its functions.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Request {
    Set { key: String, value: JsonValue },
    SetMember { key: String, member: String, json: String },
    SetStrategies { key: String, json: String },
    Put { json: String },
    Lock(Key),
    Unlock(Key),
    Delete(Key),
    Get(Key),
    FailNext(NextFault),
    Fail(NextFault),
    Heal,
    RefuseUpdates { status: u16, reason: String },
    BreakStreams,
    Bye,
    SendEvent { name: String, data: String },
    Requests,
    Streams,
}

/// The members of several requests stand once, because serde generates the code that reads them for each variant that lists them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NextFault {
    fault: FaultName,
}

/// A request for an operation that ends later.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum LaterRequest {
    Delivered,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum FaultName {
    Status(u16, Vec<(String, String)>),
    Connect,
    Tls,
    Break,
    Silence,
}

impl TryFrom<FaultName> for Fault {
    type Error = Failure;

    fn try_from(fault: FaultName) -> Result<Self, Failure> {
        Ok(match fault {
            FaultName::Status(status, headers) => Self::StatusWith(checked(status)?, headers),
            FaultName::Connect => Self::Connect,
            FaultName::Tls => Self::Tls,
            FaultName::Break => Self::Break,
            FaultName::Silence => Self::Silence,
        })
    }
}

fn checked(status: u16) -> Result<u16, Failure> {
    match status {
        100..600 => Ok(status),
        _ => Err(Failure::invalid("a status is a number from 100 to 599")),
    }
}

fn tree(json: &str) -> Result<Value, Failure> {
    Ok(serde_json::from_str(json)?)
}

pub(super) fn perform(edge: &MemoryEdge, request: &str) -> Answer {
    Ok(match serde_json::from_str(request)? {
        Request::Set { key, value: JsonValue::Json(text) } => {
            json!(edge.set_json(&key, &tree(&text)?))
        }
        Request::Set { key, value } => json!(edge.set(&key, NewValue::try_from(value)?)),
        Request::SetMember { key, member, json: text } => {
            json!(edge.set_member(&key, &member, &tree(&text)?))
        }
        Request::SetStrategies { key, json: text } => {
            json!(edge.set_strategies(&key, &tree(&text)?))
        }
        Request::Put { json: text } => {
            let feature: Map<String, Value> = serde_json::from_str(&text)?;
            json!(edge.put(feature))
        }
        Request::Lock(Key { key }) => json!(edge.lock(&key)),
        Request::Unlock(Key { key }) => json!(edge.unlock(&key)),
        Request::Delete(Key { key }) => json!(edge.delete(&key)),
        Request::Get(Key { key }) => {
            json!(edge.get(&key).map(|feature| Value::Object(feature).to_string()))
        }
        Request::FailNext(NextFault { fault }) => json!(edge.fail_next(fault.try_into()?)),
        Request::Fail(NextFault { fault }) => json!(edge.fail(fault.try_into()?)),
        Request::Heal => json!(edge.heal()),
        Request::RefuseUpdates { status, reason } => {
            json!(edge.refuse_updates(checked(status)?, &reason))
        }
        Request::BreakStreams => json!(edge.break_streams()),
        Request::Bye => json!(edge.bye()),
        Request::SendEvent { name, data } => json!(edge.send_event(&name, &data)),
        Request::Requests => edge.requests().iter().map(seen).collect(),
        Request::Streams => json!(edge.streams()),
    })
}

pub(super) fn begin(edge: &MemoryEdge, request: &str) -> Result<Later, Failure> {
    let LaterRequest::Delivered = serde_json::from_str(request)?;
    let edge = edge.clone();
    Ok(Box::pin(async move {
        edge.delivered().await;
        Ok(json!(null))
    }))
}

fn seen(request: &SeenRequest) -> Value {
    json!({
        "kind": match request.kind {
            SeenKind::Poll => "poll",
            SeenKind::Stream => "stream",
            SeenKind::Update => "update",
        },
        "target": request.target,
        "headers": request.headers,
        "body": request.body,
    })
}
