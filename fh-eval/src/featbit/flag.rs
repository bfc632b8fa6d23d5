//! The compiler of one flag into rows.

use std::borrow::Cow;
use std::collections::HashMap;

use super::compilation::{Compilation, Variations};
use super::condition::Within;
use super::split::{Exposures, Origin, no_rule};
use super::words::KEY;
use crate::attributes::Name;
use crate::bucket::Encoding;
use crate::diagnostic::{Diagnostic, DiagnosticKind};
use crate::json::{Elements, Json, Record, Shape, Tree, texts};
use crate::predicate::{Run, TextTest};
use crate::reason::EvaluationReason;
use crate::tables::{FeatureDetail, Field, Head, Interval, Mode, Reading, Rule, Share, ValueAt};
use crate::text_value;
use crate::time::Timestamp;
use crate::value::Kind;

/// Maximum number of rules with which a flag is evaluated without a cache of attributes.
const MANY_RULES: u32 = 3;

/// The reason why a flag is not part of the ruleset.
pub(super) enum LeftOut {
    Archived,
    Unreadable(Box<Diagnostic>),
}

impl From<Box<Diagnostic>> for LeftOut {
    fn from(why: Box<Diagnostic>) -> Self {
        Self::Unreadable(why)
    }
}

impl Compilation<'_> {
    /// Adds a flag. An archived one is left out.
    pub(super) fn flag(&mut self, tree: &Tree<'_>) -> Result<(), LeftOut> {
        let raw = tree.json();
        let Some(flag) = raw.record() else {
            return Err(self.diagnostics.left_out("flag", raw.get(), "an object").into());
        };
        let Shape::Is(key) = flag.text("key") else {
            return Err(self.diagnostics.left_out("key", raw.get(), "a text").into());
        };
        self.diagnostics.name_feature(&key);
        if matches!(flag.boolean("isArchived"), Shape::Is(true)) {
            return Err(LeftOut::Archived);
        }
        let Shape::Is(is_enabled) = flag.boolean("isEnabled") else {
            return Err(self.diagnostics.left_out("isEnabled", raw.get(), "a boolean").into());
        };
        let targets = match flag.list("targetUsers") {
            Shape::Is(targets) => targets,
            Shape::Absent | Shape::Null => Elements::default(),
            Shape::Other => {
                return Err(self.diagnostics.left_out("targetUsers", raw.get(), "a list").into());
            }
        };
        let Some(targets) = targets.map(Target::of).collect::<Option<Vec<_>>>() else {
            return Err(self
                .diagnostics
                .left_out("targetUsers", raw.get(), "a list of objects with texts")
                .into());
        };
        let rules = match flag.list("rules") {
            Shape::Is(rules) => rules,
            Shape::Absent | Shape::Null => Elements::default(),
            Shape::Other => {
                return Err(self.diagnostics.left_out("rules", raw.get(), "a list").into());
            }
        };
        self.writer.begin();
        let json = self.writer.json(&tree.compact());
        let hash_id = self.writer.hash_id(&key);
        let key_row = self.writer.key(&key);
        let variations = self.variations(&flag);
        let at = self.writer.tables.strategies.len() as u32;
        let rules_at = self.writer.tables.rules.len() as u32;
        if is_enabled {
            self.enabled(&flag, targets, rules, &variations);
        } else {
            let id = self.text(&flag, "disabledVariationId").unwrap_or_default();
            let interval = Interval::whole(Exposures::None);
            self.answer(no_rule(EvaluationReason::Off), Share::Whole, interval, &variations, &id);
        }
        self.refuse_wrong_types()?;
        let strategies = Run { at, len: self.writer.tables.strategies.len() as u32 - at };
        let rule_count = self.writer.tables.rules.len() as u32 - rules_at;
        let many = rule_count > MANY_RULES;
        let head = Head {
            strategies: self.writer.cheap_rows(strategies),
            hash_id,
            value: ValueAt::NONE,
            session: Name::of(KEY),
            mode: if many { Mode::FirstRowManyRules } else { Mode::FirstRow },
            kind: kind(&flag),
            encoding: Encoding::Md5,
            default_reason: EvaluationReason::Malformed,
        };
        let id = flag.text("id").into_value();
        let detail = FeatureDetail {
            id: id.map(|id| self.writer.name(&id)),
            json,
            version: updated(&flag),
            is_without_events: flag.boolean("insightsEnabled").into_value() == Some(false),
            ..FeatureDetail::default()
        };
        self.writer.end(head, key_row, strategies, detail, &mut self.diagnostics.diagnostics);
        Ok(())
    }

    fn variations<'r>(&mut self, flag: &Record<'r>) -> Variations<'r> {
        let mut all = Variations(HashMap::default());
        for raw in flag.list("variations").into_value().unwrap_or_default() {
            let Some(variation) = raw.record() else { continue };
            let id = self.text(&variation, "id").unwrap_or_default();
            let Some(text) = self.text(&variation, "value") else { continue };
            if all.get(&id).is_some() {
                continue;
            }
            let value = text_value::store(&mut self.writer, &text);
            let variant = self.writer.name(&id);
            all.0.insert(id, (value, variant));
        }
        all
    }

    /// Adds the rows of a flag that is on.
    fn enabled(
        &mut self,
        flag: &Record<'_>,
        targets: Vec<Target<'_>>,
        rules: Elements<'_>,
        variations: &Variations<'_>,
    ) {
        let all = self.boolean(flag, "exptIncludeAllTargets");
        for target in targets {
            let rules = self.key_among(target.keys);
            let origin = Origin { rules, ..no_rule(EvaluationReason::Target) };
            let interval = Interval::whole(if all { Exposures::All } else { Exposures::None });
            self.answer(origin, Share::Whole, interval, variations, &target.variation);
        }
        for (position, raw) in rules.objects() {
            self.diagnostics.enter_strategy(position);
            self.rule(position, raw, variations, all);
        }
        self.diagnostics.leave_strategy();
        match flag.record("fallthrough") {
            Some(fallthrough) => {
                let source = self.source(&fallthrough);
                let origin = Origin { source, ..no_rule(EvaluationReason::Default) };
                let exposures = self.exposures(&fallthrough, all);
                self.split(origin, &fallthrough, variations, exposures);
            }
            None => {
                self.malformed("fallthrough", None, DiagnosticKind::Expected("an object"));
                self.malformed_row(no_rule(EvaluationReason::Malformed));
            }
        }
    }

    fn rule(&mut self, position: u32, raw: Json<'_>, variations: &Variations<'_>, all: bool) {
        let origin = Origin { position, ..no_rule(EvaluationReason::StrategyMatch) };
        let Some(rule) = raw.record() else {
            self.malformed("rules", Some(raw.get()), DiagnosticKind::Expected("an object"));
            return self.malformed_row(origin);
        };
        let name = self.text(&rule, "name");
        if let Some(name) = &name {
            self.diagnostics.name_strategy(name);
        }
        let name = name.map(|name| self.writer.name(&name));
        let conditions = self.conditions(&rule, Within::Flag);
        let origin = Origin { rules: conditions.rules, name, ..origin };
        if conditions.is_malformed {
            return self.malformed_row(origin);
        }
        let source = self.source(&rule);
        let exposures = self.exposures(&rule, all);
        self.split(Origin { source, ..origin }, &rule, variations, exposures);
    }

    fn exposures(&mut self, rule: &Record<'_>, all: bool) -> Exposures {
        match self.boolean(rule, "includedInExpt") {
            _ if all => Exposures::All,
            true => Exposures::OfInterval,
            false => Exposures::None,
        }
    }

    /// Returns the attribute that is hashed: 0 for the user's key.
    fn source(&mut self, rule: &Record<'_>) -> u32 {
        match self.text(rule, "dispatchKey") {
            Some(name) if !name.trim().is_empty() && name != KEY => {
                let field =
                    Field { name: Name::of(&name), text: (*name).into(), reading: Reading::Plain };
                self.writer.source([field].into())
            }
            _ => 0,
        }
    }

    /// Adds the rule that the user's key is one of these, and returns it.
    pub(super) fn key_among(&mut self, keys: Vec<Cow<'_, str>>) -> Run {
        // A list may have a million keys, so that the list of borrowed texts takes the memory of the former one.
        let texts: Vec<&str> = if keys.iter().all(|key| matches!(key, Cow::Borrowed(_))) {
            let borrowed = |key| match key {
                Cow::Borrowed(text) => text,
                Cow::Owned(_) => "",
            };
            keys.into_iter().map(borrowed).collect()
        } else {
            keys.iter().map(AsRef::as_ref).collect()
        };
        let predicate = self.writer.text_test(TextTest::Among, texts.into());
        let field = self.key_field();
        let at = self.writer.tables.rules.len() as u32;
        self.writer.tables.rules.push(Rule { predicate, field });
        Run { at, len: 1 }
    }
}

/// Returns the version of a flag: the time of its last change in milliseconds; 0 if it is missing.
fn updated(flag: &Record<'_>) -> i64 {
    let updated = flag.text("updatedAt").into_value();
    updated.and_then(|text| text.parse::<Timestamp>().ok()).map_or(0, Timestamp::as_millis)
}

/// A list of users who get one variation.
struct Target<'a> {
    keys: Vec<Cow<'a, str>>,
    variation: Cow<'a, str>,
}

impl<'a> Target<'a> {
    /// Reads a list of users; `None` if a member has another type. A null list has no users.
    fn of(raw: Json<'a>) -> Option<Self> {
        let target = raw.record()?;
        let keys = match target.list("keyIds") {
            Shape::Is(keys) => texts(keys)?,
            Shape::Absent | Shape::Null => Vec::new(),
            Shape::Other => return None,
        };
        let variation = match target.text("variationId") {
            Shape::Is(id) => id,
            Shape::Absent | Shape::Null => Cow::default(),
            Shape::Other => return None,
        };
        Some(Self { keys, variation })
    }
}

fn kind(flag: &Record<'_>) -> Option<Kind> {
    Some(match flag.text("variationType").as_ref()?.as_ref() {
        "boolean" => Kind::Boolean,
        "string" => Kind::String,
        "number" => Kind::Number,
        "json" => Kind::Json,
        _ => return None,
    })
}
