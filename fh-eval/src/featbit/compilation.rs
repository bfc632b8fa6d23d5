//! The state of a compilation of flags and segments: the rows, the diagnostics, and the first wrong type.

use std::borrow::Cow;
use std::collections::HashMap;

use super::profile::Profile;
use crate::diagnostic::limit::Room;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind, Vocabulary};
use crate::featurehub::DiagnosticCollector;
use crate::hashing::Hashing;
use crate::json::{Record, Shape};
use crate::patterns::Patterns;
use crate::predicate::Run;
use crate::tables::ValueAt;
use crate::text::pattern::Extent;
use crate::writer::Writer;

/// A compilation of flags and segments.
pub(super) struct Compilation<'a> {
    profile: Profile,
    pub(super) writer: Writer,
    pub(super) patterns: &'a mut Patterns,
    pub(super) diagnostics: DiagnosticCollector,
    /// The diagnostic of the first member of the flag or the segment that has a wrong type. FeatBit's server does not read such an entity.
    wrong_type: Option<Box<Diagnostic>>,
}

/// The variations of a flag, by their ids.
pub(super) struct Variations<'a>(pub(super) HashMap<Cow<'a, str>, (ValueAt, Run), Hashing>);

impl Variations<'_> {
    pub(super) fn get(&self, id: &str) -> Option<(ValueAt, Run)> {
        self.0.get(id).copied()
    }
}

impl<'a> Compilation<'a> {
    pub(super) fn new(
        profile: Profile,
        patterns: &'a mut Patterns,
        vocabulary: Vocabulary,
        room: &Room,
    ) -> Self {
        Self {
            profile,
            writer: Writer::default(),
            patterns,
            diagnostics: DiagnosticCollector::in_words(vocabulary, room),
            wrong_type: None,
        }
    }

    /// Reads a text that may be missing. A value of another type is noted.
    pub(super) fn text<'r>(
        &mut self,
        record: &Record<'r>,
        name: &'static str,
    ) -> Option<Cow<'r, str>> {
        match record.text(name) {
            Shape::Is(text) => Some(text),
            Shape::Absent | Shape::Null => None,
            Shape::Other => {
                self.note_wrong_type(record, name, "a text");
                None
            }
        }
    }

    /// Reads a boolean that is false if it is missing. A value of another type is noted.
    pub(super) fn boolean(&mut self, record: &Record<'_>, name: &'static str) -> bool {
        match record.boolean(name) {
            Shape::Is(value) => value,
            Shape::Absent | Shape::Null => false,
            Shape::Other => {
                self.note_wrong_type(record, name, "a boolean");
                false
            }
        }
    }

    pub(super) fn note_wrong_type(
        &mut self,
        record: &Record<'_>,
        name: &'static str,
        expected: &'static str,
    ) {
        if self.wrong_type.is_none()
            && let Some(raw) = record.get(name)
        {
            self.wrong_type = Some(self.diagnostics.left_out(name, raw.get(), expected));
        }
    }

    /// Fails if a member has a wrong type.
    pub(super) fn refuse_wrong_types(&mut self) -> Result<(), Box<Diagnostic>> {
        match self.wrong_type.take() {
            None => Ok(()),
            Some(diagnostic) => {
                self.writer.discard();
                self.diagnostics.diagnostics.clear();
                Err(diagnostic)
            }
        }
    }

    /// Creates the patterns of a compilation.
    pub(super) fn patterns() -> Patterns {
        Patterns::new(Extent::DotNet)
    }

    pub(super) const fn profile(&self) -> Profile {
        self.profile
    }

    /// Adds a diagnostic for a part that makes the flag malformed when it is reached.
    pub(super) fn malformed(
        &mut self,
        member: &'static str,
        found: Option<&str>,
        problem: DiagnosticKind,
    ) {
        self.diagnostics.add(member, found, problem, Consequence::FlagMalformed);
    }

    pub(super) fn never_holds(
        &mut self,
        member: &'static str,
        found: &str,
        problem: DiagnosticKind,
    ) {
        self.diagnostics.add(member, Some(found), problem, Consequence::ConditionNeverHolds);
    }
}
