//! The objects of the program besides clients.

use std::sync::Arc;

use fh_binding::operations::Object;

use crate::failure::NativeError;
use crate::function::NativeFunction;
use crate::operation::NativeOperation;
use crate::panics::{answered, attempted};

/// An object of the program, such as overrides or an Edge in memory.
#[derive(uniffi::Object)]
pub(crate) struct NativeObject(Object);

#[uniffi::export]
impl NativeObject {
    /// Makes the object of a request, such as `{"new": "edge"}`.
    #[uniffi::constructor]
    fn make(request: &str) -> Result<Self, NativeError> {
        attempted(|| Ok(Self(Object::of(request)?)))
    }

    /// Performs an operation of the object, and returns its answer as JSON.
    fn perform(&self, request: &str) -> String {
        answered(|| self.0.perform(request))
    }

    /// Begins an operation of the object that ends later. `done` gets the answer as JSON.
    fn begin(
        &self,
        request: &str,
        done: Arc<dyn NativeFunction>,
    ) -> Result<NativeOperation, NativeError> {
        attempted(|| Ok(NativeOperation::begin(self.0.begin(request)?, done)))
    }
}

/// Returns the object at a position of a list, which descriptions have as its number.
pub(crate) fn numbered(objects: &[Arc<NativeObject>], number: i64) -> Option<Object> {
    objects.get(usize::try_from(number).ok()?).map(|object| object.0.clone())
}
