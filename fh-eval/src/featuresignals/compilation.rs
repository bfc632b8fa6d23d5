//! A compilation of flags and segments: the tables it writes, and the readers of members that may have any shape.

use crate::attributes::Name;
use crate::attributes::names::KEY;
use crate::bucket::Encoding;
use crate::diagnostic::limit::Room;
use crate::diagnostic::{Consequence, DiagnosticKind, Vocabulary};
use crate::featurehub::DiagnosticCollector;
use crate::json::{Elements, Json, Record, Shape, Token, texts_or_empty};
use crate::patterns::Patterns;
use crate::predicate::Run;
use crate::reason::EvaluationReason;
use crate::tables::{
    Head, Mode, NO_POSITION, NameRun, Share, Strategy, StrategyDetail, Typing, ValueAt,
};
use crate::text::pattern::Extent;
use crate::value::Kind;
use crate::writer::Writer;

/// Maximum number of conditions with which a flag is evaluated without a cache of attributes.
const MANY_CONDITIONS: u32 = 3;

/// A compilation of flags and segments.
pub(super) struct Compilation<'a> {
    part: Part,
    pub(super) writer: Writer,
    pub(super) patterns: &'a mut Patterns,
    pub(super) diagnostics: DiagnosticCollector,
}

/// The part of a ruleset that is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The flags of a ruleset, whose segments are known.
    Flags,
    /// One flag, which a ruleset with other segments may get.
    Flag,
    Segment,
}

/// The part of a flag or a segment cannot be read. Its diagnostic was added.
pub(super) struct Unreadable;

/// A row, which answers if its rules hold and its share admits the context.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) rules: Run,
    pub(super) share: Share,
    /// The meaning depends on the share.
    pub(super) limit: i32,
    pub(super) value: ValueAt,
    pub(super) reason: EvaluationReason,
    /// The position of the rule among the rules of the flag; [`NO_POSITION`] for a row that comes from no rule.
    pub(super) position: u32,
    pub(super) id: Option<Run>,
    pub(super) name: Option<Run>,
    pub(super) variant: Option<Run>,
}

impl Row {
    /// Returns a row without rules, which admits every context.
    pub(super) const fn of(value: ValueAt, reason: EvaluationReason) -> Self {
        Self {
            rules: Run { at: 0, len: 0 },
            share: Share::None,
            limit: 0,
            value,
            reason,
            position: NO_POSITION,
            id: None,
            name: None,
            variant: None,
        }
    }
}

impl<'a> Compilation<'a> {
    pub(super) fn new(patterns: &'a mut Patterns, part: Part, room: &Room) -> Self {
        let vocabulary = match part {
            Part::Flags | Part::Flag => Vocabulary::Flag,
            Part::Segment => Vocabulary::Segment,
        };
        Self {
            part,
            writer: Writer::default(),
            patterns,
            diagnostics: DiagnosticCollector::in_words(vocabulary, room),
        }
    }

    /// Creates the patterns of a compilation.
    pub(super) fn patterns() -> Patterns {
        Patterns::new(Extent::Re2)
    }

    /// Returns true if a slot without a segment names a segment that does not exist.
    pub(super) fn knows_segments(&self) -> bool {
        self.part == Part::Flags
    }

    /// Returns what happens to a rule, or to a segment, of which a condition cannot be read.
    pub(super) const fn without_condition(&self) -> Consequence {
        match self.part {
            Part::Segment => Consequence::SegmentLeftOut,
            Part::Flags | Part::Flag => Consequence::RuleNeverHolds,
        }
    }

    pub(super) fn push(&mut self, row: Row) {
        self.writer.tables.strategies.push(Strategy {
            limit: row.limit,
            rules: row.rules,
            value: row.value,
            source: 0,
            share: row.share,
            reason: row.reason,
        });
        self.writer.tables.details.push(StrategyDetail {
            typing: Typing::Own,
            id: row.id.map(NameRun::from),
            name: row.name.map(NameRun::from),
            variant: row.variant.map(NameRun::from),
            percentage: 0,
            position: row.position,
        });
    }

    /// Returns the head of a flag or a segment whose rows begin at `strategies`, and whose rules begin at `rules`, and the run of all rows.
    pub(super) fn head(
        &mut self,
        strategies: u32,
        rules: u32,
        hash_id: Run,
        kind: Option<Kind>,
    ) -> (Head, Run) {
        let rules = self.writer.tables.rules.len() as u32 - rules;
        let is_large = rules > MANY_CONDITIONS;
        let len = self.writer.tables.strategies.len() as u32 - strategies;
        let all = Run { at: strategies, len };
        let head = Head {
            strategies: self.writer.cheap_rows(all),
            hash_id,
            value: ValueAt::NONE,
            session: Name::of(KEY),
            mode: if is_large { Mode::FirstRowManyRules } else { Mode::FirstRow },
            kind,
            encoding: Encoding::BasisPoints,
            default_reason: EvaluationReason::Default,
        };
        (head, all)
    }

    /// Reads a text that may be missing. Null is a missing text.
    pub(super) fn text(
        &mut self,
        record: &Record<'_>,
        member: &'static str,
        otherwise: Consequence,
    ) -> Result<Option<String>, Unreadable> {
        match record.text(member) {
            Shape::Is(text) => Ok(Some(text.into_owned())),
            Shape::Absent | Shape::Null => Ok(None),
            Shape::Other => Err(self.unreadable(record, member, "a text", otherwise)),
        }
    }

    /// Reads an integer that is 0 if it is missing. A number with a point or an exponent is no integer.
    pub(super) fn integer(
        &mut self,
        record: &Record<'_>,
        member: &'static str,
        otherwise: Consequence,
    ) -> Result<i64, Unreadable> {
        let read = match record.get(member).map(Json::token) {
            None | Some(Token::Null) => Some(0),
            Some(Token::Number(digits)) => digits.parse().ok(),
            Some(_) => None,
        };
        read.ok_or_else(|| self.unreadable(record, member, "an integer", otherwise))
    }

    /// Reads a list that is empty if it is missing.
    pub(super) fn list<'r>(
        &mut self,
        record: &Record<'r>,
        member: &'static str,
        otherwise: Consequence,
    ) -> Result<Elements<'r>, Unreadable> {
        match record.list(member) {
            Shape::Is(list) => Ok(list),
            Shape::Absent | Shape::Null => Ok(Elements::default()),
            Shape::Other => Err(self.unreadable(record, member, "a list", otherwise)),
        }
    }

    /// Reads a list of texts that is empty if it is missing. Null is an empty text.
    pub(super) fn texts(
        &mut self,
        record: &Record<'_>,
        member: &'static str,
        otherwise: Consequence,
    ) -> Result<Vec<String>, Unreadable> {
        let list = self.list(record, member, otherwise)?;
        texts_or_empty(list)
            .ok_or_else(|| self.unreadable(record, member, "a list of texts", otherwise))
    }

    /// Adds the diagnostic of a member that has another shape than the expected one.
    pub(super) fn unreadable(
        &mut self,
        record: &Record<'_>,
        member: &'static str,
        expected: &'static str,
        otherwise: Consequence,
    ) -> Unreadable {
        let found = record.get(member).map(Json::get);
        self.diagnostics.add(member, found, DiagnosticKind::Expected(expected), otherwise);
        Unreadable
    }
}
