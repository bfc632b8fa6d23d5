//! The functions of the program, which are objects of Swift.

use std::sync::Arc;

use fh_binding::callbacks::Decides;
use fh_binding::operations::{decision, intercepted};
use fh_client::{Failed, InterceptedRead, Value};

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

impl Decides for Function {
    fn decide(&self, read: &InterceptedRead<'_>) -> Result<Option<Option<Value>>, Failed> {
        let decided = self.0.decide(intercepted(read).to_string());
        decided.map(|json| decision(&json)).transpose()
    }
}
