//! The compiler of payloads into rulesets.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::compilation::Compilation;
use super::document::Document;
use super::flag::LeftOut;
use super::profile::Profile;
use crate::diagnostic::limit::Room;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind, Vocabulary};
use crate::hashing::Hashing;
use crate::json::{Json, Tree};
use crate::ruleset::{Feature, Ruleset};
use crate::segment::Segment;
use crate::tables::Slot;

/// A kind of the parts of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A flag.
    Flag,
    /// A segment.
    Segment,
}

/// Compiles the flags and the segments of a payload that a function accepts. It gets their positions in the lists of the document.
pub fn compile_accepted(
    compiler: Compiler,
    document: &Document<'_>,
    accept: &mut dyn FnMut(Part, usize, Json<'_>) -> bool,
) -> Ruleset {
    compiler.compile_accepted(document, accept)
}

/// A compiler of flags and segments, which applies the rules of one profile.
#[derive(Debug, Clone, Copy)]
pub struct Compiler {
    profile: Profile,
}

impl Compiler {
    /// Creates a compiler for a profile.
    #[must_use]
    pub const fn new(profile: Profile) -> Self {
        Self { profile }
    }

    /// Compiles the flags and the segments of a payload. Archived flags are left out. If two flags have the same key, the later one
    /// replaces the earlier one.
    #[must_use]
    pub fn compile(&self, document: &Document<'_>) -> Ruleset {
        self.compile_accepted(document, &mut |_, _, _| true)
    }

    /// Compiles the flags and the segments that a function accepts. It gets their positions in the lists of the document, so that its caller
    /// can read other members of them without another pass over their texts.
    pub(crate) fn compile_accepted(
        &self,
        document: &Document<'_>,
        accept: &mut dyn FnMut(Part, usize, Json<'_>) -> bool,
    ) -> Ruleset {
        let mut patterns = Compilation::patterns();
        let room = Room::default();
        let mut left_out = Vec::new();
        let mut slots: HashMap<Arc<str>, Slot, Hashing> = HashMap::default();
        let mut tree = Tree::default();
        for (position, raw) in document.segments.iter().enumerate() {
            let mut compilation =
                Compilation::new(self.profile, &mut patterns, Vocabulary::Segment, &room);
            compilation.diagnostics.enter_feature(position);
            tree.replace(raw);
            if !accept(Part::Segment, position, tree.json()) {
                continue;
            }
            match compilation.segment(tree.json()) {
                Ok(Segment { id, tables }) => {
                    slots.insert(Arc::clone(&id), Slot { id, segment: tables });
                }
                Err(diagnostic) => left_out.extend(room.keep(|| *diagnostic)),
            }
        }
        let mut compilation =
            Compilation::new(self.profile, &mut patterns, Vocabulary::Flag, &room);
        let mut slots: Vec<Slot> = slots.into_values().collect();
        slots.sort_by(|left, right| left.id.cmp(&right.id));
        compilation.writer.add_segments(slots);
        for (position, raw) in document.flags.iter().enumerate() {
            compilation.diagnostics.enter_feature(position);
            tree.replace(raw);
            if !accept(Part::Flag, position, tree.json()) {
                continue;
            }
            if let Err(LeftOut::Unreadable(diagnostic)) = compilation.flag(&tree) {
                left_out.extend(room.keep(|| *diagnostic));
            }
        }
        if document.further > 0 {
            compilation.diagnostics.enter_feature(document.flags.len());
            let problem = DiagnosticKind::Further(document.further);
            compilation.diagnostics.add("flag", None, problem, Consequence::FlagLeftOut);
            left_out.append(&mut compilation.diagnostics.diagnostics);
        }
        Ruleset::of_last(compilation.writer.finish(), left_out, None)
    }

    /// Compiles one flag, which can be added to a ruleset with [`Ruleset::with`]. Returns `None` for an archived flag.
    ///
    /// # Errors
    /// Fails if the JSON is not a flag, with the diagnostic that gives the reason.
    pub fn flag(&self, json: &RawValue) -> Result<Option<Feature>, Box<Diagnostic>> {
        let mut patterns = Compilation::patterns();
        let room = Room::of_one();
        let mut compilation =
            Compilation::new(self.profile, &mut patterns, Vocabulary::Flag, &room);
        match compilation.flag(&Tree::of(json)) {
            Ok(()) => Ok(Some(Feature::new(compilation.writer.finish()))),
            Err(LeftOut::Archived) => Ok(None),
            Err(LeftOut::Unreadable(diagnostic)) => Err(diagnostic),
        }
    }

    /// Compiles one segment, which can replace one of a ruleset with [`Ruleset::with_segment`].
    ///
    /// # Errors
    /// Fails if the JSON is not a segment, with the diagnostic that gives the reason.
    pub fn segment(&self, json: &RawValue) -> Result<Segment, Box<Diagnostic>> {
        let mut patterns = Compilation::patterns();
        Compilation::new(self.profile, &mut patterns, Vocabulary::Segment, &Room::of_one())
            .segment(Tree::of(json).json())
    }
}
