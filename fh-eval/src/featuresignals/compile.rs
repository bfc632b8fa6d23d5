//! The compiler of rulesets.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::compilation::{Compilation, Part};
use super::document::Document;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::limit::Room;
use crate::hashing::Hashing;
use crate::json::Tree;
use crate::ruleset::{Feature, Ruleset};
use crate::segment::Segment;
use crate::tables::Slot;

/// A compiler of flags and segments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Compiler;

impl Compiler {
    /// Creates a compiler.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Compiles the flags of a document, with their states, and the segments. If a key occurs twice, the last part with the key counts.
    #[must_use]
    pub fn compile(&self, document: &Document<'_>) -> Ruleset {
        let mut patterns = Compilation::patterns();
        let room = Room::default();
        let mut left_out = Vec::new();
        let mut slots: HashMap<&str, Slot, Hashing> = HashMap::default();
        for (position, (key, raw)) in document.segments.iter().enumerate() {
            let mut compilation = Compilation::new(&mut patterns, Part::Segment, &room);
            compilation.diagnostics.enter_feature(position);
            slots.remove(&**key);
            match compilation.segment(key, Tree::of(raw).json()) {
                Ok(Segment { id, tables }) => {
                    slots.insert(key, Slot { id, segment: tables });
                }
                Err(diagnostic) => left_out.extend(room.keep(|| *diagnostic)),
            }
        }
        let states: HashMap<&str, &RawValue, Hashing> =
            document.states.iter().map(|(key, raw)| (&**key, *raw)).collect();
        let mut compilation = Compilation::new(&mut patterns, Part::Flags, &room);
        let mut slots: Vec<Slot> = slots.into_values().collect();
        slots.sort_by(|left, right| left.id.cmp(&right.id));
        compilation.writer.add_segments(slots);
        for (position, (key, raw)) in document.flags.iter().enumerate() {
            compilation.diagnostics.enter_feature(position);
            let state = states.get(&**key).copied();
            if let Err(diagnostic) =
                compilation.flag(key, &Tree::of(raw), state.map(Tree::of).as_ref())
            {
                left_out.extend(room.keep(|| *diagnostic));
            }
        }
        Ruleset::of_last(compilation.writer.finish(), left_out, None)
    }

    /// Compiles one flag with its state, which can be added to a ruleset with [`Ruleset::with`]. A flag without a state is off.
    ///
    /// # Errors
    /// Fails if the JSON is not a flag, with the diagnostic that gives the reason.
    pub fn flag(
        &self,
        key: &str,
        flag: &RawValue,
        state: Option<&RawValue>,
    ) -> Result<Feature, Box<Diagnostic>> {
        let mut patterns = Compilation::patterns();
        let room = Room::of_one();
        let mut compilation = Compilation::new(&mut patterns, Part::Flag, &room);
        compilation.flag(key, &Tree::of(flag), state.map(Tree::of).as_ref())?;
        Ok(Feature::new(compilation.writer.finish()))
    }

    /// Compiles one segment, which can replace one of a ruleset with [`Ruleset::with_segment`].
    ///
    /// # Errors
    /// Fails if the JSON is not a segment, with the diagnostic that gives the reason.
    pub fn segment(&self, key: &str, segment: &RawValue) -> Result<Segment, Box<Diagnostic>> {
        let mut patterns = Compilation::patterns();
        let room = Room::of_one();
        Compilation::new(&mut patterns, Part::Segment, &room).segment(key, Tree::of(segment).json())
    }
}
