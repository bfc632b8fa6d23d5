//! The JSON Schema of state files, for editors. It checks less than the reader, because a schema cannot check references to the features
//! and environments of a file, nor values against the type of a feature.

/// The format of state files, which is in the name of their schema.
pub const STATE_FORMAT: u8 = 1;

/// The name of the schema as a file beside a state file.
pub const STATE_SCHEMA_FILE: &str = "state-1.schema.json";

/// The schema.
pub const STATE_SCHEMA: &str = include_str!("../../schema/state-1.schema.json");
