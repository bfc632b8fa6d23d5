//! Parses a text as JSON if it is a JSON list or object, otherwise as YAML.

use std::sync::Arc;

use crate::node::{Limits, Node};
use crate::position::SyntaxError;
use crate::{json, yaml};

impl Node {
    /// Reads a text that holds at most one document. A text without a document gives null.
    ///
    /// YAML 1.2 is read with its core schema: `true`, `True` and `TRUE` are booleans; `yes`, `on`, `NO` and `1_000` are texts. Numbers
    /// keep their digits, except where JSON has no such notation (for example `+5`, `.5`, `007` and `0x1F`). A JSON list or object is read
    /// by the rules of JSON.
    ///
    /// ```
    /// use fh_files::{Limits, Node};
    /// let root = Node::parse("price: 17.30\ncountry: NO\n", &Limits::default())?;
    /// assert_eq!(root.to_json(), r#"{"price":17.30,"country":"NO"}"#);
    /// assert_eq!(root.get("country").unwrap().position.line, 2);
    /// # Ok::<(), fh_files::SyntaxError>(())
    /// ```
    ///
    /// # Errors
    /// Returns [`SyntaxError`] if the text is not YAML; if a JSON text contains an escaped lone surrogate; if a name occurs twice in a map,
    /// or is a list, a map, an alias or a merge key (`<<` without quotes); if the tag of a value is neither `!` nor a known tag of the core schema, or does not fit its value;
    /// if an alias refers to a list or map that contains the alias; if there are several documents; or if a limit is exceeded.
    pub fn parse(text: &str, limits: &Limits) -> Result<Arc<Self>, SyntaxError> {
        match json::checked(text) {
            Some(json) => json::read(json, *limits),
            None => yaml::read(text, *limits),
        }
    }
}
