//! Errors of commands, and panics of the client.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::protocol::{CommandError, ErrorCode};

/// The outcome of a command.
pub(super) type Outcome<T> = Result<T, CommandError>;

/// Returns the error for a failure of the client.
pub(super) fn sdk(message: impl Display) -> CommandError {
    CommandError { code: ErrorCode::Sdk, message: message.to_string() }
}

/// Returns the error for an operation of a capability that the client lacks.
pub(super) fn unsupported(message: impl Display) -> CommandError {
    CommandError { code: ErrorCode::Unsupported, message: message.to_string() }
}

/// Returns the error for a command that the adapter cannot perform.
pub(super) fn adapter(message: impl Display) -> CommandError {
    CommandError { code: ErrorCode::Adapter, message: message.to_string() }
}

/// Calls a function. Returns the message of its panic as an error.
pub(super) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    // A client that has panicked is used again only as any program would use it.
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        format!("panicked: {}", message.unwrap_or("without a message"))
    })
}

/// Returns a panic as an error of the client.
pub(super) fn flattened<T>(outcome: Result<Outcome<T>, String>) -> Outcome<T> {
    outcome.unwrap_or_else(|panic| Err(sdk(panic)))
}
