//! FeatureHub's JSON: reading payloads and compiling them. The rest of the crate works on compiled features only.

mod compile;
mod diagnostics;
mod document;
mod fast_path;
mod member;
mod patterns;
mod payload;
mod rule;
mod value;
mod visible_change;
#[doc(hidden)]
pub mod wire;

#[doc(hidden)]
pub use compile::Compilation;
pub use compile::{Compiler, HashIds};
pub use document::{Document, Environment, ParseError};
pub use visible_change::is_visible_change;
