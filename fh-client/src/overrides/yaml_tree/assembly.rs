//! Events of the parser, put together, within bounds.

use std::collections::HashMap;
use std::sync::Arc;

use saphyr_parser::{Event, Tag};

use super::scalar::{is_plain, scalar, unknown};
use super::{Content, Node, Position, YamlError, quoted};

/// How deep lists and maps may lie in each other.
pub(super) const MOST_DEPTH: usize = 100;
/// How large a document may be once its aliases stand for what they mean, in about bytes of JSON.
const MOST_WEIGHT: usize = 16 * 1024 * 1024;
/// How many nodes a document may have; each takes about a hundred bytes, however short its text.
pub(super) const MOST_NODES: usize = 250_000;

/// Puts events together.
#[derive(Default)]
pub(super) struct Assembly {
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

impl Assembly {
    /// What has been put together, once all events are taken.
    pub(super) fn root(self) -> Option<Arc<Node>> {
        self.root
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: Event<'_>, position: Position) -> Result<(), YamlError> {
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
