//! The look-arounds of patterns, which are written as groups, and as references in the tree.

use regex_syntax::ast;

use super::{Part, Place, Writer, add};
use crate::text::pattern::look_around::{Expression, Kind, LookAround, Side, reference};
use crate::text::pattern::refusal::Refusal;

impl Writer<'_> {
    /// Writes a look-around. The ones inside get lower numbers.
    pub(super) fn look_around(&mut self, kind: Kind, group: &ast::Group) -> Result<Part, Refusal> {
        let (flags, place, is_plain) = (self.flags, self.place, self.is_plain);
        // An end inside of a look-around only tests a position. Its text may include a line break, which is right only at the end of a
        // look-ahead that becomes a pattern of its own.
        self.place = match (kind.side, place) {
            (_, Place::Repeated) => Place::Repeated,
            (Side::Ahead, _) => Place::Last,
            (Side::Behind, _) => Place::Inside,
        };
        self.is_plain = true;
        self.depth += 1;
        let start = self.source.len();
        self.source.push_str("(?:");
        let Part { nodes, tree } = self.write(&group.ast)?;
        let text = start + "(?:".len()..self.source.len();
        self.source.push(')');
        self.depth -= 1;
        let inside = Expression { tree, text, is_plain: self.is_plain };
        self.looks.push(LookAround { kind, inside, group: start..self.source.len() });
        (self.flags, self.place, self.is_plain) = (flags, place, is_plain);
        Ok(Part { nodes: add(nodes, 1)?, tree: reference(self.looks.len() - 1) })
    }
}
