//! Parts of tests, each behind the cargo feature of its name.
#![deny(missing_docs)]

#[cfg(feature = "certificates")]
pub mod certificates;
#[cfg(feature = "folder")]
mod folder;
#[cfg(feature = "generators")]
pub mod generators;
#[cfg(feature = "json")]
pub mod json;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "table")]
pub mod table;
#[cfg(feature = "wait")]
pub mod wait;

#[cfg(feature = "log")]
pub use self::log::Log;
#[cfg(feature = "folder")]
pub use folder::Folder;
