//! Conversations: scripts and what the session did, written as files. The session in TypeScript replays them and must do the same
//! (`bindings/web/equality/README.md`, which defines the form).

#[cfg(not(target_family = "wasm"))]
mod choose;
#[cfg(not(target_family = "wasm"))]
mod committed;
#[cfg(not(target_family = "wasm"))]
mod files;
mod form;
#[cfg(not(target_family = "wasm"))]
mod origin;
mod record;
#[cfg(mutants)]
mod replay;
mod shown;
#[cfg(not(target_family = "wasm"))]
mod traits;

pub use form::Conversation;
pub use record::Recorder;
