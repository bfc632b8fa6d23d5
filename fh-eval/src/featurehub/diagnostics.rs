//! The compiler's current position in the payload, and the diagnostics of the current feature.

use super::member::UnknownMember;
use super::wire::Raw;
use crate::diagnostic::limit::Room;
use crate::diagnostic::{Consequence, Diagnostic, DiagnosticKind, Place, Vocabulary, excerpt};
use crate::json::mend;

/// The compiler's current position in the payload, and the diagnostics of the current feature. The names in a position
/// are written into reused buffers, because most positions appear in no diagnostic.
#[derive(Default)]
pub(crate) struct DiagnosticCollector {
    vocabulary: Vocabulary,
    environment: Option<Box<str>>,
    /// Position of the current feature in the payload's list, from 0, and the feature's key. The key is empty until the
    /// compiler has read the key.
    feature: (usize, String),
    strategy: Option<u32>,
    strategy_id: String,
    rule: Option<u32>,
    field: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
    room: Room,
    /// True if a diagnostic of the current feature says that the feature is left out.
    is_left_out: bool,
}

impl DiagnosticCollector {
    pub(crate) fn of(environment: Option<&str>, room: Room) -> Self {
        Self { environment: environment.map(Box::from), room, ..Self::default() }
    }

    /// Creates a collector whose diagnostics have the words of a system without environments.
    #[cfg(feature = "first-row")]
    pub(crate) fn in_words(vocabulary: Vocabulary, room: &Room) -> Self {
        Self { vocabulary, room: room.clone(), ..Self::default() }
    }

    pub(crate) fn enter_feature(&mut self, position: usize) {
        self.feature.0 = position;
        self.feature.1.clear();
        self.is_left_out = false;
        self.leave_strategy();
    }

    pub(crate) fn name_feature(&mut self, key: &str) {
        self.feature.1.push_str(key);
    }

    pub(crate) fn enter_strategy(&mut self, position: u32) {
        self.strategy = Some(position);
        self.strategy_id.clear();
    }

    pub(crate) fn name_strategy(&mut self, id: &str) {
        self.strategy_id.push_str(id);
    }

    pub(crate) fn leave_strategy(&mut self) {
        self.strategy = None;
        self.leave_rules();
    }

    pub(crate) fn enter_rule(&mut self, position: u32) {
        self.rule = Some(position);
        self.field.clear();
    }

    pub(crate) fn name_field(&mut self, field: &str) {
        self.field.push_str(field);
    }

    pub(crate) fn leave_rules(&mut self) {
        self.rule = None;
    }

    pub(crate) fn place(&self) -> Place {
        let named = |text: &str| (!text.is_empty()).then(|| Box::from(text));
        let (position, key) = &self.feature;
        Place {
            vocabulary: self.vocabulary,
            environment: self.environment.clone(),
            feature: named(key).unwrap_or_else(|| format!("#{position}").into()),
            strategy: self.strategy,
            strategy_id: self.strategy.and_then(|_| named(&self.strategy_id)),
            rule: self.rule,
            field: self.rule.and_then(|_| named(&self.field)),
            member: None,
            value: None,
        }
    }

    /// Adds a diagnostic for each of these unknown members of the current strategy or rule. Returns true if at least
    /// one of the members is probably a misspelt known member; the diagnostic of such a member has `consequence`.
    pub(crate) fn unknown_members(
        &mut self,
        members: &[UnknownMember],
        consequence: Consequence,
    ) -> bool {
        for UnknownMember { name, meant } in members {
            let (problem, consequence) = match meant {
                Some(meant) => (DiagnosticKind::MisspeltMember(meant), consequence),
                None => (DiagnosticKind::UnknownMember, Consequence::MemberIgnored),
            };
            self.push(None, Some(name), problem, consequence);
        }
        members.iter().any(|member| member.meant.is_some())
    }

    /// Adds a diagnostic for `member` at the current position. `raw` is the JSON that the diagnostic shows.
    pub(crate) fn add_json(
        &mut self,
        member: &'static str,
        raw: Raw<'_>,
        problem: DiagnosticKind,
        consequence: Consequence,
    ) {
        let json = raw.map(|raw| mend(raw.get()));
        self.add(member, json.as_deref(), problem, consequence);
    }

    /// Returns the diagnostic of a flag or a segment that cannot be read, at the current position.
    #[cfg(feature = "first-row")]
    pub(crate) fn left_out(
        &self,
        member: &'static str,
        json: &str,
        expected: &'static str,
    ) -> Box<Diagnostic> {
        let value = Some(excerpt(json));
        let place = Place { member: Some(member), value, ..self.place() };
        let consequence = match self.vocabulary {
            Vocabulary::Segment => Consequence::SegmentLeftOut,
            _ => Consequence::FlagLeftOut,
        };
        Box::new(Diagnostic { place, problem: DiagnosticKind::Expected(expected), consequence })
    }

    /// Adds a diagnostic for `member` at the current position. `value` is the text that the diagnostic shows.
    pub(crate) fn add(
        &mut self,
        member: &'static str,
        value: Option<&str>,
        problem: DiagnosticKind,
        consequence: Consequence,
    ) {
        self.push(Some(member), value, problem, consequence);
    }

    /// Returns true if a diagnostic says that the current feature is left out.
    pub(super) const fn is_left_out(&self) -> bool {
        self.is_left_out
    }

    /// Adds a diagnostic at the current position, which is made only if it is kept.
    fn push(
        &mut self,
        member: Option<&'static str>,
        value: Option<&str>,
        problem: DiagnosticKind,
        consequence: Consequence,
    ) {
        self.is_left_out |= consequence == Consequence::FeatureLeftOut;
        let kept = self.room.keep(|| {
            let place = Place { member, value: value.map(excerpt), ..self.place() };
            Diagnostic { place, problem, consequence }
        });
        self.diagnostics.extend(kept);
    }
}
