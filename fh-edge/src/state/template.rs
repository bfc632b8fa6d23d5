//! An example of a state file.

/// An example of a state file, with comments. The reader has to replace its environment ids and the keys CLIENT*KEY, SERVER-KEY and
/// TESTS*KEY before using the file.
pub const TEMPLATE: &str = include_str!("template.yaml");
