//! The classes of patterns, which are written as plain ranges of characters.

use std::fmt::Write;

use regex_syntax::ast::{self, ClassSet, ClassSetBinaryOpKind, ClassSetItem};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look};

use super::{Part, Writer};
use crate::text::pattern::class::{negated_if, perl_class};
use crate::text::pattern::construct::Construct;
#[cfg(feature = "featuresignals")]
use crate::text::pattern::re2_property;
use crate::text::pattern::refusal::Refusal;
use crate::text::pattern::{Extent, property};

/// Number of ranges of a class for which one more node is counted. Classes of Unicode properties have up to about 740
/// ranges.
const RANGES_PER_NODE: usize = 16;

impl Writer<'_> {
    pub(super) fn property(&self, property: &ast::ClassUnicode) -> Result<ClassUnicode, Refusal> {
        let span = property.span;
        let token = self.pattern.text.get(span.start.offset..span.end.offset);
        #[cfg(feature = "featuresignals")]
        if self.extent.is_re2() {
            return token
                .and_then(|token| re2_property::class(token, self.flags.ignore_case))
                .ok_or_else(|| Construct::Property.into());
        }
        token
            .and_then(|token| property::class(token, self.flags.ignore_case))
            .ok_or_else(|| Construct::Property.into())
    }

    /// Writes a class as plain ranges. The class has one node, and another one for every [`RANGES_PER_NODE`] ranges.
    pub(super) fn class(&mut self, class: ClassUnicode) -> Part {
        if class.ranges().is_empty() {
            // An empty class matches no character. It is written as a character after the end of the text, which no
            // text has.
            let never = vec![Hir::look(Look::End), Hir::dot(Dot::AnyChar)];
            return self.leaf(r"(?:\z(?s:.))", Hir::concat(never));
        }
        self.source.push('[');
        for range in class.ranges() {
            let _ = write!(self.source, "\\x{{{:X}}}", range.start() as u32);
            if range.start() != range.end() {
                let _ = write!(self.source, "-\\x{{{:X}}}", range.end() as u32);
            }
        }
        self.source.push(']');
        let nodes = 1 + class.ranges().len() / RANGES_PER_NODE;
        Part { nodes, tree: Hir::class(Class::Unicode(class)) }
    }

    pub(super) fn bracketed(
        &self,
        bracketed: &ast::ClassBracketed,
    ) -> Result<ClassUnicode, Refusal> {
        let class = self.class_set(&bracketed.kind)?;
        Ok(negated_if(bracketed.negated, class))
    }

    fn class_set(&self, set: &ClassSet) -> Result<ClassUnicode, Refusal> {
        match set {
            ClassSet::Item(item) => {
                let mut class = ClassUnicode::empty();
                self.add_item(item, &mut class)?;
                Ok(class)
            }
            // The reader of .NET's patterns writes a class that is taken away from another one so.
            ClassSet::BinaryOp(operation)
                if self.extent.is_dot_net()
                    && operation.kind == ClassSetBinaryOpKind::Difference =>
            {
                let mut class = self.class_set(&operation.lhs)?;
                class.difference(&self.class_set(&operation.rhs)?);
                Ok(class)
            }
            ClassSet::BinaryOp(_) => Err(Construct::ClassOperation.into()),
        }
    }

    fn add_item(&self, item: &ClassSetItem, class: &mut ClassUnicode) -> Result<(), Refusal> {
        match item {
            ClassSetItem::Empty(_) => {}
            ClassSetItem::Literal(literal) => self.add_range(literal.c, literal.c, class),
            ClassSetItem::Range(range) => self.add_range(range.start.c, range.end.c, class),
            // The reader has rewritten POSIX classes such as `[:alpha:]`, except in text that it skipped as a comment.
            // A `#` begins a comment after the flag x.
            ClassSetItem::Ascii(_) => return Err(Construct::ClassInClass.into()),
            ClassSetItem::Unicode(property) => class.union(&self.property(property)?),
            ClassSetItem::Perl(perl) => {
                class.union(&negated_if(perl.negated, perl_class(&perl.kind)));
            }
            ClassSetItem::Bracketed(_) if self.extent == Extent::Search => {
                return Err(Construct::ClassInClass.into());
            }
            ClassSetItem::Bracketed(inner) => class.union(&self.bracketed(inner)?),
            ClassSetItem::Union(union) => {
                for item in &union.items {
                    self.add_item(item, class)?;
                }
            }
        }
        Ok(())
    }

    fn add_range(&self, start: char, end: char, class: &mut ClassUnicode) {
        let mut range = ClassUnicode::new([ClassUnicodeRange::new(start, end)]);
        if self.flags.ignore_case {
            self.fold(&mut range);
        }
        class.union(&range);
    }
}
