#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod json;
mod look;
mod nearest;
mod node;
mod position;
mod scalar;
mod yaml;

#[cfg(test)]
mod tests;

pub use look::{Found, Look, Seen, Unreadable, read};
pub use nearest::nearest;
pub use node::{Content, Limits, Member, Node, quoted};
pub use position::{Position, SyntaxError};
