//! Converts values of a document to the type of a feature.

use fh_eval::internal::{not_json, with_json_advice};
use fh_eval::{Kind, Number};
use fh_files::{Content, Node};
use serde::de::IgnoredAny;

use super::part::shown;
use crate::state::Json;

/// The error for a value that does not have the feature's type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    /// The message of the error, without the position and path of the value.
    pub(super) what: String,
    /// The value that replaces the wrong value in a file of another form than this project's state files. `None` is null.
    pub(super) taken: Option<Json>,
}

/// Converts a node to a value of this type. `None` is null, which a BOOLEAN cannot be. The value of a JSON feature is a text that is empty
/// or whose content is a JSON document. A file may contain either that text or, unless the document is a string, the document itself.
pub(super) fn typed(kind: Kind, node: &Node) -> Result<Option<Json>, Mismatch> {
    match kind {
        Kind::Boolean => boolean(node).map(Some),
        Kind::Number => number(node),
        Kind::Json => json(node),
        _ => string(node),
    }
}

fn boolean(node: &Node) -> Result<Json, Mismatch> {
    let is_true = match &node.content {
        Content::Bool(value) => return Ok(Json::boolean(*value)),
        Content::Text(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    };
    let meant = match &*node.to_json().trim_matches('"').to_ascii_lowercase() {
        "true" | "yes" | "y" | "on" | "1" | "enabled" => ": write true, without quotes",
        "false" | "no" | "n" | "off" | "0" | "disabled" => ": write false, without quotes",
        _ => "",
    };
    let what = format!("a BOOLEAN is true or false, not {}{meant}", shown(node));
    Err(Mismatch { what, taken: Some(Json::boolean(is_true)) })
}

fn number(node: &Node) -> Result<Option<Json>, Mismatch> {
    let (what, taken) = match &node.content {
        Content::Null => return Ok(None),
        Content::Number(digits) => match Json::parse(digits) {
            Ok(number) if number.is_finite_number() => return Ok(Some(number)),
            _ => {
                let what = format!("a NUMBER is at most about 1.8e308, not {}", shown(node));
                return Err(Mismatch { what, taken: None });
            }
        },
        Content::Text(text) if Number::parse(text).is_some() => {
            let bare = text.trim_start_matches('+');
            (format!("a NUMBER is written without quotes: write {bare}"), Json::parse(text).ok())
        }
        _ => (format!("a NUMBER is a decimal number such as 9.95, not {}", shown(node)), None),
    };
    Err(Mismatch { what, taken })
}

fn string(node: &Node) -> Result<Option<Json>, Mismatch> {
    match &node.content {
        Content::Null => Ok(None),
        Content::Text(text) => Ok(Some(Json::text(text))),
        Content::Number(_) | Content::Bool(_) => Err(Mismatch {
            what: format!("a STRING is a text: put it in quotes, as in \"{}\"", shown(node)),
            taken: Some(Json::text(&node.to_json())),
        }),
        Content::List(_) | Content::Map(_) => Err(Mismatch {
            what: format!("a STRING is a text, not {}", shown(node)),
            taken: Some(Json::text(&node.to_json())),
        }),
    }
}

fn json(node: &Node) -> Result<Option<Json>, Mismatch> {
    match &node.content {
        Content::Null => Ok(None),
        Content::Text(text) => {
            let taken = Some(Json::text(text));
            match serde_json::from_str::<IgnoredAny>(text) {
                Ok(_) => Ok(taken),
                // An empty text is allowed, because a PUT can set it as well (D-106).
                Err(_) if text.is_empty() => Ok(taken),
                Err(error) => {
                    let why = with_json_advice(&not_json(text, &error));
                    let what = format!(
                        "this text is not JSON: {why}; or write the document as YAML, without quotes around it"
                    );
                    Err(Mismatch { what, taken })
                }
            }
        }
        _ => Ok(Some(Json::text(&node.to_json()))),
    }
}

#[cfg(test)]
mod tests {
    use fh_files::Limits;

    use super::*;

    /// Returns the value, or `! error | value that is used instead`.
    fn said(kind: Kind, yaml: &str) -> String {
        let shown =
            |json: Option<Json>| json.map_or("-".to_owned(), |json| json.as_str().to_owned());
        match typed(kind, &Node::parse(yaml, &Limits::default()).unwrap()) {
            Ok(value) => shown(value),
            Err(Mismatch { what, taken }) => format!("! {what} | {}", shown(taken)),
        }
    }

    #[test]
    fn values_are_of_their_type() {
        for (kind, yaml, expected) in [
            (Kind::Boolean, "true", "true"),
            (Kind::Boolean, "False", "false"),
            (
                Kind::Boolean,
                "'TRUE'",
                "! a BOOLEAN is true or false, not \"TRUE\": write true, without quotes | true",
            ),
            (
                Kind::Boolean,
                "yes",
                "! a BOOLEAN is true or false, not \"yes\": write true, without quotes | false",
            ),
            (
                Kind::Boolean,
                "1",
                "! a BOOLEAN is true or false, not 1: write true, without quotes | false",
            ),
            (Kind::Boolean, "~", "! a BOOLEAN is true or false, not nothing | false"),
            (Kind::Boolean, "[true]", "! a BOOLEAN is true or false, not a list | false"),
            (Kind::Number, "7.50", "7.50"),
            (Kind::Number, "9007199254740993", "9007199254740993"),
            (Kind::Number, "+.5", "0.5"),
            (Kind::Number, "1e400", "! a NUMBER is at most about 1.8e308, not 1e400 | -"),
            (Kind::Number, "-1.8e308", "! a NUMBER is at most about 1.8e308, not -1.8e308 | -"),
            (Kind::Number, "1.7e308", "1.7e308"),
            (Kind::Number, "1e-400", "1e-400"),
            (Kind::Json, "{a: 1e400}", r#""{\"a\":1e400}""#),
            (Kind::Json, "'[1e400]'", "\"[1e400]\""),
            (Kind::Number, "~", "-"),
            (Kind::Number, "'7.50'", "! a NUMBER is written without quotes: write 7.50 | 7.50"),
            (Kind::Number, "'+7'", "! a NUMBER is written without quotes: write 7 | -"),
            (
                Kind::Number,
                "seven",
                "! a NUMBER is a decimal number such as 9.95, not \"seven\" | -",
            ),
            (Kind::Number, "true", "! a NUMBER is a decimal number such as 9.95, not true | -"),
            (Kind::Number, ".inf", "! a NUMBER is a decimal number such as 9.95, not \".inf\" | -"),
            (Kind::String, "NO", "\"NO\""),
            (Kind::String, "''", "\"\""),
            (Kind::String, "", "-"),
            (
                Kind::String,
                "1.10",
                "! a STRING is a text: put it in quotes, as in \"1.10\" | \"1.10\"",
            ),
            (
                Kind::String,
                "true",
                "! a STRING is a text: put it in quotes, as in \"true\" | \"true\"",
            ),
            (Kind::String, "{a: 1}", "! a STRING is a text, not a map | \"{\\\"a\\\":1}\""),
            (Kind::Json, "{a: [1.50, NO]}", r#""{\"a\":[1.50,\"NO\"]}""#),
            (Kind::Json, "[]", "\"[]\""),
            (Kind::Json, "'{\"a\": 1}'", r#""{\"a\": 1}""#),
            (Kind::Json, "5", "\"5\""),
            (Kind::Json, "''", "\"\""),
            (Kind::Json, "~", "-"),
            (
                Kind::Json,
                "'{a: 1}'",
                "! this text is not JSON: key must be a string at line 1 column 2: write the name in double quotes; or write the document as YAML, without quotes around it | \"{a: 1}\"",
            ),
        ] {
            assert_eq!(said(kind, yaml), expected, "{kind} {yaml}");
        }
    }
}
