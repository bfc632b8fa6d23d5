//! The functions of the program, which are objects of Swift.

use std::sync::Arc;

use fh_binding::callbacks::{Callback, Decides, Pump};
use fh_binding::operations::JsonValue;
use fh_client::{Failed, InterceptedRead, Kind, Value};
use serde_json::{Map, json};

use crate::job::{Job, PUMP};

/// A function of the program.
#[uniffi::export(with_foreign)]
pub(crate) trait NativeFunction: Send + Sync {
    /// Calls the function with an event as JSON. Returns false if the function has thrown an error.
    fn call(&self, event: String) -> bool;

    /// Calls an interceptor on the thread that reads. Returns its value as JSON, nothing to leave the decision to the next interceptor, or a
    /// text without a value if the function has thrown an error.
    fn decide(&self, read: String) -> Option<String>;
}

/// A function of the program, as the callbacks of the bindings keep it.
pub(crate) struct Function(pub(crate) Arc<dyn NativeFunction>);

pub(crate) type Registry = fh_binding::callbacks::Registry<Function>;
pub(crate) type ConstructorCallbacks = fh_binding::callbacks::ConstructorCallbacks<Function>;
pub(crate) type Registered = fh_binding::operations::Registered<Function>;

impl Callback for Function {
    type Job = Job;

    fn pump() -> &'static Pump<Job> {
        &PUMP
    }
}

impl Decides for Function {
    fn decide(&self, read: &InterceptedRead<'_>) -> Result<Option<Option<Value>>, Failed> {
        let Some(decision) = self.0.decide(described(read)) else { return Ok(None) };
        let value: JsonValue = serde_json::from_str(&decision).map_err(|_| Failed)?;
        value.try_into().map(Some).map_err(|_| Failed)
    }
}

/// Returns a read as JSON.
fn described(read: &InterceptedRead<'_>) -> String {
    let attributes = read.attributes.map(|own| {
        let values =
            own.iter().map(|(name, values)| (name.to_string(), json!(values.collect::<Vec<_>>())));
        values.collect::<Map<_, _>>()
    });
    json!({
        "key": read.key,
        "kind": read.feature.and_then(|feature| feature.kind()).map(Kind::as_str),
        "exists": read.feature.is_some(),
        "isLocked": read.feature.is_some_and(|feature| feature.is_locked()),
        "version": read.feature.map_or(-1, |feature| feature.version()),
        "attributes": attributes,
    })
    .to_string()
}
