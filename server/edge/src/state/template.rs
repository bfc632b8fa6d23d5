//! An example of a state file.

/// An example of a state file, with comments. Its environment ids and the keys CLIENT*KEY, SERVER-KEY and TESTS*KEY are placeholders.
pub const TEMPLATE: &str = include_str!("template.yaml");
