//! Panics, which end at the border to Swift.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fh_binding::operations::{Answer, Failure, written};

use crate::failure::NativeError;

/// Calls a function that cannot fail. A panic is logged, and the answer is `otherwise`.
pub(crate) fn guarded<Answer>(otherwise: Answer, call: impl FnOnce() -> Answer) -> Answer {
    caught(call).unwrap_or_else(|text| {
        tracing::error!("the library failed: {text}");
        otherwise
    })
}

/// Calls a function that may fail. A panic is a failure, too.
pub(crate) fn attempted<Answer>(
    call: impl FnOnce() -> Result<Answer, NativeError>,
) -> Result<Answer, NativeError> {
    caught(call).unwrap_or_else(|text| {
        tracing::error!("the library failed: {text}");
        Err(NativeError::of(&format_args!("the library failed: {text}")))
    })
}

/// Performs an operation, and returns its answer as JSON. A panic is a failure of the operation.
pub(crate) fn answered(perform: impl FnOnce() -> Answer) -> String {
    let answer = caught(perform);
    written(answer.unwrap_or_else(|text| {
        tracing::error!("the library failed: {text}");
        Err(Failure::invalid(format!("the library failed: {text}")))
    }))
}

/// Calls a function, and returns the text of its panic.
fn caught<Answer>(call: impl FnOnce() -> Answer) -> Result<Answer, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(ToString::to_string);
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        text.unwrap_or_else(|| "a panic without a text".to_string())
    })
}
