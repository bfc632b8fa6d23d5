//! A YAML document as a tree that forgets nothing a person wrote: where each part stands, and the digits of each number.
//!
//! The parser is saphyr's; what it is bounded by is in `assembly`, what scalars mean in `scalar`.

mod assembly;
mod scalar;

use std::fmt;
use std::sync::Arc;

use saphyr_parser::{Parser, ScanError, Span};

use self::assembly::Assembly;

/// What a node weighs besides its text.
const NODE_WEIGHT: usize = 8;

/// A place in a text, both counted from 1; the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl From<Span> for Position {
    fn from(span: Span) -> Self {
        Self { line: span.start.line(), column: span.start.col() + 1 }
    }
}

/// Why a text is not a document that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct YamlError {
    /// Where.
    pub(crate) position: Position,
    /// What is wrong there.
    pub(crate) what: String,
}

impl From<ScanError> for YamlError {
    fn from(error: ScanError) -> Self {
        let mark = error.marker();
        let position = Position { line: mark.line(), column: mark.col() + 1 };
        Self { position, what: error.info().to_owned() }
    }
}

/// A part of a document.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where it begins.
    pub(crate) position: Position,
    /// What it is.
    pub(crate) content: Content,
    weight: usize,
    height: usize,
}

/// What a part of a document is.
#[derive(Debug)]
pub(crate) enum Content {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A decimal number as JSON writes it; its digits are those of the document.
    Number(Box<str>),
    /// Anything else that is no collection; `.inf` and `.nan` too, which are no decimal numbers.
    Text(Box<str>),
    /// A list.
    List(Vec<Arc<Node>>),
    /// Names and what they stand for, in the document's order; each name once.
    Map(Vec<(Box<str>, Arc<Node>)>),
}

impl Node {
    /// Reads a text that holds one document, or none.
    ///
    /// # Errors
    /// [`YamlError`]: the text is not YAML; a name stands twice in a map, or is no scalar; a tag is not of the core schema, or does not
    /// fit; there are several documents; or the document is too deep or too large.
    pub(crate) fn parse(text: &str) -> Result<Arc<Self>, YamlError> {
        let mut assembly = Assembly::default();
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event?;
            assembly.take(event, span.into())?;
        }
        let nothing = || Self::new(Position { line: 1, column: 1 }, Content::Null);
        Ok(assembly.root().unwrap_or_else(|| Arc::new(nothing())))
    }

    fn new(position: Position, content: Content) -> Self {
        let (weight, height) = match &content {
            Content::Null | Content::Bool(_) => (0, 0),
            Content::Number(text) | Content::Text(text) => (text.len(), 0),
            Content::List(items) => sizes(items),
            Content::Map(members) => {
                let (weight, height) = sizes(members.iter().map(|(_, node)| node));
                (weight + members.iter().map(|(name, _)| name.len()).sum::<usize>(), height)
            }
        };
        Self { position, content, weight: weight.saturating_add(NODE_WEIGHT), height }
    }

    /// As JSON, without spaces.
    pub(crate) fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    fn write_json(&self, json: &mut String) {
        match &self.content {
            Content::Null => json.push_str("null"),
            Content::Bool(true) => json.push_str("true"),
            Content::Bool(false) => json.push_str("false"),
            Content::Number(digits) => json.push_str(digits),
            Content::Text(text) => json.push_str(&quoted(text)),
            Content::List(items) => {
                json.push('[');
                for (place, item) in items.iter().enumerate() {
                    if place > 0 {
                        json.push(',');
                    }
                    item.write_json(json);
                }
                json.push(']');
            }
            Content::Map(members) => {
                json.push('{');
                for (place, (name, node)) in members.iter().enumerate() {
                    if place > 0 {
                        json.push(',');
                    }
                    json.push_str(&quoted(name));
                    json.push(':');
                    node.write_json(json);
                }
                json.push('}');
            }
        }
    }
}

/// What parts weigh together, and how high a collection of them is.
fn sizes<'a>(parts: impl IntoIterator<Item = &'a Arc<Node>>) -> (usize, usize) {
    parts.into_iter().fold((0, 1), |(weight, height): (usize, usize), part| {
        (weight.saturating_add(part.weight), height.max(part.height + 1))
    })
}

/// A text as JSON writes it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
