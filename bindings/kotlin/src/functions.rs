//! The functions of the program, which are objects of the package's class `Callback`.

use fh_binding::callbacks::{Callback, Decides, Pump};
use fh_binding::operations::JsonValue;
use fh_client::{Failed, InterceptedRead, Value};
use jni_sys::{jobject, jvalue};
use serde_json::json;

use crate::classes::attached;
use crate::env::{Env, Global};
use crate::jobs::{Job, PUMP};

/// A function of the program.
pub(crate) struct Function(Global);

pub(crate) type Registry = fh_binding::callbacks::Registry<Function>;
pub(crate) type ConstructorCallbacks = fh_binding::callbacks::ConstructorCallbacks<Function>;
pub(crate) type Registered = fh_binding::operations::Registered<Function>;

impl Function {
    pub(crate) fn of(env: Env<'_>, object: jobject) -> Option<Self> {
        if object.is_null() {
            return None;
        }
        env.global(object).map(Self)
    }

    pub(crate) const fn object(&self) -> &Global {
        &self.0
    }
}

impl Callback for Function {
    type Job = Job;

    fn pump() -> &'static Pump<Job> {
        &PUMP
    }
}

impl Decides for Function {
    /// Calls `Bridge.decide` on this thread, which reads. It returns the decision as JSON, null to leave it to the next interceptor, or a
    /// text without a value if the function has thrown, which Java has reported.
    fn decide(&self, read: &InterceptedRead<'_>) -> Result<Option<Option<Value>>, Failed> {
        let Some((classes, env)) = attached() else { return Ok(None) };
        let text = env.text(&described(read));
        let arguments = [jvalue { l: self.0.raw() }, jvalue { l: text }];
        let decision = env.call_static_object(classes.bridge.raw(), classes.decide.0, &arguments);
        env.delete_local(text);
        let json = env.string(decision);
        env.delete_local(decision);
        if env.check().is_err() {
            env.clear_exception();
            return Err(Failed);
        }
        let Some(json) = json else { return Ok(None) };
        let value: JsonValue = serde_json::from_str(&json).map_err(|_| Failed)?;
        value.try_into().map(Some).map_err(|_| Failed)
    }
}

/// Returns a read as JSON.
fn described(read: &InterceptedRead<'_>) -> String {
    let attributes = read.attributes.map(|own| {
        let values = own.iter().map(|(name, values)| (name, json!(values.collect::<Vec<_>>())));
        values.map(|(name, values)| (name.to_string(), values)).collect::<serde_json::Map<_, _>>()
    });
    json!({
        "key": read.key,
        "kind": read.feature.and_then(|feature| feature.kind()).map(fh_client::Kind::as_str),
        "exists": read.feature.is_some(),
        "isLocked": read.feature.is_some_and(|feature| feature.is_locked()),
        "version": read.feature.map_or(-1, |feature| feature.version()),
        "attributes": attributes,
    })
    .to_string()
}
