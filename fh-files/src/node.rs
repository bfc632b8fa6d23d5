//! A YAML or JSON document as a tree that forgets nothing a person wrote: where each part stands, and the digits of each number.

use std::fmt;
use std::sync::Arc;

use crate::position::{Position, SyntaxError};

/// What a node weighs besides its text.
const NODE_WEIGHT: usize = 8;

/// How large a document may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep lists and maps may lie in each other.
    pub depth: usize,
    /// How large it may be once its aliases stand for what they mean, in about bytes of JSON.
    pub weight: usize,
    /// How many values it may have; each takes about a hundred bytes of memory, however short its text.
    pub values: usize,
}

impl Default for Limits {
    /// 100 levels, 16 MiB, a quarter of a million values.
    fn default() -> Self {
        Self { depth: 100, weight: 16 * 1024 * 1024, values: 250_000 }
    }
}

/// A part of a document.
#[derive(Debug)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub content: Content,
    pub(crate) weight: usize,
    pub(crate) height: usize,
}

/// The kind and content of a part of a document. `Debug` shows no texts: state files hold API keys.
pub enum Content {
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
    Map(Vec<Member>),
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(value) => f.debug_tuple("Bool").field(value).finish(),
            Self::Number(_) => f.debug_tuple("Number").finish_non_exhaustive(),
            Self::Text(_) => f.debug_tuple("Text").finish_non_exhaustive(),
            Self::List(items) => f.debug_tuple("List").field(items).finish(),
            Self::Map(members) => f.debug_tuple("Map").field(members).finish(),
        }
    }
}

/// A name in a map, and what it stands for.
#[derive(Debug, Clone)]
pub struct Member {
    /// The name.
    pub name: Box<str>,
    /// Where the name stands.
    pub position: Position,
    /// What it stands for.
    pub node: Arc<Node>,
}

impl Node {
    /// Reads a text that holds one document, or none.
    ///
    /// It is YAML 1.2 with its core schema: `true`, `True` and `TRUE` are booleans, `yes`, `on` and `NO` are texts, `1_000` is a text,
    /// and `<<` is an ordinary name. Numbers keep their digits; only what JSON cannot write is rewritten (`+5`, `.5`, `007`, `0x1F`).
    /// JSON is read as JSON, which YAML takes in but for a few escapes and very long names.
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
    /// [`SyntaxError`]: the text is not YAML; a name stands twice in a map, or is no scalar; a tag is not of the core schema, or does not
    /// fit; there are several documents; or the document is too deep or too large.
    pub fn parse(text: &str, limits: &Limits) -> Result<Arc<Self>, SyntaxError> {
        match crate::json::checked(text) {
            Some(json) => crate::json::read(json, *limits),
            None => crate::yaml::read(text, *limits),
        }
    }

    pub(crate) fn new(position: Position, content: Content) -> Self {
        let (weight, height) = match &content {
            Content::Null | Content::Bool(_) => (0, 0),
            Content::Number(text) | Content::Text(text) => (text.len(), 0),
            Content::List(items) => sizes(items),
            Content::Map(members) => {
                let (weight, height) = sizes(members.iter().map(|member| &member.node));
                (weight + members.iter().map(|member| member.name.len()).sum::<usize>(), height)
            }
        };
        Self { position, content, weight: weight.saturating_add(NODE_WEIGHT), height }
    }

    /// What this name stands for, if this is a map that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Self>> {
        let Content::Map(members) = &self.content else { return None };
        members.iter().find(|member| &*member.name == name).map(|member| &member.node)
    }

    /// As JSON, without spaces.
    #[must_use]
    pub fn to_json(&self) -> String {
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
                for (place, member) in members.iter().enumerate() {
                    if place > 0 {
                        json.push(',');
                    }
                    json.push_str(&quoted(&member.name));
                    json.push(':');
                    member.node.write_json(json);
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
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
