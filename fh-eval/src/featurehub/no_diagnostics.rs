//! Replaces `diagnostics` in a build without the cargo feature `explain`. Only features that are left out have diagnostics,
//! because a program must know that a feature is missing.

use super::member::UnknownMember;
use super::wire::Raw;
use crate::diagnostic::limit::Room;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind, Place};

/// The feature that the compiler compiles, and the diagnostics that say why it is left out.
#[derive(Default)]
pub(super) struct DiagnosticCollector {
    /// Position of the current feature in the payload's list, from 0, and the feature's key. The key is empty until the
    /// compiler has read the key.
    feature: (usize, String),
    pub(super) diagnostics: Vec<Diagnostic>,
    room: Room,
    is_left_out: bool,
}

impl DiagnosticCollector {
    pub(super) fn of(_environment: Option<&str>, room: Room) -> Self {
        Self { room, ..Self::default() }
    }

    pub(super) fn enter_feature(&mut self, position: usize) {
        self.feature.0 = position;
        self.feature.1.clear();
        self.is_left_out = false;
    }

    pub(super) fn name_feature(&mut self, key: &str) {
        self.feature.1.push_str(key);
    }

    pub(super) fn enter_strategy(&mut self, _position: u32) {}

    pub(super) fn name_strategy(&mut self, _id: &str) {}

    pub(super) fn leave_strategy(&mut self) {}

    pub(super) fn enter_rule(&mut self, _position: u32) {}

    pub(super) fn name_field(&mut self, _field: &str) {}

    pub(super) fn leave_rules(&mut self) {}

    pub(super) fn place(&self) -> Place {
        let (position, key) = &self.feature;
        let feature = if key.is_empty() {
            ["#", &position.to_string()].concat().into()
        } else {
            key.as_str().into()
        };
        Place { feature, ..Place::default() }
    }

    /// Returns true if at least one of these unknown members is probably a misspelt known member.
    pub(super) fn unknown_members(&self, members: &[UnknownMember], _: Consequence) -> bool {
        members.iter().any(|member| member.meant.is_some())
    }

    /// Adds a diagnostic about a JSON text under the same condition as [`Self::add`]. The text is not kept.
    pub(super) fn add_json(
        &mut self,
        member: &'static str,
        _raw: Raw<'_>,
        problem: DiagnosticKind,
        consequence: Consequence,
    ) {
        self.add(member, None, problem, consequence);
    }

    /// Adds a diagnostic if the current feature is left out. Otherwise does nothing.
    #[inline]
    pub(super) fn add(
        &mut self,
        member: &'static str,
        _value: Option<&str>,
        problem: DiagnosticKind,
        consequence: Consequence,
    ) {
        if consequence == Consequence::FeatureLeftOut {
            self.is_left_out = true;
            let kept = self.room.keep(|| {
                let place = Place { member: Some(member), ..self.place() };
                Diagnostic { place, problem, consequence }
            });
            self.diagnostics.extend(kept);
        }
    }

    /// Returns true if a diagnostic says that the current feature is left out.
    pub(super) const fn is_left_out(&self) -> bool {
        self.is_left_out
    }
}
