//! A YAML document as a tree that forgets nothing a person wrote: where each part stands, and the digits of each number.
//!
//! YAML 1.2 with its core schema: `true`, `True` and `TRUE` are booleans, `yes`, `on` and `NO` are texts, `1_000` is a text, and
//! `<<` is an ordinary key. The parser is saphyr's; what it is bounded by, and what scalars mean, is here.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};

/// How deep lists and maps may lie in each other.
const MOST_DEPTH: usize = 100;
/// How large a document may be once its aliases stand for what they mean, in about bytes of JSON.
const MOST_WEIGHT: usize = 16 * 1024 * 1024;
/// How many nodes a document may have; each takes about a hundred bytes, however short its text.
const MOST_NODES: usize = 250_000;
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
        let mut builder = Builder::default();
        let mut parser = Parser::new_from_str(text);
        while let Some(event) = parser.next_event() {
            let (event, span) = event?;
            builder.take(event, span.into())?;
        }
        let nothing = || Self::new(Position { line: 1, column: 1 }, Content::Null);
        Ok(builder.root.unwrap_or_else(|| Arc::new(nothing())))
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

/// Puts events together.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    root: Option<Arc<Node>>,
    documents: usize,
    nodes: usize,
}

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    anchor: usize,
    parts: Parts,
}

enum Parts {
    List(Vec<Arc<Node>>),
    Map {
        members: Vec<(Box<str>, Arc<Node>)>,
        lines: HashMap<Box<str>, usize>,
        name: Option<Box<str>>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, position: Position) -> Result<(), YamlError> {
        let wrong = |what: String| YamlError { position, what };
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(wrong("a second document begins here".to_owned()));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                if self.expects_name() {
                    return self.name(&text, position);
                }
                let content = scalar(&text, style, tag.as_deref()).map_err(wrong)?;
                self.put(Arc::new(Node::new(position, content)), anchor, position)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Parts::List(Vec::new()), anchor, tag.as_deref(), "seq", position)?;
            }
            Event::MappingStart(anchor, tag) => {
                let parts = Parts::Map { members: Vec::new(), lines: HashMap::new(), name: None };
                self.open(parts, anchor, tag.as_deref(), "map", position)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(position)?,
            Event::Alias(anchor) => {
                if self.expects_name() {
                    return Err(wrong(NO_NAME.to_owned()));
                }
                let Some(node) = self.anchors.get(&anchor) else {
                    return Err(wrong("this stands for something that it is a part of".to_owned()));
                };
                self.put(Arc::clone(node), 0, position)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn expects_name(&self) -> bool {
        matches!(self.open.last(), Some(Open { parts: Parts::Map { name: None, .. }, .. }))
    }

    fn name(&mut self, text: &str, position: Position) -> Result<(), YamlError> {
        let Some(Open { parts: Parts::Map { lines, name, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        if let Some(line) = lines.insert(text.into(), position.line) {
            let what = format!("{} stands here again after line {line}", quoted(text));
            return Err(YamlError { position, what });
        }
        *name = Some(text.into());
        Ok(())
    }

    fn open(
        &mut self,
        parts: Parts,
        anchor: usize,
        tag: Option<&Tag>,
        usual: &str,
        position: Position,
    ) -> Result<(), YamlError> {
        let wrong = |what: String| Err(YamlError { position, what });
        if self.expects_name() {
            return wrong(NO_NAME.to_owned());
        }
        if let Some(tag) = tag
            && !is_plain(tag)
            && !(tag.is_yaml_core_schema() && tag.suffix == usual)
        {
            return wrong(unknown(tag));
        }
        if self.open.len() >= MOST_DEPTH {
            return wrong(too_deep());
        }
        self.open.push(Open { position, anchor, parts });
        Ok(())
    }

    fn close(&mut self, position: Position) -> Result<(), YamlError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let content = match open.parts {
            Parts::List(items) => Content::List(items),
            Parts::Map { members, .. } => Content::Map(members),
        };
        self.put(Arc::new(Node::new(open.position, content)), open.anchor, position)
    }

    fn put(&mut self, node: Arc<Node>, anchor: usize, position: Position) -> Result<(), YamlError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(YamlError { position, what: format!("more than {MOST_NODES} values") });
        }
        // An alias costs no memory here, but all that it stands for once it is written out.
        if node.weight > MOST_WEIGHT {
            let what = format!("the document is larger than {MOST_WEIGHT} bytes");
            return Err(YamlError { position, what });
        }
        if self.open.len() + node.height > MOST_DEPTH {
            return Err(YamlError { position, what: too_deep() });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        match self.open.last_mut().map(|open| &mut open.parts) {
            None => self.root = Some(node),
            Some(Parts::List(items)) => items.push(node),
            Some(Parts::Map { members, name, .. }) => {
                members.extend(name.take().map(|name| (name, node)));
            }
        }
        Ok(())
    }
}

const NO_NAME: &str = "a list, a map or an alias cannot be a name here";

fn too_deep() -> String {
    format!("more than {MOST_DEPTH} lists and maps in each other")
}

/// Is it the tag `!`, which says no more than that this is an ordinary text, list or map?
fn is_plain(tag: &Tag) -> bool {
    let Tag { handle, suffix } = tag;
    (handle.is_empty() && suffix == "!") || (handle == "!" && suffix.is_empty())
}

fn unknown(tag: &Tag) -> String {
    let Tag { suffix, .. } = tag;
    match tag.is_yaml_core_schema() {
        true => format!("the tag !!{suffix} is not known here"),
        false => format!("the tag {tag} is not known here"),
    }
}

/// What a scalar means.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Content, String> {
    let as_text = || Content::Text(text.into());
    let Some(tag) = tag else {
        return Ok(if style == ScalarStyle::Plain { plain(text) } else { as_text() });
    };
    if is_plain(tag) {
        return Ok(as_text());
    }
    let meant = plain(text);
    let (content, fits) = match tag.suffix.as_str() {
        _ if !tag.is_yaml_core_schema() => return Err(unknown(tag)),
        "str" => (as_text(), true),
        "null" => (Content::Null, matches!(meant, Content::Null)),
        "bool" => {
            let fits = matches!(meant, Content::Bool(_));
            (meant, fits)
        }
        "int" => {
            let fits = matches!(&meant, Content::Number(digits)
                if digits.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()));
            (meant, fits)
        }
        "float" => {
            let fits = matches!(meant, Content::Number(_));
            (meant, fits)
        }
        _ => return Err(unknown(tag)),
    };
    if fits { Ok(content) } else { Err(format!("this is no {}", tag.suffix)) }
}

/// What a scalar without quotes and tag means in the core schema.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        _ => number(text)
            .map_or_else(|| Content::Text(text.into()), |digits| Content::Number(digits.into())),
    }
}

/// A number of the core schema as JSON writes it: without a `+`, leading zeros, or a point that has no digits on both sides. The other
/// digits stay as they are.
fn number(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let (sign, unsigned) = match text.split_at_checked(1) {
        Some(("-", rest)) => ("-", rest),
        Some(("+", rest)) => ("", rest),
        _ => ("", text),
    };
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => unsigned.split_at_checked(at)?,
        None => (unsigned, ""),
    };
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !exponent.is_empty() {
        let digits = exponent.get(1..)?;
        let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        if digits.is_empty() || !is_digits(digits) {
            return None;
        }
    }
    if (whole.is_empty() && decimals.is_empty()) || !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        significant => significant,
    };
    let point = if decimals.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{decimals}{exponent}"))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn radix(digits: &str, radix: u32) -> Option<String> {
    if digits.starts_with('+') {
        return None;
    }
    u128::from_str_radix(digits, radix).ok().map(|number| number.to_string())
}

#[cfg(test)]
mod tests;
