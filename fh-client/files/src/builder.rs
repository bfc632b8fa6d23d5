//! A builder of a document tree, which receives the events of a parser and enforces the limits of the document.

use std::collections::HashMap;
use std::sync::Arc;

use crate::node::{Content, Limits, Member, Node, quoted};
use crate::position::{Position, SyntaxError};

/// The tree of a document that is still being read.
pub(crate) struct Builder {
    limits: Limits,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    root: Option<Arc<Node>>,
    values: usize,
}

/// A list or map whose end has not been read yet.
struct Open {
    position: Position,
    anchor: usize,
    parts: Parts,
}

/// The items of a list, or the members of a map, that a collection has received so far.
enum Parts {
    List(Vec<Arc<Node>>),
    Map {
        members: Vec<Member>,
        lines: HashMap<Box<str>, usize>,
        name: Option<(Box<str>, Position)>,
    },
}

/// The type of a collection: a list or a map.
#[derive(Clone, Copy)]
pub(crate) enum Collection {
    List,
    Map,
}

impl Builder {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, open: Vec::new(), anchors: HashMap::new(), root: None, values: 0 }
    }

    /// Returns the finished tree. A document without a value gives a null node.
    pub(crate) fn finish(self) -> Arc<Node> {
        self.root.unwrap_or_else(|| Arc::new(Node::new(Position::START, Content::Null)))
    }

    /// Returns true if the next scalar is the name of a map's member.
    pub(crate) fn expects_name(&self) -> bool {
        matches!(self.open.last(), Some(Open { parts: Parts::Map { name: None, .. }, .. }))
    }

    /// Records the name of the next member of the innermost map. Fails if the map has that name already.
    pub(crate) fn name(&mut self, text: &str, position: Position) -> Result<(), SyntaxError> {
        let Some(Open { parts: Parts::Map { lines, name, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        if let Some(line) = lines.insert(text.into(), position.line) {
            let what = format!(
                "{} is defined twice, first in line {line}: remove one of the two",
                quoted(text)
            );
            return Err(SyntaxError { position, what });
        }
        *name = Some((text.into(), position));
        Ok(())
    }

    /// Adds a scalar to the innermost collection, or makes it the root. Fails if a limit is exceeded.
    pub(crate) fn scalar(
        &mut self,
        content: Content,
        anchor: usize,
        position: Position,
    ) -> Result<(), SyntaxError> {
        self.put(Arc::new(Node::new(position, content)), anchor, position)
    }

    /// Begins a collection inside the innermost open collection, or at the root. Fails if the nesting exceeds `Limits::depth`.
    pub(crate) fn open(
        &mut self,
        collection: Collection,
        anchor: usize,
        position: Position,
    ) -> Result<(), SyntaxError> {
        if self.open.len() >= self.limits.depth {
            return Err(SyntaxError { position, what: self.too_deep() });
        }
        let parts = match collection {
            Collection::List => Parts::List(Vec::new()),
            Collection::Map => {
                Parts::Map { members: Vec::new(), lines: HashMap::new(), name: None }
            }
        };
        self.open.push(Open { position, anchor, parts });
        Ok(())
    }

    /// Ends the innermost collection, and adds it to the collection around it or makes it the root. Fails if a limit is exceeded.
    pub(crate) fn close(&mut self, position: Position) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let content = match open.parts {
            Parts::List(items) => Content::List(items),
            Parts::Map { members, .. } => Content::Map(members),
        };
        self.put(Arc::new(Node::new(open.position, content)), open.anchor, position)
    }

    /// Records the node of an anchor that belongs to the name of a member. `anchor` is the parser's number of the anchor.
    pub(crate) fn anchor(&mut self, anchor: usize, node: Arc<Node>) {
        self.anchors.insert(anchor, node);
    }

    /// Returns the node of an anchor. Returns `None` if that node is not complete yet.
    pub(crate) fn anchored(&self, anchor: usize) -> Option<Arc<Node>> {
        self.anchors.get(&anchor).map(Arc::clone)
    }

    /// Adds a node to the innermost collection, or makes it the root. `anchor` is the parser's number of the node's anchor, or 0 if the
    /// node has no anchor. Fails if a limit is exceeded.
    pub(crate) fn put(
        &mut self,
        node: Arc<Node>,
        anchor: usize,
        position: Position,
    ) -> Result<(), SyntaxError> {
        let Limits { depth, weight, values } = self.limits;
        self.values += 1;
        if self.values > values {
            return Err(SyntaxError {
                position,
                what: format!("the document has more than {values} values"),
            });
        }
        // An alias shares its node in memory, but the weight of the node counts in full for each alias, as if the document repeated the
        // node.
        if node.weight > weight {
            let what = format!("the document is larger than {weight} bytes");
            return Err(SyntaxError { position, what });
        }
        if self.open.len() + node.height > depth {
            return Err(SyntaxError { position, what: self.too_deep() });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        match self.open.last_mut().map(|open| &mut open.parts) {
            None => self.root = Some(node),
            Some(Parts::List(items)) => items.push(node),
            Some(Parts::Map { members, name, .. }) => {
                members.extend(name.take().map(|(name, position)| Member { name, position, node }));
            }
        }
        Ok(())
    }

    fn too_deep(&self) -> String {
        format!("lists and maps are nested more than {} levels deep", self.limits.depth)
    }
}
