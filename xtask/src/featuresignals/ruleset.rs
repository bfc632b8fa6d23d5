//! The recorded ruleset, as rows of the server's database.

use std::fs;

use serde::Deserialize;

use super::database::Database;
use crate::shell::root;

/// The recorded ruleset.
const STATE: &str = "conformance/data/imported/featuresignals-live/state-1.json";
/// The statements that write the rows.
const STATEMENTS: &str = include_str!("ruleset.sql");
/// The mark that encloses the ruleset in SQL.
const QUOTE: &str = "$ruleset$";
/// The length of the part of an API key that the server stores as text.
const PREFIX_LENGTH: usize = 12;

/// A recorded ruleset.
pub(super) struct Ruleset {
    text: String,
    /// The slug of the environment.
    pub(super) environment: String,
}

impl Ruleset {
    /// Reads the recorded ruleset.
    pub(super) fn read() -> Result<Self, String> {
        #[derive(Deserialize)]
        struct State {
            environment: String,
        }
        let failed = |why: &dyn std::fmt::Display| format!("{STATE}: {why}");
        let text = fs::read_to_string(root().join(STATE)).map_err(|why| failed(&why))?;
        let state: State = serde_json::from_str(&text).map_err(|why| failed(&why))?;
        Ok(Self { text, environment: state.environment })
    }

    /// Writes the ruleset into the database, with an organisation, a project, an environment and an API key. PostgreSQL reads the JSON, so
    /// that numbers keep their text.
    pub(super) fn write(
        &self,
        database: &Database,
        api_key: &str,
        key_hash: &str,
    ) -> Result<(), String> {
        let Self { text, environment } = self;
        if text.contains(QUOTE) {
            return Err(format!("{STATE} contains {QUOTE}, which encloses it in SQL"));
        }
        let prefix = api_key.get(..PREFIX_LENGTH).unwrap_or(api_key);
        let input = format!(
            "CREATE TEMPORARY TABLE input AS SELECT {QUOTE}{text}{QUOTE}::JSON AS ruleset,\n\
             {QUOTE}{environment}{QUOTE} AS environment, '{key_hash}' AS key_hash, '{prefix}' AS key_prefix;\n"
        );
        database.sql(&format!("{input}{STATEMENTS}")).map(|_| ())
    }
}
