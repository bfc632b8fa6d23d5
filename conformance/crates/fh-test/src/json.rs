//! JSON values whose numbers keep their text. `5.0` and `5` are different inputs to an evaluator, so the suite's data must never pass
//! through a double. The reference evaluator's reader reads them.

use std::fmt;

use fh_reference_featurehub::Unreadable;
use fh_reference_featurehub::json::Token;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, unescaped.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object. Its members are in the order of the text, duplicates included.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a document.
    ///
    /// # Errors
    /// If the text is not JSON, or if a string contains an unpaired surrogate.
    pub fn parse(text: &str) -> Result<Json, Unreadable> {
        if text.starts_with('\u{feff}') {
            return Err(Unreadable {
                what: "a byte-order mark before the JSON document".to_owned(),
            });
        }
        Json::of(Token::parse(text)?)
    }

    fn of(token: Token<'_>) -> Result<Json, Unreadable> {
        if let Some(entries) = token.entries() {
            let members = entries.into_iter();
            let members =
                members.map(|(name, value)| Ok::<_, Unreadable>((string(name)?, Json::of(value)?)));
            return Ok(Json::Object(members.collect::<Result<_, _>>()?));
        }
        if let Some(elements) = token.elements() {
            return Ok(Json::List(elements.into_iter().map(Json::of).collect::<Result<_, _>>()?));
        }
        Ok(match (token.boolean(), token.number()) {
            (Some(value), _) => Json::Bool(value),
            (None, Some(number)) => Json::Number(number.to_owned()),
            (None, None) if token.is_null() => Json::Null,
            (None, None) => Json::Text(string(token)?),
        })
    }

    /// Returns the member of this name; the last one if there are several.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        let members = self.members().iter().rev();
        members.filter(|(key, _)| key == name).map(|(_, value)| value).next()
    }

    /// Returns the members of an object; an empty slice for any other value.
    #[must_use]
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// Returns the elements of a list; an empty slice for any other value.
    #[must_use]
    pub fn elements(&self) -> &[Json] {
        match self {
            Json::List(elements) => elements,
            _ => &[],
        }
    }

    /// Returns the text of a string.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value of a number that is written without point and exponent.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Json::Number(token) => token.parse().ok(),
            _ => None,
        }
    }

    /// Returns the value of `true` or `false`.
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Json::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns true if the value is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self == Json::Null
    }

    /// Returns an object with these members.
    pub fn object<N: Into<String>>(members: impl IntoIterator<Item = (N, Json)>) -> Json {
        let members = members.into_iter();
        Json::Object(members.map(|(name, value)| (name.into(), value)).collect())
    }

    /// Returns an integer.
    pub fn number(number: impl Into<i128>) -> Json {
        Json::Number(number.into().to_string())
    }

    /// Returns a text of several lines, indented by two blanks per level. Values that fit into 80 characters stay on one line.
    #[must_use]
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write_pretty(&mut out, 0);
        out
    }

    fn write_pretty(&self, out: &mut String, depth: usize) {
        const SHORT: usize = 80;
        let line = self.to_string();
        let is_container = matches!(self, Json::List(_) | Json::Object(_));
        if !is_container || line.len() + 2 * depth <= SHORT {
            out.push_str(&line);
            return;
        }
        let indent = |out: &mut String, depth: usize| {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
        };
        let is_list = matches!(self, Json::List(_));
        out.push(if is_list { '[' } else { '{' });
        for (index, element) in self.elements().iter().enumerate() {
            out.push_str(if index == 0 { "" } else { "," });
            indent(out, depth + 1);
            element.write_pretty(out, depth + 1);
        }
        for (index, (name, value)) in self.members().iter().enumerate() {
            out.push_str(if index == 0 { "" } else { "," });
            indent(out, depth + 1);
            out.push_str(&quoted(name));
            out.push_str(": ");
            value.write_pretty(out, depth + 1);
        }
        indent(out, depth);
        out.push(if is_list { ']' } else { '}' });
    }
}

impl fmt::Display for Json {
    /// Writes one line, with a blank after commas and colons as in the data files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(token) => f.write_str(token),
            Json::Text(text) => f.write_str(&quoted(text)),
            Json::List(elements) => {
                f.write_str("[")?;
                for (index, element) in elements.iter().enumerate() {
                    write!(f, "{}{element}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    let comma = if index == 0 { " " } else { ", " };
                    write!(f, "{comma}{}: {value}", quoted(name))?;
                }
                f.write_str(if members.is_empty() { "}" } else { " }" })
            }
        }
    }
}

/// Returns the text of a string token.
fn string(token: Token<'_>) -> Result<String, Unreadable> {
    let unpaired = || Unreadable { what: format!("{} has an unpaired surrogate", token.text()) };
    token.exact_string().ok_or_else(unpaired)
}

/// Returns the JSON token of a string.
#[must_use]
pub fn quoted(text: &str) -> String {
    // Serialising a string cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::Text(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Json {
        value.map_or(Json::Null, Into::into)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(values: Vec<T>) -> Json {
        Json::List(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn keeps_tokens_order_and_duplicates() {
        let text = r#"{ "b": [5.0, 1e400, -0], "a": "é\n\"", "a": null, "c": {}, "d": [] }"#;
        let json = Json::parse(text).unwrap();
        assert_eq!(json.to_string(), text);
        assert_eq!(json.get("a"), Some(&Json::Null));
        assert!(Json::parse("[1,]").is_err());
        assert!(Json::parse(r#"{"a": [1, "\ud800"]}"#).is_err());
        assert!(Json::parse(r#"{"\ud800": 1}"#).is_err());
        assert!(Json::parse("\u{feff}1").is_err());
    }

    #[test]
    fn pretty_breaks_only_what_is_long() {
        let long = Json::Object(vec![
            ("a".into(), Json::Text("x".repeat(70))),
            ("b".into(), Json::List(vec![Json::number(1), Json::number(2)])),
        ]);
        let expected = format!("{{\n  \"a\": \"{}\",\n  \"b\": [1, 2]\n}}", "x".repeat(70));
        assert_eq!(long.pretty(), expected);
        assert_eq!(Json::parse(&long.pretty()).unwrap(), long);
    }
}
