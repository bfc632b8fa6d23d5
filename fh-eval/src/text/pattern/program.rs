//! The programs that run patterns.

use regex_syntax::hir::{Hir, Look};

use super::engine::{self, Engine};
use super::extent::{MAX_WORK, Work};
use super::literal::{self, Anchor};
use super::look_around::{Expression, LookAround, Side};
use super::positions::Positions;
use super::split::{Rest, split};
use crate::cost::Cost;

#[derive(Debug)]
pub(super) enum Program {
    /// The pattern searches for one of several literal texts at an anchor. String comparisons with these texts replace
    /// an engine.
    Literals(Anchor, Box<[Box<str>]>),
    Fast(Engine),
    /// The pattern tests positions in a way that only this engine has. On WebAssembly, this engine runs each pattern that needs one.
    Positions(Box<Positions>),
    /// Each of several programs gives the result that the pattern needs.
    All(Box<[Part]>),
}

/// A part of a pattern.
#[derive(Debug)]
pub(super) struct Part {
    program: Program,
    /// True if the program must not match.
    is_negated: bool,
}

/// Compiles the parts of a pattern.
pub(super) struct Compiler<'p> {
    pub(super) source: &'p str,
    pub(super) looks: &'p mut [LookAround],
    pub(super) is_dot_net: bool,
    /// Number of bytes for further tables.
    pub(super) tables: usize,
    pub(super) program_bytes: usize,
}

impl Compiler<'_> {
    /// Compiles a pattern, or a part of one. Returns `None` if the program would be too large.
    pub(super) fn program(
        &mut self,
        expression: Expression,
        wrap: Option<Side>,
    ) -> Option<Program> {
        let rest = split(expression, self.looks);
        let mut parts = Vec::with_capacity(rest.split.len() + 1);
        for number in &rest.split {
            let LookAround { kind, inside, .. } = self.looks.get_mut(*number)?;
            let (kind, text) = (*kind, inside.text.clone());
            let tree = std::mem::replace(&mut inside.tree, Hir::empty());
            let tree = match kind.side {
                Side::Ahead => [Hir::look(Look::Start), tree],
                Side::Behind => [tree, Hir::look(Look::End)],
            };
            let inside = Expression { tree: Hir::concat(tree.into()), text, ..*inside };
            let program = self.program(inside, Some(kind.side))?;
            parts.push(Part { program, is_negated: kind.is_negated });
        }
        let rest = self.one(rest, wrap)?;
        if parts.is_empty() {
            return Some(rest);
        }
        if !rest.matches_all() {
            parts.push(Part { program: rest, is_negated: false });
        }
        Some(Program::All(parts.into()))
    }

    /// Compiles an expression that is not split.
    fn one(&mut self, rest: Rest, wrap: Option<Side>) -> Option<Program> {
        let Rest { expression: Expression { tree, is_plain, .. }, .. } = &rest;
        let is_plain = *is_plain && !rest.expression.has_look_around();
        if is_plain && let Some((anchor, texts)) = literal::extract(tree) {
            return Some(Program::Literals(anchor, texts));
        }
        if !is_plain || cfg!(target_arch = "wasm32") {
            let positions = Positions::compile(tree, self.looks, self.is_dot_net)?;
            return Some(Program::Positions(Box::new(positions)));
        }
        let mut text = rest.text(self.source, self.looks);
        match wrap {
            None => {}
            Some(Side::Ahead) => text = [r"\A(?:", &text, ")"].concat(),
            Some(Side::Behind) => text = ["(?:", &text, r")\z"].concat(),
        }
        let tables = self.tables.min(engine::TABLE_BYTES);
        let program = Program::Fast(Engine::compile(&text, tables, self.program_bytes)?);
        self.tables = self.tables.saturating_sub(program.table_charge());
        Some(program)
    }
}

impl Program {
    /// Searches a text. Returns `None` if the search would take more steps than `most_steps`.
    #[inline]
    pub(super) fn search(&self, text: &str, most_steps: usize) -> Option<bool> {
        match self {
            Self::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match part.program.search_part(text, most_steps) {
                        Some(found) if found == part.is_negated => return Some(false),
                        Some(_) => {}
                        None => all = None,
                    }
                }
                all
            }
            part => part.search_part(text, most_steps),
        }
    }

    #[inline(always)]
    fn search_part(&self, text: &str, most_steps: usize) -> Option<bool> {
        match self {
            Self::Literals(anchor, texts) => {
                Some(texts.iter().any(|literal| anchor.holds(text, literal)))
            }
            Self::Fast(engine) => engine.search(text, most_steps),
            Self::Positions(positions) => Some(positions.is_match(text)),
            Self::All(_) => self.search(text, most_steps),
        }
    }

    /// Returns true if the program matches every text.
    fn matches_all(&self) -> bool {
        let Self::Literals(anchor, texts) = self else { return false };
        *anchor != Anchor::Both && texts.iter().any(|text| text.is_empty())
    }

    /// Returns the maximum product of a pattern's nodes and a text's bytes. Returns `None` if there is no limit for it.
    pub(super) fn most_work(&self, work: Work) -> Option<usize> {
        match self {
            Self::Literals(..) => None,
            Self::Fast(_) => (work == Work::Product).then_some(MAX_WORK),
            Self::Positions(_) => Some(work.of_positions()),
            Self::All(parts) => parts.iter().filter_map(|part| part.program.most_work(work)).min(),
        }
    }

    /// Returns the largest number of steps for one byte of a text, if the steps of a search are limited.
    pub(super) fn most_steps(&self) -> Option<usize> {
        match self {
            Self::Fast(engine) if engine.table_bytes() == 0 => Some(engine.most_steps()),
            Self::All(parts) => parts.iter().filter_map(|part| part.program.most_steps()).max(),
            _ => None,
        }
    }

    /// Returns the size of the program in bytes, without its tables. Returns 0 for literal texts, which are as long as the pattern.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Literals(..) => 0,
            Self::Fast(engine) => engine.program_bytes(),
            Self::Positions(positions) => positions.bytes(),
            Self::All(parts) => parts.iter().map(|part| part.program.bytes()).sum(),
        }
    }

    /// Returns the number of bytes for which the tables of the program count in the limit for all tables. A program without a table counts as
    /// the largest table: if a table turns out too large, the attempt to build it took as long as building a table of that size.
    pub(super) fn table_charge(&self) -> usize {
        match self {
            Self::Literals(..) | Self::Positions(_) => 0,
            Self::Fast(engine) => match engine.table_bytes() {
                0 => engine::TABLE_BYTES,
                bytes => bytes,
            },
            Self::All(parts) => parts.iter().map(|part| part.program.table_charge()).sum(),
        }
    }

    /// Returns the maximum work of one search of a supplied text.
    pub(super) fn cost(&self) -> Cost {
        match self {
            Self::Literals(Anchor::Anywhere, texts) => texts
                .iter()
                .map(|text| Cost::of_search(text.len()))
                .fold(Cost::default(), Cost::plus),
            Self::Literals(_, texts) => {
                let lengths = texts.iter().map(|text| text.len());
                lengths.map(Cost::of_comparison).fold(Cost::default(), Cost::plus)
            }
            Self::Fast(engine) => engine.cost(),
            Self::Positions(positions) => positions.cost(),
            Self::All(parts) => {
                let costs = parts.iter().map(|part| part.program.cost());
                costs.fold(Cost::default(), Cost::plus)
            }
        }
    }
}
