//! The server behind `fh serve`: its settings, its log and its operation.

pub(crate) mod announcement;
pub(crate) mod check;
pub(crate) mod exposed;
pub(crate) mod log_queue;
pub(crate) mod logs;
pub(crate) mod origin;
pub(crate) mod secrets;
pub(crate) mod server;
pub(crate) mod settings;
pub(crate) mod signals;
pub(crate) mod source_error;
pub(crate) mod standard_streams;
pub(crate) mod start_line;
pub(crate) mod state_url;
