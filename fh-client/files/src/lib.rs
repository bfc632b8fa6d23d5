#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod builder;
mod change_detector;
mod json;
mod mistakes;
mod node;
mod parse;
mod position;
mod scalar;
mod similar_file;
mod text;
mod yaml;

#[cfg(test)]
mod tests;

pub use fh_eval::internal::closest;

pub use change_detector::{ChangeDetector, FileChange, FileContent, Unreadable, read};
pub use node::{Content, Limits, Member, Node, quoted};
pub use position::{Position, SyntaxError};
pub use similar_file::similar_file;
pub use text::{is_utf16, without_mark};
