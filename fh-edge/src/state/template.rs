//! An example of a state file.

/// An example of a state file, with comments. Replace its environment ids and the keys CLIENT*KEY, SERVER-KEY and TESTS*KEY before using
/// it.
pub const TEMPLATE: &str = include_str!("template.yaml");
