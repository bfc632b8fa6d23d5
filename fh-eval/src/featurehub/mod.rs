//! FeatureHub's JSON. Only here does it exist; everything below works on compiled features.

mod compile;
mod document;
mod hot;
mod member;
mod notes;
mod patterns;
mod rule;
mod value;
pub mod wire;

pub use compile::{Compiler, HashIds};
pub use document::{Document, Environment, ParseError, event_data};
