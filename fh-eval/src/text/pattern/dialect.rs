//! Rewrites a pattern in a small language, in which letter case, classes and properties are ranges of characters. The
//! pattern is read as Java, JavaScript, .NET or RE2 reads it. The small language is that of `regex`.

mod classes;
mod look_around;

use std::fmt::Write;

use regex_syntax::ast::{
    self, AssertionKind, Ast, Flag, FlagsItemKind, GroupKind, RepetitionKind, RepetitionRange,
};
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Look, Repetition};

use super::Extent;
#[cfg(feature = "featbit")]
use super::class::fold_beyond_ascii;
#[cfg(feature = "featuresignals")]
use super::class::fold_simple;
use super::class::{fold, negated_if, perl_class};
use super::construct::Construct;
use super::look_around::{Expression, LookAround};
use super::reading::read;
use super::refusal::{MAX_FLAG_NODES, MAX_NESTING, MAX_TEXT, Refusal};
use super::translation::{Mark, Read};

/// A pattern in the small language, with the number of its nodes.
pub(super) struct Rewritten {
    /// The text. A look-around is a group in it.
    pub(super) source: String,
    /// The whole pattern. Its tree is that of `source`, so that the search for literal texts does not parse `source`.
    pub(super) expression: Expression,
    /// The look-arounds by their numbers. One inside of another one has the lower number.
    pub(super) looks: Vec<LookAround>,
    pub(super) nodes: usize,
}

/// A part of a pattern that was written in the small language.
struct Part {
    /// Number of nodes, with repetitions written out.
    nodes: usize,
    tree: Hir,
}

impl Part {
    fn leaf(tree: Hir) -> Self {
        Self { nodes: 1, tree }
    }
}

/// The flags in effect at one position of the pattern.
#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    multi_line: bool,
    dot_all: bool,
    swap_greed: bool,
}

pub(super) fn rewrite(pattern: &str, extent: Extent) -> Result<Rewritten, Refusal> {
    if pattern.len() > MAX_TEXT {
        return Err(Refusal::TooLarge);
    }
    let pattern = read(pattern, extent)?;
    if pattern.text.len() > 4 * MAX_TEXT {
        return Err(Refusal::TooLarge);
    }
    let tree = ast::parse::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build()
        .parse(&pattern.text)
        .map_err(|error| refusal(&error))?;
    let mut writer = Writer {
        pattern: &pattern,
        extent,
        source: String::new(),
        flags: Flags::default(),
        place: Place::Last,
        depth: 0,
        is_plain: true,
        looks: Vec::new(),
    };
    let mut part;
    if extent == Extent::Whole {
        writer.source.push_str(r"\A(?:");
        part = writer.write(&tree)?;
        writer.source.push_str(r")\z");
        part.tree = Hir::concat(vec![Hir::look(Look::Start), part.tree, Hir::look(Look::End)]);
    } else {
        part = writer.write(&tree)?;
    }
    let Writer { source, is_plain, looks, .. } = writer;
    let expression = Expression { tree: part.tree, text: 0..source.len(), is_plain };
    Ok(Rewritten { source, expression, looks, nodes: part.nodes })
}

fn refusal(error: &ast::Error) -> Refusal {
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround => {
            let span = error.span();
            let group = error.pattern().get(span.start.offset..).unwrap_or_default();
            // The readers take all look-arounds but those with a blank after the parenthesis, and those of RE2.
            let group = group.trim_start_matches('(').trim_start();
            let kinds = [
                ("?=", Construct::LookAhead),
                ("?!", Construct::NegativeLookAhead),
                ("?<!", Construct::NegativeLookBehind),
            ];
            let kind = kinds.into_iter().find(|(opening, _)| group.starts_with(opening));
            kind.map_or(Construct::LookBehind, |(_, kind)| kind).into()
        }
        ast::ErrorKind::UnsupportedBackreference => Construct::BackReference.into(),
        ast::ErrorKind::NestLimitExceeded(_) | ast::ErrorKind::CaptureLimitExceeded => {
            Refusal::TooLarge
        }
        other => Refusal::Invalid(other.to_string()),
    }
}

/// The position of a part in the pattern. The meaning of some escapes depends on this position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing follows the part.
    Last,
    /// Something may follow the part.
    Inside,
    /// The part is inside a repetition.
    Repeated,
}

struct Writer<'p> {
    pattern: &'p Read,
    extent: Extent,
    source: String,
    flags: Flags,
    place: Place,
    /// Number of look-arounds around the place.
    depth: usize,
    /// True if the text that is written means the same as the tree, in the innermost look-around or the pattern.
    is_plain: bool,
    looks: Vec<LookAround>,
}

impl Writer<'_> {
    /// Writes a subtree in the small language.
    fn write(&mut self, tree: &Ast) -> Result<Part, Refusal> {
        Ok(match tree {
            Ast::Empty(_) => self.leaf("(?:)", Hir::empty()),
            Ast::Flags(set) => {
                self.flags = apply(self.flags, &set.flags)?;
                self.leaf("(?:)", Hir::empty())
            }
            Ast::Literal(literal) => self.literal(literal.c),
            Ast::Dot(_) if self.flags.dot_all => self.leaf("(?s:.)", Hir::dot(Dot::AnyChar)),
            Ast::Dot(_) => self.leaf("(?-s:.)", Hir::dot(Dot::AnyCharExceptLF)),
            Ast::Assertion(assertion) => self.assertion(&assertion.kind)?,
            Ast::ClassUnicode(property) => {
                let class = self.property(property)?;
                self.class(class)
            }
            Ast::ClassPerl(perl) => self.class(negated_if(perl.negated, perl_class(&perl.kind))),
            Ast::ClassBracketed(bracketed) => {
                let class = self.bracketed(bracketed)?;
                self.class(class)
            }
            Ast::Repetition(repetition) => self.repetition(repetition)?,
            Ast::Group(group) => self.group(group)?,
            Ast::Alternation(alternation) => {
                let mut nodes = 1;
                let mut branches = Vec::with_capacity(alternation.asts.len());
                self.source.push_str("(?:");
                for (index, branch) in alternation.asts.iter().enumerate() {
                    if index > 0 {
                        self.source.push('|');
                    }
                    let part = self.write(branch)?;
                    nodes = add(nodes, part.nodes)?;
                    branches.push(part.tree);
                }
                self.source.push(')');
                Part { nodes, tree: Hir::alternation(branches) }
            }
            Ast::Concat(concat) => {
                let place = self.place;
                let last = concat.asts.len().saturating_sub(1);
                let mut nodes = 1;
                let mut parts = Vec::with_capacity(concat.asts.len());
                for (index, part) in concat.asts.iter().enumerate() {
                    self.place =
                        if place == Place::Last && index < last { Place::Inside } else { place };
                    let part = self.write(part)?;
                    nodes = add(nodes, part.nodes)?;
                    parts.push(part.tree);
                }
                self.place = place;
                Part { nodes, tree: Hir::concat(parts) }
            }
        })
    }

    /// Writes a part that has one node.
    fn leaf(&mut self, source: &str, tree: Hir) -> Part {
        self.source.push_str(source);
        Part::leaf(tree)
    }

    /// Adds the other cases of the characters of a class.
    fn fold(&self, class: &mut ClassUnicode) {
        match self.extent {
            #[cfg(feature = "featuresignals")]
            Extent::Re2 => fold_simple(class),
            #[cfg(feature = "featbit")]
            Extent::DotNet => {
                fold(class);
                fold_beyond_ascii(class);
            }
            Extent::Search | Extent::Whole => fold(class),
        }
    }

    fn literal(&mut self, c: char) -> Part {
        let has_more_cases = self.extent.is_re2() || (self.extent.is_dot_net() && !c.is_ascii());
        if self.flags.ignore_case && has_more_cases {
            let alone = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            let mut class = alone.clone();
            self.fold(&mut class);
            if class != alone {
                return self.class(class);
            }
        }
        if self.flags.ignore_case && c.is_ascii_alphabetic() {
            let both = [c.to_ascii_uppercase(), c.to_ascii_lowercase()];
            let [upper, lower] = both;
            let _ = write!(self.source, "[{upper}{lower}]");
            let class = ClassUnicode::new(both.map(|c| ClassUnicodeRange::new(c, c)));
            return Part::leaf(Hir::class(Class::Unicode(class)));
        }
        if c.is_ascii_alphanumeric() {
            self.source.push(c);
        } else {
            let _ = write!(self.source, "\\x{{{:X}}}", c as u32);
        }
        Part::leaf(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()))
    }

    fn assertion(&mut self, kind: &AssertionKind) -> Result<Part, Refusal> {
        let (source, look) = match kind {
            AssertionKind::StartLine if self.flags.multi_line => ("(?m:^)", Look::StartLF),
            AssertionKind::StartText | AssertionKind::StartLine => (r"\A", Look::Start),
            AssertionKind::EndLine if self.flags.multi_line => ("(?m:$)", Look::EndLF),
            AssertionKind::EndText | AssertionKind::EndLine => (r"\z", Look::End),
            AssertionKind::WordBoundary if self.extent.is_dot_net() => (r"\b", Look::WordUnicode),
            AssertionKind::WordBoundary => (r"(?-u:\b)", Look::WordAscii),
            // The engine of plain patterns has no test for this that looks between characters only.
            AssertionKind::NotWordBoundary => {
                self.is_plain = false;
                let is_dot_net = self.extent.is_dot_net();
                (r"\B", if is_dot_net { Look::WordUnicodeNegate } else { Look::WordAsciiNegate })
            }
            _ => return Err(Construct::OneSidedBoundary.into()),
        };
        Ok(self.leaf(source, Hir::look(look)))
    }

    fn repetition(&mut self, repetition: &ast::Repetition) -> Result<Part, Refusal> {
        if let Ast::Repetition(inner) = &*repetition.ast {
            return Err(self.stacked(repetition, inner));
        }
        self.source.push_str("(?:");
        let place = std::mem::replace(&mut self.place, Place::Repeated);
        let child = self.write(&repetition.ast)?;
        self.place = place;
        self.source.push(')');
        let (min, max) = match &repetition.op.kind {
            RepetitionKind::ZeroOrOne => (0, Some(1)),
            RepetitionKind::ZeroOrMore => (0, None),
            RepetitionKind::OneOrMore => (1, None),
            RepetitionKind::Range(RepetitionRange::Exactly(n)) => (*n, Some(*n)),
            RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (*n, None),
            RepetitionKind::Range(RepetitionRange::Bounded(n, m)) => (*n, Some(*m)),
        };
        let times = match (&repetition.op.kind, max) {
            (RepetitionKind::Range(_), Some(max)) => {
                let _ = write!(self.source, "{{{min},{max}}}");
                max.max(1)
            }
            (RepetitionKind::Range(_), None) => {
                let _ = write!(self.source, "{{{min},}}");
                min.saturating_add(1)
            }
            (_, max) => {
                self.source.push(match (min, max) {
                    (0, Some(_)) => '?',
                    (0, None) => '*',
                    _ => '+',
                });
                1
            }
        };
        let greedy = repetition.greedy != self.flags.swap_greed;
        if !greedy {
            self.source.push('?');
        }
        let nodes = child.nodes.checked_mul(times as usize).ok_or(Refusal::TooLarge)?;
        let sub = Box::new(child.tree);
        let tree = Hir::repetition(Repetition { min, max, greedy, sub });
        Ok(Part { nodes: add(nodes, 1)?, tree })
    }

    /// Returns the refusal of a repetition that directly follows another one, which `regex-syntax` reads as a
    /// repetition of a repetition. In Java, a second `+` makes the first repetition possessive. Java refuses all other
    /// second repetitions, except that it drops the `{3}` of `a{2}{3}`. JavaScript refuses all of them.
    fn stacked(&self, outer: &ast::Repetition, inner: &ast::Repetition) -> Refusal {
        let is_plus = outer.greedy && matches!(outer.op.kind, RepetitionKind::OneOrMore);
        let is_single = inner.greedy && !matches!(*inner.ast, Ast::Repetition(_));
        if self.extent == Extent::Whole && is_plus && is_single {
            return Construct::Possessive.into();
        }
        Refusal::Invalid("nothing to repeat: a repetition follows another repetition".to_string())
    }

    fn group(&mut self, group: &ast::Group) -> Result<Part, Refusal> {
        match self.mark_of(group) {
            Some(Mark::LineBreak) if self.place == Place::Repeated => {
                return Err(Construct::RepeatedLineBreak.into());
            }
            Some(Mark::End) => return Ok(self.end()),
            Some(Mark::LookAround(kind)) => return self.look_around(kind, group),
            Some(Mark::LineBreak) | None => {}
        }
        let outside = self.flags;
        if let GroupKind::NonCapturing(flags) = &group.kind {
            self.flags = apply(self.flags, flags)?;
        }
        self.source.push_str("(?:");
        let part = self.write(&group.ast)?;
        self.source.push(')');
        self.flags = outside;
        Ok(Part { nodes: add(part.nodes, 1)?, ..part })
    }

    fn mark_of(&self, group: &ast::Group) -> Option<Mark> {
        let marks = &self.pattern.marks;
        let found = marks.binary_search_by_key(&group.span.start.offset, |(at, _)| *at);
        found.ok().and_then(|at| marks.get(at)).map(|(_, mark)| *mark)
    }

    /// Writes the end of the text that is also before a line break at the end of the text: `\Z`, and the `$` of .NET. At the end of the pattern,
    /// a match may include the line break. Elsewhere the end only tests a position, for which the engines of plain patterns have no text.
    fn end(&mut self) -> Part {
        self.is_plain &= self.place == Place::Last;
        let is_inside = self.depth > 0 || self.place != Place::Last;
        let (source, tree) = match self.extent {
            #[cfg(feature = "featbit")]
            Extent::DotNet => {
                let line_feed = Box::new(Hir::literal(*b"\n"));
                let optional = Repetition { min: 0, max: Some(1), greedy: true, sub: line_feed };
                let end = Hir::concat(vec![Hir::repetition(optional), Hir::look(Look::End)]);
                (r"(?:\x{A}?\z)", if is_inside { Hir::look(FINAL_BREAK) } else { end })
            }
            // The reader of RE2's patterns marks no end.
            #[cfg(feature = "featuresignals")]
            Extent::Re2 => (r"\z", Hir::look(Look::End)),
            Extent::Whole if !is_inside => (r"\z", Hir::look(Look::End)),
            // With the flags m and R, `$` does not match between the two characters of a line break. The tree lacks the
            // line breaks: the search for literal texts ends at the assertion.
            Extent::Search | Extent::Whole => (
                r"(?:(?:(?mR:$)(?:\x{D}\x{A}|\x{A}|\x{D})?|[\x{85}\x{2028}\x{2029}])\z)",
                Hir::look(FINAL_BREAK),
            ),
        };
        Part { nodes: 8, ..self.leaf(source, tree) }
    }
}

/// The test in a tree for the end of the text or the place before a line break at the end of the text. A tree has no other tests of this kind.
pub(super) const FINAL_BREAK: Look = Look::EndCRLF;

fn add(left: usize, right: usize) -> Result<usize, Refusal> {
    match left.checked_add(right) {
        // The limit of the pattern's language may be lower.
        Some(sum) if sum <= MAX_FLAG_NODES => Ok(sum),
        _ => Err(Refusal::TooLarge),
    }
}

fn apply(mut now: Flags, flags: &ast::Flags) -> Result<Flags, Refusal> {
    let mut on = true;
    for item in &flags.items {
        match item.kind {
            FlagsItemKind::Negation => on = false,
            FlagsItemKind::Flag(Flag::CaseInsensitive) => now.ignore_case = on,
            FlagsItemKind::Flag(Flag::MultiLine) => now.multi_line = on,
            FlagsItemKind::Flag(Flag::DotMatchesNewLine) => now.dot_all = on,
            FlagsItemKind::Flag(Flag::SwapGreed) => now.swap_greed = on,
            // The parser has removed white space and comments.
            FlagsItemKind::Flag(Flag::IgnoreWhitespace) => {}
            FlagsItemKind::Flag(Flag::Unicode) => {
                return Err(Construct::UnicodeFlag.into());
            }
            FlagsItemKind::Flag(Flag::CRLF) => return Err(Construct::LineBreakFlag.into()),
        }
    }
    Ok(now)
}
