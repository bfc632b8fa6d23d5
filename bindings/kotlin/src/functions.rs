//! The functions of the program, which are objects of the package's class `Callback`.

use fh_binding::callbacks::Decides;
use fh_binding::operations::{self, intercepted};
use fh_client::{Failed, InterceptedRead, Value};
use jni_sys::{jobject, jvalue};

use crate::classes::attached;
use crate::env::{Env, Global};

/// A function of the program.
pub(crate) struct Function(Global);

pub(crate) type Registry = fh_binding::callbacks::Registry<Function>;
pub(crate) type ConstructorCallbacks = fh_binding::callbacks::ConstructorCallbacks<Function>;
pub(crate) type Registered = operations::Registered<Function>;

impl Function {
    pub(crate) fn of(env: Env<'_>, object: jobject) -> Option<Self> {
        if object.is_null() {
            return None;
        }
        env.global(object).map(Self)
    }

    /// Returns a function that Java keeps.
    pub(crate) fn weak(env: Env<'_>, object: jobject) -> Option<Self> {
        if object.is_null() {
            return None;
        }
        env.weak(object).map(Self)
    }

    pub(crate) const fn object(&self) -> &Global {
        &self.0
    }
}

impl Decides for Function {
    /// Calls `Bridge.decide` on this thread, which reads. It returns the decision as JSON, null to leave it to the next interceptor, or a
    /// text without a value if the function has thrown, which Java has reported.
    fn decide(&self, read: &InterceptedRead<'_>) -> Result<Option<Option<Value>>, Failed> {
        let Some((classes, env)) = attached() else { return Ok(None) };
        let text = env.text(&intercepted(read).to_string());
        let arguments = [jvalue { l: self.0.raw() }, jvalue { l: text }];
        let decision = classes.decide(env, &arguments);
        env.delete_local(text);
        let json = env.string(decision);
        env.delete_local(decision);
        if env.check().is_err() {
            env.clear_exception();
            return Err(Failed);
        }
        json.map(|json| operations::decision(&json)).transpose()
    }
}
