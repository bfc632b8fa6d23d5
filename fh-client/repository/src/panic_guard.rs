//! Calls of user code whose panics are caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The error for user code that panicked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panicked;

/// Calls user code and catches its panics. On platforms where panics abort the program, such as browsers, panics still abort it.
pub(crate) fn catch_panic<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        // The payload of the panic may itself panic when it is dropped, so the payload is leaked.
        std::mem::forget(payload);
        Panicked
    })
}
