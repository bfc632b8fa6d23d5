//! Calling code that is not ours.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// It panicked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panicked;

/// Calls code of the user's, and survives its panics. Where panics abort the program, as in browsers, they do.
pub(crate) fn isolated<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| {
        // Whatever it panicked with may panic when it is dropped. That memory is the smaller loss.
        std::mem::forget(payload);
        Panicked
    })
}
