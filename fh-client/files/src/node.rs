//! A YAML or JSON document as a tree that keeps the position of each part and the digits of each number.

use std::fmt;
use std::sync::Arc;

use crate::position::Position;

/// The weight of a node in bytes, without its text.
const NODE_WEIGHT: usize = 8;

/// Limits for the size of a document. A document that exceeds a limit cannot be read ([`SyntaxError`](crate::SyntaxError)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum nesting depth of lists and maps.
    pub depth: usize,
    /// Maximum weight of the document in bytes, which is roughly the size of the document as JSON. An alias counts as much as the node to
    /// which it refers.
    pub weight: usize,
    /// Maximum number of values in the document. An alias counts as one value. Each other value takes about a hundred bytes of memory,
    /// however short its text is.
    pub values: usize,
}

impl Default for Limits {
    /// Returns the default limits: 100 levels, 16 MiB and 250,000 values.
    fn default() -> Self {
        Self { depth: 100, weight: 16 * 1024 * 1024, values: 250_000 }
    }
}

/// A value in a document: a scalar, a list or a map.
#[derive(Debug)]
pub struct Node {
    /// The position at which the value begins, or a position close to it, for error messages. If an alias repeats a value, this is the
    /// position of the repeated value.
    pub position: Position,
    /// The type of the node, together with its value.
    pub content: Content,
    pub(crate) weight: usize,
    pub(crate) height: usize,
}

/// The type and value of a node. `Debug` shows the names of members, but neither texts nor numbers, because files may hold API keys.
pub enum Content {
    /// A null: an empty value, `~`, or `null` in one of the spellings of YAML's core schema.
    Null,
    /// True or false.
    Bool(bool),
    /// A decimal number as JSON writes it, with the digits of the document where JSON has the same notation.
    Number(Box<str>),
    /// Any other scalar. `.inf` and `.nan` are texts too, because they are not decimal numbers.
    Text(Box<str>),
    /// The items of a list, in the order of the document.
    List(Vec<Arc<Node>>),
    /// The members of a map, in the order of the document. Each name occurs once.
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

/// A member of a map: a name and a value.
#[derive(Debug, Clone)]
pub struct Member {
    /// The name of the member as a text, without quotes and escapes.
    pub name: Box<str>,
    /// The position of the name, or of its anchor or tag.
    pub position: Position,
    /// The value of the member.
    pub node: Arc<Node>,
}

impl Node {
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

    /// Returns the value of the member `name`, or `None` if this node is not a map or has no such member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Self>> {
        let Content::Map(members) = &self.content else { return None };
        members.iter().find(|member| &*member.name == name).map(|member| &member.node)
    }

    /// Returns the node as JSON, without white space between its tokens.
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

/// Returns the total weight of the parts of a collection, and the number of levels that the collection has.
fn sizes<'a>(parts: impl IntoIterator<Item = &'a Arc<Node>>) -> (usize, usize) {
    parts.into_iter().fold((0, 1), |(weight, height): (usize, usize), part| {
        (weight.saturating_add(part.weight), height.max(part.height + 1))
    })
}

/// Returns a text as a JSON string, with quotes and escapes.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
