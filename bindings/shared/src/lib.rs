//! What the bindings for other languages share, so that it is written once: the [settings] of a client and their document, the
//! [callbacks] of a program with the queue from which threads of the other language take the calls, the [operations] that cross as JSON, the
//! [packed] details and attributes, contexts that are made [late](late_context), the [http] of the platform, the [lifecycle] of apps, and the [logs]. Nothing here knows another language.
//!
//! `docs/reference/client-settings.md` shows the settings as programs see them.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod callbacks;
pub mod http;
pub mod language;
pub mod late_context;
pub mod lifecycle;
pub mod logs;
pub mod operations;
pub mod packed;
pub mod process;
pub mod settings;

#[cfg(test)]
mod lists;
